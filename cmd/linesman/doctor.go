package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"linesman/config"
)

// DoctorCmd says what the box lacks.
type DoctorCmd struct {
	Config string `short:"c" type:"existingfile" placeholder:"FILE" help:"A site file: then its cameras, controllers, models, folders and port are looked at too."`
	JSON   bool   `help:"One JSON object."`
	Health string `placeholder:"URL" help:"Only ask a running appliance whether it answers, such as http://127.0.0.1:8080/healthz."`
}

// Help says what is looked at.
func (c *DoctorCmd) Help() string {
	return `Without a site file: cores, memory, the libraries, and whether a network runs.
With one, each camera is opened until its first picture and closed again, each
controller is read once, nothing is written to either. Of the log
it says, beside the appliance that runs or alone, how long the disk lasts, what
waits for it, when it was last sealed, and whether the clock stands behind it.

Every fault names its cure. The exit code is 0 unless there is a fault.

For example: linesman doctor -c site.yaml`
}

// State says how a thing was found.
type State string

// The states: a warning lets the appliance run, a fault does not.
const (
	Good    State = "good"
	Warning State = "warning"
	Fault   State = "fault"
)

// Finding is what the doctor says of one thing.
type Finding struct {
	Thing string `json:"thing"`
	State State  `json:"state"`
	Found string `json:"found"`          // what it is, or what is wrong with it
	Cure  string `json:"cure,omitempty"` // what to do about it
}

// Findings are all that was looked at.
type Findings struct {
	Good     bool      `json:"good"` // no fault; there may be warnings
	Findings []Finding `json:"findings"`
}

// add notes one finding and says it on the way.
func (f *Findings) add(thing string, state State, found, cure string) {
	f.Findings = append(f.Findings, Finding{thing, state, found, cure})
	f.Good = f.Good && state != Fault
}

// judge notes a thing that must not fail.
func (f *Findings) judge(thing, found string, err error, cure string) {
	if err != nil {
		f.add(thing, Fault, err.Error(), cure)
		return
	}
	f.add(thing, Good, found, "")
}

// Run looks at the box and the site, or asks a running appliance.
func (c *DoctorCmd) Run(ctx context.Context) error {
	if c.Health != "" {
		return askHealth(ctx, c.Health)
	}
	f := &Findings{Good: true}
	examineBox(f)
	if c.Config != "" {
		site, err := config.Load(c.Config)
		if err != nil {
			f.add("site file", Fault, err.Error(), "mend the line it names; linesman check says more")
		} else {
			examineSite(ctx, f, site)
		}
	}
	if err := c.print(f); err != nil {
		return err
	}
	if !f.Good {
		return errors.New("there are faults; the cure stands beside each")
	}
	return nil
}

func (c *DoctorCmd) print(f *Findings) error {
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(f)
	}
	for _, x := range f.Findings {
		if _, err := fmt.Printf("%-8s %-22s %s\n", x.State, x.Thing, x.Found); err != nil {
			return err
		}
		if x.Cure != "" {
			if _, err := fmt.Printf("%-8s %-22s -> %s\n", "", "", x.Cure); err != nil {
				return err
			}
		}
	}
	return nil
}

// askHealth asks a running appliance whether it answers.
func askHealth(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the appliance does not answer: %w; start it with linesman run", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, answer.Status)
	}
	return nil
}

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"linesman/bench/stage"
)

// BenchFaultsCmd tampers with cameras.
type BenchFaultsCmd struct {
	Videos []string      `arg:"" type:"existingfile" help:"Recordings of fixed cameras, one a camera; each is shown over and over."`
	Well   time.Duration `default:"1h" help:"How long nothing is done to them at first."`
	Rounds int           `default:"3" help:"Of all faults, after that."`
	Only   string        `help:"These faults alone, in whose name it stands: frozen."`
	Rules  string        `type:"existingfile" help:"A rules file with the rules about cameras; unless set, those of the demo."`
	FPS    float64       `name:"fps" default:"5" help:"Frames a second looked at by each."`
	Side   int           `default:"416" help:"Longest side of what the network is shown."`
	Keep   string        `type:"path" placeholder:"DIR" help:"Keep site and log here."`
	JSON   bool          `help:"The report as JSON."`
}

// Help says what is measured.
func (c *BenchFaultsCmd) Help() string {
	return `Cameras show recordings by RTSP to the real program. First nothing is done to them:
what is raised then is false. Then each is covered, moved, turned away, frozen,
unplugged or goes silent, by turns, and the time is taken from the exposure of the
first bad picture to the alarm in the log (docs/bench.md).

  linesman bench faults floor.mp4 yard.avi --well 10m --rounds 2`
}

// Run measures and prints.
func (c *BenchFaultsCmd) Run(ctx context.Context) error {
	rules := "rules:\n" + cameraRules
	if c.Rules != "" {
		text, err := os.ReadFile(c.Rules)
		if err != nil {
			return err
		}
		rules = string(text)
	}
	self, dir, done, err := stagePlace(c.Keep)
	if err != nil {
		return err
	}
	defer done()
	r, err := stage.RunFaults(ctx, stage.Faults{Program: self, Dir: dir, Videos: c.Videos, Rules: rules, Well: c.Well, Rounds: c.Rounds, Only: c.Only, FPS: c.FPS, Side: c.Side, Say: saySince(time.Now())})
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(os.Stdout, r); err != nil {
			return err
		}
		return r.Err()
	}
	printFaults(os.Stdout, r)
	return r.Err()
}

func printFaults(w io.Writer, r *stage.FaultsReport) {
	fmt.Fprintf(w, "%v: %.0f s in which all was well, %d alarms\n", r.Videos, r.Well, len(r.False))
	for _, f := range r.False {
		fmt.Fprintln(w, "  "+f)
	}
	for _, f := range r.Faults {
		fmt.Fprintf(w, "%s: told within 10 s in %d of %d; p50 %.2f, most %.2f s; an alarm still stood at its begin in %d\n", f.Fault, f.Told, f.Done, f.After.P50, f.After.Most, f.Stood)
		for _, m := range f.Missed {
			fmt.Fprintln(w, "  "+m)
		}
	}
}

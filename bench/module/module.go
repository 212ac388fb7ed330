// Package module tries modules: any program that follows the event log and
// appends to it over HTTP, in any language. It runs one beside a real log and
// the real api, and does to both what happens in a plant: kills, restarts, an
// appliance that is busy, events that nobody knew when the module was written.
//
//	manifest   what the module reads and writes, and a trial: events and their answers
//	site       log, api and tokens
//	door       stands before them as a proxy does; shuts, and breaks connections
//	process    the module, killed and started again
//	suite      the clauses, one after the other
package module

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Settings say which module is tried and how.
type Settings struct {
	Dir      string         // of the module, with its module.yaml; the command runs there
	Command  []string       // how it is started
	Patience time.Duration  // how long an answer may take; default 15 s
	Kills    int            // how often it is killed in the middle of a round; default 5
	Progress func(c Clause) // told of each clause when it is done; may be nil
}

// Clause is one demand of the contract, and whether the module met it.
type Clause struct {
	Name string `json:"name"`
	Met  bool   `json:"met"`
	Why  string `json:"why"` // what was seen
}

// Report is all clauses, in the order they were tried.
type Report struct {
	Module  string   `json:"module"`
	Clauses []Clause `json:"clauses"`
}

// Unmet returns how many clauses the module did not meet.
func (r *Report) Unmet() (n int) {
	for _, c := range r.Clauses {
		if !c.Met {
			n++
		}
	}
	return n
}

// Try runs a module through the suite. The error says that the suite itself
// could not run; what the module does wrong stands in the report.
func Try(ctx context.Context, set Settings) (*Report, error) {
	if len(set.Command) == 0 {
		return nil, errors.New("how is the module started? Give its command behind --, for example: -- python3 module.py")
	}
	if set.Patience <= 0 {
		set.Patience = 15 * time.Second
	}
	if set.Kills <= 0 {
		set.Kills = 5
	}
	m, err := ReadManifest(set.Dir)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "linesman-module-")
	if err != nil {
		return nil, err
	}
	s := &suite{Settings: set, manifest: m, site: &site{dir: dir, door: newDoor()}, report: &Report{Module: m.Name}}
	err = s.site.start(ctx, m)
	if err == nil {
		err = s.run(ctx)
	}
	if s.process != nil {
		s.process.kill()
	}
	if err = errors.Join(err, s.site.close(), os.RemoveAll(dir)); err != nil {
		return nil, fmt.Errorf("trying module %s: %w", m.Name, err)
	}
	return s.report, nil
}

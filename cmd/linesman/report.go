package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"linesman/sim"
)

// gated is one line of the drawn line's report: what became of one part, as the
// belt saw it and no matter what the appliance says.
type gated struct {
	N    int       `json:"n"`
	Lane int       `json:"lane"`
	Kind sim.Kind  `json:"kind"`
	Side string    `json:"side"` // "rejected", "passed" or "removed"
	Tick uint32    `json:"tick"` // raw encoder with its centre at the gate
	At   time.Time `json:"at"`
}

// reportFates returns what writes fates into a file, and what closes it; both do
// nothing where no file is asked for.
func reportFates(path string) (each func(sim.Fate), done func(), err error) {
	if path == "" {
		return nil, func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, nil, fmt.Errorf("report: %w; choose a file that can be written", err)
	}
	lines := json.NewEncoder(f) // one write a part, so that the report is whole whenever the process ends
	each = func(t sim.Fate) {
		side := map[sim.Side]string{sim.Rejected: "rejected", sim.Passed: "passed", sim.Removed: "removed"}[t.Side]
		if err := lines.Encode(gated{t.Part.N, t.Part.Lane, t.Part.Kind, side, t.Tick, t.At.UTC()}); err != nil {
			fmt.Fprintf(os.Stderr, "report %s: %v\n", path, err)
		}
	}
	return each, func() { f.Close() }, nil
}

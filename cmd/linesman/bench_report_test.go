package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linesman/bench"
)

// What bench line tells a person, of runs whose JSON is kept: tablets without
// pace, some of which escaped; a recording, for which no sizes are stated and
// which does not say how large every spot is; three times the pace on a box that
// was too busy for it.
func TestBenchLineReport(t *testing.T) {
	for _, name := range []string{"bench-tablets", "bench-recording", "bench-pace"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("testdata/" + name + ".json")
			must(t, err)
			var r bench.Report
			must(t, json.Unmarshal(text, &r))
			again, err := json.Marshal(&r)
			must(t, err)
			var kept, now any
			must(t, errors.Join(json.Unmarshal(text, &kept), json.Unmarshal(again, &now)))
			if d := cmp.Diff(kept, now); d != "" {
				t.Errorf("the report does not survive JSON (-kept +again):\n%s", d)
			}
			var out bytes.Buffer
			printReport(&out, &r)
			checkGolden(t, name+".golden", out.Bytes())
		})
	}
}

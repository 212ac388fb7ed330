package config

import (
	"testing"
	"time"

	"linesman/line"
)

func TestLearning(t *testing.T) {
	for text, want := range map[string]Learning{
		"":                         {After: 5, Quiet: line.Duration(10 * time.Minute), Verdicts: 10_000, Keep: 3},
		"learning: {auto: true}\n": {Auto: true, After: 5, Quiet: line.Duration(10 * time.Minute), Verdicts: 10_000, Keep: 3},
		"learning: {auto: true, after: 12, quiet: 1h, verdicts: 500, keep: 1}\n": {Auto: true, After: 12, Quiet: line.Duration(time.Hour), Verdicts: 500, Keep: 1},
	} {
		s, err := Parse([]byte(good + text))
		if err != nil || s.Learning != want {
			t.Errorf("%q is read as %+v (%v), want %+v", text, s, err, want)
		}
	}
}

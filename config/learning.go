package config

import (
	"errors"
	"fmt"
	"time"

	"linesman/line"
)

// Learning says whether candidates are made by themselves, beside the lines, from
// what people said of parts. What is left out keeps its default.
type Learning struct {
	Auto     bool          `yaml:"auto"`     // default no: candidates are made by linesman candidate make
	After    int           `yaml:"after"`    // new labels of a line's product since its last candidate; default 5
	Quiet    line.Duration `yaml:"quiet"`    // since the newest label: somebody may be at it; default 10m
	Verdicts int           `yaml:"verdicts"` // last verdicts with pictures that a candidate's report is of; default 10000
	Keep     int           `yaml:"keep"`     // candidates of a line that nobody took further; default 3
}

// Validate fills defaults and refuses what can not be meant.
func (l *Learning) Validate() error {
	fill(&l.After, 5)
	fill(&l.Quiet, line.Duration(10*time.Minute))
	fill(&l.Verdicts, 10_000)
	fill(&l.Keep, 3)
	var errs []error
	for name, of := range map[string]struct{ n, most int }{"after": {l.After, 10_000}, "verdicts": {l.Verdicts, 1_000_000}, "keep": {l.Keep, 1000}} {
		if of.n < 1 || of.n > of.most {
			errs = append(errs, fmt.Errorf("learning.%s %d: want 1 to %d", name, of.n, of.most))
		}
	}
	if q := l.Quiet.D(); q < 0 || q > Days(7) {
		errs = append(errs, fmt.Errorf("learning.quiet %s: want a time up to a week, such as 10m", q))
	}
	return errors.Join(errs...)
}

package rules

import (
	"errors"
	"fmt"
	"math"
)

// Limits is the recipe's part of deciding: at which numbers a part fails, and
// below which picture quality nothing may be decided at all.
type Limits struct {
	// Anomaly is the score at which a part fails; 1 is the model's own
	// threshold, learned from good parts. Default 1.
	Anomaly float64 `yaml:"anomaly"`
	// Unsure is the width of the band below Anomaly in which the outcome is
	// inconclusive rather than pass. Default 0: no band.
	Unsure float64 `yaml:"unsure"`
	// Measures bound measured values by name ("size.area").
	Measures []Bound `yaml:"measures"`
	// MinFocus is the least variance of the Laplacian (grey 0..255). Default 0:
	// not checked.
	MinFocus float64 `yaml:"min_focus"`
	// MaxClipped is the largest share of pixels at black or white. Default 0.5.
	MaxClipped float64 `yaml:"max_clipped"`
	// Classes says for classes of findings, by a learned name or by what finds them
	// ("texture", "print"), how large and where they fail a part. A class that is not
	// there fails it at Anomaly whatever its size and place.
	Classes map[string]Class `yaml:"classes"`
	// Zones are places on the part, by names that Classes use.
	Zones map[string]Zone `yaml:"zones"`
	// Guided says that parts always lie the same way on the belt. Only then does a
	// polygon name one place on them.
	Guided bool `yaml:"guided"`
}

// Bound is one permitted range. A missing bound does not restrict.
type Bound struct {
	Measure string   `yaml:"measure"`
	Min     *float64 `yaml:"min"`
	Max     *float64 `yaml:"max"`
	Unit    string   `yaml:"unit"`
}

// Validate fills defaults and refuses what can not be meant.
func (l *Limits) Validate() error {
	if l.Anomaly == 0 {
		l.Anomaly = 1
	}
	if l.MaxClipped == 0 {
		l.MaxClipped = 0.5
	}
	var errs []error
	if !(l.Anomaly > 0) || math.IsInf(l.Anomaly, 0) {
		errs = append(errs, fmt.Errorf("limits.anomaly is %v: want a score above 0; 1 is the model's own threshold", l.Anomaly))
	}
	if !(l.Unsure >= 0 && l.Unsure < l.Anomaly) {
		errs = append(errs, fmt.Errorf("limits.unsure is %v: want at least 0 and less than limits.anomaly (%v)", l.Unsure, l.Anomaly))
	}
	if !(l.MaxClipped > 0 && l.MaxClipped <= 1) {
		errs = append(errs, fmt.Errorf("limits.max_clipped is %v: want a share between 0 and 1", l.MaxClipped))
	}
	for i, b := range l.Measures {
		switch {
		case b.Measure == "":
			errs = append(errs, fmt.Errorf("limits.measures[%d] names no measure", i))
		case b.Min == nil && b.Max == nil:
			errs = append(errs, fmt.Errorf("limits.measures[%d] (%s) has neither min nor max", i, b.Measure))
		case b.Min != nil && b.Max != nil && *b.Min > *b.Max:
			errs = append(errs, fmt.Errorf("limits.measures[%d] (%s): min %v is above max %v", i, b.Measure, *b.Min, *b.Max))
		}
	}
	errs = append(errs, l.validateZones()...)
	errs = append(errs, l.validateClasses()...)
	return errors.Join(errs...)
}

package rules

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"linesman/models"
	"linesman/vision"
)

// Class is how large and where findings of one class fail a part.
type Class struct {
	// MinMM and MinAreaMM2 are the least size, the longer side of the upright box
	// around the finding, and the least area. What is below fails no part; of two
	// limits it takes both. 0: whatever the size.
	MinMM      float64 `yaml:"min_mm"`
	MinAreaMM2 float64 `yaml:"min_area_mm2"`
	// Zones says what is otherwise at places on the part. The first that holds a
	// finding whole counts; what lies across an edge, or nobody knows where, is held
	// to the strictest that it may lie in.
	Zones []InZone `yaml:"zones"`
}

// InZone is what holds for a class within a zone, or outside it.
type InZone struct {
	Zone    string `yaml:"zone"`
	Outside bool   `yaml:"outside"`
	// Ignore says that findings there fail no part.
	Ignore bool `yaml:"ignore"`
	// Factor is how much of the class's limits, score, size and area, holds there:
	// 2 lets twice as much through, 0.5 half. Default 1.
	Factor float64 `yaml:"factor"`
}

func (l *Limits) validateClasses() (errs []error) {
	for _, name := range slices.Sorted(maps.Keys(l.Classes)) {
		c := l.Classes[name]
		refuse := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("limits.classes.%s: "+format, append([]any{name}, args...)...))
		}
		for setting, v := range map[string]float64{"min_mm": c.MinMM, "min_area_mm2": c.MinAreaMM2} {
			if !(v >= 0) || math.IsInf(v, 0) {
				refuse("%s is %v: want the least that fails a part, or leave it out", setting, v)
			}
		}
		if c.MinMM == 0 && c.MinAreaMM2 == 0 && len(c.Zones) == 0 {
			refuse("it says nothing: give min_mm, min_area_mm2 or zones, or leave the class out")
		}
		for i := range c.Zones {
			z := &c.Zones[i]
			if _, ok := l.Zones[z.Zone]; !ok {
				refuse("zones[%d] names zone %q, which limits.zones does not have: add it there or correct the name", i, z.Zone)
			}
			if z.Ignore && z.Factor != 0 {
				refuse("zones[%d] has both ignore and factor: what is ignored has no limit", i)
			}
			z.Factor = cmp.Or(z.Factor, 1)
			if !(z.Factor > 0) || math.IsInf(z.Factor, 0) {
				refuse("zones[%d].factor is %v: want a number above 0; ignore: true lets everything there pass", i, z.Factor)
			} else if l.Anomaly > 0 && !(l.Unsure < l.Anomaly*z.Factor) {
				refuse("zones[%d].factor %v leaves a limit of %v, not above limits.unsure (%v): narrow unsure or raise the factor", i, z.Factor, l.Anomaly*z.Factor, l.Unsure)
			}
		}
	}
	return errs
}

// strictest is the least score at which anything fails a part.
func (l *Limits) strictest() float64 {
	factor := 1.0
	for _, c := range l.Classes {
		for _, z := range c.Zones {
			if !z.Ignore {
				factor = min(factor, z.Factor)
			}
		}
	}
	return l.Anomaly * factor
}

// Lowest is the least score at which a part may be no pass.
func (l *Limits) Lowest() float64 { return l.strictest() - l.Unsure }

// Places is the score from which a model has to name every place, for
// models.Ask; 0 where no class is judged by size or place.
func (l *Limits) Places() float64 {
	if len(l.Classes) == 0 {
		return 0
	}
	return l.Lowest()
}

// held is what a finding is held to.
type held struct {
	factor float64
	zone   string // in words, "" outside all
	ignore bool
}

// holds says what a finding with that box, in the part's frame, is held to; known
// is false if nobody knows where it lies.
func (l *Limits) holds(c Class, box vision.Box, known bool) held {
	may, whole := []held(nil), false
	for _, z := range c.Zones {
		at := partly
		if known {
			at = l.Zones[z.Zone].cover(box)
			if z.Outside {
				at = within - at
			}
		}
		if at == apart {
			continue
		}
		where := " in zone " + z.Zone
		if z.Outside {
			where = " outside zone " + z.Zone
		}
		may = append(may, held{z.Factor, where, z.Ignore})
		if whole = at == within; whole {
			break
		}
	}
	if !whole {
		may = append(may, held{factor: 1})
	}
	return slices.MinFunc(may, func(a, b held) int {
		if a.ignore != b.ignore {
			if a.ignore {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.factor, b.factor)
	})
}

// judgePlaces judges the findings of one view by class, size and place. What is
// not known is held to the strictest limit: nothing is excused unless every other
// place that could fail the part is known as well.
func judgePlaces(view View, limits Limits, doubt, fail func(Reason)) {
	r, lowest := &view.Result, limits.Lowest()
	if r.Anomaly < lowest {
		return
	}
	failed, highest := false, 0.0
	said := map[string]bool{} // one of each class and zone is enough, the strongest
	report := func(key string, score, limit float64, reason Reason) {
		switch {
		case score >= limit && !said["fail "+key]:
			failed, said["fail "+key] = true, true
			fail(reason)
		case score >= limit-limits.Unsure && score < limit && !said["doubt "+key]:
			said["doubt "+key] = true
			doubt(reason)
		}
	}
	for _, f := range r.Findings {
		if !(f.Score >= lowest) {
			continue
		}
		highest = max(highest, f.Score)
		c, key, ok := limits.class(f)
		if !ok {
			report(f.Class, f.Score, limits.Anomaly, findingReason(view.Camera, f, limits.Anomaly))
			continue
		}
		extent := sizeOf(f, view.ToPart)
		h := limits.holds(c, extent.box, extent.known)
		if h.ignore || extent.known && c.small(extent, h.factor) {
			continue
		}
		reason := findingReason(view.Camera, f, limits.Anomaly*h.factor)
		reason.Text += c.sizes(extent, h)
		report(key+h.zone, f.Score, limits.Anomaly*h.factor, reason)
	}
	if strict := limits.strictest(); !failed && (!(r.Listed > 0 && r.Listed <= lowest) || highest < r.Anomaly) {
		report("", r.Anomaly, strict, Reason{Rule: "anomaly", Camera: view.Camera, Measured: r.Anomaly, Limit: strict,
			Text: fmt.Sprintf("unlike the good parts: score %.2f (limit %.2f); the model does not name every place, so none is excused", r.Anomaly, strict)})
	}
}

// class returns what the recipe says of a finding, by its name before its class.
func (l *Limits) class(f models.Finding) (c Class, name string, ok bool) {
	if c, ok = l.Classes[f.Name]; ok && f.Name != "" {
		return c, f.Name, true
	}
	c, ok = l.Classes[f.Class]
	return c, f.Class, ok
}

// extent is the size and place of a finding on its part.
type extent struct {
	box      vision.Box // mm, in the part's frame
	mm, area float64    // longer side in mm, mm2
	known    bool
}

func sizeOf(f models.Finding, toPart vision.Affine) (e extent) {
	scale := math.Abs(toPart.A*toPart.E - toPart.B*toPart.D)
	e.box = toPart.ApplyBox(f.Box)
	e.mm, e.area = math.Sqrt(scale)*max(f.Box.Width(), f.Box.Height()), scale*f.Area
	e.known = scale > 0 && f.Box.Width() > 0 && f.Box.Height() > 0 && f.Area > 0 && !math.IsInf(e.area, 0)
	for _, v := range [4]float64{e.box.X0, e.box.Y0, e.box.X1, e.box.Y1} {
		e.known = e.known && v-v == 0
	}
	return e
}

// small reports that a finding reaches none of the class's least sizes.
func (c Class) small(e extent, factor float64) bool {
	if c.MinMM == 0 && c.MinAreaMM2 == 0 {
		return false
	}
	return (c.MinMM == 0 || e.mm < c.MinMM*factor) && (c.MinAreaMM2 == 0 || e.area < c.MinAreaMM2*factor)
}

// sizes says how large a finding is and where, for its reason.
func (c Class) sizes(e extent, h held) (text string) {
	if !e.known {
		return ", its size and place are not known" + h.zone
	}
	if c.MinAreaMM2 > 0 {
		text += fmt.Sprintf(", %.3g mm2 (limit %.3g mm2)", e.area, c.MinAreaMM2*h.factor)
	}
	if c.MinMM > 0 {
		text += fmt.Sprintf(", %.3g mm (limit %.3g mm)", e.mm, c.MinMM*h.factor)
	}
	return text + h.zone
}

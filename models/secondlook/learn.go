package secondlook

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Said is a sight with what people said of its alarm.
type Said struct {
	Sight
	// Real says that the thing was there, whether or not an alarm was wanted; false
	// that nothing was.
	Real bool
}

// Most sights that are learned from, the newest first: of one camera and label,
// and real ones of a label.
const (
	mostMistaken = 200
	mostReal     = 2000
)

// Learned is a model with what was left out of it, and why.
type Learned struct {
	*Model
	LeftOut []string
}

// Learn makes a model of what people said, oldest first. The error wraps
// ErrTooFew where nothing could ever be taken away by it.
func Learn(all []Said, at time.Time, through uint64) (Learned, error) {
	m := &Model{Version: at.UTC().Format("20060102.150405"), At: at.UTC(), Backbone: Backbone(), Through: through}
	out := Learned{Model: m}
	mistaken, real := map[string][]Sight{}, map[string][]Sight{}
	for _, s := range slices.Backward(all) {
		switch group := s.Camera + "\x00" + s.Label; {
		case len(s.Features) == 0:
		case s.Real && len(real[s.Label]) < mostReal:
			real[s.Label] = append(real[s.Label], s.Sight)
		case !s.Real && len(mistaken[group]) < mostMistaken:
			mistaken[group] = append(mistaken[group], s.Sight)
		}
	}
	for _, label := range slices.Sorted(maps.Keys(real)) {
		m.Real = append(m.Real, real[label]...)
	}
	for _, group := range slices.Sorted(maps.Keys(mistaken)) {
		for _, s := range mistaken[group] {
			k, why := limit(s, mistaken[group], real[s.Label])
			if why != "" {
				out.LeftOut = append(out.LeftOut, fmt.Sprintf("alarm %s, %s of camera %s: %s", s.Alarm, s.Label, s.Camera, why))
				continue
			}
			m.Mistaken = append(m.Mistaken, k)
		}
	}
	if len(m.Mistaken) == 0 {
		why := "no alarm in which nothing was there is labelled"
		if len(out.LeftOut) > 0 {
			why = out.LeftOut[0]
			if more := len(out.LeftOut) - 1; more > 0 {
				why += fmt.Sprintf("; and %d more", more)
			}
		}
		return out, fmt.Errorf("%w: %s", ErrTooFew, why)
	}
	return out, nil
}

// limit is how unlike a mistaken sight a crop may be: so many times as far as its
// fellows at its place lie from each other, and never nearer to anything real than
// to it.
func limit(s Sight, group, real []Sight) (k Mistaken, why string) {
	k.Sight = s
	var apart []float64
	alarms := map[string]bool{s.Alarm: true}
	for i := range group {
		o := &group[i]
		if o.Alarm == s.Alarm || !(o.Box.Overlap(s.Box) >= samePlace) {
			continue
		}
		if d := Apart(o.Features, s.Features); d <= mostLimit {
			apart = append(apart, d)
			alarms[o.Alarm] = true
		}
	}
	if len(alarms) < leastSame {
		return k, fmt.Sprintf("%d alarms were called mistaken at this place and look alike, %d are needed", len(alarms), leastSame)
	}
	if n := alarmsOf(real); n < leastReal {
		return k, fmt.Sprintf("%d alarms about a %s were called real, %d are needed to compare with", n, s.Label, leastReal)
	}
	slices.Sort(apart)
	k.Limit = min(max(spare*apart[(leastSame-2)], leastLimit), mostLimit)
	for i := range real {
		if d := Apart(real[i].Features, s.Features) / (farther + 1); d < k.Limit {
			k.Limit = d
		}
	}
	if k.Limit < leastLimit {
		return k, "it looks like what was called real"
	}
	return k, ""
}

// alarmsOf counts the alarms that sights are of.
func alarmsOf(all []Sight) int {
	seen := map[string]bool{}
	for i := range all {
		seen[all[i].Alarm] = true
	}
	return len(seen)
}

// Case is one alarm with crops, to try a model on.
type Case struct {
	Alarm  string
	Sights []Sight
	// Label is what people said of it, "" if nothing.
	Label string
}

// Tried is what a model says of one alarm, judged by what the others taught.
type Tried struct {
	Case
	Opinions []Opinion // of each sight
	// Withheld says that the alarm would not have been raised: every thing in it is
	// one that was called mistaken.
	Withheld bool
}

// Try judges alarms as if nothing had been said of each. limits and lists stay
// those that the model was made with, so that a figure is of this model.
func (m *Model) Try(cases []Case) []Tried {
	out := make([]Tried, 0, len(cases))
	for _, c := range cases {
		t := Tried{Case: c, Withheld: len(c.Sights) > 0}
		for i := range c.Sights {
			o := m.judge(&c.Sights[i], c.Alarm)
			t.Opinions = append(t.Opinions, o)
			t.Withheld = t.Withheld && o.Mistaken
		}
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(a, b Tried) int { return cmp.Compare(b.Alarm, a.Alarm) })
	return out
}

package rules

import (
	"fmt"
	"slices"
	"time"

	"linesman/scene"
	"linesman/vision"
)

// member is one of a group: a person, a vehicle, fire, or a thing.
type member struct {
	track  *scene.Track // nil for fire and things
	label  string
	box    vision.Box
	zones  []string      // of fire and things
	zone   string        // that it was asked to be in
	stays  time.Duration // there, or since it was first seen, or alone
	came   string        // the way it came into zone
	beside string        // a zone that it was asked to be near
	note   string        // for the person who reads the alert
	// unseen is how long it has not been seen: its place and speed are guessed.
	unseen time.Duration
}

// place is a zone of the camera.
type place struct{ zone string }

// pace is a speed: in metres, or in heights a second.
type pace struct {
	value  float64
	metres bool
}

// What counts as running.
var (
	runningMetres  = pace{2.5, true}
	runningHeights = pace{1.5, false}
)

// only is the part of a group of which something is true.
func (g group) only(is func(*member) bool) group {
	var out group
	for _, m := range g {
		if is(&m) {
			out = append(out, m)
		}
	}
	return out
}

// inZone is the part of a group that is in a zone.
func inZone(g group, p place) group {
	return g.only(func(m *member) bool {
		if m.track == nil {
			m.zone = p.zone
			return slices.Contains(m.zones, p.zone)
		}
		s := m.track.In(p.zone)
		if s == nil {
			return false
		}
		m.zone, m.stays, m.came = p.zone, s.For, s.Heading
		return true
	})
}

// outOfZone is the part of a group that is not in a zone.
func outOfZone(g group, p place) group {
	return g.only(func(m *member) bool {
		if m.track == nil {
			return !slices.Contains(m.zones, p.zone)
		}
		return m.track.In(p.zone) == nil
	})
}

// dressed is the part of a group of whom an item is held to be worn, missing or
// unknown.
func (g group) dressed(item string, is scene.Worn) group {
	return g.only(func(m *member) bool {
		if m.label != scene.Person || m.track == nil {
			return false
		}
		d := m.track.Wears(scene.Item(item))
		if d.Worn != is {
			return false
		}
		m.note = fmt.Sprintf("%s %s", item, is)
		if is != scene.Unknown {
			m.note += fmt.Sprintf(" in %d pictures over %.0f s", d.Votes, d.Seconds)
		}
		return true
	})
}

// guessAtMost is how long after the last sight a place is good enough to measure
// from, and a speed still true.
const guessAtMost = time.Second

// placed reports whether one's place and speed are known well enough to measure.
func (m *member) placed() bool { return m.track != nil && m.unseen <= guessAtMost }

// faster reports whether one moves faster than a pace. Without a floor, or with
// the feet not seen, metres are not to be had.
func (m *member) faster(p pace) bool {
	if !m.placed() || !m.track.Motion.Known {
		return false
	}
	v := m.track.Motion
	switch {
	case p.metres && v.MetresKnown && v.Metres > p.value:
		m.note = fmt.Sprintf("%.1f m/s", v.Metres)
	case !p.metres && v.Heights > p.value:
		m.note = fmt.Sprintf("%.1f body heights a second", v.Heights)
	default:
		return false
	}
	return true
}

// near is the part of a group that is within so many metres of another one, or
// of a zone.
func (t *terms) near(g group, of any, metres float64) group {
	if t.moment.Scene == nil || t.set == nil {
		return nil
	}
	w, h := t.moment.Scene.Width, t.moment.Scene.Height
	return g.only(func(m *member) bool {
		if !m.placed() {
			return false
		}
		switch of := of.(type) {
		case place:
			gap := t.set.ToZone(m.track, of.zone, w, h)
			m.beside, m.note = of.zone, far(gap, "zone "+of.zone)
			return gap.Within(metres)
		case group:
			for i := range of {
				other := of[i].track
				if !of[i].placed() || other.Number == m.track.Number {
					continue
				}
				if gap := t.set.Between(m.track, other, w, h); gap.Within(metres) {
					m.note = far(gap, who(&of[i]))
					return true
				}
			}
		}
		return false
	})
}

func far(g scene.Gap, from string) string {
	if g.MetresKnown {
		return fmt.Sprintf("%.1f m from %s", g.Metres, from)
	}
	return fmt.Sprintf("%.1f body heights from %s", g.Heights, from)
}

// crossed is the part of a group that went over a line in this picture.
func (t *terms) crossed(g group, line, way string) group {
	if t.moment.Scene == nil {
		return nil
	}
	return g.only(func(m *member) bool {
		m.note = way + " over line " + line
		return m.track != nil && slices.ContainsFunc(t.moment.Scene.Crossings, func(c scene.Crossing) bool {
			return c.Track == m.track.Number && c.Line == line && c.In == (way == "in")
		})
	})
}

// who names one for a person.
func who(m *member) string {
	if m.track != nil {
		return fmt.Sprintf("%s %d", m.label, m.track.Number)
	}
	return m.label
}

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
	track *scene.Track // nil for fire and things
	label string
	box   vision.Box
	zones []string      // of fire and things
	zone  string        // that it was asked to be in
	stays time.Duration // there, or since it was first seen, or alone
	came  string        // the way it came into zone
	note  string        // for the person who reads the alert
}

// group is some people or things.
type group []member

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

// terms is what a rule's program sees. It is filled anew for each moment.
type terms struct {
	Person     group `expr:"person"`
	Vehicle    group `expr:"vehicle"`
	Forklift   group `expr:"forklift"`
	Truck      group `expr:"truck"`
	Car        group `expr:"car"`
	Bus        group `expr:"bus"`
	Bicycle    group `expr:"bicycle"`
	Motorcycle group `expr:"motorcycle"`
	Goods      group `expr:"goods"`
	Fire       group `expr:"fire"`
	Smoke      group `expr:"smoke"`

	Camera CameraState `expr:"camera"`

	Zone      func(string) place                      `expr:"zone"`
	InZone    func(group, place) group                `expr:"in_zone"`
	OutOfZone func(group, place) group                `expr:"out_of_zone"`
	AnyOf     func(group) bool                        `expr:"any_of"`
	Longer    func(group, time.Duration) group        `expr:"longer"`
	Heading   func(group, string) group               `expr:"heading"`
	Came      func(group, string) group               `expr:"came"`
	Running   func(group) group                       `expr:"running"`
	Faster    func(group, pace) group                 `expr:"faster"`
	Without   func(group, string) group               `expr:"without"`
	Wearing   func(group, string) group               `expr:"wearing"`
	Unsure    func(group, string) group               `expr:"unsure"`
	Near      func(group, any, float64) group         `expr:"near"`
	Crossed   func(group, string, string) group       `expr:"crossed"`
	Number    func(group) int                         `expr:"number"`
	Headcount func(string) int                        `expr:"headcount"`
	Runs      func(string) bool                       `expr:"runs"`
	Last      func(typ, subject, field string) string `expr:"last"`

	moment *Moment
	set    *scene.Settings // of the moment's camera
	// hits and notes are what made the rule true, gathered while it is evaluated.
	hits  group
	notes []string
}

// newTerms binds the terms to an engine.
func newTerms(e *Engine) *terms {
	t := &terms{}
	t.Zone = func(name string) place { return place{name} }
	t.InZone, t.OutOfZone = inZone, outOfZone
	t.AnyOf = func(g group) bool { t.hits = append(t.hits, g...); return len(g) > 0 }
	t.Number = func(g group) int { t.hits = append(t.hits, g...); return len(g) }
	t.Longer = func(g group, d time.Duration) group {
		return g.only(func(m *member) bool { return m.stays >= d })
	}
	t.Heading = func(g group, way string) group {
		return g.only(func(m *member) bool { return m.track != nil && m.track.Motion.Heading == way })
	}
	t.Came = func(g group, way string) group { return g.only(func(m *member) bool { return m.came == way }) }
	t.Running = func(g group) group {
		return g.only(func(m *member) bool {
			if m.track != nil && m.track.Motion.MetresKnown {
				return m.faster(runningMetres)
			}
			return m.faster(runningHeights)
		})
	}
	t.Faster = func(g group, p pace) group { return g.only(func(m *member) bool { return m.faster(p) }) }
	t.Without = func(g group, item string) group { return g.dressed(item, scene.No) }
	t.Wearing = func(g group, item string) group { return g.dressed(item, scene.Yes) }
	t.Unsure = func(g group, item string) group { return g.dressed(item, scene.Unknown) }
	t.Near = t.near
	t.Crossed = t.crossed
	t.Headcount = func(space string) int {
		t.notes = append(t.notes, fmt.Sprintf("%d in %s", e.heads[space], space))
		return e.heads[space]
	}
	t.Runs = func(line string) bool { return e.runs(line, t) }
	t.Last = e.last
	return t
}

// fill takes a moment; of the group that a rule is about each of, only one.
func (t *terms) fill(m *Moment, set *scene.Settings) {
	t.moment, t.set, t.Camera = m, set, m.State
	t.hits, t.notes = nil, nil
	for _, name := range groupNames {
		*t.group(name) = nil
	}
	if m.Scene == nil {
		return
	}
	for i := range m.Scene.Tracks {
		tr := &m.Scene.Tracks[i]
		one := member{track: tr, label: tr.Label, box: tr.Box, stays: m.Scene.At.Sub(tr.First)}
		if scene.Vehicle(tr.Label) {
			t.Vehicle = append(t.Vehicle, one)
		}
		if g := t.group(tr.Label); g != nil && tr.Label != "vehicle" {
			*g = append(*g, one)
		}
	}
	for _, s := range m.Scene.Sights {
		if g := t.group(s.Label); g != nil && s.Confirmed {
			*g = append(*g, member{label: s.Label, box: s.Box, zones: s.Zones, stays: m.Scene.At.Sub(s.Since)})
		}
	}
	for _, l := range m.Scene.Left {
		t.Goods = append(t.Goods, member{label: l.Label, box: l.Box, zones: l.Zones, stays: l.Alone})
	}
}

// group is the field of a group's name, nil for any other.
func (t *terms) group(name string) *group {
	switch name {
	case "person":
		return &t.Person
	case "vehicle":
		return &t.Vehicle
	case "forklift":
		return &t.Forklift
	case "truck":
		return &t.Truck
	case "car":
		return &t.Car
	case "bus":
		return &t.Bus
	case "bicycle":
		return &t.Bicycle
	case "motorcycle":
		return &t.Motorcycle
	case "goods":
		return &t.Goods
	case "fire":
		return &t.Fire
	case "smoke":
		return &t.Smoke
	}
	return nil
}

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

// faster reports whether one moves faster than a pace. Without a floor, or with
// the feet not seen, metres are not to be had.
func (m *member) faster(p pace) bool {
	if m.track == nil || !m.track.Motion.Known {
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
		if m.track == nil {
			return false
		}
		switch of := of.(type) {
		case place:
			gap := t.set.ToZone(m.track, of.zone, w, h)
			m.zone, m.note = of.zone, far(gap, "zone "+of.zone)
			return gap.Within(metres)
		case group:
			for i := range of {
				other := of[i].track
				if other == nil || other.Number == m.track.Number {
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

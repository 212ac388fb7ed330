package rules

import (
	"fmt"
	"time"

	"linesman/scene"
)

// group is some people or things.
type group []member

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
	// untold says that it can not be told whether the rule is true.
	untold bool
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
		return g.only(func(m *member) bool { return m.placed() && m.track.Motion.Heading == way })
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
		h := e.heads[space]
		if n, ok := e.supposed[space]; ok {
			t.notes = append(t.notes, fmt.Sprintf("at least %d in %s", h.Now, space))
			return n
		}
		t.notes = append(t.notes, fmt.Sprintf("%d in %s", h.Now, space))
		return h.Now
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
		one := member{track: tr, label: tr.Label, box: tr.Box, stays: m.Scene.At.Sub(tr.First), unseen: m.Scene.At.Sub(tr.Last)}
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

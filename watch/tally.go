package watch

import (
	"time"

	"linesman/event"
	"linesman/scene"
)

// tally counts what the scenes of all cameras say by themselves: who came into a
// zone and went, who went over a line, and every minute how full the zones were.
// It belongs to the guard's goroutine.
type tally struct {
	emit  func(camera, subject string, at time.Time, p event.Payload)
	zones map[place]*minute
	lines map[crossing]uint64
}

type place struct{ camera, zone string }

type crossing struct {
	camera, line, label string
	in                  bool
}

// minute is one zone's.
type minute struct {
	from             time.Time
	people, vehicles int
	most             int
	in, out          uint64
	told             bool // an empty minute was told before: it need not be again
}

func newTally(emit func(string, string, time.Time, event.Payload)) *tally {
	return &tally{emit: emit, zones: map[place]*minute{}, lines: map[crossing]uint64{}}
}

// take counts one scene.
func (t *tally) take(s *scene.Scene) {
	camera := string(s.Camera)
	for _, c := range s.Counts {
		m := t.of(camera, c.Zone, s.At)
		m.people, m.vehicles, m.most = c.People, c.Vehicles, max(m.most, c.People)
	}
	for _, p := range s.Passages {
		m := t.of(camera, p.Zone, s.At)
		now := m.people
		if scene.Vehicle(p.Label) {
			now = m.vehicles
		}
		if p.Entered {
			if !scene.Vehicle(p.Label) {
				m.in++
			}
			t.emit(camera, camera+"/"+p.Zone, p.At, event.ZoneEntered{Camera: camera, Zone: p.Zone, Track: p.Track, Label: p.Label, Heading: p.Heading, Now: now})
			continue
		}
		if !scene.Vehicle(p.Label) {
			m.out++
		}
		t.emit(camera, camera+"/"+p.Zone, p.At, event.ZoneLeft{Camera: camera, Zone: p.Zone, Track: p.Track, Label: p.Label, Heading: p.Heading, Seconds: p.For.Seconds(), Lost: p.Lost, Now: now})
	}
	for _, c := range s.Crossings {
		t.lines[crossing{camera, c.Line, c.Label, c.In}]++
		way := map[bool]string{true: "in", false: "out"}[c.In]
		t.emit(camera, camera+"/"+c.Line, c.At, event.LineCrossed{Camera: camera, Line: c.Line, Track: c.Track, Label: c.Label, Way: way,
			In: t.lines[crossing{camera, c.Line, c.Label, true}], Out: t.lines[crossing{camera, c.Line, c.Label, false}], Unsure: s.Totals.Unsure})
	}
}

func (t *tally) of(camera, zone string, at time.Time) *minute {
	key := place{camera, zone}
	if t.zones[key] == nil {
		t.zones[key] = &minute{from: at}
	}
	return t.zones[key]
}

// second tells the minutes that are over.
func (t *tally) second(now time.Time) {
	for key, m := range t.zones {
		if now.Truncate(time.Minute).After(m.from) {
			t.tell(key, m, now)
		}
	}
}

// end tells what is left of the last minute.
func (t *tally) end(now time.Time) {
	for key, m := range t.zones {
		t.tell(key, m, now)
	}
}

func (t *tally) tell(key place, m *minute, now time.Time) {
	empty := m.people == 0 && m.vehicles == 0 && m.most == 0 && m.in == 0 && m.out == 0
	if !empty || !m.told {
		t.emit(key.camera, key.camera+"/"+key.zone, now, event.ZoneCount{Camera: key.camera, Zone: key.zone, From: m.from.UTC(), People: m.people, Vehicles: m.vehicles, Most: m.most, In: m.in, Out: m.out})
	}
	*m = minute{from: now, people: m.people, vehicles: m.vehicles, most: m.people, told: empty}
}

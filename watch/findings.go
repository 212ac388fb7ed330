package watch

import (
	"fmt"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/scene"
	"linesman/vision"
)

// aloneFor is how long a thing must lie without anybody near to be told of in the
// log; a rule may want more.
const aloneFor = 10 * time.Second

// leastThing is the share of the picture from which a place that changed, and
// that no detector named, is told of in the log, if it lies in a zone: shadows
// and a camera's coding change many small places.
const leastThing = 0.004

// findings are what scenes show for longer than a moment and the log is told of
// when it begins and when it ends: fire and smoke, dress that is missing, things
// left behind. They belong to the guard's goroutine.
type findings struct {
	emit func(camera, subject string, at time.Time, p event.Payload)
	of   func(part.CameraID) int                  // seconds that count for fire
	open map[string]map[string]func(at time.Time) // camera, finding -> tells its end
	seen map[string]bool
}

func newFindings(emit func(string, string, time.Time, event.Payload), of func(part.CameraID) int) *findings {
	return &findings{emit: emit, of: of, open: map[string]map[string]func(time.Time){}, seen: map[string]bool{}}
}

// take holds one scene against what was found before.
func (f *findings) take(s *scene.Scene) {
	clear(f.seen)
	for i := range s.Sights {
		f.sight(s, &s.Sights[i])
	}
	for i := range s.Tracks {
		for _, d := range s.Tracks[i].Dress {
			if d.Worn == scene.No {
				f.dress(s, &s.Tracks[i], d)
			}
		}
	}
	for i := range s.Left {
		if l := &s.Left[i]; l.Alone >= aloneFor && (l.Label != scene.Thing || len(l.Zones) > 0 && l.Box.Width()*l.Box.Height() >= leastThing*float64(s.Width*s.Height)) {
			f.left(s, &s.Left[i])
		}
	}
	open := f.open[string(s.Camera)]
	for key, over := range open {
		if !f.seen[key] {
			over(s.At)
			delete(open, key)
		}
	}
}

// found notes that a finding is there and reports whether it is new.
func (f *findings) found(camera, key string, over func(at time.Time)) bool {
	f.seen[key] = true
	if f.open[camera] == nil {
		f.open[camera] = map[string]func(time.Time){}
	}
	_, known := f.open[camera][key]
	f.open[camera][key] = over
	return !known
}

func (f *findings) sight(s *scene.Scene, g *scene.Sight) {
	if !g.Confirmed {
		return
	}
	p := event.FireSeen{Camera: string(s.Camera), Zones: g.Zones, What: g.Label, Box: share(g.Box, s), Score: g.Score, Seen: g.Seconds, Of: f.of(s.Camera), Since: g.Since.UTC(), WhatTo: "look at the picture; if it burns, raise the fire alarm by hand"}
	subject := p.Camera + "/" + g.Label
	if f.found(p.Camera, fmt.Sprintf("%s %d", g.Label, g.Since.UnixNano()), func(at time.Time) { p.Ended, p.WhatTo = true, ""; f.emit(p.Camera, subject, at, p) }) {
		f.emit(p.Camera, subject, s.At, p)
	}
}

func (f *findings) dress(s *scene.Scene, t *scene.Track, d scene.Dress) {
	p := event.DressMissing{Camera: string(s.Camera), Track: t.Number, Item: string(d.Item), Share: 1 - d.Share, Votes: d.Votes, Seconds: d.Seconds, Height: t.Height(), Box: share(t.Box, s)}
	for _, stay := range t.Stays {
		p.Zones = append(p.Zones, stay.Zone)
	}
	subject := fmt.Sprintf("%s/track %d", p.Camera, t.Number)
	if f.found(p.Camera, fmt.Sprintf("%s %d", d.Item, t.Number), func(at time.Time) { p.Ended = true; f.emit(p.Camera, subject, at, p) }) {
		f.emit(p.Camera, subject, s.At, p)
	}
}

func (f *findings) left(s *scene.Scene, l *scene.Left) {
	p := event.GoodsLeft{Camera: string(s.Camera), Zones: l.Zones, Label: l.Label, Box: share(l.Box, s), Since: l.Since.UTC(), Seconds: l.Alone.Seconds()}
	subject := p.Camera + "/" + l.Label
	if f.found(p.Camera, fmt.Sprintf("%s %d", l.Label, l.Since.UnixNano()), func(at time.Time) {
		p.Gone, p.Seconds = true, at.Sub(p.Since).Seconds()
		f.emit(p.Camera, subject, at, p)
	}) {
		f.emit(p.Camera, subject, s.At, p)
	}
}

// share is a box of the picture in shares of its sides.
func share(b vision.Box, s *scene.Scene) event.PictureBox {
	w, h := float64(max(s.Width, 1)), float64(max(s.Height, 1))
	return event.PictureBox{X0: b.X0 / w, Y0: b.Y0 / h, X1: b.X1 / w, Y1: b.Y1 / h}
}

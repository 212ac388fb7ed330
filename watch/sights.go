package watch

import (
	"linesman/camera"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/models/secondlook"
	"linesman/rules"
	"linesman/scene"
	"linesman/vision"
)

// sight is one thing that an alert is about, cut out of a picture.
type sight struct {
	event.AlarmSight        // without its crop's hash until it is kept
	crop             []byte // RGB, secondlook.Side x secondlook.Side, veiled
}

// mostSights bounds how many things of one alert are cut out: a crowd is not
// learned from, and not taken away.
const mostSights = 8

// sights cuts out what an alert is about as a view shows it. Somebody who is
// followed is cut out where the view has him; seen says to leave those out whom it
// does not show, who are else taken to be where the alert has them. all is false
// where there are too many, and where nobody can be cut out with the face veiled.
func (s *Station) sights(a *rules.Alert, v View, seen bool) (out []sight, all bool) {
	if v.Frame == nil || v.Frame.Format != camera.RGB {
		return nil, false
	}
	if len(a.Things) > mostSights {
		return nil, false
	}
	f, clear := s.veiled(v)
	defer f.Release()
	w, h := float64(f.Width), float64(f.Height)
	for _, t := range a.Things {
		box, score := t.Box, t.Score
		if now := trackIn(v.Scene, t.Track); now != nil && now.State == scene.Confirmed {
			box, score = now.Box, now.Score
		} else if seen && t.Track != 0 {
			continue
		}
		if !clear { // a few squares look like anything
			return nil, false
		}
		if !(box.Width() >= 1 && box.Height() >= 1 && box.Width() <= 2*w && box.Height() <= 2*h) {
			return nil, false
		}
		out = append(out, sight{
			AlarmSight: event.AlarmSight{Label: t.Label, Track: t.Track, Score: score, Box: event.PictureBox{X0: box.X0 / w, Y0: box.Y0 / h, X1: box.X1 / w, Y1: box.Y1 / h}},
			crop:       secondlook.Cut(f.Pix, f.Width, f.Height, f.Stride, box),
		})
	}
	return out, true
}

func trackIn(s *scene.Scene, number uint64) *scene.Track {
	if s == nil || number == 0 {
		return nil
	}
	return s.Track(number)
}

// keepSights keeps the crops and returns what is said of them; one that finds no room
// is left out.
func (c *caller) keepSights(all []sight) (out []event.AlarmSight) {
	for _, s := range all {
		png, err := evidence.PNG(secondlook.Side, secondlook.Side, s.crop)
		if err != nil {
			c.g.cfg.Log.Warn("what an alarm is about can not be kept", "err", err)
			continue
		}
		if s.Crop = c.g.cfg.Keep(png); s.Crop != "" {
			out = append(out, s.AlarmSight)
		}
	}
	return out
}

// shown is a sight as a second look judges it.
func (s *sight) shown(camera string, features []float32) secondlook.Sight {
	b := s.Box
	return secondlook.Sight{Camera: camera, Label: s.Label, Box: vision.Box{X0: b.X0, Y0: b.Y0, X1: b.X1, Y1: b.Y1}, Features: features}
}

package line

import (
	"math"
	"time"

	"linesman/camera"
	"linesman/part"
	"linesman/plc"
)

// plan says by which setup the workers look. While a changeover is on its way
// there are two: parts whose place on the belt is at or after from are looked
// at by next. A plan is never changed, only exchanged for another.
type plan struct {
	now, next *setup // next is nil between changeovers
	from      part.Tick
}

func (p *plan) has(u *setup) bool { return p != nil && (p.now == u || p.next == u) }

// whereabouts is where the belt was at the last reading of the controller.
type whereabouts struct {
	now   part.Tick
	at    time.Time
	speed float64 // counts a second
}

func whereaboutsOf(st *plc.Status) *whereabouts { return &whereabouts{st.Now, st.At, st.Speed} }

// place returns the place on the belt under the middle of a frame's picture: the
// tick at which it was at the line's zero; ok is false if nobody can say. slack
// is how many counts it may be off.
func (s *Station) place(f *camera.Frame, view *View) (place part.Tick, slack float64, ok bool) {
	w := s.belt.Load()
	if w == nil {
		return part.Tick{}, 0, false
	}
	enc := &s.cfg.Settings.Encoder
	var tick part.Tick
	if f.Position.Source == part.Latched {
		tick, slack = w.now.Near(uint64(f.Position.Tick.Count), enc.Bits), max(f.Position.Uncertainty, enc.Uncertainty)
	} else {
		since := f.At.Sub(w.at).Seconds()
		tick = w.now.Add(int64(w.speed * since))
		slack = w.speed*0.05 + s.cfg.Settings.MaxSpeed*enc.PerMM*math.Abs(since)*0.1
	}
	return tick.Add(-counts(view.AtMM, enc.PerMM)), slack, true
}

// by returns the setups a frame is to be looked at by. Near a changeover's place
// it may show parts of either: then there are two, each for its own parts.
func (p *plan) by(s *Station, f *camera.Frame, view *View) (first, second *setup) {
	if p.next == nil {
		return p.now, nil
	}
	place, slack, ok := s.place(f, view)
	if !ok {
		return p.now, p.next
	}
	past, same := place.Sub(p.from)
	reach := halfLength(f, view)*s.cfg.Settings.Encoder.PerMM + slack + 2
	switch {
	case !same && place.Before(p.from) || same && float64(past) < -reach:
		return p.now, nil
	case !same || float64(past) > reach:
		return p.next, nil
	}
	return p.now, p.next
}

// halfLength is half of what a picture shows of the belt, along the belt, mm.
func halfLength(f *camera.Frame, view *View) float64 {
	px := f.Width
	if view.Belt == "+y" || view.Belt == "-y" {
		px = f.Height
	}
	return float64(px) * view.MMPerPx / 2
}

// counts converts millimetres to encoder counts.
func counts(mm, perMM float64) int64 { return int64(math.Round(mm * perMM)) }

package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"linesman/alarm"
	"linesman/camera"
	"linesman/event"
	"linesman/models/detect"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
	"linesman/vision"
)

// RescanConfig is by what a recording is judged. All but Faces, Heard and Moments
// must be given.
type RescanConfig struct {
	Camera   part.CameraID
	Settings Settings // valid
	Eyes     Eyes
	// Faces finds faces, as Config has it. Pictures are veiled whatever the settings
	// say: they are made to be sent on.
	Faces func(p detect.Picture, found []vision.Box) ([]vision.Box, error)
	// Rules are of the site, and of nobody else: an engine remembers.
	Rules *rules.Engine
	// Heard is what the log said that rules may speak of, in its order.
	Heard []event.Event
	// Moments are times of which a picture is wanted, whatever was raised.
	Moments []time.Time
	Log     *slog.Logger
}

// Rescan judges one recording of a camera anew: every picture at the time of its
// exposure, by what a station and a guard do, with nothing written and nobody
// called. It looks at all pictures that the camera's rate allows for: the motion
// gate lets none rest. One goroutine owns it.
type Rescan struct {
	cfg     RescanConfig
	station *Station
	moments []time.Time // still to come
	last    time.Time   // exposure of the last picture that was wanted
	blind   *Blindness  // that goes on
	out     Rescanned
}

// Rescanned is what a recording showed.
type Rescanned struct {
	Camera part.CameraID
	// From and To are the exposures of the first and the last picture.
	From, To time.Time
	Pictures int // judged or blind
	Raised   []RescannedAlert
	Blind    []Blindness
	Shown    []ShownMoment

	reaches map[string]rules.Reach // by the rules that hold at the camera
	waiting []rules.Alert          // whose time was not over at the end
	unsure  map[string][]time.Time // by item of dress: when it could not be told of somebody
	early   bool                   // somebody was there from the beginning
}

// RescannedAlert is one alert that would be raised now.
type RescannedAlert struct {
	rules.Alert
	Ended time.Time // the rule said that it is over; zero: it stood at the end
	// Unsure says why even so nobody can tell that it would be raised; "": it would.
	Unsure  string
	Picture []byte // JPEG, veiled, with what it is about outlined
}

// Blindness is a stretch in which nothing could be judged.
type Blindness struct {
	From, To time.Time
	Why      string
}

// ShownMoment is what was seen at a moment that was asked for.
type ShownMoment struct {
	Moment  time.Time
	At      time.Time // exposure of the picture
	Picture []byte    // JPEG, veiled, with people and vehicles outlined
}

// nobody is called, and nothing written down.
type nobody struct{}

func (nobody) Emit(event.Event)                                            {}
func (nobody) Raise(context.Context, alarm.Raise) (string, error)          { return "", nil }
func (nobody) Clear(context.Context, string, string, string, string) error { return nil }

// NewRescan begins a recording. Close gives back what it keeps.
func NewRescan(c RescanConfig) (*Rescan, error) {
	if c.Rules == nil || c.Eyes == nil || c.Log == nil {
		return nil, errors.New("watch: rules, eyes and log must all be given to scan a recording")
	}
	c.Settings.Scene.Gate.Floor = time.Nanosecond // every picture is due
	guard, err := NewGuard(GuardConfig{Source: "/rescan", Rules: c.Rules, Events: nobody{}, Desk: nobody{}, Log: c.Log})
	if err != nil {
		return nil, err
	}
	s, err := New(Config{Camera: c.Camera, Settings: c.Settings, Eyes: c.Eyes, Faces: c.Faces, Guard: guard, Log: c.Log})
	if err != nil {
		return nil, err
	}
	r := &Rescan{cfg: c, station: s, moments: slices.Clone(c.Moments)}
	slices.SortFunc(r.moments, time.Time.Compare)
	r.out = Rescanned{Camera: c.Camera, reaches: map[string]rules.Reach{}, unsure: map[string][]time.Time{}}
	for _, rule := range c.Rules.Rules() {
		if reach, ok := c.Rules.Reach(rule.Name, c.Camera); ok {
			r.out.reaches[rule.Name] = reach
		}
	}
	return r, nil
}

// Close gives back what the rescan keeps.
func (r *Rescan) Close() { r.station.Close() }

// Wants reports whether a picture of that exposure is looked at: the camera's rate
// leaves others out, and none is seen twice.
func (r *Rescan) Wants(at time.Time) bool {
	every := time.Duration(float64(time.Second) / r.cfg.Settings.FPS)
	return r.last.IsZero() || at.Sub(r.last) >= every-every/8
}

// See judges one picture that Wants asked for, later than the one before. It takes
// no hold of the frame. The error is ctx's, or says why no picture can be made.
func (r *Rescan) See(ctx context.Context, f *camera.Frame) error {
	if r.last.IsZero() {
		r.out.From = f.At
	} else if f.At.Sub(r.last) > blindAfter {
		r.dark(r.last, f.At, "nothing was recorded")
		r.blind = nil
		r.step(rules.Moment{At: f.At, Camera: r.cfg.Camera, Blind: "nothing was recorded"})
	}
	before := r.last
	r.last, r.out.To = f.At, f.At
	r.out.Pictures++
	sc, _, why := r.station.see(ctx, f)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if why != "" {
		if before.IsZero() {
			before = f.At
		}
		r.dark(before, f.At, why)
	} else {
		r.blind, r.station.looked = nil, f.At
		r.note(sc)
	}
	return r.judge(f, sc, why)
}

// dark notes that nothing could be judged from one time to another.
func (r *Rescan) dark(from, to time.Time, why string) {
	if r.blind == nil || r.blind.Why != why {
		r.out.Blind = append(r.out.Blind, Blindness{From: from, Why: why})
		r.blind = &r.out.Blind[len(r.out.Blind)-1]
	}
	r.blind.To = to
}

// note keeps what speaks against saying of a rule that it would be silent.
func (r *Rescan) note(sc *scene.Scene) {
	for i := range sc.Tracks {
		t := &sc.Tracks[i]
		r.out.early = r.out.early || t.First.Sub(r.out.From) < rules.Settle
		if t.Label != "person" {
			continue
		}
		for _, item := range scene.Items {
			if t.Wears(item).Worn == scene.Unknown {
				r.out.unsure[string(item)] = append(r.out.unsure[string(item)], sc.At)
			}
		}
	}
}

// judge holds what was seen against the rules.
func (r *Rescan) judge(f *camera.Frame, sc *scene.Scene, why string) error {
	for len(r.cfg.Heard) > 0 && !r.cfg.Heard[0].Time.After(f.At) {
		r.cfg.Rules.Hear(r.cfg.Heard[0])
		r.cfg.Heard = r.cfg.Heard[1:]
	}
	if why != "" {
		sc = nil
	}
	v := View{Frame: f, Scene: sc}
	for len(r.moments) > 0 && !r.moments[0].After(f.At) {
		picture, err := r.picture(v, "", v.all())
		if err != nil {
			return err
		}
		r.out.Shown = append(r.out.Shown, ShownMoment{Moment: r.moments[0], At: f.At, Picture: picture})
		r.moments = r.moments[1:]
	}
	if f.At.Sub(r.out.From) < rules.Settle { // who is there is not yet known
		return nil
	}
	for _, a := range r.step(r.station.moment(f.At, sc, why)) {
		var err error
		if a.Picture, err = r.picture(v, a.Rule, a.Boxes); err != nil {
			return err
		}
	}
	return nil
}

// step moves the rules on, and returns what was raised; it is valid until the next
// step.
func (r *Rescan) step(m rules.Moment) (raised []*RescannedAlert) {
	first := len(r.out.Raised)
	for _, c := range r.cfg.Rules.Step(m) {
		reach, ok := r.out.reaches[c.Alert.Rule]
		switch {
		case !ok || reach.Never != "":
		case c.Kind == rules.Raised:
			a := RescannedAlert{Alert: c.Alert}
			if known := r.out.From.Add(reach.Back - reach.For); reach.Lack && c.Alert.Began.Before(known) {
				a.Unsure = fmt.Sprintf("the rule speaks of what is not there or not known, and before %v of the recording are over nobody can tell", reach.Back-reach.For)
			}
			r.out.Raised = append(r.out.Raised, a)
		case c.Kind == rules.Cleared:
			for i := range r.out.Raised {
				if a := &r.out.Raised[i]; a.Key == c.Alert.Key && a.Ended.IsZero() {
					a.Ended = c.At
				}
			}
		}
	}
	for i := first; i < len(r.out.Raised); i++ {
		raised = append(raised, &r.out.Raised[i])
	}
	return raised
}

// picture makes a veiled picture of a view.
func (r *Rescan) picture(v View, rule string, boxes []vision.Box) ([]byte, error) {
	if v.Frame.Format != camera.RGB {
		return nil, nil // it was not looked at, either
	}
	return marked(r.station.picture(v), rule, boxes)
}

// all are the boxes of everybody and everything in the view.
func (v View) all() (out []vision.Box) {
	if v.Scene == nil {
		return nil
	}
	for i := range v.Scene.Tracks {
		out = append(out, v.Scene.Tracks[i].Box)
	}
	for i := range v.Scene.Sights {
		out = append(out, v.Scene.Sights[i].Box)
	}
	return out
}

// End returns what the recording showed. See must not be called any more.
func (r *Rescan) End() *Rescanned {
	r.out.waiting = r.cfg.Rules.Waiting()
	return &r.out
}

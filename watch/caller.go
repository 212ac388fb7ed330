package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/color"
	"image/jpeg"
	"slices"
	"strings"
	"sync"
	"time"

	"linesman/alarm"
	"linesman/camera/clip"
	"linesman/event"
	"linesman/part"
	"linesman/rules"
	"linesman/vision"
	"linesman/vision/overlay"
)

// caller does what takes time after a rule has spoken, in the order in which it
// was said: it calls the desk, keeps the picture, begins the clip, holds lines.
// What the desk refuses is said again until it is taken: nothing is dropped.
type caller struct {
	g    *Guard
	wake chan struct{}

	doubted map[string]*doubt // by the alert's key; of the goroutine that runs

	mu      sync.Mutex
	waiting []task
	busy    bool // the first of them is being done
}

// task is one change with the picture of its moment.
type task struct {
	change  rules.Change
	view    View
	picture string // sha256, once kept
	done    bool   // the lines have been asked
	sure    bool   // no second look keeps it back
	sights  []sight
}

// again is the wait before the desk is asked again.
const again = time.Second

func newCaller(g *Guard) *caller {
	return &caller{g: g, wake: make(chan struct{}, 1), doubted: map[string]*doubt{}}
}

// add takes one change. An update that is overtaken before it was told is left
// out; what was raised or cleared never is.
func (c *caller) add(change rules.Change) {
	t := task{change: change}
	if s := c.g.stations[change.Alert.Camera]; s != nil && change.Kind == rules.Raised {
		t.view = s.View()
	}
	c.mu.Lock()
	if change.Kind != rules.Raised {
		first := min(1, len(c.waiting))
		if !c.busy {
			first = 0
		}
		rest := slices.DeleteFunc(c.waiting[first:], func(o task) bool {
			return o.change.Kind == rules.Updated && o.change.Alert.Key == change.Alert.Key
		})
		c.waiting = c.waiting[:first+len(rest)]
	}
	c.waiting = append(c.waiting, t)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run works until ctx ends.
func (c *caller) run(ctx context.Context) {
	retry := time.NewTicker(again)
	defer retry.Stop()
	doubts := time.NewTicker(lookEvery)
	defer doubts.Stop()
	for {
		select {
		case <-ctx.Done():
			c.drop()
			return
		case <-c.wake:
		case <-retry.C:
		case now := <-doubts.C:
			c.lookAgain(now)
		}
		for c.first(ctx) {
		}
	}
}

// drop gives the pictures back that nobody keeps any more.
func (c *caller) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.waiting {
		if t.view.Frame != nil {
			t.view.Frame.Release()
		}
	}
	c.waiting = nil
}

// first does the oldest task and reports whether there may be another.
func (c *caller) first(ctx context.Context) bool {
	c.mu.Lock()
	if len(c.waiting) == 0 {
		c.mu.Unlock()
		return false
	}
	t := c.waiting[0]
	c.busy = true
	c.mu.Unlock()
	err := c.do(ctx, &t)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = false
	if err != nil {
		c.waiting[0] = t
		if ctx.Err() == nil {
			c.g.cfg.Log.Error("an alarm is not yet called", "rule", t.change.Alert.Rule, "err", err)
		}
		return false
	}
	c.waiting = c.waiting[1:]
	return len(c.waiting) > 0
}

// do does one task; an error says that it must be tried again.
func (c *caller) do(ctx context.Context, t *task) error {
	a := &t.change.Alert
	if !t.done { // lines first: somebody stands there
		c.hold(t)
		t.done = true
	}
	switch t.change.Kind {
	case rules.Raised:
		if c.doubts(t) {
			t.view.Frame.Release()
			t.view = View{}
			return nil
		}
	case rules.Updated:
		if c.updated(a) {
			return nil
		}
	case rules.Cleared:
		raise, silent := c.over(a)
		if silent {
			return nil
		}
		if raise {
			if err := c.raise(ctx, t); err != nil {
				return err
			}
			delete(c.doubted, a.Key)
		}
		if err := c.g.cfg.Desk.Clear(ctx, alarmKey(a), a.Text, "system", ""); err != nil && !errors.Is(err, alarm.ErrUnknown) {
			return err
		}
		return nil
	}
	return c.raise(ctx, t)
}

// raise has the desk call people.
func (c *caller) raise(ctx context.Context, t *task) error {
	a := &t.change.Alert
	if t.view.Frame != nil && t.picture == "" && c.g.cfg.Keep != nil {
		t.picture = c.keep(t)
		if s := c.g.stations[a.Camera]; s != nil {
			t.sights, _ = s.sights(a, t.view, false)
		}
	}
	id, err := c.g.cfg.Desk.Raise(ctx, alarm.Raise{Key: alarmKey(a), From: c.from(a), Camera: string(a.Camera), Zone: a.Zone, Severity: a.Severity, Text: words(a), WhatTo: a.Say})
	if err != nil && !errors.Is(err, alarm.ErrUnsaved) {
		return err
	}
	if err != nil {
		return fmt.Errorf("people are called, but the log refuses: %w", err)
	}
	if t.change.Kind == rules.Raised {
		c.record(t, id)
	}
	return nil
}

// words are the alarm's text: what is the case, and that nobody can see it any
// more.
func words(a *rules.Alert) string {
	if a.Unseen != "" {
		return a.Text + " (not seen now: " + a.Unseen + ")"
	}
	return a.Text
}

// keyed is what the keys of all alarms of this room begin with.
const keyed = "watch/"

func alarmKey(a *rules.Alert) string { return keyed + a.Key }

// alertOf reads an alert back off the alarm that was raised for it; ok is false
// for an alarm of another room.
func alertOf(a alarm.Alarm) (alert rules.Alert, ok bool) {
	key, ok := strings.CutPrefix(a.Key, keyed)
	if !ok || a.Drill {
		return alert, false
	}
	alert = rules.Alert{Rule: key, Key: key, Camera: part.CameraID(a.Camera), Zone: a.Zone, Text: a.Text, Began: a.Raised, Raised: a.Raised}
	if a.Camera != "" {
		if i := strings.LastIndex(key+"/", "/"+a.Camera+"/"); i >= 0 {
			alert.Rule = key[:i]
		}
	}
	return alert, true
}

func (c *caller) from(a *rules.Alert) string {
	if a.Camera == "" {
		return "watch"
	}
	return "watch/" + string(a.Camera)
}

// hold asks the lines what the rule asks of them.
func (c *caller) hold(t *task) {
	a := &t.change.Alert
	if c.g.cfg.Lines == nil {
		return
	}
	for _, act := range a.Actions {
		var err error
		switch {
		case act.Do != "hold" && act.Do != "suspect":
			continue
		case t.change.Kind == rules.Raised:
			err = c.g.cfg.Lines.Trespass(part.LineID(act.What), a.Key, a.Text, "", act.Do == "hold")
		case t.change.Kind == rules.Cleared:
			err = c.g.cfg.Lines.TrespassOver(part.LineID(act.What), a.Key)
		}
		if err != nil {
			c.g.cfg.Log.Error("the line was not told", "line", act.What, "rule", a.Rule, "err", err)
		}
	}
}

// record begins the clip of an alarm and says what is kept of it.
func (c *caller) record(t *task, id string) {
	a := &t.change.Alert
	if t.view.Frame != nil {
		t.view.Frame.Release()
		t.view = View{}
	}
	s := c.g.stations[a.Camera]
	if s == nil || c.g.cfg.Keep == nil {
		return
	}
	e := event.AlarmRecorded{Alarm: id, Camera: string(a.Camera), Picture: t.picture}
	if len(a.Things) > 0 {
		e.Rule, e.Key, e.Firm, e.Sights = a.Rule, alarmKey(a), a.Firm, c.keepSights(t.sights)
	}
	set := s.cfg.Settings.Clip
	if err := s.recorder.Begin(clip.ID(id), a.Began, set.Before, set.After); err != nil {
		e.Missing = append(e.Missing, err.Error())
	}
	if t.picture != "" {
		c.holdFor(id, t.picture)
	}
	for _, s := range e.Sights {
		c.holdFor(id, s.Crop)
	}
	if t.picture != "" || len(e.Missing) > 0 {
		c.g.emit(e.Camera, id, a.Raised, e)
	}
}

// clipped keeps a finished clip and says so.
func (c *caller) clipped(made clip.Clip) {
	e := event.AlarmRecorded{Alarm: string(made.ID), Camera: string(made.Camera), Missing: made.Missing}
	var shas []string
	for _, f := range made.Files {
		sha := c.g.cfg.Keep(f.Data)
		if sha == "" {
			e.Missing = append(e.Missing, "the disk had no room for a clip")
			continue
		}
		shas = append(shas, sha)
		e.Clips = append(e.Clips, event.AlarmClip{SHA256: sha, From: f.From.UTC(), To: f.To.UTC(), Frames: f.Frames, Width: f.Width, Height: f.Height, Codec: f.Codec})
	}
	c.holdFor(string(made.ID), shas...)
	c.g.emit(e.Camera, e.Alarm, time.Now(), e)
}

func (c *caller) holdFor(id string, shas ...string) {
	if c.g.cfg.Hold == nil || len(shas) == 0 {
		return
	}
	if err := c.g.cfg.Hold(id, shas...); err != nil {
		c.g.cfg.Log.Warn("what was kept of an alarm may make room before it is closed", "alarm", id, "err", err)
	}
}

// alarmed is the colour of what an alarm is about.
var alarmed = color.RGBA{213, 94, 0, 255}

// keep makes the alarm's picture: what it is about is marked, faces are veiled.
func (c *caller) keep(t *task) string {
	s := c.g.stations[t.change.Alert.Camera]
	img := overlay.Picture(t.view.Frame)
	switch {
	case s == nil:
		overlay.Veil(img, t.view.people(), nil)
	case s.cfg.Settings.Faces == "blurred":
		overlay.Veil(img, t.view.people(), s.facesIn(t.view.Frame))
	}
	var marks []overlay.Mark
	for i, b := range t.change.Alert.Boxes {
		m := overlay.Mark{Box: b, Colour: alarmed}
		if i == 0 {
			m.Text = t.change.Alert.Rule
		}
		marks = append(marks, m)
	}
	overlay.Marks(img, marks)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 88}); err != nil {
		c.g.cfg.Log.Warn("an alarm has no picture", "err", err)
		return ""
	}
	return c.g.cfg.Keep(out.Bytes())
}

// people are the boxes of people in the view.
func (v View) people() (out []vision.Box) {
	if v.Scene == nil {
		return nil
	}
	for i := range v.Scene.Tracks {
		if v.Scene.Tracks[i].Label == "person" {
			out = append(out, v.Scene.Tracks[i].Box)
		}
	}
	return out
}

package watch

import (
	"bytes"
	"context"
	"errors"
	"image"
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

// caller does what takes time after a rule has spoken: it calls the desk, keeps
// the picture, begins the clip. Each alert's changes are told in the order in
// which they came; alerts do not wait for each other. What the desk refuses is
// said again until it is taken: nothing is dropped.
type caller struct {
	g    *Guard
	wake chan struct{}
	work sync.WaitGroup

	doubted map[string]*doubt // by the alert's key; of the goroutine that runs

	mu      sync.Mutex
	waiting []*task
	busy    map[string]bool // alerts that are being told of
	refused map[string]bool // alerts to be said again at the next turn
	told    map[string]*said
	real    []string // ids of what was withheld and called real since
}

// task is one change with the picture of its moment.
type task struct {
	change  rules.Change
	view    View
	picture string // sha256, once kept
	asked   bool   // the second look has been
	first   bool   // it is over before anybody was told: that comes first
	sure    bool   // no second look keeps it back
	sights  []sight
}

// again is the wait before the desk is asked again.
const again = time.Second

// mostAtOnce is how many alerts are told of at the same time.
const mostAtOnce = 16

func newCaller(g *Guard) *caller {
	return &caller{g: g, wake: make(chan struct{}, 1), busy: map[string]bool{}, refused: map[string]bool{}, told: map[string]*said{}, doubted: map[string]*doubt{}}
}

// add takes one change. An update that is overtaken before it was told is left
// out; what was raised or cleared never is.
func (c *caller) add(change rules.Change) {
	t := &task{change: change}
	if s := c.g.stations[change.Alert.Camera]; s != nil && change.Kind == rules.Raised {
		t.view = s.View()
	}
	c.mu.Lock()
	if change.Kind != rules.Raised {
		c.waiting = slices.DeleteFunc(c.waiting, func(o *task) bool {
			return o.change.Kind == rules.Updated && o.change.Alert.Key == change.Alert.Key
		})
	}
	c.waiting = append(c.waiting, t)
	c.mu.Unlock()
	c.poke()
}

func (c *caller) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run works until ctx ends.
func (c *caller) run(ctx context.Context) {
	defer c.drop()
	defer c.work.Wait()
	retry := time.NewTicker(again)
	defer retry.Stop()
	doubts := time.NewTicker(lookEvery)
	defer doubts.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
			c.raiseReal()
		case <-retry.C:
			c.mu.Lock()
			clear(c.refused)
			c.mu.Unlock()
		case now := <-doubts.C:
			c.lookAgain(now)
		}
		c.begin(ctx)
	}
}

// begin tells of the oldest change of each alert that nobody tells of yet, but for
// what a second look keeps back.
func (c *caller) begin(ctx context.Context) {
	for _, t := range c.ready() {
		if !c.keptBack(t) {
			c.work.Go(func() { c.tell(ctx, t) })
			continue
		}
		if t.view.Frame != nil {
			t.view.Frame.Release()
		}
		c.mu.Lock()
		delete(c.busy, t.change.Alert.Key)
		c.mu.Unlock()
		c.poke()
	}
}

// ready takes the tasks that may be done now out of the queue.
func (c *caller) ready() (tasks []*task) {
	c.mu.Lock()
	defer c.mu.Unlock()
	later := c.waiting[:0]
	for _, t := range c.waiting {
		key := t.change.Alert.Key
		if c.busy[key] || c.refused[key] || len(c.busy) >= mostAtOnce {
			later = append(later, t)
			continue
		}
		c.busy[key] = true
		tasks = append(tasks, t)
	}
	clear(c.waiting[len(later):])
	c.waiting = later
	return tasks
}

// keptBack asks the second look, once, whether nobody is to be told.
func (c *caller) keptBack(t *task) (back bool) {
	if t.asked {
		return false
	}
	t.asked = true
	a := &t.change.Alert
	switch t.change.Kind {
	case rules.Raised:
		if back = c.doubts(t); !back {
			c.g.register.raised(a, t.change.At)
		}
		return back
	case rules.Updated:
		return c.updated(a)
	}
	if t.first, back = c.over(a); t.first {
		c.g.register.raised(a, a.Raised)
	}
	c.g.register.over(t.change)
	return back
}

// tell does one task; one that was refused is the first again of its alert.
func (c *caller) tell(ctx context.Context, t *task) {
	err := c.do(ctx, t)
	key, tell := t.change.Alert.Key, false
	c.mu.Lock()
	delete(c.busy, key)
	if err == nil {
		delete(c.told, key)
	} else {
		c.refused[key] = true
		c.waiting = slices.Insert(c.waiting, 0, t)
		if c.told[key] == nil {
			c.told[key] = &said{every: time.Minute}
		}
		tell = ctx.Err() == nil && c.told[key].now(time.Now())
	}
	c.mu.Unlock()
	if tell {
		c.g.cfg.Log.Error("the desk does not take an alarm; it is asked again", "rule", t.change.Alert.Rule, "err", err)
	}
	c.poke()
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

// do does one task; an error says that it must be tried again.
func (c *caller) do(ctx context.Context, t *task) error {
	a := &t.change.Alert
	if t.change.Kind != rules.Cleared {
		return c.raise(ctx, t)
	}
	if t.first {
		if err := c.raise(ctx, t); err != nil {
			return err
		}
		t.first = false
	}
	err := c.g.cfg.Desk.Clear(ctx, alarmKey(a), a.Text, "system", "")
	if errors.Is(err, alarm.ErrUnknown) || c.unsaved(a, err) {
		return nil
	}
	return err
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
	id, err := c.g.cfg.Desk.Raise(ctx, alarm.Raise{Key: alarmKey(a), From: c.from(a), Camera: string(a.Camera), Zone: a.Zone, Object: a.Object, Severity: a.Severity, Text: words(a), WhatTo: a.Say, Lamps: lamps(a)})
	if err != nil && (id == "" || !c.unsaved(a, err)) {
		return err
	}
	if t.change.Kind == rules.Raised {
		c.g.holder.add(a, because, id)
		c.record(t, id)
	}
	return nil
}

// unsaved reports whether an error says only that the log refuses: people are
// called, and the desk writes it down once the log takes it.
func (c *caller) unsaved(a *rules.Alert, err error) bool {
	if !errors.Is(err, alarm.ErrUnsaved) {
		return false
	}
	c.g.cfg.Log.Error("the desk has it, but the log refuses", "rule", a.Rule, "err", err)
	return true
}

// lamps are the beacons that a rule lights while its alarm stands.
func lamps(a *rules.Alert) (out []string) {
	for _, act := range a.Actions {
		if act.Do == "beacon" && !slices.Contains(out, act.What) {
			out = append(out, act.What)
		}
	}
	return out
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

// KeyOf is the key of a rule's alarms over the whole site; those of one camera
// have "/" and its name behind it, and what of each is of one of them "/" again.
func KeyOf(rule string) string { return keyed + rule }

// alertOf reads an alert back off the alarm that was raised for it; ok is false
// for an alarm of another room.
func alertOf(a alarm.Alarm) (alert rules.Alert, ok bool) {
	key, ok := strings.CutPrefix(a.Key, keyed)
	if !ok || a.Drill {
		return alert, false
	}
	rule, _ := RuleOf(a.Key, part.CameraID(a.Camera))
	return rules.Alert{Rule: rule, Key: key, Camera: part.CameraID(a.Camera), Zone: a.Zone, Text: a.Text, Began: a.Raised, Raised: a.Raised}, true
}

// RuleOf reads the rule's name off the key of an alarm that a camera's rule raised;
// ok is false for an alarm of another room.
func RuleOf(key string, camera part.CameraID) (rule string, ok bool) {
	if rule, ok = strings.CutPrefix(key, keyed); !ok || camera == "" {
		return rule, ok
	}
	if i := strings.LastIndex(rule+"/", "/"+string(camera)+"/"); i >= 0 {
		rule = rule[:i]
	}
	return rule, true
}

func (c *caller) from(a *rules.Alert) string {
	if a.Camera == "" {
		return "watch"
	}
	return "watch/" + string(a.Camera)
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
	if t.picture != "" || len(e.Missing) > 0 || len(e.Sights) > 0 {
		c.g.emit(e.Camera, id, time.Now(), e) // not when it was seen: nothing of an alarm is looked for before it
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

// keep makes the alarm's picture: what it is about is marked, faces are veiled, and
// all of it is coarse where nobody knows where they are.
func (c *caller) keep(t *task) string {
	var img *image.RGBA
	switch s := c.g.stations[t.change.Alert.Camera]; {
	case s == nil: // nobody knows what it shows
		img = overlay.Picture(t.view.Frame)
		overlay.Coarse(img)
	case s.cfg.Settings.Faces == "shown":
		img = overlay.Picture(t.view.Frame)
	default:
		img = s.picture(t.view)
	}
	picture, err := marked(img, t.change.Alert.Rule, t.change.Alert.Boxes)
	if err != nil {
		c.g.cfg.Log.Warn("an alarm has no picture", "err", err)
		return ""
	}
	return c.g.cfg.Keep(picture)
}

// marked encodes a picture as JPEG with what an alarm is about outlined.
func marked(img *image.RGBA, rule string, boxes []vision.Box) ([]byte, error) {
	var marks []overlay.Mark
	for i, b := range boxes {
		m := overlay.Mark{Box: b, Colour: alarmed}
		if i == 0 {
			m.Text = rule
		}
		marks = append(marks, m)
	}
	overlay.Marks(img, marks)
	var out bytes.Buffer
	err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 88})
	return out.Bytes(), err
}

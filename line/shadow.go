package line

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"linesman/camera"
	"linesman/models"
	"linesman/part"
	"linesman/rules"
	"linesman/vision"
)

// shadow judges beside the line by a candidate, on cores that are idle: one frame
// at a time, a few parts a step, and no step while a frame of the line's own waits
// or is looked at. What it does not get to is skipped and counted. It is one
// goroutine; workers hand it frames, the owner verdicts, and neither ever waits.
type shadow struct {
	s      *Station
	by     *setup // the candidate
	quit   context.CancelFunc
	gone   atomic.Pointer[string] // why it ends
	began  time.Time
	room   chan struct{} // one for each frame that may be taken over
	probes chan *probe   // to be judged
	notes  chan note     // the line's own verdicts
	missed atomic.Int64  // verdicts that found no room
	sums   atomic.Pointer[ShadowState]

	// The goroutine's own.
	judged  map[place]*probe
	waiting []note
	tally   tally
	crops   vision.Crops
	alike   bool // it finds parts as the line does
}

// ShadowState is what a line's candidate has come to since it began.
type ShadowState struct {
	Recipe      string    `json:"recipe"` // name@version of the candidate
	Model       string    `json:"model"`
	Since       time.Time `json:"since"`
	Judged      uint64    `json:"judged"`       // parts judged by line and candidate
	Skipped     uint64    `json:"skipped"`      // parts it did not get to
	Agreed      uint64    `json:"agreed"`       // both let through, or both reject
	WouldReject uint64    `json:"would_reject"` // passed, and it would reject
	WouldPass   uint64    `json:"would_pass"`   // rejected, and it would let through
}

// place names a frame of a view.
type place struct {
	view   int
	ticket uint64
}

// probe is one frame on its way through the shadow.
type probe struct {
	place
	at      time.Time // when it was taken over
	frame   *camera.Frame
	quality vision.Quality
	parts   []shadowed
	why     string // nothing can be said of its parts
}

// shadowed is one part of a probe.
type shadowed struct {
	centre vision.Point
	crop   *keepsakeCrop // nil once it is compared
	result models.Result
	failed string
}

// note is the line's verdict on one part, and where its views showed it.
type note struct {
	at      time.Time
	id      part.ID
	batch   string
	outcome part.Outcome
	score   float64
	doubts  []string
	views   []noted
}

// noted is where one view showed a part.
type noted struct {
	place
	camera part.CameraID
	centre vision.Point
}

const (
	// shadowDepth is how many frames may wait for the shadow or be judged by it.
	shadowDepth = 2
	shadowNotes = 1024
	// shadowStep is how many parts are judged without asking whether the line waits.
	shadowStep = 2
	// shadowPatience is how long a frame waits for an idle moment.
	shadowPatience = 500 * time.Millisecond
	// shadowMemory is how long frame and verdict wait for each other.
	shadowMemory = 2 * time.Second
)

// Shadow has a candidate judge beside the line from now on, in place of the one
// before; nil ends it. The log says each minute, and at the end, how many parts it
// would have sent the other way (model.shadowed), and their pictures are kept. The
// line acts on none of it and is not slowed: on a busy box the candidate skips. A
// changeover ends it. The line closes the setup; with an error it is the caller's.
func (s *Station) Shadow(candidate *Setup) error {
	s.shadowing.Lock()
	defer s.shadowing.Unlock()
	if candidate == nil {
		s.endShadow("it was ended")
		return nil
	}
	if s.ended {
		return fmt.Errorf("line %s: %w", s.cfg.Line, errEnded)
	}
	u, err := newSetup(*candidate, string(s.cfg.Line), &s.cfg.Settings)
	if err != nil {
		return err
	}
	p := s.plan.Load()
	switch {
	case p.next != nil:
		return fmt.Errorf("line %s: a changeover to %s is on its way: ask again once it is past the gate", s.cfg.Line, p.next.id)
	case u.Recipe.Name != p.now.Recipe.Name:
		return fmt.Errorf("line %s: it judges %s, and %s is of another product: change over to %s first", s.cfg.Line, p.now.id, u.id, u.Recipe.Name)
	case u.same(p.now):
		return fmt.Errorf("line %s: it judges by %s with this model already: there is nothing to compare", s.cfg.Line, u.id)
	}
	sh := &shadow{s: s, by: u, began: s.now(), judged: map[place]*probe{}, alike: u.Recipe.Part == p.now.Recipe.Part,
		room: make(chan struct{}, shadowDepth), probes: make(chan *probe, shadowDepth), notes: make(chan note, shadowNotes)}
	if !sh.alike {
		if err := u.open(1, s.cfg.Settings.Views); err != nil {
			return fmt.Errorf("line %s: %w", s.cfg.Line, err)
		}
	}
	for range shadowDepth {
		sh.room <- struct{}{}
	}
	sh.tally.begin(sh, p.now)
	s.endShadow("another candidate took its place")
	ctx, cancel := context.WithCancel(context.Background())
	sh.quit = cancel
	s.shadow.Store(sh)
	s.closing.Go(func() { sh.run(ctx) })
	return nil
}

// endShadow ends what judges beside the line, if anything does. It does not wait.
func (s *Station) endShadow(why string) {
	if sh := s.shadow.Swap(nil); sh != nil {
		sh.gone.Store(&why)
		sh.quit()
	}
}

// endShadows ends it for good.
func (s *Station) endShadows() {
	s.shadowing.Lock()
	defer s.shadowing.Unlock()
	s.ended = true
	s.endShadow("the line was stopped")
}

// offer hands the frame just looked at to the shadow, unless that is busy. w holds
// its crops until the next frame.
func (sh *shadow) offer(w *worker, j job, k *look) {
	if k.also != nil || !w.answered || k.by.Recipe.Name != sh.by.Recipe.Name {
		return
	}
	select {
	case <-sh.room:
	default:
		return
	}
	t := &probe{place: place{j.view, j.ticket}, at: sh.s.now()}
	if sh.alike {
		t.quality = k.quality
		t.take(w.owned)
	} else {
		t.frame = copyFrame(j.frame)
	}
	sh.probes <- t // has room for every probe there is
}

// take copies crops.
func (t *probe) take(crops []vision.Crop) {
	for i := range crops {
		t.parts = append(t.parts, shadowed{centre: crops[i].Centre, crop: copyCrop(&crops[i], models.Heatmap{})})
	}
}

// free gives the probe's buffers back.
func (t *probe) free() {
	for i := range t.parts {
		t.parts[i].crop.free()
		t.parts[i].crop = nil
	}
	if t.frame != nil {
		t.frame.Release()
		t.frame = nil
	}
}

// frameRoom lends the shadows' copies of frames: the camera's own are not to be
// held.
var frameRoom = camera.NewPool(shadowDepth)

func copyFrame(f *camera.Frame) *camera.Frame {
	c := frameRoom.Get(f.Width, f.Height, f.Format)
	for y := range f.Height {
		copy(c.Pix[y*c.Stride:(y+1)*c.Stride], f.Pix[y*f.Stride:(y+1)*f.Stride])
	}
	c.Camera, c.Seq, c.Trigger, c.At, c.Position, c.Damaged = f.Camera, f.Seq, f.Trigger, f.At, f.Position, f.Damaged
	return c
}

// verdict tells the shadow what the line says of a part. It is called by the owner.
func (sh *shadow) verdict(t *tracked) {
	if t.Seen.Before(sh.began) || t.setup.Recipe.Name != sh.by.Recipe.Name {
		return
	}
	n := note{at: sh.s.now(), id: t.ID, batch: t.Batch, outcome: t.Outcome, score: t.verdict.score}
	for _, r := range t.verdict.Reasons {
		if r.Rule == "doubt" {
			n.doubts = append(n.doubts, r.Text)
		}
	}
	for i := range t.views {
		v := &t.views[i]
		n.views = append(n.views, noted{place{v.view, v.frame.ticket}, v.frame.camera, v.centre})
	}
	select {
	case sh.notes <- n:
	default:
		sh.missed.Add(1)
	}
}

// run judges until it is ended, and has its last word.
func (sh *shadow) run(ctx context.Context) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case n := <-sh.notes:
			sh.note(n)
		case t := <-sh.probes:
			sh.hear()
			sh.judge(ctx, t)
			sh.hear()
			sh.forget(sh.s.now())
		case <-tick.C:
			now := sh.s.now()
			sh.forget(now)
			sh.tally.minute(now)
		}
	}
	for _, t := range sh.judged {
		t.free()
	}
	sh.tally.skip(len(sh.waiting) + len(sh.notes) + int(sh.missed.Swap(0)))
	sh.tally.tell(sh.s.now(), *sh.gone.Load())
	if err := sh.by.close(); err != nil {
		sh.s.cfg.Log.Error("closing a candidate", "line", sh.s.cfg.Line, "recipe", sh.by.id, "err", err)
	}
}

// hear takes the verdicts that have come meanwhile.
func (sh *shadow) hear() {
	for {
		select {
		case n := <-sh.notes:
			sh.note(n)
		default:
			return
		}
	}
}

// rest waits for a moment in which the line has nothing to do; false if there was
// none.
func (sh *shadow) rest(ctx context.Context, since time.Time) bool {
	for sh.s.Backlog() > 0 {
		if ctx.Err() != nil || time.Since(since) > shadowPatience {
			return false
		}
		time.Sleep(500 * time.Microsecond)
	}
	return ctx.Err() == nil
}

// judge has the candidate look at a probe, step by step.
func (sh *shadow) judge(ctx context.Context, t *probe) {
	defer func() {
		if p := recover(); p != nil { // the line goes on without
			sh.s.cfg.Log.Error("a candidate broke down", "line", sh.s.cfg.Line, "recipe", sh.by.id, "err", p)
			t.free()
		}
		sh.room <- struct{}{}
	}()
	since := time.Now()
	ok := sh.rest(ctx, since) && sh.find(t)
	for from := 0; ok && from < len(t.parts); from += shadowStep {
		if ok = sh.rest(ctx, since); ok {
			sh.detect(ctx, t.parts[from:min(from+shadowStep, len(t.parts))])
		}
	}
	if !ok {
		t.free()
		return
	}
	sh.judged[t.place] = t
	sh.compareThose(t.place)
}

// find locates the parts the candidate's own way, where that is another.
func (sh *shadow) find(t *probe) bool {
	if sh.alike {
		return true
	}
	if err := sh.by.locators[0][t.view].Locate(t.frame, &sh.crops); err != nil {
		t.why = "no parts could be located: " + err.Error()
	} else {
		t.quality = sh.crops.Quality
		t.take(sh.crops.Items)
	}
	t.frame.Release()
	t.frame = nil
	return true
}

// detect runs the candidate's model over a few parts.
func (sh *shadow) detect(ctx context.Context, parts []shadowed) {
	var crops [shadowStep]vision.Crop
	var results [shadowStep]models.Result
	for i := range parts {
		crops[i] = parts[i].crop.crop
	}
	err := sh.by.Detector.Detect(ctx, crops[:len(parts)], models.Ask{}, results[:len(parts)])
	for i := range parts {
		p := &parts[i]
		switch {
		case err != nil:
			p.failed = noAnswer + err.Error()
		case results[i].Unanswered != "":
			p.failed = noAnswer + results[i].Unanswered
		default:
			p.result = results[i]
			p.result.Findings = append([]models.Finding(nil), results[i].Findings...)
		}
	}
}

// note takes the line's verdict on a part.
func (sh *shadow) note(n note) {
	if !sh.compare(&n) {
		sh.waiting = append(sh.waiting, n)
	}
}

// compareThose compares the parts that a frame was waited for.
func (sh *shadow) compareThose(at place) {
	left := sh.waiting[:0]
	for _, n := range sh.waiting {
		of := false
		for _, v := range n.views {
			of = of || v.place == at
		}
		if !of || !sh.compare(&n) {
			left = append(left, n)
		}
	}
	clear(sh.waiting[len(left):])
	sh.waiting = left
}

// compare judges a part by the candidate and counts both verdicts; false if not all
// of its frames are there.
func (sh *shadow) compare(n *note) bool {
	in := rules.Input{Part: n.id, Doubt: n.doubts}
	var seen []*shadowed
	var shown *shadowed // the picture that speaks most against the part
	var of noted
	for _, name := range sh.by.required {
		view := rules.View{Name: name, Missing: notSeen}
		for _, v := range n.views {
			if sh.s.cfg.Settings.Views[v.view].Name != name {
				continue
			}
			t := sh.judged[v.place]
			if t == nil {
				return false
			}
			view.Camera, view.Quality, view.Missing = v.camera, t.quality, t.why
			p := t.nearest(v.centre, 0.4*sh.by.Recipe.Part.DiameterMM/sh.s.cfg.Settings.Views[v.view].MMPerPx)
			switch {
			case p == nil && view.Missing == "":
				view.Missing = "the candidate finds no part there"
			case p != nil:
				view.Missing, view.Result = p.failed, p.result
				seen = append(seen, p)
				if shown == nil || p.result.Anomaly > shown.result.Anomaly {
					shown, of = p, v
				}
			}
		}
		in.Views = append(in.Views, view)
	}
	v := decide(in, sh.by.Recipe)
	sh.tally.count(n, &v, shown, of)
	for _, p := range seen {
		p.crop.free()
		p.crop = nil
	}
	return true
}

// nearest returns the part whose centre is nearest, within so many pixels.
func (t *probe) nearest(at vision.Point, reach float64) (best *shadowed) {
	for i := range t.parts {
		c := t.parts[i].centre
		if d := max(c.X-at.X, at.X-c.X, c.Y-at.Y, at.Y-c.Y); d <= reach {
			best, reach = &t.parts[i], d
		}
	}
	return best
}

// forget gives up frames and verdicts that waited too long for each other.
func (sh *shadow) forget(now time.Time) {
	for at, t := range sh.judged {
		if now.Sub(t.at) > shadowMemory {
			delete(sh.judged, at)
			t.free()
		}
	}
	n := 0
	for n < len(sh.waiting) && now.Sub(sh.waiting[n].at) > shadowMemory {
		n++
	}
	sh.tally.skip(n + int(sh.missed.Swap(0)))
	sh.waiting = sh.waiting[n:]
}

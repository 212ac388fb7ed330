package line

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

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
	gone   atomic.Pointer[ending]
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

// ending is why a shadow ends, and by whom; actor is empty where nobody asked.
type ending struct{ why, actor string }

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
// before; nil ends it. actor is who asked. The log says at its beginning, each
// minute, and at the end, how many parts it would have sent the other way
// (model.shadowed), and their pictures are kept. The line acts on none of it and is
// not slowed: on a busy box the candidate skips. A changeover ends it. The line
// closes the setup; with an error it is the caller's.
func (s *Station) Shadow(candidate *Setup, actor string) error {
	s.shadowing.Lock()
	defer s.shadowing.Unlock()
	if candidate == nil {
		s.endShadow("it was ended", actor)
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
	s.endShadow("another candidate took its place", actor)
	sh.tally.begin(sh, p.now, actor)
	ctx, cancel := context.WithCancel(context.Background())
	sh.quit = cancel
	s.shadow.Store(sh)
	s.closing.Go(func() { sh.run(ctx) })
	return nil
}

// endShadow ends what judges beside the line, if anything does. It does not wait.
func (s *Station) endShadow(why, actor string) {
	if sh := s.shadow.Swap(nil); sh != nil {
		sh.gone.Store(&ending{why, actor})
		sh.quit()
	}
}

// endShadows ends it for good.
func (s *Station) endShadows() {
	s.shadowing.Lock()
	defer s.shadowing.Unlock()
	s.ended = true
	s.endShadow("the line was stopped", "")
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
	sh.tally.tell(sh.s.now(), sh.gone.Load())
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

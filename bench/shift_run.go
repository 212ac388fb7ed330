package bench

import (
	"context"
	"math"
	"path/filepath"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/line"
	"linesman/part"
	"linesman/sim"
	"linesman/sim/controller"
	"linesman/sim/draw"
)

// The shift's bounds. Nearer than these the belt waits.
const (
	shiftStride  = 25 * time.Millisecond  // of belt time, a step
	shiftPoll    = 2 * time.Millisecond   // the controller is read
	shiftUnread  = 250 * time.Millisecond // of belt time, since the last reading
	shiftOpen    = 2                      // pictures whose entries are not all acknowledged; the controller's ring holds no more
	shiftTelling = 10 * time.Second
)

// haul is the mover of a shift.
type haul struct {
	*mover
	knowing *knowing
	fates   fates
	ring    *timedRing
	log     *timedLog
	waiting []firing // whose trigger the line has not been told of: a camera needs its time, too

	logFrom time.Time // the belt waits for the log since then; zero while it does not
	logWait time.Duration
	heap    float64
}

// shift runs one in dir, which is made.
func (o *Shift) shift(ctx context.Context, dir string) (*ShiftResult, error) {
	layout := sim.Tablets.Layout()
	if err := benchSite.Write(dir, layout); err != nil {
		return nil, err
	}
	s, err := loadSite(dir)
	if err != nil {
		return nil, err
	}
	s.settings.Deadline = line.Duration(time.Hour) // belt time runs ahead of everybody's clock
	bad := max(1, int(float64(o.Parts)*paperDefects))
	course := &course{
		layout: layout, speed: layout.SpeedMMs(o.RatePerHour), parts: o.Parts,
		feed: draw.NewFeed(draw.Spec{Layout: layout, Seed: o.Seed, Good: o.Parts - bad, Defective: bad, Shuffle: true}),
	}
	h := &haul{knowing: newKnowing(layout), fates: fates{clear: controller.For(layout).ClearMM}}
	p, err := newPlant(ctx, dir, s, course, plantSettings{
		unpaced: true, unkept: true, eyes: h.knowing.eyes(), poll: shiftPoll,
		sink: func(r *event.Ring) event.Sink { h.ring = &timedRing{Ring: r, took: new(times)}; return h.ring },
		log: func(l event.Log) event.Log {
			h.log = &timedLog{Log: l, appends: new(times), durable: new(times)}
			return h.log
		},
	})
	if err != nil {
		return nil, err
	}
	defer p.close()
	h.take(p)
	took, err := h.run(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	p.halt()
	r := h.result(o, took)
	return r, r.read(ctx, p, filepath.Join(dir, "log"), o.Progress)
}

// take takes a plant's belt over.
func (h *haul) take(p *plant) {
	h.mover = newMover(p)
	h.stride, h.busy, h.expose = shiftStride, h.behind, h.shoot
}

// run carries the belt through the shift and returns the wall time that it
// took, until the last event was in the log.
func (h *haul) run(ctx context.Context, say func(string, ...any)) (time.Duration, error) {
	if err := h.comeUp(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	next, parts := began.Add(shiftTelling), 0
	for !h.belt.Done() {
		if err := h.step(ctx); err != nil {
			return 0, err
		}
		for _, f := range h.plant.fates {
			if err := h.fates.take(f); err != nil {
				return 0, err
			}
		}
		h.plant.fates = h.plant.fates[:0]
		if now := time.Now(); now.After(next) {
			h.heap = max(h.heap, heapMB())
			met := h.fates.met()
			say("%d of %d parts have met their gate, %.0f a second", met, h.course.parts, float64(met-parts)/now.Sub(next.Add(-shiftTelling)).Seconds())
			next, parts = now.Add(shiftTelling), met
		}
	}
	h.fates.settle(math.Inf(1))
	if err := h.settle(ctx); err != nil {
		return 0, err
	}
	err := h.drained(ctx)
	h.heap = max(h.heap, heapMB())
	return time.Since(began), err
}

// settle moves the empty belt until the line has said, of a time after its
// last part, that none is on its way any more.
func (h *haul) settle(ctx context.Context) error {
	emptied := h.clock.Now().Add(time.Second)
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); {
		if err := h.step(ctx); err != nil {
			return err
		}
		s := h.station.Status()
		if l := s.Ledger; s.At.After(emptied) && h.station.Unacked() == 0 && l.Travelling == 0 && l.Landing == 0 {
			break
		}
	}
	return nil // the ledger of the report tells
}

// behind hands over the pictures that may be, and reports that the belt must
// wait for the line: its reading of the controller is old, there are entries to
// be acknowledged, or the log is behind.
func (h *haul) behind() bool {
	h.deliver()
	r := h.belt.Read()
	if !h.feed.open {
		return r.Now > time.Since(h.clock.start)
	}
	if used, size := h.used(); used > size/2 {
		if h.logFrom.IsZero() {
			h.logFrom = time.Now()
		}
		return true
	}
	if !h.logFrom.IsZero() {
		h.logWait, h.logFrom = h.logWait+time.Since(h.logFrom), time.Time{}
	}
	if h.unread(r) > shiftUnread {
		return true
	}
	return h.station.Backlog()+int(math.Ceil(float64(h.station.Unacked())/h.partsIn)) > shiftOpen
}

// shoot keeps a picture until the line knows of its trigger. At many times the
// belt's pace the reading would otherwise be late by seconds of belt time, and
// the account of frames and triggers be open for as long.
func (h *haul) shoot(f firing) error {
	h.waiting = append(h.waiting, f)
	return nil
}

// deliver hands over the pictures whose triggers the line has been told of.
func (h *haul) deliver() {
	read := h.read.Load()
	for read != nil && len(h.waiting) > 0 && h.waiting[0].trigger.N <= read.Counts.Triggers {
		t := h.waiting[0].trigger
		h.knowing.tell(t, h.waiting[0].parts)
		h.waiting = h.waiting[1:]
		h.seq++
		frame := h.pool.Get(1, 1, camera.RGB)
		frame.Camera, frame.Seq, frame.Trigger, frame.At = h.set.Views[0].Camera, h.seq, t.N, t.At
		frame.Position = part.Position{Tick: part.Tick{Count: int64(t.Tick)}, Source: part.Latched}
		h.sink.Frame(frame)
	}
}

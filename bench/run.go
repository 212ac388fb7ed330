package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"linesman/camera"
	"linesman/part"
	"linesman/sim"
)

// mover carries a plant's belt through its course.
type mover struct {
	*plant
	stride  time.Duration      // of belt time: one step, unpaced
	busy    func() bool        // the belt must wait, unpaced
	expose  func(firing) error // hands the picture of a trigger to the line
	planned []*picture         // of this block, oldest first
	since   time.Time          // the belt last moved
	served  time.Duration      // the clock then, paced
	partsIn float64            // a picture, about
	places  []float64          // belt travel at which the pictures were taken that may still be open
	held    time.Time          // a hold was first seen, or last released
}

func newMover(p *plant) *mover {
	m := &mover{plant: p, stride: 2 * time.Millisecond, since: time.Now(), partsIn: 1}
	m.busy, m.expose = m.behind, m.develop
	if l := p.course.layout; l.StepMM > 0 {
		m.partsIn = float64(l.Lanes) * l.StepMM / l.PitchMM
	}
	return m
}

// run carries the belt until every part has met its fate and every verdict is
// acknowledged. each is told of every block before it is judged, with the
// clock standing.
func (p *plant) run(ctx context.Context, each func([]*picture) error) error {
	m := newMover(p)
	if err := m.comeUp(ctx); err != nil {
		return err
	}
	b := newBlocks(p.course, p.pool, p.how.ahead)
	defer b.stop()
	for {
		p.clock.Stop()
		p.asideFrom = processTime()
		block, err := b.paint()
		if err == nil {
			err = each(block)
		}
		p.aside += processTime() - p.asideFrom
		p.clock.Go()
		if err != nil {
			return err
		}
		m.planned = append(m.planned, block...)
		last, from := len(block) == 0, p.clock.Elapsed()
		if !last {
			p.stretches++
		}
		for last && !p.belt.Done() || !last && len(m.planned) > 0 {
			if err := m.step(ctx); err != nil {
				return err
			}
		}
		p.longest = max(p.longest, p.clock.Elapsed()-from)
		if last {
			return m.settle(ctx)
		}
	}
}

// comeUp moves the empty belt until the controller lets parts on it.
func (m *mover) comeUp(ctx context.Context) error {
	for {
		if err := m.step(ctx); err != nil {
			return err
		}
		r := m.belt.Read()
		switch {
		case r.Travelled > m.ahead-layMM:
			return fmt.Errorf("the controller did not come up within %.0f mm of belt travel: %s", r.Travelled, m.describe())
		case r.Feeding && m.station.Status().PLC.Connected:
			m.feed.ahead, m.feed.open = m.ahead-r.Shift, true
			return nil
		}
	}
}

// settle waits for the last acknowledgements and edges.
func (m *mover) settle(ctx context.Context) error {
	until := time.Now().Add(10 * time.Second)
	for quiet := 0; quiet < 100; quiet++ {
		if err := m.step(ctx); err != nil {
			return err
		}
		switch l := m.station.Status().Ledger; {
		case m.station.Unacked() > 0 || l.Travelling > 0 || l.Landing > 0:
			quiet = 0
		case m.station.Backlog() > 0: // of the empty belt, whose pictures go on coming
			quiet--
		}
		if time.Now().After(until) {
			return nil // the ledger of the report tells
		}
		time.Sleep(2 * time.Millisecond)
	}
	return nil
}

// step moves the belt on a little and hands over the frames that it triggered.
func (m *mover) step(ctx context.Context) error {
	select {
	case err := <-m.failed:
		return err
	case <-ctx.Done():
		return errors.Join(ctx.Err(), errors.New(m.describe()))
	default:
	}
	if !m.clock.unpaced {
		time.Sleep(500 * time.Microsecond)
		now := m.clock.Elapsed()
		if m.feed.open {
			m.unserved = max(m.unserved, now-m.served)
		}
		m.served = now
		m.belt.Advance(now)
	} else {
		for m.busy() {
			// A controller scans by belt time, so the belt may never stand still.
			if time.Since(m.since) > 100*time.Millisecond {
				break
			}
			time.Sleep(time.Millisecond)
		}
		m.since = time.Now()
		to := m.belt.Read().Now + m.stride
		m.clock.belt.Store(int64(to))
		m.belt.Advance(to)
	}
	for _, f := range m.fired {
		if err := m.expose(f); err != nil {
			return err
		}
	}
	m.fired = m.fired[:0]
	m.release()
	return nil
}

// release ends a hold, as a person at the panel would. The log counts the
// holds; what they cost is in the account.
func (m *mover) release() {
	if !m.station.Status().PLC.Held || !m.feed.open {
		m.held = time.Time{}
		return
	}
	switch now := time.Now(); {
	case m.held.IsZero():
		m.held = now
	case now.Sub(m.held) > 500*time.Millisecond:
		m.held = now
		m.plcSide.Release()
	}
}

// mostUnread is how far the unpaced belt may run ahead of the controller's readings: a
// picture whose place lies seconds from the last one is taken for one from before a
// reset of the counter, and its parts stay unseen.
const mostUnread = time.Second

// behind reports that the belt must wait for the line: the controller has not been read
// for a second of its travel, there is work for every worker, or the oldest picture that still has no acknowledged entries is half
// way to the gate's sensor. Before the first part the belt moves by the wall
// clock.
func (m *mover) behind() bool {
	r := m.belt.Read()
	if !m.feed.open {
		return r.Now > time.Since(m.clock.start)
	}
	if m.unread(r) > mostUnread {
		return true
	}
	backlog, unacked := m.station.Backlog(), float64(m.station.Unacked())
	if backlog > m.set.Workers || unacked > max(8, 2*m.partsIn) {
		return true
	}
	open := backlog + int(math.Ceil(unacked/m.partsIn))
	if open == 0 {
		m.places = m.places[:0]
		return false
	}
	if len(m.places) == 0 { // answers are still on their way to the counts
		return true
	}
	oldest := m.places[max(0, len(m.places)-open)]
	l := m.course.layout
	return r.Travelled-oldest > (l.GateMM-l.CameraMM)/3
}

// develop hands the picture of a trigger to the line.
func (m *mover) develop(f firing) error {
	own := f.trigger.Travelled - m.ahead
	for len(m.planned) > 0 && m.planned[0].travelled < own-0.05 {
		m.planned[0].frame.Release() // its trigger was swallowed
		m.planned = m.planned[1:]
	}
	var frame *camera.Frame
	switch {
	case len(m.planned) > 0 && math.Abs(m.planned[0].travelled-own) <= 0.05 && m.asPlanned(m.planned[0], f.parts):
		frame, m.planned = m.planned[0].frame, m.planned[1:]
	case m.course.live == nil:
		return fmt.Errorf("trigger %d at %.2f mm has no picture in the recording", f.trigger.N, own)
	default:
		w, h := m.course.painter.Size()
		frame = m.pool.Get(w, h, camera.RGB)
		parts := make([]sim.Part, len(f.parts))
		for i, p := range f.parts {
			p.MM -= m.ahead
			parts[i] = p
		}
		m.course.live(own, parts, frame)
		if len(parts) > 0 {
			m.odd++
		}
	}
	m.seq++
	frame.Camera, frame.Seq, frame.Trigger, frame.At = m.set.Views[0].Camera, m.seq, f.trigger.N, f.trigger.At
	frame.Position = part.Position{Tick: part.Tick{Count: int64(f.trigger.Tick)}, Source: part.Latched}
	m.entries.fired(f.trigger.N, f.trigger.At)
	m.places = append(m.places, f.trigger.Travelled)
	m.sink.Frame(frame)
	return nil
}

// asPlanned reports that the parts before the camera are those that were
// drawn, and lie where they were drawn.
func (m *mover) asPlanned(p *picture, before []sim.Part) bool {
	if m.course.live == nil {
		return true // a recording shows what it shows
	}
	drawn := map[int]float64{}
	for _, q := range p.visible {
		drawn[q.N] = q.MM
	}
	l := m.course.layout
	there := 0
	for _, q := range before {
		own := q.MM - m.ahead
		mm, ok := drawn[q.N]
		if ok && math.Abs(mm-own) < 0.05 {
			there++
			continue
		}
		if ok || math.Abs(own-(p.travelled-l.CameraMM)) < l.FrameXMM/2 {
			return false
		}
	}
	return there == len(drawn)
}

//go:build cgo

package line_test

import (
	"context"
	"fmt"
	"time"

	"linesman/event"
	"linesman/sim"
)

// record is what happened so far.
type record struct {
	fates  []fate
	events []event.Event
}

// record returns what happened so far, and what closes when more does.
func (p *plant) record() (record, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return record{p.fates[:len(p.fates):len(p.fates)], p.events[:len(p.events):len(p.events)]}, p.changed
}

// await waits until cond, which is asked at every fate and event and now and
// then between, and reports whether it came true in time.
func (p *plant) await(within time.Duration, cond func(record) bool) bool {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	for {
		r, changed := p.record()
		if cond(r) {
			return true
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Millisecond): // the station's status makes no noise
		case <-deadline.C:
			return false
		}
	}
}

// running is the operator: it releases what holds and waits until parts pass.
func (p *plant) running(within time.Duration) error {
	var began time.Time
	var last string
	ok := p.await(within, func(r record) bool {
		st := p.station.Status()
		last = fmt.Sprintf("%s (%s), %d fates", st.State, st.Why, len(r.fates))
		if !st.PLC.Connected || st.PLC.Held {
			began = time.Time{}
			p.release()
			return false
		}
		if began.IsZero() {
			began = time.Now()
		}
		n := len(r.fates)
		return n > 0 && r.fates[n-1].Side == sim.Passed && r.fates[n-1].At.After(began)
	})
	if !ok {
		return fmt.Errorf("no part passes %v after the operator's release: the line is %s%s", within, last, p.describe())
	}
	return nil
}

// describe is the end of the log and the account, for a failure's message.
func (p *plant) describe() (text string) {
	r, _ := p.record()
	for _, e := range r.events[max(0, len(r.events)-12):] {
		text += fmt.Sprintf("\n%s %s %s %.200s", e.Time.Format("15:04:05.000"), e.Type, e.Part, e.Data)
	}
	return fmt.Sprintf("%s\nbelt %+v\nstatus %+v", text, p.belt.Read(), p.station.Status())
}

// release ends a hold, if there is a connection; else it is tried again.
func (p *plant) release() {
	if st := p.station.Status(); st.PLC.Connected && st.PLC.Held {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = p.outputs.Release(ctx)
	}
}

// mark returns how many events there are.
func (p *plant) mark() int {
	r, _ := p.record()
	return len(r.events)
}

// finish stops the feed, lets the belt run empty and stops the appliance.
func (p *plant) finish() {
	p.t.Helper()
	p.row.stop()
	var done time.Time // since when nothing lies on the belt
	empty := p.await(20*time.Second, func(record) bool {
		p.release()
		if !p.belt.Done() {
			return false
		}
		if done.IsZero() {
			done = time.Now()
		}
		// The last edges are read, and the status shown, a little later.
		l := p.station.Status().Ledger
		return time.Since(done) > 500*time.Millisecond && l.Travelling+l.Landing+l.Exposing+l.Awaiting == 0 && len(l.Check()) == 0
	})
	if !empty {
		l := p.station.Status().Ledger
		p.t.Errorf("the account does not close on an empty belt: %v, ledger %+v", l.Check(), l)
	}
	p.stop()
	p.reread()
}

// reread takes the events from the log itself: a follower that was stopped with
// the line may not have had its last words.
func (p *plant) reread() {
	p.t.Helper()
	var all []event.Event
	for {
		f := event.Filter{}
		if n := len(all); n > 0 {
			f.After = all[n-1].Seq
		}
		page, err := p.log.Read(context.Background(), f)
		if err != nil {
			p.t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = all
}

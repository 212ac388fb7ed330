package event

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The drainer's figures.
const (
	syncEvery   = 100 * time.Millisecond // what a power cut can cost
	groupEvents = 512                    // at most in one append
	groupBytes  = 1 << 20                // of the ring, at most in one append
	retryAfter  = 250 * time.Millisecond // when the log refuses
	lastDrain   = 5 * time.Second        // for what is left when Run is asked to end
	tellEvery   = 10 * time.Second       // of a log that goes on refusing
)

// Run carries events into the log until ctx ends, then what is left, and
// returns. While the log refuses, it tries again and the ring fills; a Run that
// could not empty the ring says so, and the file keeps the rest.
func (r *Ring) Run(ctx context.Context, log Log) error {
	if r.running.Swap(true) {
		return fmt.Errorf("event ring %s: Run is running already", r.set.Path)
	}
	defer r.running.Store(false)
	stop, synced := make(chan struct{}), make(chan struct{})
	go func() { defer close(synced); r.keepSynced(stop) }()
	defer func() { close(stop); <-synced }()

	var lastTold time.Time
	for ctx.Err() == nil {
		more, err := r.drain(ctx, log)
		switch {
		case err != nil && ctx.Err() == nil:
			if time.Since(lastTold) > tellEvery {
				lastTold = time.Now()
				s := r.State()
				r.set.Logger.Error("events wait in the ring: the log refuses them", "err", err, "used", s.Used, "size", s.Size, "lost", s.Lost)
			}
			pause(ctx, retryAfter)
		case !more:
			r.sleep(ctx)
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastDrain)
	defer cancel()
	for {
		more, err := r.drain(last, log)
		if err != nil {
			return fmt.Errorf("event ring %s: %d bytes of events are kept for the next start: %w", r.set.Path, r.State().Used, err)
		}
		if !more {
			return nil
		}
	}
}

// drain appends one group and frees its room. more is true while there may be
// another group.
func (r *Ring) drain(ctx context.Context, log Log) (more bool, err error) {
	group, next, torn := r.gather()
	var why []RingLost
	if !r.told {
		why = append(why, r.was.losses()...)
	}
	if torn > 0 {
		now := time.Now().UTC()
		why = append(why, RingLost{Count: torn, From: r.was.synced, To: now, Why: "torn record: the process ended while it was written"})
	}
	lost := r.file.load(wordLost)
	if lost > 0 {
		why = append(why, RingLost{
			Count: lost, Why: "ring full: the log did not keep up, or an event was too large",
			From: time.Unix(0, int64(r.file.load(wordLostFrom))).UTC(), To: time.Unix(0, int64(r.file.load(wordLostTo))).UTC(),
		})
	}
	for _, w := range why {
		group = append(group, New(r.set.Source, "ring", time.Now(), w))
	}
	if len(group) > 0 {
		if err := r.append(ctx, log, group); err != nil {
			return false, err
		}
	}
	if lost > 0 {
		r.file.store(wordLostFrom, 0)
		r.forget(lost)
	}
	r.told = true
	r.file.store(wordTail, next)
	return len(group) > 0, nil
}

// append stores a group. An event that no log takes must not stop those behind
// it: it is left out and told.
func (r *Ring) append(ctx context.Context, log Log, group []Event) error {
	if _, err := log.Append(ctx, group); !errors.Is(err, ErrInvalid) {
		return err
	}
	good := group[:0:0]
	for _, e := range group {
		if err := e.Check(); err != nil {
			r.set.Logger.Error("event refused", "type", e.Type, "source", e.Source, "err", err)
			good = append(good, New(r.set.Source, "ring", time.Now(), RingLost{Count: 1, From: e.Time, To: e.Time, Why: err.Error()}))
			continue
		}
		good = append(good, e)
	}
	_, err := log.Append(ctx, good)
	return err
}

// gather reads the events that lie whole at the tail. next is the tail after
// them; torn counts the holes that a process left which ended within Emit.
func (r *Ring) gather() (group []Event, next, torn uint64) {
	pos := r.file.load(wordTail)
	first, head := pos, r.file.load(wordHead)
	inHole := false
	for pos < head && len(group) < groupEvents && pos-first < groupBytes {
		body, size, k := readRecord(r.file.area, pos)
		if k == hole {
			if pos >= r.was.end { // a producer is still within Emit
				break
			}
			if !inHole {
				inHole = true
				torn++
			}
			pos += recordAlign
			continue
		}
		inHole = false
		pos += size
		if k == filler {
			continue
		}
		e, err := parseBody(body)
		if err != nil {
			torn++
			continue
		}
		group = append(group, e)
	}
	if r.was.powerCut { // its ring.lost says it all; holes may be records already carried over
		torn = 0
	}
	return group, pos, torn
}

// forget takes a told loss off the count.
func (r *Ring) forget(n uint64) {
	for {
		was := r.file.load(wordLost)
		if r.file.cas(wordLost, was, was-min(n, was)) {
			return
		}
	}
}

// losses are the losses that a restart finds.
func (w found) losses() []RingLost {
	now := time.Now().UTC()
	var out []RingLost
	if w.powerCut {
		out = append(out, RingLost{From: w.synced, To: w.synced.Add(syncEvery), Why: "power cut: after power cut up to 100 ms may be missing"})
	}
	if w.aside != "" {
		out = append(out, RingLost{To: now, From: now, Why: "ring file unreadable: " + w.whyAside + "; kept as " + w.aside})
	}
	return out
}

// sleep waits for the next event, then lets a group gather.
func (r *Ring) sleep(ctx context.Context) {
	r.asleep.Store(true)
	if r.waiting() {
		r.asleep.Store(false)
	} else {
		select {
		case <-r.wake:
		case <-ctx.Done():
		}
		r.asleep.Store(false)
	}
	pause(ctx, r.set.Linger)
}

// waiting reports whether there is anything to carry over.
func (r *Ring) waiting() bool {
	return r.file.load(wordTail) != r.file.load(wordHead) || r.file.load(wordLost) > 0
}

// keepSynced syncs the file every 100 ms while there is something new in it.
func (r *Ring) keepSynced(stop <-chan struct{}) {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	var head, tail uint64
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		h, t := r.file.load(wordHead), r.file.load(wordTail)
		if h == head && t == tail {
			continue
		}
		head, tail = h, t
		if err := r.file.sync(); err != nil {
			r.set.Logger.Error("event ring can not be synced: a power cut would cost more than 100 ms", "err", err)
		}
	}
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

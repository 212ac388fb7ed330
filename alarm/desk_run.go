package alarm

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"linesman/event"
)

// The desk's bounds.
const (
	mostUnsaved = 10_000           // events the log has not taken; beyond that the desk stands still
	saveAgain   = time.Second      // after the log refused
	restAgain   = 5 * time.Second  // after a rest failed
	tellEvery   = 30 * time.Second // of a log that goes on refusing
	takeAtOnce  = 256              // asks that share one append
	saveWithin  = 3 * time.Second  // of one append; then people are called without it
	lastSave    = 3 * time.Second  // when the desk ends
	neverLater  = 24 * time.Hour   // the longest sleep
	readAtOnce  = 1000             // events, at a start
)

// owner is the goroutine's own.
type owner struct {
	*Desk
	board    *Board
	unsaved  []event.Event
	lastTold time.Time
	cancels  map[string]context.CancelFunc // of attempts under way, by delivery
	lit      map[string]bool               // channels with a Rester that may be calling
	resting  map[string]bool
	restAt   map[string]time.Time
	drillAt  time.Time
}

// Run reads the log, then works until ctx ends. It returns nil after an orderly
// end, and an error where the log could not be read or what happened last could
// not be written.
func (d *Desk) Run(ctx context.Context) error {
	defer close(d.ended)
	board, err := d.rebuild(ctx)
	if err != nil {
		return err
	}
	o := &owner{Desk: d, board: board, cancels: map[string]context.CancelFunc{}, lit: map[string]bool{}, resting: map[string]bool{}, restAt: map[string]time.Time{}}
	for name, deliverer := range d.cfg.Deliverers {
		if _, ok := deliverer.(Rester); ok {
			o.lit[name] = true // of the run before, for all that is known
		}
	}
	o.drillAt = d.firstDrill(ctx, board, time.Now())
	attempts, stop := context.WithCancel(ctx)
	o.work(ctx, attempts)
	stop()
	return o.end(ctx)
}

// work is the owner's loop.
func (o *owner) work(ctx, attempts context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var asks []*ask
	for {
		now := time.Now()
		err := o.step(ctx, now)
		for _, a := range asks {
			if a.err == nil && !a.reads {
				a.err = err
			}
			close(a.done)
		}
		asks = asks[:0]
		o.begin(attempts, now)
		timer.Reset(o.sleep(now))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case a := <-o.asks:
			asks = append(asks, a)
		case r := <-o.results:
			o.result(r)
		}
		for more := true; more && len(asks) < takeAtOnce; { // what came together is written together
			select {
			case a := <-o.asks:
				asks = append(asks, a)
			case r := <-o.results:
				o.result(r)
			default:
				more = false
			}
		}
		now = time.Now()
		for _, a := range asks {
			if len(o.unsaved) > mostUnsaved && !a.reads {
				a.err = fmt.Errorf("%w: %d events wait for the log: see that the disk has room, and run linesman doctor", ErrBehind, len(o.unsaved))
				continue
			}
			a.err = a.do(o.board, now)
		}
	}
}

// step does what is due and writes down what happened.
func (o *owner) step(ctx context.Context, now time.Time) error {
	if len(o.unsaved) <= mostUnsaved {
		if !o.drillAt.IsZero() && !o.drillAt.After(now) {
			o.drillAt = o.cfg.Settings.Drill.next(now, o.cfg.Zone)
			if _, err := o.board.Drill(now, "schedule"); err != nil {
				o.cfg.Logger.Warn("the drill did not begin", "err", err)
			}
		}
		o.board.Tick(now)
	}
	o.unsaved = append(o.unsaved, o.board.Take()...)
	return o.save(ctx)
}

// save appends what the log does not have yet, in order. People are called even
// while it refuses: an alarm is worth more than its record.
func (o *owner) save(ctx context.Context) error {
	if len(o.unsaved) == 0 {
		return nil
	}
	defer func() { o.behind.Store(int64(len(o.unsaved))) }()
	bounded, cancel := context.WithTimeout(ctx, saveWithin)
	defer cancel()
	stored, err := o.cfg.Log.Append(bounded, o.unsaved)
	if err != nil {
		if now := time.Now(); now.Sub(o.lastTold) > tellEvery && ctx.Err() == nil {
			o.lastTold = now
			o.cfg.Logger.Error("alarms are not written down: the log refuses", "err", err, "events", len(o.unsaved))
		}
		return fmt.Errorf("%w: %w", ErrUnsaved, err)
	}
	o.board.Stored(stored)
	o.unsaved = nil
	return nil
}

// sleep is how long nothing is due.
func (o *owner) sleep(now time.Time) time.Duration {
	next := now.Add(neverLater)
	at := func(t time.Time) {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	if len(o.board.box) > 0 {
		return time.Millisecond
	}
	at(o.board.Next())
	at(o.drillAt)
	if len(o.unsaved) > 0 {
		next = now.Add(saveAgain)
	}
	for channel, t := range o.restAt {
		if o.lit[channel] && !o.resting[channel] && !o.board.calling(channel) {
			at(t)
		}
	}
	return max(next.Sub(now), time.Millisecond)
}

// begin starts the attempts that are due, ends those that nobody needs, and
// lets what need not call any more rest.
func (o *owner) begin(ctx context.Context, now time.Time) {
	for _, id := range o.board.Unwanted() {
		o.cancels[id]()
	}
	for _, d := range o.board.Ready(now, o.resting) {
		o.attempt(ctx, d)
	}
	for channel, lit := range o.lit {
		if lit && !o.resting[channel] && !o.restAt[channel].After(now) && !o.board.calling(channel) && o.board.underWay()[channel] == 0 {
			o.rest(ctx, channel)
		}
	}
}

func (o *owner) attempt(ctx context.Context, d Delivery) {
	to := o.cfg.Deliverers[d.Channel]
	n, ok := o.board.notice(d)
	if to == nil || !ok { // the site file lost the channel since
		o.board.Result(time.Now(), d.ID, 0, false, fmt.Errorf("channel %q is not among alarms.channels any more: %w", d.Channel, ErrNever))
		return
	}
	n.Site = o.cfg.Site
	n.Token = token(o.cfg.Key, d.ID)
	if link := o.cfg.Settings.Link; link != "" {
		n.Receipt, n.Link = link+"/api/v1/receipts/"+url.PathEscape(n.Token), link+"/a/"+url.PathEscape(n.Token)
	}
	if _, ok := to.(Rester); ok {
		o.lit[d.Channel] = true
		delete(o.restAt, d.Channel) // what failed before is no reason to wait when this one is over
	}
	ctx, cancel := context.WithTimeout(ctx, o.cfg.Settings.Timeout)
	o.cancels[d.ID] = cancel
	o.sends.Go(func() {
		proof, err := to.Deliver(ctx, n)
		o.results <- result{id: d.ID, proof: proof, err: err}
	})
}

func (o *owner) rest(ctx context.Context, channel string) {
	o.resting[channel] = true
	ctx, cancel := context.WithTimeout(ctx, o.cfg.Settings.Timeout)
	o.sends.Go(func() {
		defer cancel()
		err := o.cfg.Deliverers[channel].(Rester).Rest(ctx)
		o.results <- result{rested: channel, err: err}
	})
}

func (o *owner) result(r result) {
	now := time.Now()
	if r.rested != "" {
		delete(o.resting, r.rested)
		if o.lit[r.rested] = r.err != nil; r.err != nil {
			o.restAt[r.rested] = now.Add(restAgain)
			o.cfg.Logger.Warn("a channel goes on calling", "channel", r.rested, "err", r.err)
		}
		return
	}
	o.cancels[r.id]()
	delete(o.cancels, r.id)
	proves := false
	if d, ok := o.board.Delivery(r.id); ok {
		proves = o.cfg.Deliverers[d.Channel].Proves()
	}
	o.board.Result(now, r.id, r.proof, proves, r.err)
}

// end waits for the attempts under way, which end with their context, and writes
// down what is left.
func (o *owner) end(ctx context.Context) error {
	done := make(chan struct{})
	go func() { o.sends.Wait(); close(done) }()
	for waiting := true; waiting; {
		select {
		case r := <-o.results:
			o.last(r)
		case <-done:
			waiting = false
		}
	}
	for len(o.results) > 0 {
		o.last(<-o.results)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSave)
	defer cancel()
	o.unsaved = append(o.unsaved, o.board.Take()...)
	return o.save(last)
}

// last takes a result when the desk ends. An attempt that ended with the process
// is no failure of its channel: the next start tries again.
func (o *owner) last(r result) {
	if !errors.Is(r.err, context.Canceled) && r.rested == "" {
		o.result(r)
	}
}

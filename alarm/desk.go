package alarm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"linesman/event"
)

// log is what the desk needs of the event log; event.Log satisfies it.
type log interface {
	Append(ctx context.Context, events []event.Event) ([]event.Event, error)
	Read(ctx context.Context, f event.Filter) ([]event.Event, error)
}

// Config is what a desk is given. Settings, Log and Key are required, and a
// deliverer for each channel of the settings.
type Config struct {
	Settings   *Settings // valid; unchanged from then on
	Site       string    // the site's name, in every message
	Source     string    // of its events: "/demo"; default "/" and the site's name
	Zone       *time.Location
	Log        log
	Deliverers map[string]Deliverer // by channel
	Key        []byte               // proves receipts; see LoadKey
	Logger     *slog.Logger         // default: discards
}

// Desk owns the board: one goroutine takes in what is seen and what people do,
// writes it down, and calls. Its methods are safe from many goroutines, wait
// for the log, and answer while Run runs; before, they wait for it.
type Desk struct {
	cfg     Config
	asks    chan *ask
	results chan result
	ended   chan struct{}
	sends   sync.WaitGroup
	behind  atomic.Int64 // events the log has not taken yet
}

// ask is something to be done with the board; the answer follows when what
// happened is in the log.
type ask struct {
	do    func(b *Board, now time.Time) error
	reads bool // it changes nothing, and is answered whatever the log does
	err   error
	done  chan struct{}
}

// result is what became of an attempt, or of a rest.
type result struct {
	id     string // of the delivery; empty for a rest
	rested string // channel
	proof  Proof
	err    error
}

// New returns a desk that has read nothing yet.
func New(c Config) (*Desk, error) {
	switch {
	case c.Settings == nil || c.Log == nil:
		return nil, errors.New("alarm: Config wants Settings and Log")
	case len(c.Key) != keySize:
		return nil, fmt.Errorf("alarm: Config.Key has %d bytes: want %d, see LoadKey", len(c.Key), keySize)
	}
	for name := range c.Settings.Channels {
		if c.Deliverers[name] == nil {
			return nil, fmt.Errorf("alarm: alarms.channels.%s has no deliverer: its driver %q is not plugged in", name, c.Settings.Channels[name].Driver)
		}
	}
	fill(&c.Source, "/"+c.Site)
	fill(&c.Zone, time.UTC)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Desk{cfg: c, asks: make(chan *ask), results: make(chan result, 64), ended: make(chan struct{})}, nil
}

// ask lets the owner do something and waits until what came of it is in the log.
func (d *Desk) ask(ctx context.Context, do func(b *Board, now time.Time) error) error {
	return d.put(ctx, &ask{do: do, done: make(chan struct{})})
}

// read lets the owner look something up.
func (d *Desk) read(ctx context.Context, do func(b *Board, now time.Time) error) error {
	return d.put(ctx, &ask{do: do, reads: true, done: make(chan struct{})})
}

func (d *Desk) put(ctx context.Context, a *ask) error {
	select {
	case d.asks <- a:
	case <-ctx.Done():
		return ctx.Err()
	case <-d.ended:
		return ErrClosed
	}
	<-a.done // the owner answers all that it took
	return a.err
}

// Raise takes what somebody sees wrong. When it returns nil the alarm is in the
// log, and no end of the process can lose it. After an error say it again: the
// same key is the same alarm. An error that wraps ErrUnsaved says that people
// are called already, though the log refuses.
func (d *Desk) Raise(ctx context.Context, r Raise) (id string, err error) {
	err = d.ask(ctx, func(b *Board, now time.Time) error {
		id, err = b.Raise(now, r)
		return err
	})
	return id, err
}

// Clear says that the cause behind a key is gone.
func (d *Desk) Clear(ctx context.Context, key, why, actor, cause string) error {
	return d.ask(ctx, func(b *Board, now time.Time) error { return b.Clear(now, key, why, actor, cause) })
}

// Acknowledge takes an alarm over for actor ("user:li").
func (d *Desk) Acknowledge(ctx context.Context, id, actor, note string) error {
	return d.ask(ctx, func(b *Board, now time.Time) error { return b.Acknowledge(now, id, actor, note) })
}

// Shelve keeps an alarm's key silent until a time.
func (d *Desk) Shelve(ctx context.Context, key string, until time.Time, reason, actor string) error {
	return d.ask(ctx, func(b *Board, now time.Time) error { return b.Shelve(now, key, until, reason, actor) })
}

// Unshelve lets a key be heard again.
func (d *Desk) Unshelve(ctx context.Context, key, reason, actor string) error {
	return d.ask(ctx, func(b *Board, now time.Time) error { return b.Unshelve(now, key, reason, actor) })
}

// Suppress keeps alarms silent by design while a condition of the plant holds.
func (d *Desk) Suppress(ctx context.Context, condition string, keys []string, reason, actor, cause string) error {
	return d.ask(ctx, func(b *Board, now time.Time) error { return b.Suppress(now, condition, keys, reason, actor, cause) })
}

// EndSuppression says that a condition does not hold any more.
func (d *Desk) EndSuppression(ctx context.Context, condition, actor, cause string) error {
	return d.ask(ctx, func(b *Board, now time.Time) error { return b.EndSuppression(now, condition, actor, cause) })
}

// TakeOut takes a key, or a prefix ending in "*", out of service.
func (d *Desk) TakeOut(ctx context.Context, key, reason, actor string) error {
	return d.ask(ctx, func(b *Board, now time.Time) error { return b.TakeOut(now, key, reason, actor) })
}

// PutBack puts a key back into service.
func (d *Desk) PutBack(ctx context.Context, key, reason, actor string) error {
	return d.ask(ctx, func(b *Board, now time.Time) error { return b.PutBack(now, key, reason, actor) })
}

// Drill stages an alarm on every path.
func (d *Desk) Drill(ctx context.Context, actor string) (id string, err error) {
	err = d.ask(ctx, func(b *Board, now time.Time) error {
		id, err = b.Drill(now, actor)
		return err
	})
	return id, err
}

// Receipt takes what the far end says of a notice, proven by its token, and which
// of the recipient's devices says so; "" where it does not tell.
func (d *Desk) Receipt(ctx context.Context, token string, s DeliveryState, device string) error {
	id, err := readToken(d.cfg.Key, token)
	if err != nil {
		return err
	}
	return d.ask(ctx, func(b *Board, now time.Time) error { return b.Receipt(now, id, s, device) })
}

// Told returns the delivery that a token proves, and the alarms it tells of.
// Looking changes nothing.
func (d *Desk) Told(ctx context.Context, token string) (told Delivery, alarms []Alarm, err error) {
	id, err := readToken(d.cfg.Key, token)
	if err != nil {
		return told, nil, err
	}
	err = d.read(ctx, func(b *Board, _ time.Time) error {
		var ok bool
		if told, ok = b.Delivery(id); !ok {
			return fmt.Errorf("%w: this notice is too old", ErrUnknown)
		}
		for _, id := range told.Alarms {
			if a, ok := b.Alarm(id); ok {
				alarms = append(alarms, a)
			}
		}
		return nil
	})
	return told, alarms, err
}

// Picture is what stands at one moment.
type Picture struct {
	At           time.Time
	Alarms       []Alarm // the gravest first; those that are normal again behind, newest first
	Shelves      []Shelf
	Suppressions []event.AlarmSuppressed
	Out          []event.AlarmService
	Flood        []string // rosters in a flood
	Unsaved      int      // events the log has not taken yet
}

// Look returns what stands, with up to closed alarms that are normal again.
func (d *Desk) Look(ctx context.Context, closed int) (p Picture, err error) {
	err = d.read(ctx, func(b *Board, now time.Time) error {
		p = Picture{At: now.UTC(), Alarms: b.List(closed), Shelves: b.Shelves(), Suppressions: b.Suppressions(), Out: b.OutOfService(), Unsaved: int(d.behind.Load())}
		for _, name := range slices.Sorted(maps.Keys(b.floods)) {
			if b.floods[name].at(now) {
				p.Flood = append(p.Flood, name)
			}
		}
		return nil
	})
	return p, err
}

// Alarm returns one alarm with its deliveries. The error wraps ErrUnknown for
// one that the board does not have any more; the log may.
func (d *Desk) Alarm(ctx context.Context, id string) (a Alarm, deliveries []Delivery, err error) {
	err = d.read(ctx, func(b *Board, _ time.Time) error {
		var ok bool
		if a, ok = b.Alarm(id); !ok {
			return fmt.Errorf("%w: there is no alarm %.60q on the board", ErrUnknown, id)
		}
		deliveries = b.Deliveries(id)
		return nil
	})
	return a, deliveries, err
}

// Settings returns what the desk works by; it is not to be changed.
func (d *Desk) Settings() *Settings { return d.cfg.Settings }

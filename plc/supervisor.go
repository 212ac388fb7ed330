package plc

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// SupervisorConfig says what a Supervisor keeps running, and whom it tells.
// The callbacks run on the Supervisor's goroutine: they hand on and return.
type SupervisorConfig struct {
	Name string
	// Dial opens one connection. It is called again after every error.
	Dial func(ctx context.Context) (Controller, error)
	// Poll is how often the controller is read; default 20 ms.
	Poll time.Duration
	// Beat is how often it hears that we are alive; default 50 ms.
	Beat time.Duration
	// BackOff is the first pause after an error; it doubles up to MaxBackOff.
	// Defaults 100 ms and 3 s.
	BackOff, MaxBackOff time.Duration
	// Room is how many entries may wait; default 512.
	Room int

	OnStatus func(Status)
	// OnAck answers every entry that Submit took: err is nil when the controller
	// has acknowledged it at the given time; else it will never be sent, because
	// its due tick has passed (ErrPast), its epoch has (ErrStale), or the
	// controller refuses it (ErrRefused).
	OnAck    func(e Entry, at time.Time, err error)
	OnSignal func(Ack, error) // answers every signal that Signal took
	OnState  func(State)
}

// State is the state of the connection.
type State struct {
	Name      string
	Connected bool
	Since     time.Time
	Error     string // why it is not, naming the address
	Dials     uint64 // connections opened since the start
}

// ErrPast is the answer to an entry whose part had passed the gate before the
// controller could be reached.
var ErrPast = errors.New("the part has passed the gate")

// ErrDown is returned for commands while there is no connection.
var ErrDown = errors.New("controller not connected")

// Supervisor keeps one controller connected: it dials with back-off, polls,
// beats, and sends entries, each in its turn, on the one goroutine of Run.
type Supervisor struct {
	cfg     SupervisorConfig
	entries chan Entry
	signals chan Signal
	orders  chan order
	hold    chan struct{} // has one element while a hold is asked for
	judging chan uint16   // has the newest product number, until it is told
	state   atomic.Pointer[State]
	keeper  keeper

	// Owned by Run.
	pending []Entry // taken from entries, not yet acknowledged
	dials   uint64
	product product
}

// product is the number of the product judged by, as the controller is to know it.
type product struct {
	given  bool // somebody has said one
	number uint16
	told   bool   // it knows
	boot   uint64 // the boot it knows since
}

// order is a command somebody waits for.
type order struct {
	do   func(context.Context, Controller) error
	done chan error
}

// NewSupervisor returns a Supervisor; Run starts it.
func NewSupervisor(cfg SupervisorConfig) *Supervisor {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&cfg.Poll, 20*time.Millisecond)
	set(&cfg.Beat, 50*time.Millisecond)
	set(&cfg.BackOff, 100*time.Millisecond)
	set(&cfg.MaxBackOff, 3*time.Second)
	if cfg.Room == 0 {
		cfg.Room = 512
	}
	s := &Supervisor{cfg: cfg, entries: make(chan Entry, cfg.Room), signals: make(chan Signal, 64), orders: make(chan order), hold: make(chan struct{}, 1), judging: make(chan uint16, 1)}
	s.state.Store(&State{Name: cfg.Name, Since: time.Now(), Error: "not yet connected"})
	return s
}

// Submit takes entries over for sending and returns how many it took; the rest
// has no room. It never blocks. Entries wait through a lost connection until
// their due tick has passed.
func (s *Supervisor) Submit(entries []Entry) int {
	for i, e := range entries {
		select {
		case s.entries <- e:
		default:
			return i
		}
	}
	return len(entries)
}

// Signal takes one point to be set, at its Due; false if there is no room. It
// never blocks. Without a connection the answer is ErrDown.
func (s *Supervisor) Signal(sig Signal) bool {
	select {
	case s.signals <- sig:
		return true
	default:
		return false
	}
}

// Hold asks for every gate to stay in reject and for the feed to stop. It
// never blocks; without a connection the hold is asked for once there is one
// (meanwhile the missing heartbeat holds). why is for the caller's log.
func (s *Supervisor) Hold(why string) {
	select {
	case s.hold <- struct{}{}:
	default:
	}
}

// Judging has the controller told by which product's number parts are judged, now
// and after every reconnection and restart. It never blocks; the newest number
// counts. Only the first call makes the supervisor write the register at all. It
// is for one goroutine.
func (s *Supervisor) Judging(number uint16) {
	select {
	case <-s.judging:
	default:
	}
	s.judging <- number // there is room: only we send
}

// Release ends a hold, on a person's word. It returns when the controller has
// acknowledged the command, or ErrDown.
func (s *Supervisor) Release(ctx context.Context) error {
	return s.give(ctx, func(ctx context.Context, c Controller) error {
		select {
		case <-s.hold: // an older wish than this one
		default:
		}
		return c.Release(ctx)
	})
}

// Set sets a point once and returns the controller's answer, or ErrDown. It is for
// those who may wait, such as a horn; the line uses Signal, a lamp Keep.
func (s *Supervisor) Set(ctx context.Context, sig Signal) (Ack, error) {
	var ack Ack
	if err := s.give(ctx, func(ctx context.Context, c Controller) (err error) {
		ack, err = c.Set(ctx, sig)
		return err
	}); err != nil {
		return Ack{}, err
	}
	return ack, nil
}

// give hands an order to Run and waits for its answer.
func (s *Supervisor) give(ctx context.Context, do func(context.Context, Controller) error) error {
	o := order{do: do, done: make(chan error, 1)}
	select {
	case s.orders <- o:
	case <-ctx.Done():
		return fmt.Errorf("controller %s: %w", s.cfg.Name, ctx.Err())
	}
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("controller %s: %w", s.cfg.Name, ctx.Err())
	}
}

// State returns the state of the connection.
func (s *Supervisor) State() State { return *s.state.Load() }

// Run keeps the controller connected until ctx ends, and returns ctx's error.
func (s *Supervisor) Run(ctx context.Context) error {
	pause := s.cfg.BackOff
	for {
		began := time.Now()
		err := s.connection(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.say(State{Error: err.Error()})
		if time.Since(began) > s.cfg.MaxBackOff {
			pause = s.cfg.BackOff
		}
		if err := s.wait(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, s.cfg.MaxBackOff)
	}
}

// say publishes a state; Since stays while nothing changes.
func (s *Supervisor) say(st State) {
	was := s.State()
	st.Name, st.Since, st.Dials = s.cfg.Name, time.Now(), s.dials
	if st.Connected == was.Connected {
		st.Since = was.Since
	}
	s.state.Store(&st)
	if s.cfg.OnState != nil && (st.Connected != was.Connected || st.Error != was.Error) {
		s.cfg.OnState(st)
	}
}

// wait answers those who ask while there is no connection.
func (s *Supervisor) wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	down := func() error { return fmt.Errorf("controller %s: %w: %s", s.cfg.Name, ErrDown, s.State().Error) }
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		case sig := <-s.signals:
			s.signalled(Ack{ID: sig.ID, At: time.Now(), Why: "not connected"}, down())
		case o := <-s.orders:
			o.done <- down()
		}
	}
}

func (s *Supervisor) signalled(a Ack, err error) {
	if s.cfg.OnSignal != nil {
		s.cfg.OnSignal(a, err)
	}
}

func (s *Supervisor) acked(e Entry, at time.Time, err error) {
	if s.cfg.OnAck != nil {
		s.cfg.OnAck(e, at, err)
	}
}

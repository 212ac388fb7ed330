package line

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"linesman/camera"
	"linesman/event"
	"linesman/models"
	"linesman/part"
	"linesman/plc"
)

// Outputs is the way to the controller. None of its methods blocks.
type Outputs interface {
	// Submit takes entries over for sending and returns how many it took; the
	// rest has no room and is rejected by the resting gate.
	Submit([]plc.Entry) int
	// Signal takes one point to be set; false if there is no room.
	Signal(plc.Signal) bool
	// Hold asks for every gate to stay in reject and for the feed to stop.
	Hold(why string)
	// Judging tells the controller by which of its product numbers parts are
	// judged; 0 is none of them.
	Judging(number uint16)
}

// Config is what a Station is made of. Every field without "may be nil" must
// be set.
type Config struct {
	Line     part.LineID
	Site     string // begins the events' source: "/demo"
	Batch    string
	Settings Settings // validated
	Setup             // by which the line begins; Change sets another
	Outputs  Outputs
	Events   event.Sink
	// Keep stores one picture as evidence and returns its SHA-256, or "" if it
	// was not kept. The pixels are lent for the call. It is called on the
	// keeper's goroutine and, of a candidate's, on the shadow's. May be nil.
	Keep func(class string, p Picture) string
	// Unclosed says where the process before left off without closing its batch;
	// nil if it closed it, or there was none.
	Unclosed *Unclosed
	Watch    Watch // of the cameras' own state
	// Origins are what the eyes' drift was measured from in earlier runs, newest
	// first: one of the same recipe and model is carried on. May be nil.
	Origins []event.EyesReference
	// Wanted is told, once each time, of the product that the controller asks for,
	// if the line judges another: Change is to follow, or Refuse. It must not
	// block. May be nil: the line then holds.
	Wanted func(product string)
	Log    *slog.Logger
	Now    func() time.Time // may be nil: time.Now
}

// Station runs one line. Make it with New, call Run once, and hand it frames,
// controller readings and acknowledgements from their own goroutines.
type Station struct {
	cfg   Config
	views []*intake
	now   func() time.Time

	first    *setup
	plan     atomic.Pointer[plan]
	belt     atomic.Pointer[whereabouts] // nil before the first reading
	doubting atomic.Bool                 // parts are doubted whatever they look like
	workers  []*worker
	turn     *semaphore.Weighted // of a frame, at the cores
	cores    *semaphore.Weighted // for the model
	closing  sync.WaitGroup      // setups that are no longer needed

	requests chan request
	jobs     chan job
	looked   chan looked
	statuses chan plc.Status
	links    chan PLCState
	acks     chan ack
	kept     chan keepsake
	eyes     *eyes
	done     chan struct{}

	status  atomic.Pointer[Status]
	backlog atomic.Int64
	unacked atomic.Int64
	moving  atomic.Bool
	frozen  sync.Map // part.CameraID -> camera.State

	viewers viewers

	shadow    atomic.Pointer[shadow] // nil if none judges beside the line
	shadowing sync.Mutex             // held by Shadow, never by the line
	ended     bool                   // with shadowing: no shadow may begin any more
}

// ack is a controller's answer to one entry.
type ack struct {
	entry plc.Entry
	at    time.Time
	err   error
}

// Depths of the queues, in frames, readings and entries.
const (
	intakeDepth = 16
	statusDepth = 64
	ackDepth    = 1024
	keepDepth   = 256
)

// New checks the configuration and returns a station at rest.
func New(cfg Config) (*Station, error) {
	if cfg.Outputs == nil || cfg.Events == nil || cfg.Log == nil {
		return nil, errors.New("line: outputs, events and log must all be given")
	}
	first, err := newSetup(cfg.Setup, string(cfg.Line), &cfg.Settings)
	if err != nil {
		return nil, err
	}
	s := &Station{
		cfg: cfg, now: cfg.Now, first: first,
		requests: make(chan request),
		turn:     semaphore.NewWeighted(1),
		cores:    semaphore.NewWeighted(int64(max(1, cfg.Settings.Workers))),
		jobs:     make(chan job, intakeDepth),
		looked:   make(chan looked, intakeDepth),
		statuses: make(chan plc.Status, statusDepth),
		links:    make(chan PLCState, statusDepth),
		acks:     make(chan ack, ackDepth),
		kept:     make(chan keepsake, keepDepth),
		done:     make(chan struct{}),
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.plan.Store(&plan{now: first})
	s.eyes = newEyes(s)
	for i := range cfg.Settings.Views {
		s.views = append(s.views, &intake{index: i, view: &s.cfg.Settings.Views[i]})
	}
	s.status.Store(&Status{Line: cfg.Line, At: s.now(), State: "stopped", Why: "starting", Recipe: first.id, Batch: cfg.Batch, Model: modelName(first.Detector.Model())})
	return s, nil
}

// Run works until ctx ends. It returns nil then, or what broke before anything
// could be judged.
func (s *Station) Run(ctx context.Context) error {
	defer close(s.done)
	var workers, keeper, watching sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	if err := s.first.open(s.cfg.Settings.Workers, s.cfg.Settings.Views); err != nil {
		return fmt.Errorf("line %s: %w", s.cfg.Line, err)
	}
	for i := range s.cfg.Settings.Workers {
		w := &worker{s: s, number: i}
		s.workers = append(s.workers, w)
		workers.Go(func() { w.run(ctx) })
	}
	keeper.Go(func() { s.keep() })
	watching.Go(s.eyes.run)

	o := newOwner(s)
	o.run(ctx)

	cancel()
	workers.Wait()
	close(s.eyes.glances)
	watching.Wait()
	s.drain()
	close(s.kept)
	keeper.Wait()
	s.endShadows()
	s.closing.Wait()
	var err error
	for _, c := range o.terms {
		err = errors.Join(err, c.setup.close())
	}
	for _, u := range o.cancelled {
		err = errors.Join(err, u.close())
	}
	return err
}

// drain gives back the frames that nobody will look at any more.
func (s *Station) drain() {
	for {
		select {
		case j := <-s.jobs:
			j.frame.Release()
		case l := <-s.looked:
			l.frame.Release()
		default:
			return
		}
	}
}

// Sink returns where the camera of that id delivers its frames; nil if no view
// of this line uses it.
func (s *Station) Sink(id part.CameraID) camera.Sink {
	for _, in := range s.views {
		if in.view.Camera == id {
			return &sink{s, in}
		}
	}
	return nil
}

// Controller takes one reading. Readings carry sensor edges, so none may be
// lost: the call waits for the owner, who never waits for anybody.
func (s *Station) Controller(st plc.Status) {
	select {
	case s.statuses <- st:
	case <-s.done:
	}
}

// Link takes the state of the connection to the controller.
func (s *Station) Link(st PLCState) {
	select {
	case s.links <- st:
	case <-s.done:
	}
}

// Acked takes the answer to one entry: err is nil once the controller has
// acknowledged the write at the given time.
func (s *Station) Acked(e plc.Entry, at time.Time, err error) {
	select {
	case s.acks <- ack{e, at, err}:
	case <-s.done:
	}
}

// CameraState takes what the camera's supervisor says; a frozen camera's parts
// are inconclusive.
func (s *Station) CameraState(st camera.State) { s.frozen.Store(st.Camera, st) }

// BeltMoving reports whether the controller last said that the belt moves: a
// picture that stands still is then frozen.
func (s *Station) BeltMoving() bool { return s.moving.Load() }

// Backlog returns how many frames are taken in and not yet decided.
func (s *Station) Backlog() int { return int(s.backlog.Load()) }

// Unacked returns how many entries the controller has not yet acknowledged.
func (s *Station) Unacked() int { return int(s.unacked.Load()) }

// Status returns the latest picture of the line, at most 100 ms old while it
// runs.
func (s *Station) Status() Status {
	st := *s.status.Load()
	st.Cameras = nil
	for _, in := range s.views {
		if v, ok := s.frozen.Load(in.view.Camera); ok {
			st.Cameras = append(st.Cameras, v.(camera.State))
		}
	}
	return st
}

func modelName(m models.Model) string { return m.Name + "@" + m.Version }

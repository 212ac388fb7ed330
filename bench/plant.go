package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/event/sqlite"
	"linesman/line"
	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/onnx"
	"linesman/models/panel"
	"linesman/plc"
	"linesman/plc/modbus"
	"linesman/sim"
	"linesman/sim/belt"
	"linesman/sim/controller"
	"linesman/vision"
	"linesman/vision/cv"
)

// plant is everything that one run needs, put together and running.
type plant struct {
	how     plantSettings
	course  *course
	clock   *clock
	belt    *belt.Belt
	feed    *lateFeed
	ahead   float64 // mm from the course's zero to the belt's
	plcSide *controller.Controller
	station *line.Station
	outputs *plc.Supervisor
	sink    camera.Sink
	store   *sqlite.Log // nil where nothing is logged, like the next two
	ring    *event.Ring
	kept    *evidence.Store
	set     line.Settings
	pool    *camera.Pool
	seeing  *eyes

	// Belt's callbacks fill these during Advance; the mover takes them after it.
	fired []firing
	fates []sim.Fate // that nobody has taken yet
	met   int        // parts that have met their gate
	seq   uint64
	odd   int // pictures that nobody had planned

	entries *answers

	inferred  atomic.Int64  // nanoseconds of processor time spent in the network
	aside     time.Duration // processor time while the clock stood
	asideFrom time.Duration // processor time when it was stopped last

	stretches int           // of belt time, between which the clock stood
	longest   time.Duration // of them
	unserved  time.Duration // paced: the most between two steps of the belt with parts on it

	read atomic.Pointer[plc.Status] // the last reading that the line has been given

	stop   context.CancelFunc
	ended  sync.WaitGroup
	failed chan error
}

// plantSettings says how a plant runs, and what in it is left out or replaced.
type plantSettings struct {
	unpaced  bool
	ahead    time.Duration // belt time of the pictures drawn ahead; 0: as course says
	unlogged bool          // events are dropped and no picture is kept: nothing is written
	unkept   bool          // no picture is kept
	eyes     *eyes         // nil: those of the appliance
	poll     time.Duration // how often the controller is read; 0: as the appliance does
	// These stand between line and ring, and between ring and log; nil for nothing.
	sink func(*event.Ring) event.Sink
	log  func(event.Log) event.Log
}

// eyes are what finds parts in frames and tells how unlike the good ones they are.
type eyes struct {
	locator  func(line.View) (vision.Locator, error)
	detector models.Detector
}

type firing struct {
	trigger sim.Trigger
	parts   []sim.Part
}

// newPlant puts a plant together in dir and starts it. Close it.
func newPlant(ctx context.Context, dir string, s site, c *course, how plantSettings) (p *plant, err error) {
	p = &plant{how: how, course: c, clock: newClock(how.unpaced), set: s.settings, pool: camera.NewPool(math.MaxInt16), entries: newAnswers(), failed: make(chan error, 4)}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	if err := p.lay(); err != nil {
		return p, err
	}
	cfg := controller.For(c.layout)
	gate := &s.settings.Gates[0]
	cfg.WindowMM, cfg.Response, cfg.EjectMM, cfg.ExitMM, cfg.Bits = gate.WindowMM, gate.Response.D(), gate.ConfirmMM, gate.ExitMM, s.settings.Encoder.Bits
	timeout := 500 * time.Millisecond
	if how.unpaced { // the belt's time runs by itself then, and the wall's means nothing to it
		timeout, cfg.Heartbeat = 5*time.Second, 5*time.Second
	}
	if p.plcSide, err = controller.New(cfg, p.belt); err != nil {
		return p, err
	}
	url, err := p.plcSide.Serve("127.0.0.1:0")
	if err != nil {
		return p, err
	}
	if !how.unlogged {
		if err := p.remember(dir, quiet); err != nil {
			return p, err
		}
	}
	link, err := modbus.New(modbus.Settings{URL: url, Lanes: c.layout.Lanes, Timeout: timeout})
	if err != nil {
		return p, err
	}
	if err := p.open(s, link, quiet); err != nil {
		return p, err
	}
	ctx, p.stop = context.WithCancel(ctx)
	p.start(ctx)
	return p, nil
}

// remember opens log, ring and evidence in dir.
func (p *plant) remember(dir string, quiet *slog.Logger) (err error) {
	if p.store, err = sqlite.Open(sqlite.Settings{Dir: filepath.Join(dir, "log"), Logger: quiet}); err != nil {
		return err
	}
	if p.ring, err = event.OpenRing(event.RingSettings{Path: filepath.Join(dir, "ring"), Source: "/bench", Logger: quiet}); err != nil {
		return err
	}
	p.kept, err = evidence.Open(evidence.Settings{Dir: filepath.Join(dir, "evidence"), Logger: quiet})
	return err
}

// lay makes the belt, with the course's zero so far ahead that the controller
// has come up before its first part.
func (p *plant) lay() (err error) {
	l := p.course.layout
	p.ahead = max(p.course.speed*warmUp.Seconds(), layMM+p.course.speed*leastWarmUp.Seconds())
	if l.StepMM > 0 && p.course.triggers == nil {
		p.ahead = math.Ceil(p.ahead/l.StepMM) * l.StepMM // the course's pictures lie on the belt's steps
	}
	var triggers []float64
	for _, mm := range p.course.triggers {
		triggers = append(triggers, mm+p.ahead)
	}
	p.feed = &lateFeed{Feed: p.course.feed}
	p.belt, err = belt.New(belt.Config{Layout: l, Speed: p.course.speed, Feed: p.feed, Start: p.clock.start, ValveDelay: p.set.Gates[0].Response.D(),
		EjectMM: p.set.Gates[0].ConfirmMM, ExitMM: p.set.Gates[0].ExitMM, TriggersMM: triggers,
		EncoderAt: math.MaxUint32 - uint32(60*p.course.speed*l.PerMM), // it rolls over a minute into the run
		OnTrigger: func(t sim.Trigger, parts []sim.Part) { p.fired = append(p.fired, firing{t, parts}) },
		OnFate:    func(f sim.Fate) { p.fates, p.met = append(p.fates, f), p.met+1 },
	})
	return err
}

// open makes the line as the appliance does, on the run's clock.
func (p *plant) open(s site, link *modbus.Link, quiet *slog.Logger) error {
	var err error
	if p.seeing, err = p.look(s); err != nil {
		return err
	}
	var events event.Sink = dropped{}
	var keep func(string, line.Picture) string
	if !p.how.unlogged {
		events = p.ring
		if !p.how.unkept {
			keep = line.KeepIn(p.kept)
		}
		if p.how.sink != nil {
			events = p.how.sink(p.ring)
		}
	}
	p.outputs = plc.NewSupervisor(plc.SupervisorConfig{Name: "plc", Dial: link.Dial, Room: 2048, Poll: p.how.poll,
		OnStatus: func(st plc.Status) { st.At = p.clock.At(st.At); p.station.Controller(st); p.read.Store(&st) },
		OnAck:    p.acked,
		OnState: func(st plc.State) {
			p.station.Link(line.PLCState{Name: "plc", Connected: st.Connected, Since: st.Since, Error: st.Error})
		},
	})
	p.station, err = line.New(line.Config{
		Line: s.line, Site: "/bench", Batch: "bench", Settings: s.settings, Setup: line.Setup{Recipe: s.recipe, Detector: p.seeing.detector, Locator: p.seeing.locator},
		Outputs: p.outputs, Events: events, Log: quiet, Now: p.clock.Now, Keep: keep,
	})
	if err != nil {
		return err
	}
	p.sink = p.station.Sink(s.settings.Views[0].Camera)
	return nil
}

// look returns the plant's eyes: the appliance's own, which wait while the
// clock stands, where no others are given.
func (p *plant) look(s site) (*eyes, error) {
	if p.how.eyes != nil {
		return p.how.eyes, nil
	}
	detector, err := panel.Load(s.recipe.ModelDir(), s.recipe.OtherDirs(), anomaly.Options{Open: metered(onnx.Open, &p.inferred), Threads: 1, Channels: channel.All()})
	if err != nil {
		return nil, err
	}
	return &eyes{detector: waitingDetector{detector, p.clock}, locator: func(v line.View) (vision.Locator, error) {
		set := s.recipe.Part
		set.MMPerPx, set.Belt = v.MMPerPx, v.Belt
		l, err := cv.NewLocator(set)
		return waitingLocator{l, p.clock}, err
	}}, nil
}

// dropped takes events and forgets them.
type dropped struct{}

// Emit forgets the event.
func (dropped) Emit(event.Event) {}

func (p *plant) start(ctx context.Context) {
	draining, stop := context.WithCancel(context.Background())
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		if p.ring == nil {
			return
		}
		var log event.Log = p.store
		if p.how.log != nil {
			log = p.how.log(log)
		}
		if err := p.ring.Run(draining, log); err != nil && draining.Err() == nil {
			p.failed <- err
		}
	}()
	var work sync.WaitGroup
	for _, run := range []func(context.Context) error{p.station.Run, p.outputs.Run} {
		work.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				p.failed <- err
			}
		})
	}
	p.ended.Go(func() {
		work.Wait()
		stop()
		<-drained
	})
}

// acked hands an acknowledgement on and notes when it came.
func (p *plant) acked(e plc.Entry, at time.Time, err error) {
	wall := at
	at = p.clock.At(at)
	if err == nil {
		p.entries.acked(e, at, wall)
	}
	p.station.Acked(e, at, err)
}

// used returns how much of the ring waits for the log; nothing without one.
func (p *plant) used() (used, size int) {
	if p.ring == nil {
		return 0, 0
	}
	s := p.ring.State()
	return s.Used, s.Size
}

// unread returns for how long the belt has moved, by its own time, since the reading
// that the line was given last.
func (p *plant) unread(r belt.Reading) time.Duration {
	ticks := int32(r.Encoder - uint32(p.read.Load().Now.Count))
	return time.Duration(float64(ticks) / (p.course.speed * p.course.layout.PerMM) * float64(time.Second))
}

// drainPatience is how long the log may take for what is in the ring.
const drainPatience = time.Minute

// drained waits until the log has what is in the ring.
func (p *plant) drained(ctx context.Context) error {
	for until := time.Now().Add(drainPatience); ; time.Sleep(time.Millisecond) {
		used, _ := p.used()
		if used == 0 || ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(until) {
			return fmt.Errorf("%d bytes of events are still in the ring after %v: the disk does not keep up", used, drainPatience)
		}
	}
}

// halt ends line and connection and waits until the log has all they said.
func (p *plant) halt() {
	if p.stop != nil {
		p.stop()
		p.ended.Wait()
		p.stop = nil
	}
}

func (p *plant) close() {
	p.halt()
	if p.plcSide != nil {
		p.plcSide.Close()
	}
	if p.seeing != nil {
		p.seeing.detector.Close()
		p.seeing = nil
	}
	if p.kept != nil {
		p.kept.Close()
	}
	if p.ring != nil {
		p.ring.Close()
	}
	if p.store != nil {
		p.store.Close()
	}
}

// waitingLocator works only while the clock goes.
type waitingLocator struct {
	vision.Locator
	clock *clock
}

// Locate locates, and waits before and after while the clock stands.
func (l waitingLocator) Locate(f *camera.Frame, into *vision.Crops) error {
	l.clock.Hold()
	defer l.clock.Hold()
	return l.Locator.Locate(f, into)
}

// waitingDetector works only while the clock goes.
type waitingDetector struct {
	models.Detector
	clock *clock
}

// Detect judges, and waits before and after while the clock stands.
func (d waitingDetector) Detect(ctx context.Context, crops []vision.Crop, ask models.Ask, out []models.Result) error {
	d.clock.Hold()
	defer d.clock.Hold()
	return d.Detector.Detect(ctx, crops, ask, out)
}

// describe says where a run stands, for an error.
func (p *plant) describe() string {
	st, r := p.station.Status(), p.belt.Read()
	return fmt.Sprintf("line %s (%s), belt at %.0f mm, %d parts on it, ledger %v", st.State, st.Why, r.Travelled, r.Riders, st.Ledger.Check())
}

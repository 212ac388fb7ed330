//go:build cgo

package line_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linesman/camera"
	camerasim "linesman/camera/sim"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/event/sqlite"
	"linesman/line"
	"linesman/models"
	"linesman/part"
	"linesman/plc"
	"linesman/plc/modbus"
	"linesman/recipe"
	"linesman/sim"
	"linesman/sim/belt"
	"linesman/sim/controller"
	"linesman/sim/feed"
	"linesman/vision"
)

// plant is a whole line in one process, on the wall clock: belt and controller
// on one side, on the other what an appliance runs - station, supervisors of
// camera and controller, Modbus TCP, hand-over ring, the log on disk. What became
// of each part is counted where it happens, at the belt's gate.
type plant struct {
	t       *testing.T
	layout  sim.Layout
	set     line.Settings
	row     *row
	belt    *belt.Belt
	plc     *controller.Controller
	url     string
	station *line.Station
	outputs *plc.Supervisor
	recipe  *recipe.Recipe
	cameras []*lens

	waited atomic.Int64  // how far the belt's clock is behind the wall's, ns
	shown  atomic.Int64  // trigger of the last picture sent
	taken  *atomic.Int64 // and looked at
	seen   atomic.Int64  // when that was, ns since 1970

	mu      sync.Mutex
	epoch   int64 // of the encoder, as the belt's side knows it
	fates   []fate
	events  []event.Event
	log     event.Log
	changed chan struct{} // closed and replaced at every fate and event
	stop    func()
}

// fate is what became of a part, with the epoch of its tick.
type fate struct {
	sim.Fate
	tick part.Tick
}

// lens is one camera: the shutter, what paints its pictures and where they go.
type lens struct {
	id      part.CameraID
	frames  *feed.Server
	shutter chan exposure
	sup     *camera.Supervisor

	mu   sync.Mutex
	hood func(*picture) bool // changes a picture, or loses it: false; nil is a clean lens
}

type exposure struct {
	trigger sim.Trigger
	parts   []sim.Part
	waited  time.Duration // by which the belt's clock was behind
}

// picture is one frame before it is sent.
type picture struct {
	trigger       sim.Trigger
	width, height int
	pix           []byte
}

// build is how a plant differs from the usual.
type build struct {
	layout   sim.Layout // discs unless set
	mode     string     // of the gate; queue unless set
	speed    float64    // mm/s; 700 unless set, 450 in pulse mode
	defects  float64    // share; 0.15 unless set, below 0 none
	seed     uint64
	views    []line.View // one above the belt unless set
	workers  int
	watch    camera.Watch
	detector models.Detector // spots unless set
	driver   camera.Driver   // the drawn camera's unless set
	evidence *evidence.Store // keeps no pictures unless set
	recipe   string          // more of it
	eyes     line.Watch      // how they are watched
	products map[int]string  // that the controller may ask for
	waits    bool            // the controller lets nothing in until what it asks for is judged
	wanted   func(string)    // is told of them
	taken    *atomic.Int64   // is kept at the trigger of the last picture looked at; may be nil
}

// wiring counts the encoder's restarts.
type wiring struct {
	*belt.Belt
	p *plant
}

func (w wiring) ZeroEncoder() {
	w.p.mu.Lock()
	w.p.epoch++
	w.p.mu.Unlock()
	w.Belt.ZeroEncoder()
}

func newPlant(t *testing.T, b build) *plant {
	t.Helper()
	if b.layout.Lanes == 0 {
		b.layout = discs()
	}
	if b.mode == "" {
		b.mode = line.ModeQueue
	}
	if b.speed == 0 {
		b.speed = 700
		if b.mode == line.ModePulse { // the window's 14 mm have to hold a scan, a request and our own jitter
			b.speed = 450
		}
	}
	if b.defects == 0 {
		b.defects = 0.15
	}
	if b.taken == nil {
		b.taken = new(atomic.Int64)
	}
	p := &plant{t: t, layout: b.layout, epoch: 1, changed: make(chan struct{}), taken: b.taken}
	p.row = newRow(p.layout, b.defects, b.seed)
	if b.detector == nil {
		b.detector = spots{}
	}
	if b.views == nil {
		b.views = []line.View{{Camera: "top", AtMM: p.layout.CameraMM, MMPerPx: p.layout.MMPerPx, StepMM: p.layout.StepMM, Exposure: line.Duration(40 * time.Microsecond)}}
	}
	for _, v := range b.views {
		p.cameras = append(p.cameras, &lens{id: v.Camera, frames: &feed.Server{Product: "caps"}, shutter: make(chan exposure, 64)})
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	p.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	log, ring := p.openLog()
	p.log = log
	start := time.Now()
	p.openBelt(b, start)
	p.openAppliance(ctx, b, log, ring, &running)
	t.Cleanup(p.stop) // before what it works with is closed
	running.Go(func() { p.drive(ctx, b, start) })
	running.Go(func() {
		_ = log.Follow(ctx, 0, func(e event.Event) error { // ends by ctx alone
			p.mu.Lock()
			defer p.mu.Unlock()
			p.events = append(p.events, e)
			p.tell()
			return nil
		})
	})
	return p
}

// drive moves the belt on. On a box beside which others compute it is as slow as the
// box: a stall of the scheduler is no leap of the belt, and it waits for pictures that
// nobody came to look at yet, for a moment each. Gates that are opened by pulses, by
// the clock, know of no such belt.
func (p *plant) drive(ctx context.Context, b build, start time.Time) {
	const leap, moment = 4 * time.Millisecond, 200 * time.Millisecond
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	var gone time.Duration
	for last, now := start, start; ctx.Err() == nil; last = now {
		<-tick.C
		now = time.Now()
		switch {
		case b.mode == line.ModePulse:
			gone = now.Sub(start)
		case p.shown.Load()-p.taken.Load() > int64(max(1, b.workers)) && now.UnixNano()-p.seen.Load() < int64(moment):
			continue
		default:
			gone += min(now.Sub(last), leap)
		}
		p.waited.Store(int64(now.Sub(start) - gone))
		p.belt.Advance(gone)
	}
}

// tell wakes whoever awaits; p.mu is held.
func (p *plant) tell() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// openBelt builds the other side.
func (p *plant) openBelt(b build, start time.Time) {
	p.t.Helper()
	var err error
	p.belt, err = belt.New(belt.Config{Layout: p.layout, Speed: b.speed, Feed: p.row, Start: start, ValveDelay: 12 * time.Millisecond,
		OnTrigger: func(t sim.Trigger, parts []sim.Part) {
			for _, c := range p.cameras {
				select {
				case c.shutter <- exposure{t, parts, time.Duration(p.waited.Load())}:
				default: // a camera that misses its trigger
				}
			}
		},
		OnFate: func(f sim.Fate) {
			p.mu.Lock()
			defer p.mu.Unlock()
			f.At = f.At.Add(time.Duration(p.waited.Load()))
			p.fates = append(p.fates, fate{f, part.Tick{Epoch: p.epoch, Count: int64(f.Tick)}})
			p.tell()
		}})
	if err != nil {
		p.t.Fatal(err)
	}
	c := controller.For(p.layout)
	c.Pulse, c.Seed, c.FeedUnjudged = b.mode == line.ModePulse, b.seed, !b.waits
	if p.plc, err = controller.New(c, wiring{p.belt, p}); err != nil {
		p.t.Fatal(err)
	}
	if p.url, err = p.plc.Serve("127.0.0.1:0"); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { p.plc.Close() })
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func (p *plant) openLog() (event.Log, *event.Ring) {
	p.t.Helper()
	dir := p.t.TempDir()
	log, err := sqlite.Open(sqlite.Settings{Dir: filepath.Join(dir, "log"), Logger: quiet})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { log.Close() })
	ring, err := event.OpenRing(event.RingSettings{Path: filepath.Join(dir, "ring"), Source: "/plant", Logger: quiet})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { ring.Close() })
	return log, ring
}

// openAppliance builds our side as cmd/linesman does, and starts it.
func (p *plant) openAppliance(ctx context.Context, b build, log event.Log, ring *event.Ring, running *sync.WaitGroup) {
	p.t.Helper()
	response := 12 * time.Millisecond
	if b.mode == line.ModePulse {
		response += 6 * time.Millisecond // half a scan of the controller
	}
	side, pitch, lanes := controller.For(p.layout), 0.8*p.layout.PitchMM, []int{}
	if p.layout.StepMM > 0 { // parts may touch
		pitch = p.layout.DiameterMM
	}
	for n := range p.layout.Lanes {
		lanes = append(lanes, n+1)
	}
	p.set = line.Settings{
		MinPitchMM: pitch, MaxSpeed: 1200, Workers: max(1, b.workers), Recipe: "r.yaml",
		Encoder: line.Encoder{Controller: "plc-1", Point: "encoder", PerMM: p.layout.PerMM},
		Views:   b.views, Products: b.products,
		Gates: []line.Gate{{AtMM: p.layout.GateMM, Lanes: lanes, Controller: "plc-1", Mode: b.mode, Point: "pass", Response: line.Duration(response),
			WindowMM: side.WindowMM, ConfirmMM: 40, ExitMM: 60}},
	}
	if err := p.set.Validate(); err != nil {
		p.t.Fatal(err)
	}
	rec := p.parse("disc", 1, b.recipe)
	link, err := modbus.New(modbus.Settings{URL: p.url, Timeout: 300 * time.Millisecond})
	if err != nil {
		p.t.Fatal(err)
	}
	p.outputs = plc.NewSupervisor(plc.SupervisorConfig{Name: "plc-1", Dial: link.Dial, MaxBackOff: 400 * time.Millisecond,
		OnStatus: func(s plc.Status) { p.station.Controller(s) },
		OnAck:    func(e plc.Entry, at time.Time, err error) { p.station.Acked(e, at, err) },
		OnState: func(s plc.State) {
			p.station.Link(line.PLCState{Name: s.Name, Connected: s.Connected, Since: s.Since, Error: s.Error})
		}})
	var keep func(string, line.Picture) string
	if b.evidence != nil {
		keep = line.KeepIn(b.evidence)
	}
	p.recipe = rec
	p.station, err = line.New(line.Config{Line: "disc-1", Site: "/plant", Batch: "b1", Settings: p.set, Setup: p.setup(rec, b.detector), Keep: keep, Watch: b.eyes, Wanted: b.wanted,
		Outputs: p.outputs, Events: ring, Log: quiet})
	if err != nil {
		p.t.Fatal(err)
	}
	drain, stopped := context.WithCancel(context.Background())
	drained := make(chan error, 1)
	go func() { drained <- ring.Run(drain, log) }()
	var work sync.WaitGroup
	work.Go(func() { p.ends("station", p.station.Run(ctx)) })
	work.Go(func() { p.ends("controller", p.outputs.Run(ctx)) })
	for _, c := range p.cameras {
		p.openCamera(ctx, c, b, ring, &work)
	}
	running.Go(func() {
		work.Wait()
		stopped()
		p.ends("ring", <-drained)
	})
}

// parse makes a recipe of the plant's parts.
func (p *plant) parse(name string, version int, more string) *recipe.Recipe {
	p.t.Helper()
	rec, err := recipe.Parse(fmt.Appendf(nil, "recipe: %s\nversion: %d\npart: {diameter_mm: %g, lanes: %d, lane_mm: %g}\nmodel: none\n%s", name, version, p.layout.DiameterMM, p.layout.Lanes, p.layout.LaneMM, more))
	if err != nil {
		p.t.Fatal(err)
	}
	return rec
}

// setup is what the line judges by, by a recipe and what recognises its parts.
func (p *plant) setup(rec *recipe.Recipe, d models.Detector) line.Setup {
	return line.Setup{Recipe: rec, Detector: d, Locator: func(line.View) (vision.Locator, error) { return &eye{layout: p.layout, took: p.took}, nil }}
}

// took is told of every picture that is looked at: those before it were as well, or
// never will be.
func (p *plant) took(f *camera.Frame) {
	p.seen.Store(time.Now().UnixNano())
	p.taken.Store(int64(f.Trigger))
}

// ends reports what ended in another way than by being told to.
func (p *plant) ends(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF) { // a recording's end
		p.t.Errorf("%s ended: %v", what, err)
	}
}

func (p *plant) openCamera(ctx context.Context, c *lens, b build, events event.Sink, work *sync.WaitGroup) {
	p.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	driver := b.driver
	if driver == nil {
		if driver, err = camerasim.New(c.id, camerasim.Settings{Address: l.Addr().String()}); err != nil {
			p.t.Fatal(err)
		}
	}
	w := b.watch
	w.Triggered, w.Moving = true, p.station.BeltMoving
	c.sup = camera.NewSupervisor(c.id, driver, w, quiet, func(s camera.State) {
		p.station.CameraState(s)
		events.Emit(event.New("/plant/camera/"+string(c.id), string(c.id), time.Now(), event.CameraState{Camera: string(c.id), State: s.Status.String(), Why: s.Error}))
	})
	work.Go(func() { p.ends("frames", c.frames.Serve(ctx, l)) })
	work.Go(func() { p.ends("camera", c.sup.Run(ctx, p.station.Sink(c.id))) })
	work.Go(func() { p.expose(ctx, c) })
}

// expose paints and sends what the shutter saw.
func (p *plant) expose(ctx context.Context, c *lens) {
	l := p.layout
	w, h := l.FramePx()
	pix := make([]byte, w*h)
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-c.shutter:
			paint(l, e.trigger.Travelled, e.parts, e.trigger.N, pix)
			pic := picture{e.trigger, w, h, pix}
			c.mu.Lock()
			hood := c.hood
			c.mu.Unlock()
			if hood != nil && !hood(&pic) {
				continue
			}
			// A client that is gone is the camera supervisor's matter.
			p.shown.Store(int64(e.trigger.N))
			_ = c.frames.Send(feed.FrameMsg{Trigger: e.trigger.N, Exposure: e.trigger.At.Add(e.waited), Tick: uint64(e.trigger.Tick), Width: pic.width, Height: pic.height, Format: camera.Grey, Pix: pic.pix})
		}
	}
}

// cover puts a hood over the lens, or takes it off.
func (c *lens) cover(hood func(*picture) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hood = hood
}

// Package belt moves parts: from the feed past the camera, the gate's sensor
// and the gate into the bin or on to the exit. It is the bench's physics: it
// knows what each part is, and counts by itself what became of it.
//
// Time is belt time, told by the caller: Advance(to) does everything that
// happens up to then, each event at its exact place, however coarse the steps.
// Paced by the wall clock it is a live line; paced by a loop it is a bench.
//
// A Belt has one lock. Advance, Fault and the getters may be called from any
// goroutine; the Program's methods, OnTrigger and OnFate run inside Advance
// with the lock held, so they must be quick and must not call those again.
// The methods of sim.Wiring take no lock: they are for the Program, from
// within its own calls.
package belt

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"linesman/plc"
	"linesman/sim"
)

// Config is a belt and what stands along it. Distances are millimetres.
type Config struct {
	Layout sim.Layout
	Speed  float64 // mm/s
	Feed   sim.Feed
	Start  time.Time // the wall clock's reading at belt time zero

	ValveDelay time.Duration // from the gate's command to the gate's move
	SensorMM   float64       // the gate sensor stands this far before the gate; default 100
	EjectMM    float64       // the ejection sensor, after the gate; default 40
	ExitMM     float64       // the exit sensor, after the gate; default 60
	EncoderAt  uint32        // the raw count at belt time zero, to start near a rollover
	TouchMM    float64       // closer centres than this touch; default 1.02 diameters
	// TriggersMM are the belt travels, ascending, at which the camera fires;
	// nil: at every part, or every StepMM, as the layout says. A recording's
	// pictures were taken where they were taken.
	TriggersMM []float64

	// OnTrigger is called when the camera fires, with the parts whose pictures
	// reach into the frame. The slice belongs to the callee.
	OnTrigger func(sim.Trigger, []sim.Part)
	// OnFate is called once for every part.
	OnFate func(sim.Fate)
}

// Belt is a moving belt. See the package comment for its lock.
type Belt struct {
	mu      sync.Mutex
	cfg     Config
	program sim.Program

	now       time.Duration
	travelled float64
	speed     float64 // while the drive runs
	driving   bool
	feeding   bool
	anchorT   time.Duration // travelled = anchorMM + speed * (now - anchorT)
	anchorMM  float64

	places agenda // what happens when the belt has travelled so far
	times  agenda // what happens when the clock has come so far
	order  uint64

	zero  int64   // absolute count at which the raw encoder reads 0
	laid  float64 // parts are laid up to here
	shift float64 // belt travel without feed, so far
	lanes []lane
	own   uint64 // trigger number where no program is attached

	faults faults
}

// lane is one row of parts and its gate.
type lane struct {
	riders  []*rider // by place, the foremost first
	open    bool     // the gate, physically
	compare uint64   // version of the loaded compare; older ones are stale
	last    *rider   // the last part that met the gate
}

// rider is a part on the belt.
type rider struct {
	part    sim.Part
	mm      float64 // its MM now; a slip changes it
	stage   stage
	version int // of its next event; older ones are stale
	side    sim.Side
	gone    bool // past its last sensor, or removed
	slipped bool
}

// stage is the next thing a rider meets.
type stage uint8

const (
	toCamera stage = iota // only where every part triggers
	toSensor
	toGate
	toEject
	toExit
	atEnd
)

const (
	layAhead = 50 // parts are laid this far before the line's zero
	layStep  = 10
)

// New returns a belt at rest at belt time zero; it starts to move with the
// first Advance.
func New(cfg Config) (*Belt, error) {
	switch l := cfg.Layout; {
	case cfg.Feed == nil:
		return nil, errors.New("belt: Feed is missing")
	case l.Lanes < 1 || l.PerMM <= 0 || l.DiameterMM <= 0:
		return nil, fmt.Errorf("belt: layout of %q needs lanes, counts a millimetre and a diameter, has %d, %g, %g", l.Product, l.Lanes, l.PerMM, l.DiameterMM)
	case cfg.Speed <= 0:
		return nil, fmt.Errorf("belt: speed %g mm/s: must be above 0", cfg.Speed)
	}
	defaults(&cfg)
	if room := cfg.Layout.GateMM - cfg.Layout.CameraMM - cfg.Layout.FrameXMM/2; cfg.SensorMM >= room {
		return nil, fmt.Errorf("belt: the gate sensor, %g mm before the gate, stands under the camera; less than %g mm are free", cfg.SensorMM, room)
	}
	b := &Belt{cfg: cfg, speed: cfg.Speed, driving: true, feeding: true, lanes: make([]lane, cfg.Layout.Lanes)}
	b.zero = -int64(cfg.EncoderAt)
	b.laid = 0
	b.atPlace(0, b.lay)
	switch {
	case cfg.TriggersMM != nil:
		b.listed(cfg.TriggersMM)
	case cfg.Layout.StepMM > 0:
		b.atPlace(cfg.Layout.StepMM, b.step)
	}
	return b, nil
}

func defaults(cfg *Config) {
	set := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	set(&cfg.SensorMM, 100)
	set(&cfg.EjectMM, 40)
	set(&cfg.ExitMM, 60)
	set(&cfg.TouchMM, 1.02*cfg.Layout.DiameterMM)
}

// Advance moves the belt on to belt time to. Going back does nothing.
func (b *Belt) Advance(to time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		place, timed := b.places.peek(), b.times.peek()
		var next *event
		due := to
		if timed != nil && timed.at <= due {
			next, due = timed, timed.at
		}
		if place != nil && b.moving() {
			if t := b.timeOf(place.mm); t <= due {
				next, due = place, t
			}
		}
		if next == nil {
			b.moveTo(to)
			return
		}
		b.moveTo(due)
		if next == place {
			b.travelled = max(b.travelled, place.mm)
			b.places.pop()
		} else {
			b.times.pop()
		}
		next.do()
	}
}

// moveTo carries the belt to time t, never past a place not yet dealt with.
func (b *Belt) moveTo(t time.Duration) {
	if t <= b.now {
		return
	}
	b.now = t
	if !b.moving() {
		return
	}
	mm := b.anchorMM + b.speed*(t-b.anchorT).Seconds()
	if place := b.places.peek(); place != nil {
		mm = min(mm, place.mm)
	}
	b.travelled = max(b.travelled, mm)
}

func (b *Belt) moving() bool { return b.driving && b.speed > 0 }

// timeOf returns when the belt will have travelled mm at its present speed.
func (b *Belt) timeOf(mm float64) time.Duration {
	s := (mm - b.anchorMM) / b.speed
	return max(b.now, b.anchorT+time.Duration(math.Ceil(s*1e9)))
}

// anchor begins a new stretch of even speed.
func (b *Belt) anchor() { b.anchorT, b.anchorMM = b.now, b.travelled }

// counts returns the encoder's count since belt time zero.
func (b *Belt) counts() int64 { return int64(math.Floor(b.travelled*b.cfg.Layout.PerMM + 1e-6)) }

func (b *Belt) wall() time.Time { return b.cfg.Start.Add(b.now) }

// SetSpeed changes the belt's speed at once, mm/s.
func (b *Belt) SetSpeed(mms float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.setSpeed(mms)
}

func (b *Belt) setSpeed(mms float64) {
	b.anchor()
	b.speed = max(0, mms)
}

// Done reports that the feed has ended and no part is left on the belt.
func (b *Belt) Done() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.cfg.Feed.Done() {
		return false
	}
	for _, l := range b.lanes {
		if len(l.riders) > 0 {
			return false
		}
	}
	return true
}

// Reading is where the belt stands.
type Reading struct {
	Now       time.Duration
	Travelled float64 // mm
	Speed     float64 // mm/s; 0 while the drive is off
	Encoder   uint32  // raw
	Feeding   bool
	Moving    bool
	Riders    int // parts on the belt
	// Shift is how far, in mm, the belt has travelled without feed: a part laid
	// from now on lies so much behind the place its feed gave it.
	Shift float64
}

// Read returns where the belt stands.
func (b *Belt) Read() Reading {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := Reading{Now: b.now, Travelled: b.travelled, Encoder: b.Encoder(), Feeding: b.feeding, Moving: b.moving(), Shift: b.shift}
	if r.Moving {
		r.Speed = b.speed
	}
	for _, l := range b.lanes {
		r.Riders += len(l.riders)
	}
	return r
}

// edge tells the program of a part at a sensor.
func (b *Belt) edge(s plc.Sensor, lane int) {
	if b.program != nil {
		b.program.Edge(s, lane, b.Encoder())
	}
}

// Package controller is the other side: a PLC at the gate that knows nothing
// of the judge. It numbers triggers by itself, latches every sensor edge with
// its encoder, keeps the gates in reject and opens one only for a part that has
// a pass in its queue and that its own sensor has seen. docs/plc.md tells the
// same in Structured Text.
//
// Two owners: the program (lanes, queues, holds) belongs to whoever advances
// the belt, under the belt's lock. The register image has a lock of its own,
// taken by the Modbus server's goroutines and by the scan; the program takes it
// last and calls nothing under it. A Modbus client so never waits for the belt.
// The network card has a third, to open and close it.
package controller

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"linesman/part"
	"linesman/plc"
	"linesman/sim"
)

// Config is how the controller is parametrised. Distances are millimetres.
type Config struct {
	Lanes int
	PerMM float64 // encoder counts a millimetre
	Bits  int     // of the encoder card, 16 or 32; default 32

	WindowMM float64 // the gate stands open this long around a part; default 14
	// ClearMM: a pass whose centre is closer than this to a part that does not
	// pass is vetoed; default the window. Set it above the diameter where parts
	// that touch drag each other along.
	ClearMM    float64
	MinPitchMM float64 // triggers closer than this are flagged as double; 0: never
	SensorMM   float64 // gate sensor before the gate; default 100
	EjectMM    float64 // ejection sensor after the gate; default 40
	ExitMM     float64 // exit sensor after the gate; default 60
	HorizonMM  float64 // entries due further ahead are refused; default 5000
	FeedMM     float64 // feed before the line's zero, at most; default 200

	Response  time.Duration // of the valve, taken off by the measured speed
	Scan      time.Duration // default 10 ms
	Jitter    float64       // of the scan, a share; default 0.2
	Seed      uint64        // of the jitter
	Heartbeat time.Duration // default 200 ms
	Clock     func() time.Time

	Pulse              bool // pulse mode: pass coils instead of the queue
	ReleaseOnHeartbeat bool // a hold for a lost heartbeat ends when it is back
	KeepMoving         bool // do not stop the belt when a reject is not confirmed
	StrayHold          int  // hold after so many parts in a row without an entry; 0: never
	LittleWords        bool // low word first
	FeedUnjudged       bool // another product is asked for, and parts let in, without waiting
}

// For returns the configuration that fits a drawn line: a window narrower than
// the gap between parts, and a veto wherever parts touch.
func For(l sim.Layout) Config {
	c := Config{Lanes: l.Lanes, PerMM: l.PerMM, WindowMM: 14, ClearMM: 1.06 * l.DiameterMM, Response: 12 * time.Millisecond}
	if l.StepMM > 0 {
		c.WindowMM = 8
	} else {
		c.MinPitchMM = 0.8 * l.PitchMM
	}
	return c
}

func (c *Config) defaults() {
	set := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	set(&c.WindowMM, 14)
	set(&c.SensorMM, 100)
	set(&c.EjectMM, 40)
	set(&c.ExitMM, 60)
	set(&c.HorizonMM, 5000)
	set(&c.FeedMM, 200)
	set(&c.Jitter, 0.2)
	if c.Bits == 0 {
		c.Bits = 32
	}
	if c.Scan == 0 {
		c.Scan = 10 * time.Millisecond
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = 200 * time.Millisecond
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Bits == 16 { // no further than half the card's range either way
		c.HorizonMM = min(c.HorizonMM, 30000/c.PerMM)
	}
}

// Controller is a simulated PLC on a belt's terminals.
type Controller struct {
	cfg    Config
	wiring sim.Wiring
	rng    *rand.Rand

	// The program's own, under the belt's lock.
	boot    uint32
	dead    time.Duration // not running before this belt time
	now     int64         // ticks since the boot; the low bits are the encoder's
	speed   speedometer
	why     plc.HoldReason
	lanes   []lane
	lastTrg int64 // tick of the last trigger
	counts  counters
	edges   []edge // latched since the last scan
	edgeSeq uint32
	echoes  []echo
	echoSeq uint32
	beatAt  time.Time // when the heartbeat last changed
	beaten  bool      // it has changed since boot
	window  int64     // ticks
	clear   int64
	strays  int // in a row
	scans   uint16
	product product

	recipe  atomic.Uint32 // number of the product chosen at the panel
	judged  atomic.Uint32 // number of the product the PC judges by
	release atomic.Bool   // the button at the panel
	image   image         // the registers, with their own lock
	network network       // the card, with its own lock
}

// counters since boot.
type counters struct {
	triggers, double, stray, vetoed, unsure, escaped uint32
}

// edge is a latched sensor edge, not yet published.
type edge struct {
	sensor plc.Sensor
	lane   int
	tick   int64
	number uint32
	double bool
}

// echo is an answer to an entry, not yet published.
type echo struct {
	lane    int
	due     int64
	result  plc.EchoResult
	fired   int64
	trigger uint32
}

// New connects a controller to the belt and boots it. Call it before the belt
// first advances.
func New(cfg Config, belt sim.Wiring) (*Controller, error) {
	cfg.defaults()
	switch {
	case cfg.Lanes < 1 || cfg.Lanes > plc.MaxLanes:
		return nil, fmt.Errorf("simulated controller: %d lanes; the register map has room for 1 to %d", cfg.Lanes, plc.MaxLanes)
	case cfg.PerMM <= 0:
		return nil, fmt.Errorf("simulated controller: PerMM %g: want counts a millimetre", cfg.PerMM)
	case cfg.Bits != 16 && cfg.Bits != 32:
		return nil, fmt.Errorf("simulated controller: encoder of %d bits: want 16 or 32", cfg.Bits)
	case cfg.SensorMM < max(cfg.ClearMM, cfg.WindowMM)+cfg.WindowMM/2:
		return nil, fmt.Errorf("simulated controller: the gate sensor at %g mm sees too little ahead for a window of %g mm and a clearance of %g mm", cfg.SensorMM, cfg.WindowMM, cfg.ClearMM)
	}
	c := &Controller{cfg: cfg, wiring: belt, rng: rand.New(rand.NewPCG(cfg.Seed, 10))}
	belt.Attach(c)
	c.start()
	belt.ScanIn(cfg.Scan)
	return c, nil
}

// start is the program's first cycle after power: nothing is remembered but
// the boot count.
func (c *Controller) start() {
	c.boot++
	c.now = int64(c.raw())
	c.why = plc.HoldBoot
	c.lanes = make([]lane, c.cfg.Lanes)
	for i := range c.lanes {
		c.lanes[i] = lane{number: i + 1, booted: c.now}
		c.wiring.Unload(i + 1)
		c.wiring.Gate(i+1, false)
	}
	c.speed = speedometer{}
	c.counts, c.edges, c.edgeSeq, c.echoes, c.echoSeq = counters{}, nil, 0, nil, 0
	c.beaten, c.strays, c.scans = false, 0, 0
	c.product = product{}
	c.lastTrg = c.now - c.ticks(1e6)
	c.window, c.clear = c.ticks(c.cfg.WindowMM), c.ticks(max(c.cfg.ClearMM, c.cfg.WindowMM))
	c.wiring.Feed(false)
	c.wiring.Drive(true)
	c.image.clear()
	c.publish()
}

// ticks converts millimetres.
func (c *Controller) ticks(mm float64) int64 { return int64(mm*c.cfg.PerMM + 0.5) }

// raw reads the encoder card.
func (c *Controller) raw() uint32 {
	if c.cfg.Bits == 16 {
		return c.wiring.Encoder() & 0xFFFF
	}
	return c.wiring.Encoder()
}

// widen places a raw count nearest to now.
func (c *Controller) widen(raw uint32) int64 {
	if c.cfg.Bits == 16 {
		return c.now + int64(int16(uint16(raw)-uint16(c.now)))
	}
	return c.now + int64(int32(raw-uint32(c.now)))
}

// sync brings now up to the encoder.
func (c *Controller) sync() { c.now = c.widen(c.raw()) }

// running reports that the controller has power.
func (c *Controller) running() bool { return c.wiring.Now() >= c.dead }

// Release is the button at the panel: it ends a hold at the next scan.
func (c *Controller) Release() { c.release.Store(true) }

// Choose sets the product's number at the panel, 0 for none, which outlasts a
// restart. The feed stops, the product is asked for once what it let in is past the
// line's zero, and the feed goes on once the PC judges by it.
func (c *Controller) Choose(number uint16) { c.recipe.Store(uint32(number)) }

// Judging returns the number of the product that the PC says it judges by.
func (c *Controller) Judging() uint16 { return uint16(c.judged.Load()) }

// outcome reads a register; what is not a pass is none.
func outcome(word uint16) part.Outcome {
	switch word {
	case plc.WirePass:
		return part.Pass
	case plc.WireFail:
		return part.Fail
	default:
		return part.Inconclusive
	}
}

// Output reports whether one of the site's output coils is set.
func (c *Controller) Output(coil int) bool {
	c.image.mu.Lock()
	defer c.image.mu.Unlock()
	return c.image.coils[plc.OutputCoil+coil]
}

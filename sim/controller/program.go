package controller

import (
	"fmt"
	"time"

	"linesman/plc"
	"linesman/sim"
)

var _ sim.Program = (*Controller)(nil)

// Trigger latches a trigger and numbers it.
func (c *Controller) Trigger(raw uint32) uint64 {
	if !c.running() {
		return 0
	}
	tick := c.widen(raw)
	c.counts.triggers++
	double := tick-c.lastTrg < c.ticks(c.cfg.MinPitchMM)
	if double {
		c.counts.double++
	}
	c.lastTrg = tick
	c.latch(edge{sensor: plc.TriggerEdge, tick: tick, number: c.counts.triggers, double: double})
	return uint64(c.counts.triggers)
}

// Edge latches a part at a sensor; a gate sensor's is referred to the gate.
func (c *Controller) Edge(sensor plc.Sensor, number int, raw uint32) {
	if !c.running() {
		return
	}
	c.sync()
	l := &c.lanes[number-1]
	tick := c.widen(raw)
	switch sensor {
	case plc.GateEdge:
		tick += c.ticks(c.cfg.SensorMM)
		l.gate++
		l.sightings = insert(l.sightings, &sighting{at: tick}, func(s *sighting) int64 { return s.at })
	case plc.EjectEdge:
		l.eject++
		c.ejected(l, tick-c.ticks(c.cfg.EjectMM))
	case plc.ExitEdge:
		l.exit++
		c.exited(l, tick-c.ticks(c.cfg.ExitMM))
	}
	c.latch(edge{sensor: sensor, lane: number, tick: tick})
}

func (c *Controller) latch(e edge) { c.edges = append(c.edges, e) }

func (c *Controller) answer(l *lane, s *slot, r plc.EchoResult, fired int64) {
	c.echoes = append(c.echoes, echo{lane: l.number, due: s.due, result: r, fired: fired, trigger: s.trigger})
}

// Compare is the encoder card's interrupt.
func (c *Controller) Compare(number int) {
	if !c.running() {
		return
	}
	c.sync()
	l := &c.lanes[number-1]
	c.act(l)
	c.arm(l)
}

// Scan is one cycle: heartbeat, commands, new entries, then the lanes.
func (c *Controller) Scan() {
	c.next()
	c.network.mend(c.wiring.Now())
	if !c.running() {
		return
	}
	if c.dead > 0 { // power is back
		c.dead = 0
		c.wiring.ZeroEncoder()
		c.start()
		return
	}
	c.sync()
	c.scans++
	c.speed.read(c.wiring.Now(), c.now)
	in := c.image.take()
	c.parameters(in)
	c.judged.Store(uint32(in.recipe))
	c.choose()
	c.heartbeat(in)
	c.commands(in)
	for i := range c.lanes {
		c.settle(&c.lanes[i])
	}
	c.entries()
	if c.cfg.Pulse {
		c.pulses(in)
	}
	for i := range c.lanes {
		c.act(&c.lanes[i])
		c.arm(&c.lanes[i])
	}
	c.wiring.Feed(c.why == 0 && c.product.feeds)
	c.publish()
}

// product is where the change to another product stands.
type product struct {
	asked   uint32 // number in the register
	turning bool   // another is chosen, and what was let in not yet past the line's zero
	since   int64  // tick at which it was chosen
	feeds   bool   // parts may come in
}

// choose follows the switch at the panel.
func (c *Controller) choose() {
	p, chosen := &c.product, c.recipe.Load()
	if chosen != p.asked && !p.turning {
		p.turning, p.since = true, c.now
	}
	if p.turning && (c.cfg.FeedUnjudged || chosen == 0 || c.now-p.since >= c.ticks(c.cfg.FeedMM)) {
		p.asked, p.turning = chosen, false
	}
	p.feeds = c.cfg.FeedUnjudged || !p.turning && (p.asked == 0 || p.asked == c.judged.Load())
}

// next asks for the next scan, with jitter.
func (c *Controller) next() {
	share := 1 + c.cfg.Jitter*(2*c.rng.Float64()-1)
	c.wiring.ScanIn(time.Duration(float64(c.cfg.Scan) * share))
}

// parameters takes over what the PC set, where it set something.
func (c *Controller) parameters(in inputs) {
	if in.window > 0 {
		c.window = int64(in.window)
	}
	if in.clear > 0 {
		c.clear = int64(in.clear)
	}
	c.clear = max(c.clear, c.window)
}

// heartbeat watches ours against the clock on the wall.
func (c *Controller) heartbeat(in inputs) {
	if !in.beatAt.IsZero() {
		c.beatAt, c.beaten = in.beatAt, true
	}
	if !c.beaten {
		return // held since boot in any case
	}
	alive := c.alive()
	switch {
	case !alive:
		c.hold(plc.HoldHeartbeat)
	case c.cfg.ReleaseOnHeartbeat:
		c.why &^= plc.HoldHeartbeat
	}
	if alive && in.bootSeen == uint16(c.boot) {
		c.why &^= plc.HoldBoot
	}
}

func (c *Controller) alive() bool { return c.cfg.Clock().Sub(c.beatAt) <= c.cfg.Heartbeat }

// commands obeys hold and release.
func (c *Controller) commands(in inputs) {
	release := c.release.Swap(false)
	if in.command {
		switch in.what {
		case plc.CommandHold:
			c.hold(plc.HoldPC)
		case plc.CommandRelease:
			release = true
		}
	}
	if !release {
		return
	}
	c.strays = 0
	switch { // a hold stays while nobody is there who could pass a part
	case !c.beaten:
		c.why = plc.HoldBoot
	case !c.alive():
		c.why = plc.HoldHeartbeat
	default:
		c.why = 0
	}
	c.wiring.Drive(true)
}

// hold puts every gate into reject, refuses what is queued and stops the feed.
func (c *Controller) hold(why plc.HoldReason) {
	if c.why&why == why {
		return
	}
	c.why |= why
	if why&(plc.HoldUnconfirmed|plc.HoldEscape) != 0 && !c.cfg.KeepMoving {
		c.wiring.Drive(false)
	}
	for i := range c.lanes {
		l := &c.lanes[i]
		for _, s := range l.slots {
			if s.state == waiting {
				s.state = rejected
				c.answer(l, s, plc.Refused, 0)
			}
		}
		c.cut(l)
		c.arm(l)
	}
	c.wiring.Feed(false)
}

// Fault breaks the controller: a restart, or a network card that hangs or
// closes its connections. Value is in seconds.
func (c *Controller) Fault(kind string, value float64) error {
	span := func(d float64) time.Duration {
		if value > 0 {
			d = value
		}
		return time.Duration(d * float64(time.Second))
	}
	switch kind {
	case "plc-restart":
		c.dead = c.wiring.Now() + span(0.3)
		for i := range c.lanes { // valves lose their power
			c.wiring.Unload(i + 1)
			c.wiring.Gate(i+1, false)
		}
		c.wiring.Feed(false)
		c.network.cut(c.dead)
	case "hang":
		c.network.hang(c.wiring.Now() + span(1))
	case "refuse":
		c.network.cut(c.wiring.Now() + span(1))
	default:
		return fmt.Errorf("fault %q is not known to the controller", kind)
	}
	return nil
}

// speedometer measures the belt over the last scans.
type speedometer struct {
	readings [4]reading
	n        int
	speed    float64 // ticks a second
	unsteady bool
}

type reading struct {
	at   time.Duration
	tick int64
}

// read takes one reading a scan; the speed is that of the last two scans, and
// unsteady if it differs by a tenth from that of the two before.
func (s *speedometer) read(at time.Duration, tick int64) {
	copy(s.readings[1:], s.readings[:3])
	s.readings[0] = reading{at, tick}
	s.n = min(s.n+1, 4)
	if s.n < 4 {
		s.unsteady = true
		return
	}
	rate := func(a, b reading) float64 { return float64(a.tick-b.tick) / (a.at - b.at).Seconds() }
	before := rate(s.readings[1], s.readings[3])
	s.speed = rate(s.readings[0], s.readings[2])
	span := (s.readings[0].at - s.readings[2].at).Seconds()
	s.unsteady = abs(s.speed-before) > 0.1*max(s.speed, before)+2/span
}

func abs(x float64) float64 { return max(x, -x) }

package modbus

import (
	"context"
	"time"

	"linesman/part"
	"linesman/plc"
)

// Read polls status, counters, edges and echoes. A new boot count is answered
// with our handshake, once the caller has been told of it by this reading. What
// a reading that broke in its middle had brought comes with the next one.
func (c *conn) Read(ctx context.Context) (plc.Status, error) {
	w, err := c.input(ctx, "read status", 0, plc.StatusWords)
	if err != nil {
		return plc.Status{}, err
	}
	s := c.status(w, time.Now())
	u := &c.unsaid
	u.reset = u.reset || s.Reset
	edges, missed, err := c.readEdges(ctx, c.long(w[plc.StatusEdges:]))
	if err != nil {
		return s, err
	}
	u.edges, u.missed = append(u.edges, edges...), u.missed+missed
	echoes, missed, err := c.readEchoes(ctx, c.long(w[plc.StatusEchoes:]))
	if err != nil {
		return s, err
	}
	u.echoes, u.missed = append(u.echoes, echoes...), u.missed+missed
	if s.Why&plc.HoldBoot != 0 {
		if err := c.write(ctx, "handshake", plc.BootSeenReg, uint16(s.Boot)); err != nil {
			return s, err
		}
	}
	s.Edges, s.Echoes, s.Missed, s.Reset = u.edges, u.echoes, u.missed, u.reset
	c.unsaid = unsaid{}
	return s, nil
}

// unsaid is what was read and could not yet be told.
type unsaid struct {
	edges  []plc.Edge
	echoes []plc.Echo
	missed uint64
	reset  bool
}

// status reads the block and widens its encoder.
func (c *conn) status(w []uint16, at time.Time) plc.Status {
	s := plc.Status{
		At: at, Boot: uint64(c.long(w[plc.StatusBoot:])), Speed: float64(c.long(w[plc.StatusSpeed:])),
		Held: w[plc.StatusFlags]&plc.FlagHeld != 0, Running: w[plc.StatusFlags]&plc.FlagRunning != 0,
		Why: plc.HoldReason(w[plc.StatusWhy]), Window: int64(w[plc.StatusWindow]),
		Stray: uint64(c.long(w[plc.StatusStray:])), Escaped: uint64(c.long(w[plc.StatusEscaped:])), Unsure: uint64(c.long(w[plc.StatusUnsure:])),
		Recipe: w[plc.StatusRecipe],
		Counts: plc.Counts{Triggers: uint64(c.long(w[plc.StatusTrigger:]))},
	}
	for lane := range c.lanes {
		at := plc.StatusLane + lane*plc.LaneWords
		s.Counts.Gate = append(s.Counts.Gate, uint64(c.long(w[at:])))
		s.Counts.Eject = append(s.Counts.Eject, uint64(c.long(w[at+2:])))
		s.Counts.Exit = append(s.Counts.Exit, uint64(c.long(w[at+4:])))
	}
	if s.Boot != c.boot { // it counts from 0 again
		c.boot, c.edges, c.echoes, c.unsaid = s.Boot, 0, 0, unsaid{}
	}
	if s.Boot != c.headBoot { // its ring is empty
		c.head, c.headBoot = 0, s.Boot
	}
	c.taken, c.command = w[plc.StatusTaken], w[plc.StatusCommand]
	if c.roundUnseen(at, s.Speed) {
		c.bootSalt++
	}
	s.Now, s.Reset = c.unroll.Read(uint64(c.long(w[plc.StatusEncoder:])), s.Boot<<16|c.bootSalt&0xFFFF, at)
	c.readAt, c.speed = at, s.Speed
	return s
}

// roundUnseen reports that so much time went by without a reading that the
// encoder may have gone half way round: its ticks mean nothing any more.
func (c *conn) roundUnseen(at time.Time, speed float64) bool {
	if c.readAt.IsZero() {
		return false
	}
	half := float64(uint64(1) << (c.bits - 1))
	return at.Sub(c.readAt).Seconds()*max(speed, c.speed)*1.25 > half
}

// ring is one of the controller's FIFOs as it lies in the registers.
type ring struct {
	what               string
	base, slots, words int
	last, newest       uint32
}

// maxWords is what one request can read.
const maxWords = 125

// read reads the ring's slots after last up to newest, calling slot for each
// that still holds the seq it should. Those overwritten are counted as missed.
func (c *conn) read(ctx context.Context, r ring, missed *uint64, slot func(w []uint16)) error {
	behind := r.newest - r.last
	if behind > uint32(r.slots) {
		*missed += uint64(behind - uint32(r.slots))
		r.last = r.newest - uint32(r.slots)
	}
	for r.last != r.newest {
		first := r.last + 1
		at := int(first % uint32(r.slots))
		n := min(int(r.newest-r.last), r.slots-at, maxWords/r.words)
		w, err := c.input(ctx, r.what, r.base+at*r.words, n*r.words)
		if err != nil {
			return err
		}
		for i := range n {
			one := w[i*r.words : (i+1)*r.words]
			if c.long(one) == first+uint32(i) {
				slot(one)
			} else {
				*missed++
			}
		}
		r.last += uint32(n)
	}
	return nil
}

func (c *conn) readEdges(ctx context.Context, newest uint32) (edges []plc.Edge, missed uint64, err error) {
	r := ring{what: "read edges", base: plc.EdgeBase, slots: plc.EdgeSlots, words: plc.EdgeWords, last: c.edges, newest: newest}
	err = c.read(ctx, r, &missed, func(w []uint16) {
		edges = append(edges, plc.Edge{
			Seq: uint64(c.long(w)), Sensor: plc.Sensor(w[2] >> 8), Lane: int(w[2] & 0xFF), Tick: c.widen(w[3:]),
			Number: uint64(w[5] &^ plc.EdgeDouble), Double: w[5]&plc.EdgeDouble != 0,
		})
	})
	if err == nil {
		c.edges = newest
	}
	return edges, missed, err
}

func (c *conn) readEchoes(ctx context.Context, newest uint32) (echoes []plc.Echo, missed uint64, err error) {
	r := ring{what: "read echoes", base: plc.EchoBase, slots: plc.EchoSlots, words: plc.EchoWords, last: c.echoes, newest: newest}
	err = c.read(ctx, r, &missed, func(w []uint16) {
		e := plc.Echo{Seq: uint64(c.long(w)), Result: plc.EchoResult(w[2] >> 8), Lane: int(w[2] & 0xFF), Due: c.widen(w[3:])}
		if e.Result == plc.Opened {
			e.Fired = c.widen(w[5:])
		}
		echoes = append(echoes, e)
	})
	if err == nil {
		c.echoes = newest
	}
	return echoes, missed, err
}

func (c *conn) widen(w []uint16) part.Tick { return c.unroll.Widen(uint64(c.long(w))) }

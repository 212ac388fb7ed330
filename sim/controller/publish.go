package controller

import "linesman/plc"

// publish writes the status block, the new edges and the new echoes: readers
// see one scan or the next, never half of one.
func (c *Controller) publish() {
	m := &c.image
	m.mu.Lock()
	defer m.mu.Unlock()
	put := func(at int, v uint32) { split(m.input[at:at+2], v, c.cfg.LittleWords) }
	for _, e := range c.edges {
		c.edgeSeq++
		at := plc.EdgeBase + int(c.edgeSeq%plc.EdgeSlots)*plc.EdgeWords
		put(at, c.edgeSeq)
		m.input[at+2] = uint16(e.sensor)<<8 | uint16(e.lane)
		put(at+3, c.onWire(e.tick))
		m.input[at+5] = uint16(e.number) &^ plc.EdgeDouble
		if e.double {
			m.input[at+5] |= plc.EdgeDouble
		}
	}
	for _, e := range c.echoes {
		c.echoSeq++
		at := plc.EchoBase + int(c.echoSeq%plc.EchoSlots)*plc.EchoWords
		put(at, c.echoSeq)
		m.input[at+2] = uint16(e.result)<<8 | uint16(e.lane)
		put(at+3, c.onWire(e.due))
		put(at+5, c.onWire(e.fired))
		m.input[at+7] = uint16(e.trigger)
	}
	c.edges, c.echoes = c.edges[:0], c.echoes[:0]
	c.status(put)
}

// status fills the status block; the image's lock is held.
func (c *Controller) status(put func(at int, v uint32)) {
	in := c.image.input[:plc.StatusWords]
	in[plc.StatusMagic], in[plc.StatusVersion] = plc.Magic, plc.MapVersion
	in[plc.StatusLanes], in[plc.StatusBits] = uint16(len(c.lanes)), uint16(c.cfg.Bits)
	in[plc.StatusFlags] = 0
	flag := func(bit uint16, set bool) {
		if set {
			in[plc.StatusFlags] |= bit
		}
	}
	flag(plc.FlagHeld, c.why != 0)
	flag(plc.FlagRunning, c.speed.speed > 0)
	flag(plc.FlagPulse, c.cfg.Pulse)
	in[plc.StatusWhy] = uint16(c.why)
	in[plc.StatusTaken], in[plc.StatusCommand] = c.image.taken, c.image.command
	in[plc.StatusScans], in[plc.StatusBeat] = c.scans, c.image.holding[plc.BeatReg]
	in[plc.StatusWindow], in[plc.StatusClear] = uint16(c.window), uint16(c.clear)
	in[plc.StatusRecipe] = uint16(c.product.asked)
	put(plc.StatusBoot, c.boot)
	put(plc.StatusEncoder, c.onWire(c.now))
	put(plc.StatusSpeed, uint32(max(0, c.speed.speed)))
	put(plc.StatusEdges, c.edgeSeq)
	put(plc.StatusEchoes, c.echoSeq)
	put(plc.StatusTrigger, c.counts.triggers)
	put(plc.StatusStray, c.counts.stray)
	put(plc.StatusDouble, c.counts.double)
	put(plc.StatusVetoed, c.counts.vetoed)
	put(plc.StatusUnsure, c.counts.unsure)
	put(plc.StatusEscaped, c.counts.escaped)
	for i := range c.lanes {
		at := plc.StatusLane + i*plc.LaneWords
		put(at, c.lanes[i].gate)
		put(at+2, c.lanes[i].eject)
		put(at+4, c.lanes[i].exit)
	}
}

// onWire cuts a tick to the encoder card's width.
func (c *Controller) onWire(tick int64) uint32 {
	if c.cfg.Bits == 16 {
		return uint32(uint16(tick))
	}
	return uint32(tick)
}

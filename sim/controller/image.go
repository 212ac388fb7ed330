package controller

import (
	"sync"
	"time"

	"linesman/plc"
)

// image is the controller's registers. Its lock is the innermost: the server's
// goroutines and the scan take it, and call nothing under it.
type image struct {
	mu      sync.Mutex
	input   [plc.EchoBase + plc.EchoSlots*plc.EchoWords]uint16
	holding [plc.EntryBase + plc.EntrySlots*plc.EntryWords]uint16
	coils   [plc.Coils]bool
	taken   uint16 // seq of the last entry taken
	command uint16 // seq of the last command obeyed
	beatAt  time.Time
}

// inputs is what one scan takes from the PC.
type inputs struct {
	beatAt   time.Time // when the heartbeat changed; zero if it has not
	bootSeen uint16
	command  bool
	what     uint16
	window   uint16
	clear    uint16
	recipe   uint16
	pulse    [plc.MaxLanes]bool
}

// wireEntry is one slot of the ring.
type wireEntry struct {
	trigger, due        uint32
	lane, outcome, boot uint16
}

// clear is power up: every register reads zero.
func (m *image) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.input[:])
	clear(m.holding[:])
	clear(m.coils[:])
	m.taken, m.command, m.beatAt = 0, 0, time.Time{}
}

// take reads what the PC wrote since the last scan. Pass coils fall back by
// themselves.
func (m *image) take() inputs {
	m.mu.Lock()
	defer m.mu.Unlock()
	in := inputs{beatAt: m.beatAt, bootSeen: m.holding[plc.BootSeenReg], window: m.holding[plc.WindowReg], clear: m.holding[plc.ClearReg], recipe: m.holding[plc.RecipeReg]}
	m.beatAt = time.Time{}
	if seq := m.holding[plc.CommandSeq]; seq != m.command {
		m.command, in.command, in.what = seq, true, m.holding[plc.CommandReg]
	}
	copy(in.pulse[:], m.coils[plc.PassCoil:])
	clear(m.coils[plc.PassCoil : plc.PassCoil+plc.MaxLanes])
	return in
}

// nextEntry takes the next entry whose sequence word has been written.
func (m *image) nextEntry(little bool) (wireEntry, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.taken + 1
	at := plc.EntryBase + int(next%plc.EntrySlots)*plc.EntryWords
	w := m.holding[at : at+plc.EntryWords]
	if m.taken == m.holding[plc.HeadReg] || w[7] != next {
		return wireEntry{}, false
	}
	m.taken = next
	return wireEntry{trigger: join(w[0:2], little), lane: w[2], outcome: w[3], due: join(w[4:6], little), boot: w[6]}, true
}

func join(w []uint16, little bool) uint32 {
	if little {
		return uint32(w[1])<<16 | uint32(w[0])
	}
	return uint32(w[0])<<16 | uint32(w[1])
}

func split(w []uint16, v uint32, little bool) {
	w[0], w[1] = uint16(v>>16), uint16(v)
	if little {
		w[0], w[1] = w[1], w[0]
	}
}

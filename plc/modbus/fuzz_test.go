package modbus

import (
	"testing"
	"time"

	"linesman/part"
	"linesman/plc"
)

// FuzzStatus reads a status block of arbitrary words: a controller gone wrong
// may say anything, but never make us panic or go back within an epoch by more
// than its encoder can.
func FuzzStatus(f *testing.F) {
	f.Add([]byte{}, uint8(8), true)
	f.Add([]byte{0x4C, 0x4D, 0, 1, 0, 8, 0, 32, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xF0}, uint8(15), false)
	f.Fuzz(func(t *testing.T, b []byte, lanes uint8, wide bool) {
		bits := 16
		if wide {
			bits = 32
		}
		c := &conn{Link: &Link{bits: bits, lanes: 1 + int(lanes)%plc.MaxLanes, unroll: &part.Unroller{Bits: bits, MaxSpeed: 1e6}}}
		w := make([]uint16, plc.StatusWords)
		at := time.Unix(0, 0)
		var last plc.Status
		for round := range 3 {
			for i := range w {
				if len(b) > 0 {
					w[i] = uint16(b[(2*i+round)%len(b)])<<8 | uint16(b[(2*i+1)%len(b)])
				}
			}
			at = at.Add(20 * time.Millisecond)
			s := c.status(w, at)
			if len(s.Counts.Gate) != c.lanes || len(s.Counts.Exit) != c.lanes {
				t.Fatalf("counts of %d lanes: %+v", c.lanes, s.Counts)
			}
			if round > 0 && s.Reset != (s.Now.Epoch != last.Now.Epoch) {
				t.Fatalf("reset %v from %v to %v", s.Reset, last.Now, s.Now)
			}
			if step, ok := s.Now.Sub(last.Now); round > 0 && ok && (step > 1<<(bits-1) || -step > 1<<(bits-1)) {
				t.Fatalf("a step of %d from %v", step, last.Now)
			}
			last = s
		}
	})
}

package rtsp

import (
	"runtime"
	"testing"

	"github.com/pion/rtp"

	"linesman/camera/codec"
)

// Fragments that carry nothing never make a picture too large by what they
// carry; by what they take they do.
func TestFragmentsOfNothing(t *testing.T) {
	cases := []struct {
		with        coding
		first, more []byte
	}{
		{both[0], []byte{0x7c, 0x85, 1}, []byte{0x7c, 0x05}},
		{both[1], []byte{0x62, 0x01, 0x93, 1}, []byte{0x62, 0x01, 0x13}},
	}
	for _, c := range cases {
		in, err := newIntake(nil, nil, c.with)
		if err != nil {
			t.Fatal(err)
		}
		before := heap()
		given := 0
		for n := range 300_000 {
			payload := c.more
			if n == 0 {
				payload = c.first
			}
			p := &rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(n)}, Payload: append([]byte(nil), payload...)}
			if _, _, err := in.join(p); err != nil {
				given++
			}
			if in.held > codec.MaxUnit {
				t.Fatalf("%s: %d bytes are held", c.with.name(), in.held)
			}
		}
		if grown := heap() - before; grown > 4<<20 || given == 0 {
			t.Errorf("%s: %d MB are held after 300,000 fragments of nothing, %d were refused", c.with.name(), grown>>20, given)
		}
		runtime.KeepAlive(in)
	}
}

// heap returns how many bytes of Go's memory are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A decoder that is behind lets units wait, so many and of so many bytes;
// what there is no room for is lost and counted.
func TestUnitsThatWait(t *testing.T) {
	cases := []struct {
		name       string
		size       int
		wait, lost uint64
	}{
		{"small ones", 1000, unitQueue, 100 - unitQueue},
		{"large ones", 3 << 20, 5, 95},
		{"one that fills it", maxQueued, 1, 99},
		{"too large a one", maxQueued + 1, 0, 100},
	}
	for _, c := range cases {
		in, err := newIntake(nil, nil, both[0])
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			in.put(unit{size: c.size})
		}
		if n := uint64(len(in.units)); n != c.wait || in.lost != c.lost || in.queued.Load() != int64(c.wait)*int64(c.size) {
			t.Errorf("%s: %d wait with %d bytes and %d are lost, want %d and %d", c.name, n, in.queued.Load(), in.lost, c.wait, c.lost)
			continue
		}
		if c.wait == 0 {
			continue
		}
		in.queued.Add(int64(-(<-in.units).size))
		in.put(unit{size: c.size, lost: in.lost})
		if n := uint64(len(in.units)); n != c.wait || in.lost != 0 {
			t.Errorf("%s: after one was taken %d wait and %d are lost, want %d and none", c.name, n, in.lost, c.wait)
		}
	}
}

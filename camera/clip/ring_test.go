package clip_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/clip"
)

// packet is one of a stream of which only sizes and times matter.
func packet(at time.Duration, key bool, size int) *camera.Packet {
	return &camera.Packet{Camera: "yard", Codec: clip.H264, PTS: at, At: begin.Add(at), Key: key, Data: make([]byte, size)}
}

func ring(t testing.TB, l clip.Limits) *clip.Ring {
	t.Helper()
	r, err := clip.NewRing(l)
	must(t, err)
	return r
}

// TestTheRingIsBounded puts an hour of ten pictures a second, a key picture
// every second, of 1,000 bytes each.
func TestTheRingIsBounded(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits clip.Limits
		span   time.Duration // at least, and at most two seconds more
	}{
		{"in seconds", clip.Limits{For: 20 * time.Second, Bytes: 1 << 30}, 20 * time.Second},
		{"in bytes", clip.Limits{For: time.Hour, Bytes: 100_000}, 8 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := ring(t, c.limits)
			for i := range 36_000 {
				must(t, r.Put(packet(time.Duration(i)*100*ms, i%10 == 0, 1000)))
				k := r.Kept()
				if k.Bytes > c.limits.Bytes || k.Bytes != int64(k.Packets)*1000 {
					t.Fatalf("after %d packets it holds %d bytes in %d packets", i+1, k.Bytes, k.Packets)
				}
			}
			k := r.Kept()
			if span := k.To.Sub(k.From); span < c.span || span > c.span+2*time.Second {
				t.Errorf("it holds %v, want %v", span, c.span)
			}
			if head := r.Cut(k.From, k.To)[0]; !head.Key {
				t.Error("it does not begin with a key picture")
			}
		})
	}
}

func TestCut(t *testing.T) {
	r := ring(t, clip.Limits{For: time.Minute, Bytes: 1 << 20})
	if got := r.Cut(begin, begin.Add(time.Hour)); got != nil {
		t.Errorf("an empty ring gave %d packets", len(got))
	}
	var all []*camera.Packet
	for i := range 100 {
		p := packet(time.Duration(i)*100*ms, i%10 == 0, 10)
		all = append(all, p)
		must(t, r.Put(p))
	}
	for _, c := range []struct {
		name        string
		from, to    time.Duration
		first, last int // of all; last -1 is none
	}{
		{"from a key picture", 2 * time.Second, 3 * time.Second, 20, 30},
		{"from within a group", 2900 * ms, 3050 * ms, 20, 30},
		{"from before all", -time.Hour, 500 * ms, 0, 5},
		{"to beyond all", 9500 * ms, time.Hour, 90, 99},
		{"from beyond all", time.Hour, 2 * time.Hour, 90, 99},
		{"one moment", 2 * time.Second, 2 * time.Second, 20, 20},
		{"the wrong way round", 5 * time.Second, 4 * time.Second, 0, -1},
		{"before all", -2 * time.Hour, -time.Hour, 0, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, want := r.Cut(begin.Add(c.from), begin.Add(c.to)), all[c.first:c.last+1]; !slices.Equal(got, want) {
				t.Errorf("got %d packets, want %d from number %d on, and those themselves", len(got), len(want), c.first)
			}
		})
	}
}

func TestWhatTheRingDoesNotKeep(t *testing.T) {
	r := ring(t, clip.Limits{For: time.Minute, Bytes: 1000})
	for i := range 5 {
		must(t, r.Put(packet(time.Duration(i)*100*ms, false, 10)))
	}
	if k := r.Kept(); k.Packets != 0 || k.Early != 5 {
		t.Errorf("before the first key picture it keeps %d packets and counts %d early, want 0 and 5", k.Packets, k.Early)
	}
	for i := range 30 { // one group of 3,000 bytes
		must(t, r.Put(packet(time.Second+time.Duration(i)*100*ms, i == 0, 100)))
	}
	if k := r.Kept(); k.Packets != 0 || k.Overflown != 11 || k.Early != 24 {
		t.Errorf("of a group larger than itself it keeps %d packets, and counts %d overflown and %d early; want 0, 11 and 24", k.Packets, k.Overflown, k.Early)
	}
	must(t, r.Put(packet(9*time.Second, true, 100)))
	if k := r.Kept(); k.Packets != 1 {
		t.Errorf("after the next key picture it keeps %d packets, want 1", k.Packets)
	}
	for _, c := range []struct {
		name string
		do   func(*camera.Packet)
		want error
	}{
		{"JPEG", func(p *camera.Packet) { p.Codec = "jpeg" }, clip.ErrCodec},
		{"an unknown codec", func(p *camera.Packet) { p.Codec = "av1" }, clip.ErrCodec},
		{"no data", func(p *camera.Packet) { p.Data = nil }, clip.ErrStream},
		{"no time", func(p *camera.Packet) { p.At = time.Time{} }, clip.ErrStream},
	} {
		p := packet(10*time.Second, true, 10)
		c.do(p)
		if err := r.Put(p); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	for _, l := range []clip.Limits{{}, {For: time.Second}, {Bytes: 1}, {For: -1, Bytes: 1}} {
		if _, err := clip.NewRing(l); err == nil {
			t.Errorf("limits %+v were accepted", l)
		}
	}
}

// TestTheRingOutlivesClocks restarts the stream and sets the clock: the seconds
// before are still there, and still bounded.
func TestTheRingOutlivesClocks(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour} {
		for _, anew := range []bool{false, true} {
			t.Run(fmt.Sprintf("set by %v, stream anew %v", by, anew), func(t *testing.T) {
				r := ring(t, clip.Limits{For: 10 * time.Second, Bytes: 1 << 20})
				for i := range 1000 {
					p := packet(time.Duration(i)*100*ms, i%10 == 0, 10)
					if i >= 500 {
						if p.At = p.At.Add(by); anew {
							p.PTS -= 50 * time.Second
						}
					}
					must(t, r.Put(p))
					if k := r.Kept(); k.Packets > 130 {
						t.Fatalf("after %d packets it holds %d, want at most 130", i+1, k.Packets)
					} else if i == 510 && !(anew && by > 0) && k.Packets < 100 {
						t.Errorf("soon after, it holds %d packets, want 10 s of them", k.Packets)
					}
				}
			})
		}
	}
}

func TestReadersCutWhileTheCameraWrites(t *testing.T) {
	r := ring(t, clip.Limits{For: 5 * time.Second, Bytes: 1 << 20})
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				k := r.Kept()
				for i, p := range r.Cut(k.From, k.To) {
					if i == 0 && !p.Key {
						t.Error("a cut begins without a key picture")
						return
					}
				}
			}
		})
	}
	for i := range 5000 {
		must(t, r.Put(packet(time.Duration(i)*40*ms, i%25 == 0, 100)))
	}
	close(stop)
	readers.Wait()
}

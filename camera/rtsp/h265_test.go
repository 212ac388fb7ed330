package rtsp_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/pion/rtp"

	"linesman/camera"
	"linesman/camera/cameratest"
	"linesman/camera/rtsp"
	publisher "linesman/sim/rtsp"
)

// h265Kind returns the type of a NAL unit of H.265.
func h265Kind(nalu []byte) byte { return nalu[0] >> 1 & 0x3f }

func TestH265Conformance(t *testing.T) {
	cameratest.Run(t, cameratest.Rig{
		Camera: "top", Frames: 10,
		Healthy: func(t *testing.T) camera.Driver {
			return driver(t, rtsp.Settings{URL: with(t, publisher.Options{Codec: "h265"}).URL()})
		},
		Broken: map[string]cameratest.Broken{
			"key pictures never arrive": {Open: func(t *testing.T) camera.Driver {
				return driver(t, rtsp.Settings{URL: with(t, publisher.Options{Codec: "h265", Mangle: func(p *rtp.Packet) bool {
					return h265Kind(p.Payload) < 16
				}}).URL()})
			}, Says: []string{"no key picture", "I-frame interval"}},
		},
	})
}

// A key picture stands behind all three parameter sets, and the picture is the
// one that was published.
func TestH265PicturesAndPackets(t *testing.T) {
	p := with(t, publisher.Options{Codec: "h265", KeyEvery: 8})
	w := newWatcher()
	w.until(t, driver(t, rtsp.Settings{URL: p.URL()}), func() bool { return len(w.frames) >= 20 })
	if f := w.frames[0]; f.Width != 64 || f.Height != 48 || f.Damaged {
		t.Errorf("the first frame is %d x %d, damaged %v", f.Width, f.Height, f.Damaged)
	}
	positions := map[int]bool{}
	for _, pix := range w.pix {
		for x := range 64 {
			if pix[(24*64+x)*3] > 128 {
				positions[x] = true
				break
			}
		}
	}
	if len(positions) < 5 {
		t.Errorf("the bar stood at %d places in 20 pictures; it moves", len(positions))
	}
	keys := 0
	for i, p := range w.packets {
		if p.Codec != "h265" || i > 0 && p.PTS <= w.packets[i-1].PTS {
			t.Fatalf("packet %d is %q at %v", i, p.Codec, p.PTS)
		}
		if !p.Key {
			continue
		}
		keys++
		var kinds []byte
		for n := range strings.SplitSeq(string(p.Data), "\x00\x00\x01") {
			if n = strings.TrimRight(n, "\x00"); n != "" {
				kinds = append(kinds, h265Kind([]byte(n)))
			}
		}
		if len(kinds) < 4 || kinds[0] != 32 || kinds[1] != 33 || kinds[2] != 34 {
			t.Errorf("key packet %d holds units %v, want 32, 33 and 34 first", i, kinds)
		}
	}
	if !w.packets[0].Key || w.packets[0].PTS != 0 || keys < 2 {
		t.Errorf("%d key packets, the first packet is key %v at %v", keys, w.packets[0].Key, w.packets[0].PTS)
	}
}

func TestH265LossIsDamageUntilTheNextKeyPicture(t *testing.T) {
	var mu sync.Mutex
	lose, asked := false, 0
	p := with(t, publisher.Options{Codec: "h265", KeyEvery: 10, Mangle: func(p *rtp.Packet) bool {
		mu.Lock()
		defer mu.Unlock()
		if lose && h265Kind(p.Payload) < 16 { // a whole picture, no key one
			lose = false
			return false
		}
		return true
	}})
	w := newWatcher()
	w.until(t, driver(t, rtsp.Settings{URL: p.URL()}), func() bool {
		mu.Lock()
		defer mu.Unlock()
		if n := len(w.frames); n >= 15 && asked == 0 {
			lose, asked = true, n
		}
		return asked > 0 && len(w.frames) >= asked+25
	})
	first, last, damaged := 0, 0, 0
	for i, f := range w.frames {
		if f.Damaged {
			if damaged == 0 {
				first = i
			}
			last = i
			damaged++
		}
	}
	if damaged == 0 || damaged > 11 || last-first != damaged-1 || w.frames[first].Dropped == 0 {
		t.Errorf("%d damaged frames from %d to %d of %d, want those from the loss to the next key picture", damaged, first, last, len(w.frames))
	}
}

package rtsp_test

import (
	"context"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"linesman/camera"
	"linesman/camera/codec"
	"linesman/camera/rtsp"
)

// sizes notes the sizes of frames and says so.
type sizes struct {
	last   [2]int
	change int
	shown  chan [2]int
}

func (s *sizes) Frame(f *camera.Frame) {
	size := [2]int{f.Width, f.Height}
	f.Release()
	if size != s.last {
		s.last = size
		s.change++
	}
	select {
	case s.shown <- size:
	default:
	}
}

func (s *sizes) Packet(*camera.Packet) {}

// TestSizesThatChange has a stream whose every picture is of another size than
// the one before, with absurd ones between them. Neither Go's memory nor C's
// grows with their number.
func TestSizesThatChange(t *testing.T) {
	cases := []struct {
		name    string
		sdp     string
		encoder func(width, height, keyEvery, quality int) (*codec.Encoder, error)
		absurd  [][]byte
		changes int
	}{
		{"H.264", goodSDP, codec.NewEncoder, [][]byte{rtsp.SPS264(4096, 4096, 1), {0x68, 0xce, 0x38, 0x80}, {0x65, 0x88, 0x84, 1, 2, 3}}, 1000},
		{"H.265", goodSDP265, codec.NewH265Encoder, [][]byte{rtsp.SPS265(65535, 65535, 1), {0x44, 0x01, 0xc0}, {0x26, 0x01, 0xaf, 1, 2, 3}}, 100},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pictures := keyPictures(t, c.encoder, 20)
			sink := &sizes{shown: make(chan [2]int, 1)}
			grown := make(chan int, 1)
			h := listenHostile(t, bad{sdp: c.sdp, stream: func(p *peer) {
				s := &packets{p: p}
				var before int
				for i := range c.changes {
					if i == c.changes/5 { // whatever it keeps for good, it has by now
						before = resident(t)
					}
					s.unit(c.absurd...)
					s.unit(pictures[i%len(pictures)]...)
					s.flush()
					select {
					case <-sink.shown:
					case <-time.After(soon):
						t.Errorf("picture %d was not shown", i)
						return
					}
				}
				grown <- resident(t) - before
			}}.serve)
			ctx, cancel := context.WithTimeout(t.Context(), 3*soon)
			defer cancel()
			err := driver(t, rtsp.Settings{URL: h.url(), Timeout: soon}).Run(ctx, sink)
			if sink.change < c.changes {
				t.Fatalf("the size changed %d times, want %d; %v", sink.change, c.changes, err)
			}
			if g := <-grown; g > 24<<20 {
				t.Errorf("%d changes of size cost %d MB that were not given back", c.changes*4/5, g>>20)
			} else {
				t.Logf("%d changes of size cost %.1f MB", c.changes*4/5, float64(g)/(1<<20))
			}
		})
	}
}

// keyPictures returns the units of one key picture each of so many sizes.
func keyPictures(t *testing.T, encoder func(width, height, keyEvery, quality int) (*codec.Encoder, error), n int) [][][]byte {
	t.Helper()
	var pictures [][][]byte
	for i := range n {
		width, height := 64+32*(i*7%n), 48+16*i
		enc, err := encoder(width, height, 10, 30)
		if err != nil {
			t.Fatal(err)
		}
		data, _, err := enc.Encode(bar(width, height, i), width*3, 0, true)
		enc.Close()
		if err != nil {
			t.Fatal(err)
		}
		var nalus h264.AnnexB // H.265 is laid out alike
		if err := nalus.Unmarshal(data); err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, nalus)
	}
	return pictures
}

// resident returns the process's memory in bytes, with C's share.
func resident(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Error(err)
		return 0
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Error(err)
	}
	return pages * os.Getpagesize()
}

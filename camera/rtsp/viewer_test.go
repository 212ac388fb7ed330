package rtsp

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/bluenviron/gortsplib/v5/pkg/format"

	"linesman/camera"
	"linesman/camera/codec"
)

// nothing takes frames and packets and lets them go.
type nothing struct{}

func (nothing) Frame(f *camera.Frame)   { f.Release() }
func (nothing) Packet(p *camera.Packet) {}

// both are the codecs, of streams that are not described.
var both = []coding{h264{&format.H264{}}, h265{&format.H265{}}}

func viewing(t testing.TB, with coding) *viewer {
	t.Helper()
	d, err := New("top", Settings{URL: "rtsp://10.0.0.1/"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := newViewer(d.(*Driver), wants{frames: true, packets: true}, nothing{}, with)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// keyPicture returns the parts of one key picture.
func keyPicture(t testing.TB, with coding, width, height int) [][]byte {
	t.Helper()
	encoder := codec.NewEncoder
	if with.name() == "h265" {
		encoder = codec.NewH265Encoder
	}
	enc, err := encoder(width, height, 10, 20)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	data, _, err := enc.Encode(make([]byte, width*height*3), width*3, 0, true)
	if err != nil {
		t.Fatal(err)
	}
	var nalus [][]byte
	for n := range strings.SplitSeq(string(data), "\x00\x00\x01") {
		if n = strings.TrimRight(n, "\x00"); n != "" {
			nalus = append(nalus, []byte(n))
		}
	}
	return nalus
}

// TestMemoryIsGivenBack opens and closes the decoder of a camera with pictures
// of a fair size and looks at the process's memory, which C's share is part of.
// One picture alone, kept each time, would be 135 MB in the end.
func TestMemoryIsGivenBack(t *testing.T) {
	enc, err := codec.NewEncoder(1280, 720, 10, 20)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	data, _, err := enc.Encode(make([]byte, 1280*720*3), 1280*3, 0, true)
	if err != nil {
		t.Fatal(err)
	}
	once := func() {
		v := viewing(t, both[0])
		defer v.close()
		if err := v.decoder.Decode(data, 0, v.show); err != nil || v.seq != 1 {
			t.Fatalf("%d pictures, %v", v.seq, err)
		}
	}
	for range 10 {
		once()
	}
	before := resident(t)
	for range 50 {
		once()
	}
	if grown := resident(t) - before; grown > 24<<20 {
		t.Errorf("fifty openings of a 1280 x 720 camera cost %d MB that were not given back", grown>>20)
	}
}

// resident returns the process's resident memory in bytes.
func resident(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory() // Go's share is not what we look for
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

package clip_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/clip"
	"linesman/camera/codec"
)

// begin is when the streams of these tests begin.
var begin = time.Date(2026, 3, 14, 6, 0, 0, 250e6, time.UTC)

const ms = time.Millisecond

// grey is the level that every pixel of picture i has.
func grey(i int) byte { return byte(40 + i*7%180) }

// encoded is a camera's stream: one picture at each of the times since begin, a
// key picture every keyEvery.
func encoded(t testing.TB, width, height, keyEvery int, times ...time.Duration) []*camera.Packet {
	t.Helper()
	enc, err := codec.NewEncoder(width, height, 1000, 20)
	must(t, err)
	defer enc.Close()
	var packets []*camera.Packet
	for i, at := range times {
		data, key, err := enc.Encode(bytes.Repeat([]byte{grey(i)}, width*height*3), width*3, at, i%keyEvery == 0)
		must(t, err)
		packets = append(packets, &camera.Packet{Camera: "yard", Codec: clip.H264, PTS: at, At: begin.Add(at), Key: key, Data: data})
	}
	return packets
}

// every is n times, step apart.
func every(step time.Duration, n int) (times []time.Duration) {
	for i := range n {
		times = append(times, time.Duration(i)*step)
	}
	return times
}

// kept reads a stream of testdata: one packet for each access unit delimiter,
// shown at the tenths of a second that order says within each ten.
func kept(t testing.TB, name string, order ...int) []*camera.Packet {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	must(t, err)
	kind, delimiter := clip.H264, []byte{0, 0, 0, 1, 9}
	if filepath.Ext(name) == ".h265" {
		kind, delimiter = clip.H265, []byte{0, 0, 0, 1, 0x46, 1}
	}
	var packets []*camera.Packet
	for i, unit := range bytes.Split(data, delimiter)[1:] {
		at := time.Duration(i/10*10+order[i%10]) * 100 * ms
		packets = append(packets, &camera.Packet{Camera: "yard", Codec: kind, PTS: at, At: begin.Add(at), Key: i%10 == 0, Data: append(bytes.Clone(delimiter), unit...)})
	}
	if len(packets) != 40 {
		t.Fatalf("%s holds %d pictures, want 40", name, len(packets))
	}
	return packets
}

var (
	inOrder  = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	order264 = []int{0, 3, 1, 2, 6, 4, 5, 9, 7, 8}
	order265 = []int{0, 3, 2, 1, 6, 5, 4, 9, 8, 7}
)

// seen is one picture of a written file.
type seen struct {
	at    time.Duration // since the file's first
	level byte          // in its middle
}

// played decodes a file as a player would.
func played(t testing.TB, data []byte) (pictures []seen) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.mp4")
	must(t, os.WriteFile(path, data, 0o644))
	r, err := codec.OpenRecording(path)
	must(t, err)
	defer r.Close()
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			return pictures
		}
		must(t, err)
		if p.Damaged {
			t.Errorf("picture %d is damaged", len(pictures))
		}
		rgb := make([]byte, p.Width*p.Height*3)
		must(t, p.RGB(rgb))
		pictures = append(pictures, seen{p.PTS, rgb[(p.Height/2*p.Width+p.Width/2)*3+1]})
	}
}

// written writes one file.
func written(t testing.TB, packets []*camera.Packet) ([]byte, clip.Made) {
	t.Helper()
	var b bytes.Buffer
	made, err := clip.Write(&b, packets)
	must(t, err)
	return b.Bytes(), made
}

func near(a, b time.Duration) bool { return a-b < ms && b-a < ms }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

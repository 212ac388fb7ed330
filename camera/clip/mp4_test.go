package clip_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/clip"
)

func TestAFileHoldsTheStreamsOwnTimes(t *testing.T) {
	uneven := []time.Duration{0, 40 * ms, 80 * ms, 140 * ms, 160 * ms, 900 * ms, 940 * ms, 5 * time.Second, 5040 * ms}
	for _, c := range []struct {
		name    string
		packets []*camera.Packet
		times   []time.Duration // in the order of showing
		last    time.Duration   // how long the last one stands
	}{
		{"even", encoded(t, 64, 48, 10, every(40*ms, 35)...), every(40*ms, 35), 40 * ms},
		{"uneven, with a gap", encoded(t, 64, 48, 4, uneven...), uneven, 40 * ms},
		{"30000/1001 a second", encoded(t, 64, 48, 10, every(33366667, 300)...), every(33366667, 300), 33367 * time.Microsecond},
		{"one picture", encoded(t, 64, 48, 4, 0), every(0, 1), 40 * ms},
		{"H.265", kept(t, "plain.h265", inOrder...), every(100*ms, 40), 100 * ms},
		{"H.265 sent in another order", kept(t, "reordered.h265", order265...), every(100*ms, 40), 100 * ms},
		{"H.264 sent in another order", kept(t, "reordered.h264", order264...), every(100*ms, 40), 100 * ms},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, made := written(t, c.packets)
			pictures := played(t, data)
			if len(pictures) != len(c.times) || made.Frames != len(c.times) {
				t.Fatalf("%d pictures are shown, %d are said to be, want %d", len(pictures), made.Frames, len(c.times))
			}
			for i, p := range pictures {
				if !near(p.at, c.times[i]) {
					t.Errorf("picture %d is shown at %v, want %v", i, p.at, c.times[i])
				}
			}
			end := c.times[len(c.times)-1]
			if !made.From.Equal(begin) || !made.To.Equal(begin.Add(end)) {
				t.Errorf("from %v to %v, want %v to %v", made.From, made.To, begin, begin.Add(end))
			}
			if got := duration(t, data); !near(got, end+c.last) {
				t.Errorf("the file says it lasts %v, want %v", got, end+c.last)
			}
		})
	}
}

func TestAFileSaysWhenAndOfWhat(t *testing.T) {
	data, made := written(t, encoded(t, 64, 48, 10, every(40*ms, 20)...))
	if made.Width != 64 || made.Height != 48 || made.Codec != clip.H264 {
		t.Errorf("made %+v, want 64 x 48 pixels of H.264", made)
	}
	for _, box := range []string{"mvhd", "tkhd", "mdhd"} {
		at := bytes.Index(data, []byte(box))
		if got := created(data, at); !got.Equal(begin.Truncate(time.Second)) {
			t.Errorf("%s says %v, want %v", box, got, begin.Truncate(time.Second))
		}
	}
	for _, text := range []string{"2026-03-14T06:00:00.250000Z", "yard"} {
		if !bytes.Contains(data, []byte(text)) {
			t.Errorf("the file does not say %q", text)
		}
	}
	if moov, mdat := bytes.Index(data, []byte("moov")), bytes.Index(data, []byte("mdat")); moov < 0 || mdat < moov {
		t.Errorf("the index is at %d, the pictures at %d: it would not play while it loads", moov, mdat)
	}
}

func created(data []byte, box int) time.Time {
	return time.Unix(int64(binary.BigEndian.Uint32(data[box+8:]))-2082844800, 0).UTC()
}

func duration(t *testing.T, data []byte) time.Duration {
	t.Helper()
	at := bytes.Index(data, []byte("mdhd"))
	if at < 0 {
		t.Fatal("no mdhd")
	}
	return time.Duration(float64(binary.BigEndian.Uint32(data[at+20:])) / float64(binary.BigEndian.Uint32(data[at+16:])) * float64(time.Second))
}

// TestWhatIsLostLeavesAGap loses pictures on their way; the others keep their
// times.
func TestWhatIsLostLeavesAGap(t *testing.T) {
	packets := encoded(t, 64, 48, 10, every(40*ms, 40)...)
	packets = slices.Delete(packets, 13, 20) // the rest of the second group
	data, _ := written(t, packets)
	pictures := played(t, data)
	if len(pictures) != 33 {
		t.Fatalf("%d pictures are shown, want 33", len(pictures))
	}
	if !near(pictures[13].at, 800*ms) {
		t.Errorf("the picture after the gap is shown at %v, want 800ms", pictures[13].at)
	}
	if d := int(pictures[13].level) - int(grey(20)); d < -8 || d > 8 {
		t.Errorf("it has the level %d, want %d", pictures[13].level, grey(20))
	}
}

func TestAStreamThatBeginsAnew(t *testing.T) {
	restart := func(width int, pause time.Duration) []*camera.Packet {
		a, b := encoded(t, 64, 48, 10, every(40*ms, 30)...), encoded(t, width, 48, 10, every(40*ms, 30)...)
		for _, p := range b {
			p.At = p.At.Add(30*40*ms + pause)
		}
		return append(a, b...)
	}
	for _, c := range []struct {
		name    string
		packets []*camera.Packet
		frames  []int         // in each section
		second  time.Duration // when picture 30 is shown, in its own file
	}{
		{"with the same picture", restart(64, 7*time.Second), []int{60}, 8200 * ms},
		{"at once", restart(64, 0), []int{60}, 1200 * ms},
		{"with another size", restart(96, time.Second), []int{30, 30}, 0},
		{"in another codec", append(encoded(t, 64, 48, 10, every(40*ms, 30)...), kept(t, "plain.h265", inOrder...)...), []int{30, 40}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var frames []int
			var at []time.Duration
			for _, s := range clip.Sections(c.packets) {
				data, _ := written(t, s)
				pictures := played(t, data)
				frames = append(frames, len(pictures))
				for _, p := range pictures {
					at = append(at, p.at)
				}
			}
			if !slices.Equal(frames, c.frames) {
				t.Fatalf("sections of %v pictures, want %v", frames, c.frames)
			}
			if !near(at[30], c.second) {
				t.Errorf("picture 30 is shown at %v, want %v", at[30], c.second)
			}
			if len(c.frames) > 1 {
				_, err := clip.Write(new(bytes.Buffer), c.packets)
				if !errors.Is(err, clip.ErrStream) || !strings.Contains(err.Error(), "Sections") {
					t.Errorf("written as one file: %v, want a refusal that names Sections", err)
				}
			}
		})
	}
}

// TestTheClockIsSet moves the exposure times: the stream's own go on, and a file
// whose second could not be found in the log any more ends at a key picture.
func TestTheClockIsSet(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour} {
		packets := encoded(t, 64, 48, 10, every(40*ms, 40)...)
		for _, p := range packets[15:] {
			p.At = p.At.Add(by)
		}
		sections := clip.Sections(packets)
		if len(sections) != 2 || len(sections[0]) != 20 {
			t.Fatalf("by %v: %d sections, the first of %d pictures, want 2, the first of 20", by, len(sections), len(sections[0]))
		}
		data, made := written(t, sections[1])
		if want := begin.Add(800*ms + by); !made.From.Equal(want) {
			t.Errorf("by %v: the second file begins at %v, want %v", by, made.From, want)
		}
		if p := played(t, data); !near(p[len(p)-1].at, 760*ms) {
			t.Errorf("by %v: its last picture is shown at %v, want 760ms", by, p[len(p)-1].at)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	good := func() []*camera.Packet { return encoded(t, 64, 48, 12, every(40*ms, 12)...) }
	bare := func(data []byte) []byte { // the key picture without its sets
		return data[bytes.LastIndex(data, []byte{0, 0, 1, 0x65}):]
	}
	for _, c := range []struct {
		name string
		do   func(p []*camera.Packet) []*camera.Packet
		is   error
		want string
	}{
		{"nothing", func([]*camera.Packet) []*camera.Packet { return nil }, clip.ErrStream, "sent nothing"},
		{"no key picture first", func(p []*camera.Packet) []*camera.Packet { return p[1:] }, clip.ErrStream, "no key picture"},
		{"no parameter sets", func(p []*camera.Packet) []*camera.Packet { p[0].Data = bare(p[0].Data); return p }, clip.ErrStream, "no parameter sets"},
		{"sets cut short", func(p []*camera.Packet) []*camera.Packet {
			p[0].Data = append([]byte{0, 0, 1, 0x67, 0x42, 0, 0, 1, 0x68, 0x99}, bare(p[0].Data)...)
			return p
		}, clip.ErrStream, "can not be read"},
		{"sets and no picture", func(p []*camera.Packet) []*camera.Packet {
			p[0].Data = p[0].Data[:bytes.LastIndex(p[0].Data, []byte{0, 0, 1, 0x06})]
			return p
		}, clip.ErrStream, "no picture"},
		{"an empty packet", func(p []*camera.Packet) []*camera.Packet { p[3].Data = nil; return p }, clip.ErrStream, "without data"},
		{"JPEG", func(p []*camera.Packet) []*camera.Packet {
			for _, p := range p {
				p.Codec = "jpeg"
			}
			return p
		}, clip.ErrCodec, "H.264 or H.265"},
		{"hours in one", func(p []*camera.Packet) []*camera.Packet {
			p[11].PTS, p[11].At = 8*time.Hour, p[11].At.Add(8*time.Hour)
			return p
		}, clip.ErrStream, "too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			_, err := clip.Write(&b, c.do(good()))
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
			if b.Len() > 0 {
				t.Errorf("%d bytes were written all the same", b.Len())
			}
		})
	}
}

// FuzzWrite holds that no stream breaks the writer.
func FuzzWrite(f *testing.F) {
	for _, p := range encoded(f, 64, 48, 2, every(40*ms, 2)...) {
		f.Add(p.Data, false)
	}
	f.Add(kept(f, "plain.h265", inOrder...)[0].Data, true)
	f.Fuzz(func(t *testing.T, data []byte, hevc bool) {
		kind := clip.H264
		if hevc {
			kind = clip.H265
		}
		packets := []*camera.Packet{
			{Camera: "yard", Codec: kind, At: begin, Key: true, Data: data},
			{Camera: "yard", Codec: kind, At: begin.Add(40 * ms), PTS: 40 * ms, Data: data},
		}
		for _, s := range clip.Sections(packets) {
			var b bytes.Buffer
			if made, err := clip.Write(&b, s); err == nil && (made.Frames < 1 || b.Len() < len("ftyp")) {
				t.Errorf("made %+v of %d bytes without an error", made, len(data))
			}
		}
	})
}

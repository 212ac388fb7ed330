package bench

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"linesman/models/detect"
	"linesman/part"
	"linesman/vision"
)

const (
	putBack = "testdata/bottle-put-back.mp4"
	twelve  = "../camera/file/testdata/twelve.mp4" // 64 x 48 pixels
)

// TestCountBottle counts a real bottle with the network that ships, in real
// time through RTSP and straight from the file.
func TestCountBottle(t *testing.T) {
	for _, unpaced := range []bool{false, true} {
		r, err := RunCount(t.Context(), Count{
			Video: putBack, AlongY: true, Line: 0.5, Unpaced: unpaced,
			Hand: []HandCrossing{{Name: "right", Frame: 24, Forward: true, Across: 555}},
		})
		if err != nil {
			t.Fatalf("unpaced %v: %v", unpaced, err)
		}
		if r.Published != 40 || r.Frames != 40 || r.Looked != 40 || r.Skipped+r.Dropped+r.Damaged != 0 {
			t.Errorf("unpaced %v: %d published, %d arrived, %d looked at, %d skipped, %d dropped, %d damaged; want 40 whole ones",
				unpaced, r.Published, r.Frames, r.Looked, r.Skipped, r.Dropped, r.Damaged)
		}
		if len(r.Parts) != 1 || r.Forward != 1 || r.Back != 0 || !r.Hand.Equal() || r.Hand.MostOff > 3 {
			t.Errorf("unpaced %v: counted %+v, by hand %+v", unpaced, r.Parts, r.Hand)
		}
		if r.Overlay == nil || r.Overlay.Rect.Dx() != 640 || r.LinePx != 180 {
			t.Errorf("unpaced %v: picture %v, line at %v", unpaced, r.Overlay != nil, r.LinePx)
		}
	}
}

// scripted finds, in its n-th picture, what the script says.
type scripted struct {
	n      int
	script func(n int) ([]detect.Found, error)
}

func (s *scripted) Look(detect.Picture, float64) ([]detect.Found, error) { s.n++; return s.script(s.n) }

// moves is a thing that goes along x by 4 pixels a frame.
func moves(label string) func(n int) ([]detect.Found, error) {
	return func(n int) ([]detect.Found, error) {
		x := 8 + 4*float64(n)
		return []detect.Found{{Label: label, Score: 0.9, Box: vision.Box{X0: x - 6, Y0: 10, X1: x + 6, Y1: 40}}}, nil
	}
}

func TestCountScripted(t *testing.T) {
	blind := errors.New("out of memory")
	for _, c := range []struct {
		name   string
		o      Count
		script func(n int) ([]detect.Found, error)
		parts  int
		want   string // in the error
	}{
		{name: "one crosses the middle", script: moves("bottle"), parts: 1},
		{name: "another class", script: moves("cup")},
		{name: "the class asked for", o: Count{Class: "cup"}, script: moves("cup"), parts: 1},
		{name: "not as far as the line", o: Count{Line: 0.95}, script: moves("bottle")},
		{name: "the network fails", script: func(n int) ([]detect.Found, error) { return nil, blind }, want: "frame 1: out of memory"},
		{name: "fails halfway", script: func(n int) ([]detect.Found, error) {
			if n == 7 {
				return nil, blind
			}
			return nil, nil
		}, want: "frame 7: out of memory"},
		{name: "a line outside", o: Count{Line: 1.5}, want: "between 0 and 1"},
		{name: "believed from a score too low", o: Count{Sure: 0.05}, want: "score"},
		{name: "no video", o: Count{Video: "testdata/SOURCE.md"}, script: moves("bottle"), want: "SOURCE.md"},
		{name: "a class the network does not know", o: Count{Class: "blister"}, want: `"blister"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, unpaced := range []bool{false, true} {
				o := c.o
				if o.Unpaced = unpaced; o.Video == "" {
					o.Video = twelve
				}
				if c.script != nil {
					o.find = &scripted{script: c.script}
				}
				r, err := RunCount(t.Context(), o)
				switch {
				case c.want != "":
					if err == nil || !strings.Contains(err.Error(), c.want) {
						t.Errorf("unpaced %v: error %v, want it to say %q", unpaced, err, c.want)
					}
				case err != nil:
					t.Errorf("unpaced %v: %v", unpaced, err)
				case len(r.Parts) != c.parts || r.Looked != 12:
					t.Errorf("unpaced %v: %d parts in %d frames, want %d in 12", unpaced, len(r.Parts), r.Looked, c.parts)
				}
			}
		})
	}
}

func TestCountStops(t *testing.T) {
	for _, unpaced := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		find := &scripted{script: func(n int) ([]detect.Found, error) {
			if n == 2 {
				cancel()
			}
			return nil, nil
		}}
		_, err := RunCount(ctx, Count{Video: twelve, Unpaced: unpaced, find: find})
		// A file may have been read to its end before the second frame is looked at.
		if !errors.Is(err, context.Canceled) && !(unpaced && err == nil) {
			t.Errorf("unpaced %v: stopped with %v", unpaced, err)
		}
		cancel()
	}
}

func TestReadHand(t *testing.T) {
	for _, file := range []string{"bottles-y035.hand.txt", "bottles-y050.hand.txt"} {
		f, err := os.Open("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		all, err := ReadHand(f)
		f.Close()
		if err != nil || len(all) != 8 {
			t.Errorf("%s: %d crossings, error %v; want 8", file, len(all), err)
		}
	}
	for _, bad := range []string{"", "# nothing\n", "left 12 forward\n", "left twelve forward 3\n", "left 12 up 3\n", "left 12 back 3 4\n", "left -1 back 3\n"} {
		if all, err := ReadHand(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was read as %v", bad, all)
		}
	}
}

func TestCompareHand(t *testing.T) {
	by := func(number int, ways ...CountedCrossing) CountedPart {
		return CountedPart{ID: part.ID("x"), Number: number, Ways: ways}
	}
	in, out := CountedCrossing{100, true, 50}, CountedCrossing{300, false, 52}
	hand := []HandCrossing{{"a", 101, true, 55}, {"a", 298, false, 55}}
	for _, c := range []struct {
		name                  string
		hand                  []HandCrossing
		parts                 []CountedPart
		missed, extra, mixed_ int
		off                   uint64
	}{
		{name: "the same", hand: hand, parts: []CountedPart{by(1, in, out)}, off: 2},
		{name: "one missed", hand: hand, parts: []CountedPart{by(1, in)}, missed: 1, off: 1},
		{name: "one too many", hand: hand, parts: []CountedPart{by(1, in, out), by(2, CountedCrossing{500, true, 50})}, extra: 1, off: 2},
		{name: "two ids for one part", hand: hand, parts: []CountedPart{by(1, in), by(2, out)}, mixed_: 1, off: 2},
		{name: "one id for two parts", hand: []HandCrossing{{"a", 100, true, 50}, {"b", 300, false, 50}}, parts: []CountedPart{by(1, in, out)}, mixed_: 1},
		{name: "the other way", hand: hand[:1], parts: []CountedPart{by(1, CountedCrossing{100, false, 50})}, missed: 1, extra: 1},
		{name: "elsewhere on the line", hand: hand[:1], parts: []CountedPart{by(1, CountedCrossing{100, true, 150})}, missed: 1, extra: 1},
		{name: "much later", hand: hand[:1], parts: []CountedPart{by(1, CountedCrossing{140, true, 50})}, missed: 1, extra: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := compareHand(c.hand, c.parts)
			if len(h.Missed) != c.missed || len(h.Extra) != c.extra || len(h.Mixed) != c.mixed_ || h.MostOff != c.off {
				t.Errorf("%+v; want %d missed, %d extra, %d mixed up, %d frames off", h, c.missed, c.extra, c.mixed_, c.off)
			}
			if h.Equal() != (c.missed+c.extra+c.mixed_ == 0) {
				t.Errorf("Equal() is %v for %+v", h.Equal(), h)
			}
		})
	}
}

package rtsp

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"

	"linesman/camera"
	"linesman/camera/codec"
)

func TestChoose(t *testing.T) {
	media := func(formats ...format.Format) *description.Media { return &description.Media{Formats: formats} }
	back := media(&format.H264{})
	back.IsBackChannel = true
	jpeg, audio := &format.MJPEG{}, &format.Opus{}
	cases := []struct {
		name   string
		medias []*description.Media
		want   string
		at     int // which of the medias
	}{
		{"H.264", []*description.Media{media(audio), media(&format.H264{})}, "h264", 1},
		{"H.265", []*description.Media{media(&format.H265{}), media(audio)}, "h265", 0},
		{"both", []*description.Media{media(&format.H265{}), media(&format.H264{})}, "h264", 1},
		{"both in one", []*description.Media{media(&format.H265{}, &format.H264{})}, "h264", 0},
		{"a way back is no stream", []*description.Media{back, media(&format.H265{})}, "h265", 1},
		{"neither", []*description.Media{media(jpeg), media(audio, jpeg)}, "", 0},
	}
	for _, c := range cases {
		m, with, err := choose(&description.Session{Medias: c.medias})
		if c.want == "" {
			if !errors.Is(err, camera.ErrPermanent) || !strings.Contains(err.Error(), "but M-JPEG, Opus;") {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil || with.name() != c.want || m != c.medias[c.at] {
			t.Errorf("%s: %v, %v", c.name, with, err)
		}
	}
}

func TestApart(t *testing.T) {
	cases := []struct{ name, nalus, want string }{
		{"whole", "ab|cd", "ab|cd"},
		{"empty", "|ab||", "ab"},
		{"two in one", "ab\x00\x00\x01cd", "ab|cd"},
		{"long start codes, and zeros at the end", "\x00\x00\x00\x01ab\x00\x00\x00\x01cd\x00\x00", "ab|cd"},
		{"nothing but zeros", "\x00\x00\x01\x00", ""},
	}
	for _, c := range cases {
		var nalus [][]byte
		for n := range strings.SplitSeq(c.nalus, "|") {
			nalus = append(nalus, []byte(n))
		}
		if got := string(bytes.Join(apart(nalus), []byte("|"))); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// Of H.265 a picture may lean on one before the last key picture: where
// decoding began with that, or began anew after a loss, it is left out.
func TestLeadingPictures(t *testing.T) {
	d, err := New("top", Settings{URL: "rtsp://10.0.0.1/"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := newViewer(d.(*Driver), wants{packets: true}, nothing{}, h265{&format.H265{}})
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	for i := range v.sets {
		v.sets[i] = []byte{byte(32+i) << 1, 1}
	}
	steps := []struct {
		name string
		kind byte
		lost uint64
		want bool // it is delivered
	}{
		{"a picture before any key picture", 1, 0, false},
		{"key", 21, 0, true},
		{"leading at the start", 9, 0, false},
		{"a picture", 1, 0, true},
		{"the next key", 21, 0, true},
		{"leading", 8, 0, true},
		{"a picture after a loss", 1, 3, true},
		{"key after a loss", 21, 0, true},
		{"leading after a loss", 9, 0, false},
		{"IDR", 19, 0, true},
		{"a parameter set alone", 34, 0, false},
	}
	for _, s := range steps {
		before := v.signs
		v.take(unit{nalus: [][]byte{{s.kind << 1, 1, 0x80}}, lost: s.lost, at: time.Now()})
		if got := v.signs > before; got != s.want {
			t.Errorf("%s: delivered %v, want %v", s.name, got, s.want)
		}
	}
}

func TestFits(t *testing.T) {
	cases := []struct {
		name                  string
		width, height, stored int
		want                  string
	}{
		{"a 4K camera", 3840, 2160, 16, ""},
		{"the largest", 8192, 4352, 6, ""},
		{"too wide", 8208, 16, 1, "8208 x 16"},
		{"too high", 16, 8208, 1, "16 x 8208"},
		{"too many pixels", codec.MaxSide, codec.MaxSide, 1, "8192 x 8192"},
		{"absurd", 1 << 36, 1 << 36, 1, "set the camera to"},
		{"too many stored", 8192, 4352, 7, "lean on 7"},
		{"far too many", 64, 48, 1 << 31, "simpler profile"},
		{"none", 0, 48, 1, "no size"},
	}
	for _, c := range cases {
		err := fits(c.width, c.height, c.stored)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// What stands in the sets of real encoders is what was encoded, in whole blocks.
func TestSizeOfRealStreams(t *testing.T) {
	for _, with := range both {
		for _, size := range [][2]int{{64, 48}, {34, 50}, {642, 362}} {
			var width, height, stored int
			var err error
			for _, n := range keyPicture(t, with, size[0], size[1]) {
				switch {
				case with.name() == "h264" && n[0]&0x1f == 7:
					width, height, stored, err = size264(n)
				case with.name() == "h265" && n[0]>>1 == 33:
					width, height, stored, err = size265(n)
				}
			}
			if err != nil || width < size[0] || width > size[0]+15 || height < size[1] || height > size[1]+15 || stored < 1 || stored > 6 {
				t.Errorf("%s of %v: %d x %d, %d stored, %v", with.name(), size, width, height, stored, err)
			}
		}
	}
}

// Sets of other layouts than our encoders write: the numbers are those that
// FFmpeg's trace_headers reads in the first.
func TestSizeOfOtherStreams(t *testing.T) {
	x264, err := hex.DecodeString("67640029acd94078044fde0220000003002000000643e2c5b2c0")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name                  string
		size                  func([]byte) (int, int, int, error)
		set                   []byte
		width, height, stored int
	}{
		{"H.264 interlaced, by x264", size264, x264, 1920, 1088, 4},
		{"H.264 with scaling lists", size264, other264(40, 30, 3), 640, 480, 3},
		{"H.265 in temporal layers", size265, other265(1920, 1088, 5), 1920, 1088, 5},
		{"zeros that are protected", size265, SPS265(1<<16-1, 1<<16-1, 1), 1<<16 - 1, 1<<16 - 1, 1},
	}
	for _, c := range cases {
		width, height, stored, err := c.size(c.set)
		if err != nil || width != c.width || height != c.height || stored != c.stored {
			t.Errorf("%s: %d x %d, %d stored, %v", c.name, width, height, stored, err)
		}
		for n := range len(c.set) / 3 {
			if _, _, _, err := c.size(c.set[:n]); !errors.Is(err, errShort) {
				t.Errorf("%s cut to %d bytes: %v", c.name, n, err)
			}
		}
	}
}

package codec_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"linesman/camera/codec"
)

// bars paints three upright bars, red, green and blue, of the given size.
func bars(width, height int) []byte {
	pix := make([]byte, width*height*3)
	for y := range height {
		for x := range width {
			pix[(y*width+x)*3+min(x*3/width, 2)] = 200
		}
	}
	return pix
}

// coding is one codec's encoder and decoder.
type coding struct {
	name    string
	encoder func(width, height, keyEvery, quality int) (*codec.Encoder, error)
	decoder func() (*codec.Decoder, error)
	slice   []byte // how a key picture's slice begins
}

var (
	h264 = coding{"H.264", codec.NewEncoder, codec.NewDecoder, []byte{0x65}}
	h265 = coding{"H.265", codec.NewH265Encoder, codec.NewH265Decoder, []byte{0x26, 0x01}}
)

func TestPicturesComeBackAsTheyWentIn(t *testing.T) {
	for _, c := range []struct {
		coding        coding
		width, height int
	}{
		{h264, 640, 360}, {h264, 64, 48}, {h264, 18, 16}, {h264, 642, 362}, {h264, 1280, 720}, {h264, 34, 50},
		{h265, 64, 48}, {h265, 34, 50}, {h265, 162, 122},
	} {
		t.Run(fmt.Sprintf("%s %dx%d", c.coding.name, c.width, c.height), func(t *testing.T) {
			width, height := c.width, c.height
			enc, err := c.coding.encoder(width, height, 10, 10)
			if err != nil {
				t.Fatal(err)
			}
			defer enc.Close()
			dec, err := c.coding.decoder()
			if err != nil {
				t.Fatal(err)
			}
			defer dec.Close()
			want := bars(width, height)
			got := make([]byte, len(want))
			for i := range 12 {
				pts := time.Duration(i) * 40 * time.Millisecond
				data, key, err := enc.Encode(want, width*3, pts, i == 5)
				if err != nil || len(data) == 0 {
					t.Fatalf("picture %d: %d bytes, %v", i, len(data), err)
				}
				if wantKey := i == 0 || i == 5; key != wantKey {
					t.Errorf("picture %d: key %v, want %v", i, key, wantKey)
				}
				pictures := 0
				err = dec.Decode(data, pts, func(p *codec.Picture) {
					pictures++
					if p.Width != width || p.Height != height || p.PTS != pts || p.Damaged {
						t.Errorf("picture %d: %d x %d at %v, damaged %v", i, p.Width, p.Height, p.PTS, p.Damaged)
					}
					if err := p.RGB(got); err != nil {
						t.Error(err)
					}
				})
				if err != nil || pictures != 1 {
					t.Fatalf("access unit %d gave %d pictures and %v, want 1 at once", i, pictures, err)
				}
			}
			for _, x := range []int{0, width / 2, width - 1} {
				for _, y := range []int{0, height - 1} {
					for c := range 3 {
						i := (y*width+x)*3 + c
						if d := int(got[i]) - int(want[i]); d < -24 || d > 24 {
							t.Errorf("pixel %d,%d channel %d: got %d, want about %d", x, y, c, got[i], want[i])
						}
					}
				}
			}
		})
	}
}

func TestDecoderSurvivesGarbage(t *testing.T) {
	for _, c := range []coding{h264, h265} {
		t.Run(c.name, func(t *testing.T) { survivesGarbage(t, c) })
	}
}

func survivesGarbage(t *testing.T, c coding) {
	dec, err := c.decoder()
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	garbage := make([]byte, 4000)
	for i := range garbage {
		garbage[i] = byte(i*i*31 + 7)
	}
	for i := range 50 {
		unit := append(append([]byte{0, 0, 0, 1}, c.slice...), garbage[i*10:]...)
		if err := dec.Decode(unit, 0, func(*codec.Picture) { t.Error("garbage gave a picture") }); err == nil {
			t.Error("garbage was decoded without an error")
		}
	}
	if err := dec.Decode(make([]byte, codec.MaxUnit+1), 0, func(*codec.Picture) {}); err == nil {
		t.Error("an access unit larger than the largest was taken")
	}
	enc, err := c.encoder(64, 48, 10, 20)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	data, _, err := enc.Encode(bars(64, 48), 64*3, 0, true)
	if err != nil {
		t.Fatal(err)
	}
	pictures := 0
	if err := dec.Decode(data, 0, func(*codec.Picture) { pictures++ }); err != nil || pictures != 1 {
		t.Errorf("a good picture after garbage: %d pictures, %v", pictures, err)
	}
}

func TestEncoderRefusesWhatItCanNotEncode(t *testing.T) {
	if _, err := codec.NewEncoder(8, 8, 10, 20); err == nil {
		t.Error("8 x 8 pixels were accepted")
	}
	enc, err := codec.NewEncoder(64, 48, 10, 20)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	if _, _, err := enc.Encode(make([]byte, 100), 64*3, 0, false); err == nil {
		t.Error("a picture with too few bytes was accepted")
	}
}

func TestRecordingSaysWhatIsWrong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "noise.mp4")
	if err := os.WriteFile(path, make([]byte, 5000), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, filepath.Join(t.TempDir(), "absent.mp4")} {
		if r, err := codec.OpenRecording(p); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: opened as %v with %v", p, r, err)
		}
	}
}

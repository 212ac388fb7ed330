//go:build measure

package tamper_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/codec"
	"linesman/vision/tamper"
)

// coding is how a camera codes its stream.
type coding struct {
	quality int // of x264: the rate factor
	key     time.Duration
	fps     float64
}

// TestFrozenBehindACoder shows each video through an H.264 coder and decoder, at five
// pictures a second to the detector, and stops the sensor from several places on.
func TestFrozenBehindACoder(t *testing.T) {
	for _, pattern := range strings.Split(*videos, ",") {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			t.Run(filepath.Base(path), func(t *testing.T) {
				m := openMovie(t, path)
				for _, c := range []coding{{20, 2 * time.Second, 10}, {28, 2 * time.Second, 10}, {35, 2 * time.Second, 10}, {23, time.Second, 10}, {23, 4 * time.Second, 10}, {28, 2 * time.Second, 25}, {28, 2 * time.Second, 5}} {
					c.show(t, m)
				}
			})
		}
	}
}

// aliveFor is how long a camera is shown alive before it is stopped.
const aliveFor = 45 * time.Second

func (c coding) show(t *testing.T, m movie) {
	var took []time.Duration
	missed, untrue := 0, 0
	for start := range *starts {
		told, wrong := c.stop(t, m, start*len(m.frames) / *starts)
		switch {
		case wrong:
			untrue++
		case told == 0 || told > 10*time.Second:
			missed++
		}
		if told > 0 {
			took = append(took, told)
		}
	}
	slices.Sort(took)
	text := ""
	if len(took) > 0 {
		text = fmt.Sprintf("%.1f to %.1f s", took[0].Seconds(), took[len(took)-1].Seconds())
	}
	t.Logf("rate factor %d, a key picture every %v, %.0f/s: %d of %d told within 10 s (%s); alive, yet told: %d", c.quality, c.key, c.fps, *starts-missed-untrue, *starts, text, untrue)
}

// stop shows the video from a frame on, stops the sensor, and returns how long it took
// to be told; wrong if it was told before.
func (c coding) stop(t *testing.T, m movie, from int) (told time.Duration, wrong bool) {
	step := time.Duration(float64(time.Second) / c.fps)
	w, h := m.frames[0].Width, m.frames[0].Height
	enc, err := codec.NewEncoder(w, h, int(c.key/step), c.quality)
	must(t, err)
	defer enc.Close()
	dec, err := codec.NewDecoder()
	must(t, err)
	defer dec.Close()
	detect, err := tamper.New(tamper.Settings{})
	must(t, err)
	var (
		reduce = tamper.NewReducer()
		thin   = camera.Thin{Every: 200 * time.Millisecond}
		base   = time.Unix(1_800_000_000, 0)
		pool   = camera.NewPool(1)
		sight  tamper.Sight
		rgb    = make([]byte, w*h*3)
	)
	stops := from % 7 * int(step/time.Millisecond) // not always at a key picture
	still := aliveFor + time.Duration(stops)*10*time.Millisecond
	for at := time.Duration(0); at < still+16*time.Second; at += step {
		shown := min(at, still)
		f := m.frames[(from+int(shown/m.step))%len(m.frames)]
		for i, v := range f.Pix {
			rgb[3*i], rgb[3*i+1], rgb[3*i+2] = v, v, v
		}
		unit, key, err := enc.Encode(rgb, w*3, at, false)
		must(t, err)
		must(t, dec.Decode(unit, at, func(p *codec.Picture) {
			if !thin.Wants(base.Add(at), key) {
				return
			}
			g := pool.Get(p.Width, p.Height, camera.RGB)
			defer g.Release()
			must(t, p.RGB(g.Pix))
			g.At, g.Key, g.Stream = base.Add(at), key, true
			must(t, reduce.Reduce(g, &sight))
			if r := detect.See(&sight)[tamper.Frozen]; r.Raised && told == 0 && !wrong {
				told, wrong = at-still, at < still
				if wrong {
					t.Logf("at %v from frame %d: %s", at, from, r.Text)
				}
			}
		}))
	}
	if wrong {
		told = 0
	}
	return told, wrong
}

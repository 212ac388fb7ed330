//go:build measure

package tamper_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/codec"
	"linesman/vision/tamper"
)

var (
	videos = flag.String("videos", "../../../shared/data/safety/videos/*.mp4,/usr/share/doc/opencv-doc/examples/data/vtest.avi", "videos of fixed cameras for TestTamperingOnVideos, patterns with commas")
	starts = flag.Int("starts", 5, "from how many places of a video on it is tampered with")
	loop   = flag.Duration("loop", time.Hour, "how long each is shown untouched")
)

// movie is a video of a fixed camera in grey, shown again and again.
type movie struct {
	name   string
	step   time.Duration
	frames []*camera.Frame
	sights []tamper.Sight // of the frames, untouched
	took   time.Duration  // to reduce one
}

func openMovie(t *testing.T, path string) movie {
	t.Helper()
	r, err := codec.OpenRecording(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	m := movie{name: filepath.Base(path), step: r.Step()}
	pool := camera.NewPool(0)
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rgb := make([]byte, p.Width*p.Height*3)
		if err := p.RGB(rgb); err != nil {
			t.Fatal(err)
		}
		f := pool.Get(p.Width, p.Height, camera.Grey)
		for i := range f.Pix {
			f.Pix[i] = rgb[3*i+1]
		}
		m.frames = append(m.frames, f)
	}
	if m.step < 100*time.Millisecond { // ten a second do
		every := int(math.Round(float64(100*time.Millisecond) / float64(m.step)))
		kept := m.frames[:0]
		for i := 0; i < len(m.frames); i += every {
			kept = append(kept, m.frames[i])
		}
		m.frames, m.step = kept, m.step*time.Duration(every)
	}
	m.sights = make([]tamper.Sight, len(m.frames))
	reduce := tamper.NewReducer()
	began := time.Now()
	for i, f := range m.frames {
		if err := reduce.Reduce(f, &m.sights[i]); err != nil {
			t.Fatal(err)
		}
	}
	m.took = time.Since(began) / time.Duration(len(m.frames))
	return m
}

// tampering is what is done to a camera: the frame as it comes, and as it leaves.
type tampering struct {
	name  string
	fault tamper.Fault
	do    func(f *camera.Frame, noise *rand.Rand) *camera.Frame
}

func tamperings() []tampering {
	var stuck *camera.Frame
	like := func(f *camera.Frame) *camera.Frame {
		g := camera.NewPool(0).Get(f.Width, f.Height, f.Format)
		g.At = f.At
		return g
	}
	var grain [1 << 14]float64
	seeded := rand.New(rand.NewPCG(1, 1))
	for i := range grain {
		grain[i] = seeded.NormFloat64()
	}
	each := func(value func(f *camera.Frame, x, y int) float64, sigma float64) func(*camera.Frame, *rand.Rand) *camera.Frame {
		return func(f *camera.Frame, noise *rand.Rand) *camera.Frame {
			g := like(f)
			for y := range f.Height {
				from := noise.IntN(len(grain) - f.Width)
				for x := range f.Width {
					g.Pix[y*g.Stride+x] = byte(min(max(value(f, x, y)+sigma*grain[from+x], 0), 255))
				}
			}
			return g
		}
	}
	at := func(f *camera.Frame, x, y int) float64 {
		return float64(f.Pix[min(max(y, 0), f.Height-1)*f.Stride+min(max(x, 0), f.Width-1)])
	}
	return []tampering{
		{"covered by cloth", tamper.Covered, each(func(_ *camera.Frame, x, y int) float64 { return 60 + 20*math.Sin(float64(x+y)/90) }, 4)},
		{"covered by white paper", tamper.Covered, each(func(*camera.Frame, int, int) float64 { return 230 }, 2)},
		{"moved by 10 % of the width", tamper.Moved, func(f *camera.Frame, _ *rand.Rand) *camera.Frame { return moved(f, f.Width/10, 0) }},
		{"moved by 10 % and up", tamper.Moved, func(f *camera.Frame, _ *rand.Rand) *camera.Frame { return moved(f, -f.Width/10, f.Height/20) }},
		{"turned to a wall of bricks", tamper.Moved, each(func(_ *camera.Frame, x, y int) float64 {
			if y%40 < 4 || (x+y/40%2*35)%70 < 4 {
				return 180
			}
			return 110
		}, 3)},
		{"blurred by 1 % of the width", tamper.Blurred, func(f *camera.Frame, _ *rand.Rand) *camera.Frame {
			return blurred(blurred(f, f.Width/200), f.Width/200)
		}},
		{"blurred by 2 % of the width", tamper.Blurred, func(f *camera.Frame, _ *rand.Rand) *camera.Frame {
			return blurred(blurred(f, f.Width/100), f.Width/100)
		}},
		{"dark", tamper.Dark, each(func(f *camera.Frame, x, y int) float64 { return at(f, x, y) * 0.04 }, 2)},
		{"frozen", tamper.Frozen, func(f *camera.Frame, _ *rand.Rand) *camera.Frame {
			if f == nil {
				stuck = nil
				return nil
			}
			if stuck == nil {
				stuck = f
			}
			g := like(f)
			copy(g.Pix, stuck.Pix)
			return g
		}},
	}
}

// moved turns the camera: what comes into view is the mirrored rim.
func moved(f *camera.Frame, dx, dy int) *camera.Frame {
	g := camera.NewPool(0).Get(f.Width, f.Height, f.Format)
	g.At = f.At
	fold := func(v, n int) int {
		if v < 0 {
			v = -v - 1
		}
		if v >= n {
			v = 2*n - 1 - v
		}
		return v
	}
	for y := range f.Height {
		for x := range f.Width {
			g.Pix[y*g.Stride+x] = f.Pix[fold(y+dy, f.Height)*f.Stride+fold(x+dx, f.Width)]
		}
	}
	return g
}

// blurred is the mean over a square of 2r+1 pixels.
func blurred(f *camera.Frame, r int) *camera.Frame {
	r = max(r, 1)
	g, h := camera.NewPool(0).Get(f.Width, f.Height, f.Format), camera.NewPool(0).Get(f.Width, f.Height, f.Format)
	h.At = f.At
	for y := range f.Height {
		for x := range f.Width {
			sum := 0
			for i := -r; i <= r; i++ {
				sum += int(f.Pix[y*f.Stride+min(max(x+i, 0), f.Width-1)])
			}
			g.Pix[y*g.Stride+x] = byte(sum / (2*r + 1))
		}
	}
	for y := range f.Height {
		for x := range f.Width {
			sum := 0
			for i := -r; i <= r; i++ {
				sum += int(g.Pix[min(max(y+i, 0), f.Height-1)*g.Stride+x])
			}
			h.Pix[y*h.Stride+x] = byte(sum / (2*r + 1))
		}
	}
	return h
}

// TestTamperingOnVideos shows each video untouched for an hour, in which nothing
// may be raised; then tampers with it, from some places of the video on, which
// must be raised within ten seconds, and nothing else, and cleared afterwards.
//
//	go test -tags measure ./vision/tamper -run TamperingOnVideos -v -timeout 60m
//	... -args -videos 'DIR/*.mp4' -loop 1h
func TestTamperingOnVideos(t *testing.T) {
	var paths []string
	for _, pattern := range strings.Split(*videos, ",") {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	if len(paths) == 0 {
		t.Skipf("nothing was measured: no video at %s; name some by -args -videos", *videos)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			m := openMovie(t, path)
			untouched(t, m)
			for _, c := range tamperings() {
				for i := range *starts {
					tamperWith(t, m, c, i*len(m.frames) / *starts)
				}
			}
		})
	}
}

// eye is a camera with its detector.
type eye struct {
	t      *testing.T
	reduce *tamper.Reducer
	detect *tamper.Detector
	sight  tamper.Sight
	at     time.Time
	raised map[tamper.Fault]bool
	worst  [5]float64 // of value over limit, where it tells
}

func newEye(t *testing.T) *eye {
	d, err := tamper.New(tamper.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return &eye{t: t, reduce: tamper.NewReducer(), detect: d, at: time.Date(2026, 3, 14, 6, 0, 0, 0, time.UTC), raised: map[tamper.Fault]bool{}}
}

// see shows a frame and returns what changed.
func (e *eye) see(f *camera.Frame, step time.Duration) (changed []tamper.Reading) {
	if err := e.reduce.Reduce(f, &e.sight); err != nil {
		e.t.Fatal(err)
	}
	return e.seeSight(&e.sight, step)
}

func (e *eye) seeSight(s *tamper.Sight, step time.Duration) (changed []tamper.Reading) {
	e.at = e.at.Add(step)
	s.At = e.at
	for i, r := range e.detect.See(s) {
		if r.Raised != e.raised[r.Fault] {
			e.raised[r.Fault] = r.Raised
			changed = append(changed, r)
		}
		if r.Unknown == "" && r.Fault != tamper.Dark {
			e.worst[i] = max(e.worst[i], r.Value/r.Limit)
		}
	}
	return changed
}

func untouched(t *testing.T, m movie) {
	e := newEye(t)
	false_ := 0
	n := int(*loop / m.step)
	began := time.Now()
	for i := range n {
		for _, r := range e.seeSight(&m.sights[i%len(m.sights)], m.step) {
			if r.Raised {
				false_++
			}
			if false_ < 10 {
				t.Errorf("untouched, after %v (picture %d of the video): %v raised %v: %.3f (limit %.3f) %s", time.Duration(i)*m.step, i%len(m.sights), r.Fault, r.Raised, r.Value, r.Limit, r.Text)
			}
		}
	}
	t.Logf("untouched for %v, %d pictures: %d alarms; nearest to a limit %s; %v to reduce a picture of %d x %d, %v to judge it", time.Duration(n)*m.step, n, false_, shares(e.worst), m.took, m.frames[0].Width, m.frames[0].Height, time.Since(began)/time.Duration(n))
}

func shares(v [5]float64) string {
	var b strings.Builder
	for i, x := range v {
		if tamper.Fault(i) != tamper.Dark {
			fmt.Fprintf(&b, "%v %.2f ", tamper.Fault(i), x)
		}
	}
	return b.String()
}

// tamperWith shows a minute of the video, then 20 s of a tampered one, then
// 20 s untouched.
func tamperWith(t *testing.T, m movie, c tampering, from int) {
	e := newEye(t)
	noise := rand.New(rand.NewPCG(uint64(from), 1))
	if c.fault == tamper.Frozen {
		c.do(nil, nil)
	}
	k := from
	next := func() int { k++; return k % len(m.frames) }
	for range int(time.Minute / m.step) {
		for _, r := range e.seeSight(&m.sights[next()], m.step) {
			t.Errorf("%s from picture %d on: before it, %v raised %v: %s", c.name, from, r.Fault, r.Raised, r.Text)
		}
	}
	began := e.at
	var took time.Duration
	for range int(20 * time.Second / m.step) {
		for _, r := range e.see(c.do(m.frames[next()], noise), m.step) {
			switch {
			case r.Fault == c.fault && r.Raised:
				took = e.at.Sub(began)
			default:
				t.Logf("%s from picture %d on: also %v %v after %v: %s", c.name, from, r.Fault, r.Raised, e.at.Sub(began), r.Text)
			}
		}
	}
	ended := e.at
	var cleared time.Duration
	for range int(20 * time.Second / m.step) {
		for _, r := range e.seeSight(&m.sights[next()], m.step) {
			if r.Fault == c.fault && !r.Raised {
				cleared = e.at.Sub(ended)
			}
		}
	}
	switch {
	case took == 0:
		t.Errorf("%s from picture %d on: not raised in 20 s; %+v", c.name, from, e.detect.See(&e.sight)[c.fault])
	case took > 10*time.Second:
		t.Errorf("%s from picture %d on: raised after %v, want at most 10 s", c.name, from, took)
	case cleared == 0:
		t.Errorf("%s from picture %d on: raised after %v, not cleared 20 s after it was well again", c.name, from, took)
	default:
		t.Logf("%s from picture %d on: raised after %v, cleared after %v", c.name, from, took, cleared)
	}
}

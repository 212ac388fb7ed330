//go:build measure

package watch

import (
	"context"
	"errors"
	"flag"
	"image"
	_ "image/jpeg"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"linesman/camera"
	"linesman/camera/codec"
	"linesman/event"
	"linesman/models/detect"
	"linesman/models/onnx"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
)

var (
	safetyData = flag.String("safety", "../../shared/data/safety", "folder of safety videos and stills")
	vtest      = flag.String("vtest", "/usr/share/doc/opencv-doc/examples/data/vtest.avi", "OpenCV's video of pedestrians")
)

// film is what a camera sees, five pictures a second of it.
type film struct {
	video string        // a file's name, or a still's, over which the camera sways
	fast  float64       // times its own speed; 0: once
	after time.Duration // of the film: alter has every picture from then on
	alter func(f *camera.Frame, noise *rand.Rand)
}

const (
	vtestFile = "vtest.avi"
	oneByOne  = "one-by-one-person-detection.mp4"
	worker    = "worker-zone-detection-preview.mp4"
)

// places of vtest and of one-by-one, by hand (bench/testdata/safety says how).
const (
	vtestPlaces = `
zones:
  lawn: {polygon: [[0.06, 0.56], [0.30, 0.62], [0.60, 0.76], [0.60, 0.80], [0.06, 0.80]]}
  walk: {polygon: [[0.12, 0.33], [0.33, 0.33], [0.33, 0.50], [0.12, 0.50]]}
lines:
  path: {points: [[0.44, 0.30], [0.44, 0.68]], in: left}
  yard: {points: [[0.64, 0.79], [0.92, 0.37]], in: left}
`
	tablePlaces = `
zones:
  table: {polygon: [[0.05, 0.55], [0.95, 0.55], [0.95, 1], [0.05, 1]]}
  sky: {polygon: [[0, 0], [1, 0], [1, 0.1], [0, 0.1]]}
`
)

// Every kind of rule of place and dress on a video that shows what it speaks of, and
// on one, or at a time, that does not: nothing is then raised. The seconds were read
// off the videos by eye, as the counts of bench/testdata/safety; where somebody walks
// too slowly to run, the video is played faster.
func TestRulesOnVideos(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	night := noon.Add(11 * time.Hour)
	runs := func(state string) []event.Event {
		return []event.Event{event.New("/press", "press-1", noon, event.LineState{Line: "press-1", State: state})}
	}
	for _, c := range []struct {
		name     string
		film     film
		places   string
		rule     string // the term
		more     string // of the rule
		at       time.Time
		heard    []event.Event
		from, to float64 // seconds of the film between which the first alert is raised; 0, 0: never
	}{
		{name: "in a zone", film: film{video: vtestFile}, places: vtestPlaces, rule: `person in zone("walk")`, from: 17, to: 21},
		{name: "in no zone", film: film{video: worker}, places: tablePlaces, rule: `person in zone("sky")`},
		{name: "by night", film: film{video: vtestFile}, places: vtestPlaces, rule: `person in zone("walk")`, more: "during: 22:00-06:00", at: night, from: 17, to: 21},
		{name: "by day", film: film{video: vtestFile}, places: vtestPlaces, rule: `person in zone("walk")`, more: "during: 22:00-06:00"},
		{name: "in by the left", film: film{video: vtestFile}, places: vtestPlaces, rule: `came(person in zone("walk"), "left")`, from: 17, to: 22},
		{name: "in from below", film: film{video: vtestFile}, places: vtestPlaces, rule: `came(person in zone("walk"), "up")`},
		{name: "loitering", film: film{video: vtestFile}, places: vtestPlaces, rule: `longer(person in zone("walk"), "5s")`, from: 28, to: 31},
		{name: "only passing", film: film{video: vtestFile}, places: vtestPlaces, rule: `longer(person in zone("walk"), "12s")`},
		{name: "over the line, in", film: film{video: vtestFile}, places: vtestPlaces, rule: `crossed(person, "path", "in")`, from: 6, to: 8},
		{name: "over the line, out", film: film{video: worker}, places: "lines:\n  tape: {points: [[0.52, 0.48], [0.22, 1]], in: left}\n", rule: `crossed(person, "tape", "out")`},
		{name: "head count", film: film{video: vtestFile}, places: vtestPlaces, rule: `headcount("left") > 2`, from: 18, to: 24},
		{name: "few heads", film: film{video: vtestFile}, places: vtestPlaces, rule: `headcount("left") > 8`},
		{name: "a crowd", film: film{video: vtestFile}, rule: `number(person) > 5`, more: "for: 2s", from: 6, to: 16},
		{name: "no crowd", film: film{video: vtestFile}, rule: `number(person) > 10`, more: "for: 2s"},
		{name: "running", film: film{video: vtestFile, fast: 3}, rule: `running(person)`, more: "for: 1s", from: 1, to: 26},
		{name: "walking", film: film{video: vtestFile}, rule: `running(person)`, more: "for: 1s"},
		{name: "no helmet", film: film{video: oneByOne}, rule: `without(person, "helmet")`, more: "each: person", from: 6, to: 139},
		{name: "a helmet", film: film{video: worker}, rule: `without(person, "helmet")`, more: "each: person"},
		{name: "no vest", film: film{video: oneByOne}, rule: `without(person, "vest")`, more: "each: person", from: 6, to: 139},
		{name: "a vest", film: film{video: worker}, rule: `without(person, "vest")`, more: "each: person"},
		{name: "forklift near somebody", film: film{video: "forklift/test/images/fk_test_0034.jpg"}, rule: `near(person, forklift, "5 m")`, from: 0.5, to: 6},
		{name: "forklift and nobody", film: film{video: "forklift/test/images/fk_test_0028.jpg"}, rule: `near(person, forklift, "5 m")`},
		{name: "close to a press that runs", film: film{video: oneByOne}, places: tablePlaces, rule: `near(person, zone("table"), "1 m") and runs("press-1")`, heard: runs("running"), from: 6, to: 12},
		{name: "close to a press that stands", film: film{video: oneByOne}, places: tablePlaces, rule: `near(person, zone("table"), "1 m") and runs("press-1")`, heard: runs("stopped")},
		{name: "goods left on the lawn", film: film{video: vtestFile, after: 15 * time.Second, alter: boxOnLawn}, places: vtestPlaces, rule: `longer(goods in zone("lawn"), "20s")`, from: 34, to: 50},
		{name: "nothing left", film: film{video: vtestFile}, places: vtestPlaces, rule: `longer(goods in zone("lawn"), "20s")`},
		{name: "fire", film: film{video: "fire/test/images/fire_test_0007.jpg"}, rule: "fire or smoke", from: 2, to: 8},
		{name: "no fire", film: film{video: vtestFile}, rule: "fire or smoke"},
		{name: "no fire at the table", film: film{video: oneByOne}, rule: "fire or smoke"},
		{name: "covered", film: film{video: vtestFile, after: 60 * time.Second, alter: cloth}, rule: "camera.covered", from: 60, to: 70},
		{name: "dark", film: film{video: vtestFile, after: 60 * time.Second, alter: lampsOut}, rule: "camera.dark or camera.covered", from: 60, to: 70},
		{name: "moved", film: film{video: vtestFile, after: 60 * time.Second, alter: aside}, rule: "camera.moved", from: 60, to: 70},
		{name: "out of focus", film: film{video: vtestFile, after: 60 * time.Second, alter: outOfFocus}, rule: "camera.blurred", from: 60, to: 70},
		{name: "all well with the camera", film: film{video: vtestFile}, rule: "camera.covered or camera.moved or camera.blurred or camera.dark or camera.frozen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.at.IsZero() {
				c.at = noon
			}
			raised := raisedBy(t, &c.film, c.places, c.rule, c.more, c.at, c.heard)
			t.Logf("raised after %.1f s", raised)
			switch never := c.from == 0 && c.to == 0; {
			case never && len(raised) > 0:
				t.Errorf("%s: raised %d times, first after %.1f s of the film, want never", c.rule, len(raised), raised[0])
			case !never && len(raised) == 0:
				t.Errorf("%s: never raised, want between %.0f and %.0f s", c.rule, c.from, c.to)
			case !never && (raised[0] < c.from || raised[0] > c.to):
				t.Errorf("%s: raised after %.1f s, want between %.0f and %.0f", c.rule, raised[0], c.from, c.to)
			}
		})
	}
}

// raisedBy plays a film to one rule and returns after how many seconds alerts were raised.
func raisedBy(t *testing.T, f *film, places, rule, more string, at time.Time, heard []event.Event) (raised []float64) {
	t.Helper()
	const id = part.CameraID("c")
	set := Settings{FPS: 5}
	if err := yaml.Unmarshal([]byte(places), &set.Scene); err != nil {
		t.Fatal(err)
	}
	set.Scene.Gate.Floor = time.Nanosecond
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	site := rules.Site{Cameras: map[part.CameraID]*scene.Settings{id: &set.Scene}, Lines: []part.LineID{"press-1"}, Zone: time.UTC}
	var spaces *scene.Spaces
	if _, ok := set.Scene.Lines["path"]; ok {
		site.Spaces = []string{"left"}
		spaces = scene.NewSpaces(map[string]scene.Space{"left": {Lines: []string{"c.path"}}})
	}
	if more != "" {
		more = ", " + more
	}
	engine, err := rules.Load([]byte("rules:\n  - {name: it, when: '"+rule+"', severity: high, say: Go there."+more+"}\n"), site)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range heard {
		engine.Hear(e)
	}
	guard, err := NewGuard(GuardConfig{Source: "/films", Rules: engine, Spaces: spaces, Events: nobody{}, Desk: nobody{}, Log: slog.New(slog.DiscardHandler), Told: func(c rules.Change) {
		if c.Kind == rules.Raised {
			raised = append(raised, c.At.Sub(at).Seconds())
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	eyes, err := NewDetectors(1, func() (*detect.Detector, error) {
		return detect.Load(safetyModel(), detect.Options{Open: onnx.Open, Threads: 1, Side: 640, Once: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	defer eyes.Close()
	s, err := New(Config{Camera: id, Settings: set, Eyes: eyes, Guard: guard, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f.play(t, at, func(p *camera.Frame) {
		sc, _, why := s.see(context.Background(), p)
		if why == "" {
			s.looked = p.At
		}
		guard.take(s.moment(p.At, sc, why))
	})
	return raised
}

// safetyModel is the detector that ships.
func safetyModel() fs.FS { return os.DirFS("../models/detect/safety") }

// play shows the film, five pictures a second, each exposed so long after the start as
// it is in the film.
func (f *film) play(t *testing.T, start time.Time, see func(*camera.Frame)) {
	t.Helper()
	noise := rand.New(rand.NewPCG(11, 11))
	n := uint64(0)
	show := func(p *camera.Frame, after time.Duration) {
		n++
		p.Seq, p.At = n, start.Add(after)
		if f.alter != nil && after >= f.after {
			f.alter(p, noise)
		}
		see(p)
		p.Release()
	}
	if strings.HasSuffix(f.video, ".jpg") {
		f.sway(t, show)
		return
	}
	path := filepath.Join(*safetyData, "videos", f.video)
	if f.video == vtestFile {
		path = *vtest
	}
	r, err := codec.OpenRecording(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fast := max(f.fast, 1)
	step := time.Duration(float64(r.Step()) / fast)
	pool, next := camera.NewPool(2), time.Duration(0)
	for i := 0; ; i++ {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		after := time.Duration(i) * step
		if after < next {
			continue
		}
		next += 200 * time.Millisecond
		frame := pool.Get(p.Width, p.Height, camera.RGB)
		if err := p.RGB(frame.Pix); err != nil {
			t.Fatal(err)
		}
		show(frame, after)
	}
}

// sway shows a still for ten seconds, as by a camera that the wind moves by a pixel or
// two, with a sensor's noise. It is shown twice as large.
func (f *film) sway(t *testing.T, show func(*camera.Frame, time.Duration)) {
	t.Helper()
	in, err := os.Open(filepath.Join(*safetyData, f.video))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	still, _, err := image.Decode(in)
	if err != nil {
		t.Fatal(err)
	}
	noise := rand.New(rand.NewPCG(3, 5))
	w, h := 2*still.Bounds().Dx(), 2*still.Bounds().Dy()
	pool := camera.NewPool(2)
	for i := range 50 {
		p := pool.Get(w, h, camera.RGB)
		dx, dy := int(2*math.Sin(float64(i)/3)), int(1.5*math.Sin(float64(i)/2))
		for y := range h {
			for x := range w {
				r, g, b, _ := still.At(min(max((x+dx)/2, 0), w/2-1), min(max((y+dy)/2, 0), h/2-1)).RGBA()
				for k, v := range [3]uint32{r, g, b} {
					p.Pix[y*p.Stride+3*x+k] = byte(min(max(float64(v>>8)+3*noise.NormFloat64(), 0), 255))
				}
			}
		}
		show(p, time.Duration(i)*200*time.Millisecond)
	}
}

// paint writes to each pixel of a box of shares of the picture.
func paint(f *camera.Frame, x0, y0, x1, y1 float64, value func(x, y int) [3]float64) {
	for y := int(y0 * float64(f.Height)); y < int(y1*float64(f.Height)); y++ {
		for x := int(x0 * float64(f.Width)); x < int(x1*float64(f.Width)); x++ {
			for k, v := range value(x, y) {
				f.Pix[y*f.Stride+3*x+k] = byte(min(max(v, 0), 255))
			}
		}
	}
}

func boxOnLawn(f *camera.Frame, noise *rand.Rand) {
	paint(f, 0.16, 0.63, 0.21, 0.72, func(x, y int) [3]float64 {
		n := 4 * noise.NormFloat64()
		if (x/6+y/20)%2 == 0 {
			n -= 15
		}
		return [3]float64{170 + n, 130 + n, 80 + n}
	})
}

func cloth(f *camera.Frame, noise *rand.Rand) {
	paint(f, 0, 0, 1, 1, func(x, y int) [3]float64 {
		v := 60 + 20*math.Sin(float64(x+y)/90) + 4*noise.NormFloat64()
		return [3]float64{v, v, v}
	})
}

func lampsOut(f *camera.Frame, noise *rand.Rand) {
	paint(f, 0, 0, 1, 1, func(_, _ int) [3]float64 {
		return [3]float64{4 + noise.NormFloat64(), 4 + noise.NormFloat64(), 4 + noise.NormFloat64()}
	})
}

func aside(f *camera.Frame, _ *rand.Rand) {
	by := 3 * (f.Width / 5)
	for y := range f.Height {
		row := f.Pix[y*f.Stride : y*f.Stride+3*f.Width]
		shifted := append(append([]byte(nil), row[by:]...), row[:by]...)
		copy(row, shifted)
	}
}

func outOfFocus(f *camera.Frame, _ *rand.Rand) {
	const by = 8
	line := make([]float64, max(f.Width, f.Height))
	blur := func(n, from, step int) {
		for k := range 3 {
			for i := range n {
				line[i] = float64(f.Pix[from+k+i*step])
			}
			for i := range n {
				lo, hi, sum := max(i-by, 0), min(i+by, n-1), 0.0
				for j := lo; j <= hi; j++ {
					sum += line[j]
				}
				f.Pix[from+k+i*step] = byte(sum / float64(hi-lo+1))
			}
		}
	}
	for y := range f.Height {
		blur(f.Width, y*f.Stride, 3)
	}
	for x := range f.Width {
		blur(f.Height, 3*x, f.Stride)
	}
}

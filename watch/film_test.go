//go:build cgo

package watch

import (
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
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

// film is what a camera sees, five pictures a second of it.
type film struct {
	video string        // a file, or a still, over which the camera sways
	fast  float64       // times its own speed; 0: once
	after time.Duration // of the film: alter has every picture from then on
	alter func(f *camera.Frame, noise *rand.Rand)
	gone  time.Duration // of the film: from then on the camera is down; 0: never
}

// The film that ships, through network, tracks and rules: a worker in helmet and
// vest, seen from behind, walks over a tape and stands beyond it. Each kind of rule
// that it can show, and one that it must not raise; all the others are held by
// TestRulesOnVideos, with tag measure.
func TestRulesOnTheFilmThatShips(t *testing.T) {
	const places = `
zones:
  aisle: {polygon: [[0.10, 0.60], [0.44, 0.60], [0.30, 0.85], [0.10, 0.85]]}
  sky: {polygon: [[0, 0], [1, 0], [1, 0.1], [0, 0.1]]}
lines:
  path: {points: [[0.52, 0.48], [0.22, 1]], in: left}
`
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	type wanted struct {
		term
		from, to float64 // seconds of the film between which the first alert is raised; 0, 0: never
	}
	for name, c := range map[string]struct {
		film film
		want []wanted
	}{
		"as it is": {film{}, []wanted{
			{term{`person in zone("aisle")`, ""}, 2, 4},
			{term{`person in zone("sky")`, ""}, 0, 0},
			{term{`crossed(person, "path", "in")`, ""}, 2, 4},
			{term{`crossed(person, "path", "out")`, ""}, 0, 0},
			{term{`headcount("left") > 0`, ""}, 2, 4},
			{term{`headcount("left") > 1`, ""}, 0, 0},
			{term{`wearing(person, "helmet")`, ""}, 1, 4},
			{term{`without(person, "helmet")`, ""}, 0, 0},
			{term{`fire or smoke`, ""}, 0, 0},
			{term{`camera.down`, ""}, 0, 0},
		}},
		"its camera is unplugged": {film{gone: 2 * time.Second}, []wanted{
			{term{`camera.down`, "for: 1s"}, 3, 4},
			{term{`person in zone("aisle")`, ""}, 0, 0},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c.film.video = "../sim/footage/workers.mp4"
			var terms []term
			for _, w := range c.want {
				terms = append(terms, w.term)
			}
			for i, raised := range raisedBy(t, &c.film, places, noon, nil, terms...) {
				holdRaised(t, terms[i].when, raised, c.want[i].from, c.want[i].to)
			}
		})
	}
}

// holdRaised wants the first of the seconds at which a rule raised an alert between
// two; none at all where both are 0.
func holdRaised(t *testing.T, rule string, raised []float64, from, to float64) {
	t.Helper()
	t.Logf("%s: raised after %.1f s", rule, raised)
	switch never := from == 0 && to == 0; {
	case never && len(raised) > 0:
		t.Errorf("%s: raised %d times, first after %.1f s of the film, want never", rule, len(raised), raised[0])
	case !never && len(raised) == 0:
		t.Errorf("%s: never raised, want between %.0f and %.0f s", rule, from, to)
	case !never && (raised[0] < from || raised[0] > to):
		t.Errorf("%s: raised after %.1f s, want between %.0f and %.0f", rule, raised[0], from, to)
	}
}

// term is a rule: what must not be, and more of the rule.
type term struct{ when, more string }

// raisedBy plays a film to rules and returns after how many seconds each raised
// alerts.
func raisedBy(t *testing.T, f *film, places string, at time.Time, heard []event.Event, terms ...term) (raised [][]float64) {
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
	var text strings.Builder
	text.WriteString("rules:\n")
	for i, r := range terms {
		fmt.Fprintf(&text, "  - {name: '%d', when: '%s', severity: high, say: Go there.", i, r.when)
		if r.more != "" {
			text.WriteString(", " + r.more)
		}
		text.WriteString("}\n")
	}
	raised = make([][]float64, len(terms))
	engine, err := rules.Load([]byte(text.String()), site)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range heard {
		engine.Hear(e)
	}
	guard, err := NewGuard(GuardConfig{Source: "/films", Rules: engine, Spaces: spaces, Events: nobody{}, Desk: nobody{}, Log: slog.New(slog.DiscardHandler), Told: func(c rules.Change) {
		if c.Kind == rules.Raised {
			i, err := strconv.Atoi(c.Alert.Rule)
			if err != nil {
				t.Error(err)
				return
			}
			raised[i] = append(raised[i], c.At.Sub(at).Seconds())
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
	s.CameraState(camera.State{Camera: id, Status: camera.Live})
	f.play(t, at, func(p *camera.Frame) {
		if f.gone > 0 && p.At.Sub(at) >= f.gone {
			s.CameraState(camera.State{Camera: id, Status: camera.Down})
			guard.take(rules.Moment{At: p.At, Camera: id, State: s.cameraState(), Blind: "no picture"})
			return
		}
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
	r, err := codec.OpenRecording(f.video)
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
	in, err := os.Open(f.video)
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

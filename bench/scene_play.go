package bench

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"linesman/camera"
	"linesman/camera/rtsp"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
	publisher "linesman/sim/rtsp"
	"linesman/vision"
	"linesman/watch"
)

// sceneSeen is what a station said of one video.
type sceneSeen struct {
	status   watch.Status
	pictures []seenPicture
	alerts   []seenAlert
}

// seenPicture is one picture as the station knew it. Places are shares of the
// picture.
type seenPicture struct {
	frame     int
	tracks    []seenTrack
	counts    []scene.Count
	passages  []scene.Passage
	crossings []scene.Crossing
}

// seenTrack is one person that was followed.
type seenTrack struct {
	number uint64
	foot   HandPoint
	box    vision.Box // pixels
	dress  []scene.Dress
}

// seenAlert is an alert that was raised.
type seenAlert struct {
	rule, zone string
	at, began  int // frames
	tracks     []uint64
}

const sceneCamera = part.CameraID("hand")

// The names of the rules that every video is watched by.
const (
	ruleZone   = "somebody in "
	ruleDress  = "no "
	ruleFire   = "fire or smoke"
	ruleCamera = "the camera sees nothing right"
)

// sceneRules are the everyday ones: somebody in a zone, no helmet, no vest, fire,
// and what is wrong with the camera.
func sceneRules(h *SceneHand) []byte {
	var b strings.Builder
	b.WriteString("rules:\n")
	for _, z := range h.Zones {
		fmt.Fprintf(&b, "  - {name: %q, when: 'person in zone(%q)', for: 1s, severity: high, say: Leave.}\n", ruleZone+z.Name, z.Name)
	}
	for _, item := range []scene.Item{scene.Helmet, scene.Vest} {
		fmt.Fprintf(&b, "  - {name: %q, when: 'without(person, %q)', each: person, severity: high, say: Put it on.}\n", ruleDress+string(item), item)
	}
	fmt.Fprintf(&b, "  - {name: %s, when: fire or smoke, severity: critical, say: Look.}\n", ruleFire)
	fmt.Fprintf(&b, "  - {name: %s, when: camera.covered or camera.moved or camera.blurred or camera.dark or camera.frozen or camera.down, for: 3s, severity: high, say: Go there.}\n", ruleCamera)
	return []byte(b.String())
}

// settings are of a camera with the hand's zones and lines.
func (o *SceneRun) settings(h *SceneHand) (watch.Settings, error) {
	s := scene.Settings{Zones: map[string]scene.Zone{}, Lines: map[string]scene.Line{}}
	for _, z := range h.Zones {
		var corners [][]float64
		for _, c := range z.Corners {
			corners = append(corners, []float64{c.X, c.Y})
		}
		s.Zones[z.Name] = scene.Zone{Polygon: corners}
	}
	for _, l := range h.Lines {
		s.Lines[l.Name] = scene.Line{Points: [][]float64{{l.A.X, l.A.Y}, {l.B.X, l.B.Y}}, In: l.In}
	}
	set := watch.Settings{FPS: o.FPS, Scene: s}
	return set, set.Validate()
}

// play publishes a video once and has a station watch it.
func (o *SceneRun) play(ctx context.Context, h *SceneHand, path string, eyes watch.Eyes) (*sceneSeen, error) {
	set, err := o.settings(h)
	if err != nil {
		return nil, err
	}
	engine, err := rules.Load(sceneRules(h), rules.Site{Cameras: map[part.CameraID]*scene.Settings{sceneCamera: &set.Scene}})
	if err != nil {
		return nil, err
	}
	w := &sceneWitness{hand: h}
	guard, err := watch.NewGuard(watch.GuardConfig{Source: "/bench", Rules: engine, Events: nowhere{}, Desk: nowhere{}, Told: w.told, Log: o.Log})
	if err != nil {
		return nil, err
	}
	s, err := watch.New(watch.Config{Camera: sceneCamera, Settings: set, Eyes: eyes, Guard: guard, Seen: w.see, Log: o.Log})
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	work.Go(func() { _ = guard.Run(running) })
	work.Go(func() { _ = s.Run(running) })
	ready, published := make(chan string, 1), make(chan error, 1)
	work.Go(func() {
		published <- publisher.PublishFile(running, path, publisher.Playing{Options: publisher.Options{Address: "127.0.0.1:0", Name: "hand", KeyEvery: 10}, Realtime: true, Ready: func(url string) { ready <- url }})
	})
	select {
	case url := <-ready:
		driver, err := rtsp.New(sceneCamera, rtsp.Settings{URL: url, FPS: o.FPS})
		if err != nil {
			return nil, err
		}
		sup := camera.NewSupervisor(sceneCamera, driver, camera.Watch{Moving: func() bool { return false }}, o.Log, s.CameraState)
		work.Go(func() { _ = sup.Run(running, s.Sink()) })
		err = <-published
		if err != nil {
			return nil, err
		}
	case err := <-published:
		return nil, err
	}
	stop()
	work.Wait()
	w.seen.status = s.Status()
	if len(w.seen.pictures) == 0 {
		return nil, fmt.Errorf("no picture was judged (%d came, %d blind: %s)", w.seen.status.Frames, w.seen.status.Blind, w.seen.status.Why)
	}
	return &w.seen, nil
}

// sceneWitness writes down what the station and the guard say.
type sceneWitness struct {
	hand *SceneHand

	mu    sync.Mutex // held for a moment: station and guard speak each for itself
	first time.Time  // exposure of the first picture
	seen  sceneSeen
}

// see takes one picture.
func (w *sceneWitness) see(f *camera.Frame, sc *scene.Scene, why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.first.IsZero() {
		w.first = f.At
	}
	if sc == nil || why != "" {
		return
	}
	w.seen.pictures = append(w.seen.pictures, pictureOf(sc, w.hand.frameAt(f.At.Sub(w.first))))
}

// pictureOf keeps what is scored of a scene.
func pictureOf(sc *scene.Scene, frame int) seenPicture {
	p := seenPicture{frame: frame, counts: sc.Counts, passages: sc.Passages, crossings: sc.Crossings}
	for i := range sc.Tracks {
		t := &sc.Tracks[i]
		if t.Label != scene.Person {
			continue
		}
		p.tracks = append(p.tracks, seenTrack{number: t.Number, box: t.Box, dress: t.Dress,
			foot: HandPoint{t.Foot.X / float64(sc.Width), t.Foot.Y / float64(sc.Height)}})
	}
	return p
}

// told takes an alert. What is raised after the video ended is of its end: the
// stream is gone then.
func (w *sceneWitness) told(c rules.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	after := c.At.Sub(w.first)
	if c.Kind != rules.Raised || w.first.IsZero() || after.Seconds() > float64(w.hand.Frames)/w.hand.Rate {
		return
	}
	w.seen.alerts = append(w.seen.alerts, seenAlert{rule: c.Alert.Rule, zone: c.Alert.Zone, at: w.hand.frameAt(after), began: w.hand.frameAt(c.Alert.Began.Sub(w.first)), tracks: c.Alert.Tracks})
}

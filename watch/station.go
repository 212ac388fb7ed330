package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"linesman/camera"
	"linesman/camera/clip"
	"linesman/models/detect"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
	"linesman/vision"
	"linesman/vision/tamper"
)

// Config is what a station is given. Faces may be nil: then only the heads of
// people are veiled. Where they fail, the whole picture is.
type Config struct {
	Camera   part.CameraID
	Settings Settings // valid
	Eyes     Eyes
	// Faces finds faces in an RGB picture, pixels of it, appended to found.
	Faces func(p detect.Picture, found []vision.Box) ([]vision.Box, error)
	Guard *Guard
	// Memory keeps the scene over a restart; nil: it is learnt anew at each.
	Memory Memory
	// Seen, if set, is told by Run of every frame that was wanted, before the guard
	// is: its scene, or why it can not be judged. It keeps neither, and changes
	// nothing: for who measures.
	Seen func(f *camera.Frame, sc *scene.Scene, why string)
	Log  *slog.Logger
}

// Station keeps one camera. Make it with New, call Run once, and hand it frames
// and states from their own goroutines.
type Station struct {
	cfg      Config
	intake   *intake
	recorder *clip.Recorder
	state    atomic.Pointer[camera.State]
	changed  chan struct{} // the camera's state did
	accept   atomic.Pointer[accepted]

	reducer  *tamper.Reducer
	tamper   *tamper.Detector
	gate     *scene.Gate
	follower *scene.Follower
	sight    tamper.Sight
	found    []detect.Found
	readings []tamper.Reading
	busy     bool
	owed     bool // the last look failed: nobody knows who is there, whatever the gate says
	thin     camera.Thin
	last     time.Time // exposure of the last frame that was wanted
	looked   time.Time // exposure of the last frame looked at or rested
	pace     pace
	pixels   scene.PixelsPerPerson
	measured time.Time // exposure at which pixels were last told
	shown    *camera.Pool

	remembered time.Time // exposure at which the scene was last handed to the memory

	facing facing

	mu     sync.Mutex // held for copies
	status Status
	view   View
}

// blindAfter is how long a camera may show nothing that can be judged before its
// zones are unknown.
const blindAfter = 2 * time.Second

// pixelsEvery is how often it is told how tall people are.
const pixelsEvery = 10 * time.Second

// beatEvery is how often the guard hears of a camera that shows nothing.
const beatEvery = 500 * time.Millisecond

// New returns a station at rest.
func New(c Config) (*Station, error) {
	if c.Eyes == nil || c.Guard == nil || c.Log == nil {
		return nil, errors.New("watch: eyes, guard and log must all be given")
	}
	s := &Station{cfg: c, changed: make(chan struct{}, 1), reducer: tamper.NewReducer(), shown: camera.NewPool(2),
		pace: pace{wanted: c.Settings.FPS},
		thin: camera.Thin{Every: time.Duration(float64(time.Second) / c.Settings.FPS)}}
	var err error
	if s.tamper, err = tamper.New(c.Settings.Tamper); err != nil {
		return nil, fmt.Errorf("watch %s: tamper: %w", c.Camera, err)
	}
	if s.gate, err = scene.NewGate(c.Settings.Scene.Gate); err != nil {
		return nil, fmt.Errorf("watch %s: %w", c.Camera, err)
	}
	if s.follower, err = scene.NewFollower(c.Settings.Scene); err != nil {
		return nil, fmt.Errorf("watch %s: %w", c.Camera, err)
	}
	if s.recorder, err = clip.NewRecorder(c.Camera, c.Settings.Clip.Keep, c.Guard.clipped); err != nil {
		return nil, fmt.Errorf("watch %s: %w", c.Camera, err)
	}
	s.recall()
	refused := &said{every: time.Minute}
	s.intake = newIntake(s.recorder, func(err error) {
		if refused.now(time.Now()) {
			c.Log.Warn("no clip can be made", "camera", string(c.Camera), "err", err)
		}
	})
	s.status = Status{Camera: c.Camera, WantedFPS: c.Settings.FPS, Why: "no picture yet"}
	c.Guard.add(s)
	return s, nil
}

// Sink returns where the camera delivers.
func (s *Station) Sink() camera.Sink { return s.intake }

// CameraState takes what the camera's supervisor says.
func (s *Station) CameraState(st camera.State) {
	s.state.Store(&st)
	if st.Status == camera.Down || st.Status == camera.Stalled {
		s.recorder.Down(st.Status.String())
	}
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Run works until ctx ends. It returns nil then.
func (s *Station) Run(ctx context.Context) error {
	defer s.Close()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.intake.wake:
			if f, skipped := s.intake.take(); f != nil {
				s.take(ctx, f, skipped)
				f.Release()
			}
		case <-s.changed:
			s.beat(ctx, time.Now())
		case now := <-beat.C:
			if s.silent(now) {
				s.beat(ctx, now)
			}
		}
	}
}

// Close gives back what the station keeps. Run does so at its end.
func (s *Station) Close() {
	s.recorder.Close()
	for f, _ := s.intake.take(); f != nil; f, _ = s.intake.take() {
		f.Release()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.view.Frame != nil {
		s.view.Frame.Release()
		s.view = View{}
	}
}

// take sees one frame, if it is wanted.
func (s *Station) take(ctx context.Context, f *camera.Frame, skipped uint64) {
	s.mu.Lock()
	s.status.Frames += 1 + skipped
	s.status.Skipped += skipped
	s.mu.Unlock()
	s.pace.take(skipped)
	if !s.thin.Wants(f.At, f.Key) {
		return
	}
	s.last = f.At
	sc, look, why := s.see(ctx, f)
	if ctx.Err() != nil {
		return
	}
	s.note(f, sc, look, why)
	if s.cfg.Seen != nil {
		s.cfg.Seen(f, sc, why)
	}
	if why == "" {
		s.looked = f.At
	}
	s.cfg.Guard.moment(ctx, s.moment(f.At, sc, why))
}

// see looks at one frame: what it shows, how long the look took (0: the gate let
// it rest), and why it can not be judged, if it can not.
func (s *Station) see(ctx context.Context, f *camera.Frame) (sc *scene.Scene, look time.Duration, why string) {
	if f.Format != camera.RGB {
		return nil, 0, "the camera sends no colours: safety cameras must"
	}
	if err := s.reducer.Reduce(f, &s.sight); err != nil {
		return nil, 0, err.Error()
	}
	s.sight.At = f.At
	s.relearn(f.At)
	s.readings = s.tamper.See(&s.sight)
	s.remember(f.At)
	if why := unseen(s.readings); why != "" {
		return nil, 0, why
	}
	if f.Damaged {
		return nil, 0, "the picture is damaged by losses on the network"
	}
	o := scene.Observation{Camera: s.cfg.Camera, Seq: f.Seq, At: f.At, Width: f.Width, Height: f.Height}
	g := s.gate.Glance(scene.Grey{Width: len(s.sight.Grey) / max(s.sight.Height, 1), Height: s.sight.Height, Stride: len(s.sight.Grey) / max(s.sight.Height, 1), Pix: s.sight.Grey}, f.At, s.busy)
	if g.Look || s.owed {
		began := time.Now()
		var err error
		s.found, err = s.cfg.Eyes.Look(ctx, detect.Picture{Width: f.Width, Height: f.Height, Stride: f.Stride, Pix: f.Pix}, s.cfg.Settings.Scene.Follow.Doubtful, s.found[:0])
		if s.owed = err != nil; s.owed {
			return nil, 0, "the detector failed: " + err.Error()
		}
		look, o.Detections = max(time.Since(began), 1), s.found
	}
	o.Changed = s.gate.Changed()
	seen := s.follower.Step(o)
	s.busy = seen.Busy()
	s.pixels.Take(&seen)
	return &seen, look, seen.Blind
}

// See sees one frame at once and says what it shows, or why it can not be judged:
// for who measures. Run must not run.
func (s *Station) See(ctx context.Context, f *camera.Frame) (sc *scene.Scene, why string) {
	sc, _, why = s.see(ctx, f)
	return sc, why
}

// unseen says why a picture can not be judged by what is wrong with the camera.
// One that was moved shows other places: its zones are not where they were drawn.
func unseen(readings []tamper.Reading) string {
	for _, r := range readings {
		if r.Raised && r.Fault != tamper.Blurred {
			return "the picture is " + r.Fault.String()
		}
	}
	return ""
}

// note keeps what is shown of the station.
func (s *Station) note(f *camera.Frame, sc *scene.Scene, look time.Duration, why string) {
	seen := s.pace.see(f.At)
	short, news := s.pace.judge()
	if news {
		id := string(s.cfg.Camera)
		s.cfg.Guard.emit(id, id, f.At, s.pace.told(id))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st := &s.status
	switch {
	case why != "":
		st.Blind++
	case look == 0:
		st.Rested++
	default:
		st.Looked++
		st.LookMS = look.Seconds() * 1000
	}
	if sc != nil && sc.At.Sub(s.measured) > pixelsEvery {
		s.measured, st.Pixels = sc.At, s.pixels.Report(scene.DressPixels)
	}
	st.Resting = why == "" && look == 0
	st.At, st.Why, st.SeenFPS, st.Tamper = f.At.UTC(), why, seen, append(st.Tamper[:0:0], s.readings...)
	st.Short = short
	if sc != nil {
		st.People, st.Vehicles, st.Zones = people(sc), len(sc.Tracks)-people(sc), sc.Counts
	}
	if s.view.Frame != nil {
		s.view.Frame.Release()
	}
	s.view = View{Frame: f.Retain(), Scene: sc}
}

func people(sc *scene.Scene) (n int) {
	for i := range sc.Tracks {
		if sc.Tracks[i].Label == "person" {
			n++
		}
	}
	return n
}

// moment is what the guard is told of one frame.
func (s *Station) moment(at time.Time, sc *scene.Scene, why string) rules.Moment {
	m := rules.Moment{At: at, Camera: s.cfg.Camera, Scene: sc, State: s.cameraState()}
	if why != "" {
		m.Scene = nil
	}
	if why != "" && at.Sub(s.looked) > blindAfter {
		m.Blind = why
	}
	return m
}

// cameraState is what is wrong with the camera.
func (s *Station) cameraState() (c rules.CameraState) {
	for _, r := range s.readings {
		switch {
		case !r.Raised:
		case r.Fault == tamper.Covered:
			c.Covered = true
		case r.Fault == tamper.Moved:
			c.Moved = true
		case r.Fault == tamper.Blurred:
			c.Blurred = true
		case r.Fault == tamper.Dark:
			c.Dark = true
		case r.Fault == tamper.Frozen:
			c.Frozen = true
		}
	}
	if st := s.state.Load(); st == nil || st.Status != camera.Live && st.Status != camera.Frozen {
		c.Down = st != nil && st.Status != camera.Connecting
	}
	return c
}

// silent reports whether the camera has shown nothing for a while.
func (s *Station) silent(now time.Time) bool { return now.Sub(s.last) > blindAfter }

// beat tells the guard of a camera that shows nothing.
func (s *Station) beat(ctx context.Context, now time.Time) {
	m := rules.Moment{At: now, Camera: s.cfg.Camera, State: s.cameraState()}
	if s.silent(now) {
		m.Blind = "no picture"
		if st := s.state.Load(); st != nil {
			m.Blind = "no picture: the camera is " + st.Status.String()
		}
		s.mu.Lock()
		s.status.Why, s.status.SeenFPS = m.Blind, 0
		s.mu.Unlock()
		s.cfg.Guard.moment(ctx, m)
	}
}

// Status returns how the station stands now.
func (s *Station) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// View returns what the station last saw, nil for the frame if it saw nothing.
func (s *Station) View() View {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view
	if v.Frame != nil {
		v.Frame.Retain()
	}
	return v
}

// Pixels tells how tall people are over the picture, for whoever hangs cameras;
// need is the height asked for. It may be called while Run does not.
func (s *Station) Pixels(need float64) scene.PixelReport { return s.pixels.Report(need) }

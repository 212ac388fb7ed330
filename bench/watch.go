package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"linesman/alarm"
	"linesman/camera"
	"linesman/camera/codec"
	"linesman/camera/rtsp"
	"linesman/event"
	"linesman/models"
	"linesman/models/detect"
	"linesman/models/onnx"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
	publisher "linesman/sim/rtsp"
	"linesman/watch"
)

// Watch is what a measurement of safety cameras is asked for.
type Watch struct {
	Video   string        // what every camera sees, over and over
	Cameras int           // at once
	FPS     float64       // frames a second looked at by each
	For     time.Duration // of the paced run
	Model   fs.FS
	Side    int // of the network's input; 0: the card's
	Far     bool
	Threads int // cores: detectors at once
	Held    func() Held
	Log     *slog.Logger
}

// WatchReport is what came of it.
type WatchReport struct {
	Cameras   int     `json:"cameras"`
	WantedFPS float64 `json:"wanted_fps"`
	Size      [2]int  `json:"size"` // of the frames, pixels
	Seconds   float64 `json:"seconds"`
	// Frames were seen by all cameras together, Skipped pushed out by newer ones,
	// Rested let pass by the motion gate, Blind could not be judged.
	Frames  uint64 `json:"frames"`
	Looked  uint64 `json:"looked"`
	Skipped uint64 `json:"skipped"`
	Rested  uint64 `json:"rested"`
	Blind   uint64 `json:"blind"`
	// LeastFPS is of the camera that saw the fewest.
	LeastFPS float64 `json:"least_fps"`
	// CameraMB is what each camera after the first adds to what the process holds: the
	// first brings what all share, and the stream that they play. With one camera it is
	// all of that.
	CameraMB float64 `json:"camera_mb"`

	// Full is frames a second at full speed: sight, gate, network, tracks; Bare the
	// network alone at the same size, by ONNX Runtime itself, at its best of 1 and 2
	// threads a run and as many runs at once as there are cores. By turns, nine rounds
	// of each; each is the middle one of its rounds. Efficiency is the middle one of the
	// rounds' ratios, each to the mean of the network alone just before and just after.
	Full       float64 `json:"full_fps"`
	Bare       float64 `json:"bare_fps"`
	Efficiency float64 `json:"efficiency"`
	Input      [2]int  `json:"input"` // of the network, pixels
	Tracks     uint64  `json:"tracks"`
}

// watchedFrames is how many pictures of the video the full-speed run goes through.
const watchedFrames = 150

// RunWatch measures the safety cameras.
func RunWatch(ctx context.Context, o Watch) (*WatchReport, error) {
	r := &WatchReport{Cameras: o.Cameras, WantedFPS: o.FPS}
	open := func() (*detect.Detector, error) {
		return detect.Load(o.Model, detect.Options{Open: onnx.Open, Threads: 1, Side: o.Side, Once: !o.Far})
	}
	eyes, err := watch.NewDetectors(o.Threads, open)
	if err != nil {
		return nil, err
	}
	defer eyes.Close()
	if err := o.paced(ctx, eyes, r); err != nil {
		return nil, err
	}
	frames, err := someFrames(o.Video) // not before: they would count as the cameras'
	if err != nil {
		return nil, err
	}
	r.Size = [2]int{frames[0].Width, frames[0].Height}
	var fulls, bares, ratios []float64
	alone, err := o.bare(ctx, frames[0], r)
	if err != nil {
		return nil, err
	}
	before, err := alone()
	if err != nil {
		return nil, err
	}
	for range 9 { // the box has moods
		full, err := o.full(ctx, eyes, frames, r)
		if err != nil {
			return nil, err
		}
		after, err := alone()
		if err != nil {
			return nil, err
		}
		fulls, bares, ratios = append(fulls, full), append(bares, after), append(ratios, 2*full/(before+after))
		before = after
	}
	r.Full, r.Bare, r.Efficiency = quantiles(fulls).P50, quantiles(bares).P50, quantiles(ratios).P50
	return r, nil
}

// someFrames decodes the beginning of a video.
func someFrames(path string) (frames []*camera.Frame, err error) {
	rec, err := codec.OpenRecording(path)
	if err != nil {
		return nil, err
	}
	defer rec.Close()
	pool := camera.NewPool(0)
	for len(frames) < watchedFrames {
		p, err := rec.Next()
		if errors.Is(err, io.EOF) && len(frames) > 0 {
			break
		}
		if err != nil {
			return nil, err
		}
		f := pool.Get(p.Width, p.Height, camera.RGB)
		if err := p.RGB(f.Pix); err != nil {
			return nil, err
		}
		f.Seq = uint64(len(frames) + 1)
		frames = append(frames, f)
	}
	return frames, nil
}

// settings are a camera whose motion gate is never closed.
func (o Watch) settings() (watch.Settings, error) {
	set := watch.Settings{FPS: o.FPS,
		Scene: scene.Settings{Gate: scene.GateSettings{Floor: time.Millisecond}, Zones: map[string]scene.Zone{"middle": {Polygon: [][]float64{{0.25, 0.25}, {0.75, 0.25}, {0.75, 0.95}, {0.25, 0.95}}}}}}
	return set, set.Validate()
}

// guarded opens a guard whose rules hold nothing.
func (o Watch) guarded(set *watch.Settings) (*watch.Guard, error) {
	engine, err := rules.NewEngine(nil, rules.Site{Cameras: map[part.CameraID]*scene.Settings{"c": &set.Scene}})
	if err != nil {
		return nil, err
	}
	return watch.NewGuard(watch.GuardConfig{Source: "/bench", Rules: engine, Events: nowhere{}, Desk: nowhere{}, Log: o.Log})
}

// nowhere takes events and alarms, and keeps none.
type nowhere struct{}

// Emit forgets the event.
func (nowhere) Emit(event.Event) {}

// Raise calls nobody.
func (nowhere) Raise(context.Context, alarm.Raise) (string, error) { return "", nil }

// Clear forgets.
func (nowhere) Clear(context.Context, string, string, string, string) error { return nil }

// settling is how long the first camera plays alone, until what all share is there.
const settling = 10 * time.Second

// paced plays the video to all cameras through RTSP; it was coded before, as cameras
// code by themselves, and each camera decodes its own.
func (o Watch) paced(ctx context.Context, eyes *watch.Detectors, r *WatchReport) error {
	set, err := o.settings()
	if err != nil {
		return err
	}
	guard, err := o.guarded(&set)
	if err != nil {
		return err
	}
	url := make(chan string, 1)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	failed := make(chan error, 1)
	work.Go(func() {
		err := publisher.PublishFile(ctx, o.Video, publisher.Playing{Options: publisher.Options{Address: "127.0.0.1:0", Name: "bench", KeyEvery: 10}, Realtime: true, Loop: true, Ahead: true, Ready: func(u string) { url <- u }})
		if ctx.Err() == nil {
			failed <- err
		}
	})
	var from string
	select {
	case from = <-url:
	case err := <-failed:
		return err
	}
	before := o.Held()
	var stations []*watch.Station
	for i := range o.Cameras {
		if i == 1 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(settling):
			}
			before = o.Held()
		}
		id := part.CameraID(fmt.Sprintf("c%d", i+1))
		s, err := watch.New(watch.Config{Camera: id, Settings: set, Eyes: eyes, Guard: guard, Log: o.Log})
		if err != nil {
			return err
		}
		driver, err := rtsp.New(id, rtsp.Settings{URL: from, FPS: o.FPS})
		if err != nil {
			return err
		}
		sup := camera.NewSupervisor(id, driver, camera.Watch{Moving: func() bool { return false }}, o.Log, s.CameraState)
		work.Go(func() { _ = sup.Run(ctx, s.Sink()) })
		work.Go(func() { _ = s.Run(ctx) })
		stations = append(stations, s)
	}
	work.Go(func() { _ = guard.Run(ctx) })
	began := time.Now()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-failed:
		return err
	case <-time.After(o.For):
	}
	r.Seconds = time.Since(began).Seconds()
	r.CameraMB = (o.Held().OwnMB - before.OwnMB) / float64(max(o.Cameras-1, 1))
	var rates []float64
	for _, s := range stations {
		st := s.Status()
		r.Frames, r.Looked, r.Skipped, r.Rested, r.Blind = r.Frames+st.Frames, r.Looked+st.Looked, r.Skipped+st.Skipped, r.Rested+st.Rested, r.Blind+st.Blind
		rates = append(rates, st.SeenFPS)
	}
	r.LeastFPS = slices.Min(rates)
	return nil
}

// full sees the frames as fast as that goes, on as many cameras as cores.
func (o Watch) full(ctx context.Context, eyes *watch.Detectors, frames []*camera.Frame, r *WatchReport) (float64, error) {
	set, err := o.settings()
	if err != nil {
		return 0, err
	}
	set.FPS = 60
	guard, err := o.guarded(&set)
	if err != nil {
		return 0, err
	}
	var tracks atomic.Uint64
	var errs sync.Map
	var work sync.WaitGroup
	start := time.Now()
	for i := range o.Threads {
		s, err := watch.New(watch.Config{Camera: part.CameraID(fmt.Sprintf("f%d", i)), Settings: set, Eyes: eyes, Guard: guard, Log: o.Log})
		if err != nil {
			return 0, err
		}
		work.Go(func() {
			defer s.Close()
			clock := time.Unix(1_800_000_000, 0)
			for _, shown := range frames {
				f := &camera.Frame{Camera: "f", Seq: shown.Seq, At: clock, Width: shown.Width, Height: shown.Height, Stride: shown.Stride, Format: shown.Format, Pix: shown.Pix}
				clock = clock.Add(200 * time.Millisecond)
				sc, why := s.See(ctx, f)
				if why != "" {
					errs.Store(why, true)
				}
				if sc != nil {
					tracks.Store(max(tracks.Load(), sc.Totals.Tracks))
				}
			}
		})
	}
	work.Wait()
	took := time.Since(start).Seconds()
	var bad error
	errs.Range(func(why, _ any) bool { bad = fmt.Errorf("full speed: %v", why); return false })
	r.Tracks = max(r.Tracks, tracks.Load())
	return float64(o.Threads*len(frames)) / took, bad
}

// bare finds out whether the network alone is faster with one thread a run on each core,
// or with all cores in one run, and returns what runs it so, in runs a second.
func (o Watch) bare(ctx context.Context, f *camera.Frame, r *WatchReport) (func() (float64, error), error) {
	folder, err := detect.Read(o.Model)
	if err != nil {
		return nil, err
	}
	side := o.Side
	if side == 0 {
		side = max(folder.Card.Head.Width, folder.Card.Head.Height)
	}
	w, h := folder.Card.Head.Input(f.Width, f.Height, side)
	r.Input = [2]int{w, h}
	by := func(threads int) (float64, error) {
		return bareNetwork(ctx, folder.Graph, w, h, threads, max(1, o.Threads/threads))
	}
	each, err := by(1)
	if err != nil {
		return nil, err
	}
	all, err := by(o.Threads)
	if err != nil {
		return nil, err
	}
	best := 1
	if all > each {
		best = o.Threads
	}
	return func() (float64, error) { return by(best) }, nil
}

// bareNetwork runs a graph for two seconds, several runs at once, and returns runs
// a second.
func bareNetwork(ctx context.Context, graph []byte, w, h, threads, atOnce int) (float64, error) {
	const long = 2 * time.Second
	var runs atomic.Int64
	var work sync.WaitGroup
	errs := make(chan error, atOnce)
	var sessions []models.Session
	defer func() {
		for _, s := range sessions {
			s.Close()
		}
	}()
	for range atOnce {
		s, err := onnx.Bare(graph, threads)
		if err != nil {
			return 0, err
		}
		sessions = append(sessions, s)
	}
	began := time.Now()
	for _, s := range sessions {
		work.Go(func() {
			var buffers models.Buffers
			defer buffers.Close()
			in := []models.Tensor{{Shape: []int64{1, 3, int64(h), int64(w)}, Data: make([]float32, 3*w*h)}}
			for time.Since(began) < long && ctx.Err() == nil {
				if _, err := s.Run(in, &buffers); err != nil {
					errs <- err
					return
				}
				runs.Add(1)
			}
		})
	}
	work.Wait()
	select {
	case err := <-errs:
		return 0, err
	default:
	}
	return float64(runs.Load()) / time.Since(began).Seconds(), ctx.Err()
}

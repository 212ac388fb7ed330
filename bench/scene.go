package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"linesman/models/detect"
	"linesman/models/onnx"
	"linesman/watch"
)

// SceneRun says what `bench scene` does: videos that somebody has counted by hand
// are published as network cameras would send them, in real time, watched by a
// whole safety station each, and what it says is held against the hand.
type SceneRun struct {
	Hands  []*SceneHand
	Videos []string // folders in which the hands' videos are looked for, in order
	FPS    float64  // frames a second looked at
	Model  fs.FS
	Side   int // of the network's input; 0: the card's
	Far    bool
	Cores  int // detectors at once
	Log    *slog.Logger
	// Progress is told what is played; may be nil.
	Progress func(format string, args ...any)
}

// SceneReport is what came of it.
type SceneReport struct {
	Model  string       `json:"model"`
	FPS    float64      `json:"fps"`
	Videos []VideoScore `json:"videos"`
	Total  VideoScore   `json:"total"` // of all videos
}

// VideoScore is one video by hand and as the station saw it.
type VideoScore struct {
	Video   string  `json:"video"`
	Seconds float64 `json:"seconds"`
	// Looked pictures were shown to the network, Rested the motion gate let pass,
	// Skipped were pushed out by newer ones, Blind could not be judged.
	Looked  uint64 `json:"looked"`
	Rested  uint64 `json:"rested"`
	Skipped uint64 `json:"skipped"`
	Blind   uint64 `json:"blind"`

	Entries   PairedCount `json:"zone_entries"`
	Crossings PairedCount `json:"line_crossings"`
	Heads     HeadCount   `json:"heads"`       // of the whole picture
	InZones   HeadCount   `json:"zone_heads"`  // of zones
	Identity  Identity    `json:"identity"`    // who is who
	Dress     DressScore  `json:"dress"`       // per person
	Alarms    AlarmScore  `json:"false_alarm"` // of rules
}

// RunScenes plays all videos, one after the other.
func RunScenes(ctx context.Context, o SceneRun) (*SceneReport, error) {
	if len(o.Hands) == 0 {
		return nil, errors.New("bench scene: no count by hand given")
	}
	if o.Progress == nil {
		o.Progress = func(string, ...any) {}
	}
	paths := make([]string, len(o.Hands))
	for i, h := range o.Hands { // before minutes are spent on the others
		var err error
		if paths[i], err = findVideo(h.Video, o.Videos); err != nil {
			return nil, err
		}
	}
	eyes, err := watch.NewDetectors(o.Cores, func() (*detect.Detector, error) {
		return detect.Load(o.Model, detect.Options{Open: onnx.Open, Threads: 1, Side: o.Side, Once: !o.Far})
	})
	if err != nil {
		return nil, err
	}
	defer eyes.Close()
	r := &SceneReport{Model: eyes.Model().Name + "@" + eyes.Model().Version, FPS: o.FPS, Total: VideoScore{Video: "all"}}
	for i, h := range o.Hands {
		o.Progress("%s: %.0f s at %g pictures a second", h.Video, float64(h.Frames)/h.Rate, o.FPS)
		seen, err := o.play(ctx, h, paths[i], eyes)
		if err != nil {
			return nil, fmt.Errorf("bench scene: %s: %w", h.Video, err)
		}
		v := seen.score(h)
		r.Videos = append(r.Videos, v)
		r.Total.join(&v)
	}
	return r, nil
}

// findVideo looks for a video in folders.
func findVideo(name string, folders []string) (string, error) {
	for _, dir := range folders {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("bench scene: video %s is in none of the folders %q; name its folder with --videos, and docs/bench.md says where it comes from", name, folders)
}

// join adds the counts of a video.
func (v *VideoScore) join(o *VideoScore) {
	v.Seconds += o.Seconds
	v.Looked, v.Rested, v.Skipped, v.Blind = v.Looked+o.Looked, v.Rested+o.Rested, v.Skipped+o.Skipped, v.Blind+o.Blind
	v.Entries.join(&o.Entries)
	v.Crossings.join(&o.Crossings)
	v.Heads.join(&o.Heads)
	v.InZones.join(&o.InZones)
	v.Identity.join(&o.Identity)
	v.Dress.join(&o.Dress)
	v.Alarms.join(&o.Alarms, v.Seconds)
}

// seconds is the time of a frame in its video.
func (h *SceneHand) seconds(frame int) float64 { return float64(frame-1) / h.Rate }

// frameAt is the frame shown so long after the first.
func (h *SceneHand) frameAt(after time.Duration) int {
	return min(max(1+int(after.Seconds()*h.Rate+0.5), 1), h.Frames)
}

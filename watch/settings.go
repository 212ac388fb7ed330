package watch

import (
	"errors"
	"fmt"
	"time"

	"linesman/camera/clip"
	"linesman/scene"
	"linesman/vision/tamper"
)

// Settings is one of the site file's watches, under the name of its camera: how
// it is looked at, its places, and what is kept of an alarm. Zero fields take the
// defaults named beside them.
type Settings struct {
	// FPS is how many frames a second are looked at, at most (5).
	FPS      float64          `yaml:"fps,omitempty"`
	Detector DetectorSettings `yaml:"detector,omitempty"`
	Scene    scene.Settings   `yaml:",inline"`
	Tamper   tamper.Settings  `yaml:"tamper,omitempty"`
	Clip     ClipSettings     `yaml:"clip,omitempty"`
	// Faces are blurred in every view but an acknowledged alarm's, unless they are
	// "shown".
	Faces string `yaml:"faces,omitempty"`
}

// DetectorSettings say by what is looked.
type DetectorSettings struct {
	// Model is one that ships or a detector's folder (safety: people, dress,
	// vehicles, fire and smoke).
	Model string `yaml:"model,omitempty"`
	// Side is the longest side of what the network is shown, in pixels (640).
	Side int `yaml:"side,omitempty"`
	// Far lets it look a second time, finer, for people far away; it costs several
	// times as much.
	Far bool `yaml:"far,omitempty"`
}

// ClipSettings say what is kept of an alarm's seconds.
type ClipSettings struct {
	Before time.Duration `yaml:"before,omitempty"` // 10 s
	After  time.Duration `yaml:"after,omitempty"`  // 20 s
	Keep   clip.Settings `yaml:"keep,omitempty"`
}

// keyAge is how much older than the first second of a clip the key picture
// before it may be.
const keyAge = 10 * time.Second

// Validate fills defaults and refuses what can not be meant.
func (s *Settings) Validate() error {
	fill(&s.FPS, 5)
	fill(&s.Detector.Model, "safety")
	fill(&s.Detector.Side, 640)
	fill(&s.Clip.Before, 10*time.Second)
	fill(&s.Clip.After, 20*time.Second)
	fill(&s.Clip.Keep.Ring.For, s.Clip.Before+keyAge)
	fill(&s.Faces, "blurred")
	var errs []error
	refuse := func(where string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", where, err))
		}
	}
	if !(s.FPS >= 0.2 && s.FPS <= 60) {
		refuse("fps", fmt.Errorf("%v frames a second: want 0.2 to 60", s.FPS))
	}
	if s.Faces != "blurred" && s.Faces != "shown" {
		refuse("faces", fmt.Errorf("%q: want blurred or shown", s.Faces))
	}
	if s.Clip.Before < 0 || s.Clip.After < 0 || s.Clip.Before > 10*time.Minute || s.Clip.After > 10*time.Minute {
		refuse("clip", fmt.Errorf("%v before and %v after: want up to 10m", s.Clip.Before, s.Clip.After))
	}
	refuse("clip.keep", s.Clip.Keep.Validate())
	refuse("tamper", s.Tamper.Validate())
	refuse("zones and lines", s.Scene.Validate())
	return errors.Join(errs...)
}

func fill[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

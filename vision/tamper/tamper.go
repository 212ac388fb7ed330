// Package tamper says whether a fixed camera still sees what it was hung up to
// see (camera tampering detection): whether it is covered, was moved, has gone
// blurred, is in the dark, or shows a picture that stands still.
//
// It learns the scene's edges over minutes and goes by their directions, so that
// sunrise and lamps change little, and people and vehicles only take the place
// they stand in. It takes small grey pictures with their times, which a Reducer
// makes, and never looks at a clock. It needs some seconds of a sound scene at
// the start; that the camera pointed elsewhere before, it can not know.
package tamper

import (
	"errors"
	"fmt"
	"time"
)

// Fault is what can be wrong with a camera's view.
type Fault uint8

// The faults.
const (
	Covered Fault = iota // something is before the lens: the scene is gone and there is little detail
	Moved                // another scene, or the same one shifted
	Blurred              // the scene is there and its fine detail is not
	Dark                 // too dark to see
	Frozen               // the same picture again and again
	faults  = 5
)

// String returns the fault's word.
func (f Fault) String() string {
	return [...]string{"covered", "moved", "blurred", "dark", "frozen"}[min(int(f), faults-1)]
}

// MarshalText writes the fault as its word.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// Reading is what is known of one fault after a picture.
type Reading struct {
	Fault  Fault     `json:"fault"`
	Raised bool      `json:"raised"`
	Since  time.Time `json:"since"` // exposure from which on it was so, raised or not
	// Value was measured on the last picture; beyond Limit, for a while, the fault
	// is raised. Unit names what they count.
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	Unit  string  `json:"unit"`
	// Unknown says why the last picture does not tell; a fault that was raised stays
	// so. Empty if it tells.
	Unknown string `json:"unknown,omitempty"`
	Text    string `json:"text"` // for a person: what was seen, and what to do
}

// Settings are limits and times. Zero fields take the defaults named beside them.
type Settings struct {
	// Gone is the share of the learnt edges that must be gone, by place or all
	// together, for the view to be covered or another one (0.75). What hides less may
	// be a lorry.
	Gone float64 `yaml:"gone,omitempty"`
	// Detail is the share of the learnt detail below which a view that is gone is
	// covered, and above which it is another one (0.4).
	Detail float64 `yaml:"detail,omitempty"`
	// Shift is how far the scene must have moved, as a share of the picture's width
	// (0.03).
	Shift float64 `yaml:"shift,omitempty"`
	// Sharp is the share of the learnt sharpness below which the view is blurred
	// (0.5).
	Sharp float64 `yaml:"sharp,omitempty"`
	// Dark is the mean grey level, of 255, below which it is too dark (16).
	Dark float64 `yaml:"dark,omitempty"`

	// Learn is how long a scene is looked at before it is judged (20 s), Adapt over
	// how long a time it is learnt (5 min).
	Learn time.Duration `yaml:"learn,omitempty"`
	Adapt time.Duration `yaml:"adapt,omitempty"`
	// After is how long a fault must last to be raised (3 s), FrozenAfter how long a
	// picture must stand still (7 s), or a stream's key pictures must be the same
	// (FrozenKeys, 4 s: three of them and more at the usual intervals), Clear how long
	// all must be well again (3 s).
	After       time.Duration `yaml:"after,omitempty"`
	FrozenAfter time.Duration `yaml:"frozen_after,omitempty"`
	FrozenKeys  time.Duration `yaml:"frozen_keys,omitempty"`
	Clear       time.Duration `yaml:"clear,omitempty"`
	// FrozenPictures is in how many pictures of a stream, between two key pictures and
	// more, nothing may have changed where this camera's noise did before (6).
	FrozenPictures int `yaml:"frozen_pictures,omitempty"`
}

func (s Settings) withDefaults() Settings {
	share := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	span := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	share(&s.Gone, 0.75)
	share(&s.Detail, 0.4)
	share(&s.Shift, 0.03)
	share(&s.Sharp, 0.5)
	share(&s.Dark, 16)
	span(&s.Learn, 20*time.Second)
	span(&s.Adapt, 5*time.Minute)
	span(&s.After, 3*time.Second)
	span(&s.FrozenAfter, 7*time.Second)
	span(&s.FrozenKeys, 4*time.Second)
	span(&s.Clear, 3*time.Second)
	if s.FrozenPictures == 0 {
		s.FrozenPictures = 6
	}
	return s
}

// Validate refuses settings that can not work.
func (s Settings) Validate() error {
	d := s.withDefaults()
	for _, v := range []struct {
		name  string
		value float64
		most  float64
	}{{"gone", d.Gone, 1}, {"detail", d.Detail, 1}, {"shift", d.Shift, 0.25}, {"sharp", d.Sharp, 1}, {"dark", d.Dark, 255}} {
		if !(v.value > 0 && v.value <= v.most) {
			return fmt.Errorf("%s is %v; give a number above 0, up to %v", v.name, v.value, v.most)
		}
	}
	switch {
	case d.Learn < 0 || d.Adapt < 0 || d.After < 0 || d.FrozenAfter < 0 || d.FrozenKeys < 0 || d.Clear < 0:
		return errors.New("a time is negative; give it as, say, 3s")
	case d.FrozenPictures < 2*restPictures:
		return fmt.Errorf("frozen_pictures is %d; give %d or more: a coder has nothing to tell of a still scene for so long", d.FrozenPictures, 2*restPictures)
	case d.Adapt < d.Learn:
		return fmt.Errorf("adapt (%v) is shorter than learn (%v); make it longer", d.Adapt, d.Learn)
	}
	return nil
}

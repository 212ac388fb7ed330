package scene

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Settings say how one camera's pictures are read: its places, and how long
// things take to be believed. Zero fields take the defaults named beside them.
type Settings struct {
	Zones map[string]Zone `yaml:"zones,omitempty"`
	Lines map[string]Line `yaml:"lines,omitempty"`
	Floor *Floor          `yaml:"floor,omitempty"`
	// SizePx is the width and height of the picture in which *_px were read.
	SizePx []int `yaml:"size_px,omitempty"`

	Follow FollowSettings `yaml:"follow,omitempty"`
	Dress  DressSettings  `yaml:"dress,omitempty"`
	Fire   SightSettings  `yaml:"fire,omitempty"`
	Left   LeftSettings   `yaml:"left,omitempty"`
	Gate   GateSettings   `yaml:"gate,omitempty"`
}

// FollowSettings say how people and vehicles are followed.
type FollowSettings struct {
	// Sure is the score from which a detection may begin a track (0.5); Doubtful
	// that from which one may continue a track (0.1).
	Sure     float64 `yaml:"sure,omitempty"`
	Doubtful float64 `yaml:"doubtful,omitempty"`
	// Birth is how long somebody must be seen before being believed (300 ms; and in
	// three pictures).
	Birth time.Duration `yaml:"birth,omitempty"`
	// Patience is how long one may go unseen and still be followed (3 s). Remember
	// is how long after the last sight one who appears near the place is taken for
	// the same, if nobody else can be meant (10 s).
	Patience time.Duration `yaml:"patience,omitempty"`
	Remember time.Duration `yaml:"remember,omitempty"`
	// MaxTracks bounds how many are followed at once (64): beyond it nobody new is,
	// which Totals.Refused counts.
	MaxTracks int `yaml:"max_tracks,omitempty"`
}

// DressSettings say when somebody's dress is decided.
type DressSettings struct {
	// MinPx is the least height of a person, in pixels, of whom dress can be told
	// (DressPixels). Below it no picture counts.
	MinPx float64 `yaml:"min_px,omitempty"`
	// Window is over how long pictures are counted (8 s), Votes how many of them
	// must show the item or its lack (4), over at least Span (1.5 s), and Share how
	// many of them must agree (0.65).
	Window time.Duration `yaml:"window,omitempty"`
	Votes  int           `yaml:"votes,omitempty"`
	Span   time.Duration `yaml:"span,omitempty"`
	Share  float64       `yaml:"share,omitempty"`
	// Hold is how long what was decided stands after the last picture that showed
	// the item or its lack (20 s).
	Hold time.Duration `yaml:"hold,omitempty"`
	// Sure is the score from which a detection of an item counts (0.3).
	Sure float64 `yaml:"sure,omitempty"`
}

// SightSettings say when fire or smoke is believed: seen in Seen of the last Of
// seconds in about the same place (3 of 5).
type SightSettings struct {
	Seen int     `yaml:"seen,omitempty"`
	Of   int     `yaml:"of,omitempty"`
	Sure float64 `yaml:"sure,omitempty"` // score from which a detection counts (0.5)
}

// LeftSettings say what counts as left behind.
type LeftSettings struct {
	Sure float64 `yaml:"sure,omitempty"` // score from which a detection counts (0.4)
	// Near is how near a person must be to a thing for it not to be left alone, in
	// the person's heights (0.7).
	Near float64 `yaml:"near,omitempty"`
	// Hidden is how long it may be out of sight and still lie there (10 s).
	Hidden time.Duration `yaml:"hidden,omitempty"`
}

// What a person must measure in the picture.
const (
	DressPixels  = 60. // for dress to be told, pixels of height
	PersonPixels = 24. // for a person to be found
)

func or[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

// Validate fills defaults, works out every place, and refuses what can not be
// meant.
func (s *Settings) Validate() error {
	s.defaults()
	var errs []error
	refuse := func(where string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", where, err))
		}
	}
	if s.Floor != nil {
		refuse("floor", s.Floor.validate(s.SizePx))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Zones)) {
		z := s.Zones[name]
		refuse("zones."+name, z.validate(s.SizePx, s.Floor))
		s.Zones[name] = z
	}
	for _, name := range slices.Sorted(maps.Keys(s.Lines)) {
		l := s.Lines[name]
		refuse("lines."+name, l.validate(s.SizePx, s.Floor))
		s.Lines[name] = l
	}
	refuse("follow", s.Follow.validate())
	refuse("dress", s.Dress.validate())
	refuse("fire", s.Fire.validate())
	refuse("left", s.Left.validate())
	if err := s.Gate.Validate(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (s *Settings) defaults() {
	f, d := &s.Follow, &s.Dress
	or(&f.Sure, 0.5)
	or(&f.Doubtful, 0.1)
	or(&f.Birth, 300*time.Millisecond)
	or(&f.Patience, 3*time.Second)
	or(&f.Remember, 10*time.Second)
	or(&f.MaxTracks, 64)
	or(&d.MinPx, DressPixels)
	or(&d.Window, 8*time.Second)
	or(&d.Votes, 4)
	or(&d.Span, 1500*time.Millisecond)
	or(&d.Share, 0.65)
	or(&d.Hold, 20*time.Second)
	or(&d.Sure, 0.3)
	or(&s.Fire.Seen, 3)
	or(&s.Fire.Of, 5)
	or(&s.Fire.Sure, 0.5)
	or(&s.Left.Sure, 0.4)
	or(&s.Left.Near, 0.7)
	or(&s.Left.Hidden, 10*time.Second)
}

func (f *FollowSettings) validate() error {
	switch {
	case !(f.Doubtful > 0 && f.Doubtful <= f.Sure && f.Sure <= 1):
		return fmt.Errorf("scores of %v (doubtful) and %v (sure): want 0 < doubtful <= sure <= 1", f.Doubtful, f.Sure)
	case f.Birth < 0 || f.Birth > 10*time.Second:
		return fmt.Errorf("birth is %v: want up to 10s", f.Birth)
	case f.Patience < 0 || f.Patience > time.Minute:
		return fmt.Errorf("patience is %v: want up to 1m", f.Patience)
	case f.Remember < 0 || f.Remember > 10*time.Minute:
		return fmt.Errorf("remember is %v: want up to 10m", f.Remember)
	case f.MaxTracks < 1 || f.MaxTracks > 1000:
		return fmt.Errorf("max_tracks is %d: want 1 to 1000", f.MaxTracks)
	}
	return nil
}

func (d *DressSettings) validate() error {
	switch {
	case !(d.MinPx > 0) || math.IsInf(d.MinPx, 0):
		return fmt.Errorf("min_px is %v: want a height in pixels", d.MinPx)
	case d.Votes < 2:
		return fmt.Errorf("votes is %d: want 2 and more; one picture decides nothing", d.Votes)
	case d.Span <= 0 || d.Window <= d.Span || d.Window > voteSeconds*time.Second:
		return fmt.Errorf("span of %v in a window of %v: want 0 < span < window <= %ds", d.Span, d.Window, voteSeconds)
	case !(d.Share > 0.5 && d.Share <= 1):
		return fmt.Errorf("share is %v: want more than half, up to 1", d.Share)
	case d.Hold < 0 || d.Hold > 10*time.Minute:
		return fmt.Errorf("hold is %v: want up to 10m", d.Hold)
	case !(d.Sure > 0 && d.Sure <= 1):
		return fmt.Errorf("sure is %v: want a score above 0, up to 1", d.Sure)
	}
	return nil
}

func (s *SightSettings) validate() error {
	switch {
	case s.Of < 1 || s.Of > 60 || s.Seen < 1 || s.Seen > s.Of:
		return fmt.Errorf("seen in %d of %d seconds: want 1 <= seen <= of <= 60", s.Seen, s.Of)
	case !(s.Sure > 0 && s.Sure <= 1):
		return fmt.Errorf("sure is %v: want a score above 0, up to 1", s.Sure)
	}
	return nil
}

func (l *LeftSettings) validate() error {
	switch {
	case !(l.Sure > 0 && l.Sure <= 1):
		return fmt.Errorf("sure is %v: want a score above 0, up to 1", l.Sure)
	case !(l.Near >= 0 && l.Near <= 10):
		return fmt.Errorf("near is %v: want up to 10 heights of a person", l.Near)
	case l.Hidden < 0 || l.Hidden > 10*time.Minute:
		return fmt.Errorf("hidden is %v: want up to 10m", l.Hidden)
	}
	return nil
}

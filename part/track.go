package part

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Sighting is one part as one frame shows it: an upright box in pixels of the
// sensor (x to the right, y down), and how sure its finder is, 0 to 1.
type Sighting struct {
	X, Y          float64 // of the box's centre
	Width, Height float64 // above 0
	Score         float64
}

func (s Sighting) sound() bool {
	finite := true
	for _, v := range []float64{s.X, s.Y, s.Width, s.Height, s.Score} {
		finite = finite && !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	return finite && s.Width > 0 && s.Height > 0
}

// CountingLine is where parts are counted: all places whose x (or y) is At.
// Forward is towards growing x (or y).
type CountingLine struct {
	AlongY bool    // parts move down or up the picture, so the line lies level
	At     float64 // pixels of the sensor
}

// along is a sighting's place and extent in the direction that is counted.
func (l CountingLine) along(s Sighting) (at, extent float64) {
	if l.AlongY {
		return s.Y, s.Height
	}
	return s.X, s.Width
}

// TrackSettings say how a Tracker follows. Zero fields take the defaults named
// beside them.
type TrackSettings struct {
	Line CountingLine
	// Birth is in how many frames a part must have been seen before it is
	// believed (3); what is seen in fewer never gets an id.
	Birth int
	// Patience is how long a part may go unseen and still be the same (1 s); one
	// not yet believed, a fifth of it.
	Patience time.Duration
	// Sure is the score from which a sighting may begin a track (0.5); Doubtful
	// the score from which one may continue a track seen within the last fifth of
	// Patience (0.1).
	Sure, Doubtful float64
	// Band is how far beyond the line a centre must be to have crossed it, as a
	// share of the part's extent along its way (0.05): a part that trembles on
	// the line crosses once.
	Band float64
	// VX and VY are the velocity that a new part probably has, pixels a second:
	// the belt's, where it is known. 0 otherwise.
	VX, VY float64
}

func (s TrackSettings) withDefaults() TrackSettings {
	if s.Birth == 0 {
		s.Birth = 3
	}
	if s.Patience == 0 {
		s.Patience = time.Second
	}
	if s.Sure == 0 {
		s.Sure = 0.5
	}
	if s.Doubtful == 0 {
		s.Doubtful = 0.1
	}
	if s.Band == 0 {
		s.Band = 0.05
	}
	return s
}

// Validate refuses settings that can not count.
func (s TrackSettings) Validate() error {
	d := s.withDefaults()
	switch {
	case d.Birth < 1:
		return fmt.Errorf("track: birth is %d frames; give 1 or more", d.Birth)
	case d.Patience < 0:
		return fmt.Errorf("track: patience is %v; give it as, say, 1s", d.Patience)
	case !(d.Doubtful > 0 && d.Doubtful <= d.Sure && d.Sure <= 1):
		return fmt.Errorf("track: scores of %v (doubtful) and %v (sure): give 0 < doubtful <= sure <= 1", d.Doubtful, d.Sure)
	case !(d.Band > 0 && d.Band < 0.5):
		return fmt.Errorf("track: band is %v of a part; give a share between 0 and 0.5", d.Band)
	case math.IsNaN(d.Line.At + d.VX + d.VY), math.IsInf(d.Line.At+d.VX+d.VY, 0):
		return fmt.Errorf("track: the line (%v) or the belt's velocity (%v, %v) is no number", d.Line.At, d.VX, d.VY)
	}
	return nil
}

// Track is one part as it is followed, after the last frame.
type Track struct {
	Number uint64 // 1, 2, 3... in order of first sight; never given again
	ID     ID     // empty until its centre has crossed the line
	// Box is where the part is: measured if Seen, else where it should be.
	Box    Sighting
	VX, VY float64 // pixels a second
	Seen   bool    // in the last frame
	Hits   int     // frames that showed it
	First  uint64  // the first frame that showed it
	Last   uint64  // the last one
}

// Crossing is a part's centre passing the line.
type Crossing struct {
	Part    ID
	Track   uint64
	Frame   uint64    // the first frame with the centre beyond the line
	At      time.Time // of that frame
	Forward bool
	Again   bool // the part has crossed before: it is no new part
	X, Y    float64
}

// Tracker follows parts from frame to frame where a free-running camera gives
// neither trigger nor tick, and gives each part that crosses a line one id.
//
// Each part is followed by a Kalman filter of constant velocity, one for x and
// one for y, whose noises are shares of the part's size, in seconds and pixels,
// so that frame rate and resolution do not matter and left-out frames only widen
// the search. Sightings go to parts by the assignment of least total cost
// (Hungarian method; cost: distance from the prediction in part sizes, less the
// overlap), sure sightings first, then doubtful ones to parts still followed:
// after SORT (Bewley et al., 2016), the noises after DeepSORT (Wojke et al.,
// 2017), the second round after ByteTrack (Zhang et al., 2022).
//
// A part is counted only if it was seen on both sides of the line: where it
// might be, unseen, counts for nothing, but see Unsure. One that crosses back
// keeps its id. One that leaves the picture and comes back is a new part: nothing
// in the picture could tell.
//
// A Tracker belongs to one goroutine.
type Tracker struct {
	set     TrackSettings
	tracks  []*follow
	number  uint64
	last    time.Time
	counted int
	unsure  int
}

// NewTracker returns a tracker that has seen nothing.
func NewTracker(s TrackSettings) (*Tracker, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return &Tracker{set: s.withDefaults()}, nil
}

// See takes what one frame shows, by its number and exposure, and returns the
// crossings that became certain with it, oldest first. A time that does not
// advance counts as a millisecond later.
func (t *Tracker) See(frame uint64, at time.Time, seen []Sighting) []Crossing {
	if len(t.tracks) > 0 && !t.last.IsZero() {
		dt := max(at.Sub(t.last), time.Millisecond).Seconds()
		for _, f := range t.tracks {
			f.predict(dt)
		}
	}
	t.last = at

	var sure, doubtful []Sighting
	for _, s := range seen {
		switch {
		case !s.sound():
		case s.Score >= t.set.Sure:
			sure = append(sure, s)
		case s.Score >= t.set.Doubtful:
			doubtful = append(doubtful, s)
		}
	}
	unseen, left := t.assign(frame, at, t.tracks, sure)
	fresh := slices.DeleteFunc(slices.Clone(unseen), func(f *follow) bool { return at.Sub(f.seen) > t.set.Patience/5 })
	t.assign(frame, at, fresh, doubtful)

	for _, f := range unseen {
		if f.Last != frame {
			f.Seen = false
		}
	}
	for _, s := range left {
		if !t.covered(frame, s) {
			t.number++
			t.tracks = append(t.tracks, born(t.number, frame, at, s, t.set))
		}
	}
	t.bury(at)
	return t.crossings()
}

// Tracks returns the parts believed to be in the picture, oldest first.
func (t *Tracker) Tracks() []Track {
	var out []Track
	for _, f := range t.tracks {
		if f.Hits >= t.set.Birth {
			out = append(out, f.Track)
		}
	}
	return out
}

// Counted is how many parts have an id.
func (t *Tracker) Counted() int { return t.counted }

// Unsure is how many parts were lost from sight on one side of the line with
// their way leading across it: the count may lack as many.
func (t *Tracker) Unsure() int { return t.unsure }

// assign hands sightings to tracks and returns what is left of both.
func (t *Tracker) assign(frame uint64, at time.Time, tracks []*follow, seen []Sighting) (unseen []*follow, left []Sighting) {
	cost := make([][]float64, len(tracks))
	for i, f := range tracks {
		cost[i] = make([]float64, len(seen))
		for j, s := range seen {
			cost[i][j] = f.cost(s)
		}
	}
	taken := make([]bool, len(seen))
	for i, j := range Assign(cost) {
		if j < 0 {
			unseen = append(unseen, tracks[i])
			continue
		}
		taken[j] = true
		tracks[i].hit(frame, at, seen[j], t.set)
	}
	for j, s := range seen {
		if !taken[j] {
			left = append(left, s)
		}
	}
	return unseen, left
}

// covered reports whether a sighting that nobody took is a piece of a part, or
// a bundle around one, that this frame has already shown.
func (t *Tracker) covered(frame uint64, s Sighting) bool {
	for _, f := range t.tracks {
		if f.Last == frame && inside(f.Box, s) > 0.7 {
			return true
		}
	}
	return false
}

// bury forgets tracks that were not seen for too long.
func (t *Tracker) bury(at time.Time) {
	t.tracks = slices.DeleteFunc(t.tracks, func(f *follow) bool {
		believed, patience := f.Hits >= t.set.Birth, t.set.Patience
		if !believed {
			patience /= 5
		}
		dead := !f.Seen && at.Sub(f.seen) > patience
		if dead && believed && f.aimsAcross(t.set) {
			t.unsure++
		}
		return dead
	})
}

// crossings gives ids to the parts that have come to the other side.
func (t *Tracker) crossings() []Crossing {
	var out []Crossing
	for _, f := range t.tracks {
		if f.Hits < t.set.Birth || f.side == f.reported {
			continue
		}
		f.reported = f.side
		c := f.over
		c.Again, c.Track, c.Forward = f.ID != "", f.Number, f.side > 0
		if f.ID == "" {
			f.ID = NewID()
			t.counted++
		}
		c.Part = f.ID
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Crossing) int { return a.At.Compare(b.At) })
	return out
}

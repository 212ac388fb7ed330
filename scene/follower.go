package scene

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"linesman/models/detect"
	"linesman/vision"
)

// maxDetections bounds how many detections of one picture are looked at, the
// strongest first.
const maxDetections = 128

// Follower follows what one camera sees. It belongs to one goroutine.
//
// Each person or vehicle is followed by a Kalman filter of constant velocity
// whose noises are shares of its height, in seconds, so that neither resolution
// nor frame rate matters and a picture left out only widens the search.
// Detections go to tracks by the assignment of least total cost (distance from
// the prediction in heights, less the overlap, plus the change of size): sure
// ones first, then doubtful ones to tracks lately seen, after ByteTrack (Zhang
// et al., 2022). At 5 pictures a second boxes of one walker need not overlap, so
// overlap alone does not decide.
//
// Who is lost within the picture and comes back near the place, when nobody else
// can be meant, keeps the number; what was known of the dress is not kept. Who
// walks out of the picture is another person on coming back: nothing in the
// picture could tell.
type Follower struct {
	set    Settings
	tracks []*follow
	lost   []*follow // gone, but may come back
	sights []sight
	left   []left
	number uint64
	last   time.Time
	every  time.Duration // usually between two pictures
	totals Totals

	width, height int // that areas and barriers are for
	areas         []area
	barriers      []barrier

	dets  []detection // of the picture at hand, recycled
	dress []detect.Found
}

// NewFollower checks the settings and returns a follower that has seen nothing.
func NewFollower(s Settings) (*Follower, error) {
	s.Zones, s.Lines = maps.Clone(s.Zones), maps.Clone(s.Lines)
	if s.Floor != nil {
		floor := *s.Floor
		s.Floor = &floor
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return &Follower{set: s}, nil
}

// Step takes what one picture showed and returns what is known after it. A time
// that does not advance counts as a millisecond later.
func (f *Follower) Step(o Observation) Scene {
	s := Scene{Camera: o.Camera, Seq: o.Seq, At: o.At, Width: o.Width, Height: o.Height}
	if o.Width < 1 || o.Height < 1 {
		s.Blind = fmt.Sprintf("a picture of %d x %d pixels shows nothing", o.Width, o.Height)
		s.Totals = f.totals
		return s
	}
	f.totals.Pictures++
	at := f.pass(o.At)
	s.At = at
	f.lay(o.Width, o.Height, at, &s)
	f.sort(o.Detections)
	f.associate(at)
	f.begin(at)
	f.dressUp(at, &s)
	f.settle(at, &s)
	f.watchSights(at, o, &s)
	f.watchLeft(at, o, &s)
	s.Totals = f.totals
	return s
}

// pass moves everybody on to the time of a picture.
func (f *Follower) pass(at time.Time) time.Time {
	if f.last.IsZero() {
		f.last = at
		return at
	}
	if !at.After(f.last) {
		at = f.last.Add(time.Millisecond)
	}
	dt := at.Sub(f.last)
	f.last = at
	f.every += (min(dt, longestEvery) - f.every) / 4
	for _, t := range f.tracks {
		t.predict(dt.Seconds(), at)
	}
	return at
}

// longestEvery bounds what counts as the usual time between two pictures: beyond
// it the camera was away.
const longestEvery = 2 * time.Second

// patience is how long one may go unseen: of a camera that shows few pictures, at
// least two of them.
func (f *Follower) patience(t *follow) time.Duration {
	if t.State == Tentative {
		return max(tentativeFor, f.every*5/2)
	}
	return max(f.set.Follow.Patience, f.every*5/2)
}

// lay works out zones and lines for a picture of that size. Tracks of another
// size are of another picture, and end.
func (f *Follower) lay(width, height int, at time.Time, s *Scene) {
	if f.width == width && f.height == height {
		return
	}
	if f.width != 0 {
		for _, t := range f.tracks {
			if t.State != Tentative {
				f.end(t, at, s)
			}
		}
		f.tracks, f.lost, f.sights, f.left = nil, nil, nil, nil
	}
	f.width, f.height = width, height
	w, h := float64(width), float64(height)
	px := func(p vision.Point) vision.Point { return vision.Point{X: p.X * w, Y: p.Y * h} }
	f.areas, f.barriers = nil, nil
	for _, name := range slices.Sorted(maps.Keys(f.set.Zones)) {
		a := area{name: name}
		for _, c := range f.set.Zones[name].corners {
			a.corners = append(a.corners, px(c))
		}
		f.areas = append(f.areas, a)
	}
	for _, name := range slices.Sorted(maps.Keys(f.set.Lines)) {
		l := f.set.Lines[name]
		f.barriers = append(f.barriers, barrier{name: name, a: px(l.ends[0]), b: px(l.ends[1]), sign: l.sign})
	}
}

package scene

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"linesman/models/detect"
	"linesman/part"
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

// detection is one that may be followed.
type detection struct {
	detect.Found
	kind  kind
	taken bool
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

// sort sifts the detections into those to be followed, strongest first and each
// thing once, and dress.
func (f *Follower) sort(found []detect.Found) {
	f.dets, f.dress = f.dets[:0], f.dress[:0]
	for _, d := range found {
		k := kinds[d.Label]
		if k == unused {
			continue
		}
		if !whole(d) {
			f.totals.Ignored++
			continue
		}
		switch {
		case k == person || k == vehicle:
			if d.Score >= f.set.Follow.Doubtful {
				f.dets = append(f.dets, detection{Found: d, kind: k})
			}
		case k == dress && d.Score >= f.set.Dress.Sure:
			f.dress = append(f.dress, d)
		}
	}
	slices.SortStableFunc(f.dets, func(a, b detection) int { return cmp.Compare(b.Score, a.Score) })
	kept := f.dets[:0]
	for _, d := range f.dets {
		if !slices.ContainsFunc(kept, func(k detection) bool { return k.kind == d.kind && k.Box.Overlap(d.Box) > sameThing }) {
			kept = append(kept, d)
		}
	}
	if more := len(kept) - maxDetections; more > 0 {
		f.totals.Ignored += uint64(more)
		kept = kept[:maxDetections]
	}
	f.dets = kept
	f.dress = f.dress[:min(len(f.dress), maxDetections)]
}

// sameThing is the overlap from which two boxes of one kind, as of two
// detectors, are one thing.
const sameThing = 0.7

func whole(d detect.Found) bool {
	b := d.Box
	return sound(b.X0, b.Y0, b.X1, b.Y1, d.Score) && b.X1 > b.X0 && b.Y1 > b.Y0
}

// associate hands detections to tracks, sure ones first, to those believed
// first.
func (f *Follower) associate(at time.Time) {
	var believed, fresh, young []*follow
	for _, t := range f.tracks {
		switch {
		case at.Sub(t.Last) > f.patience(t):
			t.lapsed = true
		case t.State == Tentative:
			young = append(young, t)
		default:
			believed = append(believed, t)
		}
	}
	sure := func(d *detection) bool { return d.Score >= f.set.Follow.Sure }
	f.pair(at, believed, sure)
	f.pair(at, young, sure)
	for _, t := range f.tracks {
		if !t.seen && !t.lapsed && at.Sub(t.Last) < max(doubtfulFor, f.every*5/2) {
			fresh = append(fresh, t)
		}
	}
	f.pair(at, fresh, func(d *detection) bool { return !sure(d) })
}

// doubtfulFor is how long after a sight a doubtful detection still continues a
// track.
const doubtfulFor = time.Second

// pair assigns the detections that fit to tracks not yet seen.
func (f *Follower) pair(at time.Time, tracks []*follow, fits func(*detection) bool) {
	var columns []*detection
	for i := range f.dets {
		if d := &f.dets[i]; !d.taken && fits(d) {
			columns = append(columns, d)
		}
	}
	if len(tracks) == 0 || len(columns) == 0 {
		return
	}
	cost := make([][]float64, len(tracks))
	cells := make([]float64, len(tracks)*len(columns))
	for i, t := range tracks {
		cost[i] = cells[i*len(columns) : (i+1)*len(columns)]
		for j, d := range columns {
			cost[i][j] = t.cost(d)
		}
	}
	for i, j := range part.Assign(cost) {
		if j >= 0 {
			columns[j].taken = true
			tracks[i].hit(at, columns[j])
			tracks[i].lastAtEdge = f.atEdge(columns[j].Box)
		}
	}
}

// begin starts tracks for sure detections that are nobody's.
func (f *Follower) begin(at time.Time) {
	for i := range f.dets {
		d := &f.dets[i]
		if d.taken || d.Score < f.set.Follow.Sure || f.covered(d) {
			continue
		}
		if len(f.tracks) >= f.set.Follow.MaxTracks {
			f.totals.Refused++
			continue
		}
		t := f.born(at, d)
		t.bornAtEdge = f.atEdge(d.Box)
		f.tracks = append(f.tracks, t)
	}
}

// atEdge reports whether a box ends at the picture's left, right or lower edge:
// where people come in and go out.
func (f *Follower) atEdge(b vision.Box) bool {
	w, h := float64(f.width), float64(f.height)
	return b.X0 < edge*w || b.X1 > (1-edge)*w || b.Y1 > (1-edge)*h
}

// edge is how near to the picture's edge a box ends at it, as a share.
const edge = 0.01

// covered reports whether a detection that nobody took is about the same place as
// somebody whom this picture has already shown, or a piece, such as the upper
// half.
func (f *Follower) covered(d *detection) bool {
	for _, t := range f.tracks {
		if !t.seen || t.kind != d.kind {
			continue
		}
		upper := within(d.Box, t.Box) > 0.8 && math.Abs(d.Box.Y0-t.Box.Y0) < 0.15*t.Box.Height()
		if upper || t.Box.Overlap(d.Box) > 0.5 {
			return true
		}
	}
	return false
}

// within is the share of a that lies in b.
func within(a, b vision.Box) float64 {
	w := min(a.X1, b.X1) - max(a.X0, b.X0)
	h := min(a.Y1, b.Y1) - max(a.Y0, b.Y0)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (a.Width() * a.Height())
}

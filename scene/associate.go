package scene

import (
	"cmp"
	"math"
	"slices"
	"time"

	"linesman/models/detect"
	"linesman/part"
	"linesman/vision"
)

// detection is one that may be followed.
type detection struct {
	detect.Found
	kind  kind
	taken bool
	cut   bool // it ends at the picture's lower edge
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
				f.dets = append(f.dets, detection{Found: d, kind: k, cut: d.Box.Y1 > (1-edge)*float64(f.height)})
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
		case at.Sub(t.Last) > f.patience(t), at.Sub(t.firm) > f.patience(t):
			t.lapsed = true
		case t.State == Tentative:
			young = append(young, t)
		default:
			believed = append(believed, t)
		}
	}
	sure := func(d *detection) bool { return d.Score >= f.set.Follow.Sure }
	f.pair(at, believed, sure, (*follow).cost)
	f.pair(at, young, sure, (*follow).cost)
	f.shadow()
	for _, t := range f.tracks {
		if !t.seen && !t.lapsed && at.Sub(t.Last) < max(doubtfulFor, f.every*5/2) {
			fresh = append(fresh, t)
		}
	}
	f.pair(at, fresh, func(d *detection) bool { return !sure(d) }, (*follow).doubtfulCost)
}

// shadow takes the doubtful detections out that are of somebody whom this picture
// shows already: a piece, or a box around two. They continue nobody else.
func (f *Follower) shadow() {
	for i := range f.dets {
		d := &f.dets[i]
		if d.taken || d.Score >= f.set.Follow.Sure {
			continue
		}
		d.taken = slices.ContainsFunc(f.tracks, func(t *follow) bool {
			return t.seen && t.kind == d.kind && (within(d.Box, t.Box) > mostlyWithin || t.Box.Overlap(d.Box) > 0.5)
		})
	}
}

// mostlyWithin is the share of a box within another one from which it is a piece
// of the same.
const mostlyWithin = 0.8

// firmness is the share of a sure score from which a sight says by itself that
// somebody is still there. What is fainter bridges a gap, of Patience at most: a
// thing that faintly looks like a person is found in every picture.
const firmness = 0.7

// doubtfulFor is how long after a sight a doubtful detection still continues a
// track.
const doubtfulFor = time.Second

// pair assigns the detections that fit to tracks not yet seen.
func (f *Follower) pair(at time.Time, tracks []*follow, fits func(*detection) bool, cost func(*follow, *detection) float64) {
	var columns []*detection
	for i := range f.dets {
		if d := &f.dets[i]; !d.taken && fits(d) {
			columns = append(columns, d)
		}
	}
	if len(tracks) == 0 || len(columns) == 0 {
		return
	}
	costs := make([][]float64, len(tracks))
	cells := make([]float64, len(tracks)*len(columns))
	for i, t := range tracks {
		costs[i] = cells[i*len(columns) : (i+1)*len(columns)]
		for j, d := range columns {
			costs[i][j] = cost(t, d)
		}
	}
	for i, j := range part.Assign(costs) {
		if j >= 0 {
			columns[j].taken = true
			tracks[i].hit(at, columns[j])
			if columns[j].Score >= firmness*f.set.Follow.Sure {
				tracks[i].firm = at
			}
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
		t.firm = at
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

// covered reports whether a detection that nobody took shows somebody whom this
// picture has already shown: about the same place, a piece, such as the upper half
// or the legs, or a box around him and somebody else.
func (f *Follower) covered(d *detection) bool {
	for _, t := range f.tracks {
		if t.seen && t.kind == d.kind && (t.Box.Overlap(d.Box) > 0.5 || d.kind == person && (piece(d.Box, t.Box) || around(d.Box, t.Box))) {
			return true
		}
	}
	return false
}

// piece reports whether a box is the upper or the lower part of another one. Who
// stands further away, before or behind somebody, shares neither the top nor the
// feet.
func piece(part, whole vision.Box) bool {
	return within(part, whole) > mostlyWithin && (math.Abs(part.Y0-whole.Y0) < aligned*whole.Height() || math.Abs(part.Y1-whole.Y1) < aligned*whole.Height())
}

// around reports whether a box goes around another one and more, down to the same
// feet: two people, one behind the other, taken for one.
func around(large, small vision.Box) bool {
	return within(small, large) > mostlyWithin && math.Abs(large.Y1-small.Y1) < aligned*small.Height()
}

// aligned is how near the edges of two boxes are that end at the same place, in
// heights.
const aligned = 0.15

// within is the share of a that lies in b.
func within(a, b vision.Box) float64 {
	w := min(a.X1, b.X1) - max(a.X0, b.X0)
	h := min(a.Y1, b.Y1) - max(a.Y0, b.Y0)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (a.Width() * a.Height())
}

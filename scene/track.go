package scene

import (
	"math"
	"time"

	"linesman/part"
	"linesman/vision"
)

// Noises of a followed person or vehicle, in its heights and seconds.
const (
	placeNoise    = 1. / 20 // of a measured centre; a doubtful one has twice that
	agility       = 1.      // of velocity, per second
	newSpeed      = 1.2     // of a new one's velocity
	sizeGain      = 0.35    // of a new measured size on the one followed
	slowdown      = 3.      // seconds in which one unseen loses two thirds of its speed
	partlyHidden  = 0.75    // of its height: less is one whose lower half is hidden,
	hiddenAtMost  = 2 * time.Second
	trailEvery    = 80 * time.Millisecond
	trailFor      = 1200 * time.Millisecond
	trailLength   = 20
	leastTrail    = 500 * time.Millisecond
	leastHeading  = 0.25 // heights a second: slower stands
	tentativeFor  = 500 * time.Millisecond
	beyondPicture = 300 * time.Millisecond // unseen and out of the picture: gone
)

// Limits of what may be one from one sight to the next.
const (
	maxSigmas  = 3.5 // between prediction and sighting, by the filter
	baseReach  = 0.8 // heights between them, at once
	reachSpeed = 2.0 // and more of them for each second unseen
	maxReach   = 3.0
	maxResize  = 1.8 // times as high
)

// follow is a track with what it is followed by.
type follow struct {
	Track
	kind          kind
	x, y          part.Kalman // of the centre, pixels
	width, height float64
	hits          int
	seen          bool // in the picture at hand
	lapsed        bool // not seen for too long: it is nobody's any more
	passed        bool // its number went over to another track
	hiddenSince   time.Time
	labels        []labelVotes
	trail         [trailLength]step
	trailed       int // steps taken so far
	stays         []stay
	sides         []side
	votes         [len(Items)]votes
	claims        [len(Items)]claim
	px            float64   // height of the detection itself, pixels
	reach         float64   // heights that a sight may be off the prediction
	cut           bool      // the last sight ended at the picture's lower edge
	firm          time.Time // of the last sight that was no mere doubt
	lastFoot      vision.Point
	bornAtEdge    bool // of the picture: it came in
	lastAtEdge    bool // it was last seen there: it went out
}

type labelVotes struct {
	label string
	score float64
}

// step is one place on the way, for speed.
type step struct {
	at            time.Time
	foot, metres  vision.Point
	known, onPlan bool // it is a foot that was seen; it has metres
}

func (f *Follower) born(at time.Time, d *detection) *follow {
	w, h := d.Box.Width(), d.Box.Height()
	c := d.Box.Centre()
	t := &follow{kind: d.kind, width: w, height: h, hits: 1, seen: true, px: h, cut: d.cut,
		Track: Track{Label: d.Label, Score: d.Score, First: at, Last: at},
		x:     part.NewKalman(c.X, sq(placeNoise*h), 0, sq(newSpeed*h)), y: part.NewKalman(c.Y, sq(placeNoise*h), 0, sq(newSpeed*h)),
		stays: make([]stay, len(f.areas)), sides: make([]side, len(f.barriers))}
	t.vote(d.Label, d.Score)
	t.show()
	return t
}

// predict moves on by dt seconds to a time.
func (t *follow) predict(dt float64, at time.Time) {
	if !t.seen {
		k := math.Exp(-dt / slowdown)
		t.x.Speed *= k
		t.y.Speed *= k
	}
	t.seen = false
	t.reach = min(baseReach+reachSpeed*at.Sub(t.Last).Seconds(), maxReach)
	q := sq(agility * t.scale())
	t.x.Predict(dt, q)
	t.y.Predict(dt, q)
	t.show()
}

// scale is the length that distances and speeds are held against, in pixels: a
// person's height; a vehicle's longer side.
func (t *follow) scale() float64 {
	if t.kind == vehicle {
		return max(t.height, t.width)
	}
	return t.height
}

// hit takes a detection for this one's.
func (t *follow) hit(at time.Time, d *detection) {
	box := t.unhide(at, d.Box)
	noise := placeNoise * t.scale()
	if d.Score < 0.5 {
		noise *= 2
	}
	c := box.Centre()
	t.x.Update(c.X, sq(noise))
	t.y.Update(c.Y, sq(noise))
	t.width += sizeGain * (box.Width() - t.width)
	if t.cut && t.kind == person { // who comes in from below grows at the foot
		t.y.At, t.height = c.Y, box.Height()
	} else {
		t.height += sizeGain * (box.Height() - t.height)
	}
	t.cut = d.cut
	t.Score, t.Last, t.seen, t.px = d.Score, at, true, d.Box.Height()
	t.hits++
	t.vote(d.Label, d.Score)
	t.show()
}

// unhide lengthens the box of a person whose lower part is hidden, for a while:
// the top stays, and the feet are where they were below it. One who sits down
// looks the same at first.
func (t *follow) unhide(at time.Time, b vision.Box) vision.Box {
	top := t.y.At - t.height/2
	if t.kind != person || b.Height() >= partlyHidden*t.height || math.Abs(b.Y0-top) > 0.15*t.height {
		t.hiddenSince = time.Time{}
		return b
	}
	if t.hiddenSince.IsZero() {
		t.hiddenSince = at
	}
	if at.Sub(t.hiddenSince) <= hiddenAtMost {
		b.Y1 = b.Y0 + t.height
	}
	return b
}

// vote counts what it is found to be.
func (t *follow) vote(label string, score float64) {
	found := false
	for i := range t.labels {
		t.labels[i].score *= 0.95
		if t.labels[i].label == label {
			t.labels[i].score += score
			found = true
		}
	}
	if !found {
		t.labels = append(t.labels, labelVotes{label, score})
	}
	best := t.labels[0]
	for _, v := range t.labels[1:] {
		if v.score > best.score {
			best = v
		}
	}
	t.Label = best.label
}

func (t *follow) show() {
	x, y := t.x.At, t.y.At
	t.Box = vision.Box{X0: x - t.width/2, Y0: y - t.height/2, X1: x + t.width/2, Y1: y + t.height/2}
	t.Foot = vision.Point{X: x, Y: t.Box.Y1}
}

// cost is how ill a detection fits: from -1 (the very place) upwards in
// heights; infinite for what can not be this one.
func (t *follow) cost(d *detection) float64 {
	if t.kind != d.kind {
		return math.Inf(1)
	}
	scale, r := t.scale(), sq(placeNoise*t.scale())
	c, h := d.Box.Centre(), d.Box.Height()
	if t.kind == person && h < t.height && math.Abs(d.Box.Y0-t.Box.Y0) < 0.15*t.height {
		c.Y, h = d.Box.Y0+t.height/2, t.height // its lower part may be hidden
	}
	dx, dy := c.X-t.x.At, c.Y-t.y.At
	sigmas := math.Sqrt(dx*dx/(t.x.Variance()+r) + dy*dy/(t.y.Variance()+r))
	reach := math.Hypot(dx, dy) / scale
	overlap := t.Box.Overlap(d.Box)
	resize := max(h/t.height, t.height/h)
	if sigmas > maxSigmas && overlap < 0.5 || reach > t.reach || resize > maxResize {
		return math.Inf(1)
	}
	return reach - overlap + math.Log(resize)
}

// doubtfulCost is cost for a detection that nobody would begin with: it must lie
// where the prediction is, as ByteTrack asks.
func (t *follow) doubtfulCost(d *detection) float64 {
	b := d.Box
	if t.kind == person && b.Height() < t.height && math.Abs(b.Y0-t.Box.Y0) < 0.15*t.height {
		b.Y1 = b.Y0 + t.height // its lower part may be hidden
	}
	if t.Box.Overlap(b) < doubtfulOverlap {
		return math.Inf(1)
	}
	return t.cost(d)
}

// doubtfulOverlap is the least overlap of a doubtful detection with where its track
// should be.
const doubtfulOverlap = 0.3

func sq(v float64) float64 { return v * v }

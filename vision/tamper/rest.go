package tamper

import (
	"slices"
	"time"
)

// rests watches for pictures at rest: between two key pictures hardly a place changes.
// A coder has nothing to tell of a stuck picture once it has refined what it sent, a
// second or so after each key picture. Of a living scene it has: the sensor's noise,
// unless it is coded so thriftily, or the night is so still, that noise is left out.
// So rests tell of a camera alone that had none while it was watched, and a
// quarter of whose places changed most of the time, but little: a belt may stop.
type rests struct {
	before [cells]uint64
	grey   []byte // of the picture before
	begun  bool
	alive  [cells]float32 // share of pictures in which the place changed a little, of the last minute
	seen   time.Duration  // over how long a time alive was learnt
	bright float64        // mean grey level of the picture before

	run     int  // pictures of the present rest
	crossed bool // a key picture came since the last rest
	quiet   spell
}

// spell is a series of rests.
type spell struct {
	grey     []byte // at its first rest; empty if there is none
	last     time.Time
	pictures int
	rests    int
	// lively says that the camera had been alive when the spell began.
	lively bool
}

func (s *spell) begun() bool { return len(s.grey) > 0 }

const (
	// restCells is in how many places a picture at rest may change: a clock, and what
	// a coder still mends.
	restCells = 4
	// restPictures is the least that are a rest.
	restPictures = 2
	// restsApart is the time without a rest after which a spell is over.
	restsApart = 5 * time.Second
	// liveFor is over how long a time places must have been seen to be alive, and
	// liveOver over how long a time they are averaged.
	liveFor, liveOver = 20 * time.Second, time.Minute
	// liveShare is the share of pictures in which a place that is alive changes, by
	// liveMost grey levels of the small picture at most, on average over the place: what
	// changes by more moves.
	liveShare = 0.5
	liveCells = cells / 4 // that must be alive: all are still in a rest, a stopped belt stills its own alone
	liveMost  = 2.5
	// flash is the change of mean brightness from picture to picture, in grey levels,
	// after which places must show anew that they are alive: a lamp changes how a camera
	// codes.
	flash = 10
	// elsewhereBy is how many grey levels a place of the small picture differs by where
	// something has moved, and elsewhereShare the share of such places from which on
	// two rests do not show the same.
	elsewhereBy    = 12
	elsewhereShare = 0.002
)

// see takes a picture of a stream, and returns in how many pictures at rest the camera
// has shown the same, zero while that does not tell.
func (r *rests) see(n *Sight, bright float64, step time.Duration) int {
	changed := 0
	for i, v := range n.Sum {
		if v != r.before[i] {
			changed++
		}
	}
	prior, by := r.before, apartBy(r.grey, n.Grey, n.Height)
	first := !r.begun || len(r.grey) != len(n.Grey)
	r.before, r.begun, r.grey = n.Sum, true, append(r.grey[:0], n.Grey...)
	if first || max(bright-r.bright, r.bright-bright) > flash {
		*r = rests{before: n.Sum, begun: true, grey: r.grey, bright: bright}
		return 0
	}
	r.bright = bright
	if r.quiet.begun() && n.At.Sub(r.quiet.last) > restsApart {
		r.over()
	}
	if n.Key { // all of it is coded anew
		r.run, r.crossed = 0, true
		return r.tell()
	}
	if changed > restCells {
		r.run = 0
	} else if r.run++; r.run >= restPictures {
		r.rest(n)
	}
	if !r.quiet.lively {
		r.live(&prior, &by, n, step)
	}
	return r.tell()
}

// apartBy is, by cell, how many grey levels two small pictures are apart on average;
// none where they are of two sizes.
func apartBy(a, b []byte, height int) (by [cells]float32) {
	if len(a) != len(b) {
		return by
	}
	var sum, n [cells]int
	for y := range height {
		row := y * cellsY / height * cellsX
		for x := range across {
			c := row + x*cellsX/across
			d := int(a[y*across+x]) - int(b[y*across+x])
			sum[c] += max(d, -d)
			n[c]++
		}
	}
	for c := range by {
		by[c] = float32(sum[c]) / float32(max(n[c], 1))
	}
	return by
}

// over ends a spell in which the camera turned out to be alive. If it was taken for
// stuck, places must show anew that they are alive.
func (r *rests) over() {
	if r.tell() > 0 {
		r.alive, r.seen = [cells]float32{}, 0
	}
	r.quiet = spell{}
}

// live learns which places are alive.
func (r *rests) live(prior *[cells]uint64, by *[cells]float32, n *Sight, step time.Duration) {
	r.seen += step
	share := float32(min(step.Seconds()/min(r.seen, liveOver).Seconds(), 1))
	for i := range r.alive {
		var now float32
		if n.Sum[i] != prior[i] && by[i] <= liveMost {
			now = 1
		}
		r.alive[i] += share * (now - r.alive[i])
	}
}

// rest takes a picture at rest.
func (r *rests) rest(n *Sight) {
	q := &r.quiet
	if q.begun() && !alike(q.grey, n.Grey) { // something has moved in between
		r.over()
	}
	if !q.begun() {
		*q = spell{grey: slices.Clone(n.Grey), lively: r.lively()}
		r.crossed = true
	}
	if r.run == restPictures {
		q.pictures += restPictures - 1
	}
	if r.crossed {
		q.rests++
	}
	q.pictures++
	q.last, r.crossed = n.At, false
}

func (r *rests) lively() bool {
	if r.seen < liveFor {
		return false
	}
	n := 0
	for _, a := range r.alive {
		if a >= liveShare {
			n++
		}
	}
	return n >= liveCells
}

// tell is how many pictures at rest there were, if there were any beyond a key
// picture and the camera was alive before.
func (r *rests) tell() int {
	if !r.quiet.lively || r.quiet.rests < 2 {
		return 0
	}
	return r.quiet.pictures
}

// alike reports whether two small pictures show the same but for what coding does.
func alike(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	n := 0
	for i, v := range a {
		if d := int(v) - int(b[i]); max(d, -d) > elsewhereBy {
			n++
		}
	}
	return n <= int(elsewhereShare*float64(len(a)))
}

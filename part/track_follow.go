package part

import (
	"math"
	"time"
)

// Noises of a followed part, in part sizes (the geometric mean of width and
// height) and seconds.
const (
	placeNoise = 1. / 20 // of a measured centre
	agility    = 10.     // of velocity, per second: what a hand does to a part
	newPart    = 4.      // of a new part's velocity against the expected one
	sizeGain   = 0.5     // of a new measured size on the one followed
)

// Limits of what may be one part from one sight to the next.
const (
	maxSigmas  = 3.5 // between prediction and sighting, by the filter
	maxReach   = 1.  // between them in extents of the part, however uncertain
	maxResizes = 3.  // times as wide or high
)

// follow is a track with its filters.
type follow struct {
	Track
	x, y Kalman
	seen time.Time // the last sight

	side, reported int // of the line: now, and last told; -1 before, +1 beyond
	sign           int // of the centre against the line itself
	over           Crossing
}

// born begins a track with the first sight of a part.
func born(number, frame uint64, at time.Time, s Sighting, set TrackSettings) *follow {
	size := math.Sqrt(s.Width * s.Height)
	f := &follow{Track: Track{Number: number, Box: s, VX: set.VX, VY: set.VY, Seen: true, Hits: 1, First: frame, Last: frame}, seen: at}
	f.x = NewKalman(s.X, sq(placeNoise*size), set.VX, sq(newPart*size))
	f.y = NewKalman(s.Y, sq(placeNoise*size), set.VY, sq(newPart*size))
	place, _ := set.Line.along(s)
	f.sign = sign(place - set.Line.At)
	f.side, f.reported = f.sign, f.sign
	return f
}

// predict moves the part on by dt seconds.
func (f *follow) predict(dt float64) {
	q := sq(agility * math.Sqrt(f.Box.Width*f.Box.Height))
	f.x.Predict(dt, q)
	f.y.Predict(dt, q)
	f.show()
}

// hit takes a sighting for this part's.
func (f *follow) hit(frame uint64, at time.Time, s Sighting, set TrackSettings) {
	r := sq(placeNoise * math.Sqrt(s.Width*s.Height))
	f.x.Update(s.X, r)
	f.y.Update(s.Y, r)
	f.Box.Width += sizeGain * (s.Width - f.Box.Width)
	f.Box.Height += sizeGain * (s.Height - f.Box.Height)
	f.Box.Score = s.Score
	f.Seen, f.Last, f.seen = true, frame, at
	f.Hits++
	f.show()

	place, extent := set.Line.along(f.Box)
	d := place - set.Line.At
	if now := sign(d); now != f.sign {
		f.sign = now
		f.over = Crossing{Frame: frame, At: at, X: f.Box.X, Y: f.Box.Y}
	}
	if math.Abs(d) > set.Band*extent {
		f.side = f.sign
	}
}

func (f *follow) show() {
	f.Box.X, f.Box.Y, f.VX, f.VY = f.x.At, f.y.At, f.x.Speed, f.y.Speed
}

// cost is how ill a sighting fits: from -1 (the very place) upwards in extents;
// infinite for what can not be this part.
func (f *follow) cost(s Sighting) float64 {
	r := sq(placeNoise * math.Sqrt(f.Box.Width*f.Box.Height))
	dx, dy := s.X-f.x.At, s.Y-f.y.At
	sigmas := math.Sqrt(dx*dx/(f.x.aa+r) + dy*dy/(f.y.aa+r))
	reach := math.Hypot(dx/max(f.Box.Width, s.Width), dy/max(f.Box.Height, s.Height))
	resized := max(ratio(s.Width, f.Box.Width), ratio(s.Height, f.Box.Height))
	overlap := shared(f.Box, s) / (f.Box.Width*f.Box.Height + s.Width*s.Height - shared(f.Box, s))
	if sigmas > maxSigmas && overlap < 0.5 || reach > maxReach || resized > maxResizes {
		return math.Inf(1)
	}
	return reach - overlap
}

// aimsAcross reports whether the part, unseen now, has by its speed gone to the
// other side of the line.
func (f *follow) aimsAcross(set TrackSettings) bool {
	place, extent := set.Line.along(f.Box)
	d := place - set.Line.At
	return sign(d) != f.side && math.Abs(d) > set.Band*extent
}

// shared is the area that two boxes share.
func shared(a, b Sighting) float64 {
	w := min(a.X+a.Width/2, b.X+b.Width/2) - max(a.X-a.Width/2, b.X-b.Width/2)
	h := min(a.Y+a.Height/2, b.Y+b.Height/2) - max(a.Y-a.Height/2, b.Y-b.Height/2)
	return max(w, 0) * max(h, 0)
}

// inside is the shared area over that of the smaller box.
func inside(a, b Sighting) float64 {
	return shared(a, b) / min(a.Width*a.Height, b.Width*b.Height)
}

func ratio(a, b float64) float64 { return max(a/b, b/a) }

func sq(v float64) float64 { return v * v }

// sign is -1 before the line, and +1 on it and beyond.
func sign(d float64) int {
	if d < 0 {
		return -1
	}
	return 1
}

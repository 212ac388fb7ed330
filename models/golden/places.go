package golden

import (
	"errors"
	"math"
	"slices"

	"linesman/models/anomaly"
	"linesman/vision"
)

// mostPlaces is how many places of one kind are named on a part.
const mostPlaces = 32

// Places names every place that scores least or more; see anomaly.Lister. Of one
// that is far from this product's size it names the size alone and says so.
func (c channel) Places(p *anomaly.Part, least float64, into []anomaly.Reading) ([]anomaly.Reading, bool, error) {
	if p.Crop == nil {
		return into, false, errors.New("it was taught on located parts and can not judge a whole picture")
	}
	add := func(class int, r Reading) {
		if r.Score >= least {
			into = append(into, anomaly.Reading{Class: c.m.Channels()[class], Score: r.Score, Box: r.Box, Area: r.Area, Measured: r.Measured, Limit: r.Limit, Unit: r.Unit, Text: r.Text})
		}
	}
	if err := c.m.fits(p.Crop); err != nil {
		return into, false, err
	}
	if c.m.long != nil {
		complete, err := c.m.long.places(p.Crop, least, add)
		return into, complete, err
	}
	s, _ := c.m.pool.Get().(*scratch)
	if s == nil {
		s = newScratch(c.m)
	}
	defer c.m.pool.Put(s)
	if err := c.m.examine(p.Crop, s); err != nil {
		return into, false, err
	}
	size := c.m.sizeReading(p.Crop, s)
	add(Size, size)
	add(Colour, c.m.colourReading(p.Crop, s))
	if c.m.turned {
		add(Place, c.m.placeReading(p.Crop, s))
	}
	if s.strange {
		return into, size.Score < least, nil
	}
	complete := c.m.outlinePlaces(p.Crop, s, least, add)
	return into, c.m.surfacePlaces(p.Crop, s, least, add) && complete, nil
}

// places is Places for long parts.
func (l *long) places(crop *vision.Crop, least float64, add func(int, Reading)) (complete bool, err error) {
	s, _ := l.pool.Get().(*longScratch)
	if s == nil {
		s = newLongScratch(l)
	}
	defer l.pool.Put(s)
	if err := l.examine(crop, s); err != nil {
		return false, err
	}
	size := l.sizeReading(crop, s)
	add(Size, size)
	if s.strange {
		return size.Score < least, nil
	}
	add(Colour, l.colourReading(crop, s))
	edge := func(ray int, off float64) (x, y float64) {
		k := &l.contour[ray]
		a, b := s.lie.to(k.U+float32(off)*k.NormalU, k.V+float32(off)*k.NormalV)
		return float64(a), float64(b)
	}
	s.deviate()
	complete = s.namedArcs(crop, &l.outline, l.limit[Outline], l.mmPerPx, least, edge, add)
	v := s.stance(l)
	for range mostPlaces {
		at := l.worst(s, v)
		r := l.placeReading(crop, s, v, at)
		if !(r.Score >= least) {
			return complete, nil
		}
		x0, y0, x1, y1, area := s.takeAway(l.spreadOf(v, at.width), at, min(at.z/2, least*l.limit[Surface]))
		r.Box, r.Area = crop.ToSensor.ApplyBox(l.boxOf(&s.lie, x0, y0, x1, y1)), float64(area)
		add(Surface, r)
		s.smooth()
	}
	return false, nil
}

// surfacePlaces names the strange places of a surface: the strangest, then what is
// strangest when that one looks like a good part, and so on; false if there are more
// than mostPlaces.
func (m *Model) surfacePlaces(crop *vision.Crop, s *scratch, least float64, add func(int, Reading)) bool {
	for range mostPlaces {
		r := m.surfaceReading(crop, s)
		if !(r.Score >= least) {
			return true
		}
		at := s.worst(m)
		x0, y0, x1, y1, area := s.takeAway(s.spreadAt(m, at.width), at, min(at.z/2, least*m.limit[Surface]))
		r.Box = crop.ToSensor.ApplyBox(vision.Box{X0: float64(x0), Y0: float64(y0), X1: float64(x1), Y1: float64(y1)})
		r.Area = float64(area)
		add(Surface, r)
		s.smooth()
	}
	return false
}

// takeAway follows a strange place to where it is less than z strange at its own width,
// takes the difference there away, and returns its bounds and area as extent does.
func (s *scratch) takeAway(spread func(x, y int) float32, at peak, z float64) (x0, y0, x1, y1, area int) {
	n := s.grey.size
	v := s.smoothed[at.width].v
	seen := make([]bool, n*n)
	queue := []int{at.y*n + at.x}
	seen[queue[0]] = true
	x0, y0, x1, y1 = at.x, at.y, at.x+1, at.y+1
	for len(queue) > 0 {
		i := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		x, y := i%n, i/n
		area++
		x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1)
		s.diff.v[i] = 0
		for _, next := range [4][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
			if uint(next[0]) >= uint(n) || uint(next[1]) >= uint(n) {
				continue
			}
			j := next[1]*n + next[0]
			if d := float64(v[j]); !seen[j] && s.inside[j] && d*at.diff > 0 && math.Abs(d)/float64(spread(next[0], next[1])) >= z {
				seen[j] = true
				queue = append(queue, j)
			}
		}
	}
	return x0, y0, x1, y1, area
}

// outlinePlaces names the strange places of an outline, one after the other.
func (m *Model) outlinePlaces(crop *vision.Crop, s *scratch, least float64, add func(int, Reading)) bool {
	s.deviate(m.shape, m.turnedBy)
	return s.namedArcs(crop, &m.outline, m.limit[Outline], m.mmPerPx, least, func(ray int, off float64) (x, y float64) {
		sin, cos := math.Sincos(2 * math.Pi * float64(ray) / float64(m.rays))
		r := s.pose.radius + off*s.pose.scale
		return s.pose.x + r*cos, s.pose.y + r*sin
	}, add)
}

// namedArcs names what strays of an outline, the strangest first; edge is the
// place in the crop of a ray's edge, so many pixels of the golden picture
// outwards of its usual place. false if there are more than mostPlaces.
func (s *scratch) namedArcs(crop *vision.Crop, outline *[arcs][]float32, limit, mmPerPx, least float64, edge func(ray int, off float64) (x, y float64), add func(int, Reading)) bool {
	for range mostPlaces {
		at := s.worstArc(outline)
		r := Reading{Score: at.z / limit, Unit: "mm", Measured: math.Abs(at.off) * mmPerPx}
		if !(r.Score >= least) {
			return true
		}
		r.Limit = r.Measured / r.Score
		box, area := s.takeArc(outline, at, min(at.z/2, least*limit), edge)
		r.Box, r.Area = crop.ToSensor.ApplyBox(box), area
		add(Outline, r)
	}
	return false
}

// takeArc follows a strange place along the outline to where it is less than z
// strange, takes the deviance there away, and returns what it covers of the crop.
func (s *scratch) takeArc(outline *[arcs][]float32, at arcPeak, z float64, edge func(ray int, off float64) (x, y float64)) (box vision.Box, area float64) {
	n := len(s.deviance)
	arc, spread := slices.Clone(s.smoothArc(at.width)), outline[slices.Index(arcWidth[:], at.width)]
	from, to := at.ray, at.ray
	strange := func(i int) bool {
		i = (i + n) % n
		return float64(arc[i])*at.off > 0 && math.Abs(float64(arc[i]/spread[i])) >= z
	}
	for to-from < n-1 && strange(from-1) {
		from--
	}
	for to-from < n-1 && strange(to+1) {
		to++
	}
	box = vision.Box{X0: math.Inf(1), Y0: math.Inf(1), X1: math.Inf(-1), Y1: math.Inf(-1)}
	for k := from - at.width; k <= to+at.width; k++ {
		i := (k%n + n) % n
		off := float64(s.deviance[i])
		x, y := edge(i, 0)
		nextX, nextY := edge((i+1)%n, 0)
		outX, outY := edge(i, off)
		box.X0, box.Y0, box.X1, box.Y1 = min(box.X0, x, outX), min(box.Y0, y, outY), max(box.X1, x, outX), max(box.Y1, y, outY)
		area += math.Hypot(outX-x, outY-y) * math.Hypot(nextX-x, nextY-y)
		s.deviance[i] = 0
	}
	return box, area
}

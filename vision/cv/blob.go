package cv

import (
	"math"

	"gocv.io/x/gocv"
)

// blob is one connected thing on the belt, or after splitting one part of it.
// All in pixels of the shrunk picture.
type blob struct {
	label          uint16
	x0, y0, x1, y1 int // x1 and y1 just beyond
	area           int
	cores          int // seeds inside
	whole          bool
	touching       bool
	x, y           float64 // centroid
	far            float64 // mean distance from the belt's colour
}

// seed is the core of one round part.
type seed struct {
	blob   int
	label  uint16 // of its own once its blob is split
	x, y   float64
	radius float64
}

// Columns of OpenCV's component statistics.
const (
	statLeft = iota
	statTop
	statWidth
	statHeight
	statArea
	statColumns
)

// findBlobs labels the parts: connected things, their holes filled, those that
// hold several cores split.
func (l *Locator) findBlobs() {
	n := gocv.ConnectedComponentsWithStatsWithParams(l.part, &l.labels, &l.stats, &l.mids, 4, gocv.MatTypeCV16U, gocv.CCL_DEFAULT)
	st := int32sOf(&l.stats)
	l.blobs = l.blobs[:0]
	for i := range n {
		s := st[i*statColumns : (i+1)*statColumns]
		l.blobs = append(l.blobs, blob{
			label: uint16(i), area: int(s[statArea]),
			x0: int(s[statLeft]), y0: int(s[statTop]),
			x1: int(s[statLeft] + s[statWidth]), y1: int(s[statTop] + s[statHeight]),
		})
	}
	l.fillHoles()
	gocv.Erode(l.part, &l.inner, l.kernel)
	gocv.DistanceTransform(l.part, &l.depth, &l.voronoi, gocv.DistL2, gocv.DistanceMask5, gocv.DistanceLabelCComp)
	l.findSeeds()
	l.split()
	l.survey()
}

// onePart reports whether a blob is no wider than one part may be.
func (l *Locator) onePart(b *blob) bool {
	d := 2.3 * l.radius
	return float64(b.x1-b.x0) <= d && float64(b.y1-b.y0) <= d && float64(b.area) <= 1.2*l.nominal
}

// fillHoles gives holes to the part around them: a spot or a print of the
// belt's colour does not make a ring of a part. The gap that parts touching
// all round leave between them is belt, and is larger.
func (l *Locator) fillHoles() {
	n := gocv.ConnectedComponentsWithStatsWithParams(l.bare, &l.cores, &l.stats, &l.mids, 8, gocv.MatTypeCV16U, gocv.CCL_DEFAULT)
	st := int32sOf(&l.stats)
	holes, labels, part := uint16sOf(&l.cores), uint16sOf(&l.labels), bytesOf(&l.part)
	w, h := l.part.Cols(), l.part.Rows()
	for i := 1; i < n; i++ {
		s := st[i*statColumns : (i+1)*statColumns]
		x0, y0 := int(s[statLeft]), int(s[statTop])
		x1, y1 := x0+int(s[statWidth]), y0+int(s[statHeight])
		if x0 == 0 || y0 == 0 || x1 == w || y1 == h {
			continue
		}
		x := x0
		for holes[y0*w+x] != uint16(i) {
			x++
		}
		owner := labels[(y0-1)*w+x]
		if !l.onePart(&l.blobs[owner]) && float64(s[statArea]) > 0.035*l.nominal {
			continue
		}
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				if j := y*w + x; holes[j] == uint16(i) {
					labels[j], part[j] = owner, 255
				}
			}
		}
		l.blobs[owner].area += int(s[statArea])
	}
}

// findSeeds finds the cores of parts: where a disc of 0.42 of the product's
// radius fits. Two discs that touch, or whose edges blur by a pixel, are joined
// by a neck much narrower than that.
func (l *Locator) findSeeds() {
	core := float32(0.42 * l.radius)
	gocv.Threshold(l.depth, &l.deep, core, 255, gocv.ThresholdBinary)
	l.deep.ConvertTo(&l.deep8, gocv.MatTypeCV8UC1)
	n := gocv.ConnectedComponentsWithStatsWithParams(l.deep8, &l.cores, &l.stats, &l.mids, 8, gocv.MatTypeCV16U, gocv.CCL_DEFAULT)
	st := int32sOf(&l.stats)
	cores, labels, depth := uint16sOf(&l.cores), uint16sOf(&l.labels), float32sOf(&l.depth)
	w := l.part.Cols()
	l.seeds = l.seeds[:0]
	for i := 1; i < n; i++ {
		s := st[i*statColumns : (i+1)*statColumns]
		x0, y0 := int(s[statLeft]), int(s[statTop])
		var best float32
		var sx, sy, count float64
		at := 0
		for y := y0; y < y0+int(s[statHeight]); y++ {
			for x := x0; x < x0+int(s[statWidth]); x++ {
				j := y*w + x
				if cores[j] != uint16(i) {
					continue
				}
				if depth[j] > best {
					best, at = depth[j], j
				}
				sx, sy, count = sx+float64(x), sy+float64(y), count+1
			}
		}
		owner := int(labels[at])
		l.blobs[owner].cores++
		l.seeds = append(l.seeds, seed{blob: owner, x: sx / count, y: sy / count, radius: float64(best)})
	}
}

// split divides blobs of several cores: every pixel goes to the disc whose
// power it is nearest to, so that two discs part exactly where they touch.
func (l *Locator) split() {
	w := l.part.Cols()
	labels := uint16sOf(&l.labels)
	for i, found := 1, len(l.blobs); i < found; i++ {
		b, start := &l.blobs[i], len(l.blobs)
		if b.cores < 2 || l.onePart(b) || len(l.blobs)+b.cores > math.MaxUint16 {
			continue
		}
		first := true
		for k := range l.seeds {
			s := &l.seeds[k]
			if s.blob != i {
				continue
			}
			if first { // keeps the blob's own label
				s.label, first = b.label, false
				continue
			}
			s.label = uint16(len(l.blobs))
			l.blobs = append(l.blobs, blob{label: s.label, touching: true})
			b = &l.blobs[i]
		}
		b.touching = true
		for y := b.y0; y < b.y1; y++ {
			for x := b.x0; x < b.x1; x++ {
				j := y*w + x
				if labels[j] != b.label {
					continue
				}
				least, owner := math.Inf(1), b.label
				for k := range l.seeds {
					s := &l.seeds[k]
					if s.blob != i {
						continue
					}
					dx, dy := float64(x)-s.x, float64(y)-s.y
					if p := dx*dx + dy*dy - s.radius*s.radius; p < least {
						least, owner = p, s.label
					}
				}
				labels[j] = owner
			}
		}
		l.measureSplit(i, start)
	}
}

// measureSplit finds the extents of the pieces blob i was split into: itself
// and the blobs from index start on.
func (l *Locator) measureSplit(i, start int) {
	w := l.part.Cols()
	labels := uint16sOf(&l.labels)
	x0, y0, x1, y1 := l.blobs[i].x0, l.blobs[i].y0, l.blobs[i].x1, l.blobs[i].y1
	reset := func(b *blob) { b.x0, b.y0, b.x1, b.y1, b.area, b.cores = w, math.MaxInt, 0, 0, 0, 1 }
	reset(&l.blobs[i])
	for k := start; k < len(l.blobs); k++ {
		reset(&l.blobs[k])
	}
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			n := int(labels[y*w+x])
			if n != i && n < start {
				continue
			}
			b := &l.blobs[n]
			b.x0, b.y0, b.x1, b.y1 = min(b.x0, x), min(b.y0, y), max(b.x1, x+1), max(b.y1, y+1)
			b.area++
		}
	}
}

// survey measures every blob worth it: centroid and distance from the belt.
func (l *Locator) survey() {
	w := l.part.Cols()
	labels, far := uint16sOf(&l.labels), bytesOf(&l.far)
	least := l.leastArea()
	for i := 1; i < len(l.blobs); i++ {
		b := &l.blobs[i]
		b.whole = float64(b.area) >= least
		if !b.whole {
			continue
		}
		var n, sx, sy, sf int
		for y := b.y0; y < b.y1; y++ {
			row, distance := labels[y*w+b.x0:y*w+b.x1], far[y*w+b.x0:y*w+b.x1]
			for x, label := range row {
				if label == b.label {
					n, sx, sy, sf = n+1, sx+x, sy+y, sf+int(distance[x])
				}
			}
		}
		if n == 0 {
			b.whole = false
			continue
		}
		b.x, b.y = float64(sx)/float64(n)+float64(b.x0)+0.5, float64(sy)/float64(n)+0.5
		b.far = float64(sf) / float64(n)
	}
}

package cv

import (
	"math"
	"unsafe"

	"gocv.io/x/gocv"
)

// blob is one connected thing on the belt, or after splitting one part of it.
// All in pixels of the shrunk picture.
type blob struct {
	label          int32
	x0, y0, x1, y1 int // x1 and y1 just beyond
	area           int
	cores          int // seeds inside
	whole          bool
	touching       bool
	x, y           float64 // centroid
	far            float64 // mean distance from the belt's colour
	bright         float64 // mean of the three channels together
}

// seed is the core of one round part.
type seed struct {
	blob   int
	label  int32 // of its own once its blob is split
	x, y   float64
	radius float64
	at     int // its deepest pixel
}

// findBlobs labels the parts: connected things, their holes filled, those that
// hold several cores split.
func (l *Locator) findBlobs() {
	w, h := l.part.Cols(), l.part.Rows()
	l.things.find(bytesOf(&l.part), w, h, false)
	l.blobs = l.blobs[:0]
	for i, f := range l.things.found {
		l.blobs = append(l.blobs, blob{label: int32(i), area: f.area, x0: f.x0, y0: f.y0, x1: f.x1, y1: f.y1})
	}
	l.fillHoles()
	gocv.Erode(l.part, &l.inner, l.kernel)
	if l.someAreMore() {
		gocv.DistanceTransform(l.part, &l.depth, &l.voronoi, gocv.DistL2, gocv.DistanceMask5, gocv.DistanceLabelCComp)
		l.findSeeds()
		l.split()
	}
	l.survey()
}

// someAreMore reports whether some blob may be more than one part.
func (l *Locator) someAreMore() bool {
	for i := 1; i < len(l.blobs); i++ {
		if !l.onePart(&l.blobs[i]) {
			return true
		}
	}
	return false
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
	w, h := l.part.Cols(), l.part.Rows()
	part, labels := bytesOf(&l.part), l.things.label
	l.holes.find(part, w, h, true)
	for i := 1; i < len(l.holes.found); i++ {
		f := &l.holes.found[i]
		if f.x0 == 0 || f.y0 == 0 || f.x1 == w || f.y1 == h {
			continue
		}
		owner := labels[(f.y0-1)*w+f.topX]
		if !l.onePart(&l.blobs[owner]) && float64(f.area) > 0.035*l.nominal {
			continue
		}
		for y := f.y0; y < f.y1; y++ {
			for x := f.x0; x < f.x1; x++ {
				if j := y*w + x; l.holes.label[j] == int32(i) {
					labels[j], part[j] = owner, 255
				}
			}
		}
		l.blobs[owner].area += f.area
	}
}

// findSeeds finds the cores of parts: where a disc of 0.42 of the product's
// radius fits. Two discs that touch, or whose edges blur by a pixel, are joined
// by a neck much narrower than that.
func (l *Locator) findSeeds() {
	core := float32(0.42 * l.radius)
	w, h := l.part.Cols(), l.part.Rows()
	depth, deep, labels := float32sOf(&l.depth), bytesOf(&l.deep), l.things.label
	for i, d := range depth {
		deep[i] = 0
		if d > core {
			deep[i] = 255
		}
	}
	l.cores.find(deep, w, h, false)
	l.seeds = l.seeds[:0]
	for i := 1; i < len(l.cores.found); i++ {
		f := &l.cores.found[i]
		var best float32
		var sx, sy int
		at := 0
		for y := f.y0; y < f.y1; y++ {
			for x := f.x0; x < f.x1; x++ {
				j := y*w + x
				if l.cores.label[j] != int32(i) {
					continue
				}
				if depth[j] > best {
					best, at = depth[j], j
				}
				sx, sy = sx+x, sy+y
			}
		}
		owner := int(labels[at])
		l.blobs[owner].cores++
		n := float64(f.area)
		l.seeds = append(l.seeds, seed{blob: owner, x: float64(sx) / n, y: float64(sy) / n, radius: float64(best), at: at})
	}
}

// split divides blobs of several cores: every pixel goes to the core nearest to
// it. All cores lie equally deep within their parts, so parts of any rounded
// form are divided where they touch.
func (l *Locator) split() {
	w := l.part.Cols()
	labels := l.things.label
	var nearest []int32
	for i, found := 1, len(l.blobs); i < found; i++ {
		b, start := &l.blobs[i], len(l.blobs)
		if b.cores < 2 || l.onePart(b) {
			continue
		}
		if nearest == nil {
			nearest = l.nearestCores()
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
			s.label = int32(len(l.blobs))
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
				if s := l.owner(nearest[j], i, float64(x), float64(y)); s != nil {
					labels[j] = s.label
				}
			}
		}
		l.measureSplit(i, start)
	}
}

// nearestCores returns, by pixel, OpenCV's name for the core nearest to it, and
// notes each core's in its seed. It uses up deep and depth.
func (l *Locator) nearestCores() []int32 {
	deep := bytesOf(&l.deep)
	for i, v := range deep {
		deep[i] = ^v
	}
	gocv.DistanceTransform(l.deep, &l.depth, &l.voronoi, gocv.DistL2, gocv.DistanceMask5, gocv.DistanceLabelCComp)
	b := bytesOf(&l.voronoi)
	nearest := unsafe.Slice((*int32)(unsafe.Pointer(&b[0])), len(b)/4)
	l.named = l.named[:0]
	for k := range l.seeds {
		name := int(nearest[l.seeds[k].at])
		for len(l.named) <= name {
			l.named = append(l.named, -1)
		}
		l.named[name] = k
	}
	return nearest
}

// owner is the seed of blob i that a pixel at (x, y) belongs to: that of the
// core nearest to it, or where that is another blob's, across a gap, the one of
// its own blob whose disc is nearest.
func (l *Locator) owner(name int32, i int, x, y float64) *seed {
	if int(name) < len(l.named) && name >= 0 {
		if k := l.named[name]; k >= 0 && l.seeds[k].blob == i {
			return &l.seeds[k]
		}
	}
	var best *seed
	least := math.Inf(1)
	for k := range l.seeds {
		s := &l.seeds[k]
		if s.blob != i {
			continue
		}
		if d := math.Hypot(x-s.x, y-s.y) - s.radius; d < least {
			least, best = d, s
		}
	}
	return best
}

// measureSplit finds the extents of the pieces blob i was split into: itself
// and the blobs from index start on.
func (l *Locator) measureSplit(i, start int) {
	w := l.part.Cols()
	labels := l.things.label
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

// survey measures every blob worth it: centroid, distance from the belt, brightness.
func (l *Locator) survey() {
	w := l.part.Cols()
	labels, far, small := l.things.label, bytesOf(&l.far), bytesOf(&l.small)
	least := l.leastArea()
	for i := 1; i < len(l.blobs); i++ {
		b := &l.blobs[i]
		b.whole = float64(b.area) >= least
		if !b.whole {
			continue
		}
		var n, sx, sy, sf, light int
		for y := b.y0; y < b.y1; y++ {
			row, distance := labels[y*w+b.x0:y*w+b.x1], far[y*w+b.x0:y*w+b.x1]
			pix := small[3*(y*w+b.x0) : 3*(y*w+b.x1)]
			for x, label := range row {
				if label == b.label {
					n, sx, sy, sf = n+1, sx+x, sy+y, sf+int(distance[x])
					light += int(pix[3*x]) + int(pix[3*x+1]) + int(pix[3*x+2])
				}
			}
		}
		if n == 0 {
			b.whole = false
			continue
		}
		b.x, b.y = float64(sx)/float64(n)+float64(b.x0)+0.5, float64(sy)/float64(n)+0.5
		b.far, b.bright = float64(sf)/float64(n), float64(light)/float64(n)
	}
}

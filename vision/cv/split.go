package cv

import (
	"image"
	"math"
	"unsafe"

	"gocv.io/x/gocv"
)

// seed is the core of one round part of the blob that is being split.
type seed struct {
	label  int32 // of its own once its blob is split
	x, y   float64
	radius float64
	at     image.Point // its deepest pixel
}

// split divides blob i if it has several cores: every pixel goes to the core nearest
// to it. All cores lie equally deep within their parts, so parts of any rounded
// form are divided where they touch.
func (l *Locator) split(i int) {
	w, labels := l.part.Cols(), l.things.label
	about, nearest := l.nearestCores(i)
	if len(l.seeds) < 2 {
		return
	}
	start := len(l.blobs)
	for k := range l.seeds { // the first keeps the blob's own label
		l.seeds[k].label = l.blobs[i].label
		if k > 0 {
			l.seeds[k].label = int32(len(l.blobs))
			l.blobs = append(l.blobs, blob{label: l.seeds[k].label, touching: true})
		}
	}
	b := &l.blobs[i]
	b.touching = true
	for y := b.y0; y < b.y1; y++ {
		for x := b.x0; x < b.x1; x++ {
			if j := y*w + x; labels[j] == b.label {
				name := nearest[(y-about.Min.Y)*about.Dx()+x-about.Min.X]
				labels[j] = l.owner(name, float64(x), float64(y)).label
			}
		}
	}
	l.measureSplit(i, start)
}

// nearestCores finds the cores of blob i and, if there are several, returns by pixel of
// a rectangle about the blob OpenCV's name for the core nearest to it, the cores of
// other blobs among them; l.named says which seed's a name is.
//
// Only what lies about the blob is looked at, and the answer is that of the whole
// picture. A blob's pixel is not farther from the belt than along its row and column,
// which ends beside the blob; of others no more is asked than whether they are deeper
// than a core, within the margin of one. The cores nearest to the blob's pixels are all
// in sight if none of the pixels is farther from one than the rectangle reaches.
func (l *Locator) nearestCores(i int) (about image.Rectangle, nearest []int32) {
	b := &l.blobs[i]
	picture, own := image.Rect(0, 0, l.part.Cols(), l.part.Rows()), image.Rect(b.x0, b.y0, b.x1, b.y1)
	for reach := l.reach; ; {
		about = own.Inset(-reach).Intersect(picture)
		l.findSeeds(i, about)
		if len(l.seeds) < 2 {
			return about, nil
		}
		nearest = l.lookForCores(about)
		far := l.farthest(b, about)
		if far <= float32(reach) {
			return about, nearest
		}
		reach = int(far) + 1
	}
}

// findSeeds finds the cores of blob i, where a disc of 0.42 of the product's radius
// fits. Two discs that touch, or whose edges blur by a pixel, are joined by a neck much
// narrower than that. deep is 0 in the cores of all blobs about it, 255 elsewhere.
func (l *Locator) findSeeds(i int, about image.Rectangle) {
	core := float32(0.42 * l.radius)
	w, labels := l.part.Cols(), l.things.label
	wide := about.Inset(-int(core) - 2).Intersect(image.Rect(0, 0, w, l.part.Rows()))
	part := l.part.Region(wide)
	gocv.DistanceTransform(part, &l.depth, &l.voronoi, gocv.DistL2, gocv.DistanceMask5, gocv.DistanceLabelCComp)
	part.Close()
	depth, deep := float32sOf(&l.depth), bytesOf(&l.deep)
	l.core = l.core[:0]
	for y := about.Min.Y; y < about.Max.Y; y++ {
		line := depth[(y-wide.Min.Y)*wide.Dx()+about.Min.X-wide.Min.X:][:about.Dx()]
		out := deep[y*w+about.Min.X:][:about.Dx()]
		for x, d := range line {
			out[x] = 255
			if d > core {
				out[x] = 0
			}
			l.core = append(l.core, ^out[x])
		}
	}
	l.cores.find(l.core, about.Dx(), about.Dy(), false)
	l.cores.paint(about.Dx(), about.Dy())
	l.seeds = l.seeds[:0]
	for name := 1; name < len(l.cores.found); name++ {
		f := &l.cores.found[name]
		var best float32
		var sx, sy int
		var at image.Point
		for y := f.y0; y < f.y1; y++ {
			for x := f.x0; x < f.x1; x++ {
				if l.cores.label[y*about.Dx()+x] != int32(name) {
					continue
				}
				u, v := about.Min.X+x, about.Min.Y+y
				if d := depth[(v-wide.Min.Y)*wide.Dx()+u-wide.Min.X]; d > best {
					best, at = d, image.Pt(u, v)
				}
				sx, sy = sx+u, sy+v
			}
		}
		if labels[at.Y*w+at.X] != l.blobs[i].label {
			continue // another's
		}
		n := float64(f.area)
		l.seeds = append(l.seeds, seed{x: float64(sx) / n, y: float64(sy) / n, radius: float64(best), at: at})
	}
}

// lookForCores returns, by pixel, OpenCV's name for the core nearest to it, and notes
// each seed's in l.named; depth is then how far that is.
func (l *Locator) lookForCores(about image.Rectangle) []int32 {
	deep := l.deep.Region(about)
	gocv.DistanceTransform(deep, &l.depth, &l.voronoi, gocv.DistL2, gocv.DistanceMask5, gocv.DistanceLabelCComp)
	deep.Close()
	b := bytesOf(&l.voronoi)
	nearest := unsafe.Slice((*int32)(unsafe.Pointer(&b[0])), len(b)/4)
	l.named = l.named[:0]
	for k := range l.seeds {
		at := l.seeds[k].at.Sub(about.Min)
		name := int(nearest[at.Y*about.Dx()+at.X])
		for len(l.named) <= name {
			l.named = append(l.named, -1)
		}
		l.named[name] = k
	}
	return nearest
}

// farthest is how far any pixel of a blob is from a core.
func (l *Locator) farthest(b *blob, about image.Rectangle) (far float32) {
	w, labels, depth := l.part.Cols(), l.things.label, float32sOf(&l.depth)
	for y := b.y0; y < b.y1; y++ {
		for x := b.x0; x < b.x1; x++ {
			if labels[y*w+x] == b.label {
				far = max(far, depth[(y-about.Min.Y)*about.Dx()+x-about.Min.X])
			}
		}
	}
	return far
}

// owner is the seed that a pixel at (x, y) belongs to: that of the core nearest to it,
// or where that is another blob's, across a gap, the one whose disc is nearest.
func (l *Locator) owner(name int32, x, y float64) *seed {
	if int(name) < len(l.named) && name >= 0 {
		if k := l.named[name]; k >= 0 {
			return &l.seeds[k]
		}
	}
	var best *seed
	least := math.Inf(1)
	for k := range l.seeds {
		s := &l.seeds[k]
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
	reset := func(b *blob) { b.x0, b.y0, b.x1, b.y1, b.area = w, math.MaxInt, 0, 0, 0 }
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

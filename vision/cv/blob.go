package cv

import "gocv.io/x/gocv"

// blob is one connected thing on the belt, or after splitting one part of it.
// All in pixels of the shrunk picture.
type blob struct {
	label          int32
	x0, y0, x1, y1 int // x1 and y1 just beyond
	area           int
	whole          bool
	touching       bool
	x, y           float64 // centroid
	far            float64 // mean distance from the belt's colour
	bright         float64 // mean of the three channels together
}

// findBlobs labels the parts: connected things, their holes filled, those that
// hold several cores split.
func (l *Locator) findBlobs() {
	w, h := l.part.Cols(), l.part.Rows()
	l.things.find(bytesOf(&l.part), w, h, false)
	l.things.paint(w, h)
	l.blobs = l.blobs[:0]
	for i, f := range l.things.found {
		l.blobs = append(l.blobs, blob{label: int32(i), area: f.area, x0: f.x0, y0: f.y0, x1: f.x1, y1: f.y1})
	}
	l.fillHoles()
	gocv.Erode(l.part, &l.inner, l.kernel)
	for i, found := 1, len(l.blobs); i < found; i++ {
		if !l.onePart(&l.blobs[i]) {
			l.split(i)
		}
	}
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
			for _, r := range l.holes.runs[l.holes.row[y]:l.holes.row[y+1]] {
				if r.label != int32(i) {
					continue
				}
				for j := y*w + int(r.x0); j < y*w+int(r.x1); j++ {
					labels[j], part[j] = owner, 255
				}
			}
		}
		l.blobs[owner].area += f.area
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

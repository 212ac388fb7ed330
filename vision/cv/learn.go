package cv

import (
	"image"
	"math"

	"gocv.io/x/gocv"

	"linesman/vision/lanes"
)

const (
	beltShare  = 0.09 // of the belt's level: what shading and texture make around a fit
	leastBelt  = 0.03 // of the picture
	sureShare  = 0.6  // of what is not belt must look like parts
	lonely     = 0.8  // of it must lie by itself before long parts are believed in
	crowded    = 0.1  // of it may, where round parts are no more believed in
	steadyGain = 0.3  // a lamp that changes more between two frames has failed
)

// learnBelt brings l.belt up to this frame and returns the share of the picture
// that is belt. known is false when the belt can not be made out: something
// stands before the lens. even says that the picture has no structure.
func (l *Locator) learnBelt(even bool) (share float64, known bool) {
	if l.belt.set {
		if gain, ok := l.sketch.gain(&l.belt); ok && math.Abs(gain-1) < steadyGain {
			b := l.belt.scaled(gain)
			if share = l.sketch.fit(&b, beltShare, 2); share >= leastBelt {
				l.belt = b
				return share, true
			}
		}
	}
	if even {
		return 0, false
	}
	return l.discoverBelt()
}

// discoverBelt tries the commonest colours as the belt and keeps the one that
// leaves round things of the product's size. If nothing of what that one leaves
// lies by itself, a commoner colour that leaves things as long as the product,
// each by itself, is the belt of long parts. On an unknown line the first frame
// that shows parts decides; a picture with none is its commonest colour.
func (l *Locator) discoverBelt() (share float64, known bool) {
	best, bestShare, bestScore := l.bestBelt(l.likeParts)
	if bestScore < sureShare || l.likeLongParts(&best, bestShare) < crowded {
		if long, longShare, score := l.bestBelt(l.likeLongParts); score >= lonely && longShare > bestShare {
			best, bestShare, bestScore = long, longShare, score
		}
	}
	if bestScore < 0 || l.belt.set && bestScore < sureShare {
		return 0, false
	}
	best.set = true
	l.belt = best
	return bestShare, true
}

// bestBelt returns the belt that scores best, the share of the picture that it
// covers, and its score; below 0: there is none.
func (l *Locator) bestBelt(like func(*belt, float64) float64) (best belt, bestShare, bestScore float64) {
	bestScore = -1
	for i, colour := range l.sketch.modes() {
		b := flat(colour)
		s := l.sketch.fit(&b, 0.12, 4)
		if s < leastBelt {
			continue
		}
		s = l.sketch.fit(&b, beltShare, 2)
		score := like(&b, s) - 0.01*float64(i)
		if score > bestScore {
			best, bestScore, bestShare = b, score, s
		}
	}
	return best, bestShare, bestScore
}

// likeLongParts is the share of what is not belt b, but for what the picture's
// edge cuts, that is things as long as the product, each by itself. Two colours
// of one part are no such things when one of them is taken for the belt: the
// other is then part of what lies all around. 0 where nothing stands out.
func (l *Locator) likeLongParts(b *belt, share float64) float64 {
	hist := l.measureFar(b)
	limit, some := l.chooseLimit(&hist, share)
	if !some {
		return 0
	}
	gocv.Threshold(l.far, &l.part, float32(limit), 255, gocv.ThresholdBinary)
	gocv.MorphologyEx(l.part, &l.part, gocv.MorphClose, l.kernel)
	w, h := l.part.Cols(), l.part.Rows()
	l.things.find(bytesOf(&l.part), w, h, false)
	all, alike := 0, 0
	for _, f := range l.things.found[1:] {
		across, along := f.x1-f.x0, f.y1-f.y0
		long := float64(max(across, along))
		switch cut := f.x0 == 0 || f.y0 == 0 || f.x1 == w || f.y1 == h; {
		case cut && long <= 2.3*l.radius: // the next frame shows it whole
			continue
		case long > 1.6*l.radius && long <= 2.3*l.radius && float64(f.area) >= l.leastArea():
			alike += f.area
		}
		all += f.area
	}
	if all == 0 {
		return 0
	}
	return float64(alike) / float64(all)
}

// likeParts is the share of what is not belt b that looks like round parts of
// the product's size, less what is too big to be any; 0.3 if all is belt.
func (l *Locator) likeParts(b *belt, share float64) float64 {
	hist := l.measureFar(b)
	limit, some := l.chooseLimit(&hist, share)
	if !some {
		return 0.3
	}
	gocv.Threshold(l.far, &l.part, float32(limit), 255, gocv.ThresholdBinary)
	gocv.MorphologyEx(l.part, &l.part, gocv.MorphClose, l.kernel)
	gocv.DistanceTransform(l.part, &l.depth, &l.voronoi, gocv.DistL2, gocv.DistanceMask5, gocv.DistanceLabelCComp)
	part, depth := bytesOf(&l.part), float32sOf(&l.depth)
	core, huge := float32(0.75*l.radius), float32(1.35*l.radius)
	deep := bytesOf(&l.deep)
	all, big := 0, 0
	for i, p := range part {
		deep[i] = 255 // belt and rims
		if p == 0 {
			continue
		}
		all++
		if depth[i] > huge {
			big++
		} else if depth[i] > core {
			deep[i] = 0
		}
	}
	gocv.DistanceTransform(l.deep, &l.depth, &l.voronoi, gocv.DistL2, gocv.DistanceMask5, gocv.DistanceLabelCComp)
	depth = float32sOf(&l.depth)
	explained := 0
	for i, p := range part {
		if p != 0 && depth[i] < float32(0.9*l.radius) {
			explained++
		}
	}
	return float64(explained-4*big) / float64(all)
}

// measureFar fills far with each pixel's distance from the belt: the greatest
// difference of the three channels. It returns the histogram of it.
func (l *Locator) measureFar(b *belt) (hist [256]int) {
	w, h := l.far.Cols(), l.far.Rows()
	small, far := bytesOf(&l.small), bytesOf(&l.far)
	l.bare.along(b, w)
	var even [4][256]int // of every fourth pixel, so that none waits for the one before
	for y := range h {
		out := far[y*w : (y+1)*w]
		lanes.Apart(out, small[3*y*w:3*(y+1)*w], l.bare.row((float64(y)+0.5)*2/float64(h)-1))
		x := 0
		for ; x+4 <= w; x += 4 {
			p := out[x : x+4 : x+4]
			even[0][p[0]]++
			even[1][p[1]]++
			even[2][p[2]]++
			even[3][p[3]]++
		}
		for ; x < w; x++ {
			even[0][out[x]]++
		}
	}
	for d := range hist {
		hist[d] = even[0][d] + even[1][d] + even[2][d] + even[3][d]
	}
	return hist
}

// chooseLimit sets the distance at which a part begins: above the belt's noise,
// and a third of the way to what parts commonly are. some is false when less
// than one speck stands out.
func (l *Locator) chooseLimit(hist *[256]int, share float64) (limit int, some bool) {
	total := 0
	for _, n := range hist {
		total += n
	}
	noise := quantile(hist, 0, int(float64(total)*share/2))
	floor := min(4*noise+4, 200)
	above := 0
	for _, n := range hist[floor:] {
		above += n
	}
	if float64(above) < l.leastArea() {
		return floor, false
	}
	contrast := quantile(hist, floor, above/2)
	return max(floor, int(0.35*float64(contrast))), true
}

// quantile is the first bin from start on at which count values are passed.
func quantile(hist *[256]int, start, count int) int {
	for i := start; i < len(hist); i++ {
		if count -= hist[i]; count < 0 {
			return i
		}
	}
	return len(hist) - 1
}

// leastArea is the least area of a part in pixels of the shrunk picture.
func (l *Locator) leastArea() float64 {
	px := l.settings.MMPerPx * float64(l.shrink)
	return l.settings.MinAreaMM2 / (px * px)
}

// separate draws the line between belt and parts; false for a bare belt.
func (l *Locator) separate(share float64) bool {
	hist := l.measureFar(&l.belt)
	limit, some := l.chooseLimit(&hist, share)
	if !some {
		return false
	}
	l.limit = limit
	gocv.Threshold(l.far, &l.part, float32(limit), 255, gocv.ThresholdBinary)
	gocv.Resize(l.far, &l.farFull, image.Pt(l.width, l.height), 0, 0, gocv.InterpolationLinear)
	return true
}

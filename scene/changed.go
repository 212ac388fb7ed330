package scene

import (
	"cmp"
	"slices"

	"linesman/vision"
)

// maxChanged bounds how many changed places are told of, the largest first.
const maxChanged = 16

// Sizes of a changed place.
const (
	changedPixels = 6   // of a block's 16
	leastChanged  = 2   // blocks
	mostChanged   = 0.4 // of the picture: beyond it, it is the light or the camera
)

// Changed returns the places that stand still and differ from what used to be
// there, in shares of the picture, the largest first: what was put down, and
// what was taken away. The answer lives until the next Changed.
func (g *Gate) Changed() []vision.Box {
	g.boxes = g.boxes[:0]
	if g.width == 0 {
		return nil
	}
	k := g.drift()
	for by := range g.down {
		for bx := range g.across {
			i := by*g.across + bx
			g.changed[i] = 0
			if g.moved[i] == 0 && g.differs(bx, by, k) {
				g.changed[i] = 1
			}
		}
	}
	for i := range g.changed {
		if g.changed[i] == 1 {
			g.gather(int32(i))
		}
	}
	slices.SortStableFunc(g.boxes, func(a, b vision.Box) int {
		return cmp.Compare(b.Width()*b.Height(), a.Width()*a.Height())
	})
	g.boxes = g.boxes[:min(len(g.boxes), maxChanged)]
	return g.boxes
}

// drift is by how much the light has changed from the slow background to the
// fast one: the median over blocks' first rows.
func (g *Gate) drift() float32 {
	var ratios [256]int
	n := 0
	for y := 0; y < g.height; y += block {
		fast, slow := g.fast[y*g.width:], g.slow[y*g.width:]
		for x := 0; x < g.across*block; x += block {
			a, b := fast[x]+fast[x+1]+fast[x+2]+fast[x+3], slow[x]+slow[x+1]+slow[x+2]+slow[x+3]
			if b > 32 {
				ratios[min(max(int(100*a/b+0.5), 0), 255)]++
				n++
			}
		}
	}
	sum := 0
	for bin, c := range ratios {
		if sum += c; c > 0 && 2*sum >= n {
			return float32(bin) / 100
		}
	}
	return 1
}

// differs reports whether a block has changed.
func (g *Gate) differs(bx, by int, k float32) bool {
	least, n := float32(g.set.Least), 0
	for y := by * block; y < (by+1)*block; y++ {
		for i := y*g.width + bx*block; i < y*g.width+(bx+1)*block; i++ {
			d := min(abs(g.fast[i]-k*g.slow[i]), abs(g.fast[i]-g.slow[i]))
			if d > max(least, 3*g.noise[i]) {
				n++
			}
		}
	}
	return n >= changedPixels
}

// gather takes one connected place of changed blocks, marks it as taken and
// keeps its box.
func (g *Gate) gather(from int32) {
	g.changed[from] = 2
	g.queue[0] = from
	x0, y0, x1, y1 := g.across, g.down, 0, 0
	n := 1
	for k := 0; k < n; k++ {
		x, y := int(g.queue[k])%g.across, int(g.queue[k])/g.across
		x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1)
		for v := max(y-1, 0); v <= min(y+1, g.down-1); v++ {
			for u := max(x-1, 0); u <= min(x+1, g.across-1); u++ {
				if i := v*g.across + u; g.changed[i] == 1 {
					g.changed[i] = 2
					g.queue[n] = int32(i)
					n++
				}
			}
		}
	}
	if n < leastChanged || float64(n) > mostChanged*float64(len(g.changed)) || len(g.boxes) == cap(g.boxes) {
		return
	}
	w, h := float64(g.width)/block, float64(g.height)/block
	g.boxes = append(g.boxes, vision.Box{X0: float64(x0) / w, Y0: float64(y0) / h, X1: float64(x1) / w, Y1: float64(y1) / h})
}

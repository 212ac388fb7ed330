package scene

import (
	"math"
	"time"

	"linesman/vision"
)

// Time scales of the gate's two backgrounds, and of a place's own noise.
const (
	fastScale    = 2 * time.Second  // what stands still this long does not move
	slowScale    = 10 * time.Minute // what used to be there
	changedScale = 90 * time.Minute // the same, where it has changed
	slowRows     = 8                // of the slow background, one is moved on with each picture
	noiseScale   = 8 * time.Second
	settling     = 1500 * time.Millisecond // after a first picture or an upheaval: noise is learned

	block       = 4    // pixels
	blockPixels = 5    // of 16 that must stand out for a block to move
	upheavalAt  = 0.6  // share of blocks that move at once
	startNoise  = 3.   // grey levels
	leastNoise  = 0.5  // grey levels
	mostNoise   = 25.  // grey levels: leaves in the wind
	leastGain   = 0.25 // of light, from picture to picture
)

// start takes the first picture of a size for the background.
func (g *Gate) start(p Grey, at time.Time) {
	g.width, g.height = p.Width, p.Height
	g.across, g.down = p.Width/block, p.Height/block
	n, blocks := p.Width*p.Height, g.across*g.down
	g.fast, g.slow, g.noise = make([]float32, n), make([]float32, n), make([]float32, n)
	g.moved, g.changed, g.queue = make([]uint8, blocks), make([]uint8, blocks), make([]int32, blocks)
	g.boxes = make([]vision.Box, 0, 4*maxChanged)
	for i := range g.noise {
		g.noise[i] = startNoise
	}
	g.last = at
	g.adopt(p, at)
}

// adopt takes a picture for what stands still, and for what used to be there.
func (g *Gate) adopt(p Grey, at time.Time) {
	for y := range g.height {
		row := p.Pix[y*p.Stride:][:g.width]
		to := g.fast[y*g.width:][:g.width]
		for x, v := range row {
			to[x] = float32(v)
		}
	}
	copy(g.slow, g.fast)
	g.began, g.motion = at, time.Time{}
}

// gain is by how much the whole picture is brighter than the background: the
// median over blocks.
func (g *Gate) gain(p Grey) float32 {
	var ratios [256]int
	n := 0
	for by := range g.down {
		for bx := range g.across {
			var now int
			var was float32
			for y := by * block; y < (by+1)*block; y++ {
				row := p.Pix[y*p.Stride+bx*block:][:block]
				old := g.fast[y*g.width+bx*block:][:block]
				now += int(row[0]) + int(row[1]) + int(row[2]) + int(row[3])
				was += old[0] + old[1] + old[2] + old[3]
			}
			if now < 16*8 || was < 16*8 || now > 16*250 {
				continue // black and white places tell nothing of the light
			}
			r := float32(now) / was
			ratios[min(max(int(64*r), 0), 255)]++
			n++
		}
	}
	if n < 8 {
		return 1
	}
	sum, bin := 0, 0
	for ; bin < 255; bin++ {
		if sum += ratios[bin]; 2*sum >= n {
			break
		}
	}
	return g.refine(p, bin)
}

// refine is the mean ratio of the blocks within and beside the median's bin.
func (g *Gate) refine(p Grey, bin int) float32 {
	var now, was float32
	from, to := float32(bin-1)/64, float32(bin+2)/64
	for by := 0; by < g.down; by += 2 {
		y := by*block + 1
		row, old := p.Pix[y*p.Stride:], g.fast[y*g.width:]
		for x := 0; x+block <= g.width; x += block {
			a := float32(row[x]) + float32(row[x+1]) + float32(row[x+2]) + float32(row[x+3])
			b := old[x] + old[x+1] + old[x+2] + old[x+3]
			if b > 32 && a >= from*b && a <= to*b {
				now, was = now+a, was+b
			}
		}
	}
	if was == 0 {
		return 1
	}
	return max(now/was, leastGain)
}

// compare holds the picture against the background, marks the blocks that
// moved, and moves the background on.
func (g *Gate) compare(p Grey, gain float32, dt time.Duration, learning bool) (moved int) {
	fast, noise := rate(dt, fastScale), rate(dt, noiseScale)
	if learning {
		noise = max(noise, 0.2)
	}
	clear(g.moved)
	for y := range g.height {
		row := p.Pix[y*p.Stride:][:g.width]
		i := y * g.width
		f, n := g.fast[i:][:len(row)], g.noise[i:][:len(row)]
		if y/block < g.down {
			g.compareRow(row, f, n, gain, fast, noise, g.moved[y/block*g.across:][:g.across])
		}
	}
	g.settleSlow(dt)
	for i, n := range g.moved {
		g.moved[i] = 0
		if n >= blockPixels {
			g.moved[i] = 1
			moved++
		}
	}
	return moved
}

// compareRow compares one row with its background f and noise n, and counts for
// each block the pixels that stand out.
func (g *Gate) compareRow(row []byte, f, n []float32, gain, fast, noise float32, out []uint8) {
	least, times, back := float32(g.set.Least), float32(g.set.Noises), 1/gain
	f, n = f[:len(row)], n[:len(row)]
	for x, v := range row {
		b, now := f[x], float32(v)
		// A place that has not changed does not move either, whatever the light of the
		// others does: a lamp, a screen, what is white already.
		d := abs(now*back - b)
		if same := abs(now - b); same < d {
			d = same
		}
		if d > least && d > times*n[x] && x/block < len(out) {
			out[x/block]++
		}
		if d > mostNoise {
			d = mostNoise
		} else if d < leastNoise {
			d = leastNoise
		}
		n[x] += noise * (d - n[x])
		lit := b * gain
		if lit > 255 {
			lit = 255
		}
		f[x] = lit + fast*(now-lit)
	}
}

// settleSlow moves a few rows of the slow background on, and all of them in turn.
// What has changed is taken over far more slowly, so that goods do not become
// part of the yard while they lie in the way, nor leave a ghost when they go.
func (g *Gate) settleSlow(dt time.Duration) {
	plain, held := rate(slowRows*dt, slowScale), rate(slowRows*dt, changedScale)
	least := float32(g.set.Least)
	g.turn = (g.turn + 1) % slowRows
	for y := g.turn; y < g.height; y += slowRows {
		f, s := g.fast[y*g.width:][:g.width], g.slow[y*g.width:][:g.width]
		for x, v := range f {
			d := v - s[x]
			if abs(d) > least {
				s[x] += held * d
			} else {
				s[x] += plain * d
			}
		}
	}
}

func abs(v float32) float32 {
	if v < 0 {
		return -v
	}
	return v
}

// rate is the weight of one picture after dt in a mean over a time scale.
func rate(dt, scale time.Duration) float32 {
	return float32(1 - math.Exp(-dt.Seconds()/scale.Seconds()))
}

// together counts the blocks that move beside another one that does.
func (g *Gate) together() (n int) {
	for y := range g.down {
		for x := range g.across {
			if g.moved[y*g.across+x] != 0 && g.beside(g.moved, x, y) {
				n++
			}
		}
	}
	return n
}

func (g *Gate) beside(marks []uint8, x, y int) bool {
	for v := max(y-1, 0); v <= min(y+1, g.down-1); v++ {
		for u := max(x-1, 0); u <= min(x+1, g.across-1); u++ {
			if (u != x || v != y) && marks[v*g.across+u] != 0 {
				return true
			}
		}
	}
	return false
}

package vision

import "linesman/camera"

// Cells is the picture in coarse squares, each with how bright it is against
// what it shows: belt against this frame's belt, part against this frame's parts. Over many frames
// of a moving belt every cell is the same to within a share; dirt before the
// camera is what stands still.
type Cells struct {
	Side       int // pixels of the sensor
	Cols, Rows int
	// Value is the mean ratio of each cell, row by row; 0 where too little of it
	// could be seen.
	Value []float32

	what          []byte // of each sample: belt, part or hidden
	width, height int    // samples
	sums          []mean32
}

const (
	cellsAcross = 32 // at most, each way
	leastCell   = 16 // pixels
	sampleStep  = 2  // pixels from sample to sample, each way
	cellMargin  = 6  // pixels around a part that are neither it nor plain belt
	fewSamples  = 12

	isBelt   = 0
	isPart   = 1
	isHidden = 2
)

// fit makes the cells for a size of frame; nothing changes for the same size.
func (g *Cells) fit(w, h int) {
	if g.width == w/sampleStep && g.height == h/sampleStep && g.Value != nil {
		return
	}
	g.width, g.height = w/sampleStep, h/sampleStep
	side := max(leastCell, (max(w, h)+cellsAcross-1)/cellsAcross)
	side = (side + sampleStep - 1) / sampleStep * sampleStep
	g.Side, g.Cols, g.Rows = side, (w+side-1)/side, (h+side-1)/side
	g.what = make([]byte, g.width*g.height)
	g.Value, g.sums = make([]float32, g.Cols*g.Rows), make([]mean32, g.Cols*g.Rows)
}

func (g *Cells) take(f *camera.Frame, all *Crops, set *LocateSettings) {
	g.fit(f.Width, f.Height)
	clear(g.what)
	for i := range all.Items {
		g.mark(&all.Items[i])
	}
	if all.Cut > 0 {
		g.hideEnds(int(set.DiameterPx())/sampleStep+2, set.AlongX())
	}
	g.sum(f)
}

// mark notes which samples one part covers.
func (g *Cells) mark(c *Crop) {
	x0, y0 := max(0, (int(c.Box.X0)-cellMargin)/sampleStep), max(0, (int(c.Box.Y0)-cellMargin)/sampleStep)
	x1, y1 := min(g.width, (int(c.Box.X1)+cellMargin)/sampleStep+1), min(g.height, (int(c.Box.Y1)+cellMargin)/sampleStep+1)
	left, top := int(c.ToSensor.C), int(c.ToSensor.F)
	for y := y0; y < y1; y++ {
		row := g.what[y*g.width:]
		cy := y*sampleStep + sampleStep/2 - top
		for x := x0; x < x1; x++ {
			cx := x*sampleStep + sampleStep/2 - left
			if c.Mask != nil && cx >= 0 && cy >= 0 && cx < c.Size && cy < c.Size && c.Mask[cy*c.Size+cx] != 0 {
				row[x] = isPart
			} else if row[x] != isPart {
				row[x] = isHidden
			}
		}
	}
}

// hideEnds leaves out where parts may stand across the picture's edge.
func (g *Cells) hideEnds(reach int, alongX bool) {
	for y := range g.height {
		for x := range g.width {
			at, end := x, g.width
			if !alongX {
				at, end = y, g.height
			}
			if i := y*g.width + x; (at < reach || at >= end-reach) && g.what[i] != isPart {
				g.what[i] = isHidden
			}
		}
	}
}

// sum brings every sample to the mean of what it shows, and gathers the cells.
func (g *Cells) sum(f *camera.Frame) {
	var things [isHidden + 1]mean32
	clear(g.sums)
	g.each(f, func(_ int, what byte, v float32) { things[what].add(v, 1) })
	var expected, weight [isHidden]float32
	brightest := max(things[isBelt].of(1), things[isPart].of(1), 1)
	for what := range expected {
		// As in a fit of a line through zero: what is bright stands farther out of
		// the noise.
		expected[what] = max(things[what].of(1), 1)
		weight[what] = expected[what] * expected[what] / (brightest * brightest)
	}
	g.each(f, func(cell int, what byte, v float32) {
		if what != isHidden {
			g.sums[cell].add(v/expected[what], weight[what])
		}
	})
	for i := range g.sums {
		g.Value[i] = g.around(i)
	}
}

// around is the mean of a cell and those beside it: a belt's own texture is
// finer than dirt out of focus on a lens.
func (g *Cells) around(i int) float32 {
	var m mean32
	x, y := i%g.Cols, i/g.Cols
	for v := max(0, y-1); v <= min(g.Rows-1, y+1); v++ {
		for u := max(0, x-1); u <= min(g.Cols-1, x+1); u++ {
			s := &g.sums[v*g.Cols+u]
			m.sum, m.n = m.sum+s.sum, m.n+s.n
		}
	}
	return m.of(fewSamples)
}

// mean32 is a weighted mean in the making.
type mean32 struct{ sum, n float32 }

func (m *mean32) add(v, weight float32) { m.sum, m.n = m.sum+weight*v, m.n+weight }

// of returns the mean, or 0 where the weights are less than least in all.
func (m *mean32) of(least float32) float32 {
	if m.n < least {
		return 0
	}
	return m.sum / m.n
}

// each walks over the samples: their cell, what they show, and R + G + B.
func (g *Cells) each(f *camera.Frame, take func(cell int, what byte, v float32)) {
	per := g.Side / sampleStep
	for y := range g.height {
		row := f.Pix[(y*sampleStep+sampleStep/2)*f.Stride:]
		cell := y / per * g.Cols
		for x, what := range g.what[y*g.width : (y+1)*g.width] {
			at := x*sampleStep + sampleStep/2
			v := 3 * float32(row[at])
			if f.Format == camera.RGB {
				v = float32(row[3*at]) + float32(row[3*at+1]) + float32(row[3*at+2])
			}
			take(cell+x/per, what, v)
		}
	}
}

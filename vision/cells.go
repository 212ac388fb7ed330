package vision

import "linesman/camera"

// Cells is the picture in coarse squares, each with how bright it is against what
// it shows: belt against this frame's belt, part against this frame's parts. Over
// many frames of a moving belt every cell is the same to within a share; dirt
// before the camera is what stands still.
type Cells struct {
	Side       int // pixels of the sensor
	Cols, Rows int
	// Value is the mean ratio of each cell, row by row; 0 where too little of it
	// could be seen.
	Value []float32

	what          []byte   // of each sample: belt, part or hidden
	width, height int      // samples
	sums          []levels // by cell
}

const (
	cellsAcross = 32 // at most, each way
	leastCell   = 16 // pixels
	sampleStep  = 2  // pixels from sample to sample, each way
	cellMargin  = 6  // pixels around a part that are neither it nor plain belt
	fewSamples  = 12 // as bright as the brighter of belt and parts

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
	g.Value, g.sums = make([]float32, g.Cols*g.Rows), make([]levels, g.Cols*g.Rows)
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

// sum gathers the cells: what each shows against all that is shown of it.
func (g *Cells) sum(f *camera.Frame) {
	clear(g.sums)
	per := g.Side / sampleStep
	for y := range g.height {
		row := f.Pix[(y*sampleStep+sampleStep/2)*f.Stride:]
		sums := g.sums[y/per*g.Cols:][:g.Cols]
		for x := 0; x < g.width; x += per {
			what := g.what[y*g.width+x : y*g.width+min(x+per, g.width)]
			sums[x/per].add(row, x*sampleStep+sampleStep/2, f.Format, what)
		}
	}
	var all levels
	for i := range g.sums {
		for what := range all.sum {
			all.sum[what] += g.sums[i].sum[what]
			all.n[what] += g.sums[i].n[what]
		}
	}
	var expected [isHidden]float64
	for what := range expected {
		expected[what] = max(float64(all.sum[what])/float64(max(all.n[what], 1)), 1)
	}
	for i := range g.Value {
		g.Value[i] = g.around(i, expected)
	}
}

// levels is what was seen of belt and parts in one cell: samples, and their R + G + B.
type levels struct{ sum, n [isHidden + 1]int }

// add takes a run of samples that begins at pixel x of a row.
func (l *levels) add(row []byte, x int, format camera.Format, what []byte) {
	if format == camera.Grey {
		for _, w := range what {
			l.sum[w] += 3 * int(row[x])
			l.n[w]++
			x += sampleStep
		}
		return
	}
	for _, w := range what {
		p := row[3*x:][:3:3]
		l.sum[w] += int(p[0]) + int(p[1]) + int(p[2])
		l.n[w]++
		x += sampleStep
	}
}

// around is how bright a cell and those beside it are against what is expected,
// as the slope of a line through zero: what is bright stands farther out of the
// noise. A belt's own texture is finer than dirt out of focus on a lens, so cells
// are not taken by themselves. 0 where there is too little to say.
func (g *Cells) around(i int, expected [isHidden]float64) float32 {
	var l levels
	x, y := i%g.Cols, i/g.Cols
	for v := max(0, y-1); v <= min(g.Rows-1, y+1); v++ {
		for u := max(0, x-1); u <= min(g.Cols-1, x+1); u++ {
			s := &g.sums[v*g.Cols+u]
			for what := range expected {
				l.sum[what] += s.sum[what]
				l.n[what] += s.n[what]
			}
		}
	}
	brightest := max(expected[isBelt], expected[isPart])
	var seen, weight float64
	for what, e := range expected {
		seen += e * float64(l.sum[what])
		weight += e * e * float64(l.n[what])
	}
	if weight < fewSamples*brightest*brightest {
		return 0
	}
	return float32(seen / weight)
}

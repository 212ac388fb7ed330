package cv

import (
	"math"

	"linesman/camera"
	"linesman/vision"
)

// rim is how near the picture's edge, in pixels of the shrunk picture, a part
// must come to count as standing across it.
const rim = 2

// cutOut turns blobs into crops.
func (l *Locator) cutOut(f *camera.Frame, into *vision.Crops) {
	w, h := l.part.Cols(), l.part.Rows()
	l.witnesses = l.witnesses[:0]
	for i := 1; i < len(l.blobs); i++ {
		b := &l.blobs[i]
		if !b.whole {
			continue
		}
		along0, along1, end := b.x0, b.x1, w
		if !l.settings.AlongX() {
			along0, along1, end = b.y0, b.y1, h
		}
		if along0 < rim || along1 > end-rim {
			into.Cut++
			continue
		}
		c := into.Add(l.size)
		l.cutPart(f, b, c)
		belt := float64(c.Surround[0] + c.Surround[1] + c.Surround[2])
		l.witnesses = append(l.witnesses, witness{
			x: 2*b.x/float64(w) - 1, y: 2*b.y/float64(h) - 1,
			ratio: math.Log(max(b.bright, 1) / max(belt, 1)),
		})
	}
}

// cutPart fills one crop: pixels as the sensor saw them, centred to the pixel
// and neither turned nor scaled, so that no interpolation softens a defect.
func (l *Locator) cutPart(f *camera.Frame, b *blob, c *vision.Crop) {
	w, h := l.part.Cols(), l.part.Rows()
	sx, sy := float64(f.Width)/float64(w), float64(f.Height)/float64(h)
	c.Centre = vision.Point{X: b.x * sx, Y: b.y * sy}
	c.Box = vision.Box{X0: float64(b.x0) * sx, Y0: float64(b.y0) * sy, X1: float64(b.x1) * sx, Y1: float64(b.y1) * sy}
	c.Touching = b.touching
	colour := l.belt.at(2*b.x/float64(w)-1, 2*b.y/float64(h)-1)
	for k, v := range colour {
		c.Surround[k] = float32(v)
	}
	across, extent := c.Centre.Y, float64(f.Height)
	if !l.settings.AlongX() {
		across, extent = c.Centre.X, float64(f.Width)
	}
	c.Lane = l.settings.Lane(across, extent)
	left := int(math.Round(c.Centre.X)) - l.size/2
	top := int(math.Round(c.Centre.Y)) - l.size/2
	c.ToSensor = vision.Shift(float64(left), float64(top))
	l.copyPixels(c, left, top)
	l.drawMask(c, b, left, top)
}

// copyPixels copies the sensor's pixels; beyond the frame the belt goes on.
func (l *Locator) copyPixels(c *vision.Crop, left, top int) {
	x0, x1 := max(0, -left), min(l.size, l.width-left)
	outside := x0 > 0 || x1 < l.size || top < 0 || top+l.size > l.height
	if outside {
		var belt [3]byte
		for k, v := range c.Surround {
			belt[k] = byte(min(max(v+0.5, 0), 255))
		}
		copy(c.Pix, belt[:])
		for n := len(belt); n < len(c.Pix); n *= 2 {
			copy(c.Pix[n:], c.Pix[:n])
		}
	}
	for y := max(0, -top); y < min(l.size, l.height-top); y++ {
		copy(c.Pix[3*(y*l.size+x0):3*(y*l.size+x1)], l.pix[(top+y)*l.stride+3*(left+x0):])
	}
}

// drawMask marks the part's own pixels: those a good way from the belt's colour to
// the part's, and whatever its outline encloses.
func (l *Locator) drawMask(c *vision.Crop, b *blob, left, top int) {
	clear(c.Mask)
	w, h := l.part.Cols(), l.part.Rows()
	labels, inner, far := l.things.label, bytesOf(&l.inner), bytesOf(&l.farFull)
	limit := byte(min(max(float64(l.limit), 0.35*b.far), 255))
	s := l.shrink
	y0, y1 := max(0, b.y0*s-top), min(l.size, b.y1*s-top+1, l.height-top)
	x0, x1 := max(0, b.x0*s-left), min(l.size, b.x1*s-left+1, l.width-left)
	area := 0
	for y := y0; y < y1 && x0 < x1; { // rows that show one row of the shrunk picture
		row := min((top+y)/s, h-1)
		next := min((row+1)*s-top, y1)
		if row == h-1 {
			next = y1
		}
		m := maskRows{label: b.label, labels: labels[row*w : (row+1)*w], inner: inner[row*w : (row+1)*w], marked: l.marked, limit: limit, shrink: s}
		for ; y < next; y++ {
			area += m.draw(c.Mask[y*l.size+x0:y*l.size+x1], far[(top+y)*l.width:][:l.width], left+x0)
		}
	}
	c.Area = float64(area)
}

// maskRows is what one row of the shrunk picture says of a part.
type maskRows struct {
	label  int32
	labels []int32
	inner  []byte
	marked []byte // 255, as often as needed
	limit  byte
	shrink int
}

// draw marks one row of the mask, which begins at column from of the sensor's row, and
// returns how many pixels it marked. It goes from one pixel of the shrunk picture to the
// next, or to the end of those within the part's rim, whose distance does not count.
func (m *maskRows) draw(mask, distance []byte, from int) (area int) {
	last := len(m.labels) - 1
	for x := 0; x < len(mask); {
		at := min((from+x)/m.shrink, last)
		to := at + 1
		inside := m.labels[at] == m.label && m.inner[at] != 0
		for inside && to <= last && m.inner[to] != 0 && m.labels[to] == m.label {
			to++
		}
		end := min(to*m.shrink-from, len(mask))
		if to > last {
			end = len(mask)
		}
		switch {
		case inside:
			area += copy(mask[x:end], m.marked)
		case m.labels[at] == m.label:
			for i, d := range distance[from+x : from+end] {
				if d > m.limit {
					mask[x+i] = 255
					area++
				}
			}
		}
		x = end
	}
	return area
}

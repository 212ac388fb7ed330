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
	pix := bytesOf(&l.full)
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
		from := 3 * ((top+y)*l.width + left + x0)
		copy(c.Pix[3*(y*l.size+x0):3*(y*l.size+x1)], pix[from:])
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
	for y := y0; y < y1 && x0 < x1; y++ {
		row := min((top+y)/s, h-1) * w
		distance := far[(top+y)*l.width:][:l.width] // left may lie before it
		mask := c.Mask[y*l.size : (y+1)*l.size]
		// One pixel of the shrunk picture after the other: it is of one part, and on
		// the sensor s pixels wide, or what is left at the picture's edge.
		end := left + x1
		for from := left + x0; from < end; {
			at := min(from/s, w-1)
			to := min((at+1)*s, end)
			if at == w-1 {
				to = end
			}
			if labels[row+at] == b.label {
				in := inner[row+at] != 0
				for x := from; x < to; x++ {
					if in || distance[x] > limit {
						mask[x-left] = 255
						area++
					}
				}
			}
			from = to
		}
	}
	c.Area = float64(area)
}

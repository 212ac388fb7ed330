package teach

import (
	"fmt"
	"image"
	"math"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"

	"linesman/models/anomaly"
)

// Few good parts that lie turned this way and that do not show all ways; each is shown turned
// about its middle as often as time allows.
const (
	turnBelow = 100 // good parts; of more each stands for itself
	mostLooks = 400 // at good parts, turned and not
	mostTurns = 15  // of one part
)

// turnsFor is how many times each of n good parts is also shown turned.
func turnsFor(n int) int {
	if n >= turnBelow {
		return 0
	}
	return min(max(mostLooks/n-1, 1), mostTurns)
}

// angle is how far part i is turned the k-th time, of so many turns; other parts are turned by
// a little more or less.
func angle(i, k, turns int) float64 {
	_, aside := math.Modf(float64(i) * math.Phi)
	return 2 * math.Pi * (float64(k) + aside - 0.5) / float64(turns+1)
}

// middle is where what is judged of a picture has its middle, in pixels.
func middle(p *anomaly.Picture) (x, y float64) {
	n, sx, sy := 0, 0, 0
	for i, v := range p.Mask {
		if v > 127 {
			n, sx, sy = n+1, sx+i%p.Width, sy+i/p.Width
		}
	}
	if n == 0 {
		return float64(p.Width) / 2, float64(p.Height) / 2
	}
	return float64(sx)/float64(n) + 0.5, float64(sy)/float64(n) + 0.5
}

// wide is how many pixels a picture has that is made smaller before anybody looks, so that it
// may be turned in a tenth of the time: what that takes of its sharpness goes anyhow.
const wide = 2 * 384 * 384

// turned is a whole picture turned about the middle of what is judged, clockwise by an angle in
// radians. What comes into it from beyond the edge is not judged, and looks like the edge.
func turned(p *anomaly.Picture, by float64) anomaly.Picture {
	var how draw.Transformer = draw.CatmullRom
	if p.Width*p.Height > wide {
		how = draw.ApproxBiLinear
	}
	cx, cy := middle(p)
	sin, cos := math.Sincos(by)
	from := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	draw.Draw(from, from.Rect, p.Image(), image.Point{}, draw.Src)
	into := image.NewRGBA(from.Rect)
	out := anomaly.Picture{Width: p.Width, Height: p.Height, Pix: make([]byte, 3*p.Width*p.Height), Mask: make([]byte, p.Width*p.Height)}
	how.Transform(into, f64.Aff3{cos, -sin, cx - cos*cx + sin*cy, sin, cos, cy - sin*cx - cos*cy}, from, from.Rect, draw.Src, nil)
	for y := range p.Height {
		for x := range p.Width {
			i := y*p.Width + x
			dx, dy := float64(x)+0.5-cx, float64(y)+0.5-cy
			u, v := int(math.Floor(cx+cos*dx+sin*dy)), int(math.Floor(cy-sin*dx+cos*dy))
			if u >= 1 && v >= 1 && u < p.Width-1 && v < p.Height-1 {
				copy(out.Pix[3*i:3*i+3], into.Pix[4*i:])
				if out.Mask[i] = 255; p.Mask != nil {
					out.Mask[i] = p.Mask[v*p.Width+u]
				}
				continue
			}
			at := 3 * (min(max(v, 0), p.Height-1)*p.Width + min(max(u, 0), p.Width-1))
			copy(out.Pix[3*i:3*i+3], p.Pix[at:])
		}
	}
	return out
}

// turnedBack brings places on a picture that was turned to those on the picture as it was.
func turnedBack(places []anomaly.Place, p *anomaly.Picture, by float64) {
	cx, cy := middle(p)
	sin, cos := math.Sincos(by)
	for i := range places {
		at := &places[i]
		kx, ky := float64(p.Width)/float64(at.Columns), float64(p.Height)/float64(at.Rows)
		dx, dy := (float64(at.Column)+0.5)*kx-cx, (float64(at.Row)+0.5)*ky-cy
		at.Column = min(max(int((cx+cos*dx+sin*dy)/kx), 0), at.Columns-1)
		at.Row = min(max(int((cy-sin*dx+cos*dy)/ky), 0), at.Rows-1)
	}
}

// turnWords says for the card that good parts were shown turned.
func (t *teacher) turnWords() string {
	return fmt.Sprintf(" Fewer than %d parts, and they lie turned this way and that: each was also shown turned, %d times.", turnBelow, t.turns)
}

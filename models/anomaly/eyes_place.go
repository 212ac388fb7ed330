package anomaly

import (
	"bytes"
	"math"
)

// Scene is where what is seen lies in good pictures: the mean slopes of their
// brightness and how much each place is to be trusted.
type Scene struct {
	Slopes Vector     `json:"slopes"` // two planes, down and across
	Weight Vector     `json:"weight"` // 1 over their variance
	Least  [2]float64 `json:"least"`  // cells of the grid, x and y: how far good pictures themselves lie off
	Most   [2]float64 `json:"most"`
	Usual  [2]float64 `json:"usual"` // the median of that
	coarse *Scene     // the same on half the grid
}

// leastVariance of slopes: what noise alone makes.
const leastVariance = 2.5e-5

// placeBlur is by how many cells brightness is blurred before its slopes are taken.
const placeBlur = 1.0

// alike is how much of the mean picture's contrast a picture may leave
// unexplained, and how much of what it left unmoved, to be laid on it.
const alike = 0.5

// slack is how many cells beyond the good pictures nothing is moved.
const slack = 1.0

// slopes takes the slopes of the painted picture.
func (r *eyeRoom) slopes(w, h int) {
	n := w * h
	r.light, r.tmp, r.grad = sized(r.light, n), sized(r.tmp, n), sized(r.grad, 2*n)
	logLight(r.colour, r.light, n)
	r.smooth.Filter(r.light, r.tmp, w, h, Gauss(placeBlur))
	for y := range h {
		up, down := max(y-1, 0), min(y+1, h-1)
		for x := range w {
			left, right := max(x-1, 0), min(x+1, w-1)
			r.grad[y*w+x] = (r.tmp[down*w+x] - r.tmp[up*w+x]) / 2
			r.grad[n+y*w+x] = (r.tmp[y*w+right] - r.tmp[y*w+left]) / 2
		}
	}
}

// halved is a plane on half the grid.
func halved(from, into []float32, w, h int) []float32 {
	hw, hh := w/2, h/2
	into = sized(into, hw*hh)
	for y := range hh {
		for x := range hw {
			i := 2*y*w + 2*x
			into[y*hw+x] = (from[i] + from[i+1] + from[i+w] + from[i+w+1]) / 4
		}
	}
	return into
}

// unlike is the weighed square of the difference of slopes to the mean, by the
// weight of what was compared; own is the mean's own.
func (p *Scene) unlike(grad []float32, w, h, dx, dy int) (off, own float64) {
	n := w * h
	var sum, self float64
	for y := max(0, -dy); y < min(h, h-dy); y++ {
		var s, o float32
		for x := max(0, -dx); x < min(w, w-dx); x++ {
			i, j := y*w+x, (y+dy)*w+x+dx
			a, b, weight := p.Slopes[i], p.Slopes[n+i], p.Weight[i]
			s += weight * ((grad[j]-a)*(grad[j]-a) + (grad[n+j]-b)*(grad[n+j]-b))
			o += weight * (a*a + b*b)
		}
		sum += float64(s)
		self += float64(o)
	}
	cells := float64((w - max(dx, -dx)) * (h - max(dy, -dy)))
	return sum / cells, self / cells
}

// prepare makes the half grid.
func (p *Scene) prepare(w, h int) {
	n := w * h
	c := &Scene{}
	for k := range 2 {
		c.Slopes = append(c.Slopes, halved(p.Slopes[k*n:(k+1)*n], nil, w, h)...)
	}
	c.Weight = halved(p.Weight, nil, w, h)
	p.coarse = c
}

// find looks for where the scene lies, first on half the grid.
func (p *Scene) find(r *eyeRoom, w, h int, s *sight) {
	n, reach := w*h, int(math.Ceil(Reach*math.Sqrt(float64(w*h))))
	for k := range 2 {
		r.half[k] = halved(r.grad[k*n:(k+1)*n], r.half[k], w, h)
	}
	r.plane = append(append(r.plane[:0], r.half[0]...), r.half[1]...)
	best, bx, by := math.Inf(1), 0, 0
	for dy := -reach / 2; dy <= reach/2; dy++ {
		for dx := -reach / 2; dx <= reach/2; dx++ {
			if off, _ := p.coarse.unlike(r.plane, w/2, h/2, dx, dy); off < best {
				best, bx, by = off, dx, dy
			}
		}
	}
	best = math.Inf(1)
	cx, cy, own := 0, 0, 0.0
	for dy := 2*by - 2; dy <= 2*by+2; dy++ {
		for dx := 2*bx - 2; dx <= 2*bx+2; dx++ {
			if off, self := p.unlike(r.grad, w, h, dx, dy); off < best {
				best, cx, cy, own = off, dx, dy, self
			}
		}
	}
	still, _ := p.unlike(r.grad, w, h, 0, 0)
	s.left, s.won = best/max(own, 1e-12), best/max(still, 1e-12)
	s.dx = float64(cx) + vertex(p.cost(r.grad, w, h, cx-1, cy), best, p.cost(r.grad, w, h, cx+1, cy))
	s.dy = float64(cy) + vertex(p.cost(r.grad, w, h, cx, cy-1), best, p.cost(r.grad, w, h, cx, cy+1))
}

func (p *Scene) cost(grad []float32, w, h, dx, dy int) float64 {
	off, _ := p.unlike(grad, w, h, dx, dy)
	return off
}

// vertex is where the parabola through three neighbours has its lowest point.
func vertex(before, at, after float64) float64 {
	bend := before + after - 2*at
	if !(bend > 0) {
		return 0
	}
	return max(-0.5, min(0.5, (before-after)/(2*bend)))
}

// moved reports whether a picture lies where no good one does, and is so much more
// like the good ones there that it may be brought back.
func (p *Scene) moved(s *sight) bool {
	beyond := s.dx < p.Least[0]-slack || s.dx > p.Most[0]+slack || s.dy < p.Least[1]-slack || s.dy > p.Most[1]+slack
	return beyond && s.won < alike
}

// hem is how many pixels beside what the camera no longer shows are not judged:
// as far as roughness is gathered from.
const hem = 9

// moveBack lays the scene where good pictures have it. What the camera no longer
// shows is filled by the mean good picture, and does not count.
func (e *Eyes) moveBack(m *Mended) Picture {
	from := m.Picture
	p := Picture{Width: from.Width, Height: from.Height, Pix: make([]byte, len(from.Pix)), Mask: bytes.Repeat([]byte{255}, from.Width*from.Height)}
	for y := range p.Height {
		for x := range p.Width {
			i, sx, sy := y*p.Width+x, x+m.dx, y+m.dy
			if !within(sx, sy, p.Width, p.Height, 0) {
				for k, v := range e.at(x, y, p.Width, p.Height) {
					p.Pix[3*i+k] = byte(v + 0.5)
				}
			} else {
				copy(p.Pix[3*i:3*i+3], from.Pix[3*(sy*p.Width+sx):])
			}
			// The hem lies at the sides that were moved in, and at no others.
			hx, hy := x+m.dx+sign(m.dx)*hem, y+m.dy+sign(m.dy)*hem
			if !within(hx, hy, p.Width, p.Height, 0) && !within(sx, sy, p.Width, p.Height, 0) || m.dx != 0 && (hx < 0 || hx >= p.Width) || m.dy != 0 && (hy < 0 || hy >= p.Height) {
				p.Mask[i] = 0
			}
		}
	}
	return p
}

func within(x, y, w, h, by int) bool { return x >= by && y >= by && x < w-by && y < h-by }

func sign(v int) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

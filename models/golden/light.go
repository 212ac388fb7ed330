package golden

import (
	"math"

	"linesman/vision/lanes"
)

// grid are the places of the golden picture at which its light is looked at.
type grid struct {
	radius float64
	u, v   []float32
}

// litReach is how far from the centre, in radii, light is looked at.
const litReach = 0.82

// over lays the grid over a part of that radius.
func (g *grid) over(radius float64) {
	if g.radius == radius {
		return
	}
	*g = grid{radius: radius}
	reach, step := litReach*radius, max(int(radius/14), 2)
	for j := -int(reach); j <= int(reach); j += step {
		for i := -int(reach); i <= int(reach); i += step {
			if u, v := float32(i), float32(j); u*u+v*v <= float32(reach*reach) {
				g.u, g.v = append(g.u, u), append(g.v, v)
			}
		}
	}
}

// evenOut finds how this part is lit: a level and a slope that bring the golden
// picture onto it, little moved by what is wrong with it. Gain and slope of
// the light are not the part's fault; a wrong colour is the colour channel's.
// withPrint says that the part's turn is known.
func (s *scratch) evenOut(m *Model, withPrint bool) {
	p := &s.pose
	s.grid.over(m.radius)
	first := p.gain == 0
	if first {
		p.gain = float64(max(s.medianOn(&s.grey, 0, litReach*m.radius*p.scale, max(int(m.radius/14), 2)), 1))
		p.tilt = [3]float64{1, 0, 0}
	}
	limit := 0.25
	if !first {
		limit = 0.06
	}
	want, got := s.lookAtGrid(m, withPrint)
	for range 3 {
		var eq [3 * 4]float64
		var sum, n float64
		for k, w := range want {
			if w < 0.05 {
				continue
			}
			u, v := float64(s.grid.u[k]), float64(s.grid.v[k])
			t := [4]float64{1, u, v, float64(got[k]) / p.gain / float64(w)}
			off := math.Abs(t[3] - p.tilt[0] - p.tilt[1]*u - p.tilt[2]*v)
			if off > limit {
				continue
			}
			sum, n = sum+off, n+1
			for a := range 3 {
				for b := a; b < 4; b++ {
					eq[a*4+b] += t[a] * t[b]
				}
			}
		}
		eq[4], eq[8], eq[9] = eq[1], eq[2], eq[6]
		if n < 12 {
			break
		}
		if solveIn(eq[:], 3, 1e-9) {
			p.tilt = [3]float64{eq[3], m.slope.hold(eq[7]), m.slope.hold(eq[11])}
		}
		limit = max(3*sum/n, 0.02)
	}
}

// lookAtGrid returns what a good part shows at the places of the grid, brightness
// 1 being the usual, and what this one does, grey. Both live until the next row.
func (s *scratch) lookAtGrid(m *Model, withPrint bool) (want, got []float32) {
	p, g := &s.pose, &s.grid
	r := s.row(len(g.u))
	half := float32(m.body.half)
	for k, u := range g.u {
		r.x[k], r.y[k] = u+half, g.v[k]+half
	}
	lanes.Look(r.a, r.x, r.y, m.body.v, m.body.side())
	if withPrint {
		inPrint, strength := p.printMap(), float32(p.strength)
		for k, u := range g.u {
			pu, pv := inPrint.to(u, g.v[k])
			r.x[k], r.y[k] = pu+half, pv+half
		}
		lanes.Look(r.b, r.x, r.y, m.print.v, m.print.side())
		for k := range r.a {
			r.a[k] += strength * r.b[k]
		}
	}
	scale, x, y := float32(p.scale), float32(p.x)-0.5, float32(p.y)-0.5
	for k, u := range g.u {
		r.x[k], r.y[k] = x+u*scale, y+g.v[k]*scale
	}
	lanes.Look(r.b, r.x, r.y, s.grey.v, s.grey.size)
	return r.a, r.b
}

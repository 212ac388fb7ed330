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

// litPlace is a place at which light is looked at, and how bright the part is there,
// 1 being as bright as a good one.
type litPlace struct{ u, v, level float64 }

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
	s.lightOf(m, withPrint)
	for range 3 {
		var n, u, v, l, uu, uv, ul, vv, vl, sum float64 // sums of products
		for i := range s.lit {
			at := &s.lit[i]
			off := math.Abs(at.level - p.tilt[0] - p.tilt[1]*at.u - p.tilt[2]*at.v)
			if off > limit {
				continue
			}
			sum += off
			n, u, v, l = n+1, u+at.u, v+at.v, l+at.level
			uu, uv, ul = uu+at.u*at.u, uv+at.u*at.v, ul+at.u*at.level
			vv, vl = vv+at.v*at.v, vl+at.v*at.level
		}
		if n < 12 {
			break
		}
		eq := [3 * 4]float64{n, u, v, l, u, uu, uv, ul, v, uv, vv, vl}
		if solveIn(eq[:], 3, 1e-9) {
			p.tilt = [3]float64{eq[3], m.slope.hold(eq[7]), m.slope.hold(eq[11])}
		}
		limit = max(3*sum/n, 0.02)
	}
}

// lightOf fills s.lit with the places of the grid that are bright on good parts.
func (s *scratch) lightOf(m *Model, withPrint bool) {
	want, got := s.lookAtGrid(m, withPrint)
	s.lit = s.lit[:0]
	for k, w := range want {
		if w >= 0.05 {
			s.lit = append(s.lit, litPlace{float64(s.grid.u[k]), float64(s.grid.v[k]), float64(got[k]) / s.pose.gain / float64(w)})
		}
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

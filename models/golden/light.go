package golden

import "math"

// evenOut finds how this part is lit: a level and a slope that bring the golden
// picture onto it, little moved by what is wrong with it. Gain and slope of
// the light are not the part's fault; a wrong colour is the colour channel's.
// withPrint says that the part's turn is known.
func (s *scratch) evenOut(m *Model, withPrint bool) {
	p := &s.pose
	reach := 0.82 * m.radius
	step := max(int(m.radius/14), 2)
	inPrint := p.printMap()
	scale, x, y := float32(p.scale), float32(p.x), float32(p.y)
	first := p.gain == 0
	if first {
		p.gain = float64(max(s.medianOn(&s.grey, 0, reach*p.scale, step), 1))
		p.tilt = [3]float64{1, 0, 0}
	}
	limit := 0.25
	if !first {
		limit = 0.06
	}
	for range 3 {
		var eq [3 * 4]float64
		var sum, n float64
		for j := -int(reach); j <= int(reach); j += step {
			for i := -int(reach); i <= int(reach); i += step {
				u, v := float32(i), float32(j)
				if u*u+v*v > float32(reach*reach) {
					continue
				}
				want := m.body.at(u, v)
				if withPrint {
					want += float32(p.strength) * m.print.at(inPrint.to(u, v))
				}
				if want < 0.05 {
					continue
				}
				got := float64(s.grey.at(x+u*scale, y+v*scale)) / p.gain / float64(want)
				off := math.Abs(got - p.tilt[0] - p.tilt[1]*float64(u) - p.tilt[2]*float64(v))
				if off > limit {
					continue
				}
				sum, n = sum+off, n+1
				t := [4]float64{1, float64(u), float64(v), got}
				for a := range 3 {
					for b := range 4 {
						eq[a*4+b] += t[a] * t[b]
					}
				}
			}
		}
		if n < 12 {
			break
		}
		if solveIn(eq[:], 3, 1e-9) {
			p.tilt = [3]float64{eq[3], m.slope.hold(eq[7]), m.slope.hold(eq[11])}
		}
		limit = max(3*sum/n, 0.02)
	}
}

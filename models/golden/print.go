package golden

import "math"

// sameTurn is the correlation of one part's print with that of others above
// which there is a print that turns.
const sameTurn = 0.3

// learnPrint decides whether something turns with the parts, and learns it.
func (t *teaching) learnPrint() {
	t.polar = newPolar(t.radius)
	t.s.polar = t.polar
	powers := make([]float64, len(t.poses))
	unroll := func(i int) float64 {
		p := t.take(i)
		seen := t.seen(p)
		powers[i] = t.polar.unroll(t.radius, func(u, v float32) float32 { return seen(u, v) - t.body.at(u, v) })
		return powers[i]
	}
	first := t.typical(unroll)
	align := func(i int) {
		power := unroll(i)
		t.poses[i].turn, t.poses[i].match = t.polar.against(t.rings, power)
	}
	unroll(first)
	t.rings = t.polar.keep(powers[first])
	var even, odd []int
	for i := range t.poses {
		align(i)
		if i%2 == 0 {
			even = append(even, i)
		} else {
			odd = append(odd, i)
		}
	}
	// Those of even number make a print that those of odd number have no part
	// in: only what is really on all of them correlates.
	t.print = newField(t.body.half)
	t.layer(t.print, even, t.bodiless)
	t.rings = t.polar.keep(t.polar.unroll(t.radius, t.print.at))
	var matches []float32
	for _, i := range odd {
		align(i)
		matches = append(matches, float32(t.poses[i].match))
	}
	t.turned = median(matches) > sameTurn
	if !t.turned {
		t.print, t.rings = field{}, nil
		for i := range t.poses {
			t.poses[i].turn, t.poses[i].match = 0, 0
		}
		return
	}
	for _, i := range even {
		align(i)
	}
	for range 2 {
		t.layer(t.print, t.everyone(), t.bodiless)
		t.divide()
		t.level()
		t.prepare()
		t.strength = span{0.3, 3}
		t.registerAll()
		t.evenAll()
		t.layer(t.body, t.everyone(), t.unprinted)
	}
	t.layer(t.print, t.everyone(), t.bodiless)
	t.divide()
	t.prepare()
	t.strength = span{0.3, 3}
	t.registerAll()
	t.evenAll()
}

// divide gives back to the body what the print took from it. At radii where
// most of the circle is printed, the median over turned parts takes the ink for
// the body, and the print is left with its opposite. Ink has edges all along its
// outline, the body has them all around: where most of a circle has a step in
// the print, the step is the body's.
func (t *teaching) divide() {
	reach := t.print.half - 2
	moved := make([]float32, reach+2) // by radius, from the edge inwards
	var steps []float32
	for r := reach; r >= 0; r-- {
		steps = steps[:0]
		for i := range t.polar.angles {
			sin, cos := float32(t.polar.sin[i]), float32(t.polar.cos[i])
			in, out := float32(r), float32(r+1)
			steps = append(steps, t.print.at(in*cos, in*sin)-t.print.at(out*cos, out*sin))
		}
		moved[r] = moved[r+1] + median(steps)
	}
	side := t.print.side()
	for y := range side {
		for x := range side {
			d := math.Hypot(float64(x-t.print.half), float64(y-t.print.half))
			r := int(d)
			if r > reach {
				continue
			}
			k := float32(d - float64(r))
			v := moved[r] + k*(moved[r+1]-moved[r])
			t.print.v[y*side+x] -= v
			t.body.v[y*side+x] += v
		}
	}
}

// typical is the part that most others resemble, of a few tried.
func (t *teaching) typical(unroll func(i int) float64) int {
	tries := min(5, len(t.poses))
	best, at := math.Inf(-1), 0
	for k := range tries {
		i := k * len(t.poses) / tries
		rings := t.polar.keep(unroll(i))
		var sum float64
		for j := 0; j < len(t.poses); j += max(len(t.poses)/12, 1) {
			if j != i {
				_, match := t.polar.against(rings, unroll(j))
				sum += match
			}
		}
		if sum > best {
			best, at = sum, i
		}
	}
	return at
}

// level takes the mean shift and strength out of the poses, so that the golden
// print stands where prints stand on average.
func (t *teaching) level() {
	var x, y float64
	for i := range t.poses {
		x, y = x+t.poses[i].shift[0]/float64(len(t.poses)), y+t.poses[i].shift[1]/float64(len(t.poses))
	}
	t.shift = [2]float64{x, y}
}

func (t *teaching) registerAll() {
	var strengths []float64
	for i := range t.poses {
		t.take(i)
		t.s.bringIntoRegister(t.Model, 6)
		t.poses[i] = t.s.pose
		strengths = append(strengths, t.s.pose.strength)
		t.step()
	}
	n := ofNormal(strengths)
	t.strength = span{n.Mean - 4*n.Deviation, n.Mean + 4*n.Deviation}
	t.level()
}

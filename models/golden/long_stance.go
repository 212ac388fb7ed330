package golden

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

const (
	mostModes   = 10
	modesWorth  = 0.01    // of what is left, that a mode must explain on parts that it was not learned from
	mostStack   = 1 << 26 // numbers of parts laid straight that are held at once
	fewInStance = 24      // good parts that make a way of lying a stance of its own
)

// learnStances sorts the parts by which way they lie, and learns how each looks.
func (t *longTeaching) learnStances() error {
	t.forget()
	ways := t.ways()
	for _, members := range ways {
		v := stanceOf(t.lies, members)
		t.learnLook(&v, members)
		t.stances = append(t.stances, v)
	}
	t.learnJoint(t.stances, ways)
	for range 2 {
		if !t.joint.used() {
			break
		}
		for w, members := range ways {
			t.learnLook(&t.stances[w], members)
		}
		n := t.shiftAll(t.stances, ways)
		t.joint.Held = span{max(n.Mean-4*n.Deviation, -jointMost), min(n.Mean+4*n.Deviation, jointMost)}
	}
	t.stances = nil
	for _, members := range ways {
		v := stanceOf(t.lies, members)
		if err := t.learnStance(&v, members); err != nil {
			return err
		}
		t.stances = append(t.stances, v)
	}
	return nil
}

// stanceOf is the stance that some parts lie in on average, and nothing more.
func stanceOf(lies []lie, members []int) (v stance) {
	for _, i := range members {
		v.sin, v.cos = v.sin+lies[i].sin, v.cos+lies[i].cos
	}
	d := max(math.Hypot(v.sin, v.cos), 1e-9)
	v.sin, v.cos = v.sin/d, v.cos/d
	return v
}

// ways are the parts by the way they lie: two ways where most lie along one
// line, some with one end first and some with the other, else one.
func (t *longTeaching) ways() [][]int {
	var all, first, second []int
	axis := t.lies[0]
	for range 4 {
		first, second = nil, nil
		var sin, cos float64
		for i := range t.lies {
			if l := &t.lies[i]; l.sin*axis.sin+l.cos*axis.cos >= 0 {
				first = append(first, i)
				sin, cos = sin+l.sin, cos+l.cos
			} else {
				second = append(second, i)
				sin, cos = sin-l.sin, cos-l.cos
			}
		}
		axis.sin, axis.cos = sin, cos
	}
	const together = 0.95 // of all, by the length of their mean direction: within some 18 degrees
	if math.Hypot(axis.sin, axis.cos) >= together*float64(len(t.lies)) && min(len(first), len(second)) >= fewInStance {
		return [][]int{first, second}
	}
	for i := range t.lies {
		all = append(all, i)
	}
	return [][]int{all}
}

// show lays part i straight, once for as long as it lies so.
func (t *longTeaching) show(i int) {
	t.s.lie = t.lies[i]
	if t.frames[i] != nil {
		copy(t.s.shown, t.frames[i])
		return
	}
	t.s.shade(&t.crops[i], t.long)
	t.s.straighten(t.long)
	if len(t.crops)*len(t.s.shown) <= mostStack {
		t.frames[i] = slices.Clone(t.s.shown)
	}
}

// forget forgets the parts laid straight: they lie otherwise now.
func (t *longTeaching) forget() { t.frames = make([][]float32, len(t.crops)) }

// learnStance learns what parts that lie one way look like: their median, how
// they look different from each other together, and how far they are from that
// place by place.
func (t *longTeaching) learnStance(v *stance, members []int) error {
	few := t.learnLook(v, members)
	if err := t.learnModes(v, members); err != nil {
		return err
	}
	t.learnHeld(v, members)
	t.learnMean(v, few, false)
	t.learnHeld(v, members)
	t.learnSpread(v, members)
	v.findLeast()
	return nil
}

// findLeast finds the least of each width's spread.
func (v *stance) findLeast() {
	for w, spread := range v.spread {
		if len(spread) > 0 {
			v.least[w] = slices.Min(spread)
		}
	}
}

// learnLook learns the mean of the parts' pictures, lit evenly but for slopes,
// and how far they are from it. It returns those that the mean was made of.
func (t *longTeaching) learnLook(v *stance, members []int) (few []int) {
	px := t.width * t.height
	for w := range v.spread {
		v.spread[w] = make([]float32, px)
	}
	v.mean, v.noise = slices.Repeat([]float32{1}, px), slices.Repeat([]float32{1}, px)
	v.modes = t.slopes()
	free := span{math.Inf(-1), math.Inf(1)}
	v.held = []span{free, free}
	few = members
	if step := (len(members)*px + mostStack - 1) / mostStack; step > 1 {
		few = nil
		for k := 0; k < len(members); k += step {
			few = append(few, members[k])
		}
	}
	for round := range 3 {
		t.learnMean(v, few, round == 0)
		t.learnPlain(v, members)
	}
	return few
}

// slopes are the two ways in which any part is lit unevenly.
func (t *longTeaching) slopes() [][]float32 {
	along, across := make([]float32, t.width*t.height), make([]float32, t.width*t.height)
	u0, v0 := t.corner()
	for k := range along {
		along[k] = (u0 + float32(k%t.width)) / float32(t.half[0])
		across[k] = (v0 + float32(k/t.width)) / float32(t.half[1])
	}
	return [][]float32{along, across}
}

// learnMean makes each place the median of what the parts show there under
// even light.
func (t *longTeaching) learnMean(v *stance, members []int, first bool) {
	stack := make([][]float32, len(members))
	for n, i := range members {
		t.show(i)
		if first {
			t.s.shares = append(t.s.shares[:0], t.middling(), 0, 0)
		} else {
			t.s.evenOut(t.long, v)
		}
		stack[n] = make([]float32, len(v.mean))
		for k, in := range t.inside {
			if in {
				light := float32(t.s.shares[0])
				for m := range v.modes {
					light += float32(t.s.shares[m+1]) * v.modes[m][k]
				}
				stack[n][k] = t.s.shown[k] / max(light, 1e-3)
			}
		}
	}
	column := make([]float32, len(stack))
	for k, in := range t.inside {
		if !in {
			continue
		}
		for n := range stack {
			column[n] = stack[n][k]
		}
		v.mean[k] = max(median(column), 1e-3)
	}
	// The level is taken out, so that a mean of 1 is a part's usual grey.
	var sum, n float32
	for k, in := range t.inside {
		if in {
			sum, n = sum+v.mean[k], n+1
		}
	}
	for k := range v.mean {
		v.mean[k] *= max(n, 1) / max(sum, 1e-6) * levels
	}
}

// levels is the grey that a mean is brought to: high enough that its rounding
// does not matter.
const levels = 100

// middling is the grey of the part's middle.
func (t *longTeaching) middling() float64 {
	t.s.few = t.s.few[:0]
	for _, k := range t.lit {
		t.s.few = append(t.s.few, t.s.shown[k])
	}
	return float64(max(median(t.s.few), 1))
}

// learnPlain learns how far parts are from the mean, unsmoothed, which is what
// the fit of their light goes by.
func (t *longTeaching) learnPlain(v *stance, members []int) {
	sum := make([]float32, len(v.mean))
	for _, i := range members {
		t.show(i)
		t.s.evenOut(t.long, v)
		t.s.divide(t.long, v)
		for k := range sum {
			d := t.s.diff.v[k/t.width*t.size+k%t.width]
			d = min(max(d, -0.5), 0.5)
			sum[k] += d * d / float32(len(members))
		}
	}
	var all []float32
	for k, in := range t.inside {
		if in {
			all = append(all, sum[k])
		}
	}
	least := 0.25 * median(all)
	for k := range sum {
		v.noise[k] = float32(math.Sqrt(float64(max(sum[k], least, 1e-8))))
	}
}

// learnModes finds the principal ways in which the parts still look different
// from the mean, as many as also explain parts that they were not learned from.
func (t *longTeaching) learnModes(v *stance, members []int) error {
	n, p := len(members), len(t.lit)
	rest := mat.NewDense(n, p, nil) // weighed by how surely good parts look alike
	for row, i := range members {
		t.show(i)
		t.s.evenOut(t.long, v)
		t.s.divide(t.long, v)
		for c, k := range t.lit {
			z := float64(t.s.diff.v[k/t.width*t.size+k%t.width] / v.noise[k])
			rest.Set(row, c, min(max(z, -4), 4))
		}
	}
	many := t.worthwhile(rest)
	if many == 0 {
		return nil
	}
	weights, err := principal(rest, many)
	if err != nil {
		return err
	}
	modes := make([][]float32, many)
	for m := range modes {
		modes[m] = make([]float32, len(v.mean))
	}
	for row, i := range members {
		t.show(i)
		t.s.evenOut(t.long, v)
		t.s.divide(t.long, v)
		for k, in := range t.inside {
			if !in {
				continue
			}
			d := t.s.diff.v[k/t.width*t.size+k%t.width]
			d = min(max(d, -4*v.noise[k]), 4*v.noise[k])
			for m := range modes {
				modes[m][k] += float32(weights.At(row, m)) * d
			}
		}
	}
	free := span{math.Inf(-1), math.Inf(1)}
	for _, m := range modes {
		v.modes, v.held = append(v.modes, m), append(v.held, free)
	}
	return nil
}

// worthwhile is how many modes of every second part explain the others too.
func (t *longTeaching) worthwhile(rest *mat.Dense) int {
	n, p := rest.Dims()
	var even, odd []int
	for i := range n {
		if i%2 == 0 {
			even = append(even, i)
		} else {
			odd = append(odd, i)
		}
	}
	pickRows := func(rows []int) *mat.Dense {
		out := mat.NewDense(len(rows), p, nil)
		for k, i := range rows {
			out.SetRow(k, rest.RawRowView(i))
		}
		return out
	}
	a, b := pickRows(even), pickRows(odd)
	most := min(mostModes, len(even)/4)
	weights, err := principal(a, most)
	if err != nil || most == 0 {
		return 0
	}
	var basis mat.Dense
	basis.Mul(a.T(), weights) // p x most
	left := 0.0
	for i := range len(odd) {
		for _, x := range b.RawRowView(i) {
			left += x * x
		}
	}
	for m := range most {
		column := mat.Col(nil, m, &basis)
		length := mat.Norm(mat.NewVecDense(p, column), 2)
		if length == 0 {
			return m
		}
		var gain float64
		for i := range len(odd) {
			d := mat.Dot(mat.NewVecDense(p, b.RawRowView(i)), mat.NewVecDense(p, column)) / length
			gain += d * d
		}
		if gain < modesWorth*left {
			return m
		}
		left -= gain
	}
	return most
}

// principal returns, for each of the first many principal components of the
// rows, the weight with which each row goes into it (rows x many).
func principal(rows *mat.Dense, many int) (*mat.Dense, error) {
	n, _ := rows.Dims()
	var gram mat.SymDense
	gram.SymOuterK(1, rows)
	var eigen mat.EigenSym
	if !eigen.Factorize(&gram, true) {
		return nil, errors.New("the good parts' differences have no principal components")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	out := mat.NewDense(n, max(many, 1), nil)
	for m := range many {
		for i := range n { // smallest first
			out.Set(i, m, vectors.At(i, n-1-m))
		}
	}
	return out, nil
}

// learnHeld learns how far good parts go along each mode.
func (t *longTeaching) learnHeld(v *stance, members []int) {
	free := span{math.Inf(-1), math.Inf(1)}
	for m := range v.held {
		v.held[m] = free
	}
	shares := make([][]float64, len(v.modes))
	for _, i := range members {
		t.show(i)
		t.s.evenOut(t.long, v)
		for m := range shares {
			shares[m] = append(shares[m], t.s.shares[m+1]/t.s.shares[0])
		}
	}
	for m := range shares {
		n := ofNormal(shares[m])
		v.held[m] = span{n.Mean - 4*n.Deviation, n.Mean + 4*n.Deviation}
	}
}

// learnSpread learns how far good parts are from the stance, by place and width,
// as judging sees them.
func (t *longTeaching) learnSpread(v *stance, members []int) {
	px := t.width * t.height
	// What is left of a part that helped to make the picture and its modes is
	// a little less than of one that did not.
	n := float64(len(members))
	own := float32(n / max(n-1-float64(len(v.modes)), 1))
	count := make([]float32, px)
	for k, in := range t.inside {
		if in {
			count[k] = float32(n)
		}
	}
	for round := range 2 { // the second leaves out what the first found far off
		var sum [widths][]float32
		for w := range sum {
			sum[w] = make([]float32, px)
		}
		for _, i := range members {
			t.show(i)
			t.s.compare(t.long, v)
			for w := range sum {
				for k := range sum[w] {
					d := own * t.s.smoothed[w].v[k/t.width*t.size+k%t.width]
					if s := v.spread[w][k]; round > 0 && max(d, -d) > 4*s {
						d = 4 * s
					}
					sum[w][k] += d * d
				}
			}
		}
		for w := range sum {
			settle(v.spread[w], sum[w], count, t.width, t.height)
		}
	}
}

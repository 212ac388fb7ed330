package golden

// take loads part i with what is known of where and how it lies.
func (t *teaching) take(i int) *pose {
	t.s.load(&t.crops[i], t.ratio)
	t.s.pose = t.poses[i]
	return &t.s.pose
}

// view says what one part shows at places of the golden picture.
type view func(u, v float32) float32

// layer makes each pixel of f the median, over all parts, of what of says of
// the part that was taken.
func (t *teaching) layer(f field, use []int, of func(p *pose) view) {
	n := f.side()
	stack := make([][]float32, len(use))
	for k, i := range use {
		at := of(t.take(i))
		stack[k] = make([]float32, n*n)
		for y := range n {
			for x := range n {
				stack[k][y*n+x] = at(float32(x-f.half), float32(y-f.half))
			}
		}
		t.step()
	}
	column := make([]float32, len(use))
	for j := range f.v {
		for k := range stack {
			column[k] = stack[k][j]
		}
		f.v[j] = median(column)
	}
}

func (t *teaching) everyone() []int {
	all := make([]int, len(t.crops))
	for i := range all {
		all[i] = i
	}
	return all
}

// seen is the part's brightness, its light evened out.
func (t *teaching) seen(p *pose) view {
	x, y, scale, gain := float32(p.x), float32(p.y), float32(p.scale), 1/float32(p.gain)
	light := *p
	return func(u, v float32) float32 { return t.s.grey.at(x+u*scale, y+v*scale) * gain / light.light(u, v) }
}

// unprinted is the part without its print.
func (t *teaching) unprinted(p *pose) view {
	seen, place, strength := t.seen(p), p.printMap(), float32(p.strength)
	return func(u, v float32) float32 { return seen(u, v) - strength*t.print.at(place.to(u, v)) }
}

// bodiless is the part's print alone, in the print's own turn.
func (t *teaching) bodiless(p *pose) view {
	seen, place := t.seen(p), p.from()
	return func(u, v float32) float32 {
		x, y := place(u, v)
		return seen(x, y) - t.body.at(x, y)
	}
}

// learnBody makes the body from the parts as they lie: where parts turn freely,
// the median passes over their prints.
func (t *teaching) learnBody() {
	for i := range t.poses {
		p := t.take(i)
		p.gain = float64(max(t.s.medianOn(&t.s.grey, 0, 0.82*p.radius, 2), 1))
		p.tilt = [3]float64{1, 0, 0}
		t.poses[i] = *p
	}
	t.layer(t.body, t.everyone(), t.seen)
	t.evenAll()
	t.layer(t.body, t.everyone(), t.seen)
}

// evenAll finds how each part is lit against what is known of body and print.
func (t *teaching) evenAll() {
	for i := range t.poses {
		t.take(i)
		t.s.evenOut(t.Model, t.turned)
		t.poses[i] = t.s.pose
	}
}

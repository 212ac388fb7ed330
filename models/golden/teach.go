package golden

import (
	"fmt"
	"math"
	"slices"

	"linesman/vision"
)

// Fewest good parts that say anything about how good parts vary.
const Fewest = 12

// sameTurn is the correlation of one part's print with that of others above
// which there is a print that turns.
const sameTurn = 0.3

// teaching is a Model in the making.
type teaching struct {
	*Model
	crops []vision.Crop
	poses []pose
	radii [][]float64
	s     *scratch
	polar *polar
	tell  func(done, total int)
	done  int
	total int
}

// Teach learns a product from located crops of good parts, typically 200, all
// of one size. progress, if not nil, is told how far it is. The crops are only
// read. Parts that are unlike most of the others do little harm, but every one
// taught as good widens the limits.
func Teach(crops []vision.Crop, mmPerPx float64, progress func(done, total int)) (*Model, error) {
	if err := teachable(crops, mmPerPx); err != nil {
		return nil, fmt.Errorf("teach golden picture: %w", err)
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	t := &teaching{
		Model: &Model{mmPerPx: mmPerPx, size: crops[0].Size, strength: span{1, 1}, slope: span{-1, 1}},
		crops: crops, tell: progress, total: 8 * len(crops),
	}
	t.learnLook()
	if err := t.learnOutline(); err != nil {
		return nil, fmt.Errorf("teach golden picture: %w", err)
	}
	t.body = newField(int(math.Ceil(t.radius)) + 2)
	t.learnBody()
	t.learnPrint()
	t.learnSlope()
	if err := t.look(); err != nil {
		return nil, fmt.Errorf("teach golden picture: %w", err)
	}
	t.learnSpread()
	t.learnLimits()
	progress(t.total, t.total)
	return t.Model, nil
}

func teachable(crops []vision.Crop, mmPerPx float64) error {
	if len(crops) < Fewest {
		return fmt.Errorf("%d good parts, need at least %d; 200 are usual", len(crops), Fewest)
	}
	if !(mmPerPx > 0) {
		return fmt.Errorf("mm_per_px is %v: give the millimetres one pixel covers", mmPerPx)
	}
	for i := range crops {
		m := Model{size: crops[0].Size}
		if err := m.fits(&crops[i]); err != nil {
			return fmt.Errorf("good part %d: %w", i+1, err)
		}
	}
	return nil
}

func (t *teaching) step() {
	t.done++
	t.tell(min(t.done, t.total), t.total)
}

// learnLook learns how the parts' colour stands to the belt's, and how big
// they roughly are.
func (t *teaching) learnLook() {
	var ratios, surrounds [3][]float32
	var radii []float64
	for i := range t.crops {
		c := &t.crops[i]
		area := 0
		for _, m := range c.Mask {
			if m != 0 {
				area++
			}
		}
		r := math.Sqrt(float64(area) / math.Pi)
		radii = append(radii, r)
		s := scratch{pose: pose{x: float64(c.Size) / 2, y: float64(c.Size) / 2}}
		mean := s.meanColour(c, 0.8*r)
		for k := range mean {
			ratios[k] = append(ratios[k], float32(mean[k])/max(c.Surround[k], 1))
			surrounds[k] = append(surrounds[k], c.Surround[k])
		}
	}
	for k := range ratios {
		t.ratio[k], t.surround[k] = median(ratios[k]), median(surrounds[k])
	}
	slices.Sort(radii)
	t.radius = radii[len(radii)/2]
	t.rays = raysFor(t.radius)
	t.s = blankScratch(t.size, t.rays)
}

// learnOutline measures every part's outline and keeps where each part lies.
func (t *teaching) learnOutline() error {
	var kept []vision.Crop
	var radii []float32
	t.chooseEdge()
	for round := range 2 { // the second with the true radius
		kept, radii = kept[:0], radii[:0]
		t.poses, t.radii = t.poses[:0], t.radii[:0]
		for i := range t.crops {
			t.s.load(&t.crops[i], t.ratio)
			if t.s.findOutline(&t.crops[i], t.radius, t.edgeShare, t.rays) == nil {
				kept = append(kept, t.crops[i])
				t.poses = append(t.poses, t.s.pose)
				t.radii = append(t.radii, slices.Clone(t.s.radii))
				radii = append(radii, float32(t.s.pose.radius))
			}
			if round == 0 {
				t.step()
			}
		}
		if len(kept) < Fewest {
			return fmt.Errorf("only %d of %d good parts show their whole outline: check diameter_mm and mm_per_px", len(kept), len(t.crops))
		}
		t.radius = float64(median(radii))
	}
	t.crops = kept
	for i := range t.poses {
		t.poses[i].scale = t.poses[i].radius / t.radius
		t.poses[i].strength, t.poses[i].zoom = 1, 1
	}
	return nil
}

// chooseEdge picks, for a part whose rim is darker than its face or whose
// shadow lies beside it, where its edge is best looked for.
func (t *teaching) chooseEdge() {
	best := math.Inf(1)
	for _, share := range []float64{0.5, 0.4, 0.3, 0.2} {
		var rough []float64
		for i := 0; i < len(t.crops); i += max(len(t.crops)/25, 1) {
			t.s.load(&t.crops[i], t.ratio)
			if t.s.findOutline(&t.crops[i], t.radius, share, t.rays) == nil {
				rough = append(rough, t.s.roughness())
			}
		}
		if len(rough) == 0 {
			continue
		}
		slices.Sort(rough)
		// The worst of them counts: an edge that is lost now and then is no edge.
		if r := rough[len(rough)*9/10]; r < 0.75*best {
			best, t.edgeShare = r, share
		}
	}
}

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
		t.s.register(t.Model, 6)
		t.poses[i] = t.s.pose
		strengths = append(strengths, t.s.pose.strength)
		t.step()
	}
	n := ofNormal(strengths)
	t.strength = span{n.Mean - 4*n.Deviation, n.Mean + 4*n.Deviation}
	t.level()
}

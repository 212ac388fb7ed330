package draw

import (
	"math"
	"slices"

	"linesman/sim"
)

// How parts lie. Lengths in mm, either way from where the feeder aims.
const (
	tabletAlong, tabletAcross = 0.8, 0.35 // touching pairs stray farther
	capAlong, capAcross       = 1.5, 1.5
	capsAlong, capsAcross     = 1.0, 0.4 // of capsules
	lanePhase                 = 2.0      // a lane's lag behind the others, kept for good
	guideMM                   = 1.4      // how far from its lane's middle a guide lets a part stray

	// DefaultTouching is the share of tablets that lie against another, half
	// of the pairs within a lane and half across two.
	DefaultTouching = 0.03
	// DefaultDefectRate is the share of defective parts of an endless feed.
	DefaultDefectRate = 0.02
)

// Spec says what a feed lays.
type Spec struct {
	Layout sim.Layout
	Seed   uint64
	// Good and Defective are how many of each come before the feed is done;
	// both 0: it is endless and DefectRate of the parts are defective.
	Good, Defective int
	DefectRate      float64 // 0: DefaultDefectRate; below 0: none
	// Shuffle mixes good and defective parts; otherwise all good come first.
	Shuffle bool
	// Touching is the share of parts in touching pairs; 0: DefaultTouching,
	// below 0: none. Capsules and caps never touch.
	Touching float64
	// Kinds are the defects; nil: those that the product is measured by. They
	// are equally frequent.
	Kinds []sim.Kind
	// StartMM is where the first row of parts lies; 0: one pitch from zero.
	StartMM float64
}

// Feed lays parts as a Spec says. It implements sim.Feed.
type Feed struct {
	spec    Spec
	d       dice
	kinds   []sim.Kind // yet to come, of a feed that ends
	bag     []sim.Kind // of an endless one: one of each left
	row     int
	laid    int
	phase   []float64
	last    []placed // the last part of each lane
	waiting []placed // laid, not yet returned
}

var _ sim.Feed = (*Feed)(nil)

// placed is a part with its outline, to keep others off it.
type placed struct {
	sim.Part
	outline outline
	pair    bool // touches another, so it takes no third
}

// NewFeed returns a feed at its first part.
func NewFeed(spec Spec) *Feed {
	if spec.Kinds == nil {
		spec.Kinds = spec.Layout.Product.Kinds()
	}
	if spec.DefectRate == 0 {
		spec.DefectRate = DefaultDefectRate
	}
	if spec.Touching == 0 {
		spec.Touching = DefaultTouching
	}
	if spec.StartMM == 0 {
		spec.StartMM = spec.Layout.PitchMM
	}
	f := &Feed{spec: spec, d: roll(spec.Seed, 3), last: make([]placed, spec.Layout.Lanes)}
	for range spec.Layout.Lanes {
		phase := 0.0
		if spec.Layout.Lanes > 1 {
			phase = f.d.span(-lanePhase, lanePhase)
		}
		f.phase = append(f.phase, phase)
	}
	if !f.endless() {
		f.kinds = slices.Repeat([]sim.Kind{sim.Good}, spec.Good)
		for i := range spec.Defective {
			f.kinds = append(f.kinds, spec.Kinds[i%len(spec.Kinds)])
		}
		if spec.Shuffle {
			f.mix(f.kinds)
		}
	}
	return f
}

func (f *Feed) endless() bool { return f.spec.Good == 0 && f.spec.Defective == 0 }

// mix shuffles in place.
func (f *Feed) mix(kinds []sim.Kind) {
	for i := len(kinds) - 1; i > 0; i-- {
		j := f.d.below(i + 1)
		kinds[i], kinds[j] = kinds[j], kinds[i]
	}
}

// Until returns the parts not yet returned whose MM is less than mm, in
// ascending MM, numbered in that order.
func (f *Feed) Until(mm float64) []sim.Part {
	for !f.dry() && f.rowMM() < mm+2*f.spec.Layout.PitchMM {
		f.layRow()
	}
	slices.SortStableFunc(f.waiting, func(a, b placed) int {
		switch {
		case a.MM < b.MM:
			return -1
		case a.MM > b.MM:
			return 1
		}
		return a.Lane - b.Lane
	})
	var out []sim.Part
	for len(f.waiting) > 0 && f.waiting[0].MM < mm {
		p := f.waiting[0].Part
		p.N = f.laid
		f.laid++
		f.waiting = f.waiting[1:]
		out = append(out, p)
	}
	return out
}

// Done reports that no more will come.
func (f *Feed) Done() bool { return f.dry() && len(f.waiting) == 0 }

// dry reports that no more rows will be laid.
func (f *Feed) dry() bool { return !f.endless() && len(f.kinds) == 0 }

// rowMM is where the next row is aimed at.
func (f *Feed) rowMM() float64 { return f.spec.StartMM + float64(f.row)*f.spec.Layout.PitchMM }

// layRow lays one part in each lane.
func (f *Feed) layRow() {
	for lane := range f.spec.Layout.Lanes {
		if f.dry() {
			break
		}
		p := f.draw(lane)
		f.settle(&p, lane)
		f.last[lane] = p
		f.waiting = append(f.waiting, p)
	}
	f.row++
}

// draw decides what the next part of a lane is and where the feeder drops it.
func (f *Feed) draw(lane int) placed {
	l, d := f.spec.Layout, &f.d
	along, across := tabletAlong, tabletAcross
	switch l.Product {
	case sim.Caps:
		along, across = capAlong, capAcross
	case sim.Capsules:
		along, across = capsAlong, capsAcross
	}
	p := placed{Part: sim.Part{
		Lane:     lane + 1,
		MM:       f.rowMM() + f.phase[lane] + d.span(-along, along),
		AcrossMM: l.FrameYMM/2 + (float64(lane)-float64(l.Lanes-1)/2)*l.LaneMM + d.span(-across, across),
		Angle:    d.span(0, 2*math.Pi),
		Kind:     f.kind(),
		Seed:     d.next(),
	}}
	if l.Product == sim.Capsules {
		p.Angle = lies(p.Angle)
	}
	size := d.logSpan(1, sizeRange)
	contrast := d.span(leastContrast, mostContrast)
	delta := d.logSpan(leastDelta, mostDelta)
	switch p.Kind {
	case sim.Good:
	case sim.WrongColour:
		p.DeltaE = delta
	default:
		p.SizeMM, p.Contrast = smallest[p.Kind]*size, contrast
	}
	look := lookOf(l, p.Part)
	p.outline = look.outline
	look.describe(l, &p.Part)
	return p
}

// kind returns the next part's.
func (f *Feed) kind() sim.Kind {
	if !f.endless() {
		k := f.kinds[0]
		f.kinds = f.kinds[1:]
		return k
	}
	if f.d.unit() >= f.spec.DefectRate {
		return sim.Good
	}
	if len(f.bag) == 0 {
		f.bag = slices.Clone(f.spec.Kinds)
		f.mix(f.bag)
	}
	k := f.bag[0]
	f.bag = f.bag[1:]
	return k
}

// settle moves a part against a neighbour where the spec wants a touching
// pair, and off every part that it would lie on.
func (f *Feed) settle(p *placed, lane int) {
	// One decision a part makes one pair of two: half the share each.
	switch u := f.d.unit(); {
	case f.spec.Layout.Product != sim.Tablets:
		return
	case u < f.spec.Touching/4:
		f.touch(p, lane, f.againstBefore)
	case u < f.spec.Touching/2 && lane > 0:
		f.touch(p, lane, f.againstBeside)
	}
	for f.crowded(*p) {
		p.MM += 0.25
	}
}

// touch tries one way of laying p against another part and takes it back if
// it cannot be had.
func (f *Feed) touch(p *placed, lane int, move func(*placed, int) *placed) {
	q := *p
	other := move(&q, lane)
	if other == nil || f.crowded(q) {
		return
	}
	q.pair = true
	*p = q
	f.mark(*other)
}

// againstBefore moves p against the part before it in its lane.
func (f *Feed) againstBefore(p *placed, lane int) *placed {
	before := &f.last[lane]
	if before.Lane == 0 || before.pair {
		return nil
	}
	dy := p.AcrossMM - before.AcrossMM
	p.MM = before.MM + slide(p.outline, before.outline, dy, f.spec.Layout.PitchMM)
	return before
}

// againstBeside moves p level with the part laid last in the lane before and
// towards it until they touch.
func (f *Feed) againstBeside(p *placed, lane int) *placed {
	beside := &f.last[lane-1]
	if beside.Lane == 0 || beside.pair || beside.outline.form != round || p.outline.form != round {
		return nil
	}
	reach := p.outline.half + beside.outline.half
	dx := f.d.span(-1.5, 1.5)
	p.MM = beside.MM + dx
	p.AcrossMM = beside.AcrossMM + math.Sqrt(reach*reach-dx*dx)
	middle := f.spec.Layout.FrameYMM/2 + (float64(lane)-float64(f.spec.Layout.Lanes-1)/2)*f.spec.Layout.LaneMM
	if middle-p.AcrossMM > guideMM {
		return nil
	}
	return beside
}

// slide returns how far behind another part one with the outline must lie to
// touch it, dy apart across the belt.
func slide(a, b outline, dy, most float64) float64 {
	lo, hi := 0.0, 2*most
	for range 40 {
		mid := (lo + hi) / 2
		// A part that comes later has the greater MM and lies to the left.
		if gap(a, b, mid, -dy) < 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// recent returns the waiting parts of the last few rows: Until lays two rows
// ahead, so no other can lie near the next part.
func (f *Feed) recent() []placed { return f.waiting[max(0, len(f.waiting)-4*f.spec.Layout.Lanes):] }

// crowded reports whether the part lies on another that is still waiting.
func (f *Feed) crowded(p placed) bool {
	near := 1.5 * f.spec.Layout.DiameterMM
	for _, q := range f.recent() {
		if math.Abs(q.MM-p.MM) > near || math.Abs(q.AcrossMM-p.AcrossMM) > near {
			continue
		}
		if gap(p.outline, q.outline, q.MM-p.MM, p.AcrossMM-q.AcrossMM) < -1e-6 {
			return true
		}
	}
	return false
}

// mark notes that a part has its neighbour.
func (f *Feed) mark(p placed) {
	for i := range f.last {
		if f.last[i].Seed == p.Seed {
			f.last[i].pair = true
		}
	}
	recent := f.recent()
	for i := range recent {
		if recent[i].Seed == p.Seed {
			recent[i].pair = true
		}
	}
}

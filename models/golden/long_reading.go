package golden

import (
	"fmt"
	"math"

	"linesman/vision"
	"linesman/vision/lanes"
)

// worstPlace finds where the surface is strangest at one width, if anything there is
// stranger than z deviations of good parts.
func (l *long) worstPlace(s *longScratch, v *stance, width int, z float64) peak {
	worst := peak{width: width}
	best := float32(z)
	none := 0.9999 * best * v.least[width] // see scratch.worstPlace
	spread := v.spread[width]
	if len(spread) == 0 {
		return worst // a model of before lines were looked for
	}
	for j := 0; j < l.height; j += strides[width] {
		row := s.smoothed[width].v[j*l.size:][:l.width]
		for i := 0; i < l.width; i++ {
			i += lanes.Beyond(row[i:], none)
			k := j*l.width + i
			if i >= l.width {
				break
			}
			if !l.inside[k] || i%strides[width] != 0 {
				continue
			}
			if z := max(row[i], -row[i]) / spread[k]; z > best {
				best, worst.x, worst.y, worst.diff, worst.z = z, i, j, float64(row[i]), float64(z)
				none = 0.9999 * best * v.least[width]
			}
		}
	}
	return worst
}

// worst finds where the surface is strangest at any width.
func (l *long) worst(s *longScratch, v *stance) (at peak) {
	for w := range widths {
		if p := l.worstPlace(s, v, w, at.z); p.z > at.z {
			at = p
		}
	}
	return at
}

// surfaceReading says where the part looks unlike good ones, and how.
func (l *long) surfaceReading(crop *vision.Crop, s *longScratch) Reading {
	v := s.stance(l)
	return l.placeReading(crop, s, v, l.worst(s, v))
}

// placeReading tells of one strange place.
func (l *long) placeReading(crop *vision.Crop, s *longScratch, v *stance, at peak) Reading {
	return s.scratch.placeReading(crop, at, l.limit[Surface], l.mmPerPx, l.spreadOf(v, at.width), func(x0, y0, x1, y1 int) vision.Box {
		return l.boxOf(&s.lie, x0, y0, x1, y1)
	})
}

// spreadOf returns how much good parts vary at a place of the frame.
func (l *long) spreadOf(v *stance, width int) func(x, y int) float32 {
	return func(x, y int) float32 {
		if x >= l.width || y >= l.height {
			return 1
		}
		return v.spread[width][y*l.width+x]
	}
}

// boxOf is the box in the crop about one of the frame.
func (l *long) boxOf(lie *lie, x0, y0, x1, y1 int) vision.Box {
	u0, v0 := l.corner()
	b := vision.Box{X0: math.Inf(1), Y0: math.Inf(1), X1: math.Inf(-1), Y1: math.Inf(-1)}
	for _, c := range [4][2]int{{x0, y0}, {x1, y0}, {x0, y1}, {x1, y1}} {
		x, y := lie.to(u0+float32(c[0])-0.5, v0+float32(c[1])-0.5)
		b.X0, b.Y0 = min(b.X0, float64(x)), min(b.Y0, float64(y))
		b.X1, b.Y1 = max(b.X1, float64(x)), max(b.Y1, float64(y))
	}
	return b
}

func (l *long) outlineReading(crop *vision.Crop, s *longScratch) Reading {
	s.deviate()
	at := s.worstArc(&l.outline)
	k := &l.contour[at.ray]
	x, y := s.lie.to(k.U, k.V)
	n := len(l.contour)
	next := &l.contour[(at.ray+1)%n]
	step := math.Hypot(float64(next.U-k.U), float64(next.V-k.V))
	return edgeReading(crop, at, l.limit[Outline], l.mmPerPx, vision.Point{X: float64(x), Y: float64(y)}, step)
}

// sizeReading tells of the length or the width, whichever is further off.
func (l *long) sizeReading(crop *vision.Crop, s *longScratch) Reading {
	share := [2]float64{s.lie.along, s.lie.across}
	words := [2][2]string{{"long", "short"}, {"wide", "narrow"}}
	side, z := 0, 0.0
	for i := range share {
		if d := math.Abs(share[i]-l.stretch[i].Mean) / l.stretch[i].Deviation; d > z {
			side, z = i, d
		}
	}
	usual := l.stretch[side]
	mm := 2 * l.half[side] * l.mmPerPx
	r := Reading{
		Score: z / l.limit[Size], Unit: "mm", Box: crop.Box, Area: crop.Area,
		Measured: share[side] * mm,
	}
	margin := l.limit[Size] * usual.Deviation
	word := words[side][0]
	r.Limit = (usual.Mean + margin) * mm
	if share[side] < usual.Mean {
		word = words[side][1]
		r.Limit = (usual.Mean - margin) * mm
	}
	if r.Score > worthReason {
		r.Text = fmt.Sprintf("too %s: %.2f mm (limit %.2f mm)", word, r.Measured, r.Limit)
	}
	return r
}

// colourReading tells of the region whose colour is furthest off.
func (l *long) colourReading(crop *vision.Crop, s *longScratch) Reading {
	var r Reading
	for i := range l.regions {
		z, deltaE := l.regions[i].colour.distance(l.labOf(crop, s, &l.regions[i]))
		if here := shadeReading(z, deltaE, l.limit[Colour]); i == 0 || here.Score > r.Score {
			r = here
		}
	}
	r.Box, r.Area = crop.Box, crop.Area
	return r
}

// learnLimits measures every good part as it would be judged, and sets each
// channel's limit by the tail of what it says.
func (t *longTeaching) learnLimits() error {
	t.lookBesideJoint()
	t.learnOutline()
	n := len(t.crops)
	var outlines, colours []float64
	var shares [2][]float64
	worst, err := t.worstUnseen()
	if err != nil {
		return err
	}
	for i := range t.crops {
		t.s.lie = t.lies[i]
		shares[0], shares[1] = append(shares[0], t.lies[i].along), append(shares[1], t.lies[i].across)
		copy(t.s.off, t.offs[i])
		t.s.deviate()
		outlines = append(outlines, t.s.worstArc(&t.outline).z)
		var off float64
		for r := range t.regions {
			z, _ := t.regions[r].colour.distance(t.labOf(&t.crops[i], t.s, &t.regions[r]))
			off = max(off, z)
		}
		colours = append(colours, off)
	}
	fine := tail(worst[0])
	for w := 1; w < widths; w++ {
		k := float32(tail(worst[w]) / fine)
		for _, v := range t.stances {
			for i := range v.spread[w] {
				v.spread[w][i] *= k
			}
		}
	}
	t.limit[Surface] = fine
	t.limit[Outline] = dust * tail(outlines)
	for i := range shares {
		t.stretch[i] = ofNormal(shares[i])
		t.stretch[i].Deviation = max(t.stretch[i].Deviation, 0.1/t.half[i])
	}
	t.limit[Size] = beyond(n)
	t.limit[Colour] = distanceTail(colours)
	t.limit[Place] = 1
	return nil
}

// worstUnseen is how strange each good part's strangest place is, by width, to
// stances that were learned without it, as a part of tomorrow is.
func (t *longTeaching) worstUnseen() (worst [widths][]float64, err error) {
	const folds = 4
	for _, members := range t.ways() {
		for fold := range folds {
			var own, others []int
			for n, i := range members {
				if n%folds == fold {
					own = append(own, i)
				} else {
					others = append(others, i)
				}
			}
			v := stanceOf(t.lies, others)
			if err := t.learnStance(&v, others); err != nil {
				return worst, err
			}
			for _, i := range own {
				t.show(i)
				t.s.compare(t.long, &v)
				for w := range widths {
					worst[w] = append(worst[w], t.worstPlace(t.s, &v, w, 0).z)
				}
			}
		}
	}
	return worst, nil
}

// learnOutline learns how far good parts' outlines are from the contour.
func (t *longTeaching) learnOutline() {
	n := len(t.contour)
	for w, width := range arcWidth {
		sum := make([]float64, n)
		for _, off := range t.offs {
			copy(t.s.off, off)
			t.s.deviate()
			for r, d := range t.s.smoothArc(width) {
				sum[r] += float64(d) * float64(d)
			}
		}
		t.outline[w] = spreadOfArc(sum, len(t.offs))
	}
}

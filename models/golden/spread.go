package golden

import (
	"fmt"
	"math"
	"slices"
)

// learnSlope learns how unevenly good parts are lit.
func (t *teaching) learnSlope() {
	var slopes []float64
	for i := range t.poses {
		slopes = append(slopes, t.poses[i].tilt[1], t.poses[i].tilt[2])
	}
	n := ofNormal(slopes)
	t.slope = span{n.Mean - 5*n.Deviation, n.Mean + 5*n.Deviation}
}

// look takes every good part again the way judging will: spreads and limits
// must be those of judging, not of teaching.
func (t *teaching) look() error {
	for i := range t.crops {
		if err := t.examine(&t.crops[i], t.s); err != nil {
			return fmt.Errorf("good part %d: %w", i+1, err)
		}
		if t.s.strange {
			return fmt.Errorf("good part %d is %.0f %% of the usual size: take it out", i+1, 100*t.s.pose.scale)
		}
		t.poses[i], t.radii[i] = t.s.pose, slices.Clone(t.s.radii)
		t.step()
	}
	return nil
}

// learnSpread learns how far good parts differ from the golden picture, place
// by place and width by width, in the part's own turn.
func (t *teaching) learnSpread() {
	var sum, count [widths]field
	for w := range widths {
		t.spread[w] = newField(t.body.half)
		sum[w], count[w] = newField(t.body.half), newField(t.body.half)
	}
	// What is left of a part that helped to make the picture is a little less
	// than of one that did not.
	n := float32(len(t.poses))
	own := n / (n - 1)
	for round := range 2 { // the second leaves out what the first found far off
		for w := range widths {
			clear(sum[w].v)
			clear(count[w].v)
		}
		for i := range t.poses {
			p := t.take(i)
			t.s.difference(t.Model)
			t.s.smooth()
			place := p.from()
			side, half := t.body.side(), t.body.half
			for w := range widths {
				smoothed := &t.s.smoothed[w]
				for y := range side {
					for x := range side {
						// The pixel that judging would look up here.
						u, v := place(float32(x-half), float32(y-half))
						a, b := int(float32(p.x)+u*float32(p.scale)), int(float32(p.y)+v*float32(p.scale))
						if uint(a) >= uint(t.size) || uint(b) >= uint(t.size) || !t.s.inside[b*t.size+a] {
							continue
						}
						k := y*side + x
						d := own * smoothed.v[b*t.size+a]
						if s := t.spread[w].v[k]; round > 0 && s > 0 && max(d, -d) > 4*s {
							d = 4 * s
						}
						sum[w].v[k] += d * d
						count[w].v[k]++
					}
				}
			}
			t.step()
		}
		for w := range widths {
			settle(t.spread[w].v, sum[w].v, count[w].v, t.body.side(), t.body.side())
		}
	}
}

// settle turns sums of squares into a spread: averaged over a neighbourhood,
// the worst of it counting as much as its mean, and never far below what is
// usual on the part.
func settle(spread, sum, count []float32, width, height int) {
	const around, least = 1, 0.7
	var usual []float32
	for y := range height {
		for x := range width {
			var s, n, worst float32
			for j := max(y-around, 0); j <= min(y+around, height-1); j++ {
				for i := max(x-around, 0); i <= min(x+around, width-1); i++ {
					k := j*width + i
					s, n = s+sum[k], n+count[k]
					if count[k] > 0 {
						worst = max(worst, sum[k]/count[k])
					}
				}
			}
			spread[y*width+x] = 0
			if n > 0 {
				v := float32(math.Sqrt(float64(max(s/n, worst*0.8))))
				spread[y*width+x] = v
				usual = append(usual, v)
			}
		}
	}
	if len(usual) == 0 {
		usual = append(usual, 1)
	}
	middle := max(median(usual), 1e-4)
	for i, v := range spread {
		if v == 0 {
			v = 4 * middle // never seen
		}
		spread[i] = max(v, least*middle)
	}
}

// dust widens the outline's limit: dirt that lies on the belt against a part's
// edge is rarer than any tail of some hundred parts shows.
const dust = 1.6

// learnLimits measures every good part as it would be judged, and sets each
// channel's limit by the tail of what it says.
func (t *teaching) learnLimits() {
	t.learnShape()
	n := len(t.poses)
	var worst [widths][]float64
	var diameters, outlines, places []float64
	var colours [][3]float64
	for i := range t.poses {
		p := t.take(i)
		t.s.difference(t.Model)
		t.s.smooth()
		for w := range widths {
			worst[w] = append(worst[w], t.s.worstPlace(t.Model, w, 0).z)
		}
		diameters = append(diameters, p.radius)
		colours = append(colours, t.s.labOf(&t.crops[i], p.radius, t.surround))
		places = append(places, math.Hypot(p.shift[0]-t.Model.shift[0], p.shift[1]-t.Model.shift[1]))
		copy(t.s.radii, t.radii[i])
		t.s.deviate(t.shape, t.turnedBy)
		outlines = append(outlines, t.s.worstArc(&t.outline).z)
		t.step()
	}
	// Every width is given its own limit by scaling its spread, so that one
	// limit serves all.
	fine := tail(worst[0])
	for w := 1; w < widths; w++ {
		k := float32(tail(worst[w]) / fine)
		for i := range t.spread[w].v {
			t.spread[w].v[i] *= k
		}
	}
	t.limit[Surface] = fine
	t.limit[Outline] = dust * tail(outlines)
	t.diameter = ofNormal(diameters)
	t.diameter.Deviation = max(t.diameter.Deviation, 0.1)
	t.limit[Size] = beyond(n)
	t.colour = shadeOf(colours)
	var off []float64
	for _, c := range colours {
		z, _ := t.colour.distance(c)
		off = append(off, z)
	}
	t.limit[Colour] = distanceTail(off)
	t.limit[Place] = 1
	if t.turned {
		t.limit[Place] = max(tail(places), 1)
	}
}

// learnShape learns the good outline and how far good ones stray from it.
func (t *teaching) learnShape() {
	rays := t.rays
	t.shape = make([]float32, rays)
	t.turnedBy = nil
	mean := func(turned bool) []float32 {
		out := make([]float32, rays)
		column := make([]float32, 0, len(t.poses))
		for r := range rays {
			column = column[:0]
			for i := range t.poses {
				at := float64(r)
				if turned {
					at += t.poses[i].turn / (2 * math.Pi) * float64(rays)
				}
				k := ((int(math.Round(at)) % rays) + rays) % rays
				if v := t.radii[i][k]; !math.IsNaN(v) {
					column = append(column, float32((v-t.poses[i].radius)/t.poses[i].scale)-t.shape[k])
				}
			}
			if len(column) > 0 {
				out[r] = median(column)
			}
		}
		return out
	}
	t.shape = mean(false)
	if t.turned {
		t.turnedBy = mean(true)
	}
	for w, width := range arcWidth {
		sum := make([]float64, rays)
		for i := range t.poses {
			t.s.pose = t.poses[i]
			copy(t.s.radii, t.radii[i])
			t.s.deviate(t.shape, t.turnedBy)
			for r, d := range t.s.smoothArc(width) {
				sum[r] += float64(d) * float64(d)
			}
		}
		t.outline[w] = spreadOfArc(sum, len(t.poses))
	}
}

// spreadOfArc turns sums of squares over so many good parts, by ray, into the
// spread of their outlines, averaged over neighbouring rays.
func spreadOfArc(sum []float64, parts int) []float32 {
	rays := len(sum)
	out := make([]float32, rays)
	for r := range rays {
		var around float64
		for k := -4; k <= 4; k++ {
			around += sum[(r+k+rays)%rays] / 9
		}
		out[r] = float32(max(math.Sqrt(around/float64(parts)), 0.04))
	}
	return out
}

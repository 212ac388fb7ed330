package golden

import (
	"math"

	"linesman/vision"
)

// region is a part of a long part's face that has a colour of its own, such as
// half of a capsule.
type region struct {
	places []int // of the frame
	colour shade
}

// mostRegions is how many colours a face is taken apart into.
const mostRegions = 3

// labOf is the mean colour of a region in CIE L*a*b* (D65), its light cancelled
// by the belt around the part: what it would be on the belt of teaching.
func (l *long) labOf(crop *vision.Crop, s *longScratch, r *region) [3]float64 {
	var sum [3]float64
	u0, v0 := l.corner()
	for _, k := range r.places {
		x, y := s.lie.to(u0+float32(k%l.width), v0+float32(k/l.width))
		i, j := min(max(int(x), 0), crop.Size-1), min(max(int(y), 0), crop.Size-1)
		p := crop.Pix[3*(j*crop.Size+i):][:3:3]
		for c, v := range p {
			sum[c] += float64(v)
		}
	}
	for c := range sum {
		sum[c] *= float64(l.surround[c]/max(crop.Surround[c], 1)) / float64(max(len(r.places), 1))
	}
	return vision.Lab(sum)
}

// learnRegions takes the face apart by colour, into as many regions as differ
// clearly, and learns the colour of each.
func (t *longTeaching) learnRegions() {
	labs, places := t.faceColours()
	centres := [][3]float64{centre(labs, nil, 0)}
	label := make([]int, len(labs))
	left := within(labs, label, centres)
	for k := 2; k <= mostRegions; k++ {
		more, labels := clusters(labs, k)
		rest := within(labs, labels, more)
		const worth, apart = 0.4, 8.0 // of the variance that stays; delta E
		if rest > worth*left || closest(more) < apart || fewest(labels, k) < len(labs)/10 {
			break
		}
		centres, label, left = more, labels, rest
	}
	t.regions = make([]region, len(centres))
	of := make(map[int]int, len(places))
	for i, k := range places {
		of[k] = label[i]
	}
	for i, k := range places {
		// The border between two regions moves from part to part.
		if alone(of, label[i], k, t.width) && k%t.width%2 == 0 && k/t.width%2 == 0 {
			t.regions[label[i]].places = append(t.regions[label[i]].places, k)
		}
	}
	for r := range t.regions {
		var all [][3]float64
		for i := range t.crops {
			t.s.lie = t.lies[i]
			all = append(all, t.labOf(&t.crops[i], t.s, &t.regions[r]))
		}
		t.regions[r].colour = shadeOf(all)
	}
}

// alone reports whether no place near k belongs to another region.
func alone(of map[int]int, label, k, width int) bool {
	const border = 3
	for d := -border; d <= border; d++ {
		for _, at := range [2]int{k + d, k + d*width} {
			if other, in := of[at]; in && other != label {
				return false
			}
		}
	}
	return true
}

// faceColours is the mean colour, L*a*b*, of good parts at each place that is
// compared.
func (t *longTeaching) faceColours() (labs [][3]float64, places []int) {
	for k, in := range t.inside {
		if in {
			places = append(places, k)
		}
	}
	sum := make([][3]float64, len(places))
	u0, v0 := t.corner()
	step := max(len(t.crops)/50, 1)
	n := 0.0
	for i := 0; i < len(t.crops); i += step {
		c := &t.crops[i]
		for p, k := range places {
			r, g, b := t.lies[i].colour(c, u0+float32(k%t.width), v0+float32(k/t.width))
			for ch, v := range [3]float32{r, g, b} {
				sum[p][ch] += float64(v * t.surround[ch] / max(c.Surround[ch], 1))
			}
		}
		n++
	}
	for p := range sum {
		for ch := range sum[p] {
			sum[p][ch] /= n
		}
		labs = append(labs, vision.Lab(sum[p]))
	}
	return labs, places
}

func squareApart(a, b [3]float64) float64 {
	d := 0.0
	for i := range a {
		d += (a[i] - b[i]) * (a[i] - b[i])
	}
	return d
}

// centre is the mean of the points with a label; of all without labels.
func centre(points [][3]float64, label []int, of int) (c [3]float64) {
	n := 0.0
	for i, p := range points {
		if label == nil || label[i] == of {
			n++
			for k := range c {
				c[k] += p[k]
			}
		}
	}
	for k := range c {
		c[k] /= max(n, 1)
	}
	return c
}

// clusters is k-means (Lloyd), begun with the points farthest from those chosen
// before, so that the same points always give the same clusters.
func clusters(points [][3]float64, k int) (centres [][3]float64, label []int) {
	centres = [][3]float64{centre(points, nil, 0)}
	for len(centres) < k+1 {
		far, at := -1.0, 0
		for i, p := range points {
			d := math.Inf(1)
			for _, c := range centres {
				d = min(d, squareApart(p, c))
			}
			if d > far {
				far, at = d, i
			}
		}
		centres = append(centres, points[at])
	}
	centres = centres[1:] // the mean only began it
	label = make([]int, len(points))
	for range 20 {
		for i, p := range points {
			best := math.Inf(1)
			for c := range centres {
				if d := squareApart(p, centres[c]); d < best {
					best, label[i] = d, c
				}
			}
		}
		for c := range centres {
			centres[c] = centre(points, label, c)
		}
	}
	return centres, label
}

// within is the variance of points about the centres of their labels.
func within(points [][3]float64, label []int, centres [][3]float64) (sum float64) {
	for i, p := range points {
		sum += squareApart(p, centres[label[i]])
	}
	return sum
}

func closest(centres [][3]float64) float64 {
	d := math.Inf(1)
	for i := range centres {
		for j := range i {
			d = min(d, math.Sqrt(squareApart(centres[i], centres[j])))
		}
	}
	return d
}

func fewest(label []int, k int) int {
	count := make([]int, k)
	for _, l := range label {
		count[l]++
	}
	least := len(label)
	for _, n := range count {
		least = min(least, n)
	}
	return least
}

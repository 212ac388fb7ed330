package anomaly

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"linesman/models"
	"linesman/vision"
)

// Named is what a model learned of defects that people named, over the same
// features that tell a good part from a bad one: which of the names an anomaly
// deserves, and, where that proved to find more than the anomaly alone, how much
// a part looks like a defect of a name.
type Named struct {
	Classes []string     `json:"classes"`
	Levels  []NamedLevel `json:"levels"` // fine first, as the graph's features
	// Means are the classes' mean looks, each of length 1: looks of a defect lie on
	// the unit sphere of whitened features, all levels in a row.
	Means []Vector `json:"means"`
	// Least is how alike (cosine) an anomaly and a class's mean look must be for
	// the name; what is less alike has no name.
	Least []float64 `json:"least"`
	// Weights, a row a class with the constant last, say which name: the highest
	// product with the look (multinomial logistic regression).
	Weights []Vector `json:"weights"`
	// Limits, one a class, are of the likeness at score 1; empty where classes only
	// name and do not find.
	Limits []float64 `json:"limits,omitempty"`
}

// NamedLevel whitens one level's features, of C channels, and looks for classes.
type NamedLevel struct {
	Mean       Vector   `json:"mean"`       // C, of good patches
	Whiten     Vector   `json:"whiten"`     // C x C, row by row: look = Whiten (feature - Mean)
	Directions []Vector `json:"directions"` // a class each, C: likeness = sum of products with (feature - Mean)
}

// Patches is what the graph says of one picture's patches.
type Patches struct {
	W, H     int
	Distance []float32       // W x H, from the nearest good patches
	Counts   []bool          // which lie on the part; nil: all
	Levels   []models.Tensor // features by level, [h, w, C]; fine first
}

// Feature returns what level l says of patch x, y of the finest grid.
func (p *Patches) Feature(l, x, y int) []float32 {
	f := p.Levels[l]
	h, w, c := int(f.Shape[0]), int(f.Shape[1]), int(f.Shape[2])
	at := (y*h/p.H*w + x*w/p.W) * c
	return f.Data[at : at+c]
}

// shareOfLook is how many of a part's patches make the look of its anomaly.
const shareOfLook = 0.03

// Strangest returns the patches by which an anomaly is named: those under box,
// in patches, and the strangest of all others; at most a share of the grid.
func (p *Patches) Strangest(box vision.Box) []int {
	most := max(3, int(shareOfLook*float64(p.W*p.H)))
	order := make([]int, 0, p.W*p.H)
	for i := range p.Distance {
		if p.Counts == nil || p.Counts[i] {
			order = append(order, i)
		}
	}
	under := func(i int) int {
		x, y := float64(i%p.W), float64(i/p.W)
		if x+1 > box.X0 && x < box.X1 && y+1 > box.Y0 && y < box.Y1 {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if c := cmp.Compare(under(b), under(a)); c != 0 {
			return c
		}
		return cmp.Compare(p.Distance[b], p.Distance[a])
	})
	return order[:min(most, len(order))]
}

// Look is the mean whitened feature of the given patches, of length 1.
func (n *Named) Look(p *Patches, at []int) []float64 {
	var look []float64
	for l, level := range n.Levels {
		c := len(level.Mean)
		mean := make([]float64, c)
		for _, i := range at {
			for k, v := range p.Feature(l, i%p.W, i/p.W) {
				mean[k] += float64(v)
			}
		}
		for k := range mean {
			mean[k] = mean[k]/float64(max(len(at), 1)) - float64(level.Mean[k])
		}
		for r := range c {
			sum := 0.0
			for k, v := range level.Whiten[r*c : (r+1)*c] {
				sum += float64(v) * mean[k]
			}
			look = append(look, sum)
		}
	}
	length := 0.0
	for _, v := range look {
		length += v * v
	}
	length = math.Sqrt(max(length, 1e-12))
	for i := range look {
		look[i] /= length
	}
	return look
}

// Name returns the class of a look; "" where it resembles none.
func (n *Named) Name(look []float64) string {
	best, highest := -1, math.Inf(-1)
	for k, w := range n.Weights {
		sum := float64(w[len(look)])
		for i, v := range look {
			sum += float64(w[i]) * v
		}
		if sum > highest {
			best, highest = k, sum
		}
	}
	if best < 0 || dot(n.Means[best], look) < n.Least[best] {
		return ""
	}
	return n.Classes[best]
}

func dot(a Vector, b []float64) (sum float64) {
	for i, v := range b {
		sum += float64(a[i]) * v
	}
	return sum
}

// Likeness writes how much each patch looks like class k, in spreads of good
// patches, into room.
func (n *Named) Likeness(p *Patches, k int, room []float32) []float32 {
	if cap(room) < p.W*p.H {
		room = make([]float32, p.W*p.H)
	}
	room = room[:p.W*p.H]
	for i := range room {
		sum := float32(0)
		for l, level := range n.Levels {
			direction := level.Directions[k]
			for c, v := range p.Feature(l, i%p.W, i/p.W) {
				sum += direction[c] * (v - level.Mean[c])
			}
		}
		room[i] = sum
	}
	return room
}

// Soft keeps large values and the order of all, and is above 0: a part that is less
// strange than usual everywhere has a small score, not a negative one.
func Soft(v float64) float64 {
	if v > 30 {
		return v
	}
	return math.Log1p(math.Exp(v))
}

// hard returns where Soft gives v.
func hard(v float64) float64 { return math.Log(max(math.Expm1(v), 1e-9)) }

// find returns the class that a part looks most like, with its score.
func (n *Named) find(p *Patches, a Aggregate, b *bench, ask models.Ask) (r Reading, at spot) {
	for k, limit := range n.Limits {
		b.like = n.Likeness(p, k, b.like)
		var v float64
		v, b.top = a.Over(b.like, p.Counts, b.top)
		score := Soft(v) / limit
		if score <= r.Score {
			continue
		}
		r = Reading{Class: n.Classes[k], Score: score, Measured: v, Unit: "spreads of good patches"}
		r.Limit = hard(limit)
		at = strongest(b.like, p.Counts, p.W, p.H, &b.flood)
		if ask.Heatmap {
			r.Heat = models.Heatmap{Width: p.W, Height: p.H, Score: make([]float32, p.W*p.H)}
			for i, v := range b.like {
				if p.Counts == nil || p.Counts[i] {
					r.Heat.Score[i] = float32(Soft(float64(v)) / limit)
				}
			}
		}
	}
	return r, at
}

// check refuses what could not name anything.
func (n *Named) check() error {
	k := len(n.Classes)
	if k == 0 || len(n.Means) != k || len(n.Least) != k || len(n.Weights) != k || len(n.Limits) != 0 && len(n.Limits) != k {
		return fmt.Errorf("named defects: %d classes with %d means, %d bounds, %d rows of weights and %d limits", k, len(n.Means), len(n.Least), len(n.Weights), len(n.Limits))
	}
	width := 0
	for i, l := range n.Levels {
		c := len(l.Mean)
		if c == 0 || len(l.Whiten) != c*c || len(l.Directions) != k {
			return fmt.Errorf("named defects: level %d has %d features, %d numbers to whiten them and %d directions", i, c, len(l.Whiten), len(l.Directions))
		}
		for _, d := range l.Directions {
			if len(d) != c {
				return fmt.Errorf("named defects: level %d has a direction of %d features of %d", i, len(d), c)
			}
		}
		width += c
	}
	for i := range k {
		if len(n.Means[i]) != width || len(n.Weights[i]) != width+1 || n.Classes[i] == "" {
			return fmt.Errorf("named defects: class %q has a mean of %d and weights of %d, for looks of %d", n.Classes[i], len(n.Means[i]), len(n.Weights[i]), width)
		}
	}
	for _, l := range n.Limits {
		if !(l > 0) {
			return fmt.Errorf("named defects: a limit of %v that nothing could be measured by", l)
		}
	}
	return nil
}

// Patches returns what the network says of one part, with all features, and the
// result by which it would be judged. It is for teaching: the model need not name
// anything yet, but its graph must give the features. All is the caller's.
func (d *Detector) Patches(ctx context.Context, part Part) (p Patches, at []int, r models.Result, err error) {
	if err := ctx.Err(); err != nil {
		return p, nil, r, err
	}
	b, err := d.borrow()
	if err != nil {
		return p, nil, r, err
	}
	defer d.giveBack(b)
	if part.Crop == nil {
		part = d.wholePart(part.Picture)
	}
	b.single[0] = d.shown(b, &part, 0)
	texels, err := d.look(b, b.single[:], models.Ask{})
	if err != nil {
		return p, nil, r, err
	}
	if err := d.join(b, &part, &texels[0], models.Ask{}, &r); err != nil {
		return p, nil, r, err
	}
	p = texels[0].patches
	p.Distance, p.Counts = slices.Clone(p.Distance), slices.Clone(PatchesOn(&part.Picture, p.W, p.H, b.counts))
	p.Levels = slices.Clone(p.Levels)
	for i, l := range p.Levels {
		p.Levels[i] = models.Tensor{Shape: slices.Clone(l.Shape), Data: slices.Clone(l.Data)}
	}
	return p, p.Strangest(inPatches(&part, &p, r.Findings[0].Box)), r, nil
}

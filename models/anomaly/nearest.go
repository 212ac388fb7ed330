package anomaly

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"linesman/models/onnxfile"
	"linesman/vision"
)

// ErrNoOrigins says that a model does not know where its good patches were seen.
var ErrNoOrigins = errors.New("the model was taught before models noted where their good patches were seen: teach it anew to see what a part was compared with")

// Explainer finds what a finding was compared with: the good patch that its worst
// patch is nearest to. It runs the model's graph again and has no place on the way
// to a gate.
type Explainer struct {
	d       *Detector // with all features
	levels  []bankLevel
	origins *Origins
	kept    map[string][]byte
}

// bankLevel is what the graph compares one level's features with: (feature - mean)
// times scale, x, lies at terms . (x, |x|^2) + norm from each row, squared.
type bankLevel struct{ mean, scale, terms, norm []float32 }

// Nearest is what the worst patch of a part was compared with.
type Nearest struct {
	Level    int        // of the network, 0 the finest: the one that says more against the patch
	Patch    vision.Box // of the part's picture, pixels
	Distance float64    // of the patch, all levels together
	Share    float64    // of its square that is Level's
	Good     int        // number of the good part in the model, 0 the one with most patches
	Name     string     // its file when it was taught; empty for a part of a line
	Place    vision.Box // of the patch on the good part, as shares of width and height
	Kept     bool       // the good part's picture is in the model's folder
	Here     Cutout     // the part around the patch
	There    Cutout     // as much of the good part around its patch, as it was shown; empty if not kept
}

// Cutout is a piece of a picture around a patch.
type Cutout struct {
	Picture
	Patch vision.Box // in pixels of the piece
}

// around is how much of the part is shown, in patches of the finest level.
const around = 12

// Explainer opens the model's graph with its features. The error is ErrNoOrigins
// for a model that can not say.
func (m *Model) Explainer(o Options) (*Explainer, error) {
	if m.Origins == nil {
		return nil, fmt.Errorf("model %q: %w", m.Card.Name, ErrNoOrigins)
	}
	e := &Explainer{origins: m.Origins, kept: m.Kept}
	tensors, err := onnxfile.Initializers(m.Graph)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", m.Card.Name, err)
	}
	var names []string
	for l, places := range m.Origins.Levels {
		b := bankLevel{tensors[fmt.Sprintf("mean_%d", l)], tensors[fmt.Sprintf("scale_%d", l)], tensors[fmt.Sprintf("bank_%d", l)], tensors[fmt.Sprintf("norm_%d", l)]}
		if c := len(b.mean); c == 0 || len(b.scale) != c || len(b.norm) != len(places) || len(b.terms) != len(places)*(c+1) {
			return nil, fmt.Errorf("model %q: %w: level %d has a bank of %d numbers of %d features and the places of %d patches; teach the model anew",
				m.Card.Name, ErrRefused, l, len(b.terms), c, len(places))
		}
		e.levels = append(e.levels, b)
		names = append(names, fmt.Sprintf("features_%d", l))
	}
	with := *m
	if m.Named == nil { // else they are outputs already
		if with.Graph, err = onnxfile.WithOutputs(m.Graph, names...); err != nil {
			return nil, fmt.Errorf("model %q: %w", m.Card.Name, err)
		}
	}
	e.d, err = with.unproven(o)
	return e, err
}

// Close frees the graph.
func (e *Explainer) Close() error { return e.d.Close() }

// Nearest says what the strongest finding of a part was compared with: of the
// patches there, the one that lies farthest from all good ones.
func (e *Explainer) Nearest(ctx context.Context, part Part) (n Nearest, err error) {
	p, at, _, err := e.d.Patches(ctx, part)
	if err != nil {
		return n, err
	}
	if len(at) == 0 || len(p.Levels) != len(e.levels) {
		return n, fmt.Errorf("model %q: no patch of the part counts", e.d.card.Name)
	}
	x, y := at[0]%p.W, at[0]/p.W
	n.Distance = float64(p.Distance[at[0]])
	total, most, row := 0.0, -1.0, 0
	for l := range e.levels {
		r, squared := e.levels[l].nearest(p.Feature(l, x, y))
		if total += squared; squared > most {
			most, row, n.Level = squared, r, l
		}
	}
	if sum := math.Sqrt(total); math.Abs(sum-n.Distance) > 0.02*n.Distance+0.05 { // what is shown would not be what judged
		return n, fmt.Errorf("model %q: %w: its bank gives a distance of %.3f, its graph %.3f; teach the model anew", e.d.card.Name, ErrRefused, sum, n.Distance)
	}
	n.Share = most / max(total, 1e-12)
	cell := Place{Column: x, Row: y, Columns: p.W, Rows: p.H}
	if f := p.Levels[n.Level].Shape; n.Level > 0 {
		cell.Columns, cell.Rows = int(f[1]), int(f[0])
		cell.Column, cell.Row = x*cell.Columns/p.W, y*cell.Rows/p.H
	}
	n.Patch = cell.on(float64(part.Width), float64(part.Height))
	there := e.origins.Levels[n.Level][row]
	origin := e.origins.Parts[there.Part]
	n.Good, n.Name, n.Place = there.Part, origin.Name, there.on(1, 1)
	n.Here = cutout(&part.Picture, n.Patch, around*float64(part.Width)/float64(p.W), around*float64(part.Height)/float64(p.H))
	data, ok := e.kept[origin.File]
	if n.Kept = ok; !ok {
		return n, nil
	}
	good, err := DecodePicture(data)
	if err != nil {
		return n, fmt.Errorf("%s: %w", origin.File, err)
	}
	finest := e.origins.Levels[0][0]
	for _, f := range e.origins.Levels[0] {
		if f.Part == there.Part {
			finest = f
			break
		}
	}
	n.There = cutout(&good, there.on(float64(good.Width), float64(good.Height)), around*float64(good.Width)/float64(finest.Columns), around*float64(good.Height)/float64(finest.Rows))
	n.There.mirror(there.Mirrored)
	return n, nil
}

// on is the cell's box on a picture of that size.
func (p Place) on(width, height float64) vision.Box {
	kx, ky := width/float64(p.Columns), height/float64(p.Rows)
	return vision.Box{X0: float64(p.Column) * kx, Y0: float64(p.Row) * ky, X1: float64(p.Column+1) * kx, Y1: float64(p.Row+1) * ky}
}

// nearest returns the row of the bank nearest to a feature, and the squared distance
// as the graph weighs it.
func (b *bankLevel) nearest(feature []float32) (row int, squared float64) {
	c := len(b.mean)
	x := make([]float64, c+1)
	for k, v := range feature {
		x[k] = float64((v - b.mean[k]) * b.scale[k])
		x[c] += x[k] * x[k]
	}
	squared = math.Inf(1)
	for r, norm := range b.norm {
		d := float64(norm)
		for k, v := range b.terms[r*(c+1) : (r+1)*(c+1)] {
			d += float64(v) * x[k]
		}
		if d < squared {
			row, squared = r, d
		}
	}
	return row, max(squared, 0)
}

// cutout copies the part of a picture around a patch, moved to lie inside it.
func cutout(p *Picture, patch vision.Box, width, height float64) Cutout {
	side := func(want float64, have int) int { return min(max(int(math.Round(want)), 1), have) }
	at, w, h := patch.Centre(), side(width, p.Width), side(height, p.Height)
	x0, y0 := min(max(int(at.X)-w/2, 0), p.Width-w), min(max(int(at.Y)-h/2, 0), p.Height-h)
	out := Cutout{Picture: Picture{Width: w, Height: h, Pix: make([]byte, 0, 3*w*h)}, Patch: vision.Shift(-float64(x0), -float64(y0)).ApplyBox(patch)}
	for y := y0; y < y0+h; y++ {
		out.Pix = append(out.Pix, p.Pix[3*(y*p.Width+x0):3*(y*p.Width+x0+w)]...)
	}
	return out
}

// mirror turns the piece over: bit 0 left to right, bit 1 top to bottom.
func (c *Cutout) mirror(how int) {
	turn := vision.Affine{A: 1, E: 1}
	if how&1 != 0 {
		turn.A, turn.C = -1, float64(c.Width)
	}
	if how&2 != 0 {
		turn.E, turn.F = -1, float64(c.Height)
	}
	from := slices.Clone(c.Pix)
	for y := range c.Height {
		for x := range c.Width {
			at := turn.Apply(vision.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5})
			copy(c.Pix[3*(y*c.Width+x):][:3], from[3*(int(at.Y)*c.Width+int(at.X)):])
		}
	}
	c.Patch = turn.ApplyBox(c.Patch)
}

package golden

import (
	"fmt"
	"math"
	"slices"

	"linesman/vision"
)

// elongated is the ratio of length to width, by the moments of the mask, from
// which most good parts make a product long rather than round.
const elongated = 1.25

// isLong decides from the good parts whether their product is long.
func isLong(crops []vision.Crop) bool {
	var ratios []float32
	for i := range crops {
		if _, d, ok := lying(&crops[i]); ok {
			ratios = append(ratios, float32(d[0]/d[1]))
		}
	}
	return len(ratios) >= Fewest && median(ratios) >= elongated
}

// longTeaching is a long in the making.
type longTeaching struct {
	*long
	crops []vision.Crop
	lies  []lie
	offs  [][]float64
	whole []float32 // mean of the masks, by place of the frame
	s     *longScratch
	// frames are the parts laid straight, grey, as far as there is room; nil: not yet.
	frames [][]float32
	steps  func(share float64)
}

// teachLong learns a long product.
func teachLong(crops []vision.Crop, mmPerPx float64, progress func(done, total int)) (*long, error) {
	t := &longTeaching{
		long:  &long{size: crops[0].Size, mmPerPx: mmPerPx},
		steps: func(share float64) { progress(int(share*float64(len(crops))), len(crops)) },
	}
	if err := t.learnLie(crops); err != nil {
		return nil, err
	}
	t.learnFrame()
	t.learnEnds()
	t.steps(0.1)
	if err := t.learnContour(); err != nil {
		return nil, err
	}
	t.steps(0.4)
	t.learnInside()
	if err := t.learnStances(); err != nil {
		return nil, err
	}
	t.steps(0.8)
	t.learnRegions()
	if err := t.learnLimits(); err != nil {
		return nil, err
	}
	t.prepare()
	t.steps(1)
	return t.long, nil
}

// learnLie lays every part along its axis, as its mask says.
func (t *longTeaching) learnLie(crops []vision.Crop) error {
	var along, across []float32
	var surround [3][]float32
	for i := range crops {
		l, d, ok := lying(&crops[i])
		if !ok {
			continue
		}
		t.crops, t.lies = append(t.crops, crops[i]), append(t.lies, l)
		along, across = append(along, float32(d[0])), append(across, float32(d[1]))
		for c, v := range crops[i].Surround {
			surround[c] = append(surround[c], v)
		}
	}
	if len(t.crops) < Fewest {
		return fmt.Errorf("only %d of %d good parts have a mask: check locate", len(t.crops), len(crops))
	}
	t.moment = [2]float64{float64(median(along)), float64(median(across))}
	for c := range surround {
		t.surround[c] = median(surround[c])
	}
	return nil
}

// learnFrame makes the frame as large as most parts need.
func (t *longTeaching) learnFrame() {
	var along, across []float32
	for i := range t.crops {
		c, l := &t.crops[i], t.lies[i]
		var u, v float64
		for j := range c.Size {
			for k := range c.Size {
				if c.Mask[j*c.Size+k] != 0 {
					dx, dy := float64(k)+0.5-l.x, float64(j)+0.5-l.y
					u, v = max(u, math.Abs(dx*l.cos+dy*l.sin)), max(v, math.Abs(dy*l.cos-dx*l.sin))
				}
			}
		}
		along, across = append(along, float32(u)), append(across, float32(v))
	}
	t.half = [2]float64{float64(median(along)), float64(median(across))}
	const margin = 4 // of pixels, about the median part
	odd := func(half float64) int { return min(2*int(math.Ceil(half)+margin)+1, (t.size-1)/2*2+1) }
	t.width, t.height = odd(t.half[0]), odd(t.half[1])
}

// patch is a place of the face and its colour there: over the belt's, as a
// share of the whole face's.
type patch struct {
	U, V   float32
	Colour [3]float32
}

// learnEnds finds which end of each part is the one that is first on others.
func (t *longTeaching) learnEnds() {
	step := max(t.half[1]/4, 1)
	for v := -math.Floor(0.8*t.half[1]/step) * step; v <= 0.8*t.half[1]; v += step {
		for u := -math.Floor(0.9*t.half[0]/step) * step; u <= 0.9*t.half[0]; u += step {
			t.face = append(t.face, patch{U: float32(u), V: float32(v)})
		}
	}
	t.learnFace([]int{0})
	all := make([]int, len(t.crops))
	for i := range all {
		all[i] = i
	}
	room := make([][3]float32, len(t.face))
	for range 4 {
		for i := range t.crops {
			if other := t.lies[i].turned(); t.unlike(&t.crops[i], &other, room) < t.unlike(&t.crops[i], &t.lies[i], room) {
				t.lies[i] = other
			}
		}
		t.learnFace(all)
	}
}

func (t *longTeaching) learnFace(of []int) {
	columns := make([][3][]float32, len(t.face))
	colours := make([][3]float32, len(t.face))
	for _, i := range of {
		t.look(&t.crops[i], &t.lies[i], colours)
		for k := range colours {
			for c, v := range colours[k] {
				columns[k][c] = append(columns[k][c], v)
			}
		}
	}
	for k := range columns {
		for c := range columns[k] {
			t.face[k].Colour[c] = median(columns[k][c])
		}
	}
}

// look fills into with the part's colour at each patch of its face.
func (l *long) look(crop *vision.Crop, lie *lie, into [][3]float32) {
	var sum float32
	for k := range l.face {
		r, g, b := lie.colour(crop, l.face[k].U, l.face[k].V)
		for c, v := range [3]float32{r, g, b} {
			into[k][c] = v / max(crop.Surround[c], 1)
			sum += into[k][c]
		}
	}
	scale := float32(3*len(into)) / max(sum, 1e-6)
	for k := range into {
		for c := range into[k] {
			into[k][c] *= scale
		}
	}
}

// unlike is how far the part's face is from the good one, lying so. colours is room for
// as many as the face has patches.
func (l *long) unlike(crop *vision.Crop, lie *lie, colours [][3]float32) float32 {
	l.look(crop, lie, colours)
	var sum float32
	for k := range colours {
		for c, v := range colours[k] {
			d := v - l.face[k].Colour[c]
			sum += max(d, -d)
		}
	}
	return sum
}

// learnContour takes the outline of most parts' masks and refines it by where
// their edges are.
func (t *longTeaching) learnContour() error {
	t.whole = make([]float32, t.width*t.height)
	u0, v0 := t.corner()
	for i := range t.crops {
		c := &t.crops[i]
		for j := range t.height {
			for k := range t.width {
				x, y := t.lies[i].to(u0+float32(k), v0+float32(j))
				if !neighbour(c, x, y) {
					t.whole[j*t.width+k] += 1 / float32(len(t.crops))
				}
			}
		}
	}
	mask := make([]bool, len(t.whole))
	for k, v := range t.whole {
		mask[k] = v > 0.5
	}
	path := trace(mask, t.width, t.height)
	if len(path) < 32 {
		return errUneven
	}
	for i := range path {
		path[i][0], path[i][1] = path[i][0]+float64(u0), path[i][1]+float64(v0)
	}
	n := min(max(int(float64(len(path))/1.5)/8*8, 64), mostRays)
	t.contour = knots(path, 3, n)
	t.s = newLongScratch(t.long)
	for range 4 {
		t.learnEdge()
		if err := t.followAll(); err != nil {
			return err
		}
		t.settleContour()
	}
	t.learnEdge()
	return t.followAll()
}

// learnEdge learns what tells part from belt at each knot.
func (t *longTeaching) learnEdge() {
	deep := float32(min(max(0.1*t.half[1], 2), 4))
	for i := range t.contour {
		k := &t.contour[i]
		side := func(r float32) (out [3]float32) {
			var columns [3][]float32
			for i := range t.crops {
				c := &t.crops[i]
				x, y := t.lies[i].to(k.U+r*k.NormalU, k.V+r*k.NormalV)
				if r > 0 && !nothingThere(c, x, y) {
					continue
				}
				red, green, blue := colourAt(c, x, y)
				for ch, v := range [3]float32{red, green, blue} {
					columns[ch] = append(columns[ch], v/max(c.Surround[ch], 1))
				}
			}
			for ch := range columns {
				if len(columns[ch]) > 0 {
					out[ch] = median(columns[ch])
				}
			}
			return out
		}
		in, out := side(-deep), side(deep)
		var square float32
		for c := range in {
			square += (in[c] - out[c]) * (in[c] - out[c])
		}
		k.ToPart, k.Zero = [3]float32{}, 0
		if square < 0.05*0.05 {
			continue
		}
		for c := range in {
			k.ToPart[c] = (in[c] - out[c]) / square
			k.Zero += out[c] * k.ToPart[c]
		}
	}
}

// nothingThere reports whether a place outside of the part lies in the crop.
func nothingThere(c *vision.Crop, x, y float32) bool {
	return x >= 0 && y >= 0 && x < float32(c.Size) && y < float32(c.Size)
}

// followAll measures every part's outline; those that hide most of it are left out.
func (t *longTeaching) followAll() error {
	var crops []vision.Crop
	var lies []lie
	t.offs = t.offs[:0]
	for i := range t.crops {
		t.s.lie = t.lies[i]
		if t.s.follow(&t.crops[i], t.long) == nil {
			crops, lies = append(crops, t.crops[i]), append(lies, t.s.lie)
			t.offs = append(t.offs, slices.Clone(t.s.off))
		}
	}
	if len(crops) < Fewest {
		return fmt.Errorf("only %d of %d good parts show their whole outline: check diameter_mm and mm_per_px", len(crops), len(t.crops))
	}
	t.crops, t.lies = crops, lies
	return t.even()
}

// even refuses parts whose outlines can not be laid over one another.
func (t *longTeaching) even() error {
	var strays []float32
	for _, off := range t.offs {
		var sum, n float64
		for _, v := range off {
			if !math.IsNaN(v) {
				sum, n = sum+math.Abs(v), n+1
			}
		}
		strays = append(strays, float32(sum/max(n, 1)))
	}
	const most = 0.05 // of half the width
	if float64(median(strays)) > max(most*t.half[1], 1) {
		return errUneven
	}
	return nil
}

// settleContour moves the contour to where the edge is on most parts, and
// measures lengths and widths by the median part.
func (t *longTeaching) settleContour() {
	var along, across []float32
	for i := range t.lies {
		along, across = append(along, float32(t.lies[i].along)), append(across, float32(t.lies[i].across))
	}
	a, b := median(along), median(across)
	moves := make([]float32, len(t.contour))
	var column []float32
	for k := range t.contour {
		column = column[:0]
		for _, off := range t.offs {
			if !math.IsNaN(off[k]) {
				column = append(column, float32(off[k]))
			}
		}
		if len(column) > 0 {
			moves[k] = median(column)
		}
	}
	for k := range t.contour {
		c := &t.contour[k]
		c.U, c.V = a*(c.U+moves[k]*c.NormalU), b*(c.V+moves[k]*c.NormalV)
	}
	upright(t.contour)
	for i := range t.lies {
		t.lies[i].along, t.lies[i].across = t.lies[i].along/float64(a), t.lies[i].across/float64(b)
	}
	t.half = [2]float64{}
	for k := range t.contour {
		t.half[0] = max(t.half[0], math.Abs(float64(t.contour[k].U)))
		t.half[1] = max(t.half[1], math.Abs(float64(t.contour[k].V)))
	}
}

// learnInside marks the places of the frame that are compared: inside the
// contour by more than the brim.
func (t *longTeaching) learnInside() {
	t.inside = make([]bool, t.width*t.height)
	u0, v0 := t.corner()
	n := len(t.contour)
	for j := range t.height {
		for i := range t.width {
			u, v := u0+float32(i), v0+float32(j)
			in, near := false, false
			for k := range t.contour {
				a, b := &t.contour[k], &t.contour[(k+1)%n]
				if (a.V > v) != (b.V > v) && u < a.U+(v-a.V)/(b.V-a.V)*(b.U-a.U) {
					in = !in
				}
				if du, dv := a.U-u, a.V-v; du*du+dv*dv < brim*brim {
					near = true
					break
				}
			}
			t.inside[j*t.width+i] = in && !near
		}
	}
	t.prepare()
}

// mostLit is how many places of the frame tell how it is lit.
const mostLit = 1500

// prepare makes what is made from the rest.
func (l *long) prepare() {
	l.lit = l.lit[:0]
	step := max(int(math.Sqrt(float64(l.width*l.height)/mostLit)), 2)
	for j := step / 2; j < l.height; j += step {
		for i := step / 2; i < l.width; i += step {
			if k := j*l.width + i; l.inside[k] {
				l.lit = append(l.lit, k)
			}
		}
	}
	if l.joint.used() {
		l.about = l.sites(l.joint.At)
		l.findBesides()
	}
	for i := range l.stances {
		l.stances[i].findLeast()
	}
}

package vision

import (
	"math"
	"slices"
	"time"

	"linesman/camera"
)

// Sight is what one frame tells of the camera's own state: of its light,
// focus and place, and of dirt before it. What passes by is the reference:
// the good parts and the belt around them. Reuse one value; after the first
// frame Take allocates nothing.
type Sight struct {
	At time.Time // of exposure
	// Good are the means over parts that were answered with less than the
	// limit, All those over every part looked at, for when none is good.
	Good, All Looks
	// Room is how near, in pixels, any part came to the picture's edges across
	// the belt; infinite for no parts.
	Room  float64
	Cells Cells
}

// Looks are means over some parts of one frame. Colours are levels of R, G, B.
type Looks struct {
	Parts    int
	Part     [3]float64 // of the part's face
	Belt     [3]float64 // of the belt around it
	Edge     float64    // how many pixels the part's edge takes from its level to the belt's
	Edges    int        // parts whose edge could be measured; fewer where they touch
	Diameter float64    // of a circle of the part's area, pixels
	Across   float64    // of its centre from its lane's middle across the belt, pixels
	Along    float64    // of its centre from the picture's middle, along the belt, pixels
	Score    float64    // 1 = threshold
}

// mostLooks is how many parts of one frame are looked at: enough, since it is
// the mean over many frames that counts.
const mostLooks = 8

// mostScore is what a part counts that is surely bad, or that has no answer: one
// bad part among good ones says nothing of the eyes.
const mostScore = 1.5

// Take measures a frame. all is what was located in it; own are those of its
// parts that this frame judges, scores what they were answered with (NaN: not at
// all), limit the score at which a part is no longer good.
func (s *Sight) Take(f *camera.Frame, all *Crops, own []Crop, scores []float64, limit float64, set *LocateSettings) {
	s.At, s.Good, s.All, s.Room = f.At, Looks{}, Looks{}, math.Inf(1)
	step := max(1, (len(own)+mostLooks-1)/mostLooks)
	for i := int(f.Seq % uint64(step)); i < len(own); i += step {
		c := &own[i]
		if c.Mask == nil || c.Area <= 0 {
			continue
		}
		l := lookAt(c, f, set)
		l.Score = mostScore
		if scores[i] < mostScore {
			l.Score = scores[i]
		}
		s.All.add(&l)
		if scores[i] < limit {
			s.Good.add(&l)
		}
	}
	for i := range own {
		s.Room = min(s.Room, roomOf(&own[i], f, set))
	}
	s.All.mean()
	s.Good.mean()
	s.Cells.take(f, all, set)
}

func (l *Looks) add(p *Looks) {
	l.Parts++
	for c := range l.Part {
		l.Part[c] += p.Part[c]
		l.Belt[c] += p.Belt[c]
	}
	l.Edge += p.Edge
	l.Edges += p.Edges
	l.Diameter += p.Diameter
	l.Across += p.Across
	l.Along += p.Along
	l.Score += p.Score
}

// mean divides the sums.
func (l *Looks) mean() {
	n := float64(max(l.Parts, 1))
	for c := range l.Part {
		l.Part[c] /= n
		l.Belt[c] /= n
	}
	l.Edge /= float64(max(l.Edges, 1))
	l.Diameter /= n
	l.Across /= n
	l.Along /= n
	l.Score /= n
}

// lookAt measures one part.
func lookAt(c *Crop, f *camera.Frame, set *LocateSettings) Looks {
	l := Looks{Diameter: math.Sqrt(4 / math.Pi * c.Area)}
	var off [3]float64
	l.Part, off = faceOf(c)
	for k, v := range c.Surround {
		l.Belt[k] = float64(v)
	}
	if c.Surround == [3]float32{} { // a locator that does not say
		l.Belt = off
	}
	along, across := c.Centre.X-float64(f.Width)/2, c.Centre.Y
	extent := float64(f.Height)
	if !set.AlongX() {
		along, across = c.Centre.Y-float64(f.Height)/2, c.Centre.X
		extent = float64(f.Width)
	}
	l.Along, l.Across = along, across-extent/2
	if n := max(set.Lanes, 1); n > 1 && c.Lane > 0 {
		l.Across -= (float64(c.Lane) - float64(n+1)/2) * set.LaneMM / set.MMPerPx
	}
	if w, ok := edgeWidth(c, l.Part, l.Belt); ok && !c.Touching {
		l.Edge, l.Edges = w, 1
	}
	return l
}

// roomOf returns how far a part is from the picture's edges across the belt.
func roomOf(c *Crop, f *camera.Frame, set *LocateSettings) float64 {
	if set.AlongX() {
		return min(c.Box.Y0, float64(f.Height)-c.Box.Y1)
	}
	return min(c.Box.X0, float64(f.Width)-c.Box.X1)
}

// faceOf returns the mean colour on the part and beside it, of every third
// pixel of every third row.
func faceOf(c *Crop) (on, off [3]float64) {
	var sum [2][3]int
	var n [2]int
	for y := 1; y < c.Size; y += 3 {
		for x := 1; x < c.Size; x += 3 {
			i := y*c.Size + x
			k := 0
			if c.Mask[i] != 0 {
				k = 1
			}
			p := c.Pix[3*i:][:3:3]
			sum[k][0], sum[k][1], sum[k][2] = sum[k][0]+int(p[0]), sum[k][1]+int(p[1]), sum[k][2]+int(p[2])
			n[k]++
		}
	}
	for ch := range on {
		on[ch] = float64(sum[1][ch]) / float64(max(n[1], 1))
		off[ch] = float64(sum[0][ch]) / float64(max(n[0], 1))
	}
	return on, off
}

const (
	edgeReach = 6 // pixels looked at to either side of a part's edge
	edgeLines = 16
	edgeLeast = 8 // places along the outline that must agree
)

// edgeWidth measures how sharp a part's outline is: the median, over lines that
// cross it about squarely, of the step in level over the steepest slope. It is a
// length in pixels, so the light's strength has no part in it.
func edgeWidth(c *Crop, part, belt [3]float64) (px float64, ok bool) {
	ch := 0 // the channel in which the part stands out most
	for k := range part {
		if math.Abs(part[k]-belt[k]) > math.Abs(part[ch]-belt[ch]) {
			ch = k
		}
	}
	step := part[ch] - belt[ch]
	if math.Abs(step) < 10 {
		return 0, false
	}
	e := edges{c: c, channel: ch, belt: belt[ch], step: step}
	// The middle half of the part, where its outline stands across the lines.
	w, h := c.Box.Width(), c.Box.Height()
	mid := float64(c.Size) / 2
	for k := range edgeLines {
		at := (float64(k)+0.5)/edgeLines - 0.5
		e.along(int(mid+at*h/2), c.Size, 3*c.Size, 3, 1)
		e.along(int(mid+at*w/2), 1, 3, 3*c.Size, c.Size)
	}
	if e.n < edgeLeast {
		return 0, false
	}
	found := e.width[:e.n]
	slices.Sort(found)
	return float64(found[e.n/2]), true
}

// edges gathers widths along lines of a crop.
type edges struct {
	c          *Crop
	channel    int
	belt, step float64
	width      [4 * edgeLines]float32
	n          int
}

// along looks at the first and the last edge of one row or column: maskLine and
// pixLine lead from line to line, pix and mask from pixel to pixel along it.
func (e *edges) along(line, maskLine, pixLine, pix, mask int) {
	size := e.c.Size
	if line < 0 || line >= size {
		return
	}
	m, p := e.c.Mask[line*maskLine:], e.c.Pix[line*pixLine+e.channel:]
	first, last := -1, -1
	for i := range size {
		if m[i*mask] != 0 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first >= edgeReach && first+edgeReach < size {
		e.cross(p, pix, first, 1)
	}
	if last >= edgeReach && last+edgeReach < size {
		e.cross(p, pix, last, -1)
	}
}

// cross measures one crossing at pixel i of a line; inwards is the way into
// the part. A neighbour beyond the edge spoils it.
func (e *edges) cross(p []byte, pix, i, inwards int) {
	var v [2*edgeReach + 1]float64
	for k := range v {
		v[k] = float64(p[(i+inwards*(k-edgeReach))*pix])
	}
	out := (v[0] + v[1] + v[2]) / 3
	in := (v[len(v)-1] + v[len(v)-2] + v[len(v)-3]) / 3
	step := (in - out) / e.step // 1 where this place is as the whole part
	if math.Abs(out-e.belt) > 0.3*math.Abs(e.step) || step < 0.4 {
		return
	}
	steepest := 0.0
	for k := 1; k+1 < len(v); k++ {
		steepest = max(steepest, (v[k+1]-v[k-1])/2*math.Copysign(1, e.step))
	}
	if steepest > 0 && e.n < len(e.width) {
		e.width[e.n] = float32(math.Abs(in-out) / steepest)
		e.n++
	}
}

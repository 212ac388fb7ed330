package line

import (
	"math"
	"slices"
	"time"

	"linesman/event"
	"linesman/models"
	"linesman/vision"
)

// gaze is how one view looked at first, and looks now.
type gaze struct {
	set       vision.LocateSettings
	triggered bool // every part triggers the camera, so its place along the belt is known too
	learn     int
	memory    float64 // the weight of the newest frame, the lambda of the averages

	learned  bool
	carried  bool      // the origin is an earlier run's
	from, to time.Time // of the frames learned from
	frames   uint64
	parts    uint64 // good ones learned from
	followed uint64 // frames since
	seen     [quantities]chart
	room     float64 // the least there was, while learning, between parts and the picture's edge, px
	passing  float64 // share of the parts that are good
	cells    cellWatch
	states   [len(measures)]byte

	at        time.Time           // exposure of the newest frame measured
	reference event.EyesReference // what drift is measured from, once learned
	accepted  string              // id of the event by which a person asked for a new origin

	minute       time.Time
	minuteFrames uint64
	minuteParts  uint64
}

// The quantities of a frame that are followed. Levels, widths and diameters as
// logarithms, so that a change is a share.
const (
	partR = iota
	partG
	partB
	beltR
	beltG
	beltB
	edgeLog
	acrossPx
	alongPx
	diameterLog
	scoreMean
	quantities
)

// chart follows one quantity: its mean and spread at first, then an exponentially
// weighted moving average (Roberts, Technometrics 1, 1959; Montgomery, Introduction
// to Statistical Quality Control, ch. 9).
type chart struct {
	n         float64
	mean      float64
	last      float64
	stepSum   float64 // of squared steps from value to value while learning
	deviation float64
	now       float64
	error     float64 // standard, of now against mean
}

func (c *chart) study(v float64) {
	if c.n > 0 {
		c.stepSum += (v - c.last) * (v - c.last)
	}
	c.n++
	c.mean += (v - c.mean) / c.n
	c.last = v
}

// settle ends the learning. The spread is that of the steps from frame to frame
// (von Neumann 1941), which a slow drift while learning hardly widens.
func (c *chart) settle(memory float64) {
	c.deviation = math.Sqrt(c.stepSum / 2 / max(c.n-1, 1))
	c.now, c.error = c.mean, standardError(c.deviation, memory, c.n)
}

// follow takes a new value; one that is far out counts as reach, so that no
// single frame can raise an alarm.
func (c *chart) follow(v, reach, memory float64) {
	reach = max(reach, 4*c.deviation)
	c.now += memory * min(max(v-c.now, -reach), reach)
}

// off is how far the average is from its origin.
func (c *chart) off() float64 { return c.now - c.mean }

// standardError is that of an exponentially weighted average of what deviates so
// much, against a mean of n.
func standardError(deviation, memory, n float64) float64 {
	return deviation * math.Sqrt(memory/(2-memory)+1/max(n, 1))
}

// reaches limit what a single frame's word counts.
var reaches = [quantities]float64{
	partR: 0.1, partG: 0.1, partB: 0.1, beltR: 0.1, beltG: 0.1, beltB: 0.1,
	edgeLog: 0.2, acrossPx: 4, alongPx: 4, diameterLog: 0.02, scoreMean: 0.2,
}

// quantitiesOf returns a sight in the gaze's numbers; NaN where there are none. The
// score is that of all parts: of the good ones alone it could not rise to the limit.
func quantitiesOf(l *vision.Looks, score float64) (q [quantities]float64) {
	for i := range q {
		q[i] = math.NaN()
	}
	if l.Parts == 0 {
		return q
	}
	for c := range 3 {
		q[partR+c] = math.Log(max(l.Part[c], 1))
		q[beltR+c] = math.Log(max(l.Belt[c], 1))
	}
	if l.Edges > 0 {
		q[edgeLog] = math.Log(l.Edge)
	}
	q[acrossPx], q[alongPx] = l.Across, l.Along
	q[diameterLog], q[scoreMean] = math.Log(l.Diameter), score
	return q
}

// study learns from one frame what the view looks like.
func (z *gaze) study(s *vision.Sight) {
	if s.Good.Parts == 0 {
		return
	}
	if z.frames == 0 {
		z.from, z.room = s.At, s.Room
	}
	z.to = s.At
	z.frames++
	z.parts += uint64(s.Good.Parts)
	z.room = min(z.room, s.Room)
	for i, v := range quantitiesOf(&s.Good, s.All.Score) {
		if !math.IsNaN(v) {
			z.seen[i].study(v)
		}
	}
	z.cells.study(&s.Cells)
	if z.frames < uint64(z.learn) {
		return
	}
	z.learned, z.passing = true, 1
	for i := range z.seen {
		z.seen[i].settle(z.memory)
	}
	z.cells.settle(!z.set.AlongX(), z.memory/2)
}

// carryOn measures drift from an earlier origin. What was learned now says how much
// the quantities spread, and where the averages begin. Cells have no past.
func (z *gaze) carryOn(o *event.EyesReference) {
	z.carried, z.from, z.to, z.frames, z.parts, z.room = true, o.From, o.To, o.Frames, o.Parts, o.Room
	log := func(v float64) float64 { return math.Log(max(v, 1e-3)) }
	for i, v := range [quantities]float64{
		partR: log(o.Part[0]), partG: log(o.Part[1]), partB: log(o.Part[2]), beltR: log(o.Belt[0]), beltG: log(o.Belt[1]), beltB: log(o.Belt[2]),
		edgeLog: log(o.Edge), acrossPx: o.Across / z.set.MMPerPx, alongPx: o.Along / z.set.MMPerPx, diameterLog: log(o.Diameter / z.set.MMPerPx), scoreMean: o.Score,
	} {
		if z.seen[i].n > 0 {
			z.seen[i].mean = v
		}
	}
}

// follow takes one frame after the reference is known.
func (z *gaze) follow(s *vision.Sight) {
	z.followed++
	if s.All.Parts > 0 {
		z.passing += z.memory * (float64(s.Good.Parts)/float64(s.All.Parts) - z.passing)
	}
	looks := &s.Good
	if z.passing < 0.5 { // it may well be the eyes that most parts fail by
		looks = &s.All
	}
	for i, v := range quantitiesOf(looks, s.All.Score) {
		if !math.IsNaN(v) {
			z.seen[i].follow(v, reaches[i], z.memory)
		}
	}
	z.cells.follow(&s.Cells)
}

// scoreOf is a part's score, NaN if the model gave no answer.
func scoreOf(r *models.Result) float64 {
	if r.Unanswered != "" {
		return math.NaN()
	}
	return r.Anomaly
}

// cellWatch follows the picture's coarse cells: what stands still while the belt
// moves is before the camera.
type cellWatch struct {
	side, cols, rows int
	turned           bool // the belt runs along the columns
	at               []cell
	memory           float64 // of its averages: half the weight of the others', since a cell is a small place
	row              []float64

	oddest float64 // share by which the oddest cell is off, signed
	noise  float64 // what chance alone may have made of it
	x, y   float64 // its middle, pixels of the sensor
}

type cell struct {
	chart
	chance float64 // share that chance alone may make of it
}

// cellReach limits what one frame's word on one cell counts.
const cellReach = 0.2

func (w *cellWatch) study(g *vision.Cells) {
	if g.Side != w.side || g.Cols != w.cols || g.Rows != w.rows {
		*w = cellWatch{side: g.Side, cols: g.Cols, rows: g.Rows, at: make([]cell, g.Cols*g.Rows), row: make([]float64, 0, max(g.Cols, g.Rows))}
	}
	for i, v := range g.Value {
		if v == 0 {
			continue
		}
		w.at[i].study(float64(v))
	}
}

// settle ends the learning. A cell seen in less than a quarter of the frames is
// not watched.
func (w *cellWatch) settle(turned bool, memory float64) {
	w.turned, w.memory = turned, memory
	most := 0.0
	for i := range w.at {
		most = max(most, w.at[i].n)
	}
	for i := range w.at {
		c := &w.at[i]
		if c.n < most/4 || c.mean <= 0 {
			c.n = 0
			continue
		}
		c.settle(memory)
		c.chance = surelyCell * c.error / c.mean
	}
}

func (w *cellWatch) follow(g *vision.Cells) {
	if g.Side != w.side || g.Cols != w.cols || g.Rows != w.rows {
		return // another size of picture: the camera's supervisor says so
	}
	for i, v := range g.Value {
		if c := &w.at[i]; v != 0 && c.n > 0 {
			c.follow(float64(v), cellReach, w.memory)
		}
	}
	w.findOddest()
}

// findOddest compares each cell's change with that of its row along the belt,
// so that a belt that wears in lanes is not taken for dirt on the lens.
func (w *cellWatch) findOddest() {
	w.oddest, w.noise, w.x, w.y = 0, 0, 0, 0
	surest := math.Inf(-1)
	rows, cols, down, right := w.rows, w.cols, w.cols, 1
	if w.turned {
		rows, cols, down, right = w.cols, w.rows, 1, w.cols
	}
	for r := range rows {
		w.row = w.row[:0]
		for k := range cols {
			if c := &w.at[r*down+k*right]; c.n > 0 {
				w.row = append(w.row, c.now/c.mean)
			}
		}
		if len(w.row) < 5 {
			continue
		}
		slices.Sort(w.row)
		usual := w.row[len(w.row)/2]
		for k := range cols {
			i := r*down + k*right
			c := &w.at[i]
			if c.n == 0 {
				continue
			}
			if off := c.now/c.mean/usual - 1; math.Abs(off)-c.chance > surest {
				surest = math.Abs(off) - c.chance
				w.oddest, w.noise = off, c.chance
				w.x, w.y = (float64(i%w.cols)+0.5)*float64(w.side), (float64(i/w.cols)+0.5)*float64(w.side)
			}
		}
	}
}

package bench

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"linesman/sim"
)

// Axis is what the escapes of a kind are held against.
type Axis string

// The axes, by the names reports use.
const (
	BySize     Axis = "size_mm"
	ByContrast Axis = "contrast"
	ByDeltaE   Axis = "delta_e"
)

// axesOf returns what makes a defect of a kind easy or hard to see. There are
// none where a part is another thing altogether: a foreign part, a print that
// is missing or wrong, half a capsule, a second cap. Their size is that of the
// thing and their contrast its colour's, which may be near 0, and neither says
// how small the fault is. A wrong colour is told by delta E alone. A kind
// nobody here has heard of may have size and contrast.
func axesOf(k sim.Kind) []Axis {
	switch k {
	case sim.WrongColour:
		return []Axis{ByDeltaE}
	case sim.NotClosed: // its contrast is that of cap and body
		return []Axis{BySize}
	case sim.ForeignPart, sim.MissingPrint, sim.WrongPrint, sim.MissingHalf, sim.DoubleCap:
		return nil
	}
	return []Axis{BySize, ByContrast}
}

// of returns where a part lies on the axis; 0 where its truth does not say.
func (a Axis) of(p sim.Part) float64 {
	switch a {
	case BySize:
		return p.SizeMM
	case ByContrast:
		return p.Contrast
	}
	return p.DeltaE
}

// Classes are fixed beforehand, so that two runs can be laid side by side: for
// size and delta E the preferred numbers of ISO 3, ten to a decade; for
// contrast steps of five hundredths.
var preferred = [10]float64{1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8}

const contrastStep = 0.05

// notGiven is the class of what the truth does not say.
const notGiven = math.MinInt32

// class returns the number of the class that a value falls into; it holds its
// lower edge and not its upper one.
func (a Axis) class(v float64) int {
	if !(v > 0) {
		return notGiven
	}
	n := int(math.Floor(10 * math.Log10(v)))
	if a == ByContrast {
		n = int(math.Floor(v / contrastStep))
	}
	for v < a.edge(n) {
		n--
	}
	for v >= a.edge(n+1) {
		n++
	}
	return n
}

// edge returns the lower edge of a class.
func (a Axis) edge(n int) float64 {
	if a == ByContrast {
		return float64(n) / (1 / contrastStep)
	}
	decade := int(math.Floor(float64(n) / 10))
	m := preferred[n-10*decade]
	if decade < 0 { // divided, 0.315 is what the text 0.315 says
		return m / math.Pow10(-decade)
	}
	return m * math.Pow10(decade)
}

// Class is one step of a curve: From and To are its edges, To is the next
// one's. Both are 0 where the truth gives no value.
type Class struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
	Share
}

// Cell is one class of size and of contrast.
type Cell struct {
	SizeFrom     float64 `json:"size_mm_from"`
	SizeTo       float64 `json:"size_mm_to"`
	ContrastFrom float64 `json:"contrast_from"`
	ContrastTo   float64 `json:"contrast_to"`
	Share
}

// Curve is what became of one kind's parts, by how hard they are to see. A
// kind without axes has All alone.
type Curve struct {
	All      Share   `json:"all"`
	Size     []Class `json:"by_size_mm,omitempty"`
	Contrast []Class `json:"by_contrast,omitempty"`
	DeltaE   []Class `json:"by_delta_e,omitempty"`
	Cells    []Cell  `json:"by_size_and_contrast,omitempty"` // only those that were drawn
}

// curve counts the parts of one kind by class. What it holds grows with the
// classes, not with the parts.
type curve struct {
	axes  []Axis
	cells map[[2]int]count
}

func newCurve(k sim.Kind) *curve { return &curve{axes: axesOf(k), cells: map[[2]int]count{}} }

func (c *curve) add(p sim.Part, escaped bool) {
	var at [2]int
	for i, a := range c.axes {
		at[i] = a.class(a.of(p))
	}
	n := c.cells[at]
	n.add(escaped)
	c.cells[at] = n
}

func (c *curve) all() (sum count) {
	for _, n := range c.cells {
		sum.join(n)
	}
	return sum
}

// tell returns the curve with its bounds, classes ascending.
func (c *curve) tell() Curve {
	out := Curve{All: c.all().share()}
	for i, a := range c.axes {
		classes := c.along(i)
		switch a {
		case BySize:
			out.Size = classes
		case ByContrast:
			out.Contrast = classes
		case ByDeltaE:
			out.DeltaE = classes
		}
	}
	if len(c.axes) < 2 {
		return out
	}
	for _, at := range slices.SortedFunc(maps.Keys(c.cells), func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }) {
		cell := Cell{Share: c.cells[at].share()}
		cell.SizeFrom, cell.SizeTo = c.axes[0].edges(at[0])
		cell.ContrastFrom, cell.ContrastTo = c.axes[1].edges(at[1])
		out.Cells = append(out.Cells, cell)
	}
	return out
}

// along sums over all axes but one. A class between two that were drawn is
// there, too, though nothing fell into it.
func (c *curve) along(axis int) []Class {
	sums := map[int]count{}
	lo, hi := math.MaxInt, math.MinInt
	for at, n := range c.cells {
		s := sums[at[axis]]
		s.join(n)
		sums[at[axis]] = s
		if at[axis] != notGiven {
			lo, hi = min(lo, at[axis]), max(hi, at[axis])
		}
	}
	var out []Class
	if n, ok := sums[notGiven]; ok {
		out = append(out, Class{Share: n.share()})
	}
	for n := lo; n <= hi; n++ {
		class := Class{Share: sums[n].share()}
		class.From, class.To = c.axes[axis].edges(n)
		out = append(out, class)
	}
	return out
}

// edges returns both edges of a class.
func (a Axis) edges(n int) (from, to float64) {
	if n == notGiven {
		return 0, 0
	}
	return a.edge(n), a.edge(n + 1)
}

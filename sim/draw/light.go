package draw

import "math"

// Light over the picture and over time, as shares of the nominal brightness.
const (
	slowDrift  = 0.06 // lamps warming and ageing: a swing over slowMM of belt
	quickDrift = 0.02
	flicker    = 0.02 // from one exposure to the next
	slowMM     = 47e3
	quickMM    = 3.1e3
)

// lampX, lampY point from a part to the brighter lamp.
const (
	lampX = -0.6
	lampY = -0.8
)

// light is the lamps' strength and how it falls off across the picture. Both
// are fixed-point numbers with lightBits fractional bits.
type light struct {
	columns, rows   []int32
	slowAt, quickAt float64
	seed            uint64
}

const lightBits = 12

func newLight(width, height int, seed uint64) *light {
	d := roll(seed, 31)
	l := &light{slowAt: d.span(0, 2*math.Pi), quickAt: d.span(0, 2*math.Pi), seed: seed}
	l.columns = falloff(width, 0.05, d.span(-0.02, 0.02))
	l.rows = falloff(height, 0.05, d.span(-0.02, 0.02))
	return l
}

// falloff is a lens's: bow from the middle to both ends, lean from end to end.
func falloff(n int, bow, lean float64) []int32 {
	out := make([]int32, n)
	for i := range out {
		u := (float64(i)+0.5)/float64(n)*2 - 1
		out[i] = int32(math.Round((1 - bow*u*u + lean*u) * (1 << lightBits)))
	}
	return out
}

// strength returns the lamps' share of nominal when the belt has travelled so
// far: never more than a tenth off.
func (l *light) strength(travelled float64) float64 {
	d := roll(l.seed, 32, math.Float64bits(travelled))
	return 1 + slowDrift*math.Sin(2*math.Pi*travelled/slowMM+l.slowAt) +
		quickDrift*math.Sin(2*math.Pi*travelled/quickMM+l.quickAt) + d.span(-flicker, flicker)
}

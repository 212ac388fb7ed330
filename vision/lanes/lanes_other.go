//go:build !amd64

package lanes

var fast = false

func weigh8(out, a, b, c, d, e *float32, n int)            { panic("lanes: not on this processor") }
func box8(out, in *float32, n, taps int, k float32)        { panic("lanes: not on this processor") }
func slide8(out, in, sum, kept *float32, n int, k float32) { panic("lanes: not on this processor") }
func look8(out, xs, ys, picture *float32, n, side int, last float32) {
	panic("lanes: not on this processor")
}
func add8(out, a *float32, n int, k float32)        { panic("lanes: not on this processor") }
func multiply8(out, a, b *float32, n int)           { panic("lanes: not on this processor") }
func line8(out *float32, n int, from, step float32) { panic("lanes: not on this processor") }
func relative8(out, seen, want *float32, n int, gain, least float32) {
	panic("lanes: not on this processor")
}
func beyond8(v *float32, n int, limit float32) int { panic("lanes: not on this processor") }
func dot8(a, b *float32, n int) float64            { panic("lanes: not on this processor") }

func strokes8(out, in *float32, n int, strokes *int, many, taps int, k float32) {
	panic("lanes: not on this processor")
}

func mean8(out *float32, rgb *byte, n int) { panic("lanes: not on this processor") }
func project8(out *float32, rgb *byte, n int, red, green, blue, zero float32) {
	panic("lanes: not on this processor")
}

func fall8(at, before, here, cos, sin, picture *float32, n, side int, x, y, from, step, limit, level, last float32) {
	panic("lanes: not on this processor")
}

func grey8(out, rgb *byte, n int)   { panic("lanes: not on this processor") }
func apart8(out, a, b *byte, n int) { panic("lanes: not on this processor") }
func total32(v *byte, n int) int    { panic("lanes: not on this processor") }

func laplace16(sums *[4]int64, above, here, below *byte, n int) {
	panic("lanes: not on this processor")
}

func weighted8(out *float32, in *byte, n, stride int, weights *float32, taps int) {
	panic("lanes: not on this processor")
}

func narrow8(red, green, blue, row *float32, first *int32, weights *float32, n, taps int, less, times float32) {
	panic("lanes: not on this processor")
}

func shift8(out, in *float32, n int, first, second float32) { panic("lanes: not on this processor") }

func over8(out, seen, want *float32, n int, least float32) {
	panic("lanes: not on this processor")
}

func halve4(out, above, below *byte, n int)               { panic("lanes: not on this processor") }
func products(sums *[48]float64, rows *[9]float64, n int) { panic("lanes: not on this processor") }

func squared8(x, y *float32, n int, limit float32) float32 {
	panic("lanes: not on this processor")
}

func symmetric8(out, middle *float32, n int, kernel *float32, reach int) {
	panic("lanes: not on this processor")
}

func squaredRows(out, rows, x *float32, n, cols int) { panic("lanes: not on this processor") }

package lanes

import "golang.org/x/sys/cpu"

// fast says that the processor has what the functions below need. Tests switch it off.
var fast = cpu.X86.HasAVX2

// Each works on the first n numbers, n a multiple of 8 and at least 8.

//go:noescape
func weigh8(out, a, b, c, d, e *float32, n int)

//go:noescape
func box8(out, in *float32, n, taps int, k float32)

//go:noescape
func slide8(out, in, sum, kept *float32, n int, k float32)

//go:noescape
func add8(out, a *float32, n int, k float32)

//go:noescape
func multiply8(out, a, b *float32, n int)

//go:noescape
func line8(out *float32, n int, from, step float32)

//go:noescape
func relative8(out, seen, want *float32, n int, gain, least float32)

//go:noescape
func beyond8(v *float32, n int, limit float32) int

//go:noescape
func strokes8(out, in *float32, n int, strokes *int, many, taps int, k float32)

//go:noescape
func look8(out, xs, ys, picture *float32, n, side int, last float32)

//go:noescape
func dot8(a, b *float32, n int) float64

//go:noescape
func mean8(out *float32, rgb *byte, n int)

//go:noescape
func project8(out *float32, rgb *byte, n int, red, green, blue, zero float32)

//go:noescape
func fall8(at, before, here, cos, sin, picture *float32, n, side int, x, y, from, step, limit, level, last float32)

//go:noescape
func grey8(out, rgb *byte, n int)

//go:noescape
func apart8(out, a, b *byte, n int)

//go:noescape
func weighted8(out *float32, in *byte, n, stride int, weights *float32, taps int)

//go:noescape
func narrow8(red, green, blue, row *float32, first *int32, weights *float32, n, taps int, less, times float32)

//go:noescape
func shift8(out, in *float32, n int, first, second float32)

//go:noescape
func over8(out, seen, want *float32, n int, least float32)

//go:noescape
func squared8(x, y *float32, n int, limit float32) float32

//go:noescape
func symmetric8(out, middle *float32, n int, kernel *float32, reach int)

// The others take so many at a time as their names say.

//go:noescape
func halve4(out, above, below *byte, n int)

//go:noescape
func laplace16(sums *[4]int64, above, here, below *byte, n int)

//go:noescape
func total32(v *byte, n int) int

//go:noescape
func products(sums *[48]float64, rows *[9]float64, n int)

//go:noescape
func squaredRows(out, rows, x *float32, n, cols int)

//go:build !amd64

package lanes

var fast = false

func weigh8(out, a, b, c, d, e *float32, n int)            { panic("lanes: not on this processor") }
func box8(out, in *float32, n, taps int, k float32)        { panic("lanes: not on this processor") }
func slide8(out, in, sum, kept *float32, n int, k float32) { panic("lanes: not on this processor") }
func look8(out, xs, ys, picture *float32, n, side int, last float32) {
	panic("lanes: not on this processor")
}
func add8(out, a *float32, n int, k float32) { panic("lanes: not on this processor") }
func multiply8(out, a, b *float32, n int)    { panic("lanes: not on this processor") }
func dot8(a, b *float32, n int) float64      { panic("lanes: not on this processor") }

package lanes

import "math"

// stretch is how many numbers are summed before a distance is held against its limit.
const stretch = 32

// Squared is the squared distance of x and y, summed in a stated order; or, where it
// is not below limit, some number that is not.
func Squared(x, y []float32, limit float32) float32 {
	y = y[:len(x)]
	done := len(x) &^ 7
	var sum float32
	if fast && done > 0 {
		sum = squared8(&x[0], &y[0], done, limit)
	} else {
		sum = squared(x[:done], y, limit)
	}
	for i := done; i < len(x); i++ {
		sum += (x[i] - y[i]) * (x[i] - y[i])
	}
	return sum
}

// SquaredFrom writes how far each row of rows is from x, squared, summed as Squared does.
// rows has len(out) rows of len(x) numbers, a multiple of 8.
func SquaredFrom(out, rows, x []float32) {
	rows = rows[:len(out)*len(x)]
	if len(x)%8 != 0 {
		panic("lanes: SquaredFrom takes rows of a multiple of 8 numbers")
	}
	if fast && len(rows) > 0 {
		squaredRows(&out[0], &rows[0], &x[0], len(out), len(x))
		return
	}
	for i := range out {
		out[i] = squared(rows[i*len(x):(i+1)*len(x)], x, float32(math.Inf(1)))
	}
}

// squared sums every eighth number by itself, eights by turns in one of two sums.
func squared(x, y []float32, limit float32) (total float32) {
	var even, odd [8]float32
	for at := 0; at < len(x); at += 8 {
		sum := &even
		if at&8 != 0 {
			sum = &odd
		}
		for k := range sum {
			d := x[at+k] - y[at+k]
			sum[k] += d * d
		}
		if (at+8)%stretch != 0 && at+8 < len(x) {
			continue
		}
		var s [8]float32
		for k := range s {
			s[k] = even[k] + odd[k]
		}
		total = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
		if total >= limit {
			break
		}
	}
	return total
}

// Symmetric convolves a row with half a kernel, from its middle on: out[i] is kernel[0]
// of in[i+reach] and kernel[k] of the sum of the two numbers k away from it. in has
// twice the reach, len(kernel)-1, more numbers than out, and does not overlap it.
func Symmetric(out, in, kernel []float32) {
	n, reach := len(out), len(kernel)-1
	in = in[:n+2*reach]
	if fast && n >= 8 {
		done := n &^ 7
		symmetric8(&out[0], &in[reach], done, &kernel[0], reach)
		if done < n { // the last eight, some of them once more
			symmetric8(&out[n-8], &in[n-8+reach], 8, &kernel[0], reach)
		}
		return
	}
	for i := range out {
		v := kernel[0] * in[i+reach]
		for k := 1; k <= reach; k++ {
			v += kernel[k] * (in[i+reach-k] + in[i+reach+k])
		}
		out[i] = v
	}
}

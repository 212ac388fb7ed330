// Package lanes does the arithmetic of rows of numbers that pictures are judged
// by: eight at a time where the processor can (AVX2), one at a time elsewhere,
// with the same results to the last bit, so that a box judges a stored picture as
// the box that saw it did.
package lanes

import "slices"

// Weigh writes the binomial average of five rows: out[i] is 1/16 of a[i] and e[i],
// 4/16 of b[i] and d[i] and 6/16 of c[i]. All rows are as long as out; out may be
// one of them only if the others do not overlap it.
func Weigh(out, a, b, c, d, e []float32) {
	n := len(out)
	a, b, c, d, e = a[:n], b[:n], c[:n], d[:n], e[:n]
	done := 0
	if fast && n >= 8 {
		done = n &^ 7
		weigh8(&out[0], &a[0], &b[0], &c[0], &d[0], &e[0], done)
	}
	for i := done; i < n; i++ {
		out[i] = (a[i]+e[i])*(1.0/16) + (b[i]+d[i])*(4.0/16) + c[i]*(6.0/16)
	}
}

// Box writes k times the sum of taps neighbours: out[i] is of in[i] to
// in[i+taps-1]. in has taps-1 numbers more than out, and does not overlap it.
func Box(out, in []float32, taps int, k float32) {
	n := len(out)
	in = in[:n+taps-1]
	if fast && n >= 8 {
		done := n &^ 7
		box8(&out[0], &in[0], done, taps, k)
		if done < n { // the last eight, some of them once more
			box8(&out[n-8], &in[n-8], 8, taps, k)
		}
		return
	}
	for i := range out {
		var sum float32
		for _, v := range in[i : i+taps] {
			sum += v
		}
		out[i] = sum * k
	}
}

// Strokes writes the strongest of several averages, the one furthest from 0, the
// first of equals: strokes holds, one average after the other, taps places each,
// counted from the number that out[0] stands for, which is in[origin]. out does not
// overlap in.
func Strokes(out, in []float32, origin int, strokes []int, taps int) {
	n := len(out)
	for _, d := range strokes {
		_ = in[origin+d : origin+d+n]
	}
	k := 1 / float32(taps)
	if fast && n >= 8 {
		done := n &^ 7
		strokes8(&out[0], &in[origin], done, &strokes[0], len(strokes)/taps, taps, k)
		if done < n { // the last eight, some of them once more
			strokes8(&out[n-8], &in[origin+n-8], 8, &strokes[0], len(strokes)/taps, taps, k)
		}
		return
	}
	for i := range out {
		var best float32
		for one := range slices.Chunk(strokes, taps) {
			var sum float32
			for _, d := range one {
				sum += in[origin+i+d]
			}
			if sum *= k; max(sum, -sum) > max(best, -best) {
				best = sum
			}
		}
		out[i] = best
	}
}

// Slide moves a running sum of rows by one: in comes in for kept, which went in
// when in's place was last written and is now replaced; out is k times the sum. out
// may be in.
func Slide(out, in, sum, kept []float32, k float32) {
	n := len(out)
	in, sum, kept = in[:n], sum[:n], kept[:n]
	done := 0
	if fast && n >= 8 {
		done = n &^ 7
		slide8(&out[0], &in[0], &sum[0], &kept[0], done, k)
	}
	for i := done; i < n; i++ {
		v := in[i]
		sum[i] += v - kept[i]
		kept[i] = v
		out[i] = sum[i] * k
	}
}

// Line writes from, from + step, from + 2 step and so on.
func Line(out []float32, from, step float32) {
	done := 0
	if fast && len(out) >= 8 {
		done = len(out) &^ 7
		line8(&out[0], done, from, step)
	}
	for i := done; i < len(out); i++ {
		out[i] = from + step*float32(i)
	}
}

// Relative writes how much more is seen, gain times seen, than wanted, as a share
// of it: 0.1 is a tenth more. Where less than least is wanted it is 0. out overlaps
// neither of the others.
func Relative(out, seen, want []float32, gain, least float32) {
	n := len(out)
	seen, want = seen[:n], want[:n]
	if fast && n >= 8 {
		done := n &^ 7
		relative8(&out[0], &seen[0], &want[0], done, gain, least)
		if done < n { // the last eight, some of them once more
			relative8(&out[n-8], &seen[n-8], &want[n-8], 8, gain, least)
		}
		return
	}
	for i := range out {
		out[i] = 0
		if want[i] >= least {
			out[i] = seen[i]*gain/want[i] - 1
		}
	}
}

// Over writes how much more is seen than wanted, as a share of it, or of least where
// less than that is wanted. out overlaps neither of the others.
func Over(out, seen, want []float32, least float32) {
	n := len(out)
	seen, want = seen[:n], want[:n]
	if fast && n >= 8 {
		done := n &^ 7
		over8(&out[0], &seen[0], &want[0], done, least)
		if done < n { // the last eight, some of them once more
			over8(&out[n-8], &seen[n-8], &want[n-8], 8, least)
		}
		return
	}
	for i := range out {
		out[i] = seen[i]/max(want[i], least) - 1
	}
}

// Shift writes the numbers of in plus first, plus second. out does not overlap in.
func Shift(out, in []float32, first, second float32) {
	n := len(out)
	in = in[:n]
	if fast && n >= 8 {
		done := n &^ 7
		shift8(&out[0], &in[0], done, first, second)
		if done < n { // the last eight, some of them once more
			shift8(&out[n-8], &in[n-8], 8, first, second)
		}
		return
	}
	for i := range out {
		out[i] = in[i] + first + second
	}
}

// Beyond returns the index of the first number that is further from 0 than limit,
// and len(v) if there is none.
func Beyond(v []float32, limit float32) int {
	i := 0
	if n := len(v) &^ 7; fast && n > 0 {
		if i = beyond8(&v[0], n, limit); i < n {
			return i
		}
	}
	for ; i < len(v); i++ {
		if max(v[i], -v[i]) > limit {
			break
		}
	}
	return i
}

// Add adds k times a to out.
func Add(out, a []float32, k float32) {
	n := len(out)
	a = a[:n]
	done := 0
	if fast && n >= 8 {
		done = n &^ 7
		add8(&out[0], &a[0], done, k)
	}
	for i := done; i < n; i++ {
		out[i] += k * a[i]
	}
}

// Multiply writes the products of a and b; out may be one of them.
func Multiply(out, a, b []float32) {
	n := len(out)
	a, b = a[:n], b[:n]
	done := 0
	if fast && n >= 8 {
		done = n &^ 7
		multiply8(&out[0], &a[0], &b[0], done)
	}
	for i := done; i < n; i++ {
		out[i] = a[i] * b[i]
	}
}

// Dot is the sum of a[i] x b[i], each product rounded as float32 and summed as
// float64.
func Dot(a, b []float32) float64 {
	n := len(a)
	b = b[:n]
	done := n &^ 7
	var sum float64
	if fast && n >= 8 {
		sum = dot8(&a[0], &b[0], done)
	} else {
		var s [8]float64
		for i := 0; i < done; i += 8 {
			for k := range s {
				s[k] += float64(a[i+k] * b[i+k])
			}
		}
		sum = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
	}
	for i := done; i < n; i++ {
		sum += float64(a[i] * b[i])
	}
	return sum
}

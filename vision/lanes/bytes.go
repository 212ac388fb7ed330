package lanes

// Mean writes the mean of the three bytes of each pixel, R G B, as a third of their sum.
func Mean(out []float32, rgb []byte) {
	n := len(out)
	rgb = rgb[:3*n]
	if fast && n >= 8 {
		done := n &^ 7
		mean8(&out[0], &rgb[0], done)
		if done < n { // the last eight, some of them once more
			mean8(&out[n-8], &rgb[3*(n-8)], 8)
		}
		return
	}
	for i := range out {
		p := rgb[3*i : 3*i+3 : 3*i+3]
		out[i] = (float32(p[0]) + float32(p[1]) + float32(p[2])) * (1.0 / 3)
	}
}

// Project writes the three bytes of each pixel, R G B, times three weights, less zero.
func Project(out []float32, rgb []byte, weight [3]float32, zero float32) {
	n := len(out)
	rgb = rgb[:3*n]
	if fast && n >= 8 {
		done := n &^ 7
		project8(&out[0], &rgb[0], done, weight[0], weight[1], weight[2], zero)
		if done < n { // the last eight, some of them once more
			project8(&out[n-8], &rgb[3*(n-8)], 8, weight[0], weight[1], weight[2], zero)
		}
		return
	}
	for i := range out {
		p := rgb[3*i : 3*i+3 : 3*i+3]
		out[i] = float32(p[0])*weight[0] + float32(p[1])*weight[1] + float32(p[2])*weight[2] - zero
	}
}

// Grey writes the grey of each pixel, R G B: 77, 150 and 29 parts of 256.
func Grey(out, rgb []byte) {
	n := len(out)
	rgb = rgb[:3*n]
	if fast && n >= 8 {
		done := n &^ 7
		grey8(&out[0], &rgb[0], done)
		if done < n { // the last eight, some of them once more
			grey8(&out[n-8], &rgb[3*(n-8)], 8)
		}
		return
	}
	for i := range out {
		p := rgb[3*i : 3*i+3 : 3*i+3]
		out[i] = byte((77*uint32(p[0]) + 150*uint32(p[1]) + 29*uint32(p[2])) >> 8)
	}
}

// Apart writes how far two rows of pixels, R G B, are from each other: the greatest
// difference of the three channels.
func Apart(out, a, b []byte) {
	n := len(out)
	a, b = a[:3*n], b[:3*n]
	if fast && n >= 8 {
		done := n &^ 7
		apart8(&out[0], &a[0], &b[0], done)
		if done < n { // the last eight, some of them once more
			apart8(&out[n-8], &a[3*(n-8)], &b[3*(n-8)], 8)
		}
		return
	}
	for i := range out {
		p, q := a[3*i:3*i+3:3*i+3], b[3*i:3*i+3:3*i+3]
		var most byte
		for c := range p {
			most = max(most, max(p[c], q[c])-min(p[c], q[c]))
		}
		out[i] = most
	}
}

// Laplacian is what Laplace sums up over a row.
type Laplacian struct {
	Level, Sum, Square int64 // of levels, of the Laplacian, and of its square
	Clipped            int64 // pixels at 0 or 255
}

// Laplace sums up the middle one of three rows, but for its ends: its levels, how far
// each is from its four neighbours, and how many are clipped.
func Laplace(above, here, below []byte) (l Laplacian) {
	n := len(here)
	above, below = above[:n], below[:n]
	from := 1
	const most = 8192 // at a time: sums of squares fit 32 bits
	for ; fast && n-1-from >= 16; from += min((n-1-from)&^15, most) {
		var sums [4]int64
		laplace16(&sums, &above[from], &here[from], &below[from], min((n-1-from)&^15, most))
		l.Level, l.Sum, l.Square, l.Clipped = l.Level+sums[0], l.Sum+sums[1], l.Square+sums[2], l.Clipped+sums[3]
	}
	for x := from; x < n-1; x++ {
		g := int64(here[x])
		d := int64(here[x-1]) + int64(here[x+1]) + int64(above[x]) + int64(below[x]) - 4*g
		l.Level, l.Sum, l.Square = l.Level+g, l.Sum+d, l.Square+d*d
		if g == 0 || g == 255 {
			l.Clipped++
		}
	}
	return l
}

// Total is the sum of v.
func Total(v []byte) (sum int) {
	done := 0
	if fast && len(v) >= 32 {
		done = len(v) &^ 31
		sum = total32(&v[0], done)
	}
	for _, b := range v[done:] {
		sum += int(b)
	}
	return sum
}

// Halve writes a row of pixels, R G B, that are each the mean of two by two: of two
// rows twice as long. Halves are rounded up. out overlaps neither of the others.
func Halve(out, above, below []byte) {
	n := len(out) / 3
	above, below = above[:6*n], below[:6*n]
	done := 0
	if fast && n > 4 { // the last ones' neighbours must not be touched
		done = (n - 1) &^ 3
		halve4(&out[0], &above[0], &below[0], done)
	}
	for i := 3 * done; i < 3*n; i++ {
		at := i + i/3*3
		out[i] = byte((int(above[at]) + int(above[at+3]) + int(below[at]) + int(below[at+3]) + 2) >> 2)
	}
}

package lanes

// Weighted writes the sum of several rows of bytes, each times its weight, in their
// order: in begins with the first row, and stride leads from one to the next.
func Weighted(out []float32, in []byte, stride int, weights []float32) {
	n := len(out)
	in = in[:(len(weights)-1)*stride+n]
	if fast && n >= 8 {
		done := n &^ 7
		weighted8(&out[0], &in[0], done, stride, &weights[0], len(weights))
		if done < n { // the last eight, some of them once more
			weighted8(&out[n-8], &in[n-8], 8, stride, &weights[0], len(weights))
		}
		return
	}
	clear(out)
	for k, weight := range weights {
		for i, v := range in[k*stride:][:n] {
			out[i] += weight * float32(v)
		}
	}
}

// Narrowing makes a row of pixels of a longer or shorter one: each is the sum of some
// neighbours, times their weights, in their order.
type Narrowing struct {
	taps  int     // neighbours of each pixel
	first []int32 // number of the row at which they begin
	// Weights, four times each, since a pixel's numbers stand beside each other: by
	// eights of pixels, of their first four, and by neighbour, that pixel's and that of
	// the pixel four further on. What lacks neighbours has weights of 0.
	weights []float32
	reach   int
}

// NewNarrowing takes for each pixel the first of its neighbours and the weights of
// these, which are not negative.
func NewNarrowing(first []int, weights [][]float32) *Narrowing {
	n := (len(first) + 7) &^ 7
	w := &Narrowing{first: make([]int32, n)}
	for _, own := range weights {
		w.taps = max(w.taps, len(own))
	}
	w.weights = make([]float32, 4*n*w.taps)
	for x, own := range weights {
		w.first[x] = int32(3 * first[x])
		w.reach = max(w.reach, 3*(first[x]+w.taps)+1)
		for k, v := range own {
			at := w.weights[w.at(x, k):]
			at[0], at[1], at[2], at[3] = v, v, v, v
		}
	}
	return w
}

// at is where the weight of neighbour k of pixel x stands.
func (w *Narrowing) at(x, k int) int { return ((x>>3*4+x&3)*w.taps+k)*8 + x&4 }

// Reach is how many numbers a row must have: those of its pixels and some behind
// them, which count for nothing but must not be negative.
func (w *Narrowing) Reach() int { return w.reach }

// Planes narrows a row of pixels, R G B, and writes each channel, less less and times
// times, into a row of its own.
func (w *Narrowing) Planes(red, green, blue, row []float32, less, times float32) {
	n := len(red)
	first := w.first[:n]
	green, blue, row = green[:n], blue[:n], row[:w.reach]
	done := 0
	if fast && n >= 8 {
		done = n &^ 7
		narrow8(&red[0], &green[0], &blue[0], &row[0], &first[0], &w.weights[0], done, w.taps, less, times)
	}
	for x := done; x < n; x++ {
		var r, g, b float32
		at := row[first[x]:]
		for k := range w.taps {
			weight := w.weights[w.at(x, k)]
			r += weight * at[3*k]
			g += weight * at[3*k+1]
			b += weight * at[3*k+2]
		}
		red[x], green[x], blue[x] = (r-less)*times, (g-less)*times, (b-less)*times
	}
}

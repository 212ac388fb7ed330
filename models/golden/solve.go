package golden

import "math"

// solveIn solves n equations kept row by row with their right side, n+1
// numbers each, and leaves the solution in the right side's place.
func solveIn(m []float64, n int, least float64) bool {
	w := n + 1
	for i := range n {
		p := i
		for r := i + 1; r < n; r++ {
			if math.Abs(m[r*w+i]) > math.Abs(m[p*w+i]) {
				p = r
			}
		}
		if math.Abs(m[p*w+i]) < least {
			return false
		}
		for c := range w {
			m[i*w+c], m[p*w+c] = m[p*w+c], m[i*w+c]
		}
		for r := range n {
			if r == i {
				continue
			}
			f := m[r*w+i] / m[i*w+i]
			for c := i; c < w; c++ {
				m[r*w+c] -= f * m[i*w+c]
			}
		}
	}
	for i := range n {
		m[i*w+n] /= m[i*w+i]
	}
	return true
}

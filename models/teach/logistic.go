package teach

import "math"

// logistic fits multinomial logistic regression: rows of weights, one a class,
// the constant last, such that the highest product with a look names its class.
// Looks have length 1; classes count alike however many each has. held is how
// much large weights cost, as a prior of that precision would. It is convex and
// descended with Nesterov's momentum, always in the same order, so that the same
// looks give the same weights (Hastie, Tibshirani, Friedman, The Elements of
// Statistical Learning, 4.4).
func logistic(looks [][]float64, class []int, classes int, held float64) [][]float64 {
	width := len(looks[0]) + 1
	count := make([]float64, classes)
	for _, c := range class {
		count[c]++
	}
	w, ahead, gradient := rowsOf(classes, width), rowsOf(classes, width), rowsOf(classes, width)
	step := 1 / (1 + held) // looks and constant have length 2 together, the curvature is at most half of it
	p := make([]float64, classes)
	for round := range 400 {
		for k := range gradient {
			for i, v := range ahead[k] {
				gradient[k][i] = held * v
			}
		}
		for n, look := range looks {
			highest := math.Inf(-1)
			for k := range p {
				p[k] = ahead[k][width-1]
				for i, v := range look {
					p[k] += ahead[k][i] * v
				}
				highest = max(highest, p[k])
			}
			sum := 0.0
			for k := range p {
				p[k] = math.Exp(p[k] - highest)
				sum += p[k]
			}
			weight := 1 / (count[class[n]] * float64(classes))
			for k := range p {
				d := p[k] / sum
				if k == class[n] {
					d--
				}
				d *= weight
				for i, v := range look {
					gradient[k][i] += d * v
				}
				gradient[k][width-1] += d
			}
		}
		momentum := float64(round) / float64(round+3)
		for k := range w {
			for i := range w[k] {
				next := ahead[k][i] - step*gradient[k][i]
				ahead[k][i] = next + momentum*(next-w[k][i])
				w[k][i] = next
			}
		}
	}
	return w
}

func rowsOf(n, width int) [][]float64 {
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, width)
	}
	return rows
}

package part

import "math"

// Assign finds the assignment of rows to columns that pairs as many as may be
// paired, and of those the one of least total cost; +Inf forbids a pair. It
// returns each row's column, -1 for none. It is the Hungarian method by
// shortest augmenting paths (Kuhn, 1955; Jonker and Volgenant, 1987), cubic in
// the longer side.
func Assign(cost [][]float64) []int {
	rows := len(cost)
	if rows == 0 {
		return nil
	}
	columns := len(cost[0])
	n := max(rows, columns)
	// A forbidden pair, and one with nobody, costs more than all allowed
	// ones together.
	never := 1.
	for _, row := range cost {
		for _, c := range row {
			if !math.IsInf(c, 1) {
				never += math.Abs(c)
			}
		}
	}
	at := func(i, j int) float64 {
		if i < rows && j < columns && !math.IsInf(cost[i][j], 1) {
			return cost[i][j]
		}
		return never
	}
	// Rows and columns count from 1 here; 0 is nobody. u and v are the prices.
	u, v := make([]float64, n+1), make([]float64, n+1)
	row, way := make([]int, n+1), make([]int, n+1)
	least, done := make([]float64, n+1), make([]bool, n+1)
	for i := 1; i <= n; i++ {
		for j := range least {
			least[j], done[j] = math.Inf(1), false
		}
		row[0] = i
		j := 0
		for row[j] != 0 {
			done[j] = true
			i0, next, step := row[j], 0, math.Inf(1)
			for k := 1; k <= n; k++ {
				if done[k] {
					continue
				}
				if d := at(i0-1, k-1) - u[i0] - v[k]; d < least[k] {
					least[k], way[k] = d, j
				}
				if least[k] < step {
					step, next = least[k], k
				}
			}
			for k := range done {
				if done[k] {
					u[row[k]] += step
					v[k] -= step
				} else {
					least[k] -= step
				}
			}
			j = next
		}
		for j != 0 {
			row[j] = row[way[j]]
			j = way[j]
		}
	}
	found := make([]int, rows)
	for i := range found {
		found[i] = -1
	}
	for j := 1; j <= columns; j++ {
		if i := row[j] - 1; i >= 0 && i < rows && !math.IsInf(cost[i][j-1], 1) {
			found[i] = j - 1
		}
	}
	return found
}

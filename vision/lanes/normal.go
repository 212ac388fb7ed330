package lanes

// Normal gathers the normal equations of a fit of three quantities by six terms: rows
// of the terms, and then of the quantities, each product summed in the rows' order.
type Normal struct {
	// Of four products each: terms 0 to 3 times all nine numbers but the last, by
	// fours; terms 4 and 5 times the second four; the last number times the first eight.
	sums [48]float64
}

// Add takes further rows.
func (n *Normal) Add(rows [][9]float64) {
	if fast && len(rows) > 0 {
		products(&n.sums, &rows[0], len(rows))
		return
	}
	for r := range rows {
		row := &rows[r]
		for k := range 8 {
			for j := range 4 {
				n.sums[8*j+k] += row[j] * row[k]
			}
			n.sums[40+k] += row[8] * row[k]
		}
		for k := range 4 {
			n.sums[32+k] += row[4] * row[4+k]
			n.sums[36+k] += row[5] * row[4+k]
		}
	}
}

// Product is the sum of the products of terms j and k.
func (n *Normal) Product(j, k int) float64 {
	if j, k = min(j, k), max(j, k); j < 4 {
		return n.sums[8*j+k]
	}
	return n.sums[32+4*(j-4)+k-4]
}

// Of is the sum of the products of term j and quantity q.
func (n *Normal) Of(j, q int) float64 {
	if q == 2 {
		return n.sums[40+j]
	}
	return n.Product(j, 6+q)
}

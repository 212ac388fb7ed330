package teach

import (
	"math"
	"math/rand/v2"
	"sync"
)

// How far the bank's choice is thinned out before the greedy walk.
const (
	coresetDims = 32 // of the random projection the walk measures in
)

// coreset chooses n rows that leave no row far from a chosen one: greedily the
// row farthest from all chosen so far. Distances are taken in a random
// projection (they shrink alike); the rows returned are whole. The same rows
// and seed give the same choice.
func coreset(x matrix, n int, seed uint64, workers int) matrix {
	if x.rows <= n {
		return x
	}
	random := rand.New(rand.NewPCG(seed, 1))
	p := project(x, random)
	best := make([]float32, p.rows)
	for i := range best {
		best[i] = float32(math.Inf(1))
	}
	out := matrix{rows: n, cols: x.cols, data: make([]float32, 0, n*x.cols)}
	workers = max(workers, 1)
	far := make([]int, workers)
	next := 0
	for k := range n {
		out.data = append(out.data, x.row(next)...)
		if x.from != nil {
			out.from = append(out.from, x.from[next])
		}
		if k == n-1 {
			break
		}
		chosen := p.row(next)
		var wait sync.WaitGroup
		for w := range workers {
			lo, hi := w*p.rows/workers, (w+1)*p.rows/workers
			step := func() { far[w] = farthest(p, best, chosen, lo, hi) }
			if w == workers-1 {
				step()
			} else {
				wait.Go(step)
			}
		}
		wait.Wait()
		next = far[0]
		for _, i := range far[1:] {
			if best[i] > best[next] {
				next = i
			}
		}
	}
	return out
}

// farthest brings best up to date for rows lo..hi and returns the farthest.
//
//go:norace
func farthest(p matrix, best, chosen []float32, lo, hi int) int {
	at := lo
	c := (*[coresetDims]float32)(chosen)
	for i := lo; i < hi; i++ {
		r := (*[coresetDims]float32)(p.data[i*coresetDims:])
		limit := best[i]
		var d float32
		for j := 0; j < coresetDims; j += 8 {
			d0, d1, d2, d3 := r[j]-c[j], r[j+1]-c[j+1], r[j+2]-c[j+2], r[j+3]-c[j+3]
			d4, d5, d6, d7 := r[j+4]-c[j+4], r[j+5]-c[j+5], r[j+6]-c[j+6], r[j+7]-c[j+7]
			d += (d0*d0 + d1*d1 + d2*d2 + d3*d3) + (d4*d4 + d5*d5 + d6*d6 + d7*d7)
			if d >= limit {
				break // no nearer than what is chosen already
			}
		}
		if d < limit {
			best[i] = d
		}
		if best[i] > best[at] {
			at = i
		}
	}
	return at
}

// project maps rows to coresetDims random directions.
func project(x matrix, random *rand.Rand) matrix {
	directions := make([]float32, x.cols*coresetDims)
	for i := range directions {
		directions[i] = float32(random.NormFloat64() / math.Sqrt(coresetDims))
	}
	p := matrix{rows: x.rows, cols: coresetDims, data: make([]float32, x.rows*coresetDims)}
	for i := range x.rows {
		to := (*[coresetDims]float32)(p.data[i*coresetDims:])
		for c, v := range x.row(i) {
			d := (*[coresetDims]float32)(directions[c*coresetDims:])
			for j := 0; j < coresetDims; j += 4 {
				to[j] += v * d[j]
				to[j+1] += v * d[j+1]
				to[j+2] += v * d[j+2]
				to[j+3] += v * d[j+3]
			}
		}
	}
	return p
}

package teach

import (
	"math"
	"math/rand/v2"
	"sync"

	"linesman/vision/lanes"
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
	best, apart := make([]float32, p.rows), make([]float32, p.rows)
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
			step := func() { far[w] = farthest(p, best, apart, chosen, lo, hi) }
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
// apart is room for as many numbers as p has rows.
//
//go:norace
func farthest(p matrix, best, apart, chosen []float32, lo, hi int) int {
	if lo == hi {
		return lo
	}
	best, apart = best[lo:hi], apart[lo:hi]
	lanes.SquaredFrom(apart, p.data[lo*coresetDims:], chosen)
	at := 0
	for i, d := range apart {
		if d < best[i] {
			best[i] = d
		}
		if best[i] > best[at] {
			at = i
		}
	}
	return lo + at
}

// project maps rows to coresetDims random directions.
func project(x matrix, random *rand.Rand) matrix {
	directions := make([]float32, x.cols*coresetDims)
	for i := range directions {
		directions[i] = float32(random.NormFloat64() / math.Sqrt(coresetDims))
	}
	p := matrix{rows: x.rows, cols: coresetDims, data: make([]float32, x.rows*coresetDims)}
	for i := range x.rows {
		to := p.row(i)
		for c, v := range x.row(i) {
			lanes.Add(to, directions[c*coresetDims:], v)
		}
	}
	return p
}

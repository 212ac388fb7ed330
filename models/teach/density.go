package teach

import (
	"math"
	"slices"
	"sync"

	"linesman/vision/lanes"
)

// How densely good patches lie around those kept is seen by some of them.
const (
	densityProbes = 5000 // patches looked at, spread over all
	neighbours    = 5    // of these, the nearest make the radius of a kept patch
)

// weights says how much the squared distance from each kept patch counts. A
// step away from where good patches lie densely is stranger than the same step
// where they lie far apart: in flat parts of the picture little happens, at
// edges and in print much does. The distance is divided by the root of the
// radius of the patch's neighbourhood: half-way between the plain distance,
// by which edges are always strange, and the distance in radii, by which any
// grain on a flat place is. A patch of usual radius weighs 1.
func (m matrix) weights(good matrix, workers int) []float32 {
	step := max(good.rows/densityProbes, 1)
	radius := make([]float32, m.rows)
	workers = min(max(workers, 1), m.rows)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w * m.rows / workers; i < (w+1)*m.rows/workers; i++ {
				radius[i] = radiusAt(m.row(i), good, step)
			}
		})
	}
	wait.Wait()
	sorted := slices.Clone(radius)
	slices.Sort(sorted)
	usual := max(sorted[len(sorted)/2], 1e-6)
	// Patches of a hair's breadth, from pictures shown twice, are no measure.
	least := max(sorted[len(sorted)/20], usual/20)
	for i, r := range radius {
		radius[i] = usual / max(r, least)
	}
	return radius
}

// radiusAt is the root mean square distance of the nearest neighbours among
// every step-th good patch.
//
//go:norace
func radiusAt(x []float32, good matrix, step int) float32 {
	var near [neighbours]float32 // squared, ascending
	for i := range near {
		near[i] = float32(math.Inf(1))
	}
	found := 0
	for r := 0; r < good.rows; r += step {
		d := lanes.Squared(x, good.row(r), near[neighbours-1])
		if d >= near[neighbours-1] || d == 0 { // the patch itself says nothing of what is around it
			continue
		}
		k := neighbours - 1
		for ; k > 0 && near[k-1] > d; k-- {
			near[k] = near[k-1]
		}
		near[k] = d
		found = min(found+1, neighbours)
	}
	var sum float64
	for _, d := range near[:found] {
		sum += float64(d)
	}
	return float32(math.Sqrt(sum / float64(max(found, 1))))
}

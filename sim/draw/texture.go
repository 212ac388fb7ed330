package draw

import (
	"math"
	"sync"
)

const (
	grainSize = 512     // speckle tile, pixels a side, a power of two
	noiseSize = 1 << 18 // noise tile, samples, a power of two
	noiseBits = 4
	noiseUnit = 1 << noiseBits // noise and light work in sixteenths of a grey level
	noiseSD   = 0.02 * 255     // grey levels: two per cent of full scale
)

// grain is the speckle of pressed powder: wrap-around noise of several widths,
// deviation about 40 of 127.
var grain = sync.OnceValue(func() []int8 { return mottle(grainSize, 11, []float64{1, 0.7, 0.5, 0.35}) })

// noise is what a sensor adds, in noiseUnits. Every row of every frame reads it
// from a place of its own.
var noise = sync.OnceValue(func() []int16 {
	d := roll(12)
	tile := make([]int16, noiseSize)
	for i := range tile {
		tile[i] = int16(math.Round(d.normal() * noiseSD * noiseUnit))
	}
	return tile
})

// mottle makes a size x size tile that wraps, the sum of noises whose widths
// are 1, 2, 4.. pixels, each with a weight.
//
//go:norace
func mottle(size int, seed uint64, weights []float64) []int8 {
	d := roll(seed)
	sum := make([]float64, size*size)
	for octave, weight := range weights {
		step := 1 << octave
		n := size / step
		knots := make([]float64, n*n)
		for i := range knots {
			knots[i] = d.normal() * weight
		}
		for y := range size {
			y0, fy := y/step, float64(y%step)/float64(step)
			for x := range size {
				x0, fx := x/step, float64(x%step)/float64(step)
				x1, y1 := (x0+1)%n, (y0+1)%n
				top := knots[y0*n+x0]*(1-fx) + knots[y0*n+x1]*fx
				low := knots[y1*n+x0]*(1-fx) + knots[y1*n+x1]*fx
				sum[y*size+x] += top*(1-fy) + low*fy
			}
		}
	}
	var square float64
	for _, v := range sum {
		square += v * v
	}
	sd := math.Sqrt(square / float64(len(sum)))
	tile := make([]int8, len(sum))
	for i, v := range sum {
		tile[i] = int8(min(max(v/sd*40, -127), 127))
	}
	return tile
}

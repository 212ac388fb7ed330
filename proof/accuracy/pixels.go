package accuracy

import "math"

// Pixels tells marked pixels from the others by their heat. Levels are those of
// a heat map's file, 16 bits, so that any number of pixels is counted exactly
// and in the same memory. The zero value is ready.
type Pixels struct {
	Pictures int // with at least one pixel counted; kept by the caller
	counts   [2][]int64
}

// Level is a heat map's value for a score: round(65535 r/(1+r)), r = score over
// threshold.
func Level(score float64) uint16 {
	r := max(0, score)
	return uint16(math.Round(math.MaxUint16 * r / (1 + r)))
}

// Add counts one pixel.
func (p *Pixels) Add(level uint16, marked bool) {
	if p.counts[0] == nil {
		p.counts = [2][]int64{make([]int64, math.MaxUint16+1), make([]int64, math.MaxUint16+1)}
	}
	class := 0
	if marked {
		class = 1
	}
	p.counts[class][level]++
}

// AUROC is the chance that a marked pixel is hotter than one that is not, ties
// counted half; not ok where one of the classes is empty.
func (p *Pixels) AUROC() (area float64, ok bool) {
	if p == nil || p.counts[0] == nil {
		return 0, false
	}
	var won, below, marked float64
	for level, n := range p.counts[1] {
		others := float64(p.counts[0][level])
		won += float64(n) * (below + others/2)
		below += others
		marked += float64(n)
	}
	if marked == 0 || below == 0 {
		return 0, false
	}
	return won / marked / below, true
}

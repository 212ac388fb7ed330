package teach

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"linesman/models/anomaly"
)

// What lies anyhow may lie mirrored too, and few good parts do not show all ways round. What
// always lies alike may not: mirrored, its print is wrong.
const (
	mirrorBelow = 100  // good parts; of more each stands for itself
	mirrorCost  = 1.25 // how many times as strange a mirrored good part may look
)

// ways are how a part can be shown: bit 0 mirrors left to right, bit 1 top to bottom.
var ways = []int{0, 1, 2, 3}

// strangestPatches tell how strange a part is to others, of the few that are kept of it.
var strangestPatches = anomaly.Aggregate{Share: 0.05, Least: 3}

// chooseWays keeps, of the ways that good parts were shown, those in which they look good:
// where every other part, so shown, is hardly stranger to the rest as they are than it is as
// it is. The patches of the other ways are forgotten.
func (t *teacher) chooseWays() {
	cost := make([]float64, len(t.ways)) // the median over parts, at the level where it is most
	for l := range t.seen {
		for k, times := range t.strangeness(l) {
			slices.Sort(times)
			cost[k] = max(cost[k], quantile(times, 0.5))
		}
	}
	var stay []int
	for k, way := range t.ways {
		if way == 0 || cost[k] <= mirrorCost {
			stay = append(stay, way)
		}
	}
	t.ways = stay
	for l := range t.seen {
		for i, m := range t.seen[l] {
			t.seen[l][i] = m.shown(stay...)
		}
	}
}

// strangeness is, by way and part of every other, how many times as far it lies from
// the rest, so shown, as it does unmirrored.
func (t *teacher) strangeness(l int) [][]float64 {
	var rest matrix
	for i := 0; i < len(t.seen[l]); i += 2 {
		rest = rest.with(t.seen[l][i].shown(0))
	}
	mean, spread := spreadOf([]matrix{rest})
	standard := func(m matrix) matrix {
		for i := range m.data {
			c := i % m.cols
			m.data[i] = (m.data[i] - mean[c]) / (spread[c] + 1e-4)
		}
		return m
	}
	bank := coreset(standard(rest), t.Bank, uint64(l), t.Threads)
	alike := slices.Repeat([]float32{1}, bank.rows)
	far := func(m matrix) float64 {
		d := make([]float32, m.rows)
		for r := range d {
			d[r] = float32(math.Sqrt(float64(nearest(m.row(r), bank, alike))))
		}
		v, _ := strangestPatches.Over(d, nil, nil)
		return v
	}
	times := make([][]float64, len(t.ways))
	for i := 1; i < len(t.seen[l]); i += 2 {
		own := max(far(standard(t.seen[l][i].shown(0))), 1e-9)
		for k, way := range t.ways {
			times[k] = append(times[k], far(standard(t.seen[l][i].shown(way)))/own)
		}
	}
	return times
}

// mirrorWords says for the card which ways were shown besides the one that is.
func (t *teacher) mirrorWords() string {
	switch {
	case t.turns > 0:
		return t.turnWords()
	case t.Good.Len() >= mirrorBelow:
		return ""
	}
	names := [...]string{1: "left to right", 2: "top to bottom", 3: "both ways"}
	var also []string
	for _, way := range t.ways {
		if way != 0 {
			also = append(also, names[way])
		}
	}
	if len(also) == 0 {
		return fmt.Sprintf(" Fewer than %d parts, but mirrored ones look strange beside the others: none was shown mirrored.", mirrorBelow)
	}
	return fmt.Sprintf(" Fewer than %d parts: each was also shown mirrored, %s, as mirrored ones look like the others.", mirrorBelow, strings.Join(also, ", "))
}

package teach

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"linesman/models"
	"linesman/models/anomaly"
)

// candidates is how many patches the greedy choice walks over.
const candidates = 20_000

// levels chooses the banks from the parts given.
func (t *teacher) levels(of func(part int) bool) []level {
	var all []level
	for l := range t.seen {
		good := t.rows(l, of, candidates)
		bank := coreset(good, t.Bank, uint64(l), t.Threads)
		all = append(all, level{mean: t.mean[l], scale: t.scale[l], bank: bank, weight: bank.weights(good, t.Threads)})
	}
	return all
}

// held is what good parts scored while their own patches were not in the bank.
type held struct {
	distance  []float64 // aggregated, by part
	folds     int
	threshold float64
}

// holdOut teaches once for each fold without it, and judges the fold.
func (t *teacher) holdOut(ctx context.Context) (*held, error) {
	n := t.Good.Len()
	h := &held{distance: make([]float64, n), folds: min(cmp.Or(t.folds, folds), n)}
	for f := range h.folds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		graph, err := install(t.Network.Graph, t.levels(func(i int) bool { return i%h.folds != f }), false)
		if err != nil {
			return nil, err
		}
		if err := t.judgeFold(ctx, h, f, graph); err != nil {
			return nil, err
		}
	}
	h.threshold = threshold(h.distance, t.FalseRejectRate)
	if math.IsNaN(h.threshold) || math.IsInf(h.threshold, 0) {
		return nil, fmt.Errorf("no threshold can be placed: the good parts' scores are no numbers (%v)", h.distance)
	}
	return h, nil
}

func (t *teacher) judgeFold(ctx context.Context, h *held, f int, graph []byte) error {
	session, err := t.Open(graph, 1)
	if err != nil {
		return err
	}
	defer session.Close()
	var members []int
	for i := f; i < len(h.distance); i += h.folds {
		members = append(members, i)
	}
	stage := fmt.Sprintf("setting the threshold, %d of %d", f+1, h.folds)
	return t.each(ctx, stage, len(members), func(b *bench, k int) error {
		part, err := t.Good.Part(members[k])
		if err != nil {
			return err
		}
		w, hgt := b.fit(&part, t.Fit)
		in := models.Tensor{Shape: []int64{1, 3, int64(hgt), int64(w)}, Data: b.input}
		out, err := session.Run([]models.Tensor{in}, &b.buffers)
		if err != nil {
			return err
		}
		counts := anomaly.PatchesOn(&part.Picture, w/anomaly.Stride, hgt/anomaly.Stride, b.counts)
		h.distance[members[k]], b.top = t.Aggregate.Over(out[0].Data, counts, b.top)
		return nil
	})
}

// samples picks what the model will be asked at every load: the good parts
// nearest the threshold, in the middle, and farthest from it.
func (t *teacher) samples(h *held) ([]anomaly.Part, error) {
	order := make([]int, len(h.distance))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if h.distance[a] < h.distance[b] {
			return -1
		}
		if h.distance[a] > h.distance[b] {
			return 1
		}
		return 0
	})
	var parts []anomaly.Part
	for _, k := range slices.Compact([]int{0, len(order) / 2, len(order) - 1}) {
		p, err := t.whole.Part(order[k])
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

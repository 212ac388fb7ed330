package teach

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"linesman/models/anomaly"
)

// writeCard fills all of the card but its hashes and samples.
func (t *teacher) writeCard(c *anomaly.Card, h *held, levels []level) {
	c.Kind, c.Name, c.Version = anomaly.Kind, t.Name, t.Version
	c.Input, c.Aggregate, c.Threshold = t.Fit, t.Aggregate, h.threshold
	c.Taught = anomaly.Taught{Parts: len(h.distance), Folds: h.folds, Patches: t.total}
	for _, l := range levels {
		c.Taught.Bank = append(c.Taught.Bank, l.bank.rows)
	}
	t.figures(c, t.joined(h))
	c.Taught.HeldOut = fmt.Sprintf("every good part once, in %d folds", h.folds)
	c.Chosen = t.reason(h, c.Figures.GoodAbove)
	c.Data = append([]anomaly.Source{{What: t.Network.Source, Licence: "Apache-2.0"}}, t.Data...)
}

// figures writes what good parts held out score, 1 = threshold.
func (t *teacher) figures(c *anomaly.Card, scores []float64) {
	c.Figures.GoodAbove = 0
	for _, s := range scores {
		if s >= 1 {
			c.Figures.GoodAbove++
		}
	}
	c.FalseRejectRate = max(t.FalseRejectRate, float64(c.Figures.GoodAbove)/float64(len(scores)))
	c.FalseRejectAtMost = atMost(c.Figures.GoodAbove, len(scores))
	scores = slices.Sorted(slices.Values(scores))
	c.Figures.GoodMedian, c.Figures.GoodHighest = quantile(scores, 0.5), scores[len(scores)-1]
}

// reason says in words what was chosen; above is how many held-out good parts
// lie above the threshold.
func (t *teacher) reason(h *held, above int) string {
	size := fmt.Sprintf("Pictures keep their shape and are brought to the area of %d x %d px, at most %g times larger.", t.Fit.Size, t.Fit.Size, t.Fit.Enlarge)
	if t.Fit.Enlarge == 1 {
		size = fmt.Sprintf("Pictures keep their shape; larger ones are brought to the area of %d x %d px, none is enlarged.", t.Fit.Size, t.Fit.Size)
	}
	if t.Fit.Fit == anomaly.FitSquare {
		size = fmt.Sprintf("Located parts are brought to %d x %d px, for speed.", t.Fit.Size, t.Fit.Size)
		if t.Fit.Alone {
			size += " What stands beside a part is covered with what lies across it, so that parts that touch are judged as others are."
		}
	}
	mirrored := t.mirrorWords()
	by := "the middle and spread of their scores"
	if carriesOn(len(h.distance), t.FalseRejectRate) {
		by = "their middle and spread, and the tail of their scores carried on beyond what so many can show"
	}
	return fmt.Sprintf("%s%s The threshold comes from %d good parts held out of the bank: %s, for %.2g %% of good parts above it. %d of those held out lie above it, so of later ones like these at most %.2g %% (95 %%); parts that differ from these come on top.",
		size, mirrored, len(h.distance), by, 100*t.FalseRejectRate, above, 100*atMost(above, len(h.distance)))
}

// always says what is the same for every product, and by what it was chosen.
func (t *teacher) always() string {
	return fmt.Sprintf(" The network is %s. Up to %d patches a level are kept, and numbers are of 32 bits, as for every product; eight bits tell worse (docs/inspect.md).", t.Network.Name, t.Bank)
}

// atMost is the one-sided 95 % bound on a share of which k of n were seen (Clopper and
// Pearson 1934).
func atMost(k, n int) float64 {
	if k >= n {
		return 1
	}
	return distuv.Beta{Alpha: float64(k) + 1, Beta: float64(n - k)}.Quantile(0.95)
}

// joined is what good parts held out would have scored, 1 = threshold.
func (t *teacher) joined(h *held) []float64 {
	scores := make([]float64, len(h.distance))
	for i, d := range h.distance {
		if scores[i] = d / h.threshold; t.beside != nil {
			scores[i] = max(scores[i], t.beside[i])
		}
	}
	return scores
}

package teach

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"linesman/models/anomaly"
)

// fewestNamed is how many labelled defects make a class: one to learn from, one
// to see whether it was learned.
const fewestNamed = 2

// namedFolds is into how many parts the labelled defects are dealt, and the good
// parts: each is judged by what the others taught.
const namedFolds = 5

// labelled is one labelled defect as the model without names saw it.
type labelled struct {
	class   int
	fold    int
	patches anomaly.Patches
	at      []int   // the patches of its anomaly
	score   float64 // 1 = threshold
}

// naming is learning from labelled defects.
type naming struct {
	*teacher
	classes []string
	left    []string // classes with too few defects
	shown   []labelled
	sets    []*anomaly.Named // [0] of all; [1+f] without fold f, of defects and of good parts
	good    [][]float64      // soft likeness of good parts by the set that did not see them: by class, by part
}

// nameDefects teaches a sealed model the names of labelled defects, lets it look
// for them where that finds more than it would alone, and moves its limit where
// they show that it stands too high. parts are the model's samples; it is sealed
// anew.
func (t *teacher) nameDefects(ctx context.Context, m *anomaly.Model, o anomaly.Options, h *held, levels []level, parts []anomaly.Part) error {
	if t.Defects == nil || t.Defects.Len() == 0 {
		return nil
	}
	n := &naming{teacher: t}
	n.deal()
	var err error
	if m.Graph, err = install(t.Network.Graph, levels, true); err != nil {
		return err
	}
	if err := m.Seal(parts, o); err != nil {
		return err
	}
	d, err := m.Detector(o)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := n.lookAtDefects(ctx, d); err != nil {
		return err
	}
	if err := n.learnSets(); err != nil {
		return err
	}
	if err := n.lookAtGoodAgain(ctx, d); err != nil {
		return err
	}
	n.decide(m, h)
	return m.Seal(parts, o)
}

// deal makes the classes of the names and the folds of the defects.
func (n *naming) deal() {
	count := map[string]int{}
	for i := range n.Defects.Len() {
		count[n.nameOf(i)]++
	}
	for name, c := range count {
		if c >= fewestNamed {
			n.classes = append(n.classes, name)
		} else {
			n.left = append(n.left, name)
		}
	}
	slices.Sort(n.classes)
	slices.Sort(n.left)
	seen := make([]int, len(n.classes))
	for i := range n.Defects.Len() {
		k := slices.Index(n.classes, n.nameOf(i))
		s := labelled{class: k}
		if k >= 0 {
			s.fold = seen[k] % namedFolds
			seen[k]++
		}
		n.shown = append(n.shown, s)
	}
}

func (n *naming) nameOf(i int) string {
	if i < len(n.DefectNames) && n.DefectNames[i] != "" {
		return n.DefectNames[i]
	}
	return "defect"
}

func (n *naming) lookAtDefects(ctx context.Context, d *anomaly.Detector) error {
	return n.each(ctx, "looking at labelled defects", len(n.shown), func(_ *bench, i int) error {
		part, err := n.Defects.Part(i)
		if err != nil {
			return err
		}
		s := &n.shown[i]
		p, at, r, err := d.Patches(ctx, part)
		s.patches, s.at, s.score = p, at, r.Anomaly
		return err
	})
}

// shrink is how much of the mean variance is added to each: few patches show the
// small directions too small.
const shrink = 0.1

// learnSets learns from all, and without each fold. Good parts are many patches and
// few parts: by a direction that they helped to find they look less like a defect
// than others will.
func (n *naming) learnSets() error {
	if len(n.classes) == 0 {
		return nil
	}
	for f := range 1 + namedFolds {
		without := f - 1
		levels, err := n.whiten(func(i int) bool { return i%namedFolds != without })
		if err != nil {
			return err
		}
		n.sets = append(n.sets, n.learn(levels, without))
	}
	return nil
}

// whiten finds, by level, what makes the features of the good parts' patches
// uncorrelated and of spread 1.
func (n *naming) whiten(of func(part int) bool) (levels []anomaly.NamedLevel, err error) {
	for l := range n.seen {
		good := n.rows(l, of, candidates)
		c := good.cols
		mean, spread := spreadOf([]matrix{good})
		x := mat.NewDense(good.rows, c, nil)
		for r := range good.rows {
			for k, v := range good.row(r) {
				x.Set(r, k, float64((v-mean[k])/(spread[k]+1e-4)))
			}
		}
		cov := mat.NewSymDense(c, nil)
		cov.SymOuterK(1/float64(good.rows), x.T())
		trace := mat.Trace(cov) / float64(c)
		for k := range c {
			cov.SetSym(k, k, cov.At(k, k)+shrink*trace)
		}
		var chol mat.Cholesky
		if !chol.Factorize(cov) {
			return nil, errors.New("the features of the good parts can not be told apart: give more good parts")
		}
		var lower, inverse mat.TriDense
		chol.LTo(&lower)
		if err := inverse.InverseTri(&lower); err != nil {
			return nil, fmt.Errorf("the features of the good parts: %w", err)
		}
		level := anomaly.NamedLevel{Mean: make(anomaly.Vector, c), Whiten: make(anomaly.Vector, c*c)}
		for k := range c {
			// rows() standardised the features: undo it for the mean, take it in for the rest.
			level.Mean[k] = n.mean[l][k] + mean[k]/n.scale[l][k]
			for j := range c {
				level.Whiten[k*c+j] = float32(inverse.At(k, j)) * n.scale[l][j] / (spread[j] + 1e-4)
			}
		}
		levels = append(levels, level)
	}
	return levels, nil
}

// learn makes the named defects of all labelled but those of a fold, over features
// whitened by levels, which it takes; -1 leaves none out. Its limits are not yet
// placed.
func (n *naming) learn(levels []anomaly.NamedLevel, without int) *anomaly.Named {
	named := &anomaly.Named{Classes: n.classes, Levels: levels}
	var looks [][]float64
	var class []int
	for _, s := range n.shown {
		if s.class >= 0 && s.fold != without {
			looks, class = append(looks, named.Look(&s.patches, s.at)), append(class, s.class)
		}
	}
	if len(looks) == 0 {
		return nil
	}
	for k := range n.classes {
		mean := make([]float64, len(looks[0]))
		for i, look := range looks {
			if class[i] == k {
				for j, v := range look {
					mean[j] += v
				}
			}
		}
		unit := scaledTo(mean)
		named.Means = append(named.Means, vector(unit))
		named.Least = append(named.Least, leastLike(looks, class, k))
		n.point(named, k, without)
	}
	for _, w := range logistic(looks, class, len(n.classes), naminghold) {
		named.Weights = append(named.Weights, vector(w))
	}
	return named
}

// naminghold holds the weights of names together: so strongly that with few
// labelled defects they follow the classes' mean looks.
const naminghold = 0.01

// point finds the direction from good patches to those of class k: Fisher's
// discriminant, each level by itself, such that good patches spread by 1 along it.
func (n *naming) point(named *anomaly.Named, k, without int) {
	length := 0.0
	directions := make([][]float64, len(named.Levels))
	for l, level := range named.Levels {
		c := len(level.Mean)
		away, count := make([]float64, c), 0.0
		for _, s := range n.shown {
			if s.class != k || s.fold == without {
				continue
			}
			for _, i := range s.at {
				for j, v := range s.patches.Feature(l, i%s.patches.W, i/s.patches.W) {
					away[j] += float64(v)
				}
				count++
			}
		}
		for j := range away {
			away[j] = away[j]/max(count, 1) - float64(level.Mean[j])
		}
		directions[l] = make([]float64, c)
		for r := range c {
			row := level.Whiten[r*c : (r+1)*c]
			along := 0.0
			for j, v := range row {
				along += float64(v) * away[j]
			}
			length += along * along
			for j, v := range row {
				directions[l][j] += float64(v) * along
			}
		}
	}
	length = math.Sqrt(max(length, 1e-12))
	for l := range directions {
		for j := range directions[l] {
			directions[l][j] /= length
		}
		named.Levels[l].Directions = append(slices.Clone(named.Levels[l].Directions), vector(directions[l]))
	}
}

// leastLike is how alike a look must be to the mean of class k: less than any of
// the class is to the mean of its others, by a fifth.
func leastLike(looks [][]float64, class []int, k int) float64 {
	least := 1.0
	for i := range looks {
		if class[i] != k {
			continue
		}
		others := make([]float64, len(looks[i]))
		any := false
		for o := range looks {
			if o != i && class[o] == k {
				any = true
				for j, v := range looks[o] {
					others[j] += v
				}
			}
		}
		if !any {
			return 0
		}
		like := 0.0
		for j, v := range scaledTo(others) {
			like += v * looks[i][j]
		}
		least = min(least, like)
	}
	return max(0, 0.8*least)
}

func scaledTo(v []float64) []float64 {
	length := 0.0
	for _, x := range v {
		length += x * x
	}
	length = math.Sqrt(max(length, 1e-12))
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = x / length
	}
	return out
}

func vector(v []float64) anomaly.Vector {
	out := make(anomaly.Vector, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}

// lookAtGoodAgain asks how much each good part looks like each class, by the set
// that did not see it.
func (n *naming) lookAtGoodAgain(ctx context.Context, d *anomaly.Detector) error {
	n.good = rowsOf(len(n.classes), n.Good.Len())
	if len(n.classes) == 0 {
		return nil
	}
	return n.each(ctx, "looking for defects on good parts", n.Good.Len(), func(b *bench, i int) error {
		part, err := n.whole.Part(i)
		if err != nil {
			return err
		}
		p, _, _, err := d.Patches(ctx, part)
		if err != nil {
			return err
		}
		for k := range n.classes {
			n.good[k][i] = n.alike(b, n.unseen(i), &p, k)
		}
		return nil
	})
}

// unseen is the set that was learned without good part i.
func (n *naming) unseen(i int) *anomaly.Named { return n.sets[1+i%namedFolds] }

func (n *naming) alike(b *bench, named *anomaly.Named, p *anomaly.Patches, k int) float64 {
	if named == nil {
		return 0
	}
	b.like = named.Likeness(p, k, b.like)
	var v float64
	v, b.top = n.Aggregate.Over(b.like, p.Counts, b.top)
	return anomaly.Soft(v)
}

// likenesses are the scores by likeness, of good parts and labelled defects by the
// set that did not see them, and the limits that make them.
func (n *naming) likenesses() (good, bad, limits []float64) {
	good, bad = make([]float64, n.Good.Len()), make([]float64, len(n.shown))
	for k := range n.classes {
		limit := threshold(n.good[k], n.FalseRejectRate)
		limits = append(limits, limit)
		for i, v := range n.good[k] {
			good[i] = max(good[i], v/limit)
		}
	}
	var b bench
	for i := range n.shown {
		s := &n.shown[i]
		set := 0 // of no class: no set has seen it
		if s.class >= 0 {
			set = 1 + s.fold
		}
		for k := range n.classes {
			bad[i] = max(bad[i], n.alike(&b, n.sets[set], &s.patches, k)/limits[k])
		}
	}
	return good, bad, limits
}

// worthwhile is how much AUROC looking for named defects must bring.
const worthwhile = 0.002

// decide chooses by labelled defects that were not seen, and writes it down.
func (n *naming) decide(m *anomaly.Model, h *held) {
	c := &m.Card
	good := n.joined(h)
	bad := make([]float64, len(n.shown))
	for i, s := range n.shown {
		bad[i] = s.score
	}
	before := auroc(good, bad)
	words := fmt.Sprintf(" %d labelled defects were shown", len(n.shown))
	if len(n.classes) > 0 {
		named := n.sets[0]
		right, of := n.named()
		words += fmt.Sprintf(" and taught the names %s: %d of %d were named rightly by what the others taught.", strings.Join(n.classes, ", "), right, of)
		c.Figures.Named = &right
		goodLike, badLike, limits := n.likenesses()
		goodBoth, badBoth := higher(good, goodLike), higher(bad, badLike)
		if after := auroc(goodBoth, badBoth); after >= before+worthwhile {
			words += fmt.Sprintf(" What looks like them is looked for: AUROC %.3f becomes %.3f.", before, after)
			good, bad, named.Limits = goodBoth, badBoth, limits
		} else {
			words += fmt.Sprintf(" Looking for what looks like them as well would not find more (AUROC %.3f, %.3f without), so they only name.", after, before)
		}
		m.Named = named
	} else {
		words += ", too few of each kind to teach a name."
	}
	if len(n.left) > 0 && len(n.classes) > 0 {
		words += fmt.Sprintf(" Of %s there are fewer than %d: no name was taught.", strings.Join(n.left, ", "), fewestNamed)
	}
	limit, said := n.limit(good, bad)
	words += said
	for i := range good {
		good[i] /= limit
	}
	missed := 0
	for i := range bad {
		if bad[i] /= limit; bad[i] < 1 {
			missed++
		}
	}
	if limit != 1 {
		c.Limit = limit
	}
	n.figures(c, good)
	area := auroc(good, bad)
	c.Figures.Defects, c.Figures.AUROC, c.Figures.Missed = len(bad), &area, &missed
	c.Chosen += words
}

// named counts the labelled defects that get their own name from what the others
// taught.
func (n *naming) named() (right, of int) {
	for _, s := range n.shown {
		if s.class < 0 {
			continue
		}
		of++
		if set := n.sets[1+s.fold]; set != nil && set.Name(set.Look(&s.patches, s.at)) == n.classes[s.class] {
			right++
		}
	}
	return right, of
}

func higher(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range out {
		out[i] = max(a[i], b[i])
	}
	return out
}

// prices are the shares of good parts that may be rejected so that labelled
// defects are found, each tried where the one before lets some through.
var prices = []float64{0.02, 0.03, 0.05, 0.1}

// limit moves the limit below 1 as far as labelled defects pay for it: a higher
// price in good parts must find at least as large a share more of the defects.
// Located parts keep theirs: a line can not afford such prices.
func (n *naming) limit(good, bad []float64) (limit float64, words string) {
	limit = 1
	if n.Fit.Fit != anomaly.FitArea {
		return 1, ""
	}
	share := func(scores []float64, at float64) float64 {
		above := 0
		for _, s := range scores {
			if s >= at {
				above++
			}
		}
		return float64(above) / float64(len(scores))
	}
	price := max(n.FalseRejectRate, share(good, 1))
	gain := share(bad, 1) - price
	for _, p := range prices {
		at := threshold(good, p)
		if p <= n.FalseRejectRate || at >= limit {
			continue
		}
		costs := max(p, share(good, at))
		if g := share(bad, at) - costs; g > gain+0.01 && costs <= prices[len(prices)-1] {
			limit, gain, price = at, g, costs
		}
	}
	if limit == 1 {
		return 1, ""
	}
	return limit, fmt.Sprintf(" They moved the limit to %.2f of what good parts alone would place: %.0f %% of labelled defects are found instead of %.0f %%, at the price of %.1f %% of good parts.",
		limit, 100*share(bad, limit), 100*share(bad, 1), 100*price)
}

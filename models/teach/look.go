package teach

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/vision/lanes"
)

// keptPatches bounds the memory of teaching: patches by level over all parts.
const keptPatches = 80_000

// teacher carries one Teach from step to step.
type teacher struct {
	Input
	whole Source     // the good parts with their ground, where Good is without
	album *album     // of whole; nil for located parts
	files Pictures   // of the good parts; nil where they are in none
	seen  [][]matrix // by level, by part: features of the patches kept of it
	mean  [][]float32
	scale [][]float32
	total int   // patches looked at, finest level, once for each of the ways that stay
	ways  []int // how the good parts are shown, see chooseWays
	turns int   // how many times each is also shown turned
	folds int   // that good parts are held out in; 0 is folds

	beside []float64 // what contrast says of good parts held out, 1 = its limit; nil without it
}

// bench is what one worker needs to itself.
type bench struct {
	fitter  anomaly.Fitter
	input   []float32
	mirror  []float32
	alone   []byte // see anomaly.Input.Shown
	buffers models.Buffers
	counts  []bool
	top     []float32
	like    []float32 // see anomaly.Named.Likeness
}

// lookAtGood runs every good part through the graph and keeps a fair share of
// its features.
func (t *teacher) lookAtGood(ctx context.Context) error {
	session, err := t.Open(t.Network.Graph, 1)
	if err != nil {
		return err
	}
	defer session.Close()
	var at []int // places of the features in the outputs, by level
	for i, name := range session.Outputs() {
		if strings.HasPrefix(name, "features_") {
			at = append(at, i)
		}
	}
	n := t.Good.Len()
	choose := t.ways == nil
	if choose {
		if t.ways = ways; n >= mirrorBelow || t.turns > 0 {
			t.ways = ways[:1]
		}
	}
	t.seen = make([][]matrix, len(at))
	for l := range t.seen {
		t.seen[l] = make([]matrix, n)
	}
	var count sync.Mutex
	err = t.each(ctx, "looking at good parts", n, func(b *bench, i int) error {
		part, err := t.Good.Part(i)
		if err != nil {
			return err
		}
		w, h := b.fit(&part, t.Fit)
		look := func(p *anomaly.Picture, pixels []float32, way int, seed uint64, back func([]anomaly.Place)) error {
			in := models.Tensor{Shape: []int64{1, 3, int64(h), int64(w)}, Data: pixels}
			out, err := session.Run([]models.Tensor{in}, &b.buffers)
			if err != nil {
				return err
			}
			for l, o := range at {
				kept := t.keep(b, p, out[o], way, seed)
				back(kept.from)
				for k := range kept.from {
					kept.from[k].Part = i
				}
				t.seen[l][i] = t.seen[l][i].with(kept)
			}
			return nil
		}
		for _, way := range t.ways {
			if err := look(&part.Picture, b.flipped(way, w, h), way, uint64(i), func([]anomaly.Place) {}); err != nil {
				return err
			}
		}
		for k := range t.turns {
			by := angle(i, k+1, t.turns)
			p := anomaly.Part{Picture: turned(&part.Picture, by)}
			b.fit(&p, t.Fit)
			back := func(places []anomaly.Place) { turnedBack(places, &part.Picture, by) }
			if err := look(&p.Picture, b.input, 0, uint64(i+(k+1)*n), back); err != nil {
				return err
			}
		}
		count.Lock()
		t.total += w / anomaly.Stride * (h / anomaly.Stride)
		count.Unlock()
		return nil
	})
	if err != nil {
		return err
	}
	if choose && len(t.ways) > 1 {
		t.chooseWays()
	}
	t.total *= len(t.ways) + t.turns
	return nil
}

// keep takes a random share of the patches that lie on the part.
func (t *teacher) keep(b *bench, p *anomaly.Picture, features models.Tensor, flip int, seed uint64) matrix {
	h, w, c := int(features.Shape[1]), int(features.Shape[2]), int(features.Shape[3])
	var places []int
	counts := anomaly.PatchesOn(p, w, h, b.counts)
	for y := range h {
		for x := range w {
			sx, sy := x, y // where this patch lies on the part before mirroring
			if flip&1 != 0 {
				sx = w - 1 - x
			}
			if flip&2 != 0 {
				sy = h - 1 - y
			}
			if counts == nil || counts[sy*w+sx] {
				places = append(places, y*w+x)
			}
		}
	}
	if counts != nil {
		b.counts = counts
	}
	quota := max(keptPatches/(t.Good.Len()*(len(t.ways)+t.turns)), 16)
	if len(places) > quota {
		random := rand.New(rand.NewPCG(seed, uint64(flip)))
		random.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
		places = places[:quota]
		slices.Sort(places)
	}
	m := matrix{rows: len(places), cols: c, data: make([]float32, 0, len(places)*c)}
	for _, i := range places {
		m.data = append(m.data, features.Data[i*c:(i+1)*c]...)
		at := anomaly.Place{Column: i % w, Row: i / w, Columns: w, Rows: h, Mirrored: flip}
		if flip&1 != 0 {
			at.Column = w - 1 - at.Column
		}
		if flip&2 != 0 {
			at.Row = h - 1 - at.Row
		}
		m.from = append(m.from, at)
	}
	return m
}

// fit lays the part, as the network is to see it, into the bench's input.
func (b *bench) fit(part *anomaly.Part, in anomaly.Input) (w, h int) {
	var p anomaly.Picture
	p, b.alone = in.Shown(part, b.alone)
	w, h = in.Extent(p.Width, p.Height)
	if cap(b.input) < 3*w*h {
		b.input = make([]float32, 3*w*h)
	}
	b.input = b.input[:3*w*h]
	b.fitter.Fit(&p, w, h, b.input)
	return w, h
}

// flipped returns the input mirrored: bit 0 left to right, bit 1 top to bottom.
func (b *bench) flipped(flip, w, h int) []float32 {
	if flip == 0 {
		return b.input
	}
	if cap(b.mirror) < len(b.input) {
		b.mirror = make([]float32, len(b.input))
	}
	b.mirror = b.mirror[:len(b.input)]
	for plane := range 3 {
		for y := range h {
			from := y
			if flip&2 != 0 {
				from = h - 1 - y
			}
			row := b.mirror[(plane*h+y)*w : (plane*h+y+1)*w]
			copy(row, b.input[(plane*h+from)*w:(plane*h+from+1)*w])
			if flip&1 != 0 {
				slices.Reverse(row)
			}
		}
	}
	return b.mirror
}

// each does n pieces of work on t.Threads goroutines, each with a bench of its
// own, and returns the first error.
func (t *teacher) each(ctx context.Context, stage string, n int, work func(*bench, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var wait sync.WaitGroup
	var told sync.Mutex
	done := 0
	for range min(t.Threads, n) {
		wait.Go(func() {
			var b bench
			defer b.buffers.Close()
			for i := range next {
				if err := work(&b, i); err != nil {
					cancel(err)
					return
				}
				told.Lock()
				done++
				t.Progress(stage, done, n)
				told.Unlock()
			}
		})
	}
feed:
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wait.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", stage, context.Cause(ctx))
	}
	return nil
}

// show gives each of a source's pictures to take, from several goroutines.
func (t *teacher) show(ctx context.Context, stage string, s Source, take func(i int, p *anomaly.Picture)) error {
	return t.each(ctx, stage, s.Len(), func(_ *bench, i int) error {
		part, err := s.Part(i)
		if err == nil {
			take(i, &part.Picture)
		}
		return err
	})
}

// repeats is how many patches of the fine grid lie under one patch of the
// coarse level. Its squared distance is shared out among them: it was seen once.
const repeats = 4

// standardise finds each feature's mean and spread over all good parts, and
// each level's weight: levels count alike when a patch not in the bank usually
// lies one unit from it in each, and what a coarse patch shows counts once, not
// in every fine patch under it.
func (t *teacher) standardise() {
	for l := range t.seen {
		mean, spread := spreadOf(t.seen[l])
		scale := make([]float32, len(spread))
		for c, s := range spread {
			scale[c] = 1 / (s + 1e-4)
		}
		t.mean, t.scale = append(t.mean, mean), append(t.scale, scale)
		unit := t.usualDistance(l)
		if l > 0 {
			unit *= float32(math.Sqrt(repeats))
		}
		for c := range scale {
			scale[c] /= unit
		}
	}
}

func spreadOf(parts []matrix) (mean, spread []float32) {
	cols := parts[0].cols
	sum, square, n := make([]float64, cols), make([]float64, cols), 0
	for _, m := range parts {
		n += m.rows
		for i, v := range m.data {
			sum[i%cols] += float64(v)
			square[i%cols] += float64(v) * float64(v)
		}
	}
	mean, spread = make([]float32, cols), make([]float32, cols)
	for c := range cols {
		mu := sum[c] / float64(n)
		mean[c], spread[c] = float32(mu), float32(math.Sqrt(max(square[c]/float64(n)-mu*mu, 0)))
	}
	return mean, spread
}

// usualDistance is the median distance of patches of every other part to a
// bank of the rest, as large as the one that will judge: in a smaller one the
// many kinds of fine patches would lie farther apart than they will.
func (t *teacher) usualDistance(l int) float32 {
	good := t.rows(l, func(i int) bool { return i%2 == 0 }, candidates/2)
	bank := coreset(good, t.Bank, uint64(l), t.Threads)
	weight := bank.weights(good, t.Threads)
	probe := t.rows(l, func(i int) bool { return i%2 == 1 }, 1000)
	d := make([]float64, probe.rows)
	for i := range d {
		d[i] = math.Sqrt(float64(nearest(probe.row(i), bank, weight)))
	}
	slices.Sort(d)
	return float32(max(quantile(d, 0.5), 1e-3))
}

// nearest is the smallest weighed squared distance to the bank.
func nearest(x []float32, bank matrix, weight []float32) float32 {
	best := float32(math.Inf(1))
	for i, w := range weight {
		best = min(best, w*lanes.Squared(x, bank.row(i), best/w))
	}
	return best
}

// rows gathers standardised patches of the chosen parts, thinned to at most most.
func (t *teacher) rows(l int, of func(part int) bool, most int) matrix {
	total := 0
	for i, m := range t.seen[l] {
		if of(i) {
			total += m.rows
		}
	}
	out := matrix{cols: t.seen[l][0].cols}
	out.data = make([]float32, 0, min(most, total)*out.cols)
	random := rand.New(rand.NewPCG(uint64(l), 2))
	left := total
	for i, m := range t.seen[l] {
		if !of(i) {
			continue
		}
		for r := range m.rows {
			// Choose exactly min(most, total) rows, each equally likely.
			if need := min(most, total) - out.rows; random.IntN(left) < need {
				for c, v := range m.row(r) {
					out.data = append(out.data, (v-t.mean[l][c])*t.scale[l][c])
				}
				out.rows++
				out.from = append(out.from, m.from[r])
			}
			left--
		}
	}
	return out
}

package contrast

import (
	"math"
	"sync"

	"linesman/models/anomaly"
)

// Learner gathers what good pictures look like. See takes each of them, then
// HeldOut scores each by what the others look like, then Model closes. See and
// HeldOut may be called from several goroutines.
type Learner struct {
	w, h  int
	folds []sums
	pool  sync.Pool

	mu     sync.Mutex
	unlike bool           // not all pictures have one shape: places can not be told apart
	held   map[int]*Model // by fold: what all others look like
}

// sums are over the pictures of one fold, place by place, in whole numbers: they
// come to the same in whatever order the pictures come.
type sums struct {
	mu     sync.Mutex
	n      int
	sum    []uint32
	square []uint64
	every  pooled
}

// pooled are sums over all places of pictures of any shape.
type pooled struct{ n, sum, square uint64 }

// grains is how finely roughness is counted: of 1, which is 100 % contrast.
const grains = 1 << 16

// NewLearner begins. like is one of the good pictures: all of its shape are
// measured at its size. Picture i belongs to fold i % folds.
func NewLearner(like *anomaly.Picture, folds int) *Learner {
	l := &Learner{folds: make([]sums, folds), held: map[int]*Model{}}
	l.w, l.h = anomaly.Extent(like)
	l.pool.New = func() any { return new(scratch) }
	for i := range l.folds {
		l.folds[i].sum, l.folds[i].square = make([]uint32, l.w*l.h), make([]uint64, l.w*l.h)
	}
	return l
}

// fits reports whether a picture has the shape of the first: places of a
// picture of another shape can not be held against each other.
func (l *Learner) fits(p *anomaly.Picture) bool {
	return math.Abs(float64(p.Width*l.h)/float64(p.Height*l.w)-1) < 0.05
}

// See takes good picture i.
func (l *Learner) See(i int, p *anomaly.Picture) {
	s := l.pool.Get().(*scratch)
	defer l.pool.Put(s)
	w, h := l.w, l.h
	fits := l.fits(p)
	if !fits {
		w, h = anomaly.Extent(p)
		l.mu.Lock()
		l.unlike = true
		l.mu.Unlock()
	}
	rough := s.roughness(p, w, h)
	f := &l.folds[i%len(l.folds)]
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	for k, v := range rough {
		g := uint32(grains*v + 0.5)
		if fits {
			f.sum[k] += g
			f.square[k] += uint64(g) * uint64(g)
		}
		f.every.sum += uint64(g)
		f.every.square += uint64(g) * uint64(g)
	}
	f.every.n += uint64(len(rough))
}

// Placed reports whether all pictures seen have one shape, so that each place is
// known by itself. Ask once all are seen.
func (l *Learner) Placed() bool { return !l.unlike }

// HeldOut returns how rough good picture i is beside those of the other folds,
// in the unit of the threshold.
func (l *Learner) HeldOut(i int, p *anomaly.Picture) float64 {
	fold := i % len(l.folds)
	l.mu.Lock()
	m := l.held[fold]
	if m == nil {
		m = l.without(fold)
		l.held[fold] = m
	}
	l.mu.Unlock()
	s := l.pool.Get().(*scratch)
	defer l.pool.Put(s)
	return m.strangeness(s, p)
}

// Model returns what was learned from all, with its threshold.
func (l *Learner) Model(threshold float64) *Model {
	m := l.without(-1)
	m.threshold = threshold
	return m
}

// without makes a model of all folds but one.
func (l *Learner) without(fold int) *Model {
	if l.unlike {
		return l.anywhere(fold)
	}
	n := l.w * l.h
	m := &Model{w: l.w, h: l.h, mean: make([]float32, n), spread: make([]float32, n)}
	sum, square, count := make([]uint64, n), make([]uint64, n), 0
	for f := range l.folds {
		if f == fold {
			continue
		}
		s := &l.folds[f]
		count += s.n
		for k := range n {
			sum[k] += uint64(s.sum[k])
			square[k] += s.square[k]
		}
	}
	per := 1 / (grains * float64(max(count, 1)))
	for k := range n {
		mean := float64(sum[k]) * per
		m.mean[k] = float32(mean)
		m.spread[k] = float32(max(float64(square[k])*per/grains-mean*mean, 0))
	}
	// A spread seen in few pictures is itself unsure; its neighbours know it too.
	s := l.pool.Get().(*scratch)
	defer l.pool.Put(s)
	smooth := make([]float32, n)
	s.smooth.Filter(m.spread, smooth, l.w, l.h, anomaly.Gauss(gather))
	for k, v := range smooth {
		m.spread[k] = float32(math.Sqrt(float64(v))) + leastSpread
	}
	m.quantise()
	return m
}

// anywhere makes a model of all folds but one that knows no places.
func (l *Learner) anywhere(fold int) *Model {
	var all pooled
	for f := range l.folds {
		if s := &l.folds[f].every; f != fold {
			all = pooled{all.n + s.n, all.sum + s.sum, all.square + s.square}
		}
	}
	per := 1 / (grains * float64(max(all.n, 1)))
	mean := float64(all.sum) * per
	spread := math.Sqrt(max(float64(all.square)*per/grains-mean*mean, 0))
	m := &Model{mean: []float32{float32(mean)}, spread: []float32{float32(spread) + leastSpread}}
	m.quantise()
	return m
}

// leastSpread is what no camera keeps: a tenth of a percent of contrast.
const leastSpread = 1e-3

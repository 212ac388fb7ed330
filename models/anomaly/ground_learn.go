package anomaly

import (
	"slices"
	"sync"
)

// GroundLearner finds out of good whole pictures whether they show ground around
// the product, and what it looks like. See takes each of them, then HeldOut judges
// each by what the other half shows. Both may be called from several goroutines.
type GroundLearner struct {
	mu     sync.Mutex
	counts [2]groundCounts
	others [2][]byte // by half: the colours that the other one shows
	shares []float64 // of the picture that the product takes up, held out
	clear  int       // pictures whose rim is ground and whose middle is not
	pool   sync.Pool
}

// groundCounts are how often each colour was seen.
type groundCounts struct{ rim, middle []float64 }

// NewGroundLearner begins.
func NewGroundLearner() *GroundLearner {
	l := new(GroundLearner)
	for i := range l.counts {
		l.counts[i] = groundCounts{make([]float64, tones*tones*tones), make([]float64, tones*tones*tones)}
	}
	l.pool.New = func() any { return new(groundRoom) }
	return l
}

// See takes good picture i.
func (l *GroundLearner) See(i int, p *Picture) {
	r := l.pool.Get().(*groundRoom)
	defer l.pool.Put(r)
	w, h := r.see(p)
	l.mu.Lock()
	defer l.mu.Unlock()
	c := &l.counts[i%2]
	for k, code := range r.code {
		if rimOf(k%w, k/w, w, h) {
			c.rim[code]++
		}
		if middleOf(k%w, k/w, w, h) {
			c.middle[code]++
		}
	}
}

// HeldOut judges good picture i by what those of the other half show. Call it once
// all are seen.
func (l *GroundLearner) HeldOut(i int, p *Picture) {
	l.mu.Lock()
	if l.others[i%2] == nil {
		l.others[i%2] = groundColours(l.counts[1-i%2])
	}
	colours := l.others[i%2]
	l.mu.Unlock()
	r := l.pool.Get().(*groundRoom)
	defer l.pool.Put(r)
	w, h := r.see(p)
	r.flood(colours, w, h)
	product, rim, rimGround, middle, middleGround := 0, 0, 0, 0, 0
	for k, ground := range r.ground {
		one := 0
		if ground {
			one = 1
		}
		product += 1 - one
		if rimOf(k%w, k/w, w, h) {
			rim, rimGround = rim+1, rimGround+one
		}
		if middleOf(k%w, k/w, w, h) {
			middle, middleGround = middle+1, middleGround+one
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shares = append(l.shares, float64(product)/float64(w*h))
	if float64(rimGround) >= clearRim*float64(rim) && float64(middleGround) <= (1-leastMiddle)*float64(middle) {
		l.clear++
	}
}

const (
	clearRim    = 0.9  // of the rim is ground in a picture that shows it
	leastMiddle = 0.25 // of the middle is not
	mostClear   = 0.95 // of the good pictures show it
	leastGround = 0.25 // of a picture; less is the edge of a product that fills it
)

// Ground returns what was found; nil where the product fills the pictures, or can
// not be told from what lies around it.
func (l *GroundLearner) Ground() *Ground {
	n := len(l.shares)
	if n == 0 || float64(l.clear) < mostClear*float64(n) {
		return nil
	}
	slices.Sort(l.shares)
	least, usual, most := l.shares[0], l.shares[n/2], l.shares[n-1]
	if least <= 0 || usual > 1-leastGround {
		return nil
	}
	g := &Ground{Least: least, Most: most, Slack: 0.5*(most-least) + 0.1*usual}
	all := groundCounts{slices.Clone(l.counts[0].rim), slices.Clone(l.counts[0].middle)}
	for i := range all.rim {
		all.rim[i] += l.counts[1].rim[i]
		all.middle[i] += l.counts[1].middle[i]
	}
	g.Colours = groundColours(all)
	return g
}

// seldom is the share of the rim below which a colour says nothing.
const seldom = 1e-4

// groundColours are those seen at the rim at least as often as in the middle.
func groundColours(c groundCounts) []byte {
	rim, middle := spreadColours(c.rim), spreadColours(c.middle)
	bits := make([]byte, (len(rim)+7)/8)
	for i, v := range rim {
		if v > seldom/8 && v >= middle[i] {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return bits
}

// spreadColours makes shares of counts, each colour's shared with its neighbours.
func spreadColours(counts []float64) []float64 {
	sum := 0.0
	for _, v := range counts {
		sum += v
	}
	from := make([]float64, len(counts))
	for i, v := range counts {
		from[i] = v / max(sum, 1)
	}
	for _, step := range []int{1, tones, tones * tones} {
		into := make([]float64, len(from))
		for i, v := range from {
			at := i / step % tones
			into[i] += v / 2
			into[i-min(at, 1)*step] += v / 4
			into[i+min(tones-1-at, 1)*step] += v / 4
		}
		from = into
	}
	return from
}

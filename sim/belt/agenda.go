package belt

import (
	"container/heap"
	"time"
)

// event is something that happens at a place of the belt's travel or at a time.
// Events of one place happen in the order of their rank, then of their making.
type event struct {
	mm    float64
	at    time.Duration
	rank  int
	order uint64
	do    func()
}

// The ranks: a gate that moves at the very tick moves before the part meets it.
const (
	rankCompare = iota
	rankBelt
)

// agenda is a heap of events, the next one on top.
type agenda []*event

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	x, y := a[i], a[j]
	if x.mm != y.mm {
		return x.mm < y.mm
	}
	if x.at != y.at {
		return x.at < y.at
	}
	if x.rank != y.rank {
		return x.rank < y.rank
	}
	return x.order < y.order
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

// Push and Pop serve container/heap.
func (a *agenda) Push(x any) { *a = append(*a, x.(*event)) }

// Pop serves container/heap.
func (a *agenda) Pop() any {
	old := *a
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*a = old[:len(old)-1]
	return last
}

func (a agenda) peek() *event {
	if len(a) == 0 {
		return nil
	}
	return a[0]
}

func (a *agenda) pop() { heap.Pop(a) }

func (b *Belt) atPlace(mm float64, do func()) { b.rankedAt(mm, rankBelt, do) }

func (b *Belt) rankedAt(mm float64, rank int, do func()) {
	b.order++
	heap.Push(&b.places, &event{mm: mm, rank: rank, order: b.order, do: do})
}

func (b *Belt) atTime(t time.Duration, do func()) {
	b.order++
	heap.Push(&b.times, &event{at: t, order: b.order, do: do})
}

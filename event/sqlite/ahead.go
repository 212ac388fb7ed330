package sqlite

import (
	"sync/atomic"

	"golang.org/x/mod/sumdb/tlog"

	"linesman/event"
)

// ahead hashes the leaves of a group on another core while the writer inserts
// the rows before them. It guesses that every event is new; where one was
// there already, and the seqs after it are others, the writer hashes itself.
// What it has not hashed when it is needed, the writer hashes: with no core free
// it finishes nothing, and costs little.
type ahead struct {
	after  uint64 // seq before the group's first
	leaves []tlog.Hash
	ready  atomic.Int64 // so many are there
	over   atomic.Bool  // nobody asks any more
	ended  chan struct{}
}

// hashAhead begins with a group; one that is too small for it gets nil.
func hashAhead(group []*request, after uint64) *ahead {
	n := 0
	for _, r := range group {
		n += len(r.events)
	}
	if n < shareFrom {
		return nil
	}
	events := make([]event.Event, 0, n) // a copy: the writer fills in seqs meanwhile
	for _, r := range group {
		events = append(events, r.events...)
	}
	a := &ahead{after: after, leaves: make([]tlog.Hash, n), ended: make(chan struct{})}
	go func() {
		defer close(a.ended)
		var line []byte
		for i, e := range events {
			if a.over.Load() {
				return
			}
			e.Seq = after + 1 + uint64(i)
			a.leaves[i], line = leafOf(e, line)
			a.ready.Store(int64(i) + 1)
		}
	}()
	return a
}

// leaf returns the leaf of the i-th event of the group as seq, if it is there.
func (a *ahead) leaf(i int, seq uint64) (leaf tlog.Hash, ok bool) {
	if a == nil || seq != a.after+1+uint64(i) || int64(i) >= a.ready.Load() {
		return leaf, false
	}
	return a.leaves[i], true
}

// end stops the hashing. When it returns, nobody reads the events any more: they
// are their producer's again once they are stored.
func (a *ahead) end() {
	if a != nil {
		a.over.Store(true)
		<-a.ended
	}
}

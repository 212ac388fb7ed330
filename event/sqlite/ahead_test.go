package sqlite

import (
	"context"
	"testing"

	"linesman/event"
	"linesman/event/eventtest"
)

// Events that are there already shift the seqs of those behind them in a group:
// what was hashed ahead for them must not be used.
func TestHashedAheadOfDuplicates(t *testing.T) {
	dir := t.TempDir()
	l := open(t, Settings{Dir: dir})
	in := eventtest.Sample(20 * shareFrom)
	add(t, l, in[3], in[4*shareFrom], in[4*shareFrom+1])
	stored, err := l.Append(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := map[int]uint64{3: 1, 4 * shareFrom: 2, 4*shareFrom + 1: 3}
	next := uint64(4)
	for i, e := range stored {
		seq, early := want[i]
		if !early {
			seq, next = next, next+1
		}
		if e.Seq != seq {
			t.Fatalf("event %d of the group has seq %d, want %d", i, e.Seq, seq)
		}
	}
	all, err := l.Read(context.Background(), event.Filter{Limit: len(in) + 1})
	if err != nil || len(all) != len(in) {
		t.Fatalf("%d events are there, want %d: %v", len(all), len(in), err)
	}
	l.Close()
	r, err := Verify(context.Background(), VerifySettings{Dir: dir})
	if err != nil || !r.Good {
		t.Fatalf("verify: %+v, %v", r, err)
	}
}

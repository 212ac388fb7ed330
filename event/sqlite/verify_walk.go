package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"linesman/event"
)

// walk reads the files of each day side by side, by seq.
func (v *verifier) walk(ctx context.Context) {
	var order []*walking
	for _, w := range v.trees {
		if w.first > 0 {
			order = append(order, w)
		}
	}
	slices.SortFunc(order, func(a, b *walking) int { return cmpSeq(a.first, b.first) })
	next := uint64(0)
	for len(order) > 0 && ctx.Err() == nil {
		// Those that overlap are read together.
		together, end := order[:1], order[0].last
		for len(together) < len(order) && order[len(together)].first <= end {
			end = max(end, order[len(together)].last)
			together = order[:len(together)+1]
		}
		order = order[len(together):]
		next = v.merge(ctx, together, next)
	}
	if next > 0 {
		v.report.Last = next - 1
	}
}

// row is one row of a file as it is checked.
type row struct {
	event.Event
	mark sql.NullInt64
	err  error
}

// merge walks over files whose seqs interleave. next is the seq that must come;
// 0 for any.
func (v *verifier) merge(ctx context.Context, files []*walking, next uint64) uint64 {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	streams := make([]<-chan []row, len(files))
	heads := make([][]row, len(files))
	for i, w := range files {
		streams[i] = v.stream(ctx, w)
		heads[i] = <-streams[i]
	}
	for {
		k := -1
		for i := range heads {
			if len(heads[i]) > 0 && (k < 0 || heads[i][0].Seq < heads[k][0].Seq) {
				k = i
			}
		}
		if k < 0 {
			return next
		}
		r, w := heads[k][0], files[k]
		if heads[k] = heads[k][1:]; len(heads[k]) == 0 {
			heads[k] = <-streams[k]
		}
		if r.err != nil {
			v.find(w.title(), r.Seq, "", "it can not be read on from here: %v", r.err)
			w.lost = true
			continue
		}
		if w.until > 0 && r.Seq >= w.until {
			continue
		}
		switch {
		case next == 0:
			v.report.First = r.Seq
		case r.Seq < next:
			v.find(w.title(), r.Seq, r.ID, "an event with this seq stands in another file already: one of them was inserted")
		case r.Seq > next && !v.expired(next, r.Seq-1):
			v.find(w.title(), next, "", "%s missing", span(next, r.Seq-1))
		}
		next = max(next, r.Seq+1)
		v.leaf(w, r)
		v.report.Events++
		if v.done++; v.set.Progress != nil && v.done%65536 == 0 {
			v.set.Progress(v.done, max(v.total, v.done))
		}
	}
}

func span(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("event %d is", from)
	}
	return fmt.Sprintf("events %d to %d are", from, to)
}

// expired reports whether the seqs of a gap lie within files that retention has
// removed, one after the other.
func (v *verifier) expired(from, to uint64) bool {
	for _, d := range v.dropped {
		if d.first > 0 && from >= d.first && to <= d.last {
			return true
		}
	}
	for seq := from; seq <= to; { // a gap over several files
		reach := seq
		for _, d := range v.dropped {
			if d.first > 0 && seq >= d.first && seq <= d.last {
				reach = max(reach, d.last+1)
			}
		}
		if reach == seq {
			return false
		}
		seq = reach
	}
	return true
}

// leaf adds one row to its file's tree and compares what can be compared.
func (v *verifier) leaf(w *walking, r row) {
	if w.version < format {
		return
	}
	if w.start == 0 {
		w.start = r.Seq
	}
	var h tlog.Hash
	h, w.line = leafOf(r.Event, w.line)
	if (!r.mark.Valid || r.mark.Int64 != markOf(h)) && !w.lost {
		v.find(w.title(), r.Seq, r.ID, "altered: the event is not the one that was stored")
		w.lost = true
	}
	root, full := w.tree.add(h)
	if full {
		n := int64(w.tree.size/chunk - 1)
		switch c, ok := w.chunks[n]; {
		case w.lost:
		case !ok:
			v.find(w.title(), w.start, "", "the stored hash of events %d to %d is missing", w.start, r.Seq)
			w.lost = true
		case c.root != root || c.last != r.Seq:
			v.find(w.title(), w.start, "", "among events %d to %d one was altered together with its mark, or inserted, removed or moved", w.start, r.Seq)
			w.lost = true
		}
		delete(w.chunks, n)
		w.start = 0
	}
	v.claims(w, r.Seq, r.ID)
}

// claims holds the tree against the heads that speak of its present size.
func (v *verifier) claims(w *walking, seq uint64, id string) {
	for len(w.claims) > 0 && w.claims[0].Size <= w.tree.size {
		c := w.claims[0]
		w.claims = w.claims[1:]
		if c.Size == w.tree.size && c.Root != w.tree.root() && !w.lost {
			v.find(w.title(), seq, id, "up to this event the file is not what %s says: something at or before it was altered", c.from)
			w.lost = true
		}
	}
}

// streamRows is how many rows travel together from the one who reads to the one
// who checks.
const streamRows = 512

// stream reads a file by seq beside the one who checks.
func (v *verifier) stream(ctx context.Context, w *walking) <-chan []row {
	out := make(chan []row, 4)
	go func() {
		defer close(out)
		after := int64(0)
		mark := "mark"
		if w.version < format {
			mark = "NULL"
		}
		send := func(rows []row) bool {
			select {
			case out <- rows:
				return true
			case <-ctx.Done():
				return false
			}
		}
		rows, err := w.at.QueryContext(ctx, "SELECT "+columns+", "+mark+" FROM events NOT INDEXED WHERE seq > ? AND seq <= ? ORDER BY seq", after, int64(math.MaxInt64))
		if err != nil {
			send([]row{{err: err, Event: event.Event{Seq: w.first}}})
			return
		}
		defer rows.Close()
		var some []row
		seq := w.first
		for rows.Next() {
			r, err := scanRow(rows, &w.words)
			if err != nil {
				send(append(some, row{err: err, Event: event.Event{Seq: seq}}))
				return
			}
			seq = r.Seq + 1
			if some = append(some, r); len(some) == streamRows {
				if !send(some) {
					return
				}
				some = make([]row, 0, streamRows)
			}
		}
		if err := rows.Err(); err != nil && !errors.Is(err, context.Canceled) {
			some = append(some, row{err: err, Event: event.Event{Seq: seq}})
		}
		if len(some) > 0 {
			send(some)
		}
	}()
	return out
}

// scanRow reads an event with its mark.
func scanRow(rows *sql.Rows, words *words) (r row, err error) {
	r.Event, err = scanEvent(rows, words, &r.mark)
	return r, err
}

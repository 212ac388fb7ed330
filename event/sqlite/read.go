package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"linesman/event"
)

// Read returns events that match, merged over the files by seq. See event.Log.
func (l *Log) Read(ctx context.Context, f event.Filter) ([]event.Event, error) {
	files, acked, err := l.begin()
	if err != nil {
		return nil, err
	}
	defer l.reading.Done()
	return read(ctx, files, acked, f)
}

// begin takes a view of the files that stays as it is until reading.Done.
func (l *Log) begin() ([]view, uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.closing:
		return nil, 0, event.ErrClosed
	default:
	}
	l.reading.Add(1)
	views := make([]view, 0, len(l.files))
	for _, f := range l.files {
		if f.first > 0 {
			views = append(views, view{f, f.first, f.last, f.since, f.until})
		}
	}
	return views, l.acked, nil
}

// view is a file and what it held when the reading began.
type view struct {
	*file
	first, last  uint64
	since, until int64
}

// read merges what the files say. They come by their first seq, so that most
// often the first few of them are enough.
func read(ctx context.Context, files []view, acked uint64, f event.Filter) ([]event.Event, error) {
	limit := f.Limit
	if limit <= 0 {
		limit = event.DefaultLimit
	}
	low, high := f.After, acked // seqs in (low, high]
	if f.Before > 0 {
		high = min(high, f.Before-1)
	}
	if f.Newest {
		files = slices.Clone(files)
		slices.SortStableFunc(files, func(a, b view) int { return -cmpSeq(a.last, b.last) })
	}
	var out []event.Event
	for _, v := range files {
		if len(out) == limit { // only what lies before the last of them can still matter
			if f.Newest {
				low = max(low, out[limit-1].Seq)
			} else {
				high = min(high, out[limit-1].Seq-1)
			}
		}
		if v.last <= low || v.first > high {
			continue
		}
		for _, q := range v.queries(f) {
			rows, err := v.query(ctx, q, f, low, high, limit)
			if err != nil {
				return nil, v.bad(err)
			}
			out = merge(out, rows, f.Newest, limit)
		}
	}
	return out, nil
}

// query is one way into a file: by one word's id, or by none.
type query struct {
	column string // "type" or ""
	id     int64
}

// queries returns what has to be asked of a file; nothing when no event of it
// can match. Each type is asked for on its own, so that each answer comes
// sorted out of its index.
func (v view) queries(f event.Filter) []query {
	if !f.From.IsZero() && v.until < nanos(f.From) || !f.To.IsZero() && v.since >= nanos(f.To) {
		return nil
	}
	if len(f.Types) == 0 {
		return []query{{}}
	}
	var out []query
	for _, id := range v.words.matching(func(word string) bool { return f.MatchType(event.Type(word)) }) {
		out = append(out, query{"type", id})
	}
	return out
}

// query asks the file. The column that leads is plain; every other condition is
// kept from leading by a plus sign.
func (v view) query(ctx context.Context, q query, f event.Filter, low, high uint64, limit int) ([]event.Event, error) {
	var where strings.Builder
	var args []any
	led := false
	and := func(column, op string, value any, leads bool) {
		if where.Len() > 0 {
			where.WriteString(" AND ")
		}
		if !leads {
			where.WriteByte('+')
		}
		where.WriteString(column + op)
		args = append(args, value)
	}
	if f.Part != "" {
		and("part", " = ?", keyOf(f.Part), true)
		led = true
	}
	if f.Subject != "" {
		and("subject", " = ?", keyOf(f.Subject), !led)
		led = true
	}
	if f.Batch != "" {
		id, ok := v.words.id(f.Batch)
		if !ok {
			return nil, nil
		}
		and("batch", " = ?", id, !led)
		led = true
	}
	if q.column != "" {
		and(q.column, " = ?", q.id, !led)
	}
	if v.cutsTime(f) {
		from, to := int64(math.MinInt64), int64(math.MaxInt64)
		if !f.From.IsZero() {
			from = nanos(f.From)
		}
		if !f.To.IsZero() {
			to = nanos(f.To) - 1
		}
		if !led {
			var first, last sql.NullInt64
			err := v.db.QueryRowContext(ctx, "SELECT min(seq), max(seq) FROM events INDEXED BY events_time WHERE time BETWEEN ? AND ?", from, to).Scan(&first, &last)
			if err != nil || !first.Valid {
				return nil, err
			}
			low, high = max(low, uint64(first.Int64)-1), min(high, uint64(last.Int64))
		}
		and("time", " >= ?", from, false)
		and("time", " <= ?", to, false)
	}
	and("seq", " > ?", signed(low), true)
	and("seq", " <= ?", signed(high), true)
	order := " ORDER BY seq"
	if f.Newest {
		order += " DESC"
	}
	return scan(ctx, v.db, &v.words, "SELECT "+columns+" FROM events WHERE "+where.String()+order+" LIMIT ?", append(args, limit)...)
}

// columns are what scan reads, in its order.
const columns = "seq, id, time, type, source, subject, severity, part, batch, cause, actor, data"

// cutsTime reports whether the filter's time leaves out some of the file.
func (v view) cutsTime(f event.Filter) bool {
	return !f.From.IsZero() && v.since < nanos(f.From) || !f.To.IsZero() && v.until >= nanos(f.To)
}

// scan reads events out of a file.
func scan(ctx context.Context, db rowsOf, words *words, query string, args ...any) ([]event.Event, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []event.Event
	for rows.Next() {
		e, err := scanEvent(rows, words)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// scanEvent reads one row of columns, and what is selected after them.
func scanEvent(rows *sql.Rows, words *words, more ...any) (e event.Event, err error) {
	var (
		seq, at, typ, source, severity, actor int64
		id, subject, part, cause              any
		batch                                 sql.NullInt64
		data                                  string
	)
	into := append([]any{&seq, &id, &at, &typ, &source, &subject, &severity, &part, &batch, &cause, &actor, &data}, more...)
	if err := rows.Scan(into...); err != nil {
		return e, err
	}
	e = event.Event{
		Seq: uint64(seq), ID: unkey(id), Time: time.Unix(0, at).UTC(), Severity: event.Severity(severity),
		Type: event.Type(words.word(typ)), Source: words.word(source), Actor: words.word(actor),
		Subject: unkey(subject), Part: unkey(part), Cause: unkey(cause), Data: json.RawMessage(data),
	}
	if batch.Valid {
		e.Batch = words.word(batch.Int64)
	}
	return e, nil
}

// Follow calls fn with every event after seq as it comes. See event.Log. It
// reads in steps of its own, so that the writer never waits for fn; whoever
// keeps up is served from memory.
func (l *Log) Follow(ctx context.Context, after uint64, fn func(event.Event) error) error {
	for {
		l.mu.Lock()
		changed := l.changed
		l.mu.Unlock()
		events, ok := l.tail.since(after, event.DefaultLimit)
		if !ok {
			var err error
			if events, err = l.Read(ctx, event.Filter{After: after}); err != nil {
				return err
			}
		}
		for _, e := range events {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-l.closing:
				return event.ErrClosed
			default:
			}
			if err := fn(e); err != nil {
				return err
			}
			after = e.Seq
		}
		if len(events) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-l.closing:
			return event.ErrClosed
		}
	}
}

// merge joins two answers in order and keeps the first limit.
func merge(a, b []event.Event, newest bool, limit int) []event.Event {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	out := make([]event.Event, 0, min(limit, len(a)+len(b)))
	for len(out) < limit && (len(a) > 0 || len(b) > 0) {
		if len(b) == 0 || len(a) > 0 && (a[0].Seq < b[0].Seq) != newest {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return out
}

func cmpSeq(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// signed is a seq as SQLite has it.
func signed(seq uint64) int64 { return int64(min(seq, math.MaxInt64)) }

// nanos is a time in Unix nanoseconds, held within what 64 bits can say.
func nanos(t time.Time) int64 {
	switch y := t.UTC().Year(); {
	case y < 1678:
		return math.MinInt64
	case y > 2261:
		return math.MaxInt64
	}
	return t.UnixNano()
}

func isNoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

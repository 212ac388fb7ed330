package sqlite

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"time"

	"linesman/event"
	"linesman/event/disk"
)

// Keep says how long what is kept.
type Keep struct {
	Parts   time.Duration // files of passes; 0 is 7 days
	Record  time.Duration // files of everything else; 0 is 5 years
	MinFree int64         // bytes to leave free on the disk: passes go earlier for it; 0 is 2 GiB, less than 0 none
}

func (k *Keep) fill() {
	if k.Parts <= 0 {
		k.Parts = 7 * 24 * time.Hour
	}
	if k.Record <= 0 {
		k.Record = 5 * 365 * 24 * time.Hour
	}
	if k.MinFree == 0 {
		k.MinFree = 2 << 30
	}
}

// Retain removes the files whose time is over, oldest first. What passed in
// them is folded into line.minute first, and log.dropped says what went; only
// when both are on disk does the file go. Rows are never removed. It returns
// the files that went.
func (l *Log) Retain(ctx context.Context, keep Keep) (gone []string, err error) {
	keep.fill()
	today := l.set.Now().UTC()
	for _, f := range l.closedFiles() {
		day, err := time.Parse(time.DateOnly, base(f.day))
		if err != nil {
			return gone, f.bad(err)
		}
		age := today.Sub(day.AddDate(0, 0, 1)) // of its youngest event
		why := ""
		switch {
		case f.shelf == parts && age > keep.Parts && l.lived(f, keep.Parts), f.shelf == record && age > keep.Record && l.lived(f, keep.Record):
			why = "age"
		case f.shelf == parts && keep.MinFree > 0:
			if left, err := disk.Free(l.set.Dir); err == nil && left < keep.MinFree {
				why = "disk pressure"
			}
		}
		if why == "" {
			continue
		}
		if err := l.drop(ctx, f, why); err != nil {
			return gone, err
		}
		gone = append(gone, f.title())
	}
	return gone, nil
}

// lived reports whether the log itself has known at least half as many days
// after a file as it is to be kept. A clock that jumped ahead by years would
// otherwise have everything removed within the hour.
func (l *Log) lived(f *file, keep time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	later := map[string]bool{}
	for _, o := range l.files {
		if base(o.day) > base(f.day) {
			later[base(o.day)] = true
		}
	}
	return time.Duration(len(later))*24*time.Hour >= keep/2
}

// closedFiles are the files of days that are over, oldest first.
func (l *Log) closedFiles() []*file {
	l.mu.Lock()
	defer l.mu.Unlock()
	newest := newestDay(l.files)
	var out []*file
	for _, f := range l.files {
		if base(f.day) < base(newest) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *file) int { return cmpSeq(a.first, b.first) })
	return out
}

// drop tells of a file and then removes it. The ids of what it tells follow
// from the file, so that a crash between the two tells nothing twice.
func (l *Log) drop(ctx context.Context, f *file, why string) error {
	said := event.LogDropped{File: f.title(), First: f.first, Last: f.last, Why: why}
	if f.first > 0 {
		said.From, said.To = time.Unix(0, f.since).UTC(), time.Unix(0, f.until).UTC()
	}
	if h, err := f.head(l.key.verifier); err == nil {
		for _, c := range h.Files {
			if c.File == f.title() {
				said.Size, said.Root = c.Size, c.Root.String()
			}
		}
	}
	if info, err := os.Stat(f.path); err == nil {
		said.Bytes = uint64(info.Size())
	}
	var tell []event.Event
	if f.shelf == parts && f.first > 0 {
		folded, err := l.fold(ctx, f)
		if err != nil {
			return f.bad(err)
		}
		tell = folded
	}
	gone := l.own(said)
	gone.ID = idFor(l.set.Now(), "dropped", f.title(), said.Root)
	if _, err := l.Append(ctx, append(tell, gone)); err != nil {
		return err
	}
	l.mu.Lock()
	l.files = slices.DeleteFunc(l.files, func(o *file) bool { return o == f })
	l.retired = append(l.retired, f) // readers may still be at it
	l.mu.Unlock()
	for _, path := range []string{f.path + "-wal", f.path + "-shm", f.path} {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("event log: %w", err)
		}
	}
	return disk.SyncDir(l.set.Dir)
}

// idFor is a UUIDv7 that the same words always give on the same day.
func idFor(day time.Time, words ...string) string {
	at, _ := time.Parse(time.DateOnly, day.UTC().Format(time.DateOnly)) // it was just written so
	id := event.MakeID(at)
	sum := sha256.Sum256([]byte(fmt.Sprintf("%q", words)))
	copy(id[8:], sum[:8])
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// minuteKey is one minute of one line.
type minuteKey struct {
	source, line string
	from         time.Time
}

// fold counts the verdicts of a file by minute, for those minutes of which no
// line.minute is in the record.
func (l *Log) fold(ctx context.Context, f *file) ([]event.Event, error) {
	known := map[minuteKey]bool{}
	minutes := event.LineMinute{}.EventType()
	margin := time.Hour
	after := uint64(0)
	for {
		page, err := l.Read(ctx, event.Filter{After: after, Types: []event.Type{minutes},
			From: time.Unix(0, f.since).Add(-margin), To: time.Unix(0, f.until).Add(margin)})
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			after = e.Seq
			if m, err := event.As[event.LineMinute](e); err == nil {
				known[minuteKey{e.Source, m.Line, m.From.UTC().Truncate(time.Minute)}] = true
			}
		}
		if len(page) < event.DefaultLimit {
			break
		}
	}
	counts := map[minuteKey]*event.LineMinute{}
	var order []minuteKey
	id, ok := f.words.id(string(event.PartJudged{}.EventType()))
	if !ok {
		return nil, nil
	}
	for seq := int64(0); ; {
		page, err := scan(ctx, f.db, &f.words, "SELECT "+columns+" FROM events NOT INDEXED WHERE seq > ? AND type = ? ORDER BY seq LIMIT ?", seq, id, groupEvents)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			seq = int64(e.Seq)
			p, err := event.As[event.PartJudged](e)
			if err != nil {
				continue // it never was one of a line of ours
			}
			k := minuteKey{e.Source, p.Line, e.Time.UTC().Truncate(time.Minute)}
			if known[k] {
				continue
			}
			m := counts[k]
			if m == nil {
				m = &event.LineMinute{Line: p.Line, From: k.from, Seconds: 60}
				counts[k] = m
				order = append(order, k)
			}
			m.Pass++
			m.Score99 = max(m.Score99, p.Score)
			if p.Collateral {
				m.Collateral++
			}
		}
		if len(page) < groupEvents {
			break
		}
	}
	var out []event.Event
	for _, k := range order {
		e := event.New(k.source, k.line, k.from, *counts[k])
		e.ID = idFor(l.set.Now(), "folded", f.title(), k.source, k.line, k.from.Format(time.RFC3339))
		out = append(out, e)
	}
	return out, nil
}

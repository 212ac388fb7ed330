package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"linesman/event"
)

// writer is what the writer goroutine alone touches.
type writer struct {
	pair    *pair          // of the current day; nil until the first event
	first   []event.Event  // what the log itself has to say first in the next group
	fresh   []event.Event  // of the group that is being written
	sequel  map[string]int // by date: the number of its newest sequel
	spoiled string         // the day whose files must not be written any more
	line    []byte         // scratch
}

// pair is the two files of one day, open for writing.
//
// A group that goes into both is two transactions, and a crash can come between
// them. So parts is committed first, with the group's bounds, then record with
// the same bounds. When the bounds differ at the next start, parts alone has
// the group: its rows are taken out. Nobody was told they were stored, and the
// ring hands them in again. The record is never touched.
type pair struct {
	day           string
	parts, record *pen
	torn          bool // parts has a group that record could not take
}

func (p *pair) pen(s shelf) *pen {
	if s == parts {
		return p.parts
	}
	return p.record
}

func (p *pair) other(s shelf) *pen {
	if s == parts {
		return p.record
	}
	return p.parts
}

func (p *pair) close() error { return errors.Join(p.parts.close(), p.record.close()) }

// mend takes out of parts what record never got.
func (p *pair) mend(l *Log) error {
	first := p.parts.group[0]
	if first == 0 || p.parts.group[1] <= p.record.group[1] {
		p.torn = false
		return nil
	}
	f := p.parts.file
	before, err := grown(context.Background(), f.db, &f.words, first)
	if err != nil {
		return f.bad(err)
	}
	p.parts.tree = before
	signed, err := l.headOf(p, first-1)
	if err != nil {
		return err
	}
	if err := p.parts.exec("BEGIN IMMEDIATE"); err != nil {
		return f.bad(err)
	}
	err = errors.Join(
		p.parts.exec("DELETE FROM events WHERE seq >= ?", int64(first)),
		p.parts.exec("DELETE FROM chunks WHERE last >= ?", int64(first)),
		p.parts.exec("UPDATE file SET group_first = 0, group_last = 0, head = ?", signed),
	)
	if err == nil {
		err = p.parts.exec("COMMIT")
	}
	if err != nil {
		return errors.Join(f.bad(err), p.parts.undoOpen())
	}
	l.set.Logger.Warn("event log: a group that was half written and never acknowledged was taken out", "file", f.path, "from", first)
	p.torn, p.parts.group = false, [2]uint64{}
	return p.parts.learn(context.Background())
}

// openPair opens the two files of a day for writing.
func (l *Log) openPair(day string) (*pair, error) {
	p := &pair{day: day}
	for _, s := range []shelf{parts, record} {
		f, known, err := l.fileOf(s, day)
		if err != nil {
			return nil, errors.Join(err, p.closeOpened())
		}
		if known && f.version != 0 && f.version < format {
			return nil, errors.Join(f.bad(errOld), p.closeOpened())
		}
		pen, err := openPen(f)
		if err == nil {
			if err = pen.plant([]string{l.key.verifier}); err != nil {
				err = errors.Join(f.bad(err), pen.close())
			}
		}
		if err != nil {
			return nil, errors.Join(err, p.closeOpened())
		}
		if s == parts {
			p.parts = pen
		} else {
			p.record = pen
		}
		if !known {
			l.mu.Lock()
			l.files = append(l.files, f)
			l.mu.Unlock()
		}
	}
	return p, nil
}

func (p *pair) closeOpened() error {
	if p.parts != nil {
		return p.parts.close()
	}
	return nil
}

// fileOf returns the file of a shelf and day, a new one if there is none.
func (l *Log) fileOf(s shelf, day string) (f *file, known bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.files {
		if f.shelf == s && f.day == day {
			return f, true, nil
		}
	}
	f, err = newFile(l.set.Dir, fileName(s, day))
	return f, false, err
}

// today is the day whose files are written now. The clock may step back a
// little without an older file being opened again; a step back of more than a
// day means that it was wrong before.
func (l *Log) today() string {
	now := l.set.Now().UTC()
	date := now.Format(time.DateOnly)
	if p := l.w.pair; p != nil && p.day != l.w.spoiled {
		current, err := time.Parse(time.DateOnly, base(p.day))
		if date == base(p.day) || err == nil && current.After(now) && current.Sub(now) < 24*time.Hour {
			return p.day
		}
	}
	if n := l.w.sequel[date]; n > 0 {
		return fmt.Sprintf("%s.%02d", date, min(n, lastSequel))
	}
	return date
}

// lastSequel is how often the files of one day may be given up: a disk that
// spoils more than that is no place for a log.
const lastSequel = 99

// turn opens the files of the day if they are not open, and closes those of the
// day before for good.
func (l *Log) turn() error {
	day := l.today()
	if n := l.w.sequel[base(day)]; n > lastSequel {
		return fmt.Errorf("event log %s: %d files of %s are damaged: the disk is failing; replace it", l.set.Dir, n, base(day))
	}
	if l.w.pair != nil && l.w.pair.day == day {
		return nil
	}
	next, err := l.openPair(day)
	if isDamage(err) {
		l.damaged(day, err)
		next, err = l.openPair(l.today())
	}
	if err != nil {
		return err
	}
	if l.w.pair != nil && l.w.pair.day != l.w.spoiled {
		sealed, err := l.seal(l.w.pair)
		if err != nil {
			return errors.Join(err, next.close())
		}
		l.w.first = append(l.w.first, sealed...)
		if err := l.w.pair.close(); err != nil {
			l.set.Logger.Error("event log: the day before does not close", "day", l.w.pair.day, "err", err)
		}
	}
	l.w.pair = next
	return nil
}

// write stores one group. When it returns nil, all of it is on disk; otherwise
// none of it is, to anybody who reads.
func (l *Log) write(group []*request) error {
	err := l.tryWrite(group)
	if isDamage(err) && l.w.pair != nil { // the day's files are lost to us; the log goes on in new ones
		if errors.Is(err, errMissing) {
			l.w.pair.rescue(l.set.Logger)
		}
		l.damaged(l.w.pair.day, err)
		if sealed, err := l.seal(l.w.pair); err == nil { // what was acknowledged, whatever the files are now
			l.w.first = append(l.w.first, sealed...)
		}
		if err := l.w.pair.close(); err != nil {
			l.set.Logger.Error("event log: damaged files do not close", "err", err)
		}
		l.w.pair = nil
		err = l.tryWrite(group)
	}
	return err
}

func (l *Log) tryWrite(group []*request) error {
	if p := l.w.pair; p != nil {
		if err := p.present(); err != nil {
			return err
		}
		if p.torn {
			if err := p.mend(l); err != nil {
				return err
			}
		}
	}
	if err := l.turn(); err != nil {
		return err
	}
	p := l.w.pair
	before := l.Last()
	l.w.fresh = l.w.fresh[:0]
	if len(l.w.first) > 0 {
		own, err := admit(l.w.first)
		if err != nil {
			return err
		}
		group = append([]*request{{events: l.w.first, drafts: own}}, group...)
	}
	last, err := l.put(group, before)
	if err != nil {
		return errors.Join(err, p.parts.undo(), p.record.undo())
	}
	signed := ""
	if last > before {
		signed, err = p.commit(l, before+1, last)
	}
	if err != nil || last == before {
		return errors.Join(err, p.parts.undo(), p.record.undo())
	}
	l.w.first = nil
	l.publish(last, signed)
	if now := l.set.Now(); now.Unix()-l.sealed.Load() > 3600 {
		if err := l.asideHead(); err != nil {
			l.set.Logger.Error("event log: its head can not be put aside", "err", err)
		}
	}
	return nil
}

// put inserts a group's events and gives them their seqs, from after on.
func (l *Log) put(group []*request, after uint64) (last uint64, err error) {
	last = after
	hashed := hashAhead(group, after)
	defer hashed.end()
	at := -1
	for _, r := range group {
		for i := range r.events {
			e, d := &r.events[i], &r.drafts[i]
			at++
			if seq, ok, err := l.stored(d.id, d.shelf); err != nil {
				return 0, err
			} else if ok {
				e.Seq = seq
				continue
			}
			leaf, ok := hashed.leaf(at, last+1)
			if !ok {
				stored := *e
				stored.Seq = last + 1
				leaf, l.w.line = leafOf(stored, l.w.line)
			}
			fresh, err := l.w.pair.pen(d.shelf).put(e, d, last+1, leaf)
			switch {
			case err != nil:
				return 0, err
			case fresh:
				last++
				e.Seq = last
				l.w.fresh = append(l.w.fresh, *e)
			default:
				if e.Seq, _, err = l.w.pair.pen(d.shelf).seqOf(d.id); err != nil {
					return 0, err
				}
			}
		}
	}
	return last, nil
}

// stored looks for an id where the insert into the day's shelf s does not: in
// the day's other file, and in the files of earlier days if it was born then.
func (l *Log) stored(id event.ID, s shelf) (seq uint64, ok bool, err error) {
	if seq, ok, err = l.w.pair.other(s).seqOf(id); ok || err != nil {
		return seq, ok, err
	}
	born := id.Born().Format(time.DateOnly)
	if born >= l.w.pair.day {
		return 0, false, nil
	}
	earliest := id.Born().AddDate(0, 0, -1).Format(time.DateOnly) // clocks step
	l.mu.Lock()
	var files []*file
	for _, f := range l.files {
		if f.day >= earliest && f.day != l.w.pair.day && f.first > 0 {
			files = append(files, f)
		}
	}
	l.mu.Unlock()
	for _, f := range files {
		var seq int64
		switch err := f.db.QueryRow("SELECT seq FROM events WHERE id = ?", id[:]).Scan(&seq); {
		case err == nil:
			return uint64(seq), true, nil
		case isNoRows(err):
		case isDamage(err): // of a day that is over: it must not spoil this one
			l.set.Logger.Error("event log: whether an event is there already can not be looked up", "id", id, "file", f.path, "err", err)
		default:
			return 0, false, f.bad(err)
		}
	}
	return 0, false, nil
}

// commit makes both files' transactions durable, parts first, each with the
// head of both.
func (p *pair) commit(l *Log, first, last uint64) (signed string, err error) {
	if signed, err = l.headOf(p, last); err != nil {
		return "", err
	}
	both := p.parts.added.first > 0 && p.record.added.first > 0
	for _, pen := range []*pen{p.parts, p.record} {
		group := pen.group
		if both {
			group = [2]uint64{first, last}
		}
		if pen.added.first > 0 {
			if err := pen.note(signed, group); err != nil {
				return "", err
			}
		}
	}
	if err := p.parts.commit(); err != nil {
		return "", err
	}
	if both {
		p.parts.group = [2]uint64{first, last}
	}
	if err := p.record.commit(); err != nil {
		p.torn = both
		return "", fmt.Errorf("%w; nothing of the group counts as stored", err)
	}
	if both {
		p.record.group = p.parts.group
	}
	return signed, nil
}

// publish lets readers see everything up to last and wakes the followers.
func (l *Log) publish(last uint64, signed string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, pen := range []*pen{l.w.pair.parts, l.w.pair.record} {
		if pen.added.first > 0 {
			l.commits.Add(1)
		}
		pen.file.grow(pen.added)
		pen.added = extent{}
	}
	l.sortFiles()
	l.tail.add(l.w.fresh)
	l.acked, l.signed = last, signed
	close(l.changed)
	l.changed = make(chan struct{})
}

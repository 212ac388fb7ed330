package sqlite

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"linesman/event"
)

// writer is what the writer goroutine alone touches.
type writer struct {
	pair *pair // of the current day; nil until the first event
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
func (p *pair) mend(log *slog.Logger) error {
	first := p.parts.group[0]
	if first == 0 || p.parts.group[1] <= p.record.group[1] {
		p.torn = false
		return nil
	}
	if err := p.parts.exec("BEGIN IMMEDIATE; DELETE FROM events WHERE seq >= ?; UPDATE file SET group_first = 0, group_last = 0; COMMIT", int64(first)); err != nil {
		return errors.Join(p.parts.file.bad(err), p.parts.undoOpen())
	}
	log.Warn("event log: a group that was half written and never acknowledged was taken out", "file", p.parts.file.path, "from", first)
	p.torn, p.parts.group = false, [2]uint64{}
	return nil
}

// openPair opens the two files of a day for writing.
func (l *Log) openPair(day string) (*pair, error) {
	p := &pair{day: day}
	for _, s := range []shelf{parts, record} {
		f, known, err := l.fileOf(s, day)
		if err != nil {
			return nil, errors.Join(err, p.closeOpened())
		}
		pen, err := openPen(f)
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
	day := now.Format(time.DateOnly)
	if l.w.pair == nil || day >= l.w.pair.day {
		return day
	}
	if current, err := time.Parse(time.DateOnly, l.w.pair.day); err == nil && current.Sub(now) < 24*time.Hour {
		return l.w.pair.day
	}
	return day
}

// turn opens the files of the day if they are not open.
func (l *Log) turn() error {
	day := l.today()
	if l.w.pair != nil && l.w.pair.day == day {
		return nil
	}
	next, err := l.openPair(day)
	if err != nil {
		return err
	}
	if l.w.pair != nil {
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
	if l.w.pair != nil && l.w.pair.torn {
		if err := l.w.pair.mend(l.set.Logger); err != nil {
			return err
		}
	}
	if err := l.turn(); err != nil {
		return err
	}
	p := l.w.pair
	before := l.Last()
	last, err := l.put(group, before)
	if err != nil {
		return errors.Join(err, p.parts.undo(), p.record.undo())
	}
	if err := p.commit(before+1, last); err != nil {
		return errors.Join(err, p.parts.undo(), p.record.undo())
	}
	l.publish(last)
	return nil
}

// put inserts a group's events and gives them their seqs, from after on.
func (l *Log) put(group []*request, after uint64) (last uint64, err error) {
	last = after
	for _, r := range group {
		for i := range r.events {
			e := &r.events[i]
			s := record
			if e.Pass() {
				s = parts
			}
			if e.ID == "" {
				e.ID = event.MakeID(time.Now()).String()
			} else if seq, ok, err := l.stored(e.ID, s); err != nil {
				return 0, err
			} else if ok {
				e.Seq = seq
				continue
			}
			fresh, err := l.w.pair.pen(s).put(e, last+1)
			switch {
			case err != nil:
				return 0, err
			case fresh:
				last++
				e.Seq = last
			default:
				if e.Seq, _, err = l.w.pair.pen(s).seqOf(e.ID); err != nil {
					return 0, err
				}
			}
		}
	}
	return last, nil
}

// stored looks for an id where the insert into the day's shelf s does not: in
// the day's other file, and in the files of earlier days if it was born then.
func (l *Log) stored(id string, s shelf) (seq uint64, ok bool, err error) {
	if seq, ok, err = l.w.pair.other(s).seqOf(id); ok || err != nil {
		return seq, ok, err
	}
	parsed, _ := event.ParseID(id)
	born := parsed.Born().Format(time.DateOnly)
	if born >= l.w.pair.day {
		return 0, false, nil
	}
	earliest := parsed.Born().AddDate(0, 0, -1).Format(time.DateOnly) // clocks step
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
		switch err := f.db.QueryRow("SELECT seq FROM events WHERE id = ?", key(id)).Scan(&seq); {
		case err == nil:
			return uint64(seq), true, nil
		case !isNoRows(err):
			return 0, false, f.bad(err)
		}
	}
	return 0, false, nil
}

// commit makes both files' transactions durable, parts first.
func (p *pair) commit(first, last uint64) error {
	both := p.parts.open && p.record.open && p.parts.added.first > 0 && p.record.added.first > 0
	if both {
		for _, pen := range []*pen{p.parts, p.record} {
			if err := pen.note(first, last); err != nil {
				return err
			}
		}
	}
	if err := p.parts.commit(); err != nil {
		return err
	}
	if both {
		p.parts.group = [2]uint64{first, last}
	}
	if err := p.record.commit(); err != nil {
		p.torn = both
		return fmt.Errorf("%w; nothing of the group counts as stored", err)
	}
	if both {
		p.record.group = p.parts.group
	}
	return nil
}

// publish lets readers see everything up to last and wakes the followers.
func (l *Log) publish(last uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, pen := range []*pen{l.w.pair.parts, l.w.pair.record} {
		pen.file.grow(pen.added)
		pen.added = extent{}
	}
	l.sortFiles()
	l.acked = last
	close(l.changed)
	l.changed = make(chan struct{})
}

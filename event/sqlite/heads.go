package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"linesman/event"
	"linesman/event/disk"
)

var (
	_ event.Proving = (*Log)(nil)
	_ event.Cursors = (*Log)(nil)
)

// headOf signs how far a day's files have come.
func (l *Log) headOf(p *pair, seq uint64) (string, error) {
	h := event.Head{Site: l.set.Site, Seq: seq, Time: l.set.Now()}
	for _, pen := range []*pen{p.record, p.parts} {
		h.Files = append(h.Files, event.FileHead{File: pen.file.title(), Size: pen.tree.size, Root: pen.tree.root()})
	}
	return h.Sign(l.key)
}

// seal says of a day's files that they are closed for good.
func (l *Log) seal(p *pair) ([]event.Event, error) {
	signed, err := l.headOf(p, l.Last())
	if err != nil {
		return nil, err
	}
	if err := keepHead(l.set.Dir, signed); err != nil {
		return nil, fmt.Errorf("event log: %w", wrapFull(err))
	}
	var out []event.Event
	for _, pen := range []*pen{p.record, p.parts} {
		out = append(out, l.own(event.LogSealed{
			File: pen.file.title(), Size: pen.tree.size, Root: pen.tree.root().String(),
			First: pen.file.first, Last: pen.file.last, Head: signed,
		}))
	}
	l.sealed.Store(l.set.Now().Unix())
	return out, nil
}

// own is an event of the log itself.
func (l *Log) own(p event.Payload) event.Event {
	return event.New("/"+l.set.Site+"/log", "log", l.set.Now(), p)
}

// asideHead puts the present head among those that outlive retention. It runs
// in the writer, or after it.
func (l *Log) asideHead() error {
	if l.w.pair == nil || l.w.pair.torn || l.Last() == 0 {
		return nil
	}
	signed, err := l.headOf(l.w.pair, l.Last())
	if err == nil {
		err = keepHead(l.set.Dir, signed)
	}
	if err != nil {
		return fmt.Errorf("event log: %w", wrapFull(err))
	}
	l.sealed.Store(l.set.Now().Unix())
	return nil
}

// Head returns a signed head of everything that is stored: the one that was
// signed with the last commit, so that asking costs the writer nothing. See
// event.Proving.
func (l *Log) Head(ctx context.Context) (signed, verifier string, err error) {
	l.mu.Lock()
	signed = l.signed
	l.mu.Unlock()
	if signed != "" {
		return signed, l.key.verifier, nil
	}
	r := &request{done: make(chan error, 1)} // there is none before the first event of this process
	r.ask = func() error {
		if l.w.pair == nil {
			if err := l.turn(); err != nil {
				return err
			}
		}
		signed, err = l.headOf(l.w.pair, l.Last())
		return err
	}
	if err := l.hand(ctx, r); err != nil {
		return "", "", err
	}
	return signed, l.key.verifier, nil
}

// Extent returns the seqs there are. See event.Proving.
func (l *Log) Extent() (oldest, newest uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.files {
		if f.first > 0 && (oldest == 0 || f.first < oldest) {
			oldest = f.first
		}
	}
	return oldest, l.acked
}

// Inclusion shows that an event stands in the log. See event.Proving.
func (l *Log) Inclusion(ctx context.Context, seq uint64) (p event.Inclusion, err error) {
	files, _, err := l.begin()
	if err != nil {
		return p, err
	}
	defer l.reading.Done()
	for _, v := range files {
		if seq < v.first || seq > v.last {
			continue
		}
		var there bool
		if p, there, err = v.inclusion(ctx, seq, l.key.verifier); err != nil {
			return p, v.bad(err)
		}
		if there {
			return p, nil
		}
	}
	return p, fmt.Errorf("%w: event %d", event.ErrGone, seq)
}

// Consistency shows that a file only grew. See event.Proving.
func (l *Log) Consistency(ctx context.Context, name string, from uint64) (p event.Consistency, err error) {
	files, _, err := l.begin()
	if err != nil {
		return p, err
	}
	defer l.reading.Done()
	for _, v := range files {
		if v.title() == name {
			p, err = v.consistency(ctx, from, l.key.verifier)
			return p, err
		}
	}
	return p, fmt.Errorf("%w: file %.80q", event.ErrGone, name)
}

// inclusion proves one event under the file's own head.
func (f *file) inclusion(ctx context.Context, seq uint64, verifier string) (p event.Inclusion, there bool, err error) {
	tx, err := f.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return p, false, err
	}
	defer tx.Rollback()
	events, err := scan(ctx, tx, &f.words, "SELECT "+columns+" FROM events WHERE seq = ?", signed(seq))
	if err != nil || len(events) == 0 {
		return p, false, err
	}
	var n, last sql.NullInt64
	if err := tx.QueryRowContext(ctx, "SELECT max(chunk), max(last) FROM chunks WHERE last < ?", signed(seq)).Scan(&n, &last); err != nil {
		return p, false, err
	}
	index := int64(0)
	if n.Valid {
		index = (n.Int64 + 1) * chunk
	}
	var before int64
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM events WHERE seq > ? AND seq < ?", last.Int64, signed(seq)).Scan(&before); err != nil {
		return p, false, err
	}
	index += before
	text, head, err := headIn(ctx, tx, f.title(), verifier)
	if err != nil {
		return p, false, err
	}
	path, err := tlog.ProveRecord(int64(head.Size), index, &hashReader{ctx, tx, &f.words, map[int64][]tlog.Hash{}})
	if err != nil {
		return p, false, err
	}
	return event.Inclusion{
		Line: string(event.AppendLine(nil, events[0])), File: f.title(), Index: uint64(index), Size: head.Size,
		Hashes: event.HashTexts(path), Head: text,
	}, true, nil
}

// consistency proves that the file only grew.
func (f *file) consistency(ctx context.Context, from uint64, verifier string) (p event.Consistency, err error) {
	tx, err := f.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return p, f.bad(err)
	}
	defer tx.Rollback()
	text, head, err := headIn(ctx, tx, f.title(), verifier)
	if err != nil {
		return p, f.bad(err)
	}
	if from == 0 || from > head.Size {
		return p, fmt.Errorf("%w: %s has %d events: from %d proves nothing", event.ErrGone, f.title(), head.Size, from)
	}
	path, err := tlog.ProveTree(int64(head.Size), int64(from), &hashReader{ctx, tx, &f.words, map[int64][]tlog.Hash{}})
	if err != nil {
		return p, f.bad(err)
	}
	return event.Consistency{File: f.title(), From: from, To: head.Size, Hashes: event.HashTexts(path), Head: text}, nil
}

// head reads the file's signed head.
func (f *file) head(verifiers ...string) (event.Head, error) {
	var text string
	if err := f.db.QueryRow("SELECT head FROM file").Scan(&text); err != nil {
		return event.Head{}, err
	}
	return event.OpenHead(text, verifiers...)
}

// headIn reads the head that stands in a file, and what it says of it.
func headIn(ctx context.Context, db rowsOf, title, verifier string) (text string, f event.FileHead, err error) {
	if err := db.QueryRowContext(ctx, "SELECT head FROM file").Scan(&text); err != nil {
		return "", f, err
	}
	h, err := event.OpenHead(text, verifier)
	if err != nil {
		return "", f, err
	}
	for _, f := range h.Files {
		if f.File == title {
			return text, f, nil
		}
	}
	return "", f, fmt.Errorf("its head does not speak of it")
}

// State is what the log says of its health.
type State struct {
	Oldest, Newest uint64    // seq; 0 in an empty log
	Bytes          int64     // of its files
	Free           int64     // bytes free on its disk
	Commits        uint64    // transactions of events synced to it since it was opened: a group has one in each file that it goes into
	Sealed         time.Time // when a head was last put aside; zero if not since the start
}

// State looks at the log's files.
func (l *Log) State() (s State, err error) {
	s.Oldest, s.Newest = l.Extent()
	s.Commits = l.commits.Load()
	if at := l.sealed.Load(); at > 0 {
		s.Sealed = time.Unix(at, 0).UTC()
	}
	entries, err := os.ReadDir(l.set.Dir)
	if err != nil {
		return s, err
	}
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(l.set.Dir, e.Name())); err == nil && info.Mode().IsRegular() {
			s.Bytes += info.Size()
		}
	}
	s.Free, err = disk.Free(l.set.Dir)
	return s, err
}

// Package sqlite is the event log on disk: two SQLite files a UTC day, one for
// the many events of parts that pass and one for the record, with one sequence
// over both. An append that is acknowledged is on disk.
//
// One goroutine writes. Appends that wait together are stored together, with
// one sync of the disk for all of them.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"linesman/event"
)

var _ event.Log = (*Log)(nil)

// Settings says where the log lies.
type Settings struct {
	Dir    string           // made if absent; on a local disk
	Site   string           // names the heads and the key that signs them; "" is "site"
	Logger *slog.Logger     // nil is slog.Default
	Now    func() time.Time // the clock that names the files; nil is time.Now
}

// Log is the event log of one site. Only one process may have it open.
type Log struct {
	set  Settings
	lock *os.File
	key  key

	requests chan *request
	closing  chan struct{} // closed by Close
	done     chan struct{} // closed when the writer has ended
	once     sync.Once
	closeErr error

	w writer // the writer goroutine's own

	tail    tail
	cursors *sql.DB
	sealed  atomic.Int64 // when a head was last put aside, Unix seconds
	commits atomic.Uint64

	mu      sync.Mutex
	files   []*file       // by first seq
	retired []*file       // removed, perhaps still being read
	signed  string        // head of everything up to acked; "" before the first event
	acked   uint64        // everything up to here is on disk in every file
	changed chan struct{} // closed and replaced when acked grows
	reading sync.WaitGroup
}

// request is one Append on its way to the writer.
type request struct {
	events []event.Event // stored with ID and Seq filled in
	drafts []draft       // of the events
	bytes  int
	ask    func() error // instead of events: run between two groups
	done   chan error
}

// Group bounds: what one sync of the disk carries at most.
const (
	groupEvents = 4096
	groupBytes  = 8 << 20
)

// Open opens the log in a folder, and makes it where there is none. It mends
// what a crash left half written, so that the sequence has no gap.
func Open(set Settings) (*Log, error) {
	if set.Logger == nil {
		set.Logger = slog.Default()
	}
	if set.Now == nil {
		set.Now = time.Now
	}
	if err := os.MkdirAll(set.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("event log: %w; choose a folder that can be written", err)
	}
	lock, err := takeLock(set.Dir)
	if err != nil {
		return nil, err
	}
	if set.Site == "" {
		set.Site = "site"
	}
	l := &Log{
		set: set, lock: lock, w: writer{sequel: map[string]int{}}, changed: make(chan struct{}),
		requests: make(chan *request, 64), closing: make(chan struct{}), done: make(chan struct{}),
	}
	if err := l.load(); err != nil {
		return nil, errors.Join(err, l.closeFiles(), lock.Close())
	}
	go l.run()
	return l, nil
}

// load opens every file there is and mends the newest pair. A file that can
// not be read is left where it is and told of; the log goes on beside it.
func (l *Log) load() error {
	var fresh bool
	var err error
	if l.key, fresh, err = openKey(l.set.Dir, l.set.Site); err != nil {
		return err
	}
	if l.cursors, err = openCursors(l.set.Dir); err != nil {
		return err
	}
	names, err := listFiles(l.set.Dir)
	if err != nil {
		return err
	}
	if fresh && len(names) > 0 {
		l.set.Logger.Warn("event log: its key was gone; heads are signed by a new one from now on", "dir", l.set.Dir)
	}
	var broken []*brokenFile
	for _, name := range names {
		f, err := openFile(l.set.Dir, name)
		if err != nil {
			if !isDamage(err) {
				return err
			}
			broken = append(broken, &brokenFile{name, err})
			continue
		}
		l.files = append(l.files, f)
		if _, number, is := strings.Cut(f.day, "."); is {
			n, _ := strconv.Atoi(number) // two digits: the pattern says so
			l.w.sequel[base(f.day)] = max(l.w.sequel[base(f.day)], n)
		}
	}
	for _, f := range l.files {
		l.acked = max(l.acked, f.last)
	}
	for _, b := range broken {
		l.damaged(strings.TrimSuffix(b.name, ".db"), b.err)
		l.acked = max(l.acked, l.signedUpTo()) + seqJump // some of its seqs were given, nobody can say how many
	}
	if newest := newestDay(l.files); newest != "" {
		if err := l.resume(newest); err != nil {
			return err
		}
	}
	l.sortFiles()
	return nil
}

// seqJump is what seq skips over after the loss of a file that may have given
// seqs which nothing else knows of.
const seqJump = 1 << 20

type brokenFile struct {
	name string
	err  error
}

// resume opens the newest day for writing. Files that are not as they were
// signed are left as they are, and the log goes on in a sequel of that day.
func (l *Log) resume(day string) error {
	p, err := l.openPair(day)
	if err != nil {
		if !isDamage(err) {
			return err
		}
		l.damaged(day, err)
		l.acked = max(l.acked, l.signedUpTo())
		for _, f := range l.files {
			if h, err := f.head(l.key.verifier); f.day == day && err == nil {
				l.acked = max(l.acked, h.Seq) // what was cut off must not be given again
			}
		}
		return nil
	}
	l.w.pair = p
	if err := p.mend(l); err != nil {
		return err
	}
	if err := p.parts.file.look(); err != nil {
		return p.parts.file.bad(err)
	}
	l.acked = 0
	for _, f := range l.files {
		l.acked = max(l.acked, f.last)
	}
	if l.acked > 0 {
		l.signed, err = l.headOf(p, l.acked)
	}
	return err
}

// signedUpTo returns the greatest seq that a kept head speaks of.
func (l *Log) signedUpTo() (seq uint64) {
	text, err := os.ReadFile(filepath.Join(l.set.Dir, headsFile))
	if err != nil {
		return 0
	}
	for _, signed := range event.SplitHeads(text) {
		if h, err := event.OpenHead(signed, l.key.verifier); err == nil {
			seq = max(seq, h.Seq)
		}
	}
	return seq
}

// newestDay is the day of the file that holds the greatest seq; among empty
// files the greatest name.
func newestDay(files []*file) string {
	if len(files) == 0 {
		return ""
	}
	return slices.MaxFunc(files, func(a, b *file) int {
		return cmp.Or(cmp.Compare(a.last, b.last), cmp.Compare(a.day, b.day))
	}).day
}

// sortFiles orders the files by their first seq, empty ones last.
func (l *Log) sortFiles() {
	slices.SortStableFunc(l.files, func(a, b *file) int {
		return cmp.Or(cmp.Compare(a.first-1, b.first-1), cmp.Compare(a.name(), b.name()))
	})
}

// Append stores events in the order given. See event.Log. When ctx ends while
// the events are with the writer, they may or may not be stored: an append of
// the same ids again tells, and stores none twice.
func (l *Log) Append(ctx context.Context, events []event.Event) ([]event.Event, error) {
	if len(events) == 0 {
		return nil, ctx.Err()
	}
	r := &request{events: slices.Clone(events), done: make(chan error, 1)}
	var err error
	if r.drafts, err = admit(r.events); err != nil {
		return nil, err
	}
	for i := range r.events {
		r.bytes += len(r.events[i].Data) + 256
	}
	if err := l.hand(ctx, r); err != nil {
		return nil, err
	}
	return r.events, nil
}

// hand gives a request to the writer and waits for its answer.
func (l *Log) hand(ctx context.Context, r *request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-l.closing: // so that a closed log always says so
		return event.ErrClosed
	default:
	}
	select {
	case l.requests <- r:
	case <-l.closing:
		return event.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done: // the writer may have answered last of all
		select {
		case err := <-r.done:
			return err
		default:
			return event.ErrClosed
		}
	}
}

// run is the writer: it takes what waits, stores it as one group, and answers.
func (l *Log) run() {
	defer close(l.done)
	for {
		var group []*request
		select {
		case r := <-l.requests:
			group = l.group(r)
		case <-l.closing:
			select {
			case r := <-l.requests: // it came before Close
				group = l.group(r)
			default:
				return
			}
		}
		var err error
		if slices.ContainsFunc(group, func(r *request) bool { return r.ask == nil }) {
			err = l.write(group)
		}
		for _, r := range group {
			if r.ask != nil {
				r.done <- r.ask()
				continue
			}
			r.done <- err
		}
	}
}

// group gathers what waits beside the first request.
func (l *Log) group(first *request) []*request {
	group := []*request{first}
	events, bytes := len(first.events), first.bytes
	for events < groupEvents && bytes < groupBytes {
		select {
		case r := <-l.requests:
			group = append(group, r)
			events, bytes = events+len(r.events), bytes+r.bytes
		default:
			return group
		}
	}
	return group
}

// Last returns the seq of the newest event; 0 for an empty log.
func (l *Log) Last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acked
}

// Close stores what has been handed in, ends followers and readers, and gives
// the folder back.
func (l *Log) Close() error {
	l.once.Do(func() {
		l.mu.Lock()
		close(l.closing)
		l.mu.Unlock()
		<-l.done
		l.reading.Wait()
		l.closeErr = errors.Join(l.asideHead(), l.closeFiles(), l.lock.Close())
	})
	return l.closeErr
}

func (l *Log) closeFiles() error {
	var errs []error
	if l.w.pair != nil {
		errs = append(errs, l.w.pair.close())
	}
	for _, f := range slices.Concat(l.files, l.retired) {
		errs = append(errs, f.close())
	}
	if l.cursors != nil {
		errs = append(errs, l.cursors.Close())
	}
	return errors.Join(errs...)
}

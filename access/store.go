package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"linesman/event"
	"linesman/event/disk"
)

// Settings say where a store lies and whom it tells. Only Dir is required.
type Settings struct {
	Dir    string // made if absent, for its owner alone
	Source string // of the events: "/site"; default "/"
	// Events appends to the log and returns when that is durable; the same event
	// may come twice, with the same ID. Nil: changes are told by the next store
	// that can, refusals are not told, and nothing is signed.
	Events func(ctx context.Context, events []event.Event) error
	// Log is asked which access file it last told of. Nil: a file that was
	// altered by hand is not noticed.
	Log interface {
		Read(ctx context.Context, f event.Filter) ([]event.Event, error)
	}
	Now    func() time.Time // default time.Now
	Logger *slog.Logger     // default: discards
}

// Store keeps who may do what. Several may be open on one folder, in one
// process or many: each change is made under a lock, seen by all others with
// their next question, and told to the log. All methods are safe from many
// goroutines.
type Store struct {
	set  Settings
	desk *desk

	changing sync.Mutex // taken before the folder's lock
	reading  sync.Mutex // one reads the file anew at a time
	now      atomic.Pointer[view]
	asked    atomic.Int64 // when an unknown file was last held against the log, ns

	memory   memory
	refusals refusals
	uses     uses
}

// view is the access file as it was last read. It is never changed.
type view struct {
	roll    *roll
	hash    string // of the file, SHA-256
	mark    mark   // the file it was read from
	vouched bool   // the log told of it, or will
}

// mark tells one version of the file from another.
type mark struct {
	inode uint64
	size  int64
	at    time.Time
}

// Open opens the folder, or makes it with a local token and nobody else. It
// tells what the last change left untold, and whether the file was altered by
// hand since. Close what it returns.
func Open(set Settings) (*Store, error) {
	if set.Dir == "" {
		return nil, errors.New("access: Settings.Dir is missing")
	}
	if set.Source == "" {
		set.Source = "/"
	}
	if set.Now == nil {
		set.Now = time.Now
	}
	if set.Logger == nil {
		set.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(set.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("access: %w; the data folder must be writable", err)
	}
	s := &Store{set: set, desk: newDesk()}
	s.uses.load(s.path(usedFile))
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if _, err := s.fresh(ctx); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := s.deliver(ctx); err != nil {
		return nil, err
	}
	if err := s.admitBox(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Close writes down what is kept in memory alone: when tokens were last used,
// and refusals that were counted and not yet told.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := s.tellRefusals(ctx)
	return errors.Join(err, s.uses.save(s.path(usedFile)))
}

func (s *Store) path(name string) string { return filepath.Join(s.set.Dir, name) }

// fresh returns the roll as the file has it now. While the file stays as it is
// that costs one stat.
func (s *Store) fresh(ctx context.Context) (*view, error) {
	m, err := markOf(s.path(accessFile))
	if err != nil {
		return nil, s.unreadable(err)
	}
	v := s.now.Load()
	if v == nil || v.mark != m {
		if v, err = s.read(); err != nil {
			return nil, err
		}
	}
	if !v.vouched {
		s.holdAgainstLog(ctx, v)
	}
	return v, nil
}

// read reads the file anew.
func (s *Store) read() (*view, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	path := s.path(accessFile)
	for range 10 {
		m, err := markOf(path)
		if err != nil {
			return nil, s.unreadable(err)
		}
		if v := s.now.Load(); v != nil && v.mark == m {
			return v, nil
		}
		data, err := readFile(path)
		if err != nil {
			return nil, s.unreadable(err)
		}
		if after, err := markOf(path); err != nil || after != m {
			continue // replaced while it was read
		}
		r, err := parseRoll(data)
		if err != nil {
			return nil, s.unreadable(err)
		}
		v := &view{roll: r, hash: sum(data), mark: m}
		s.now.Store(v)
		s.asked.Store(0)
		return v, nil
	}
	return nil, s.unreadable(errors.New("it changes faster than it can be read"))
}

// unreadable names the file and the cure. Nobody gets in while it can not be
// read.
func (s *Store) unreadable(err error) error {
	cure := "bring it back from a backup, or remove it: users and tokens must then be added anew"
	if errors.Is(err, fs.ErrPermission) {
		cure = "run this as the user that the appliance runs as"
	}
	return fmt.Errorf("access file %s: %w; %s", s.path(accessFile), err, cure)
}

func markOf(path string) (mark, error) {
	info, err := os.Stat(path)
	if err != nil {
		return mark{}, err
	}
	m := mark{size: info.Size(), at: info.ModTime()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		m.inode = sys.Ino
	}
	return m, nil
}

// lock keeps all other changes out, of this process and of others, until
// unlock.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	s.changing.Lock()
	file, err := os.OpenFile(s.path(lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		s.changing.Unlock()
		return nil, fmt.Errorf("access: %w; run this as the user that the appliance runs as", err)
	}
	give := func() { file.Close(); s.changing.Unlock() }
	for last := time.Now().Add(10 * time.Second); ; {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return give, nil
		case ctx.Err() != nil:
			give()
			return nil, context.Cause(ctx)
		case !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR), time.Now().After(last):
			give()
			return nil, fmt.Errorf("access: %s is held by another command (%w); end that first", s.path(lockFile), err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// deed is what was done, to be told with the hash of the access file after it.
type deed struct {
	actor, subject string
	say            func(access string) event.Payload
}

func (s *Store) event(d deed, hash string) event.Event {
	e := event.New(s.set.Source, d.subject, s.set.Now(), d.say(hash))
	e.ID, e.Actor = event.NewID(), d.actor
	return e
}

// change alters the roll by what fn does to it, durably, and tells the log. A
// log that does not listen is told later: the change stands.
func (s *Store) change(ctx context.Context, fn func(r *roll) (deed, error)) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return s.changeLocked(ctx, fn)
}

func (s *Store) changeLocked(ctx context.Context, fn func(r *roll) (deed, error)) error {
	if err := s.deliverLocked(ctx); err != nil {
		return err
	}
	r, before := &roll{Format: format}, ""
	data, err := readFile(s.path(accessFile))
	switch {
	case err == nil:
		if r, err = parseRoll(data); err != nil {
			return s.unreadable(err)
		}
		before = sum(data)
	case !errors.Is(err, fs.ErrNotExist):
		return s.unreadable(err)
	}
	d, err := fn(r)
	if err != nil {
		return err
	}
	text := r.text()
	if _, err := parseRoll(text); err != nil { // what could never be read again is never written
		return fmt.Errorf("access: %w", err)
	}
	after := sum(text)
	if err := s.post(pending{Before: before, After: after, Event: s.event(d, after)}); err != nil {
		return err
	}
	if err := disk.Write(s.path(accessFile), 0o600, text); err != nil {
		return fmt.Errorf("access: %w; nothing was changed", err)
	}
	if _, err := s.read(); err != nil {
		return err
	}
	return s.deliverLocked(ctx)
}

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"linesman/event"
)

// Reader reads a log's files, beside a running appliance or from a copy. It
// writes nothing, takes no lock, and leaves out what it can not open, which
// Unreadable names.
type Reader struct {
	dir string

	mu         sync.Mutex
	files      map[string]*file
	unreadable map[string]error
}

// OpenReader opens a folder of files for reading.
func OpenReader(dir string) (*Reader, error) {
	names, err := listFiles(dir)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("event log %s: no files of a log are there; give the folder that has record-….db", dir)
	}
	r := &Reader{dir: dir, files: map[string]*file{}, unreadable: map[string]error{}}
	return r, r.refresh()
}

// refresh looks what files there are and how far they reach.
func (r *Reader) refresh() error {
	names, err := listFiles(r.dir)
	if err != nil {
		return err
	}
	for name, f := range r.files {
		if !slices.Contains(names, name) {
			f.close()
			delete(r.files, name)
		}
	}
	for _, name := range names {
		f, ok := r.files[name]
		if ok {
			err = f.look()
		} else if f, err = openFile(r.dir, name); err == nil {
			r.files[name] = f
		}
		delete(r.unreadable, name)
		if err != nil {
			r.unreadable[name] = err
		}
	}
	return nil
}

// Unreadable returns the files that could not be read, and why.
func (r *Reader) Unreadable() map[string]error {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]error{}
	for name, err := range r.unreadable {
		out[name] = err
	}
	return out
}

// views returns what there is to be read, and up to which seq: a group that is
// half written does not count.
func (r *Reader) views() (files []view, upTo uint64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.refresh(); err != nil {
		return nil, 0, err
	}
	bounds := map[string][2]uint64{} // the last group's seqs in record
	for _, f := range r.files {
		if f.first > 0 {
			files = append(files, view{f, f.first, f.last, f.since, f.until})
			upTo = max(upTo, f.last)
		}
		if f.shelf == record {
			bounds[f.day], _ = f.group()
		}
	}
	for _, f := range r.files {
		if g, err := f.group(); f.shelf == parts && err == nil && g[1] > bounds[f.day][1] {
			upTo = min(upTo, g[0]-1)
		}
	}
	slices.SortFunc(files, func(a, b view) int { return cmpSeq(a.first, b.first) })
	return files, upTo, nil
}

// group returns the bounds of the last group that went into both files.
func (f *file) group() (g [2]uint64, err error) {
	if f.version == 0 {
		return g, nil
	}
	return groupIn(f.db)
}

func groupIn(db rowsOf) (g [2]uint64, err error) {
	var first, last int64
	err = db.QueryRowContext(context.Background(), "SELECT group_first, group_last FROM file").Scan(&first, &last)
	return [2]uint64{uint64(first), uint64(last)}, err
}

// Read returns events that match. See event.Log.
func (r *Reader) Read(ctx context.Context, f event.Filter) ([]event.Event, error) {
	files, upTo, err := r.views()
	if err != nil {
		return nil, err
	}
	return read(ctx, files, upTo, f)
}

// lookEvery is how often a reader that follows looks for more.
const lookEvery = 200 * time.Millisecond

// Follow calls fn with every event after seq. See event.Log.
func (r *Reader) Follow(ctx context.Context, after uint64, fn func(event.Event) error) error {
	for {
		events, err := r.Read(ctx, event.Filter{After: after})
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := ctx.Err(); err != nil {
				return err
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
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookEvery):
		}
	}
}

// Extent returns the seqs of the oldest and newest event there are.
func (r *Reader) Extent() (oldest, newest uint64) {
	files, upTo, err := r.views()
	if err != nil || len(files) == 0 {
		return 0, 0
	}
	return files[0].first, upTo
}

// Head returns the newest signed head in the files or beside them, and the
// newest key. The signature is checked.
func (r *Reader) Head(context.Context) (signed, verifier string, err error) {
	verifiers, err := Verifiers(r.dir)
	if err != nil {
		return "", "", err
	}
	if len(verifiers) == 0 {
		return "", "", fmt.Errorf("event log %s: no key to check heads by is there (verifiers)", r.dir)
	}
	var candidates []string
	if text, err := os.ReadFile(filepath.Join(r.dir, headsFile)); err == nil {
		candidates = event.SplitHeads(text)
	}
	r.mu.Lock()
	for _, f := range r.files {
		var text string
		if f.version >= format && f.db.QueryRow("SELECT head FROM file").Scan(&text) == nil {
			candidates = append(candidates, text)
		}
	}
	r.mu.Unlock()
	var newest event.Head
	for _, c := range candidates {
		if h, err := event.OpenHead(c, verifiers...); err == nil && h.Seq >= newest.Seq {
			newest, signed = h, c
		}
	}
	if signed == "" {
		return "", "", fmt.Errorf("event log %s: it has no signed head yet", r.dir)
	}
	return signed, verifiers[len(verifiers)-1], nil
}

// Close gives the files back.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for name, f := range r.files {
		errs = append(errs, f.close())
		delete(r.files, name)
	}
	return errors.Join(errs...)
}

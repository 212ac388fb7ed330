// Package evidence keeps pictures and clips by the SHA-256 of their bytes, so
// that the event that names one can be held against it for ever. Keeping never
// blocks: a file that finds no room in the queue is dropped, and that is told.
//
// A file lies at CLASS/ab/cdef....png below the folder, ab being the first two
// digits of its hash; sha256sum gives the name back.
package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"linesman/event"
)

// Class says what a picture shows, and so how long it is kept.
type Class string

// The classes. When room is needed, passes go first, then the inconclusive,
// then rejects, and what was kept of alarms last; within one class the oldest
// first. Clips of alarms show faces: who may open them is for the caller to say.
const (
	Reject       Class = "reject"
	Inconclusive Class = "inconclusive"
	Pass         Class = "pass"
	Alarm        Class = "alarm"
)

// leaving is the order in which classes make room.
var leaving = []Class{Pass, Inconclusive, Reject, Alarm}

// ErrAltered is returned for a file whose bytes are no longer those that were
// kept.
var ErrAltered = errors.New("evidence does not match its hash")

// Settings says where evidence lies and how much of it.
type Settings struct {
	Dir      string // made if absent
	MaxBytes int64  // of all files; 0 is 20 GiB
	MinFree  int64  // bytes to leave free on the disk; 0 is 1 GiB, less than 0 is none
	// MaxAge is how long files of a class are kept; none is for as long as there
	// is room. Files that somebody holds stay, whatever their age.
	MaxAge map[Class]time.Duration
	Queue  int // files waiting to be written; 0 is 256
	// Dropped tells of files that were not kept, or, before they go, of files that
	// are kept no longer: every one is named. It is called from the caller of
	// Keep or from the writer, must not block, and must not call the store.
	Dropped func(event.EvidenceDropped)
	Logger  *slog.Logger // nil is slog.Default
}

// Store is one folder of evidence. One process writes it.
type Store struct {
	set    Settings
	folder Folder
	queue  chan item
	done   chan struct{}

	mu      sync.Mutex
	closed  bool
	waiting map[string][]byte // queued, by hash: already readable

	holds holds
	shelf shelf // the writer's own
}

// item is a file on its way to disk.
type item struct {
	sha   string
	class Class
	ext   string
	data  []byte
}

// Open opens a folder of evidence and makes it where there is none. What is in
// it is counted by the writer, so that Open does not wait for a large folder.
func Open(set Settings) (*Store, error) {
	if set.MaxBytes == 0 {
		set.MaxBytes = 20 << 30
	}
	if set.MinFree == 0 {
		set.MinFree = 1 << 30
	}
	if set.Queue <= 0 {
		set.Queue = 256
	}
	if set.Dropped == nil {
		set.Dropped = func(event.EvidenceDropped) {}
	}
	if set.Logger == nil {
		set.Logger = slog.Default()
	}
	for _, class := range leaving {
		if err := os.MkdirAll(filepath.Join(set.Dir, string(class)), 0o750); err != nil {
			return nil, fmt.Errorf("evidence: %w; choose a folder that can be written", err)
		}
	}
	s := &Store{set: set, folder: Folder(set.Dir), queue: make(chan item, set.Queue), done: make(chan struct{}), waiting: map[string][]byte{}}
	if err := s.holds.open(set.Dir, set.Logger); err != nil {
		return nil, err
	}
	go s.run()
	return s, nil
}

// Keep takes one file and returns its SHA-256 in hexadecimal, or "" when there
// is no room in the queue. It copies data and never blocks. The file can be
// read at once; should writing it fail, Dropped tells.
func (s *Store) Keep(class Class, data []byte) string {
	sum := sha256.Sum256(data)
	it := item{hex.EncodeToString(sum[:]), class, extension(data), nil}
	s.mu.Lock()
	if _, ok := s.waiting[it.sha]; ok && !s.closed { // the same bytes are on their way
		s.mu.Unlock()
		return it.sha
	}
	kept := !s.closed && slices.Contains(leaving, class) && len(s.queue) < cap(s.queue) // others only take out
	if kept {
		it.data = slices.Clone(data)
		s.waiting[it.sha] = it.data
		s.queue <- it
	}
	s.mu.Unlock()
	if !kept {
		now := time.Now().UTC()
		s.set.Dropped(event.EvidenceDropped{
			Class: string(class), Why: "queue full", Count: 1, Bytes: uint64(len(data)), From: now, To: now, Hashes: []string{it.sha},
			WhatTo: "the disk is slower than the pictures come: keep fewer, or use a faster disk",
		})
		return ""
	}
	return it.sha
}

// Get returns a file's bytes after holding them against their hash. The error
// wraps fs.ErrNotExist for a file that was never kept or has made room.
func (s *Store) Get(sha string) ([]byte, error) {
	s.mu.Lock()
	data, ok := s.waiting[sha]
	s.mu.Unlock()
	if ok {
		return slices.Clone(data), nil
	}
	return s.folder.Get(sha)
}

// Open returns a file's bytes, as Get does, for whoever copies them out.
func (s *Store) Open(ctx context.Context, sha string) (io.ReadSeekCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	data, err := s.Get(sha)
	if err != nil {
		return nil, err
	}
	return newReader(data), nil
}

// Close writes what is queued and ends the writer.
func (s *Store) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.queue)
	}
	s.mu.Unlock()
	<-s.done
	return s.holds.close()
}

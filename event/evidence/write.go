package evidence

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"linesman/event"
	"linesman/event/disk"
)

// ageTick is how often files are looked at for their age while none come.
const ageTick = time.Hour

// run writes what is queued until Close.
func (s *Store) run() {
	defer close(s.done)
	s.shelf = s.count()
	s.makeRoom()
	tick := time.NewTicker(ageTick)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.makeRoom()
		case it, more := <-s.queue:
			if !more {
				return
			}
			s.put(it)
			s.makeRoom()
		}
	}
}

// put writes one file, or tells why it can not.
func (s *Store) put(it item) {
	if err := s.write(it); err != nil {
		s.set.Logger.Error("evidence not written", "sha256", it.sha, "err", err)
		now := time.Now().UTC()
		s.set.Dropped(event.EvidenceDropped{
			Class: string(it.class), Why: "write failed", Count: 1, Bytes: uint64(len(it.data)), From: now, To: now,
			Hashes: []string{it.sha}, Error: err.Error(), WhatTo: "look at the disk: it is full, read-only or failing",
		})
	}
	s.mu.Lock()
	delete(s.waiting, it.sha)
	s.mu.Unlock()
}

// write puts one file in place: whole and on disk, or not at all. The same
// bytes are kept once, under the class that stays longest.
func (s *Store) write(it item) error {
	path := s.folder.path(it.class, it.sha, it.ext)
	if old, err := s.folder.find(it.sha); err == nil {
		class := Class(filepath.Base(filepath.Dir(filepath.Dir(old))))
		if rank(class) >= rank(it.class) {
			return nil
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return err
		}
		if err := os.Rename(old, path); err != nil {
			return err
		}
		s.shelf.move(it.sha, class, it.class)
		return disk.SyncDir(filepath.Dir(path))
	}
	dir := filepath.Dir(path)
	if err := os.Mkdir(dir, 0o750); err == nil {
		err = disk.SyncDir(filepath.Dir(dir))
		if err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	temp, err := os.CreateTemp(s.set.Dir, tempPattern)
	if err != nil {
		return err
	}
	_, err = temp.Write(it.data)
	if err == nil {
		err = temp.Sync()
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	if err := disk.SyncDir(dir); err != nil {
		return err
	}
	s.shelf.add(it.class, kept{it.sha, it.ext, int64(len(it.data)), time.Now()})
	return nil
}

// tempPattern names a file that is being written; one that a crash left is
// removed at the next start.
const tempPattern = "writing-*"

// rank is how long a class stays: the larger, the longer.
func rank(class Class) int {
	for i, c := range leaving {
		if c == class {
			return i
		}
	}
	return -1
}

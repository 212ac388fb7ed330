package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"syscall"

	"github.com/mattn/go-sqlite3"

	"linesman/event"
)

// errOld is for a file of a format that has no tree: it is read, not written.
var errOld = errors.New("written by an earlier version; it is kept as it is")

// errMissing is for a file that was removed while it was written.
var errMissing = errors.New("removed while it was in use")

// isDamage reports whether a file can not be used for writing any more,
// whatever is tried.
func isDamage(err error) bool {
	if errors.Is(err, errAltered) || errors.Is(err, errOld) || errors.Is(err, errMissing) {
		return true
	}
	var s sqlite3.Error
	return errors.As(err, &s) && (s.Code == sqlite3.ErrCorrupt || s.Code == sqlite3.ErrNotADB)
}

// damaged leaves a day's files as they are, and has the log go on in a sequel of
// that day, which begins by telling why. day is a day or the title of a file.
func (l *Log) damaged(day string, why error) {
	title := day
	if m := filePattern.FindStringSubmatch(day + ".db"); m != nil {
		day = m[2]
	}
	l.w.spoiled = day
	l.w.sequel[base(day)] = max(l.w.sequel[base(day)]+1, 2)
	if errors.Is(why, errOld) {
		l.set.Logger.Info("event log: the day goes on in new files", "day", day, "why", why)
		return
	}
	l.set.Logger.Error("event log: files are damaged; the log goes on in new ones", "day", day, "err", why)
	l.w.first = append(l.w.first, l.own(event.LogDamaged{
		File: title, Why: why.Error(), KeptAs: title,
		WhatTo: "do not delete it: run linesman events verify, which names what is missing or altered, and bring it back from a backup",
	}))
}

// present holds that the files that are written still have their names: SQLite
// would go on writing into a file that was deleted, and lose it at the end.
func (p *pair) present() error {
	for _, pen := range []*pen{p.parts, p.record} {
		now, err := os.Stat(pen.file.path)
		switch {
		case errors.Is(err, fs.ErrNotExist), err == nil && inode(now) != pen.inode:
			return fmt.Errorf("event log %s: %w", pen.file.path, errMissing)
		case err != nil:
			return pen.file.bad(err)
		}
	}
	return nil
}

// rescue writes a file that was deleted anew from the connection that still
// has it, so that nothing of it is lost.
func (p *pair) rescue(log *slog.Logger) {
	for _, pen := range []*pen{p.parts, p.record} {
		if _, err := os.Stat(pen.file.path); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := errors.Join(pen.undo(), pen.exec("VACUUM INTO ?", pen.file.path)); err != nil {
			log.Error("event log: a file that was deleted can not be brought back", "file", pen.file.path, "err", err)
			continue
		}
		log.Warn("event log: a file that was deleted while it was in use was written anew", "file", pen.file.path)
	}
}

func inode(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino
	}
	return 0
}

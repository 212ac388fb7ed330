package evidence

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"linesman/event"
	"linesman/event/disk"
)

// kept is one file on the shelf.
type kept struct {
	sha   string
	ext   string
	bytes int64
	at    time.Time
}

// shelf is what is kept, by class, oldest first.
type shelf struct {
	files map[Class][]kept
	bytes int64
}

func (s *shelf) add(class Class, k kept) {
	s.files[class] = append(s.files[class], k)
	s.bytes += k.bytes
}

// move puts a file into another class; it counts as new there.
func (s *shelf) move(sha string, from, to Class) {
	for i, k := range s.files[from] {
		if k.sha == sha {
			s.files[from] = slices.Delete(s.files[from], i, i+1)
			s.files[to] = append(s.files[to], k)
			return
		}
	}
}

// count walks the folder and removes what a crash left half written.
func (s *Store) count() shelf {
	out := shelf{files: map[Class][]kept{}}
	if left, err := filepath.Glob(filepath.Join(s.set.Dir, tempPattern)); err == nil {
		for _, path := range left {
			_ = os.Remove(path) // a leftover that stays costs its bytes, no more
		}
	}
	for _, class := range leaving {
		dirs, err := os.ReadDir(filepath.Join(s.set.Dir, string(class)))
		if err != nil {
			s.set.Logger.Error("evidence can not be counted", "class", class, "err", err)
			continue
		}
		for _, d := range dirs {
			files, err := os.ReadDir(filepath.Join(s.set.Dir, string(class), d.Name()))
			if err != nil {
				continue
			}
			for _, f := range files {
				ext := filepath.Ext(f.Name())
				sha := d.Name() + strings.TrimSuffix(f.Name(), ext)
				info, err := f.Info()
				if err != nil || !isHash(sha) || !slices.Contains(extensions, ext) {
					continue
				}
				out.add(class, kept{sha, ext, info.Size(), info.ModTime()})
			}
		}
		slices.SortFunc(out.files[class], func(a, b kept) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.sha, b.sha)) })
	}
	return out
}

// most is how many files one event names.
const most = 100

// slack is how much more than needed is removed at once, so that room is not
// made anew for every picture: a hundredth.
const slack = 100

// makeRoom removes what is too old, and then the oldest files of the class that
// leaves first, until what is kept is within its bounds. What somebody holds
// stays.
func (s *Store) makeRoom() {
	for _, class := range leaving {
		age := s.set.MaxAge[class]
		if age <= 0 {
			continue
		}
		since := time.Now().Add(-age)
		s.remove(class, "age", func(k kept) bool { return k.at.Before(since) })
	}
	over, why := s.over()
	if over <= 0 {
		return
	}
	over += s.set.MaxBytes / slack
	for _, class := range leaving {
		s.remove(class, why, func(k kept) bool {
			if over <= 0 {
				return false
			}
			over -= k.bytes
			return true
		})
	}
}

// remove tells of and then removes the oldest files of a class for as long as
// goes says so, which is asked only of files that nobody holds. A crash between
// the two leaves a file that was told gone; it is counted, and goes, again.
func (s *Store) remove(class Class, why string, goes func(kept) bool) {
	files := s.shelf.files[class]
	stay := files[:0:0] // those in front that are held
	n := 0
	for done := false; !done; {
		told := event.EvidenceDropped{Class: string(class), Why: why}
		var going []kept
		s.holds.mu.Lock() // nobody takes hold of what is about to go
		for ; n < len(files) && len(going) < most; n++ {
			k := files[n]
			if s.holds.held(k.sha) {
				stay = append(stay, k)
				continue
			}
			if !goes(k) {
				done = true
				break
			}
			going = append(going, k)
			told.Count++
			told.Bytes += uint64(k.bytes)
			told.Hashes = append(told.Hashes, k.sha)
		}
		if len(going) > 0 {
			told.From, told.To = going[0].at.UTC(), going[len(going)-1].at.UTC()
			if len(stay) > len(going) {
				told.WhatTo = "most of what is old is held by alarms, batches or people: release what is settled, or raise the cap"
			}
			s.set.Dropped(told)
		}
		for _, k := range going {
			if err := os.Remove(s.folder.path(class, k.sha, k.ext)); err != nil && !os.IsNotExist(err) {
				s.set.Logger.Error("evidence can not be removed", "sha256", k.sha, "err", err)
			}
			s.shelf.bytes -= k.bytes
		}
		s.holds.mu.Unlock()
		done = done || n == len(files)
	}
	if n > len(stay) {
		s.shelf.files[class] = append(stay, files[n:]...)
	}
}

// over is how many bytes have to go, and why.
func (s *Store) over() (bytes int64, why string) {
	bytes, why = s.shelf.bytes-s.set.MaxBytes, "size cap"
	if s.set.MinFree <= 0 {
		return bytes, why
	}
	left, err := disk.Free(s.set.Dir)
	if err != nil {
		return bytes, why
	}
	if short := s.set.MinFree - left; short > bytes {
		return short, "disk pressure"
	}
	return bytes, why
}

package evidence

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"linesman/event"
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

// makeRoom removes the oldest files of the class that leaves first, until what
// is kept is within its bounds, and tells what went.
func (s *Store) makeRoom() {
	over, why := s.over()
	if over <= 0 {
		return
	}
	over += s.set.MaxBytes / slack
	for _, class := range leaving {
		files := s.shelf.files[class]
		told := event.EvidenceDropped{Class: string(class), Why: why}
		n := 0
		for n < len(files) && over > 0 {
			k := files[n]
			n++
			if err := os.Remove(s.folder.path(class, k.sha, k.ext)); err != nil && !os.IsNotExist(err) {
				s.set.Logger.Error("evidence can not be removed", "sha256", k.sha, "err", err)
			}
			over -= k.bytes
			s.shelf.bytes -= k.bytes
			told.Count++
			told.Bytes += uint64(k.bytes)
			if told.From.IsZero() {
				told.From = k.at.UTC()
			}
			told.To = k.at.UTC()
			if len(told.Hashes) < most {
				told.Hashes = append(told.Hashes, k.sha)
			}
		}
		s.shelf.files[class] = slices.Delete(files, 0, n)
		if n > 0 {
			s.set.Dropped(told)
		}
	}
}

// over is how many bytes have to go, and why.
func (s *Store) over() (bytes int64, why string) {
	bytes, why = s.shelf.bytes-s.set.MaxBytes, "size cap"
	if s.set.MinFree <= 0 {
		return bytes, why
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(s.set.Dir, &disk); err != nil {
		return bytes, why
	}
	if short := s.set.MinFree - int64(disk.Bavail)*disk.Bsize; short > bytes {
		return short, "disk pressure"
	}
	return bytes, why
}

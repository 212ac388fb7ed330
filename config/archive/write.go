package archive

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// Writer makes a backup, file by file.
type Writer struct {
	out   sink
	files []File
	seen  map[string]bool
}

// sink is where a backup goes.
type sink interface {
	put(e entry, r io.Reader) error
	close() error
}

// NewTar writes a backup as a tar to w.
func NewTar(w io.Writer) *Writer {
	return &Writer{out: tarSink{tar.NewWriter(w)}, seen: map[string]bool{}}
}

// NewFolder writes a backup into a folder that is there and empty.
func NewFolder(dir string) (*Writer, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Writer{out: folderSink{root}, seen: map[string]bool{}}, nil
}

// Add copies one file of this box to a path of the backup and returns its
// bytes. A file may be replaced while it is copied, not written on. The error
// wraps fs.ErrNotExist for a file that is not there.
func (w *Writer) Add(to, from string) (int64, error) {
	f, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, fmt.Errorf("%s is no plain file: it can not be backed up", from)
	}
	e := entry{to, info.Mode().Perm(), info.ModTime(), info.Size()}
	if err := w.add(e, io.LimitReader(f, e.size)); err != nil {
		return 0, fmt.Errorf("%s: %w", from, err)
	}
	return e.size, nil
}

// AddFolder copies every file below a folder; what vanishes meanwhile is left
// out. moved, if not nil, hears of the bytes of each file.
func (w *Writer) AddFolder(to, from string, moved func(bytes int64) error) error {
	return filepath.WalkDir(from, func(file string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && file != from:
			return nil
		case err != nil:
			return err
		case d.IsDir():
			return nil
		case d.Type()&^fs.ModePerm != 0:
			return fmt.Errorf("%s is no plain file: put the file itself there, or move it away", file)
		}
		rel, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		n, err := w.Add(path.Join(to, filepath.ToSlash(rel)), file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && moved != nil {
			err = moved(n)
		}
		return err
	})
}

func (w *Writer) add(e entry, r io.Reader) error {
	if err := checkPath(e.path); err != nil {
		return err
	}
	if w.seen[e.path] || e.path == ManifestName {
		return fmt.Errorf("%s is in the backup already", e.path)
	}
	w.seen[e.path] = true
	s := newSum(r)
	if err := w.out.put(e, s); err != nil {
		return err
	}
	if s.n != e.size {
		return fmt.Errorf("became shorter while it was copied (%d of %d bytes); back up again", s.n, e.size)
	}
	w.files = append(w.files, s.file(e.path))
	return nil
}

// Close writes the backup's end: the manifest, which it completes and returns.
func (w *Writer) Close(m Manifest) (Manifest, error) {
	m.Format, m.Files = Format, w.files
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return m, err
	}
	err = w.out.put(entry{ManifestName, 0o600, m.Made, int64(len(text))}, bytes.NewReader(text))
	return m, errors.Join(err, w.out.close())
}

// tarSink writes a tar.
type tarSink struct{ *tar.Writer }

func (s tarSink) put(e entry, r io.Reader) error {
	err := s.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: e.path, Mode: int64(e.mode), Size: e.size, ModTime: e.at.Truncate(time.Second)})
	if err != nil {
		return err
	}
	_, err = io.Copy(s, r)
	return err
}

func (s tarSink) close() error { return s.Close() }

// folderSink writes below a folder, and nowhere else.
type folderSink struct{ *os.Root }

func (s folderSink) put(e entry, r io.Reader) (err error) {
	if err := s.MkdirAll(path.Dir(e.path), 0o750); err != nil {
		return err
	}
	f, err := s.OpenFile(e.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, e.mode&0o750|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return s.Chtimes(e.path, e.at, e.at)
}

func (s folderSink) close() error { return s.Close() }

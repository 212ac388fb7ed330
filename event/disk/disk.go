// Package disk writes files that are there whole or not at all, also after a
// power cut, and says how much room there is.
package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Write puts data in place of a file.
func Write(path string, mode fs.FileMode, data []byte) error {
	return WriteWith(path, mode, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// WriteWith puts what write writes in place of a file: under a hidden name
// beside it (".NAME.part-*"), synced, then renamed. When it fails, the file is
// as it was, and the hidden one is gone.
func WriteWith(path string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".part-*")
	if err != nil {
		return fmt.Errorf("%s: %w; choose a folder that can be written", path, err)
	}
	defer func() {
		if err != nil {
			f.Close() // most often it is closed already
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(f.Chmod(mode), write(f)); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("%s: %w; make room, or choose another disk", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes the names in a folder durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Free returns the bytes that a folder's disk has left for us.
func Free(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("room on the disk of %s: %w", dir, err)
	}
	return int64(s.Bavail) * s.Bsize, nil
}

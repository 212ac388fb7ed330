package archive

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Settings say where a backup is unpacked.
type Settings struct {
	To    string            // a folder that is there and empty
	Room  int64             // bytes that may be written at most
	Moved func(bytes int64) // hears of each file's bytes; may be nil
}

// unpacking is a backup on its way out.
type unpacking struct {
	out   folderSink
	set   Settings
	came  map[string]File
	bytes int64
}

func (set Settings) open() (*unpacking, error) {
	left, err := os.ReadDir(set.To)
	if err != nil {
		return nil, err
	}
	if len(left) > 0 {
		return nil, refuse("%s is not empty", set.To)
	}
	root, err := os.OpenRoot(set.To)
	if err != nil {
		return nil, err
	}
	return &unpacking{out: folderSink{root}, set: set, came: map[string]File{}}, nil
}

// take writes one file and notes what came.
func (u *unpacking) take(e entry, r io.Reader) error {
	if err := checkPath(e.path); err != nil {
		return err
	}
	if _, again := u.came[e.path]; again {
		return refuse("%.200q comes twice", e.path)
	}
	if len(u.came) == maxFiles {
		return refuse("it has more than %d files", maxFiles)
	}
	if e.size < 0 || e.size > u.set.Room-u.bytes {
		return refuse("%.200q says it has %d bytes; there is room for %d more", e.path, e.size, u.set.Room-u.bytes)
	}
	s := newSum(io.LimitReader(r, e.size))
	if err := u.out.put(e, s); err != nil {
		return refuse("%.200q: %w", e.path, err)
	}
	if s.n != e.size {
		return refuse("%.200q ends after %d of %d bytes", e.path, s.n, e.size)
	}
	u.bytes += s.n
	u.came[e.path] = s.file(e.path)
	if u.set.Moved != nil {
		u.set.Moved(s.n)
	}
	return nil
}

// Unpack writes the files of a tar below a folder and holds each against the
// manifest. After an error the folder holds what came so far: it is worth
// nothing. Links, devices and paths that lead out are refused.
func Unpack(ctx context.Context, r io.Reader, set Settings) (m Manifest, err error) {
	u, err := set.open()
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, u.out.close()) }()
	t := tar.NewReader(r)
	for {
		if err := ctx.Err(); err != nil {
			return m, err
		}
		h, err := t.Next()
		switch {
		case err == io.EOF:
			return m, refuse("it ends before its manifest: it is no backup, or was cut off")
		case err != nil:
			return m, refuse("%w", err)
		case h.Typeflag != tar.TypeReg:
			return m, refuse("%.200q is no plain file", h.Name)
		}
		e := entry{h.Name, fs.FileMode(h.Mode).Perm(), h.ModTime, h.Size}
		if e.path != ManifestName {
			if err := u.take(e, t); err != nil {
				return m, err
			}
			continue
		}
		if e.size > min(maxManifest, u.set.Room) {
			return m, refuse("%s says it has %d bytes", ManifestName, e.size)
		}
		if m, err = readManifest(t, u.came); err != nil {
			return m, err
		}
		switch h, err := t.Next(); {
		case err == nil:
			return m, refuse("%.200q comes after the manifest", h.Name)
		case err != io.EOF:
			return m, refuse("%w", err)
		}
		return m, nil
	}
}

// CopyFolder does what Unpack does with a backup that is a folder.
func CopyFolder(ctx context.Context, from string, set Settings) (m Manifest, err error) {
	u, err := set.open()
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, u.out.close()) }()
	in, err := os.OpenRoot(from)
	if err != nil {
		return m, err
	}
	defer in.Close()
	err = filepath.WalkDir(from, func(file string, d fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		rel, err := filepath.Rel(from, file)
		if err != nil || d.IsDir() || rel == ManifestName {
			return err
		}
		if !d.Type().IsRegular() {
			return refuse("%.200q is no plain file", rel)
		}
		f, err := in.Open(rel)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return u.take(entry{filepath.ToSlash(rel), info.Mode().Perm(), info.ModTime(), info.Size()}, f)
	})
	if err != nil {
		return m, err
	}
	f, err := in.Open(ManifestName)
	if err != nil {
		return m, refuse("it has no %s: it is no backup, or was cut off", ManifestName)
	}
	defer f.Close()
	return readManifest(f, u.came)
}

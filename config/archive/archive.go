// Package archive is a site in one file: what a backup writes and a restore
// reads, each file with its SHA-256. A backup is a plain tar that ends with its
// manifest, or a folder that holds the same.
package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"strings"
	"time"
)

// Format is what a manifest of this package calls itself.
const Format = "linesman backup 1"

// ManifestName is the manifest's path in a backup, where it comes last.
const ManifestName = "MANIFEST.json"

// Manifest says what a backup holds.
type Manifest struct {
	Format    string      `json:"format"`
	Site      string      `json:"site"`
	Made      time.Time   `json:"made"`    // when the copy began, UTC
	Program   string      `json:"program"` // version that made it
	SiteFile  string      `json:"site_file"`
	Log       string      `json:"log"`                 // folder of the event log
	Evidence  bool        `json:"evidence"`            // pictures are in it
	Elsewhere []Elsewhere `json:"elsewhere,omitempty"` // what lay outside the site's folder
	Files     []File      `json:"files"`
}

// Elsewhere is a path that the site names and that is not below its folder.
type Elsewhere struct {
	Was  string `json:"was"`  // on the box that was backed up
	Path string `json:"path"` // in the backup
}

// File is one file of a backup.
type File struct {
	Path   string `json:"path"` // with slashes, relative
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// ErrRefused is wrapped by the error for a backup that is damaged, was altered,
// or would write where it must not.
var ErrRefused = errors.New("backup refused")

func refuse(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrRefused}, a...)...)
}

// Bounds of what a backup may be. They are far above what an appliance makes.
const (
	maxPath     = 1024
	maxFiles    = 20_000_000
	maxManifest = 4 << 30
)

// checkPath says why a path may not stand in a backup.
func checkPath(path string) error {
	switch {
	case len(path) > maxPath:
		return refuse("the path %.60q... has %d bytes; at most %d", path, len(path), maxPath)
	case !fs.ValidPath(path) || path == "." || strings.ContainsAny(path, "\\\x00"):
		return refuse("the path %.200q leads out of the folder, or is none", path)
	}
	return nil
}

// entry is one file on its way into a backup or out of it.
type entry struct {
	path string
	mode fs.FileMode
	at   time.Time
	size int64
}

// sum counts and hashes what is read through it.
type sum struct {
	r    io.Reader
	hash hash.Hash
	n    int64
}

func newSum(r io.Reader) *sum { return &sum{r: r, hash: sha256.New()} }

func (s *sum) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	s.hash.Write(p[:n])
	return n, err
}

func (s *sum) file(path string) File {
	return File{path, s.n, hex.EncodeToString(s.hash.Sum(nil))}
}

// readManifest reads a manifest and holds it against the files that came.
func readManifest(r io.Reader, came map[string]File) (m Manifest, err error) {
	if err := json.NewDecoder(r).Decode(&m); err != nil {
		return m, refuse("%s can not be read: %v", ManifestName, err)
	}
	if m.Format != Format {
		return m, refuse("%s says it is %.60q; this program reads %q", ManifestName, m.Format, Format)
	}
	paths := []string{m.SiteFile, m.Log}
	for _, e := range m.Elsewhere {
		paths = append(paths, e.Path)
	}
	for _, p := range paths {
		if p == "" {
			continue
		}
		if err := checkPath(p); err != nil {
			return m, err
		}
	}
	listed := make(map[string]bool, len(m.Files))
	for _, f := range m.Files {
		got, ok := came[f.Path]
		switch {
		case listed[f.Path]:
			return m, refuse("%s names %.200q twice", ManifestName, f.Path)
		case !ok:
			return m, refuse("%.200q is missing", f.Path)
		case got.Size != f.Size:
			return m, refuse("%.200q has %d bytes, its manifest says %d", f.Path, got.Size, f.Size)
		case got.SHA256 != f.SHA256:
			return m, refuse("%.200q was altered: its SHA-256 is not the manifest's", f.Path)
		}
		listed[f.Path] = true
	}
	for path := range came {
		if !listed[path] {
			return m, refuse("%.200q is not in its manifest", path)
		}
	}
	return m, nil
}

package teach

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"linesman/models/anomaly"
)

// Pictures is a Source of whole pictures in files.
type Pictures []string

// Len is the number of pictures.
func (p Pictures) Len() int { return len(p) }

// Part reads picture i.
func (p Pictures) Part(i int) (anomaly.Part, error) {
	picture, err := anomaly.ReadPicture(p[i])
	if err != nil {
		return anomaly.Part{}, fmt.Errorf("%s: %w; remove it or replace it", p[i], err)
	}
	return anomaly.Part{Picture: picture}, nil
}

// pictureSuffixes are the file names taken for pictures, in any case.
var pictureSuffixes = []string{".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}

// IsPicture says whether a file name is a picture's.
func IsPicture(path string) bool {
	return slices.Contains(pictureSuffixes, strings.ToLower(filepath.Ext(path)))
}

// Kinds returns what each of the pictures found below dir shows: the first folder
// below it, empty for a picture in dir itself.
func (p Pictures) Kinds(dir string) []string {
	kinds := make([]string, len(p))
	for i, path := range p {
		if rel, err := filepath.Rel(dir, path); err == nil {
			if kind, _, inside := strings.Cut(filepath.ToSlash(rel), "/"); inside {
				kinds[i] = kind
			}
		}
	}
	return kinds
}

// FindPictures returns the pictures below dir, sorted by path. Hidden files and
// folders are passed over.
func FindPictures(dir string) (Pictures, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is a file, want a folder of pictures", dir)
	}
	var found Pictures
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(entry.Name(), ".") && path != dir {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.IsDir() && IsPicture(path) {
			found = append(found, path)
		}
		return nil
	})
	slices.Sort(found)
	return found, err
}

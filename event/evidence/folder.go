package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Folder reads kept files without being their keeper: beside a running
// appliance, or from a copy. It is the path of a store's folder.
type Folder string

// Get returns a file's bytes after holding them against their hash. The error
// wraps fs.ErrNotExist for a file that is not there and ErrAltered for one that
// holds something else.
func (f Folder) Get(sha string) ([]byte, error) {
	path, err := f.find(sha)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != sha {
		return nil, fmt.Errorf("%w: %s", ErrAltered, path)
	}
	return data, nil
}

// find returns the path of a kept file.
func (f Folder) find(sha string) (string, error) {
	if !isHash(sha) {
		return "", fmt.Errorf("evidence %.80q: want 64 lower-case hexadecimal digits: %w", sha, fs.ErrNotExist)
	}
	for _, class := range slices.Backward(leaving) {
		for _, ext := range extensions {
			path := f.path(class, sha, ext)
			if _, err := os.Stat(path); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("evidence %s: %w", sha, fs.ErrNotExist)
}

func (f Folder) path(class Class, sha, ext string) string {
	return filepath.Join(string(f), string(class), sha[:2], sha[2:]+ext)
}

func isHash(sha string) bool {
	if len(sha) != 64 {
		return false
	}
	for _, c := range []byte(sha) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

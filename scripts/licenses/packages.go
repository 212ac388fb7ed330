package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// npmPackages reads what npm wrote into the lock file: it holds every
// package's licence and whether it is for development only.
func npmPackages(lock string) ([]library, error) {
	text, err := os.ReadFile(lock)
	if err != nil {
		return nil, err
	}
	var parsed struct {
		Packages map[string]struct {
			Version, License string
			Dev, DevOptional bool // DevOptional: types that a package offers to others
		}
	}
	if err := json.Unmarshal(text, &parsed); err != nil {
		return nil, fmt.Errorf("%s: %w", lock, err)
	}
	var libraries []library
	seen := map[string]bool{}
	for path, p := range parsed.Packages {
		if path == "" {
			continue // the screens themselves
		}
		l := library{path[strings.LastIndex(path, "node_modules/")+len("node_modules/"):], p.Version, p.License, !p.Dev && !p.DevOptional, filepath.Join(filepath.Dir(lock), path)}
		if l.licence == "" {
			l.licence = "unknown"
		}
		if id := l.name + " " + l.version; !seen[id] {
			seen[id] = true
			libraries = append(libraries, l)
		}
	}
	byName(libraries)
	return libraries, nil
}

package main

import (
	"encoding/json"
	"fmt"
	"os"
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
			Dev              bool
		}
	}
	if err := json.Unmarshal(text, &parsed); err != nil {
		return nil, fmt.Errorf("%s: %w", lock, err)
	}
	var libraries []library
	seen := map[library]bool{}
	for path, p := range parsed.Packages {
		if path == "" {
			continue // the screens themselves
		}
		l := library{path[strings.LastIndex(path, "node_modules/")+len("node_modules/"):], p.Version, p.License, !p.Dev}
		if l.licence == "" {
			l.licence = "unknown"
		}
		if !seen[l] {
			seen[l] = true
			libraries = append(libraries, l)
		}
	}
	byName(libraries)
	return libraries, nil
}

package main

import (
	"bytes"
	"fmt"
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// besides is compiled in, but is neither a module nor a package.
func besides() []library {
	return []library{
		{name: "Go's runtime and standard library", licence: "BSD-3-Clause", ships: true, dir: build.Default.GOROOT},
		{name: "EfficientNet-lite0 and lite2 weights", version: "0.1.0", licence: "Apache-2.0", ships: true, dir: "models/weights"},
		{name: "YOLOX-nano weights; Copyright 2021-2022 Megvii Inc.", licence: "Apache-2.0", ships: true, dir: "models/detect/coco"},
		{name: "YuNet weights; Copyright 2020 Shiqi Yu", licence: "MIT", ships: true, dir: "models/face/yunet"},
	}
}

// writeTexts writes the licences and notices of all that ships into one file,
// which goes wherever the program goes.
func writeTexts(file string, all []library) error {
	var b bytes.Buffer
	for _, l := range append(besides(), all...) {
		if !l.ships {
			continue
		}
		names, err := textsIn(l.dir)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		if len(names) == 0 {
			return fmt.Errorf("%s %s ships, but %s holds no licence text; run make setup, or find its text and let scripts/licenses add it", l.name, l.version, l.dir)
		}
		fmt.Fprintf(&b, "%s\n%s %s (%s)\n%[1]s\n\n", strings.Repeat("=", 78), l.name, l.version, l.licence)
		for _, name := range names {
			text, err := os.ReadFile(filepath.Join(l.dir, name))
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s\n\n", bytes.TrimSpace(text))
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// textsIn names the licence and notice files of a folder, the licence first. A
// folder that is not there has none.
func textsIn(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	var notices []string
	for _, e := range entries {
		switch name := strings.ToLower(e.Name()); {
		case e.IsDir() || slices.Contains([]string{".go", ".py"}, filepath.Ext(name)):
		case startsWith(name, "licen", "copying", "unlicense"):
			names = append(names, e.Name())
		case startsWith(name, "notice", "third-party", "thirdparty", "patents"):
			notices = append(notices, e.Name())
		}
	}
	return append(names, notices...), nil
}

func startsWith(name string, beginnings ...string) bool {
	return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(name, b) })
}

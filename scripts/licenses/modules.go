package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// goModules asks the go command which modules give packages to our build and
// tests. Modules that are only named in somebody's go.mod are not ours to ship.
func goModules() ([]library, error) {
	shipped, err := modulesOf("./cmd/...")
	if err != nil {
		return nil, err
	}
	all, err := modulesOf("-test", "./...")
	if err != nil {
		return nil, err
	}
	var libraries []library
	for path, m := range all {
		text, err := licenceText(m.Dir)
		if err != nil {
			return nil, fmt.Errorf("module %s: %w", path, err)
		}
		_, ships := shipped[path]
		libraries = append(libraries, library{path, m.Version, recognise(text), ships, m.Dir})
	}
	byName(libraries)
	return libraries, nil
}

type goModule struct {
	Path, Version, Dir string
	Main               bool
}

func modulesOf(args ...string) (map[string]goModule, error) {
	cmd := exec.Command("go", append([]string{"list", "-deps", "-json=Module"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", strings.Join(args, " "), err)
	}
	modules := map[string]goModule{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ Module *goModule }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return modules, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list %s: %w", strings.Join(args, " "), err)
		}
		if p.Module != nil && !p.Module.Main {
			modules[p.Module.Path] = *p.Module
		}
	}
}

// licenceText reads the licence file of a module; empty if it has none.
func licenceText(dir string) (string, error) {
	names, err := textsIn(dir)
	if err != nil || len(names) == 0 {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(dir, names[0]))
	return string(text), err
}

// phrases by which a licence is told, the stricter ones first: a text that
// names both MIT and GPL is taken for GPL.
var phrases = []struct{ licence, phrase string }{
	{"AGPL", "gnu affero general public license"},
	{"LGPL", "gnu lesser general public license"},
	{"GPL", "gnu general public license"},
	{"SSPL", "server side public license"},
	{"BUSL", "business source license"},
	{"MPL-2.0", "mozilla public license version 2.0"},
	{"MPL-2.0", "mozilla public license, version 2.0"},
	{"Apache-2.0", "apache license version 2.0"},
	{"Apache-2.0", "apache license, version 2.0"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"ISC", "permission to use, copy, modify, and/or distribute this software for any purpose"},
	{"ISC", "permission to use, copy, modify, and distribute this software for any purpose"},
	{"BSD-3-Clause", "may be used to endorse or promote products derived from this software"},
	{"BSD-2-Clause", "redistribution and use in source and binary forms"},
	{"Unlicense", "this is free and unencumbered software released into the public domain"},
	{"CC0-1.0", "cc0 1.0 universal"},
}

// recognise names the licence of a text, "unknown" if no phrase fits.
func recognise(text string) string {
	flat := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	if strings.HasPrefix(flat, "mozilla public license") {
		return "MPL-2.0" // its text names the GPL as a secondary licence
	}
	for _, p := range phrases {
		if strings.Contains(flat, p.phrase) {
			return p.licence
		}
	}
	return "unknown"
}

func byName(l []library) {
	slices.SortFunc(l, func(a, b library) int {
		return strings.Compare(a.name+" "+a.version, b.name+" "+b.version)
	})
}

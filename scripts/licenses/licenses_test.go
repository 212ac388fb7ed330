package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRecognise(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"MIT over line ends", "The MIT License\n\nPermission is hereby granted, free of charge,\nto any person obtaining a copy of", "MIT"},
		{"Apache", "   Apache License\n   Version 2.0, January 2004", "Apache-2.0"},
		{"three clauses", "Redistribution and use in source and binary forms ... may be used to endorse or promote products derived from\nthis software", "BSD-3-Clause"},
		{"two clauses", "Redistribution and use in source and binary forms", "BSD-2-Clause"},
		{"GPL", "GNU GENERAL PUBLIC LICENSE Version 3", "GPL"},
		{"AGPL", "GNU AFFERO GENERAL PUBLIC LICENSE", "AGPL"},
		{"LGPL", "GNU LESSER GENERAL PUBLIC LICENSE", "LGPL"},
		{"both MIT and GPL is GPL", "Permission is hereby granted, free of charge, to any person obtaining a copy ... or the GNU General Public License", "GPL"},
		{"MPL names GPL", "Mozilla Public License Version 2.0 ... GNU General Public License", "MPL-2.0"},
		{"none", "", "unknown"},
		{"own words", "All rights reserved.", "unknown"},
	} {
		if got := recognise(c.text); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestRefuse(t *testing.T) {
	for licence, ok := range map[string]bool{
		"MIT": true, "Apache-2.0": true, "(MIT OR CC0-1.0)": true, "(MIT OR GPL-3.0)": true, "MIT AND ISC": true,
		"GPL": false, "AGPL": false, "LGPL": false, "unknown": false, "": false, "MIT AND GPL-3.0": false, "SEE LICENSE IN x": false,
	} {
		err := refuse([]library{{name: "thing", version: "v1", licence: licence}})
		if (err == nil) != ok {
			t.Errorf("%q: got %v, want ok %t", licence, err, ok)
		}
		if err != nil && !strings.Contains(err.Error(), "thing v1") {
			t.Errorf("%q: %v does not name the library", licence, err)
		}
	}
}

func TestNpmPackages(t *testing.T) {
	dir := t.TempDir()
	lock := filepath.Join(dir, "package-lock.json")
	text := `{"packages": {"": {"license": "Apache-2.0"},
		"node_modules/react": {"version": "19.0.0", "license": "MIT"},
		"node_modules/@types/react": {"version": "19.0.1", "license": "MIT", "devOptional": true},
		"node_modules/a/node_modules/@x/b": {"version": "1.0.0", "dev": true}}}`
	if err := os.WriteFile(lock, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := npmPackages(lock)
	want := []library{
		{"@types/react", "19.0.1", "MIT", false, filepath.Join(dir, "node_modules/@types/react")},
		{"@x/b", "1.0.0", "unknown", false, filepath.Join(dir, "node_modules/a/node_modules/@x/b")},
		{"react", "19.0.0", "MIT", true, filepath.Join(dir, "node_modules/react")},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// TestTexts wants every text of what ships, and no silence where one is missing.
func TestTexts(t *testing.T) {
	t.Chdir("../..") // the weights' licence is named from there
	dir := t.TempDir()
	for name, text := range map[string]string{"LICENSE": "may be used", "NOTICE.txt": "written by A", "license.go": "package license"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "new", "licenses.txt")
	if err := writeTexts(file, []library{{name: "thing", version: "v1", licence: "MIT", ships: true, dir: dir}, {name: "tool", dir: "nowhere"}}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"thing v1 (MIT)", "may be used\n\nwritten by A", "EfficientNet-lite0 and lite2 weights", "Go Authors"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the texts lack %q", want)
		}
	}
	for _, not := range []string{"package license", "tool"} {
		if strings.Contains(string(text), "\n"+not) {
			t.Errorf("the texts hold %q", not)
		}
	}
	if err := writeTexts(file, []library{{name: "thing", version: "v1", ships: true, dir: t.TempDir()}}); err == nil || !strings.Contains(err.Error(), "thing v1") {
		t.Errorf("without a text: got %v, want an error that names thing v1", err)
	}
}

// TestPageIsCurrent fails when a library came or went without `make licenses`.
func TestPageIsCurrent(t *testing.T) {
	t.Chdir("../..")
	fresh := filepath.Join(t.TempDir(), "licenses.md")
	if err := run(fresh, ""); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("docs/licenses.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("docs/licenses.md is not what make licenses writes: run it, and read what changed")
	}
}

package main

import (
	"os"
	"path/filepath"
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
	lock := filepath.Join(t.TempDir(), "package-lock.json")
	text := `{"packages": {"": {"license": "Apache-2.0"},
		"node_modules/react": {"version": "19.0.0", "license": "MIT"},
		"node_modules/a/node_modules/@x/b": {"version": "1.0.0", "dev": true}}}`
	if err := os.WriteFile(lock, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := npmPackages(lock)
	want := []library{{"@x/b", "1.0.0", "unknown", false}, {"react", "19.0.0", "MIT", true}}
	if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

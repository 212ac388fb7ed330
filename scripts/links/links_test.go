package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestDeadLinks(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "a.md")
	text := "[self](a.md#top) [out](https://example.com/x) [here](#top)\n![gone](b.png) [gone too](c/d.md)\n`[i](x)`\n```\n[i](x)\n```\n[last](y)\n"
	if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := deadLinks(dir)
	want := []string{page + ":2: b.png leads nowhere", page + ":2: c/d.md leads nowhere", page + ":7: y leads nowhere"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

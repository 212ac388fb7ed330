package timeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTimelines plays every script that ships.
func TestTimelines(t *testing.T) {
	files, err := filepath.Glob("../testdata/timelines/*.yaml")
	if err != nil || len(files) < 8 {
		t.Fatalf("found %d scripts: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			f, err := Read(data, nil)
			if err != nil {
				t.Fatal(err)
			}
			results, err := f.Play()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				for _, w := range r.Wrong {
					t.Errorf("%s: %s\n%s", r.Case, w, strings.Join(r.Story, "\n"))
				}
			}
		})
	}
}

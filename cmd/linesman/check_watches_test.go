//go:build cgo

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"linesman/config"
	"linesman/scene"
	"linesman/vision"
	"linesman/watch"
)

// check --look sees a real stream: it says how tall the worker of the film is, and
// writes nothing down.
func TestLookAt(t *testing.T) {
	dir, camera := t.TempDir(), freeAddress(t)
	play(t, camera)
	text, err := os.ReadFile("../../examples/safety/site.yaml")
	must(t, err)
	rules, err := os.ReadFile("../../examples/safety/rules.yaml")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(strings.NewReplacer("127.0.0.1:8555", camera, "../../data/safety", "data").Replace(string(text))), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "rules.yaml"), rules, 0o600))

	// Of 270 pixels the worker takes 140 to 190, on the left of the picture.
	cells := regexp.MustCompile(`from +(\d+) %, +\d+ % to +\d+ %, +\d+ %: +(\d+) pixels`)
	site, worker := mustLoad(t, filepath.Join(dir, "site.yaml")), false
	var said bytes.Buffer
	for _, d := range []time.Duration{12 * time.Second, time.Minute} { // a box with other work sees few pictures in the first
		said.Reset()
		must(t, lookAt(t.Context(), site, d, &said))
		for _, cell := range cells.FindAllStringSubmatch(said.String(), -1) {
			left, err := strconv.Atoi(cell[1])
			must(t, err)
			px, err := strconv.Atoi(cell[2])
			must(t, err)
			worker = worker || left < 50 && px > 120 && px < 200
		}
		if worker {
			break
		}
	}
	if !worker {
		t.Fatalf("it does not see the worker:\n%s", said.String())
	}
	for _, want := range []string{"looking for ", "camera floor: ", " looked at, ", "people are "} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, said.String())
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); !os.IsNotExist(err) {
		t.Errorf("a look has left a folder of data: %v", err)
	}
}

func TestLookAtRefuses(t *testing.T) {
	if err := lookAt(t.Context(), &config.Site{}, time.Second, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "has no watches") {
		t.Errorf("a site without safety cameras: %v", err)
	}
}

// What a look says of cameras that hang well, too far away, and of those that saw
// nobody or nothing.
func TestPrintLook(t *testing.T) {
	cell := func(height float64) scene.PixelCell {
		return scene.PixelCell{Box: vision.Box{X0: 0.25, Y0: 0.5, X1: 0.5, Y1: 0.75}, Height: height, N: 7}
	}
	for name, c := range map[string]struct {
		status watch.Status
		report scene.PixelReport
		want   []string
		not    []string
	}{
		"well": {watch.Status{Camera: "gate", Frames: 60, Looked: 50, Rested: 10}, scene.PixelReport{N: 7, Height: 160, Cells: []scene.PixelCell{cell(160)}},
			[]string{"camera gate: 60 frames, 50 looked at, 10 rested, 0 not to be judged\n", "people are 160 pixels tall (median of 7 person-seconds)", "from  25 %,  50 % to  50 %,  75 %:  160 pixels (7)"}, []string{"dress", "nobody"}},
		"dress is too far away": {watch.Status{Camera: "gate"}, scene.PixelReport{N: 7, Height: 50, TooSmall: 0.5, Small: []scene.PixelCell{cell(50)}},
			[]string{"in 50 % of them under 60 pixels: dress can not be told there\n"}, []string{"detector.far"}},
		"people are too far away": {watch.Status{Camera: "gate"}, scene.PixelReport{N: 7, Height: 20, TooSmall: 1, Small: []scene.PixelCell{cell(30), cell(12)}},
			[]string{"in 100 % of them under 60", "at the least 12, where people are hardly found: set detector.far"}, nil},
		"nobody": {watch.Status{Camera: "gate", Frames: 60}, scene.PixelReport{}, []string{"nobody was seen: walk through the picture"}, []string{"pixels tall"}},
		"blind":  {watch.Status{Camera: "gate", Blind: 60, Why: "the picture is dark"}, scene.PixelReport{}, []string{"60 not to be judged (the picture is dark)\n"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			printLook(&said, c.status, c.report)
			for _, want := range c.want {
				if !strings.Contains(said.String(), want) {
					t.Errorf("it does not say %q:\n%s", want, said.String())
				}
			}
			for _, not := range c.not {
				if strings.Contains(said.String(), not) {
					t.Errorf("it says %q:\n%s", not, said.String())
				}
			}
		})
	}
}

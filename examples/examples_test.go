package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"linesman/camera/file"
	"linesman/camera/rtsp"
	camerasim "linesman/camera/sim"
	"linesman/config"
	"linesman/plc/modbus"
	"linesman/sim"
)

// options reads the options of a driver as cmd does.
var options = map[string]func([]byte) error{
	"sim":  func(raw []byte) error { _, err := camerasim.Decode(raw); return err },
	"rtsp": func(raw []byte) error { _, err := rtsp.Decode(raw); return err },
	"file": func(raw []byte) error { _, err := file.Decode(raw); return err },
	"off":  func([]byte) error { return nil },
	"modbus": func(raw []byte) error {
		var s modbus.Settings
		if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&s); err != nil {
			return err
		}
		_, err := modbus.New(s)
		return err
	},
}

// TestSites loads every site with its recipes and all options of its drivers.
func TestSites(t *testing.T) {
	for _, path := range found(t, "*/site.yaml") {
		site, err := config.Load(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		drivers := map[string]config.Driver{}
		for id, c := range site.Cameras {
			drivers["camera "+string(id)] = c
		}
		for name, c := range site.Controllers {
			drivers["controller "+name] = c
		}
		for name, d := range drivers {
			read, known := options[d.Name]
			if !known {
				t.Errorf("%s: %s: driver %q does not exist", path, name, d.Name)
			} else if err := read(d.Options); err != nil {
				t.Errorf("%s: %s: %v", path, name, err)
			}
		}
		if _, err := site.SafetyRules(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for _, id := range site.LineIDs() {
			if _, err := site.Recipe(id); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

// TestDrawn holds the numbers against the belt that the sites are said to run on.
func TestDrawn(t *testing.T) {
	for _, product := range []sim.Product{sim.Caps, sim.Tablets} {
		site, err := config.Load(filepath.Join(string(product), "site.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		id := site.LineIDs()[0]
		r, err := site.Recipe(id)
		if err != nil {
			t.Fatal(err)
		}
		l, drawn := site.Lines[id], product.Layout()
		got := sim.Layout{Product: product, DiameterMM: r.Part.DiameterMM, Lanes: r.Part.Lanes, MMPerPx: l.Views[0].MMPerPx,
			StepMM: l.Views[0].StepMM, CameraMM: l.Views[0].AtMM, GateMM: l.Gates[0].AtMM, PerMM: l.Encoder.PerMM}
		// What no file states, or only where there are several lanes.
		got.PitchMM, got.FrameXMM, got.FrameYMM, got.LaneMM = drawn.PitchMM, drawn.FrameXMM, drawn.FrameYMM, drawn.LaneMM
		if drawn.Lanes > 1 {
			got.LaneMM = r.Part.LaneMM
		}
		if got != drawn || len(l.Gates[0].Lanes) != drawn.Lanes {
			t.Errorf("%s: the files say %+v with gates for lanes %v, drawn is %+v", product, got, l.Gates[0].Lanes, drawn)
		}
	}
}

// TestEveryLineIsExplained wants a comment on each line that sets something.
func TestEveryLineIsExplained(t *testing.T) {
	for _, path := range found(t, "*/*.yaml") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			setting := strings.TrimSpace(line)
			if setting == "" || strings.HasPrefix(setting, "#") || strings.Contains(setting, " # ") {
				continue
			}
			// A key that only opens a block is explained by what stands in it.
			if !strings.HasSuffix(setting, ":") {
				t.Errorf("%s:%d: %q has no comment", path, i+1, setting)
			}
		}
	}
}

// found returns the files of a pattern, of which there must be some.
func found(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) < 2 {
		t.Fatalf("%s: found %v (%v), want at least two", pattern, paths, err)
	}
	return paths
}

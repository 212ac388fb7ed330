package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const good = `site: demo
cameras:
  top: {driver: sim, product: caps}
controllers:
  plc-1:
    driver: modbus
    url: "tcp://127.0.0.1:1502"
lines:
  caps-1:
    zero: trigger
    min_pitch_mm: 40
    max_mm_s: 1000
    encoder: {controller: plc-1, point: encoder, per_mm: 4, bits: 32}
    views: [{camera: top, at_mm: 120, mm_per_px: 0.1, belt: +x, exposure: 40us}]
    gates: [{at_mm: 850, lanes: [1], controller: plc-1, mode: queue, point: pass, response: 12ms, window_mm: 14, confirm: ejected, exit: good_count}]
    recipe: cap-28.yaml
`

func TestParse(t *testing.T) {
	s, err := Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	l := s.Lines["caps-1"]
	if l.Views[0].Name != "top" || l.Gates[0].Response.D().Milliseconds() != 12 || l.Deadline.D().Milliseconds() != 250 {
		t.Errorf("defaults or durations are off: %+v", l)
	}
	if d := s.Cameras["top"]; d.Name != "sim" || strings.TrimSpace(string(d.Options)) != "{product: caps}" {
		t.Errorf("camera options are %q", d.Options)
	}
	// The driver's own complaints must point into the site file.
	if at := strings.Count(string(s.Controllers["plc-1"].Options), "\n"); at < 6 || !strings.Contains(string(s.Controllers["plc-1"].Options), "url:") {
		t.Errorf("controller options are %q: not padded to line 7", s.Controllers["plc-1"].Options)
	}
}

// Every bad file in testdata is named after its mistake; the message expected
// stands beside it.
func TestRefusals(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d bad files (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(strings.TrimSuffix(file, ".yaml") + ".want")
			if err != nil {
				t.Fatal(err)
			}
			_, err = Load(file)
			if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(string(want))) {
				t.Errorf("got %v\nwant an error with %s", err, want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := Parse(data); err == nil && (s.Name == "" || len(s.Lines) == 0) {
			t.Errorf("taken without a name or a line: %q", data)
		}
	})
}

package draw

import (
	"bufio"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/sim"
)

// rows reads a file of JSON lines.
func rows[T any](t *testing.T, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []T
	for s := bufio.NewScanner(f); s.Scan(); {
		var row T
		d := json.NewDecoder(strings.NewReader(s.Text()))
		d.DisallowUnknownFields()
		if err := d.Decode(&row); err != nil {
			t.Fatalf("%s: %v in %s", path, err, s.Text())
		}
		out = append(out, row)
	}
	return out
}

func TestRecord(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	l := small(sim.Caps)
	start := time.Unix(1_700_000_000, 0)
	settings := 0
	err := Record(dir, Recording{
		Spec: Spec{Layout: l, Seed: 3, Good: 5, Defective: 7, Shuffle: true}, Camera: "top",
		RatePerHour: 42000, Start: start, TeachGood: 3,
		Settings: func(d string, _ sim.Layout) error {
			settings++
			return os.WriteFile(filepath.Join(d, "site.yaml"), []byte("site: drawn\n"), 0o644)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	frames, truths := rows[Shown](t, filepath.Join(dir, "frames.jsonl")), rows[Truth](t, filepath.Join(dir, "truth.jsonl"))
	if len(frames) != 12 || len(truths) != 12 || settings != 1 {
		t.Fatalf("%d frames, %d truths, settings written %d times; want 12, 12, once", len(frames), len(truths), settings)
	}
	good := 0
	for i, f := range frames {
		in, err := os.Open(filepath.Join(dir, filepath.FromSlash(f.File)))
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := png.DecodeConfig(in)
		in.Close()
		if err != nil || cfg.Width != 160 || cfg.Height != 160 {
			t.Fatalf("%s: %dx%d, %v; want 160x160", f.File, cfg.Width, cfg.Height, err)
		}
		if f.Camera != "top" || f.Tick.Epoch != 1 || f.At <= start.UnixNano() || i > 0 && (f.Trigger <= frames[i-1].Trigger || f.Tick.Count <= frames[i-1].Tick.Count || f.At <= frames[i-1].At) {
			t.Errorf("frame %d: %+v", i, f)
		}
		box := truths[i].Box
		if truths[i].Trigger != f.Trigger || box[0] < 0 || box[2] > 160 || box[2]-box[0] < 135 {
			t.Errorf("truth %d: %+v, want a cap in picture %d", i, truths[i], f.Trigger)
		}
		if truths[i].Kind == sim.Good {
			good++
		}
	}
	if good != 5 {
		t.Errorf("truth names %d good parts, want 5", good)
	}
	if taught, _ := filepath.Glob(filepath.Join(dir, "teach", "*.png")); len(taught) != 3 {
		t.Errorf("%d pictures to teach with, want 3", len(taught))
	}
}

func TestRecordRefuses(t *testing.T) {
	l := small(sim.Caps)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, dir, want string
		r               Recording
	}{
		{"endless", t.TempDir(), "never ends", Recording{Spec: Spec{Layout: l}, RatePerHour: 1}},
		{"standing belt", t.TempDir(), "does not move", Recording{Spec: Spec{Layout: l, Good: 1}}},
		{"no folder", file, "record", Recording{Spec: Spec{Layout: l, Good: 1}, RatePerHour: 1}},
		{"bad settings", t.TempDir(), "settings: file", Recording{Spec: Spec{Layout: l, Good: 1}, RatePerHour: 1,
			Settings: func(string, sim.Layout) error { return os.ErrExist }}},
	} {
		if err := Record(c.dir, c.r); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error that says %q", c.name, err, c.want)
		}
	}
}

package teach_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/onnx"
	"linesman/models/teach"
)

// patched lays a bright square of 16 pixels into a cloth, its first pixel at x, y.
func patched(seed uint64, x, y int, v byte) anomaly.Picture {
	p := cloth(seed, false)
	for j := y; j < y+16; j++ {
		for i := x; i < x+16; i++ {
			for k := range 3 {
				p.Pix[3*(j*96+i)+k] = v
			}
		}
	}
	return p
}

// TestNearest teaches cloths of which one has a bright square. A cloth with a
// brighter square elsewhere is compared with that very place.
func TestNearest(t *testing.T) {
	good := cloths(0, 12, false)
	good[5].Picture = patched(5, 24, 56, 225)
	in := input(good)
	m, err := teach.Teach(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	in.Defects, in.DefectNames = cloths(100, 6, true), []string{"hole", "hole", "hole", "hole", "hole", "hole"}
	named, err := teach.Teach(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	options := anomaly.Options{Open: onnx.Open, Threads: 1, Channels: channel.All()}
	for name, m := range map[string]*anomaly.Model{"plain": m, "with names": named} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "model")
			if err := m.Write(dir); err != nil {
				t.Fatal(err)
			}
			again, err := anomaly.Read(dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(again.Kept) != 12 {
				t.Errorf("%d good pictures kept, want all 12", len(again.Kept))
			}
			e, err := again.Explainer(options)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			n, err := e.Nearest(t.Context(), anomaly.Part{Picture: patched(300, 56, 24, 255)})
			if err != nil {
				t.Fatal(err)
			}
			if c := n.Patch.Centre(); c.X < 44 || c.X > 84 || c.Y < 12 || c.Y > 52 {
				t.Errorf("the worst patch is at %+v, want it at the square", n.Patch)
			}
			if c := n.Place.Centre(); c.X*96 < 12 || c.X*96 > 52 || c.Y*96 < 44 || c.Y*96 > 84 || !n.Kept {
				t.Errorf("compared with %+v of good part %d, kept %v; want the good square", n.Place, n.Good, n.Kept)
			}
			brightest := byte(0)
			for _, v := range n.There.Pix {
				brightest = max(brightest, v)
			}
			if n.There.Width != 96 || n.Here.Width != 96 || brightest < 215 {
				t.Errorf("shown %d and %d pixels wide, at most %d bright; want the square", n.Here.Width, n.There.Width, brightest)
			}
			framed, f := byte(0), n.There.Patch // a patch sees one more all around it
			for y := max(0, int(f.Y0)-8); y < min(96, int(f.Y1)+8); y++ {
				for x := max(0, int(f.X0)-8); x < min(96, int(f.X1)+8); x++ {
					framed = max(framed, n.There.Pix[3*(y*96+x)])
				}
			}
			if framed < 215 && n.Level == 0 {
				t.Errorf("the good patch is framed at %+v, where nothing is bright", f)
			}
			if n.Share <= 0 || n.Share > 1 || n.Distance <= 0 {
				t.Errorf("distance %v, of which %v", n.Distance, n.Share)
			}

			// A picture that was not kept is named all the same.
			file := again.Origins.Parts[n.Good].File
			delete(again.Kept, file)
			without, err := again.Explainer(options)
			if err != nil {
				t.Fatal(err)
			}
			defer without.Close()
			if o, err := without.Nearest(t.Context(), anomaly.Part{Picture: patched(300, 56, 24, 255)}); err != nil || o.Kept || o.Good != n.Good || o.There.Width != 0 {
				t.Errorf("without %s: %v, good %d, kept %v", file, err, o.Good, o.Kept)
			}

			// Nobody can exchange what is shown.
			path := filepath.Join(dir, file)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			data[len(data)-9]++
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := anomaly.Read(dir); !errors.Is(err, anomaly.ErrRefused) {
				t.Errorf("an altered good picture: %v, want it refused", err)
			}
		})
	}
	m.Origins = nil // as of a model taught before
	if _, err := m.Explainer(options); !errors.Is(err, anomaly.ErrNoOrigins) {
		t.Errorf("without origins: %v", err)
	}
}

package anomaly

import (
	"math"
	"testing"

	"linesman/models"
	"linesman/vision"
)

// brighten makes patches of a grey part brighter: each is a cell of the network's
// grid of 8 x 8.
func brighten(c *vision.Crop, v byte, cells ...[2]int) {
	for _, cell := range cells {
		for y := 8 * cell[1]; y < 8*cell[1]+8; y++ {
			for x := 8 * cell[0]; x < 8*cell[0]+8; x++ {
				for k := range 3 {
					c.Pix[3*(y*c.Size+x)+k] = v
				}
			}
		}
	}
}

// TestPlaces asks for every place: the strongest first, then what would be without
// it, each with all that hangs together above the limit.
func TestPlaces(t *testing.T) {
	m, o := sealed(t, true)
	d, err := m.Detector(o)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	c := grey(30)                                 // scores 0.48
	brighten(&c, 255, [2]int{1, 1})               // 4
	brighten(&c, 120, [2]int{2, 1}, [2]int{3, 1}) // 1.89, beside it
	brighten(&c, 100, [2]int{6, 5}, [2]int{6, 6}) // 1.58, apart
	brighten(&c, 63, [2]int{3, 7})                // 1.004
	c.Mask[0], c.Mask[1] = 0, 0                   // of a patch that counts all the same
	c.Area = 40                                   // 0.4 by the channel
	ask := func(least float64) models.Result {
		var out [1]models.Result
		if err := d.Detect(t.Context(), []vision.Crop{c}, models.Ask{Places: least}, out[:]); err != nil {
			t.Fatal(err)
		}
		return out[0]
	}
	plain, r := ask(0), ask(1)
	if plain.Listed != 0 || len(plain.Findings) != 2 || r.Listed != 1 || r.Anomaly != plain.Anomaly {
		t.Errorf("asked for nothing: listed %v, %d findings; for places: listed %v", plain.Listed, len(plain.Findings), r.Listed)
	}
	want := []struct{ score, x0, y0, x1, y1, area float64 }{
		{4, 1, 1, 4, 2, 3}, {((100.-127)/128 + 1) / 0.5, 6, 5, 7, 7, 2}, {((63.-127)/128 + 1) / 0.5, 3, 7, 4, 8, 1},
	}
	var places []models.Finding
	for _, f := range r.Findings {
		if f.Class == Texture {
			places = append(places, f)
		}
	}
	if len(places) != len(want) {
		t.Fatalf("%d places: %+v, want %d", len(places), places, len(want))
	}
	for i, w := range want {
		box := c.ToSensor.ApplyBox(vision.Box{X0: 8 * w.x0, Y0: 8 * w.y0, X1: 8 * w.x1, Y1: 8 * w.y1})
		if f := places[i]; math.Abs(f.Score-w.score) > 1e-6 || f.Box != box || f.Area != w.area*8*8*4 || f.Limit != 0.5 {
			t.Errorf("place %d: %+v, want score %.3f, box %+v", i, f, w.score, box)
		}
	}
	if r := ask(1.6); len(r.Findings) != 2 || r.Findings[0].Box.X1 != places[0].Box.X1 || r.Listed != 1.6 {
		t.Errorf("from 1.6 on: %+v", r)
	}
	if r := ask(0.3); r.Listed != 0 { // the channel is above it, and may know other places
		t.Errorf("a channel names its strongest place alone, and the list is said to be complete from %v", r.Listed)
	}
}

// A part that is strange in more places than are listed is not said to be listed
// in full.
func TestPlacesTooMany(t *testing.T) {
	m, o := sealed(t, false)
	d, err := m.Detector(o)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	c := grey(30)
	n := 0
	for y := range 8 {
		for x := range 8 {
			if (x+y)%2 == 0 {
				brighten(&c, 200+byte(n), [2]int{x, y})
				n++
			}
		}
	}
	var out [1]models.Result
	if err := d.Detect(t.Context(), []vision.Crop{c}, models.Ask{Places: 1}, out[:]); err != nil {
		t.Fatal(err)
	}
	if n != mostPlaces || len(out[0].Findings) != n || out[0].Listed != 0 {
		t.Errorf("%d places, %d listed, complete from %v", n, len(out[0].Findings), out[0].Listed)
	}
}

// Each place that looks like labelled defects is listed with its own name.
func TestPlacesLikeDefects(t *testing.T) {
	p := grid(6, [2]float32{1, 7})
	p.Levels[0].Data[0] = 6 // patch 0 is a scratch
	d := &Detector{named: twoNames(), card: Card{Aggregate: Aggregate{Least: 1}, Threshold: 1}}
	var b bench
	part := &Part{Picture: Picture{Width: 32, Height: 16}}
	tx := &texel{patches: *p}
	out := models.Result{Anomaly: 3, Findings: []models.Finding{{Class: Likeness, Name: "dent", Score: 3, Unit: "u"}}}
	if complete, err := d.list(&b, part, tx, 1, &out); !complete || err != nil {
		t.Errorf("the list is complete: %v, %v", complete, err)
	}
	got := map[string]vision.Box{}
	for _, f := range out.Findings {
		got[f.Name] = f.Box
	}
	if len(out.Findings) != 2 || got["scratch"] != (vision.Box{X1: 8, Y1: 8}) || got["dent"] != (vision.Box{X0: 16, Y0: 8, X1: 24, Y1: 16}) {
		t.Errorf("found %+v", out.Findings)
	}
}

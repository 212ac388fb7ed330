package anomaly

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"linesman/vision"
)

func twoOrigins() *Origins {
	return &Origins{Version: 1, Parts: []Origin{{Name: "a.png", File: KeptName(0)}, {Name: "b.png"}},
		Levels: [][]Place{{{Part: 1, Column: 3, Row: 0, Columns: 4, Rows: 2, Mirrored: 3}, {Part: 0, Columns: 4, Rows: 2}}, {{Part: 0, Columns: 2, Rows: 1}}}}
}

func TestOriginsSaved(t *testing.T) {
	o := twoOrigins()
	data, err := o.save()
	if err != nil {
		t.Fatal(err)
	}
	again, err := readOrigins(data)
	if err != nil || !reflect.DeepEqual(again, o) {
		t.Errorf("read again: %+v, %v", again, err)
	}
	for says, change := range map[string][2]string{
		"version 2, this program knows 1": {`"version":1`, `"version":2`},
		"patch 0 of level 0 lies nowhere": {"[1,3,0,4,2,3]", "[2,3,0,4,2,3]"},
		"patch 1 of level 0 lies nowhere": {"[0,0,0,4,2,0]", "[0,0,2,4,2,0]"},
		"patch 0 of level 1 lies nowhere": {"[0,0,0,2,1,0]", "[0,0,0,2,1,4]"},
		"origins.json":                    {"[0,0,0,2,1,0]", `"x"`},
	} {
		text := bytes.Replace(data, []byte(change[0]), []byte(change[1]), 1)
		if _, err := readOrigins(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: got %v, want an error with %q", change, err, says)
		}
	}
}

func FuzzReadOrigins(f *testing.F) {
	data, _ := twoOrigins().save()
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := readOrigins(data)
		if err != nil {
			return
		}
		for _, places := range o.Levels { // what was taken can be shown
			for _, p := range places {
				if box := p.on(1, 1); !(box.X0 >= 0 && box.X1 <= 1+1e-9 && box.Y0 >= 0 && box.Y1 <= 1+1e-9) || o.Parts[p.Part].File == "?" {
					t.Errorf("%+v covers %+v", p, box)
				}
			}
		}
	})
}

// A piece that would reach over the edge is moved inside; turned over, its patch
// shows the same pixel.
func TestCutout(t *testing.T) {
	p := Picture{Width: 10, Height: 6}
	for i := range 60 {
		p.Pix = append(p.Pix, byte(i), 0, 0)
	}
	c := cutout(&p, vision.Box{X0: 8, Y0: 1, X1: 9, Y1: 2}, 4, 20)
	red := func() byte { at := c.Patch.Centre(); return c.Pix[3*(int(at.Y)*c.Width+int(at.X))] }
	if c.Width != 4 || c.Height != 6 || c.Patch != (vision.Box{X0: 2, Y0: 1, X1: 3, Y1: 2}) || red() != 18 {
		t.Errorf("cut out %d x %d, patch %+v", c.Width, c.Height, c.Patch)
	}
	for how := range 4 {
		c := cutout(&p, vision.Box{X0: 8, Y0: 1, X1: 9, Y1: 2}, 4, 20)
		c.mirror(how)
		if at := c.Patch.Centre(); c.Pix[3*(int(at.Y)*c.Width+int(at.X))] != 18 {
			t.Errorf("turned over by %d the patch %+v shows another pixel", how, c.Patch)
		}
		if c.mirror(how); c.Pix[0] != 6 {
			t.Errorf("turned over twice by %d it begins with %d, want 6", how, c.Pix[0])
		}
	}
}

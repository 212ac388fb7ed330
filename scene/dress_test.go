package scene

import (
	"math/rand/v2"
	"testing"

	"linesman/models/detect"
	"linesman/vision"
)

// at is the box of a thing at a share of a person's height down, so many heights
// large.
func atBody(x, y, h, down, size float64) vision.Box {
	c := y - h + down*h
	return vision.Box{X0: x - size*h/2, Y0: c - size*h/2, X1: x + size*h/2, Y1: c + size*h/2}
}

func TestDress(t *testing.T) {
	one := func(label string, score, down float64) func(n int, h float64) []detect.Found {
		return func(n int, h float64) []detect.Found {
			return []detect.Found{found(label, score, atBody(600, 500, h, down, 0.13))}
		}
	}
	for _, tt := range []struct {
		name   string
		height float64
		item   Item
		items  func(n int, h float64) []detect.Found
		n      int
		want   Worn
		loose  bool
	}{
		{"a helmet for two seconds", 160, Helmet, one("helmet", 0.8, 0.07), 20, Yes, false},
		{"no helmet for two seconds", 160, Helmet, one("no-helmet", 0.8, 0.07), 20, No, false},
		{"one picture", 160, Helmet, func(n int, h float64) []detect.Found {
			if n == 5 {
				return one("no-helmet", 0.99, 0.07)(n, h)
			}
			return nil
		}, 20, Unknown, false},
		{"half a second", 160, Helmet, func(n int, h float64) []detect.Found {
			if n < 5 {
				return one("no-helmet", 0.99, 0.07)(n, h)
			}
			return nil
		}, 20, Unknown, false},
		{"a third of the pictures wrong", 160, Helmet, func(n int, h float64) []detect.Found {
			if n%3 == 0 {
				return one("no-helmet", 0.7, 0.07)(n, h)
			}
			return one("helmet", 0.7, 0.07)(n, h)
		}, 40, Yes, false},
		{"half and half", 160, Helmet, func(n int, h float64) []detect.Found {
			if n%2 == 0 {
				return one("no-helmet", 0.7, 0.07)(n, h)
			}
			return one("helmet", 0.7, 0.07)(n, h)
		}, 40, Unknown, false},
		{"both at once", 160, Helmet, func(n int, h float64) []detect.Found {
			return append(one("no-helmet", 0.7, 0.07)(n, h), one("helmet", 0.7, 0.07)(n, h)...)
		}, 40, Unknown, false},
		{"both at once, one surely", 160, Helmet, func(n int, h float64) []detect.Found {
			return append(one("no-helmet", 0.35, 0.07)(n, h), one("helmet", 0.8, 0.07)(n, h)...)
		}, 40, Yes, false},
		{"too far away to tell", 50, Helmet, one("helmet", 0.9, 0.07), 40, Unknown, false},
		{"a helmet in the hand", 160, Helmet, one("helmet", 0.9, 0.6), 40, Unknown, true},
		{"a helmet on a shelf", 160, Helmet, func(n int, h float64) []detect.Found {
			return []detect.Found{found("helmet", 0.9, atBody(700, 500, h, 0.07, 0.13))}
		}, 40, Unknown, true},
		{"a vest", 160, Vest, func(n int, h float64) []detect.Found {
			return []detect.Found{found("vest", 0.9, atBody(600, 500, h, 0.4, 0.3))}
		}, 40, Yes, false},
		{"a mask", 160, Mask, one("mask", 0.9, 0.12), 40, Yes, false},
		{"nothing seen", 160, Vest, func(int, float64) []detect.Found { return nil }, 40, Unknown, false},
		{"weak ones do not count", 160, Helmet, one("helmet", 0.2, 0.07), 40, Unknown, false},
	} {
		f, _ := NewFollower(Settings{})
		var sc Scene
		loose := false
		for n := range tt.n {
			d := append([]detect.Found{found(Person, 0.9, upright(600, 500, tt.height))}, tt.items(n, tt.height)...)
			sc = f.Step(Observation{At: after(float64(n) / 10), Width: 1280, Height: 720, Detections: d})
			loose = loose || len(sc.Loose) > 0
		}
		got := sc.Tracks[0].Wears(tt.item)
		if got.Worn != tt.want || loose != tt.loose || got.Small != (tt.height < DressPixels) {
			t.Errorf("%s: %+v, loose %v; want %v, %v", tt.name, got, loose, tt.want, tt.loose)
		}
	}
}

// TestDressOfHalfAPerson holds that the helmet and vest of one who is cut off at
// the hip, by a bench or by the picture, are still his.
func TestDressOfHalfAPerson(t *testing.T) {
	f, _ := NewFollower(Settings{})
	half := vision.Box{X0: 500, Y0: 400, X1: 700, Y1: 620} // as wide as high
	var sc Scene
	for n := range 30 {
		sc = f.Step(Observation{At: after(float64(n) / 10), Width: 1280, Height: 720, Detections: []detect.Found{found(Person, 0.9, half),
			found("helmet", 0.8, vision.Box{X0: 560, Y0: 400, X1: 640, Y1: 470}), found("no-vest", 0.8, vision.Box{X0: 510, Y0: 520, X1: 690, Y1: 620}), found("mask", 0.8, vision.Box{X0: 575, Y0: 455, X1: 625, Y1: 495})}})
	}
	tr := sc.Tracks[0]
	if tr.Wears(Helmet).Worn != Yes || tr.Wears(Vest).Worn != No || tr.Wears(Mask).Worn != Yes {
		t.Errorf("%+v, loose %v", tr.Dress, sc.Loose)
	}
}

// TestDressChanges holds that a helmet taken off is noticed, and that what was
// known is forgotten when nothing more is seen.
func TestDressChanges(t *testing.T) {
	f, _ := NewFollower(Settings{})
	var off, unknown float64
	for n := range 600 {
		s := float64(n) / 10
		label := "helmet"
		if s >= 10 {
			label = "no-helmet"
		}
		d := []detect.Found{found(Person, 0.9, upright(600, 500, 160))}
		if s < 20 {
			d = append(d, found(label, 0.8, atBody(600, 500, 160, 0.07, 0.13)))
		}
		sc := f.Step(Observation{At: after(s), Width: 1280, Height: 720, Detections: d})
		if len(sc.Tracks) == 0 {
			continue
		}
		switch w := sc.Tracks[0].Wears(Helmet).Worn; {
		case w == No && off == 0:
			off = s
		case w == Unknown && s > 5 && unknown == 0:
			unknown = s
		}
	}
	if off < 12 || off > 17 || unknown < 39 || unknown > 41 {
		t.Errorf("missing from %v s on, unknown from %v s on; want within 12..17 and 39..41", off, unknown)
	}
}

// TestDressOfTwo holds that of two people side by side each keeps what is theirs,
// and that in front of each other nobody is given the other's.
func TestDressOfTwo(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 3))
		f, _ := NewFollower(Settings{})
		wrong, right := 0, 0
		for n := range 120 {
			s := float64(n) / 10
			xs := [2]float64{300 + 60*s, 1000 - 60*s} // they pass each other at 5.8 s
			var d []detect.Found
			for i, x := range xs {
				j := rng.NormFloat64() * 3
				d = append(d, found(Person, 0.9, upright(x+j, 500+20*float64(i), 160)))
				label := [2]string{"helmet", "no-helmet"}[i]
				if rng.Float64() < 0.15 { // single pictures are wrong now and then
					label = [2]string{"no-helmet", "helmet"}[i]
				}
				d = append(d, found(label, 0.5+0.4*rng.Float64(), atBody(x+j, 500+20*float64(i), 160, 0.07, 0.13)))
			}
			sc := f.Step(Observation{At: after(s), Width: 1280, Height: 720, Detections: d})
			for i, tr := range sc.Tracks {
				switch tr.Wears(Helmet).Worn {
				case [2]Worn{Yes, No}[i]:
					right++
				case [2]Worn{No, Yes}[i]:
					wrong++
				}
			}
		}
		if wrong > 0 || right < 150 {
			t.Errorf("seed %d: %d right, %d wrong", seed, right, wrong)
		}
	}
}

func TestSights(t *testing.T) {
	flame := vision.Box{X0: 600, Y0: 400, X1: 640, Y1: 460}
	for _, tt := range []struct {
		name string
		draw func(n int) []detect.Found
		want float64 // second of confirmation; 0 never
	}{
		{"burns on", func(int) []detect.Found { return []detect.Found{found("fire", 0.7, flame)} }, 2},
		{"flickers", func(n int) []detect.Found {
			if n%4 == 0 {
				return []detect.Found{found("fire", 0.7, vision.Box{X0: 600 + float64(n%7)*5, Y0: 390, X1: 650 + float64(n%7)*5, Y1: 460})}
			}
			return nil
		}, 2.4},
		{"a single picture", func(n int) []detect.Found {
			if n == 7 {
				return []detect.Found{found("fire", 0.99, flame)}
			}
			return nil
		}, 0},
		{"each time elsewhere", func(n int) []detect.Found {
			x := float64(n*313%1200) + 1
			return []detect.Found{found("smoke", 0.9, vision.Box{X0: x, Y0: 100, X1: x + 8, Y1: 108})}
		}, 0},
		{"weak", func(int) []detect.Found { return []detect.Found{found("fire", 0.3, flame)} }, 0},
	} {
		f, err := NewFollower(Settings{Zones: map[string]Zone{"store": {Polygon: [][]float64{{0.4, 0.4}, {0.6, 0.4}, {0.6, 0.8}, {0.4, 0.8}}}}})
		if err != nil {
			t.Fatal(err)
		}
		got := 0.0
		for n := range 50 {
			s := float64(n) / 5
			sc := f.Step(Observation{At: after(s), Width: 1280, Height: 720, Detections: tt.draw(n)})
			for _, w := range sc.Sights {
				if w.Confirmed && got == 0 {
					got = s
					if len(w.Zones) != 1 || w.Zones[0] != "store" || !sc.Busy() {
						t.Errorf("%s: in %v", tt.name, w.Zones)
					}
				}
			}
		}
		if got != tt.want {
			t.Errorf("%s: confirmed at %v s, want %v", tt.name, got, tt.want)
		}
	}
}

func TestLeft(t *testing.T) {
	bag := vision.Box{X0: 600, Y0: 460, X1: 640, Y1: 500}
	for _, tt := range []struct {
		name   string
		label  string // "" is a changed place that no detector names
		person func(s float64) (x float64, there bool)
		bag    func(s float64) bool
		alone  float64 // seconds at 60 s, -1: not there
	}{
		{"put down by one who leaves", "suitcase", func(s float64) (float64, bool) { return 620 + max(0, s-10)*100, s < 16 }, func(s float64) bool { return s > 5 }, 49},
		{"the same, as the background tells it", "", func(s float64) (float64, bool) { return 620 + max(0, s-10)*100, s < 16 }, func(s float64) bool { return s > 14 }, 45.8},
		{"somebody stays with it", "suitcase", func(s float64) (float64, bool) { return 660, true }, func(s float64) bool { return s > 5 }, 0},
		{"hidden for five seconds", "suitcase", func(s float64) (float64, bool) { return 0, false }, func(s float64) bool { return s > 5 && (s < 30 || s > 35) }, 54.8},
		{"taken away", "suitcase", func(s float64) (float64, bool) { return 0, false }, func(s float64) bool { return s > 5 && s < 40 }, -1},
	} {
		f, err := NewFollower(Settings{Zones: map[string]Zone{"way": {Polygon: [][]float64{{0.3, 0.3}, {0.7, 0.3}, {0.7, 0.9}, {0.3, 0.9}}}}})
		if err != nil {
			t.Fatal(err)
		}
		var sc Scene
		for n := range 301 {
			s := float64(n) / 5
			o := Observation{At: after(s), Width: 1280, Height: 720}
			if x, there := tt.person(s); there {
				o.Detections = append(o.Detections, found(Person, 0.9, upright(x, 505, 160)))
			}
			if tt.bag(s) && tt.label != "" {
				o.Detections = append(o.Detections, found(tt.label, 0.6, bag))
			} else if tt.bag(s) {
				o.Changed = []vision.Box{{X0: bag.X0 / 1280, Y0: bag.Y0 / 720, X1: bag.X1 / 1280, Y1: bag.Y1 / 720}}
			}
			sc = f.Step(o)
		}
		alone := -1.0
		if len(sc.Left) == 1 {
			alone = sc.Left[0].Alone.Seconds()
			if z := sc.Left[0].Zones; len(z) != 1 || z[0] != "way" {
				t.Errorf("%s: in %v", tt.name, z)
			}
		}
		if d := alone - tt.alone; len(sc.Left) > 1 || d > 0.7 || d < -0.7 {
			t.Errorf("%s: alone for %v s, want %v (%+v)", tt.name, alone, tt.alone, sc.Left)
		}
	}
}

func TestPixelsPerPerson(t *testing.T) {
	var p PixelsPerPerson
	w := newWorld(t, Settings{}, 5, 1, walker(200, 650, 1000, 650, 200, 0, 20), walker(200, 250, 1000, 250, 40, 0, 20))
	w.run(20, func(_ float64, sc Scene) { p.Take(&sc) })
	r := p.Report(DressPixels)
	if len(r.Cells) == 0 || len(r.Small) == 0 || r.N < 36 || r.N > 40 || r.TooSmall < 0.4 || r.TooSmall > 0.6 {
		t.Fatalf("%+v", r)
	}
	for _, c := range r.Cells {
		want := 200.0
		if c.Box.Y0 < 0.5 {
			want = 40
		}
		if c.Height < want*0.88 || c.Height > want*1.13 {
			t.Errorf("cell at %v, %v: %v px, want about %v", c.Box.X0, c.Box.Y0, c.Height, want)
		}
	}
	if r := p.Report(PersonPixels); len(r.Small) != 0 {
		t.Errorf("for finding people too small: %+v", r.Small)
	}
	if r := (&PixelsPerPerson{}).Report(DressPixels); r.N != 0 || r.Height != 0 || r.TooSmall != 0 {
		t.Errorf("nobody seen: %+v", r)
	}
}

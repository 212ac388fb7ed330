package tamper_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/vision/tamper"
)

// TestFaultsAreRaised lets a camera see its yard for 25 s, then does something to
// it for 10 s, then lets it be.
func TestFaultsAreRaised(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault tamper.Fault
		do    func(s float64) view
	}{
		{"a cloth", tamper.Covered, func(float64) view {
			return view{light: 1, noise: 3, before: func(x, y int) (float64, bool) { return wave(x, y), true }}
		}},
		{"paint, white", tamper.Covered, func(float64) view {
			return view{light: 1, noise: 2, before: func(int, int) (float64, bool) { return 240, true }}
		}},
		{"a cloth over nine tenths", tamper.Covered, func(float64) view {
			return view{light: 1, noise: 3, before: func(x, y int) (float64, bool) { return wave(x, y), y > 18 }}
		}},
		{"turned by a tenth of the width", tamper.Moved, func(float64) view { return view{dx: 32, light: 1, noise: 3} }},
		{"turned by a twentieth, in half the light", tamper.Moved, func(float64) view { return view{dx: -16, light: 0.5, noise: 3} }},
		{"tilted", tamper.Moved, func(float64) view { return view{dy: 20, light: 1, noise: 3} }},
		{"out of focus", tamper.Blurred, func(float64) view { return view{blur: 4, light: 1, noise: 1} }},
		{"far out of focus, in a little haze", tamper.Blurred, func(float64) view { return view{blur: 20, haze: 0.2, light: 1, noise: 0.5} }},
		{"out of focus, somebody before it", tamper.Blurred, func(s float64) view { v := walker(s); v.blur, v.noise = 4, 1; return v }},
		{"no light", tamper.Dark, func(float64) view { return view{light: 0.04, noise: 2} }},
		{"a cap on the lens", tamper.Dark, func(float64) view { return view{noise: 1} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlay(t, 11)
			if first := p.rest(25 * time.Second); len(first) > 0 {
				t.Fatalf("all was well, and raised were %v", first)
			}
			first := p.run(10*time.Second, c.do)
			at, ok := first[c.fault]
			if !ok || at > 8 || len(first) > 1 {
				t.Errorf("raised were %v, want %v alone within 8 s: %+v", first, c.fault, p.reading[c.fault])
			}
			if r := p.reading[c.fault]; ok && (r.Text == "" || r.Unit == "" || (r.Value > r.Limit) != (c.fault != tamper.Dark)) {
				t.Errorf("its reading is %+v", r)
			}
			p.rest(8 * time.Second)
			if p.raised[c.fault] {
				t.Errorf("8 s after all was well again it is still raised: %+v", p.reading[c.fault])
			}
		})
	}
}

// walker is somebody who walks through the yard.
func walker(s float64) view {
	return view{light: 1, noise: 3, before: func(x, y int) (float64, bool) {
		at := int(s*40)%450 - 50
		return 90 + float64((x-at)*6%60), x > at && x < at+45 && y > 30
	}}
}

// TestNothingIsRaisedWhileAllIsWell shows what happens in yards.
func TestNothingIsRaisedWhileAllIsWell(t *testing.T) {
	for i, c := range []struct {
		name string
		do   func(s float64) view
	}{
		{"nothing", well},
		{"people walk by", walker},
		{"a lorry stops, over half the picture", func(s float64) view {
			return view{light: 1, noise: 3, before: func(x, y int) (float64, bool) {
				return float64(60 + x/20%2*90 + y/30%2*30), s > 5 && x < 170
			}}
		}},
		{"lamps go off and on", func(s float64) view {
			v := view{light: 1, noise: 3}
			if int(s)/15%2 == 1 {
				v.light = 0.35
			}
			return v
		}},
		{"the sun comes out behind a shadow", func(s float64) view {
			return view{light: 0.7 + 0.3*s/45, shade: 0.5 * s / 90, noise: 3}
		}},
		{"a cloud", func(s float64) view { return view{light: 1 - 0.4*min(s/20, 1), noise: 3} }},
		{"haze", func(s float64) view { return view{light: 1, haze: 0.65 * min(s/20, 1), noise: 2} }},
		{"a noisy night that falls", func(s float64) view { return view{light: 1 - 0.7*min(s/40, 1), noise: 5} }},
		{"the pole trembles", func(s float64) view {
			return view{dx: int(s*fps) % 3, dy: int(s*fps) / 2 % 2, light: 1, noise: 3}
		}},
		{"somebody stands before it for two seconds", func(s float64) view {
			return view{light: 1, noise: 3, before: func(x, y int) (float64, bool) { return wave(x, y), s > 10 && s < 12 }}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlay(t, uint64(11+i%2))
			p.rest(25 * time.Second)
			if first := p.run(45*time.Second, c.do); len(first) > 0 {
				t.Errorf("seed %d: raised were %v", 11+i%2, first)
			}
		})
	}
}

// TestFrozen repeats a picture, as a stuck camera and as a coder does.
func TestFrozen(t *testing.T) {
	for _, c := range []struct {
		name   string
		stream bool
		keys   float64 // seconds from key picture to key picture
		fresh  float64 // seconds from one new picture to the next; 0 is never
		clock  bool
		within float64 // seconds; 0 is never
		anew   bool    // pictures between key pictures are coded a little differently
	}{
		{name: "a stuck sensor behind a coder", stream: true, keys: 2, within: 5, anew: true},
		{name: "a stuck sensor behind a coder, a key picture every second", stream: true, keys: 1, within: 5, anew: true},
		{name: "a stuck sensor behind a coder, below a clock", stream: true, keys: 2, clock: true, within: 5, anew: true},
		{name: "a still night behind a coder", stream: true, keys: 2, fresh: 2, anew: true},
		{name: "a still night behind a coder: strong noise reduction gives the same key picture twice", stream: true, keys: 2, fresh: 4, anew: true},
		{"a stuck camera", false, 0, 0, false, 8, false},
		{"a stuck camera, its stream known", true, 2, 0, false, 8, false},
		{"a stuck sensor below a clock that goes on", true, 2, 0, true, 8, false},
		{"a still night: the coder repeats until its next key picture", true, 10, 10, false, 0, false},
		{"a still night, a clock in the picture", true, 10, 10, true, 0, false},
		{"a still night, key pictures not known", false, 0, 4, false, 0, false},
		{"stuck, key pictures every 12 s", true, 12, 0, false, 13, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlay(t, 11)
			p.rest(25 * time.Second)
			first := map[tamper.Fault]float64{}
			still := view{light: 1, noise: 3}
			f := p.yard.frame(still)
			for i := range 25 * fps {
				s := float64(i) / fps
				if c.fresh > 0 && i%int(c.fresh*fps) == 0 {
					f = p.yard.frame(still)
				}
				shown := f
				if c.clock {
					shown = clocked(f, int(s))
				}
				must(t, p.reduce.Reduce(shown, &p.sight))
				if c.anew && i%int(c.keys*fps) != 0 {
					for j := range p.sight.Sum {
						p.sight.Sum[j] += uint64(i)
					}
				}
				p.sight.Stream = c.stream
				p.sight.Key = c.stream && i%int(c.keys*fps) == 0
				p.see(s, first)
			}
			at, raised := first[tamper.Frozen]
			if raised != (c.within > 0) || raised && at > c.within || len(first) > 1 {
				t.Errorf("raised were %v, want frozen within %v s: %+v", first, c.within, p.reading[tamper.Frozen])
			}
			p.rest(5 * time.Second)
			if p.raised[tamper.Frozen] {
				t.Error("it is still raised 5 s after the picture moved again")
			}
		})
	}
}

// TestNotFrozenByABreak: a scene that goes round in circles is the same after a break as
// before it, from one key picture to the next, and no time in which nothing came counts.
func TestNotFrozenByABreak(t *testing.T) {
	for _, pause := range []time.Duration{time.Second, 3 * time.Second, 4900 * time.Millisecond} {
		t.Run(pause.String(), func(t *testing.T) {
			p := newPlay(t, 11)
			p.rest(25 * time.Second)
			first := map[tamper.Fault]float64{}
			same := p.yard.frame(view{light: 1, noise: 3})
			for i := range 6 * 2 * fps { // a key picture every two seconds
				f := p.yard.frame(view{light: 1, noise: 3})
				if key := 2 * 2 * fps; i == key || i == key+2*fps {
					f = same
				}
				if i == 3*2*fps {
					p.at = p.at.Add(pause)
				}
				must(t, p.reduce.Reduce(f, &p.sight))
				p.sight.Stream, p.sight.Key = true, i%(2*fps) == 0
				p.see(float64(i)/fps, first)
			}
			if len(first) > 0 {
				t.Errorf("raised were %v: %+v", first, p.reading[tamper.Frozen])
			}
		})
	}
}

// clocked writes the seconds into a corner of a copy.
func clocked(f *camera.Frame, s int) *camera.Frame {
	g := camera.NewPool(0).Get(f.Width, f.Height, f.Format)
	copy(g.Pix, f.Pix)
	for y := range 7 {
		for x := range 50 {
			if (x/4+s)%3 == 0 {
				g.Pix[y*g.Stride+x] = 255
			}
		}
	}
	return g
}

// TestWhatIsNotKnownIsSaid looks at readings that tell nothing.
func TestWhatIsNotKnownIsSaid(t *testing.T) {
	plain := func(float64) view {
		return view{light: 1, noise: 3, before: func(x, y int) (float64, bool) { return 100 + float64(x)/20, x > 40 || y > 40 }}
	}
	for _, c := range []struct {
		name  string
		run   func(p *play)
		fault tamper.Fault
		want  string
	}{
		{"at the start", func(p *play) { p.rest(5 * time.Second) }, tamper.Moved, "being learnt"},
		{"in the dark", func(p *play) {
			p.rest(25 * time.Second)
			p.run(10*time.Second, func(float64) view { return view{light: 0.03, noise: 1} })
		}, tamper.Blurred, "too dark"},
		{"a bare wall", func(p *play) { p.run(30*time.Second, plain) }, tamper.Moved, "too few edges"},
		{"covered", func(p *play) {
			p.rest(25 * time.Second)
			p.run(10*time.Second, func(float64) view {
				return view{light: 1, noise: 2, before: func(x, y int) (float64, bool) { return wave(x, y), y > 10 }}
			})
		}, tamper.Moved, "covered"},
		{"another scene", func(p *play) {
			p.rest(25 * time.Second)
			p.run(10*time.Second, func(float64) view { return view{dx: 32, light: 1, noise: 3} })
		}, tamper.Blurred, "another scene"},
		{"lamps just went off", func(p *play) {
			p.rest(25 * time.Second)
			p.run(2*time.Second, func(float64) view { return view{light: 0.3, noise: 3} })
		}, tamper.Blurred, "light has changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlay(t, 11)
			c.run(p)
			if r := p.reading[c.fault]; !strings.Contains(r.Unknown, c.want) || r.Text == "" {
				t.Errorf("the reading is %+v, want it to say %q", r, c.want)
			}
		})
	}
}

func TestDoubtDoesNotClear(t *testing.T) {
	p := newPlay(t, 11)
	p.rest(25 * time.Second)
	p.run(10*time.Second, func(float64) view { return view{dx: 32, light: 1, noise: 3} })
	if !p.raised[tamper.Moved] {
		t.Fatal("moved was not raised")
	}
	p.run(10*time.Second, func(float64) view { return view{light: 0.03, noise: 1} })
	if !p.raised[tamper.Moved] {
		t.Error("it was cleared in the dark")
	}
	p.run(60*time.Second, func(float64) view { return view{dx: 32, light: 1, noise: 3} })
	if !p.raised[tamper.Moved] {
		t.Error("the new view was learnt without anybody saying so")
	}
	p.detect.Relearn()
	p.run(30*time.Second, func(float64) view { return view{dx: 32, light: 1, noise: 3} })
	if p.raised[tamper.Moved] {
		t.Errorf("it is still raised after a person said that the view is right: %+v", p.reading[tamper.Moved])
	}
}

// TestTimeThatLeaps holds that nothing is said to have lasted through a gap, or
// when the clock is set.
func TestTimeThatLeaps(t *testing.T) {
	for _, leap := range []time.Duration{time.Hour, 10 * time.Second, -time.Hour} {
		p := newPlay(t, 11)
		p.rest(25 * time.Second)
		covered := func(float64) view {
			return view{light: 1, noise: 3, before: func(x, y int) (float64, bool) { return wave(x, y), true }}
		}
		p.run(time.Second, covered)
		p.at = p.at.Add(leap)
		if first := p.run(2*time.Second, covered); len(first) > 0 {
			t.Errorf("a leap by %v: raised were %v after 3 s of pictures", leap, first)
		}
		if first := p.run(3*time.Second, covered); len(first) != 1 {
			t.Errorf("a leap by %v: raised were %v after 6 s of pictures, want covered", leap, first)
		}
	}
}

func TestSettings(t *testing.T) {
	for _, s := range []tamper.Settings{{Gone: 1.2}, {Detail: -1}, {Shift: 0.5}, {Sharp: 2}, {Dark: 300}, {After: -1}, {Learn: time.Hour}} {
		if _, err := tamper.New(s); err == nil {
			t.Errorf("%+v was accepted", s)
		}
	}
	for f := range tamper.Fault(5) {
		if text, err := f.MarshalText(); err != nil || string(text) != fmt.Sprint(f) || len(text) == 0 {
			t.Errorf("fault %d is written %q, %v", f, text, err)
		}
	}
}

func BenchmarkSee(b *testing.B) {
	y := newYard(1)
	var s tamper.Sight
	r := tamper.NewReducer()
	d, err := tamper.New(tamper.Settings{})
	must(b, err)
	at := time.Now()
	show := func(v view) {
		f := y.frame(v)
		must(b, r.Reduce(f, &s))
		f.Release()
	}
	see := func() { at = at.Add(200 * time.Millisecond); s.At = at; d.See(&s) }
	show(well(0))
	for range 200 {
		see()
	}
	b.Run("well", func(b *testing.B) {
		for b.Loop() {
			see()
		}
	})
	show(view{dx: 32, light: 1, noise: 3})
	b.Run("moved", func(b *testing.B) {
		for b.Loop() {
			see()
		}
	})
}

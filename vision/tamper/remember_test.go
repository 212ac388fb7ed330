package tamper_test

import (
	"errors"
	"testing"
	"time"

	"linesman/vision/tamper"
)

// TestRemembered stops the program, does something to the camera, and starts it again.
func TestRemembered(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(s float64) view
		fault tamper.Fault
		told  bool
	}{
		{"nothing", well, tamper.Moved, false},
		{"people walk by", walker, tamper.Moved, false},
		{"half the light", func(float64) view { return view{light: 0.5, noise: 3} }, tamper.Moved, false},
		{"it was turned", func(float64) view { return view{dx: 32, light: 1, noise: 3} }, tamper.Moved, true},
		{"it was put out of focus", func(float64) view { return view{blur: 4, light: 1, noise: 1} }, tamper.Blurred, true},
		{"a cloth was hung before it", func(float64) view {
			return view{light: 1, noise: 3, before: func(x, y int) (float64, bool) { return wave(x, y), true }}
		}, tamper.Covered, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlay(t, 11)
			p.rest(40 * time.Second)
			kept := p.detect.Remember()
			if n := len(kept); n == 0 || n > 40_000 {
				t.Fatalf("%d bytes are remembered", n)
			}
			again := newPlay(t, 11)
			must(t, again.detect.Recall(kept))
			if !again.detect.Learnt() {
				t.Error("the scene is not known after it was recalled")
			}
			first := again.run(10*time.Second, c.do)
			at, told := first[c.fault]
			if told != c.told || told && at > 6 || !told && len(first) > 0 {
				t.Errorf("raised were %v: %+v", first, again.reading[c.fault])
			}
			again.run(20*time.Second, well)
			if again.raised[c.fault] {
				t.Errorf("it is still raised though all is well again: %+v", again.reading[c.fault])
			}
		})
	}
}

func TestRememberNothing(t *testing.T) {
	p := newPlay(t, 11)
	p.rest(5 * time.Second)
	if kept := p.detect.Remember(); kept != nil {
		t.Errorf("%d bytes are remembered of a scene that is not known yet", len(kept))
	}
}

// FuzzRecall gives bytes that were damaged, or never were a scene.
func FuzzRecall(f *testing.F) {
	p := newPlay(f, 11)
	p.rest(25 * time.Second)
	kept := p.detect.Remember()
	f.Add(kept)
	f.Add(kept[:len(kept)/2])
	f.Add(append(append([]byte(nil), kept[:8]...), 0xff, 0xff, 0xff))
	f.Add([]byte("lmscene\x02rubbish"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := tamper.New(tamper.Settings{})
		must(t, err)
		if err := d.Recall(data); err != nil {
			if !errors.Is(err, tamper.ErrNotRemembered) || d.Learnt() {
				t.Fatalf("learnt %v, %v", d.Learnt(), err)
			}
			return
		}
		s := tamper.Sight{At: time.Unix(1_800_000_000, 0), Height: 90, Grey: make([]byte, 160*90)}
		for range 3 {
			s.At = s.At.Add(time.Second)
			for _, r := range d.See(&s) {
				if r.Text == "" {
					t.Fatalf("a reading without words: %+v", r)
				}
			}
		}
	})
}

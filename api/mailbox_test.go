package api

import (
	"fmt"
	"slices"
	"testing"

	"linesman/camera"
	"linesman/line"
	"linesman/part"
)

// A viewer that never takes costs one message of each kind, whatever comes.
func TestMailboxKeepsTheNewest(t *testing.T) {
	b := newMailbox()
	for i := range 1000 {
		b.put("state", message{"state", fmt.Append(nil, i)})
		b.put("shot", message{"shot", fmt.Append(nil, -i)})
	}
	if len(b.ready) != 1 {
		t.Errorf("%d tokens wait, want 1", len(b.ready))
	}
	var got []string
	for _, m := range b.take() {
		got = append(got, m.name+" "+string(m.data))
	}
	if want := []string{"state 999", "shot -999"}; !slices.Equal(got, want) {
		t.Errorf("took %v, want %v", got, want)
	}
	if again := b.take(); len(again) != 0 {
		t.Errorf("took %v twice", again)
	}
}

// Of the frames between two pictures the newest is shown, but a reject is
// never passed over for a frame without one; every other frame is released.
func TestBetter(t *testing.T) {
	pool := camera.NewPool(1)
	shot := func(seq uint64, o part.Outcome) line.Shot {
		f := pool.Get(4, 4, camera.Grey)
		f.Seq = seq
		return line.Shot{Frame: f, Parts: []line.Mark{{Outcome: part.Pass}, {Outcome: o}}}
	}
	for name, c := range map[string]struct {
		outcomes []part.Outcome
		want     uint64
	}{
		"the newest":               {[]part.Outcome{part.Pass, part.Pass, part.Pass}, 3},
		"the reject":               {[]part.Outcome{part.Pass, part.Fail, part.Pass}, 2},
		"the newer of two":         {[]part.Outcome{part.Fail, part.Pass, part.Inconclusive}, 3},
		"doubt counts as abnormal": {[]part.Outcome{part.Inconclusive, part.Pass, part.Pass}, 1},
	} {
		var have *line.Shot
		var all []*camera.Frame
		for i, o := range c.outcomes {
			s := shot(uint64(i+1), o)
			all = append(all, s.Frame.Retain())
			have = better(have, s)
		}
		if have.Frame.Seq != c.want {
			t.Errorf("%s: frame %d, want %d", name, have.Frame.Seq, c.want)
		}
		have.Frame.Release()
		for _, f := range all {
			f.Release() // the last hold: one more anywhere would panic
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: frame %d was still held", name, f.Seq)
					}
				}()
				f.Release()
			}()
		}
	}
}

// Pictures are made smaller by whole factors, keep their colours, and a frame
// that does not hold what it says is refused.
func TestPictures(t *testing.T) {
	f := camera.NewPool(1).Get(30, 20, camera.RGB)
	for i := range f.Pix {
		f.Pix[i] = byte(60 * (i%3 + 1))
	}
	p := &pictures{width: 10}
	data, err := p.encode(f)
	if err != nil || len(data) == 0 || p.rgb.Rect.Dx() != 10 || p.rgb.Rect.Dy() != 6 {
		t.Fatalf("%d bytes of %v, %v; want 10x6", len(data), p.rgb.Rect, err)
	}
	if got := p.rgb.Pix[:4]; !slices.Equal(got, []byte{60, 120, 180, 255}) {
		t.Errorf("colour %v", got)
	}
	for name, spoil := range map[string]func(*camera.Frame){
		"short":  func(f *camera.Frame) { f.Pix = f.Pix[:100] },
		"empty":  func(f *camera.Frame) { f.Width = 0 },
		"stride": func(f *camera.Frame) { f.Stride = 8 },
		"flat":   func(f *camera.Frame) { f.Height = 1 },
	} {
		bad := camera.NewPool(1).Get(30, 20, camera.RGB)
		spoil(bad)
		if _, err := p.encode(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

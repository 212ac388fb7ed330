//go:build cgo

package secondlook_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"linesman/camera/codec"
	"linesman/models/onnx"
	"linesman/models/secondlook"
	"linesman/vision"
)

const width, height = 480, 270

// footage is the recording of a worker, and where a detector saw a person in each
// picture.
type footage struct {
	pictures [][]byte
	people   []vision.Box // zero where it saw none
}

func watchFootage(t testing.TB) (f footage) {
	t.Helper()
	r, err := codec.OpenRecording("../../sim/footage/workers.mp4")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rgb := make([]byte, 3*width*height)
		if err := p.RGB(rgb); err != nil {
			t.Fatal(err)
		}
		f.pictures = append(f.pictures, rgb)
	}
	file, err := os.Open("../../scene/testdata/worker-zone.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var rows [][]any
		if err := json.Unmarshal(lines.Bytes(), &rows); err != nil {
			t.Fatal(err)
		}
		var box vision.Box
		best := 0.5
		for _, r := range rows {
			n := func(i int) float64 { return r[i].(float64) }
			if r[0] == "person" && n(1) > best {
				best, box = n(1), vision.Box{X0: n(2), Y0: n(3), X1: n(4), Y1: n(5)}
			}
		}
		f.people = append(f.people, box)
	}
	if len(f.pictures) < 60 || len(f.people) < 60 {
		t.Fatalf("%d pictures and %d rows of people", len(f.pictures), len(f.people))
	}
	return f
}

type looker struct {
	testing.TB
	footage
	eye *secondlook.Eye
}

func look(t testing.TB) *looker {
	eye, err := secondlook.OpenEye(onnx.Open, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(eye.Close)
	return &looker{t, watchFootage(t), eye}
}

// at is a sight of a person in a box of one picture.
func (l *looker) at(rgb []byte, box vision.Box, alarm string) secondlook.Sight {
	l.Helper()
	features, err := l.eye.Look(secondlook.Cut(rgb, width, height, 3*width, box))
	if err != nil {
		l.Fatal(err)
	}
	return secondlook.Sight{Camera: "floor", Label: "person", Alarm: alarm, Crop: alarm, Features: features,
		Box: vision.Box{X0: box.X0 / width, Y0: box.Y0 / height, X1: box.X1 / width, Y1: box.Y1 / height}}
}

// Two pillars of the hall, as a detector may take them for people; it never finds
// quite the same box.
var pillars = []vision.Box{{X0: 238, Y0: 0, X1: 268, Y1: 126}, {X0: 132, Y0: 0, X1: 154, Y1: 76}}

func wobbled(b vision.Box, n int) vision.Box {
	b.X0, b.X1, b.Y1 = b.X0+float64(n%3-1), b.X1+float64(n%4-1), b.Y1+float64(n%5-2)
	return b
}

// said is what people said: the first pillar was mistaken in so many alarms, the
// worker was real in so many.
func (l *looker) said(mistaken, real int) (out []secondlook.Said) {
	for n := range mistaken {
		out = append(out, secondlook.Said{Sight: l.at(l.pictures[n], wobbled(pillars[0], n), fmt.Sprintf("false-%d", n))})
	}
	for n := 0; real > 0; n += 9 {
		if l.people[n] != (vision.Box{}) {
			out = append(out, secondlook.Said{Sight: l.at(l.pictures[n], l.people[n], fmt.Sprintf("real-%d", n)), Real: true})
			real--
		}
	}
	return out
}

// The pillar that was called mistaken raises no more; the worker does wherever he
// is, and so does everything that nobody spoke of.
func TestPillar(t *testing.T) {
	l := look(t)
	m, err := secondlook.Learn(l.said(5, 5), time.Unix(1_800_000_000, 0), 7)
	if err != nil {
		t.Fatal(err)
	}
	again, alone := 0, 0
	for n := 20; n < len(l.pictures); n += 3 {
		man := l.people[min(n, len(l.people)-1)]
		s := l.at(l.pictures[n], wobbled(pillars[0], n), "")
		if !reaches(man, pillars[0]) { // with the man beside it, it may well be raised
			alone++
			if o := m.Judge(&s); o.Mistaken {
				again++
			}
		}
		s = l.at(l.pictures[n], pillars[1], "")
		if o := m.Judge(&s); o.Mistaken {
			t.Errorf("picture %d: a pillar that nobody spoke of is taken away: %+v", n, o)
		}
		s = l.at(l.pictures[n], wobbled(pillars[0], n), "")
		s.Camera = "gate"
		if o := m.Judge(&s); o.Mistaken {
			t.Errorf("picture %d: the pillar is taken away at another camera", n)
		}
		s.Camera, s.Label = "floor", "forklift"
		if o := m.Judge(&s); o.Mistaken {
			t.Errorf("picture %d: the pillar is taken away as a forklift", n)
		}
		if man == (vision.Box{}) {
			continue
		}
		s = l.at(l.pictures[n], man, "")
		if o := m.Judge(&s); o.Mistaken {
			t.Errorf("picture %d: the worker is taken away: %+v", n, o)
		}
		// The same man set where the pillar is.
		s = l.at(moved(l.pictures[n], man, pillars[0]), pillars[0], "")
		if o := m.Judge(&s); o.Mistaken {
			t.Errorf("picture %d: the worker before the pillar is taken away: %.3f from the pillar (limit %.3f), %.3f from real", n, o.Apart, o.Limit, o.Far)
		}
	}
	t.Logf("the pillar is known again in %d of %d pictures in which nobody is beside it", again, alone)
	if alone < 8 || again < alone*9/10 {
		t.Errorf("the pillar is known again in %d of %d pictures, want nine of ten of eight and more", again, alone)
	}
}

// reaches reports whether somebody is in the crop of a thing.
func reaches(man, thing vision.Box) bool {
	x, y, side := secondlook.Region(thing)
	return man.X1 > float64(x) && man.X0 < float64(x+side) && man.Y1 > float64(y) && man.Y0 < float64(y+side)
}

// moved paints what is in one box of a picture into another.
func moved(rgb []byte, from, to vision.Box) []byte {
	out := bytes.Clone(rgb)
	for y := int(to.Y0); y < int(to.Y1); y++ {
		sy := min(max(int(from.Y0+(float64(y)-to.Y0)/to.Height()*from.Height()), 0), height-1)
		for x := int(to.X0); x < int(to.X1); x++ {
			sx := min(max(int(from.X0+(float64(x)-to.X0)/to.Width()*from.Width()), 0), width-1)
			copy(out[3*(y*width+x):][:3], rgb[3*(sy*width+sx):])
		}
	}
	return out
}

func TestTooFew(t *testing.T) {
	l := look(t)
	man := l.people[20]
	for name, c := range map[string]struct {
		said []secondlook.Said
		want string
	}{
		"nothing":      {nil, "no alarm in which nothing was there"},
		"two mistaken": {l.said(2, 5), "2 alarms were called mistaken"},
		"two real":     {l.said(5, 2), "2 alarms about a person were called real"},
		"one alarm of many": {func() []secondlook.Said {
			s := l.said(5, 5)
			for i := range 5 {
				s[i].Alarm = "one"
			}
			return s
		}(), "1 alarms were called mistaken"},
		"the man, both ways": {func() []secondlook.Said {
			s := l.said(0, 3)
			for n := range 4 {
				s = append(s, secondlook.Said{Sight: l.at(l.pictures[20+n], man, fmt.Sprint("both-", n))}, secondlook.Said{Sight: l.at(l.pictures[24+n], man, fmt.Sprint("real-b", n)), Real: true})
			}
			return s
		}(), "like what was called real"},
	} {
		m, err := secondlook.Learn(c.said, time.Now(), 1)
		if !errors.Is(err, secondlook.ErrTooFew) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q (left out %q)", name, err, c.want, m.LeftOut)
		}
	}
}

// Each alarm is judged as if nothing had been said of it: three labels that only
// hold each other up withhold none of the three, and one that was called real is a
// price.
func TestTry(t *testing.T) {
	l := look(t)
	m, err := secondlook.Learn(l.said(5, 5), time.Now(), 7)
	if err != nil {
		t.Fatal(err)
	}
	cases := []secondlook.Case{
		{Alarm: "false-1", Label: "nothing there", Sights: []secondlook.Sight{l.at(l.pictures[1], wobbled(pillars[0], 1), "false-1")}},
		{Alarm: "new", Sights: []secondlook.Sight{l.at(l.pictures[40], pillars[0], "new")}},
		{Alarm: "both", Sights: []secondlook.Sight{l.at(l.pictures[40], pillars[0], "both"), l.at(l.pictures[40], l.people[40], "both")}},
		{Alarm: "empty"},
	}
	want := map[string]bool{"false-1": true, "new": true, "both": false, "empty": false}
	for _, tr := range m.Try(cases) {
		if tr.Withheld != want[tr.Alarm] {
			t.Errorf("alarm %s: withheld is %t, want %t: %+v", tr.Alarm, tr.Withheld, want[tr.Alarm], tr.Opinions)
		}
	}
}

func TestFile(t *testing.T) {
	l := look(t)
	m, err := secondlook.Learn(l.said(4, 3), time.Unix(1_800_000_000, 0), 7)
	if err != nil {
		t.Fatal(err)
	}
	data, sha, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := secondlook.Decode(data, sha)
	if err != nil {
		t.Fatal(err)
	}
	s := l.at(l.pictures[50], pillars[0], "")
	a, b := m.Judge(&s), back.Judge(&s)
	if a.Mistaken != b.Mistaken || a.Apart != b.Apart || a.Far != b.Far || a.Limit != b.Limit || !a.Mistaken {
		t.Errorf("before %+v, from its file %+v", a, b)
	}
	for name, bad := range map[string][]byte{
		"altered":         bytes.Replace(data, []byte(`"through": 7`), []byte(`"through": 8`), 1),
		"another network": bytes.Replace(data, []byte(secondlook.Backbone()), []byte(strings.Repeat("0", 64)), 1),
		"a wide limit":    bytes.Replace(data, []byte(`"limit": 0.`), []byte(`"limit": 9.`), 1),
		"cut":             data[:len(data)/2],
	} {
		sha := sha
		if name != "altered" {
			sha = ""
		}
		if _, err := secondlook.Decode(bad, sha); !errors.Is(err, secondlook.ErrRefused) || !strings.Contains(err.Error(), "linesman secondlook make") {
			t.Errorf("%s: %v, want a refusal that says what to do", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"version":"1","backbone":"` + secondlook.Backbone() + `","mistaken":[{"camera":"a","label":"person","limit":0.1,"features":"AACAPw=="}],"real":[]}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := secondlook.Decode(data, "")
		if err != nil {
			return
		}
		o := m.Judge(&secondlook.Sight{Camera: "a", Label: "person", Box: vision.Box{X1: 1, Y1: 1}, Features: []float32{1}})
		if o.Mistaken && len(m.Real) == 0 {
			t.Errorf("%q takes something away without anything real to compare with", data)
		}
	})
}

func BenchmarkLook(b *testing.B) {
	l := look(b)
	crop := secondlook.Cut(l.pictures[0], width, height, 3*width, pillars[0])
	for b.Loop() {
		if _, err := l.eye.Look(crop); err != nil {
			b.Fatal(err)
		}
	}
}

package contrast

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/vision"
)

const width, height = 96, 64

// picture is grey with grain, rough in a corner where every good one is: soil.
func picture(seed uint64) *anomaly.Picture {
	r := rand.New(rand.NewPCG(seed, 7))
	p := &anomaly.Picture{Width: width, Height: height, Pix: make([]byte, 3*width*height)}
	for y := range height {
		for x := range width {
			grain := 2.0
			if x < 24 && y < 24 {
				grain = 25
			}
			v := byte(max(0, min(255, 120+grain*r.NormFloat64())))
			at := 3 * (y*width + x)
			p.Pix[at], p.Pix[at+1], p.Pix[at+2] = v, v, v
		}
	}
	return p
}

// pit darkens every other pixel of a place.
func pit(p *anomaly.Picture, x0, y0, size int, by byte) *anomaly.Picture {
	for y := y0; y < y0+size; y++ {
		for x := x0; x < x0+size; x++ {
			if (x+y)%2 == 0 {
				for c := range 3 {
					p.Pix[3*(y*width+x)+c] -= by
				}
			}
		}
	}
	return p
}

func learn(t testing.TB, n int) (*Model, []float64) {
	t.Helper()
	l := NewLearner(picture(0), 4)
	for i := range n {
		l.See(i, picture(uint64(i)))
	}
	held := make([]float64, n)
	highest := 0.0
	for i := range n {
		held[i] = l.HeldOut(i, picture(uint64(i)))
		highest = max(highest, held[i])
	}
	return l.Model(1.2 * highest), held
}

func score(t testing.TB, m *Model, p *anomaly.Picture) anomaly.Reading {
	t.Helper()
	var r anomaly.Reading
	if err := m.Score(&anomaly.Part{Picture: *p}, models.Ask{Heatmap: true}, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// What is rough where good parts are smooth is found where it is; the same where
// they are rough as well is not.
func TestRoughnessByPlace(t *testing.T) {
	m, _ := learn(t, 24)
	if r := score(t, m, picture(1000)); r.Score >= 1 {
		t.Errorf("a good picture that was not taught scores %.2f", r.Score)
	}
	found := score(t, m, pit(picture(1001), 60, 40, 6, 40))
	if found.Score < 1.5 {
		t.Errorf("a pit of 6 px on a smooth place scores %.2f", found.Score)
	}
	if b := found.Box; b.X0 > 63 || b.X1 < 63 || b.Y0 > 43 || b.Y1 < 43 || b.X1-b.X0 > 24 || b.Y1-b.Y0 > 24 {
		t.Errorf("the pit at 60..66, 40..46 is boxed as %+v", b)
	}
	if found.Measured <= found.Limit || found.Unit != "% contrast" {
		t.Errorf("measured %.2f, limit %.2f %s", found.Measured, found.Limit, found.Unit)
	}
	if h := found.Heat; h.Width != width/heatStride || h.Height != height/heatStride || h.Score[(43/heatStride)*h.Width+63/heatStride] < 1 {
		t.Errorf("the heat map of %d x %d is not hot at the pit", h.Width, h.Height)
	}
	if soil := score(t, m, pit(picture(1001), 8, 8, 6, 40)); soil.Score > 0.8*found.Score {
		t.Errorf("the same pit in the soil scores %.2f, on a smooth place %.2f", soil.Score, found.Score)
	}
}

// The light may change; a picture without any contrast is no defect of this kind.
func TestLightAlone(t *testing.T) {
	m, _ := learn(t, 24)
	darker := picture(1002)
	for i, v := range darker.Pix {
		darker.Pix[i] = byte(0.7 * float64(v))
	}
	if a, b := score(t, m, picture(1002)).Score, score(t, m, darker).Score; math.Abs(a-b) > 0.35 {
		t.Errorf("%.2f becomes %.2f at seven tenths of the light", a, b)
	}
	flat := picture(1003)
	for i := range flat.Pix {
		flat.Pix[i] = 120
	}
	if s := score(t, m, flat).Score; !(s > 0) || s > 1 {
		t.Errorf("a picture without contrast scores %v", s)
	}
}

func TestHeldOutIsNotItsOwnJudge(t *testing.T) {
	n := 12
	l := NewLearner(picture(0), 4)
	odd := pit(picture(5), 60, 40, 8, 60)
	for i := range n {
		p := picture(uint64(i))
		if i == 5 {
			p = odd
		}
		l.See(i, p)
	}
	held := l.HeldOut(5, odd)
	if all := l.Model(1); held < 2*all.strangeness(new(scratch), odd) {
		t.Errorf("held out %.2f, with its own part among the good ones %.2f", held, all.strangeness(new(scratch), odd))
	}
}

func TestSaved(t *testing.T) {
	m, _ := learn(t, 8)
	data := m.Save()
	again, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Save(), data) {
		t.Error("saved again it is not the same")
	}
	p := pit(picture(50), 30, 50, 5, 50)
	if a, b := score(t, m, p), score(t, again, p); a.Score != b.Score || a.Box != b.Box {
		t.Errorf("before %+v, after %+v", a, b)
	}
	for name, broken := range map[string][]byte{
		"nothing": nil, "another file": []byte("linesman golden 1\nxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		"shorter": data[:len(data)-9], "altered": append(bytes.Clone(data[:200]), append([]byte{data[200] ^ 1}, data[201:]...)...),
	} {
		if _, err := Load(broken); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefusesLocatedParts(t *testing.T) {
	m, _ := learn(t, 4)
	if err := m.Score(&anomaly.Part{Picture: *picture(1), Crop: &vision.Crop{}}, models.Ask{}, &anomaly.Reading{}); err == nil {
		t.Error("a located part was judged by what whole pictures look like")
	}
}

// A picture of another size is measured at the size that was taught.
func TestAnotherSize(t *testing.T) {
	m, _ := learn(t, 24)
	big := &anomaly.Picture{Width: 2 * width, Height: 2 * height, Pix: make([]byte, 12*width*height)}
	small := pit(picture(1001), 60, 40, 6, 40)
	for y := range big.Height {
		for x := range big.Width {
			copy(big.Pix[3*(y*big.Width+x):], small.Pix[3*(y/2*width+x/2):][:3])
		}
	}
	r := score(t, m, big)
	if r.Score < 1 || r.Box.X0 < 100 || r.Box.X1 > 150 {
		t.Errorf("twice as large, the pit scores %.2f at %+v", r.Score, r.Box)
	}
}

func TestBlurKeepsTheMean(t *testing.T) {
	var s scratch
	r := rand.New(rand.NewPCG(1, 1))
	from, into := make([]float32, width*height), make([]float32, width*height)
	sum := 0.0
	for i := range from {
		from[i] = r.Float32()
		sum += float64(from[i])
	}
	s.smooth.Filter(from, into, width, height, anomaly.Gauss(2))
	after := 0.0
	for _, v := range into {
		after += float64(v)
	}
	if math.Abs(after/sum-1) > 1e-4 {
		t.Errorf("the sum %.3f became %.3f", sum, after)
	}
}

func FuzzLoad(f *testing.F) {
	m, _ := learn(f, 4)
	data := m.Save()
	f.Add(data)
	f.Add(data[:40])
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Load(data)
		if err == nil && len(m.mean) != max(1, m.w*m.h) {
			t.Errorf("%d x %d with %d means", m.w, m.h, len(m.mean))
		}
	})
}

func BenchmarkScore(b *testing.B) {
	m, _ := learn(b, 4)
	p := anomaly.Part{Picture: *picture(9)}
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Score(&p, models.Ask{}, new(anomaly.Reading)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(width*height), "ns/px")
}

// Pictures of different shapes are learned for all places together: a pit is
// found in any of them, at its own size.
func TestAnyShape(t *testing.T) {
	shaped := func(seed uint64, w, h int) *anomaly.Picture {
		r := rand.New(rand.NewPCG(seed, 9))
		p := &anomaly.Picture{Width: w, Height: h, Pix: make([]byte, 3*w*h)}
		for i := range w * h {
			v := byte(120 + 3*r.NormFloat64())
			p.Pix[3*i], p.Pix[3*i+1], p.Pix[3*i+2] = v, v, v
		}
		return p
	}
	l := NewLearner(shaped(0, 64, 96), 4)
	highest := 0.0
	sizes := [][2]int{{64, 96}, {120, 50}, {80, 80}}
	for i := range 12 {
		l.See(i, shaped(uint64(i), sizes[i%3][0], sizes[i%3][1]))
	}
	for i := range 12 {
		highest = max(highest, l.HeldOut(i, shaped(uint64(i), sizes[i%3][0], sizes[i%3][1])))
	}
	if l.Placed() {
		t.Error("three shapes have one set of places")
	}
	m, err := Load(l.Model(1.3 * highest).Save())
	if err != nil {
		t.Fatal(err)
	}
	p := shaped(100, 200, 70)
	if r := score(t, m, p); r.Score >= 1 {
		t.Errorf("a good picture of a fourth shape scores %.2f", r.Score)
	}
	for y := 30; y < 36; y++ {
		for x := 150; x < 156; x++ {
			if (x+y)%2 == 0 {
				p.Pix[3*(y*200+x)], p.Pix[3*(y*200+x)+1], p.Pix[3*(y*200+x)+2] = 60, 60, 60
			}
		}
	}
	r := score(t, m, p)
	if r.Score < 1.5 || r.Box.X0 > 153 || r.Box.X1 < 153 || r.Heat.Width != 200/heatStride {
		t.Errorf("a pit at 150..156 scores %.2f in %+v, heat of %d x %d", r.Score, r.Box, r.Heat.Width, r.Heat.Height)
	}
}

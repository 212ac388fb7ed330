package teach

import (
	"math/rand/v2"
	"strings"
	"testing"

	"linesman/models/anomaly"
)

// loud are good parts of noise, so that their pictures hardly become smaller.
type loud struct{ n, side int }

func (l loud) Len() int { return l.n }
func (l loud) Part(i int) (anomaly.Part, error) {
	random := rand.New(rand.NewPCG(uint64(i), 3))
	p := anomaly.Picture{Width: l.side, Height: l.side, Pix: make([]byte, 3*l.side*l.side)}
	for k := range p.Pix {
		p.Pix[k] = byte(random.Uint32())
	}
	return anomaly.Part{Picture: p}, nil
}

// TestOriginsKept keeps the pictures that most patches come from, within both bounds.
func TestOriginsKept(t *testing.T) {
	for name, tt := range map[string]struct {
		good     loud
		fit      anomaly.Input
		least    int // kept
		most     int
		narrower bool
	}{
		"few":        {loud{5, 64}, WholePictures, 5, 5, false},
		"many":       {loud{80, 64}, WholePictures, 64, 64, false},
		"large":      {loud{62, 640}, WholePictures, 50, 61, false}, // of 384 x 384, about 71 KB each
		"made small": {loud{30, 640}, anomaly.Input{Fit: anomaly.FitSquare, Size: 96}, 30, 30, true},
	} {
		te := &teacher{Input: Input{Good: tt.good, Fit: tt.fit}, whole: tt.good}
		var l level
		for i := range tt.good.n { // part i has i+1 patches
			for range i + 1 {
				l.bank.from = append(l.bank.from, anomaly.Place{Part: i, Columns: 8, Rows: 8})
			}
		}
		o, kept, err := te.origins([]level{l})
		if err != nil {
			t.Fatal(err)
		}
		bytes := 0
		for _, data := range kept {
			bytes += len(data)
		}
		if len(kept) < tt.least || len(kept) > tt.most || bytes > anomaly.MostKeptBytes {
			t.Errorf("%s: %d pictures of %d bytes kept, want %d to %d", name, len(kept), bytes, tt.least, tt.most)
		}
		if len(o.Parts) != tt.good.n || o.Levels[0][0].Part != tt.good.n-1 || o.Levels[0][len(o.Levels[0])-1].Part != 0 {
			t.Errorf("%s: the part of most patches is not first: %+v", name, o.Levels[0][0])
		}
		for i, p := range o.Parts {
			if _, ok := kept[p.File]; ok != strings.HasPrefix(p.File, "good/") || ok != (i < len(kept)) {
				t.Errorf("%s: part %d of %d has file %q, kept %v", name, i, len(kept), p.File, ok)
			}
		}
		first, err := anomaly.DecodePicture(kept[o.Parts[0].File])
		if err != nil {
			t.Fatal(err)
		}
		if tt.narrower != (first.Width < 100 && tt.good.side > 100) {
			t.Errorf("%s: kept at %d x %d", name, first.Width, first.Height)
		}
	}
}

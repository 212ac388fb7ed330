package draw

import (
	"math"
	"slices"

	"linesman/camera"
	"linesman/sim"
)

// CropPx is the side of the grey crops that trivial judges look at.
const CropPx = 64

// cropShare is how much more than a part's diameter such a crop shows.
const cropShare = 1.1

// Crop cuts a part out of the picture taken at travelled, where the truth says
// it is: grey, CropPx a side, not turned, the edge's pixels repeated beyond the
// picture. It appends to into.
func (p *Painter) Crop(travelled float64, part sim.Part, f *camera.Frame, into []byte) []byte {
	side := cropShare * p.layout.DiameterMM / p.layout.MMPerPx
	x0, y0 := p.X(travelled, part.MM)-side/2, part.AcrossMM/p.layout.MMPerPx-side/2
	step := side / CropPx
	fine := int(math.Ceil(step))
	for y := range CropPx {
		for x := range CropPx {
			sum := 0
			for j := range fine {
				py := int(y0 + (float64(y)+(float64(j)+0.5)/float64(fine))*step)
				row := f.Pix[min(max(py, 0), f.Height-1)*f.Stride:]
				for i := range fine {
					px := int(x0 + (float64(x)+(float64(i)+0.5)/float64(fine))*step)
					c := row[min(max(px, 0), f.Width-1)*3:][:3:3]
					sum += 77*int(c[0]) + 150*int(c[1]) + 29*int(c[2])
				}
			}
			into = append(into, byte(sum/(fine*fine)>>8))
		}
	}
	return into
}

// The trivial judges, by the names figures use.
const (
	NearestGood    = "nearest good at 64 px"
	MeanDifference = "mean difference"
	Brightness     = "brightness"
)

// Trivial are judges so simple that they must not do well: if one of them
// finds the defects, the drawing is too easy and our own figures mean nothing.
// It belongs to one goroutine.
type Trivial struct {
	bank   [][]byte
	mean   []float64
	bright float64
	scores map[string]*[2][]float64 // of good, of defective
}

// NewTrivial teaches the judges crops of good parts, which they keep. There
// must be at least one.
func NewTrivial(good [][]byte) *Trivial {
	t := &Trivial{bank: good, mean: make([]float64, CropPx*CropPx), scores: map[string]*[2][]float64{}}
	for _, name := range []string{NearestGood, MeanDifference, Brightness} {
		t.scores[name] = &[2][]float64{}
	}
	for _, crop := range good {
		for i, v := range crop {
			t.mean[i] += float64(v) / float64(len(good))
		}
		t.bright += brightness(crop) / float64(len(good))
	}
	return t
}

// Judge scores one crop and remembers what the truth says of it.
func (t *Trivial) Judge(crop []byte, defective bool) {
	nearest := math.MaxInt
	for _, good := range t.bank {
		nearest = min(nearest, distance(crop, good, nearest))
	}
	var off float64
	for i, v := range crop {
		off += math.Abs(float64(v) - t.mean[i])
	}
	side := 0
	if defective {
		side = 1
	}
	for name, score := range map[string]float64{
		NearestGood: float64(nearest), MeanDifference: off, Brightness: math.Abs(brightness(crop) - t.bright),
	} {
		t.scores[name][side] = append(t.scores[name][side], score)
	}
}

// AUROC returns what each judge reached, over all that were judged.
func (t *Trivial) AUROC() map[string]float64 {
	out := map[string]float64{}
	for name, s := range t.scores {
		out[name] = AUROC(s[0], s[1])
	}
	return out
}

// distance returns the summed squared difference, or something not below
// limit once it is clear that it reaches it.
func distance(a, b []byte, limit int) int {
	sum := 0
	for y := 0; y < len(a) && sum < limit; y += CropPx {
		p, q := a[y:y+CropPx], b[y:y+CropPx]
		for i := range p {
			d := int(p[i]) - int(q[i])
			sum += d * d
		}
	}
	return sum
}

func brightness(crop []byte) float64 {
	sum := 0
	for _, v := range crop {
		sum += int(v)
	}
	return float64(sum) / float64(len(crop))
}

// AUROC returns the chance that a defective part scores above a good one, ties
// counting half; NaN where either is missing.
func AUROC(good, defective []float64) float64 {
	if len(good) == 0 || len(defective) == 0 {
		return math.NaN()
	}
	good = slices.Sorted(slices.Values(good))
	var won float64
	for _, s := range defective {
		below, _ := slices.BinarySearch(good, s)
		upTo, _ := slices.BinarySearchFunc(good, s, func(g, s float64) int {
			if g <= s {
				return -1
			}
			return 1
		})
		won += float64(below) + float64(upTo-below)/2
	}
	return won / float64(len(good)) / float64(len(defective))
}

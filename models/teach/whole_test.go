package teach

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/golden"
	"linesman/models/onnx"
	"linesman/models/weights"
)

// lids are pictures of one printed lid each, on a dark table, turned as chance has it.
type lids struct {
	n    int
	seed uint64
	kind string // what is wrong with all of them; "" for good ones
}

func (l lids) Len() int { return l.n }

func (l lids) Part(i int) (anomaly.Part, error) {
	return anomaly.Part{Picture: lid(rand.New(rand.NewPCG(l.seed, uint64(i))), l.kind)}, nil
}

const lidSide, lidRadius = 160, 58.0

func lid(random *rand.Rand, kind string) anomaly.Picture {
	p := anomaly.Picture{Width: lidSide, Height: lidSide, Pix: make([]byte, 3*lidSide*lidSide)}
	cx, cy := lidSide/2+6*random.NormFloat64(), lidSide/2+4*random.NormFloat64()
	sin, cos := math.Sincos(2 * math.Pi * random.Float64())
	light, radius := 0.93+0.14*random.Float64(), lidRadius
	at, far, turn := 2*math.Pi*random.Float64(), lidRadius*(0.1+0.7*random.Float64()), 2*math.Pi*random.Float64()
	soft := func(d float64) float64 { return min(max(d+0.5, 0), 1) }
	bar := func(u, v, u0, v0, u1, v1 float64) float64 { return min(soft(u-u0), soft(u1-u), soft(v-v0), soft(v1-v)) }
	for y := range lidSide {
		for x := range lidSide {
			dx, dy := float64(x)+0.5-cx, float64(y)+0.5-cy
			r := math.Hypot(dx, dy)
			u, v := cos*dx+sin*dy, cos*dy-sin*dx
			mark := max(bar(u, v, -32, -6, -24, 22), bar(u, v, -32, 14, -8, 22), bar(u, v, 0, -6, 8, 22), soft(9-math.Hypot(u-22, v+22)))
			if kind != "wrong print" {
				mark = max(mark, bar(u, v, 16, -6, 24, 22))
			}
			ink := 190.0
			face := [3]float64{200, 46, 40}
			for k := range face {
				face[k] += mark * (ink + 40 - face[k])
			}
			switch d := math.Hypot(dx-far*math.Cos(at), dy-far*math.Sin(at)); kind {
			case "spot":
				dirt := 0.45 * soft(2.2-d)
				for k := range face {
					face[k] *= 1 - dirt
				}
			case "stain":
				for k := range face {
					face[k] *= 1 - 0.22*math.Exp(-d*d/60)
				}
			case "scratch":
				s, c := math.Sincos(turn)
				if math.Abs(c*(dx-far*math.Cos(at))-s*(dy-far*math.Sin(at))) < 0.8 && d < 14 {
					for k := range face {
						face[k] *= 1.35
					}
				}
			}
			edge := radius
			if kind == "chip" && math.Abs(math.Remainder(math.Atan2(dy, dx)-at, 2*math.Pi)) < 0.08 {
				edge -= 4
			}
			cover := soft(edge-r) * (1 + 0.1*(dx-dy)/lidRadius)
			rim := 1 - 0.25*math.Exp(-(r-54)*(r-54)/4)
			for k, table := range [3]float64{66, 70, 72} {
				level := light*(face[k]*rim*cover+table*(1-soft(edge-r))) + 3*random.NormFloat64()
				p.Pix[3*(y*lidSide+x)+k] = byte(min(max(level+0.5, 0), 255))
			}
		}
	}
	return p
}

// taughtOn opens what good parts teach as whole pictures.
func taughtOn(t testing.TB, good Source, network weights.Network, bank int, fit anomaly.Input) (*anomaly.Model, *anomaly.Detector) {
	t.Helper()
	m, err := Teach(t.Context(), Input{Name: "lid", Version: "1", Good: good, Open: onnx.Open, Network: network, Bank: bank, Fit: fit})
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.Detector(anomaly.Options{Open: onnx.Open, Threads: 1, Channels: channel.All()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return m, d
}

// small is how pictures are seen where only the way is tested.
var small = anomaly.Input{Fit: anomaly.FitArea, Size: 64, Enlarge: 1}

// TestWholeCompared: a round product on its ground is compared with the good ones however
// it lies, and the reason says so; nothing else is.
func TestWholeCompared(t *testing.T) {
	has := func(m *anomaly.Model) bool {
		named := slices.ContainsFunc(m.Channels, func(c anomaly.ChannelFile) bool { return c.Name == golden.WholeName })
		if words := strings.Contains(m.Card.Chosen, "The product is round, 11"); words != named {
			t.Errorf("the comparison is in the model: %v, and the card says %q", named, m.Card.Chosen)
		}
		return named
	}
	m, d := taughtOn(t, lids{n: golden.Fewest, seed: 1}, weights.Quick, 100, small)
	if !has(m) || !strings.Contains(m.Card.Chosen, "also shown turned, 15 times") {
		t.Fatalf("printed lids are not compared, or not shown turned: %s", m.Card.Chosen)
	}
	for _, c := range []struct{ kind, class string }{{"", ""}, {"wrong print", "print"}, {"chip", "outline"}, {"stain", "print"}} {
		r, err := d.Look(t.Context(), lid(rand.New(rand.NewPCG(2, 9)), c.kind), models.Ask{})
		if err != nil {
			t.Fatal(err)
		}
		told := slices.ContainsFunc(r.Findings, func(f models.Finding) bool { return f.Class == c.class && f.Score >= 1 })
		if c.kind != "" && !told || c.kind == "" && r.Anomaly >= 1 {
			t.Errorf("a lid with %q scores %.2f for %+v, want %q", c.kind, r.Anomaly, r.Findings, c.class)
		}
	}
	if m, _ := taughtOn(t, weave{golden.Fewest, 1}, weights.Quick, 100, small); has(m) {
		t.Error("cloth without ground is compared")
	}
}

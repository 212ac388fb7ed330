package anomaly

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"linesman/models"
	"linesman/vision"
)

// drawnCrop is a bright disc, flawed, on a dark noisy belt, and further discs, which
// are others.
func drawnCrop(seed uint64, others ...vision.Point) vision.Crop {
	const size, radius = 64, 20.0
	rng := rand.New(rand.NewPCG(seed, 1))
	c := vision.Crop{Size: size, Pix: make([]byte, 3*size*size), Mask: make([]byte, size*size), ToSensor: vision.Shift(0, 0), Surround: [3]float32{50, 60, 70}}
	cover := func(x, y float64, o vision.Point) float64 {
		return min(max((radius-math.Hypot(x-o.X, y-o.Y))/2+0.5, 0), 1) // an edge of 2 px
	}
	own := vision.Point{X: size / 2, Y: size / 2}
	for y := range size {
		for x := range size {
			u, v := float64(x)+0.5, float64(y)+0.5
			most := cover(u, v, own)
			if most > 0.35 {
				c.Mask[y*size+x] = 255
			}
			for _, o := range others {
				if k := cover(u, v, o); k > most {
					if most = k; k > 0.5 { // what lies between two is either's
						c.Mask[y*size+x] = 0
					}
				}
			}
			noise := 4 * rng.NormFloat64()
			for k, belt := range c.Surround {
				level := (1-most)*float64(belt) + most*200 + noise
				if math.Hypot(u-28, v-34) < 3 {
					level = 90 + noise // a spot
				}
				c.Pix[3*(y*size+x)+k] = byte(min(max(level, 0), 255))
			}
		}
	}
	return c
}

// TestShownAlone: a part is shown as it would look with nothing beside it, whatever
// touches it, and nothing of its own is touched.
func TestShownAlone(t *testing.T) {
	const seed = 4
	t.Logf("seed %d", seed)
	alone := Input{Fit: FitSquare, Size: 96, Alone: true}
	free := drawnCrop(seed)
	var room []byte
	for _, c := range []struct {
		name   string
		others []vision.Point
	}{
		{"nothing beside it", nil},
		{"one along the belt", []vision.Point{{X: 32 + 40, Y: 32}}},
		{"one near, with a gap", []vision.Point{{X: 32 - 46, Y: 32}}},
		{"two across", []vision.Point{{X: 30, Y: 32 - 40}, {X: 40, Y: 32 + 40}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			crop := drawnCrop(seed, c.others...)
			before := bytes.Clone(crop.Pix)
			p := Part{Picture: PictureOf(&crop), Crop: &crop}
			var shown Picture
			shown, room = alone.Shown(&p, room)
			if !bytes.Equal(crop.Pix, before) {
				t.Fatal("the part itself was painted")
			}
			off := 0
			for i, own := range crop.Mask {
				here, there := shown.Pix[3*i:3*i+3], free.Pix[3*i:3*i+3]
				switch {
				case own > 127 && !bytes.Equal(here, crop.Pix[3*i:3*i+3]):
					t.Fatalf("pixel %d of the part is %v, was %v", i, here, crop.Pix[3*i:3*i+3])
				case len(c.others) == 0 && !bytes.Equal(here, there):
					t.Fatalf("pixel %d is %v, want %v: there is nothing to be covered", i, here, there)
				}
				x, y := float64(i%crop.Size)+0.5-32, float64(i/crop.Size)+0.5-32
				if int(here[1])-int(there[1]) > 40 && math.Hypot(x, y) > 23 { // more than noise, and not the part's edge
					off++
				}
			}
			if off > 0 {
				t.Errorf("%d pixels are brighter than where nothing lies beside the part", off)
			}
			if plain, _ := (Input{Fit: FitSquare, Size: 96}).Shown(&p, nil); &plain.Pix[0] != &crop.Pix[0] {
				t.Error("a model taught to see all of a crop is shown something else")
			}
			p.Crop = nil
			if whole, _ := alone.Shown(&p, nil); &whole.Pix[0] != &crop.Pix[0] {
				t.Error("a whole picture, which has no belt, is shown otherwise")
			}
		})
	}
}

// surroundings is a network that sees all of a picture in each of its patches: the
// mean, times a thousand.
type surroundings struct{ brightness }

func (surroundings) Run(in []models.Tensor, _ *models.Buffers) ([]models.Tensor, error) {
	n, h, w := int(in[0].Shape[0]), int(in[0].Shape[2]), int(in[0].Shape[3])
	out := models.Tensor{Shape: []int64{int64(n), int64(h / 8), int64(w / 8)}}
	for i := range n {
		var sum float64
		for _, v := range in[0].Data[i*3*h*w : (i+1)*3*h*w] {
			sum += float64(v) + 1
		}
		for range h / 8 * (w / 8) {
			out.Data = append(out.Data, float32(1000*sum/float64(3*h*w)))
		}
	}
	return []models.Tensor{out}, nil
}

// TestJudgedAlone: a model taught to see parts alone says the same of a part whatever
// touches it, in a batch and by itself; another one is told by the neighbour.
func TestJudgedAlone(t *testing.T) {
	const seed = 5
	t.Logf("seed %d", seed)
	free, crowded := drawnCrop(seed), drawnCrop(seed, vision.Point{X: 71, Y: 32}, vision.Point{X: 32, Y: -8})
	for _, alone := range []bool{false, true} {
		m := &Model{Graph: []byte("graph"), Card: Card{
			Kind: Kind, Name: "cap", Version: "1", Input: Input{Fit: FitSquare, Size: 64, Alone: alone}, Aggregate: Aggregate{Share: 0.01, Least: 1}, Threshold: 1,
		}}
		o := Options{Open: opener(surroundings{})}
		if err := m.Seal([]Part{{Picture: PictureOf(&crowded), Crop: &crowded}}, o); err != nil {
			t.Fatal(err)
		}
		d, err := m.Detector(o) // which puts the crowded sample to it again
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		out := make([]models.Result, 3)
		if err := d.Detect(t.Context(), []vision.Crop{crowded, free, crowded}, models.Ask{}, out); err != nil {
			t.Fatal(err)
		}
		_, _, r, err := d.Patches(t.Context(), Part{Picture: PictureOf(&crowded), Crop: &crowded})
		if err != nil {
			t.Fatal(err)
		}
		if out[0].Anomaly != out[2].Anomaly || out[0].Anomaly != r.Anomaly {
			t.Errorf("alone %t: the same part scores %v and %v in a batch, %v by itself", alone, out[0].Anomaly, out[2].Anomaly, r.Anomaly)
		}
		if off := math.Abs(out[0].Anomaly/out[1].Anomaly - 1); alone != (off < 0.01) {
			t.Errorf("alone %t: between neighbours %v, free %v", alone, out[0].Anomaly, out[1].Anomaly)
		}
	}
}

func BenchmarkShown(b *testing.B) {
	in := Input{Fit: FitSquare, Size: 96, Alone: true}
	for name, others := range map[string][]vision.Point{"free": nil, "touching": {{X: 72, Y: 32}}} {
		b.Run(name, func(b *testing.B) {
			crop := drawnCrop(1, others...)
			p := Part{Picture: PictureOf(&crop), Crop: &crop}
			var room []byte
			for b.Loop() {
				_, room = in.Shown(&p, room)
			}
		})
	}
}

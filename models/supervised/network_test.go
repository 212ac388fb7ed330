package supervised

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/onnx"
	"linesman/models/supervised/graphs"
	"linesman/vision"
)

// side is that of the networks' input in these tests, pixels.
const side = 64

const segmenterCard = `kind: segmenter
name: dark
version: "1"
licence: drawn by a test
input: {width: 64, height: 64, fit: letterbox, pad: 128, divide: 255}
output: {activation: sigmoid}
classes:
- {name: stain, threshold: 0.5, least_area_px: 4}
- {name: bright, ignore: true}
`

const detectorCard = `kind: detector
name: dark
version: "1"
licence: drawn by a test
input: {width: 64, height: 64, fit: stretch, divide: 255}
output: {head: yolov8, activation: none, overlap: 0.45}
classes: [{name: stain, threshold: 0.5}, {name: bright, ignore: true}]
`

// opened writes a model folder and opens it by ONNX Runtime.
func opened(t testing.TB, card string, graph []byte) (*Network, error) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string][]byte{"card.yaml": []byte(card), "model.onnx": graph} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	n, err := Load(dir, Options{Open: onnx.Open})
	if err == nil {
		t.Cleanup(func() { n.Close() })
	}
	return n, err
}

func mustOpen(t testing.TB, card string, graph []byte) *Network {
	t.Helper()
	n, err := opened(t, card, graph)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// grey is a picture of one grey with darker or brighter boxes on it.
func grey(w, h int, ground byte, boxes ...vision.Box) anomaly.Picture {
	p := anomaly.Picture{Width: w, Height: h, Pix: make([]byte, 3*w*h)}
	for i := range p.Pix {
		p.Pix[i] = ground
	}
	for _, b := range boxes {
		paint(&p, b, 20)
	}
	return p
}

func paint(p *anomaly.Picture, b vision.Box, v byte) {
	for y := int(b.Y0); y < int(b.Y1); y++ {
		for x := int(b.X0); x < int(b.X1); x++ {
			at := 3 * (y*p.Width + x)
			p.Pix[at], p.Pix[at+1], p.Pix[at+2] = v, v, v
		}
	}
}

func box(x0, y0, x1, y1 float64) vision.Box { return vision.Box{X0: x0, Y0: y0, X1: x1, Y1: y1} }

// sure is the probability that the test's networks give a grey.
func sure(v byte) float64 { return 1 / (1 + math.Exp(-graphs.Steep*(graphs.Edge-float64(v)/255))) }

func close2(a, b vision.Box, px float64) bool {
	return max(math.Abs(a.X0-b.X0), math.Abs(a.Y0-b.Y0), math.Abs(a.X1-b.X1), math.Abs(a.Y1-b.Y1)) <= px
}

func TestSegmenter(t *testing.T) {
	n := mustOpen(t, segmenterCard, graphs.Maps(side))
	for _, c := range []struct {
		name   string
		p      anomaly.Picture
		want   []vision.Box
		areas  []float64
		within float64
	}{
		{"nothing", grey(64, 64, 200), nil, nil, 0},
		{"one", grey(64, 64, 200, box(10, 20, 16, 24)), []vision.Box{box(10, 20, 16, 24)}, []float64{24}, 0},
		{"smaller than the least area", grey(64, 64, 200, box(10, 20, 13, 21)), nil, nil, 0},
		{"of the least area", grey(64, 64, 200, box(10, 20, 12, 22)), []vision.Box{box(10, 20, 12, 22)}, []float64{4}, 0},
		{"two that meet in a corner", grey(64, 64, 200, box(10, 20, 16, 24), box(16, 24, 20, 30)), []vision.Box{box(10, 20, 20, 30)}, []float64{48}, 0},
		{"two", grey(64, 64, 200, box(0, 0, 8, 8), box(60, 62, 64, 64)), []vision.Box{box(0, 0, 8, 8), box(60, 62, 64, 64)}, []float64{64, 8}, 0},
		{"letterboxed, enlarged", grey(32, 16, 200, box(4, 8, 8, 12)), []vision.Box{box(4, 8, 8, 12)}, []float64{16}, 0.6},
		{"letterboxed, shrunk", grey(256, 128, 200, box(128, 0, 160, 16)), []vision.Box{box(128, 0, 160, 16)}, []float64{512}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := n.Look(t.Context(), c.p, models.Ask{Places: 1})
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Findings) != len(c.want) || r.Listed != 1 {
				t.Fatalf("found %+v, listed from %v, want %v", r.Findings, r.Listed, c.want)
			}
			for i, f := range r.Findings {
				if !close2(f.Box, c.want[i], c.within) || math.Abs(f.Area-c.areas[i]) > 0.3*c.areas[i]*c.within || f.Class != "segmenter" || f.Name != "stain" || f.Limit != 0.5 {
					t.Errorf("found %+v, want %v of %v pixels", f, c.want[i], c.areas[i])
				}
				if f.Score > r.Anomaly || math.Abs(f.Score-f.Measured/f.Limit) > 1e-9 || f.Score < 1 {
					t.Errorf("score %v of %v, measured %v, limit %v", f.Score, r.Anomaly, f.Measured, f.Limit)
				}
			}
			if len(c.want) == 0 && (r.Anomaly < 0 || r.Anomaly >= 1) {
				t.Errorf("nothing was found, and the score is %v", r.Anomaly)
			}
		})
	}
}

// The score is the probability of the picture's darkest places over the threshold,
// below 1 too, and the least area's share of them counts.
func TestSegmenterScores(t *testing.T) {
	n := mustOpen(t, segmenterCard, graphs.Maps(side))
	for _, v := range []byte{60, 70, 77, 85, 90, 110} {
		p := grey(64, 64, 200)
		paint(&p, box(10, 10, 16, 16), v)
		paint(&p, box(12, 12, 13, 13), 20) // of less than the least area
		r, err := n.Look(t.Context(), p, models.Ask{})
		if err != nil {
			t.Fatal(err)
		}
		want := sure(v) / 0.5
		if math.Abs(r.Anomaly-want) > 1e-3 && want >= listedFrom {
			t.Errorf("grey %d: score %v, want %v", v, r.Anomaly, want)
		}
		if want < listedFrom && (r.Anomaly >= listedFrom || len(r.Findings) > 0) {
			t.Errorf("grey %d: score %v with %+v, want below %v", v, r.Anomaly, r.Findings, listedFrom)
		}
	}
}

func TestSoftmax(t *testing.T) {
	n := mustOpen(t, strings.Replace(segmenterCard, "activation: sigmoid", "activation: softmax", 1), graphs.Maps(side))
	p := grey(64, 64, 200)
	paint(&p, box(10, 10, 16, 16), 75)
	r, err := n.Look(t.Context(), p, models.Ask{})
	if err != nil {
		t.Fatal(err)
	}
	l := 2 * graphs.Steep * (graphs.Edge - 75./255) // of dark over bright
	if want := 1 / (1 + math.Exp(-l)) / 0.5; math.Abs(r.Anomaly-want) > 1e-3 {
		t.Errorf("score %v, want %v", r.Anomaly, want)
	}
}

func TestDetector(t *testing.T) {
	n := mustOpen(t, detectorCard, graphs.Boxes(side))
	for _, c := range []struct {
		name string
		p    anomaly.Picture
		want []vision.Box
	}{
		{"nothing", grey(64, 64, 200), nil},
		{"one cell", grey(64, 64, 200, box(16, 24, 24, 32)), []vision.Box{box(14, 22, 26, 34)}},
		{"in the corner", grey(64, 64, 200, box(56, 56, 64, 64)), []vision.Box{box(54, 54, 64, 64)}},
		{"a picture of twice the width", grey(128, 64, 200, box(32, 24, 48, 32)), []vision.Box{box(28, 22, 52, 34)}},
		{"two", grey(64, 64, 200, box(0, 0, 8, 8), box(32, 32, 40, 40)), []vision.Box{box(0, 0, 10, 10), box(30, 30, 42, 42)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := n.Look(t.Context(), c.p, models.Ask{Places: 1})
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Findings) != len(c.want) || r.Listed != 1 {
				t.Fatalf("found %+v, listed from %v, want %v", r.Findings, r.Listed, c.want)
			}
			for i, f := range r.Findings {
				if want := c.want[i]; !close2(f.Box, want, 1e-3) || math.Abs(f.Area-want.Width()*want.Height()) > 0.1 || f.Name != "stain" || math.Abs(f.Score-sure(20)/0.5) > 1e-3 {
					t.Errorf("found %+v, want %v with %v", f, want, sure(20)/0.5)
				}
			}
		})
	}
}

// Parts on the sensor: boxes and areas are the sensor's pixels, what lies beside the
// part is none of its, and what reaches onto it is.
func TestOnParts(t *testing.T) {
	for kind, n := range map[string]*Network{"segmenter": mustOpen(t, segmenterCard, graphs.Maps(side)), "detector": mustOpen(t, detectorCard, graphs.Boxes(side))} {
		crop := func(b vision.Box) vision.Crop {
			p := grey(side, side, 200, b)
			c := vision.Crop{Size: side, Pix: p.Pix, Mask: make([]byte, side*side), ToSensor: vision.Affine{A: 2, C: 1000, E: 2, F: 500}}
			for y := range side {
				for x := range side / 2 {
					c.Mask[y*side+x] = 255
				}
			}
			return c
		}
		crops := []vision.Crop{crop(box(8, 16, 16, 24)), crop(box(48, 16, 56, 24)), crop(box(24, 16, 40, 24))}
		out := make([]models.Result, len(crops))
		if err := n.Detect(t.Context(), crops, models.Ask{Places: 1, Heatmap: true}, out); err != nil {
			t.Fatal(err)
		}
		f := out[0].Findings
		margin := map[string]float64{"segmenter": 0, "detector": 2}[kind]
		want := box(1016-2*margin, 532-2*margin, 1032+2*margin, 548+2*margin)
		if len(f) != 1 || !close2(f[0].Box, want, 1e-3) || math.Abs(f[0].Area-want.Width()*want.Height()) > 0.5 {
			t.Errorf("%s: on the part: %+v, want %v", kind, f, want)
		}
		if out[1].Anomaly >= 1 || len(out[1].Findings) > 0 {
			t.Errorf("%s: beside the part: score %v, %+v", kind, out[1].Anomaly, out[1].Findings)
		}
		if out[2].Anomaly < 1 || len(out[2].Findings) == 0 {
			t.Errorf("%s: across the part's edge: score %v, %+v", kind, out[2].Anomaly, out[2].Findings)
		}
		hot := out[0].Heatmap
		if at := hot.Score[20*hot.Width+12]; math.Abs(float64(at)-out[0].Anomaly) > 1e-3 || hot.Score[40*hot.Width+40] >= 1 {
			t.Errorf("%s: heat %v there and %v elsewhere, the score is %v", kind, at, hot.Score[40*hot.Width+40], out[0].Anomaly)
		}
		for i := range out {
			if out[i].Unanswered != "" || out[i].Model != n.Model() {
				t.Errorf("%s: part %d: %+v", kind, i, out[i])
			}
		}
	}
}

// Scores below all findings are of the part as well, not of the belt or of the margin
// that a letterbox lays around a picture.
func TestBelow(t *testing.T) {
	for kind, n := range map[string]*Network{"segmenter": mustOpen(t, strings.NewReplacer("pad: 128", "pad: 0", ", least_area_px: 4", "").Replace(segmenterCard), graphs.Maps(side)),
		"detector": mustOpen(t, strings.Replace(detectorCard, "fit: stretch", "fit: letterbox, pad: 128", 1), graphs.Boxes(side))} {
		for _, part := range []string{"left", "right", "all"} {
			p := grey(64, 32, 200) // a quarter above and below is margin
			if part != "all" {
				p.Mask = make([]byte, 64*32)
			}
			for i := range p.Mask {
				if (i%64 < 24) == (part == "left") {
					p.Mask[i] = 255
				}
			}
			paint(&p, box(0, 8, 16, 24), 90)
			r, err := n.Look(t.Context(), p, models.Ask{Places: 0.7})
			if err != nil {
				t.Fatal(err)
			}
			want := sure(90) / 0.5
			if part == "right" {
				want = 0
			}
			if math.Abs(r.Anomaly-want) > 1e-3 || len(r.Findings) > 0 {
				t.Errorf("%s, the part is %s: score %v, want %v: %+v", kind, part, r.Anomaly, want, r.Findings)
			}
		}
	}
}

// A least area is of the sensor, whatever the crop's scale.
func TestLeastArea(t *testing.T) {
	n := mustOpen(t, strings.Replace(detectorCard, "threshold: 0.5", "threshold: 0.5, least_area_px: 300", 1), graphs.Boxes(side))
	m := mustOpen(t, strings.Replace(segmenterCard, "least_area_px: 4", "least_area_px: 150", 1), graphs.Maps(side))
	for scale, want := range map[float64]int{1: 0, 2: 1} {
		p := grey(side, side, 200, box(16, 24, 24, 32)) // a box of 12 x 12 around 8 x 8
		crops, out := []vision.Crop{{Size: side, Pix: p.Pix, ToSensor: vision.Affine{A: scale, E: scale}}}, make([]models.Result, 1)
		for _, net := range []*Network{n, m} {
			if err := net.Detect(t.Context(), crops, models.Ask{}, out); err != nil {
				t.Fatal(err)
			}
			if len(out[0].Findings) != want {
				t.Errorf("%s, scale %v: %+v, want %d", net.card.Kind, scale, out[0].Findings, want)
			}
		}
	}
}

// What is no number, on one part, leaves that part unanswered, and no other.
func TestNoNumber(t *testing.T) {
	card := strings.Replace(segmenterCard, "ignore: true", "threshold: 0.9", 1)
	if _, err := opened(t, card, graphs.Roots(side)); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "no number") {
		t.Errorf("a graph that answers grey with no number gives %v", err)
	}
	n := mustOpen(t, segmenterCard, graphs.Maps(side))
	n.session = &failing{Session: n.session, at: 2, value: float32(math.NaN())}
	var parts []vision.Crop
	for range 3 {
		p := grey(side, side, 200)
		parts = append(parts, vision.Crop{Size: side, Pix: p.Pix, ToSensor: vision.Affine{A: 1, E: 1}})
	}
	out := make([]models.Result, len(parts))
	if err := n.Detect(t.Context(), parts, models.Ask{}, out); err != nil {
		t.Fatal(err)
	}
	for i, r := range out {
		if bad := i == 1; bad != strings.Contains(r.Unanswered, "no number") || bad && r.Anomaly < 1 {
			t.Errorf("part %d: %q, score %v", i, r.Unanswered, r.Anomaly)
		}
	}
}

// failing is a network whose answer has another value in it, once.
type failing struct {
	models.Session
	calls, at int
	value     float32
}

func (f *failing) Run(in []models.Tensor, keep *models.Buffers) ([]models.Tensor, error) {
	out, err := f.Session.Run(in, keep)
	if f.calls++; f.calls == f.at {
		out[0].Data[77] = f.value
	}
	return out, err
}

// A graph that is not as its card says is refused when it is opened.
func TestOpenRefuses(t *testing.T) {
	edit := func(card string, pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(card, pairs[i]) {
				t.Fatalf("the card has no %q", pairs[i])
			}
			card = strings.Replace(card, pairs[i], pairs[i+1], 1)
		}
		return card
	}
	two := graphs.Graph{Nodes: []graphs.Node{{Op: "Relu", In: []string{"image"}, Out: []string{"a"}}, {Op: "Neg", In: []string{"image"}, Out: []string{"b"}}},
		In: map[string][]int64{"image": {1, 3, side, side}}, Out: map[string][]int64{"a": {1, 3, side, side}, "b": {1, 3, side, side}}}.File()
	for _, c := range []struct {
		name, card string
		graph      []byte
		want       string
	}{
		{"another input size", edit(segmenterCard, "width: 64", "width: 32"), graphs.Maps(side), "the graph takes [1 3 64 64]"},
		{"one plane", edit(segmenterCard, "width: 64", "order: grey, width: 64"), graphs.Maps(side), "the graph takes [1 3 64 64]"},
		{"a class too many", edit(segmenterCard, "- {name: bright", "- {name: hole, threshold: 0.5}\n- {name: bright"), graphs.Maps(side), "should be [1, 3, H, W]"},
		{"logits for probabilities", edit(segmenterCard, "sigmoid", "none"), graphs.Maps(side), "output.activation should be sigmoid"},
		{"a detector for a segmenter", segmenterCard, graphs.Boxes(side), "should be [1, 2, H, W]"},
		{"a segmenter for a detector", detectorCard, graphs.Maps(side), "should be [1, 6, N]"},
		{"another head", edit(detectorCard, "head: yolov8", "head: yolox"), graphs.Boxes(side), "should be [1, 84, 7]"},
		{"two outputs", segmenterCard, two, "output.name"},
		{"no such output", edit(segmenterCard, "activation: sigmoid", "activation: sigmoid, name: c"), two, `output.name is "c": the graph has [`},
		{"no graph", segmenterCard, []byte("PK"), "no graph"},
		{"another graph", edit(segmenterCard, "name: dark", "name: dark\ngraph_sha256: 00"), graphs.Maps(side), "graph_sha256"},
		{"no file", edit(segmenterCard, "name: dark", "name: dark\ngraph: other.onnx"), graphs.Maps(side), "other.onnx"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := opened(t, c.card, c.graph)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want it to say %q", err, c.want)
			}
		})
	}
	if n := mustOpen(t, edit(segmenterCard, "activation: sigmoid", "activation: sigmoid, name: maps"), graphs.Maps(side)); n.output != 0 {
		t.Errorf("the output is %d", n.output)
	}
}

// A network that answers its samples otherwise than its card says is refused.
func TestSamples(t *testing.T) {
	dir := t.TempDir()
	p := grey(64, 64, 200)
	paint(&p, box(10, 10, 16, 16), 70)
	score := sure(70) / 0.5
	var file bytes.Buffer
	if err := png.Encode(&file, p.Image()); err != nil {
		t.Fatal(err)
	}
	load := func(samples string) (*Network, error) {
		t.Helper()
		for name, data := range map[string][]byte{"card.yaml": []byte(segmenterCard + samples), "model.onnx": graphs.Maps(side), "stain.png": file.Bytes()} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return Load(dir, Options{Open: onnx.Open})
	}
	for samples, want := range map[string]string{
		fmt.Sprintf("samples: [{file: stain.png, score: %.3f}]\n", score):      "",
		fmt.Sprintf("samples: [{file: stain.png, score: %.3f}]\n", score-0.05): "its sample stain.png scores",
		"samples: [{file: gone.png, score: 1}]\n":                              "gone.png",
		"samples: [{file: ../stain.png, score: 1}]\n":                          "samples[0]",
		"samples: [{file: card.yaml, score: 1}]\n":                             "unreadable picture",
	} {
		n, err := load(samples)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want it to say %q", samples, err, want)
		}
		if err == nil {
			if n.Parity() > 1e-3 || n.Model() != mustOpen(t, segmenterCard, graphs.Maps(side)).Model() {
				t.Errorf("parity %v; samples are no part of what judges: %+v", n.Parity(), n.Model())
			}
			n.Close()
		}
	}
}

func TestInput(t *testing.T) {
	for _, c := range []struct {
		name, input string
		want        []float32 // of the planes
	}{
		{"rgb", "{width: 4, height: 4, fit: letterbox, divide: 1}", []float32{10, 20, 30}},
		{"bgr", "{width: 4, height: 4, order: bgr, fit: stretch, divide: 10}", []float32{3, 2, 1}},
		{"grey", "{width: 4, height: 4, order: grey, fit: letterbox, divide: 1}", []float32{0.299*10 + 0.587*20 + 0.114*30}},
		{"normalised", "{width: 4, height: 4, order: bgr, fit: stretch, divide: 10, mean: [1, 1, 0.5], deviation: [2, 1, 0.5]}", []float32{1, 1, 1}},
	} {
		card, err := Parse([]byte(strings.Replace(segmenterCard, "{width: 64, height: 64, fit: letterbox, pad: 128, divide: 255}", c.input, 1)))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		p := anomaly.Picture{Width: 2, Height: 2, Pix: []byte{10, 20, 30, 10, 20, 30, 10, 20, 30, 10, 20, 30}}
		out := make([]float32, 16*len(c.want))
		f := feeder{in: &card.Input}
		f.feed(&p, out)
		for i, want := range c.want {
			if got := out[16*i+5]; math.Abs(float64(got-want)) > 1e-4 {
				t.Errorf("%s: plane %d holds %v, want %v", c.name, i, got, want)
			}
		}
	}
}

// The same parts have the same answers from several goroutines, alone or together.
func TestTogether(t *testing.T) {
	n := mustOpen(t, detectorCard, graphs.Boxes(side))
	var crops []vision.Crop
	for i := range 6 {
		p := grey(side, side, byte(70+5*i), box(float64(8*i), 8, float64(8*i+8), 16))
		crops = append(crops, vision.Crop{Size: side, Pix: p.Pix, ToSensor: vision.Affine{A: 1, E: 1}})
	}
	want := make([]models.Result, len(crops))
	for i := range crops {
		if err := n.Detect(t.Context(), crops[i:i+1], models.Ask{}, want[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			got := make([]models.Result, len(crops))
			for range 5 {
				if err := n.Detect(t.Context(), crops, models.Ask{}, got); err != nil {
					t.Error(err)
					return
				}
				for i := range got {
					if got[i].Anomaly != want[i].Anomaly || fmt.Sprint(got[i].Findings) != fmt.Sprint(want[i].Findings) {
						t.Errorf("part %d: %v %+v, alone %v %+v", i, got[i].Anomaly, got[i].Findings, want[i].Anomaly, want[i].Findings)
					}
				}
			}
		})
	}
	wait.Wait()
}

// BenchmarkNetwork is what a part of 320 pixels costs beside its network, which is next
// to nothing here: the input, and reading 6,400 boxes, or two maps of 256 pixels.
func BenchmarkNetwork(b *testing.B) {
	for name, n := range map[string]*Network{
		"detector-640":  mustOpen(b, strings.Replace(detectorCard, "width: 64, height: 64", "width: 640, height: 640", 1), graphs.Boxes(640)),
		"segmenter-256": mustOpen(b, strings.Replace(segmenterCard, "width: 64, height: 64", "width: 256, height: 256", 1), graphs.Maps(256)),
	} {
		b.Run(name, func(b *testing.B) {
			p := grey(320, 320, 200, box(100, 100, 120, 110))
			crops := []vision.Crop{{Size: 320, Pix: p.Pix, ToSensor: vision.Affine{A: 1, E: 1}}}
			out := make([]models.Result, 1)
			b.ReportAllocs()
			for b.Loop() {
				if err := n.Detect(b.Context(), crops, models.Ask{}, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

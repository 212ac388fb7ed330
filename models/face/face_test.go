package face

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/goccy/go-yaml"

	"linesman/models"
	"linesman/models/detect"
	"linesman/models/face/yunet"
	"linesman/models/onnx"
	"linesman/vision"
)

var update = flag.Bool("update", false, "write yunet/card.yaml anew")

// drawn is a network that answers with faces put there by a test.
type drawn struct {
	outputs int
	wrong   bool // one row too many
	put     func(in models.Tensor, out []models.Tensor)
	err     error
	runs    [][]int64
	closed  bool
}

func (d *drawn) Inputs() []string  { return []string{"input"} }
func (d *drawn) Outputs() []string { return make([]string, d.outputs) }
func (d *drawn) Close() error      { d.closed = true; return nil }
func (d *drawn) Run(in []models.Tensor, _ *models.Buffers) ([]models.Tensor, error) {
	d.runs = append(d.runs, slices.Clone(in[0].Shape))
	h, w := in[0].Shape[2], in[0].Shape[3]
	var out []models.Tensor
	for _, each := range []int64{1, 1, 4, 10} {
		for _, s := range []int64{8, 16} {
			n := (h / s) * (w / s)
			if d.wrong {
				n++
			}
			out = append(out, models.Tensor{Shape: []int64{1, n, each}, Data: make([]float32, n*each)})
		}
	}
	if d.put != nil {
		d.put(in[0], out)
	}
	return out, d.err
}
func (d *drawn) open([]byte, int) (models.Session, error) { return d, nil }

// put writes a face to a place of the finer stride: centre and size in pixels of
// the tensor.
func put(out []models.Tensor, width, row int, x, y, w, h float64, class, object float32) {
	across := width / 8
	out[0].Data[row], out[2].Data[row] = class, object
	b := out[4].Data[4*row:]
	b[0], b[1] = float32(x/8)-float32(row%across), float32(y/8)-float32(row/across)
	b[2], b[3] = float32(math.Log(w/8)), float32(math.Log(h/8))
	for i := range 5 {
		out[6].Data[10*row+2*i], out[6].Data[10*row+2*i+1] = float32(x/8)-float32(row%across)+float32(i), float32(y/8)-float32(row/across)
	}
}

func newDrawn() *drawn { return &drawn{outputs: 8} }

// folder is a sound folder of a head of 64 and 32 pixels.
func folder(t *testing.T) *Folder {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewRGBA(image.Rect(0, 0, 64, 32))); err != nil {
		t.Fatal(err)
	}
	f := &Folder{Graph: []byte("graph"), Samples: [][]byte{file.Bytes()}}
	f.Card = Card{Kind: Kind, Name: "small", Version: "1", Graph: sum(f.Graph), Overlap: 0.3, Score: 0.5, Smallest: 10,
		Head:    Head{Kind: "yunet", Order: "bgr", Longest: 64, Coarse: 32, Strides: []int{8, 16}},
		Samples: []Sample{{File: "black.png", SHA256: sum(file.Bytes())}}}
	f.Card.SHA256 = f.Card.Digest()
	return f
}

func sum(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

func (f *Folder) files(t *testing.T) fstest.MapFS {
	t.Helper()
	card, err := yaml.Marshal(&f.Card)
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{CardFile: {Data: card}, GraphFile: {Data: f.Graph}, "black.png": {Data: f.Samples[0]}}
}

func picture(w, h int) detect.Picture {
	return detect.Picture{Width: w, Height: h, Stride: 3 * w, Pix: bytes.Repeat([]byte{10, 20, 30}, w*h)}
}

func detector(t *testing.T, net *drawn, o Options) *Detector {
	t.Helper()
	o.Open = net.open
	d, err := New(folder(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	net.runs = nil
	return d
}

func TestLook(t *testing.T) {
	net := newDrawn()
	d := detector(t, net, Options{})
	for _, c := range []struct {
		name          string
		width, height int
		put           func(width int, out []models.Tensor) // on both looks
		want          []Face                               // box and score
		runs          int
	}{
		{"nobody", 60, 30, func(int, []models.Tensor) {}, nil, 2},
		{"a picture that is looked at once", 30, 20, func(w int, out []models.Tensor) { put(out, w, 5, 12, 10, 8, 10, 0.64, 1) },
			[]Face{{Score: 0.8, Box: vision.Box{X0: 8, Y0: 5, X1: 16, Y1: 15}}}, 1},
		{"seen by both looks", 128, 64, func(w int, out []models.Tensor) {
			k := float64(w) / 128
			put(out, w, 2, 60*k, 20*k, 16*k, 20*k, 0.81, 1)
		}, []Face{{Score: 0.9, Box: vision.Box{X0: 52, Y0: 10, X1: 68, Y1: 30}}}, 2},
		{"seen by the coarse look alone", 128, 64, func(w int, out []models.Tensor) {
			if w == 32 {
				put(out, w, 2, 16, 8, 12, 12, 1, 0.49)
			}
		}, []Face{{Score: 0.7, Box: vision.Box{X0: 40, Y0: 8, X1: 88, Y1: 56}}}, 2},
		{"cut at the edge", 30, 20, func(w int, out []models.Tensor) { put(out, w, 0, 1, 1, 8, 8, 1, 1) },
			[]Face{{Score: 1, Box: vision.Box{X0: 0, Y0: 0, X1: 5, Y1: 5}}}, 1},
		{"beside the picture, in the pad", 30, 10, func(w int, out []models.Tensor) { put(out, w, 4, 8, 14, 6, 6, 1, 1) }, nil, 1},
		{"too doubtful", 30, 20, func(w int, out []models.Tensor) { put(out, w, 0, 4, 4, 8, 8, 0.49, 0.5) }, nil, 1},
		{"likelier than can be", 30, 20, func(w int, out []models.Tensor) { put(out, w, 0, 8, 8, 8, 8, 4, 1) },
			[]Face{{Score: 1, Box: vision.Box{X0: 4, Y0: 4, X1: 12, Y1: 12}}}, 1},
		{"no numbers", 30, 20, func(w int, out []models.Tensor) {
			put(out, w, 0, math.NaN(), 4, 8, 8, 1, 1)
			put(out, w, 1, 8, 4, math.Inf(1), 8, 1, 1)
			put(out, w, 2, 8, 4, 8, 8, float32(math.NaN()), 1)
		}, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			net.runs = nil
			net.put = func(in models.Tensor, out []models.Tensor) { c.put(int(in.Shape[3]), out) }
			got, err := d.Look(picture(c.width, c.height), 0.5)
			if err != nil {
				t.Fatal(err)
			}
			if len(net.runs) != c.runs {
				t.Errorf("looked at %v, want %d looks", net.runs, c.runs)
			}
			if len(got) != len(c.want) {
				t.Fatalf("found %+v, want %+v", got, c.want)
			}
			for i, w := range c.want {
				b, v := got[i].Box, w.Box
				if off := max(math.Abs(b.X0-v.X0), math.Abs(b.Y0-v.Y0), math.Abs(b.X1-v.X1), math.Abs(b.Y1-v.Y1), math.Abs(got[i].Score-w.Score)); off > 1e-3 {
					t.Errorf("found %+v, want %+v", got[i], w)
				}
				if eyes := got[i].Points[1].X - got[i].Points[0].X; !(eyes > 0) {
					t.Errorf("its points are %v, want each to the right of the one before", got[i].Points)
				}
			}
		})
	}
}

func TestInput(t *testing.T) {
	for _, c := range []struct {
		name          string
		width, height int
		shapes        [][]int64
	}{
		{"smaller than the network takes", 30, 17, [][]int64{{1, 3, 32, 32}}},
		{"as large", 64, 48, [][]int64{{1, 3, 48, 64}, {1, 3, 32, 32}}},
		{"larger", 640, 360, [][]int64{{1, 3, 48, 64}, {1, 3, 32, 32}}},
		{"upright", 100, 1000, [][]int64{{1, 3, 64, 16}, {1, 3, 32, 16}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			net := newDrawn()
			d := detector(t, net, Options{})
			net.put = func(in models.Tensor, _ []models.Tensor) {
				h, w := int(in.Shape[2]), int(in.Shape[3])
				for k, v := range []float32{30, 20, 10} {
					if got := in.Data[k*w*h+(min(c.height, h)/2)*w+1]; math.Abs(float64(got-v)) > 1e-3 {
						t.Errorf("plane %d holds %v in the picture, want %v", k, got, v)
					}
				}
			}
			if _, err := d.Look(picture(c.width, c.height), 0.5); err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(net.runs, c.shapes, func(a, b []int64) bool { return slices.Equal(a, b) }) {
				t.Errorf("looked at %v, want %v", net.runs, c.shapes)
			}
		})
	}
	net := newDrawn()
	d := detector(t, net, Options{Longest: 640})
	if _, err := d.Look(picture(640, 360), 0.5); err != nil {
		t.Fatal(err)
	}
	if want := []int64{1, 3, 368, 640}; !slices.Equal(net.runs[0], want) {
		t.Errorf("with a longest side of 640: looked at %v, want %v", net.runs[0], want)
	}
	if got := d.Smallest(1280, 720); got != 20 {
		t.Errorf("the smallest face of a picture twice as large is %v pixels, want 20", got)
	}
}

func TestLookRefuses(t *testing.T) {
	net := newDrawn()
	d := detector(t, net, Options{})
	good := picture(4, 2)
	for _, c := range []struct {
		name  string
		p     detect.Picture
		floor float64
		want  string
	}{
		{"no picture", detect.Picture{}, 0.5, "no RGB picture"},
		{"too few bytes", detect.Picture{Width: 4, Height: 2, Stride: 12, Pix: make([]byte, 23)}, 0.5, "no RGB picture"},
		{"no floor", good, 0, "floor"},
		{"a floor that is no number", good, math.NaN(), "floor"},
	} {
		if _, err := d.Look(c.p, c.floor); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to name %q", c.name, err, c.want)
		}
	}
	net.err = errors.New("out of memory")
	if _, err := d.Look(good, 0.5); !errors.Is(err, net.err) {
		t.Errorf("a network that fails gives %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		net  func(*drawn)
		want string
	}{
		{"three outputs", func(d *drawn) { d.outputs = 3 }, "3 outputs"},
		{"other strides", func(d *drawn) { d.wrong = true }, "should be [1"},
		{"answers its sample otherwise", func(d *drawn) {
			d.put = func(in models.Tensor, out []models.Tensor) { put(out, int(in.Shape[3]), 0, 4, 4, 8, 8, 1, 1) }
		}, "own sample black.png"},
	} {
		t.Run(c.name, func(t *testing.T) {
			net := newDrawn()
			c.net(net)
			_, err := New(folder(t), Options{Open: net.open})
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want a refusal with %q", err, c.want)
			}
			if !net.closed {
				t.Error("the session stayed open")
			}
		})
	}
	if _, err := New(folder(t), Options{Open: newDrawn().open, Longest: 5}); err == nil || !strings.Contains(err.Error(), "longest") {
		t.Errorf("a longest side of 5 pixels: %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*Folder)
		want string
	}{
		{"another kind", func(f *Folder) { f.Card.Kind = "detect" }, "want face"},
		{"another head", func(f *Folder) { f.Card.Head.Kind = "scrfd" }, "yunet is the only one"},
		{"no strides", func(f *Folder) { f.Card.Head.Strides = nil }, "no strides"},
		{"strides that do not divide", func(f *Folder) { f.Card.Head.Strides = []int{8, 20} }, "divide"},
		{"huge input", func(f *Folder) { f.Card.Head.Longest = 1 << 20 }, "4096"},
		{"coarser than the first", func(f *Folder) { f.Card.Head.Coarse = 64 }, "coarse"},
		{"no overlap", func(f *Folder) { f.Card.Overlap = 0 }, "overlap"},
		{"no score", func(f *Folder) { f.Card.Score = 0 }, "score"},
		{"no smallest face", func(f *Folder) { f.Card.Smallest = 0 }, "smallest"},
		{"no samples", func(f *Folder) { f.Card.Samples = nil }, "no samples"},
		{"setting altered", func(f *Folder) { f.Card.Overlap = 0.9 }, "was altered"},
		{"graph altered", func(f *Folder) { f.Graph = []byte("grapy") }, "model.onnx was altered"},
		{"sample altered", func(f *Folder) { f.Samples[0] = []byte("x") }, "black.png was altered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := folder(t)
			c.do(f)
			_, err := Read(f.files(t))
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want a refusal with %q", err, c.want)
			}
		})
	}
	files := folder(t).files(t)
	if _, err := Read(files); err != nil {
		t.Errorf("the sound folder: %v", err)
	}
	files[CardFile].Data = append(files[CardFile].Data, "colour: red\n"...)
	if _, err := Read(files); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "colour") {
		t.Errorf("an unknown key gives %v", err)
	}
	if _, err := Read(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), CardFile) {
		t.Errorf("an empty folder gives %v", err)
	}
}

// TestShrink holds it against the same thing done the slow way.
func TestShrink(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for _, c := range [][4]int{{7, 5, 7, 5}, {10, 6, 5, 3}, {13, 11, 4, 7}, {640, 37, 96, 5}, {3, 3, 1, 1}} {
		pw, ph, w, h := c[0], c[1], c[2], c[3]
		p := picture(pw, ph)
		for i := range p.Pix {
			p.Pix[i] = byte(r.Uint32())
		}
		s := newShrink(pw, ph, w, h)
		planes := [3][]float32{make([]float32, (w+2)*h), make([]float32, (w+2)*h), make([]float32, (w+2)*h)}
		s.fill(p, planes, w+2)
		const fine = 60 // places looked at each way, of each pixel
		for _, at := range [][2]int{{0, 0}, {w - 1, h - 1}, {w / 2, h / 2}} {
			var want float64
			for i := range fine {
				for j := range fine {
					x := int((float64(at[0]) + (float64(i)+0.5)/fine) * float64(pw) / float64(w))
					y := int((float64(at[1]) + (float64(j)+0.5)/fine) * float64(ph) / float64(h))
					want += float64(p.Pix[y*p.Stride+3*x+1]) / fine / fine
				}
			}
			if got := planes[1][at[1]*(w+2)+at[0]]; math.Abs(float64(got)-want) > 3 {
				t.Errorf("%d x %d to %d x %d: green of %v is %.1f, want %.1f", pw, ph, w, h, at, got, want)
			}
		}
	}
}

// FuzzDecode holds that whatever a graph answers, what is found is sound.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 0, 128, 63, 0, 0, 192, 127}, 0.1)
	f.Fuzz(func(t *testing.T, seed []byte, floor float64) {
		if !(floor > 0) || len(seed) == 0 {
			return
		}
		k := 0
		fill := func(n int) []float32 {
			out := make([]float32, n)
			for i := range out {
				var bits uint32
				for range 4 {
					bits = bits<<8 | uint32(seed[k%len(seed)])
					k++
				}
				out[i] = math.Float32frombits(bits)
			}
			return out
		}
		r := rows{fill(8), fill(8), fill(32), fill(80)}
		for _, found := range suppress(r.decode(8, 32, floor, nil), 0.3) {
			if b := found.Box; !(found.Score >= floor) || found.Score > 1 || !detect.Sound(b.X0, b.Y0, b.X1, b.Y1) || b.Width() < 0 || b.Height() < 0 {
				t.Errorf("found %+v with a floor of %v", found, floor)
			}
		}
	})
}

// TestYuNet runs the shipped network: on its own sample by opening it, and on
// pictures made of it.
func TestYuNet(t *testing.T) {
	if *update {
		renew(t) // the folder in this binary is still the old one
		return
	}
	d, err := Load(yunet.Folder, Options{Open: onnx.Open})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	p := sample(t)
	faces, err := d.Look(p, d.Score())
	if err != nil {
		t.Fatal(err)
	}
	head := vision.Box{X0: 655, Y0: 29, X1: 695, Y1: 88} // by eye
	if len(faces) != 1 || faces[0].Box.Overlap(head) < 0.6 {
		t.Fatalf("found %+v, want the one face at %v", faces, head)
	}
	if eye, mouth := faces[0].Points[0], faces[0].Points[3]; !(eye.Y < faces[0].Points[2].Y && faces[0].Points[2].Y < mouth.Y) {
		t.Errorf("the eye is at %v, the nose at %v, the mouth at %v", eye, faces[0].Points[2], mouth)
	}
	if faces, err = d.Look(picture(640, 480), d.Score()); err != nil || len(faces) != 0 {
		t.Errorf("on a bare wall: %+v, %v", faces, err)
	}
	if faces, err = d.Look(grown(p, 6), d.Score()); err != nil || len(faces) == 0 || faces[0].Box.Overlap(vision.Box{X0: 3930, Y0: 174, X1: 4170, Y1: 528}) < 0.5 {
		t.Errorf("on a picture six times as large, %d x %d: %+v, %v", p.Width*6, p.Height*6, faces, err)
	}
}

// grown makes a picture k times as large.
func grown(p detect.Picture, k int) detect.Picture {
	out := picture(p.Width*k, p.Height*k)
	for y := range out.Height {
		for x := range out.Width {
			copy(out.Pix[y*out.Stride+3*x:][:3], p.Pix[y/k*p.Stride+3*(x/k):])
		}
	}
	return out
}

func sample(t testing.TB) detect.Picture {
	t.Helper()
	file, err := yunet.Folder.ReadFile("walking.jpg")
	if err != nil {
		t.Fatal(err)
	}
	p, err := detect.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// BenchmarkLook is one picture of 1280 x 720 on one thread.
func BenchmarkLook(b *testing.B) {
	d, err := Load(yunet.Folder, Options{Open: onnx.Open})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	for _, longest := range []int{1280, 960, 640} {
		b.Run(fmt.Sprint("longest ", longest), func(b *testing.B) {
			d.looks[0].buffers.Close()
			d.looks[0] = look{longest: longest}
			p := picture(1280, 720)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Look(p, 0.5); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// renew fills in the card's hashes and the faces that the graph finds on the samples.
func renew(t *testing.T) {
	text, err := os.ReadFile("yunet/" + CardFile)
	if err != nil {
		t.Fatal(err)
	}
	var f Folder
	if err := yaml.UnmarshalWithOptions(text, &f.Card, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if f.Graph, err = os.ReadFile("yunet/" + GraphFile); err != nil {
		t.Fatal(err)
	}
	f.Card.Graph = sum(f.Graph)
	f.Card.SHA256 = f.Card.Digest()
	d, err := open(&f, Options{Open: onnx.Open})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for i := range f.Card.Samples {
		s := &f.Card.Samples[i]
		file, err := os.ReadFile("yunet/" + s.File)
		if err != nil {
			t.Fatal(err)
		}
		p, err := detect.Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		found, err := d.Look(p, d.card.Score)
		if err != nil {
			t.Fatal(err)
		}
		s.SHA256, s.Found = sum(file), nil
		for _, x := range found {
			round := func(v, k float64) float64 { return math.Round(v*k) / k }
			s.Found = append(s.Found, SampleBox{round(x.Score, 1e4), [4]float64{round(x.Box.X0, 10), round(x.Box.Y0, 10), round(x.Box.X1, 10), round(x.Box.Y1, 10)}})
		}
	}
	if text, err = yaml.Marshal(&f.Card); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("yunet/"+CardFile, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

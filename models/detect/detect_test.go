package detect

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/goccy/go-yaml"

	"linesman/models"
	"linesman/models/detect/coco"
	"linesman/models/detect/safety"
	"linesman/models/onnx"
)

var update = flag.Bool("update", false, "write coco/card.yaml anew")

// drawn is a network that answers with rows drawn by a test.
type drawn struct {
	ins, outs []string
	shape     []int64
	answer    func(in []float32, rows []float32)
	err       error
	closed    bool
}

func (d *drawn) Inputs() []string  { return d.ins }
func (d *drawn) Outputs() []string { return d.outs }
func (d *drawn) Close() error      { d.closed = true; return nil }
func (d *drawn) Run(in []models.Tensor, _ *models.Buffers) ([]models.Tensor, error) {
	n := int64(1)
	for _, v := range d.shape {
		n *= v
	}
	rows := make([]float32, n)
	if d.answer != nil {
		d.answer(in[0].Data, rows)
	}
	return []models.Tensor{{Shape: d.shape, Data: rows}}, d.err
}

func newDrawn() *drawn {
	return &drawn{ins: []string{"images"}, outs: []string{"output"}, shape: []int64{1, int64(small.rows(small.Width, small.Height)), 7}}
}

func (d *drawn) open([]byte, int) (models.Session, error) { return d, nil }

// folder is a sound folder of the small head; its sample is a black picture of
// 64 x 32 pixels.
func folder(t *testing.T) *Folder {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewRGBA(image.Rect(0, 0, 64, 32))); err != nil {
		t.Fatal(err)
	}
	f := &Folder{Graph: []byte("graph"), Samples: [][]byte{file.Bytes()}}
	f.Card = Card{Kind: Kind, Name: "small", Version: "1", Graph: sum(f.Graph), Head: small, Classes: []string{"cap", "bottle"}, Overlap: 0.45,
		Samples: []Sample{{File: "black.png", SHA256: sum(file.Bytes())}}}
	f.Card.SHA256 = f.Card.Digest()
	return f
}

func sum(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

// files writes the folder down.
func (f *Folder) files(t *testing.T) fstest.MapFS {
	t.Helper()
	card, err := yaml.Marshal(&f.Card)
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{CardFile: {Data: card}, GraphFile: {Data: f.Graph}, "black.png": {Data: f.Samples[0]}}
}

func TestLookMapsBack(t *testing.T) {
	net := newDrawn()
	d, err := New(folder(t), Options{Open: net.open})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	// 60 x 60 pixels in 32 x 16: scale 4/15, 8 tensor pixels beside it left and right.
	net.answer = func(_, rows []float32) {
		at(rows, 2, 5, 12, 12, 4, 8, 0.9, 0, 1)   // 15 x 30 pixels at (15, 45)
		at(rows, 2, 1, 4, 4, 4, 4, 0.9, 0, 1)     // in the padding
		at(rows, 2, 9, 22, 8, 16, 6, 0.5, 0.9, 0) // reaches over the right edge
	}
	got, err := d.Look(Picture{Width: 60, Height: 60, Stride: 180, Pix: make([]byte, 180*60)}, 0.2)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 {
		t.Fatalf("found %+v, want two", got)
	}
	for i, want := range []SampleBox{{"bottle", 0.9, [4]float64{7.5, 30, 22.5, 60}}, {"cap", 0.45, [4]float64{22.5, 18.75, 60, 41.25}}} {
		if !agree(got[i], []SampleBox{want}) {
			t.Errorf("found %+v, want %+v", got[i], want)
		}
	}
}

func TestInput(t *testing.T) {
	for _, order := range []string{"rgb", "bgr"} {
		f := folder(t)
		f.Card.Head.Order = order
		net := newDrawn()
		d, err := New(f, Options{Open: net.open})
		if err != nil {
			t.Fatal(err)
		}
		var in []float32
		net.answer = func(data, _ []float32) { in = slices.Clone(data) }
		if _, err := d.Look(Picture{Width: 1, Height: 1, Stride: 3, Pix: []byte{10, 20, 30}}, 0.5); err != nil {
			t.Fatal(err)
		}
		want := []float32{10, 20, 30}
		if order == "bgr" {
			want = []float32{30, 20, 10}
		}
		for c, v := range want {
			if middle, edge := in[c*512+8*32+16], in[c*512+8*32]; math.Abs(float64(middle-v)) > 1e-3 || edge != 114 {
				t.Errorf("%s: plane %d holds %v in the picture and %v beside it, want %v and 114", order, c, middle, edge, v)
			}
		}
		d.Close()
	}
}

func TestLookRefuses(t *testing.T) {
	net := newDrawn()
	d, err := New(folder(t), Options{Open: net.open})
	if err != nil {
		t.Fatal(err)
	}
	good := Picture{Width: 4, Height: 2, Stride: 12, Pix: make([]byte, 24)}
	for _, c := range []struct {
		name  string
		p     Picture
		floor float64
		want  string
	}{
		{"no picture", Picture{}, 0.5, "no RGB picture"},
		{"too few bytes", Picture{4, 2, 12, make([]byte, 23)}, 0.5, "no RGB picture"},
		{"rows too short", Picture{4, 2, 8, make([]byte, 24)}, 0.5, "no RGB picture"},
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
	if d.Close(); !net.closed {
		t.Error("the session stayed open")
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		net  func(*drawn)
		want string
	}{
		{"two outputs", func(d *drawn) { d.outs = []string{"boxes", "scores"} }, "1 inputs and 2 outputs"},
		{"another number of classes", func(d *drawn) { d.shape = []int64{1, 10, 85} }, "should be [1 10 7]"},
		{"another input size", func(d *drawn) { d.shape = []int64{1, 40, 7} }, "should be [1 10 7]"},
		{"a batch", func(d *drawn) { d.shape = []int64{10, 7} }, "should be [1 10 7]"},
		{"answers its sample otherwise", func(d *drawn) {
			d.answer = func(_, rows []float32) { at(rows, 2, 0, 4, 4, 8, 8, 1, 1, 0) }
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
}

func TestReadRefuses(t *testing.T) {
	seal := func(f *Folder) { f.Card.SHA256 = f.Card.Digest() }
	for _, c := range []struct {
		name string
		do   func(*Folder)
		want string
	}{
		{"another kind", func(f *Folder) { f.Card.Kind = "anomaly" }, "want detect"},
		{"another head", func(f *Folder) { f.Card.Head.Kind = "ssd"; seal(f) }, "yolox is the only one"},
		{"stride that does not divide", func(f *Folder) { f.Card.Head.Strides = []int{7}; seal(f) }, "stride 7"},
		{"huge input", func(f *Folder) { f.Card.Head.Width = 1 << 20; seal(f) }, "1 to 4096"},
		{"a class twice", func(f *Folder) { f.Card.Classes = []string{"cap", "cap"}; seal(f) }, "class 2"},
		{"no overlap", func(f *Folder) { f.Card.Overlap = 0; seal(f) }, "overlap"},
		{"no samples", func(f *Folder) { f.Card.Samples = nil; seal(f) }, "no samples"},
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

func TestLevel(t *testing.T) {
	d := &Detector{card: Card{Classes: []string{"fire", "person", "cone"}, Sure: map[string]float64{"fire": 0.2, "person": 0.6}}}
	for _, c := range []struct {
		label        string
		score, level float64
	}{{"fire", 0.2, 0.5}, {"fire", 0.1, 0.25}, {"fire", 0.6, 0.75}, {"person", 0.6, 0.5}, {"person", 0.3, 0.25}, {"cone", 0.4, 0.4}, {"cone", 1, 1}, {"fire", 0, 0}} {
		if got := d.Level(c.label, c.score); math.Abs(got-c.level) > 1e-9 {
			t.Errorf("%s %v is level %v, want %v", c.label, c.score, got, c.level)
		}
	}
	for level, raw := range map[float64]float64{0.1: 0.04, 0.5: 0.2, 0.75: 0.6} {
		if got := d.Raw(level); math.Abs(got-raw) > 1e-9 {
			t.Errorf("level %v is at least %v, want %v", level, got, raw)
		}
	}
}

// TestCoco runs the shipped network: on its own sample by opening it, and on
// pictures made of it.
func TestCoco(t *testing.T) {
	if *update {
		renew(t, "coco") // the folder in this binary is still the old one
		return
	}
	d, err := Load(coco.Folder, Options{Open: onnx.Open, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	file, err := coco.Folder.ReadFile("bottles.jpg")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	bottles := func(p Picture) (n int) {
		found, err := d.Look(p, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if f.Label == "bottle" {
				n++
			}
		}
		return n
	}
	if n := bottles(p); n != 3 {
		t.Errorf("%d bottles on a picture of three", n)
	}
	left := Picture{Width: 230, Height: p.Height, Stride: p.Stride, Pix: p.Pix}
	if n := bottles(left); n != 1 {
		t.Errorf("%d bottles on the left third of it, want 1", n)
	}
	if n := bottles(Picture{Width: 64, Height: 48, Stride: 192, Pix: bytes.Repeat([]byte{150}, 192*48)}); n != 0 {
		t.Errorf("%d bottles on a bare wall", n)
	}
}

// TestSafety runs the shipped network for safety cameras: the worker on its own
// sample wears a helmet and a vest, and who asks for fire is not told of people.
func TestSafety(t *testing.T) {
	if *update {
		renew(t, "safety")
		return
	}
	file, err := safety.Folder.ReadFile("workers.jpg")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		only []string
		want []string // sure of, at least
		none []string
	}{
		{nil, []string{"person", "helmet", "vest"}, []string{"no-helmet", "no-vest", "fire", "smoke", "forklift"}},
		{[]string{"ppe"}, []string{"person", "helmet", "vest"}, []string{"fire", "smoke"}},
		{[]string{"fire"}, nil, []string{"person", "helmet", "vest", "fire", "smoke"}},
		{[]string{"person"}, []string{"person"}, []string{"helmet", "vest"}},
	} {
		d, err := Load(safety.Folder, Options{Open: onnx.Open, Threads: 2, Only: c.only})
		if err != nil {
			t.Fatal(err)
		}
		found, err := d.Look(p, 0.05)
		if err != nil {
			t.Fatal(err)
		}
		sure := map[string]bool{}
		for _, f := range found {
			sure[f.Label] = sure[f.Label] || f.Sure
		}
		for _, label := range c.want {
			if !sure[label] {
				t.Errorf("only %q: no %s, found %+v", c.only, label, found)
			}
		}
		for _, label := range c.none {
			if sure[label] {
				t.Errorf("only %q: a %s, found %+v", c.only, label, found)
			}
		}
		d.Close()
	}
	if _, err := Load(safety.Folder, Options{Open: onnx.Open, Only: []string{"hat"}}); err == nil || !strings.Contains(err.Error(), "no \"hat\"") {
		t.Errorf("asked for hats: %v", err)
	}
}

// renew fills in the hashes of a folder's card and what the graph finds on the samples.
func renew(t *testing.T, dir string) {
	text, err := os.ReadFile(dir + "/" + CardFile)
	if err != nil {
		t.Fatal(err)
	}
	var f Folder
	if err := yaml.UnmarshalWithOptions(text, &f.Card, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if f.Graph, err = os.ReadFile(dir + "/" + GraphFile); err != nil {
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
		file, err := os.ReadFile(dir + "/" + s.File)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		found, err := d.Look(p, SampleFloor)
		if err != nil {
			t.Fatal(err)
		}
		s.SHA256, s.Found = sum(file), nil
		for _, x := range found {
			round := func(v, k float64) float64 { return math.Round(v*k) / k }
			s.Found = append(s.Found, SampleBox{x.Label, round(x.Score, 1e4), [4]float64{round(x.Box.X0, 10), round(x.Box.Y0, 10), round(x.Box.X1, 10), round(x.Box.Y1, 10)}})
		}
	}
	if text, err = yaml.Marshal(&f.Card); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/"+CardFile, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

package anomaly

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"linesman/models"
	"linesman/vision"
)

// brightness stands for a network: a patch's distance is its mean red, from -1
// to 1, plus one.
type brightness struct {
	offset float32
	fail   error
}

func (b brightness) Inputs() []string  { return []string{"pixels"} }
func (b brightness) Outputs() []string { return []string{"distance"} }
func (b brightness) Close() error      { return nil }
func (b brightness) Run(in []models.Tensor, _ *models.Buffers) ([]models.Tensor, error) {
	if b.fail != nil {
		return nil, b.fail
	}
	n, h, w := int(in[0].Shape[0]), int(in[0].Shape[2]), int(in[0].Shape[3])
	out := models.Tensor{Shape: []int64{int64(n), int64(h / 8), int64(w / 8)}}
	for i := range n {
		for y := range h / 8 {
			for x := range w / 8 {
				out.Data = append(out.Data, in[0].Data[i*3*h*w+(8*y+4)*w+8*x+4]+1+b.offset)
			}
		}
	}
	return []models.Tensor{out}, nil
}

func opener(s models.Session) models.Open {
	return func([]byte, int) (models.Session, error) { return s, nil }
}

// grey is a part of one brightness, 64 x 64.
func grey(v byte) vision.Crop {
	return vision.Crop{
		Size: 64, Pix: bytes.Repeat([]byte{v}, 3*64*64), Mask: bytes.Repeat([]byte{255}, 64*64),
		ToSensor: vision.Affine{A: 2, C: 100, E: 2, F: 50},
	}
}

// area is a channel that finds large parts.
type area struct{ fail error }

func (area) Name() string { return "size" }
func (a area) Score(p *Part, _ models.Ask, into *Reading) error {
	if p.Crop == nil {
		return errors.New("it can not judge a whole picture")
	}
	*into = Reading{Score: p.Crop.Area / 100, Measured: p.Crop.Area, Limit: 100, Unit: "px"}
	if p.Crop.Area > 200 {
		into.Also = []Reading{{Class: "width", Score: p.Crop.Area / 200, Measured: 15, Limit: 10, Unit: "mm"}}
	}
	return a.fail
}

func registry(a area) map[string]OpenChannel {
	return map[string]OpenChannel{"size": func([]byte) (Channel, error) { return a, nil }}
}

// sealed is a model of the fake network, judged by one sample.
func sealed(t *testing.T, channels bool) (*Model, Options) {
	t.Helper()
	m := &Model{Graph: []byte("graph"), Card: Card{
		Kind: Kind, Name: "cap", Version: "1", Input: Input{Fit: FitSquare, Size: 64},
		Aggregate: Aggregate{Share: 0.01, Least: 1}, Threshold: 0.5,
	}}
	o := Options{Open: opener(brightness{})}
	if channels {
		m.Channels = []ChannelFile{{"size", []byte("limits")}}
		o.Channels = registry(area{})
	}
	c := grey(30)
	c.Area = 40
	if err := m.Seal([]Part{{Picture: PictureOf(&c), Crop: &c}}, o); err != nil {
		t.Fatal(err)
	}
	return m, o
}

func TestDetect(t *testing.T) {
	m, o := sealed(t, true)
	d, err := m.Detector(o)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	dark, bright, large := grey(30), grey(30), grey(30)
	for y := 16; y < 24; y++ { // one patch
		for x := 32; x < 40; x++ {
			bright.Pix[3*(y*64+x)] = 255
		}
	}
	large.Area = 300
	out := make([]models.Result, 3)
	if err := d.Detect(t.Context(), []vision.Crop{dark, bright, large}, models.Ask{Heatmap: true}, out); err != nil {
		t.Fatal(err)
	}
	if got, want := out[0].Anomaly, ((30.-127)/128+1)/0.5; math.Abs(got-want) > 1e-6 {
		t.Errorf("dark part scores %v, want %v", got, want)
	}
	if got := out[1].Anomaly; got != 4 {
		t.Errorf("part with a bright patch scores %v, want 4", got)
	}
	if f := out[1].Findings[0]; f.Class != Texture || f.Box != (vision.Box{X0: 164, Y0: 82, X1: 180, Y1: 98}) || f.Area != 256 {
		t.Errorf("finding %+v, want %s in the bright patch, in sensor pixels", f, Texture)
	}
	if h := out[1].Heatmap; h.Width != 8 || h.Height != 8 || h.Score[2*8+4] != 4 {
		t.Errorf("heat map %d x %d, %v at the patch, want 8 x 8 and 4", h.Width, h.Height, h.Score[2*8+4])
	}
	if f := out[2].Findings; out[2].Anomaly != 3 || len(f) != 3 || f[0].Class != "size" || f[1] != (models.Finding{Class: "width", Score: 1.5, Measured: 15, Limit: 10, Unit: "mm"}) || f[2].Class != Texture {
		t.Errorf("large part: %v by %v, want 3 by size first, then by width", out[2].Anomaly, f)
	}
	if err := d.Detect(t.Context(), []vision.Crop{large}, models.Ask{Places: 0.5}, out[:1]); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(out[0].Findings, func(f models.Finding) bool { return f.Class == "width" }) {
		t.Errorf("where places are asked for, what has none is named: %v", out[0].Findings)
	}
	if out[0].Model != m.Card.Model() {
		t.Errorf("model %v, want %v", out[0].Model, m.Card.Model())
	}
}

// TestBesideThePart holds that what lies beside the mask counts for nothing.
func TestBesideThePart(t *testing.T) {
	m, o := sealed(t, false)
	d, err := m.Detector(o)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	c := grey(30)
	for y := range 64 {
		for x := range 16 {
			c.Mask[y*64+x], c.Pix[3*(y*64+x)] = 0, 255
		}
	}
	var out [1]models.Result
	if err := d.Detect(t.Context(), []vision.Crop{c}, models.Ask{Heatmap: true}, out[:]); err != nil {
		t.Fatal(err)
	}
	if want := ((30.-127)/128 + 1) / 0.5; math.Abs(out[0].Anomaly-want) > 1e-6 || out[0].Heatmap.Score[0] != 0 {
		t.Errorf("score %v, heat beside the part %v; want %v and 0", out[0].Anomaly, out[0].Heatmap.Score[0], want)
	}
}

// TestDoubtIsAnError holds that what can not be judged never gets a passing score.
func TestDoubtIsAnError(t *testing.T) {
	broken := errors.New("broken")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	empty := grey(30)
	clear(empty.Mask)
	short := grey(30)
	short.Pix = short.Pix[1:]
	for _, c := range []struct {
		name    string
		session brightness
		channel area
		ctx     context.Context
		crop    vision.Crop
	}{
		{"network fails", brightness{fail: broken}, area{}, t.Context(), grey(30)},
		{"no number", brightness{offset: float32(math.NaN())}, area{}, t.Context(), grey(30)},
		{"channel fails", brightness{}, area{fail: broken}, t.Context(), grey(30)},
		{"too late", brightness{}, area{}, cancelled, grey(30)},
		{"no pixel on the part", brightness{}, area{}, t.Context(), empty},
		{"too few bytes", brightness{}, area{}, t.Context(), short},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, _ := sealed(t, true)
			d, err := m.unproven(Options{Open: opener(c.session), Channels: registry(c.channel)})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			var out [1]models.Result
			if err := d.Detect(c.ctx, []vision.Crop{c.crop}, models.Ask{}, out[:]); err == nil && (out[0].Unanswered == "" || out[0].Anomaly < 1) {
				t.Errorf("no error, answer %q, score %v", out[0].Unanswered, out[0].Anomaly)
			}
		})
	}
}

// One part without an answer must not cost the others theirs.
func TestOneUnansweredPart(t *testing.T) {
	m, _ := sealed(t, true)
	d, err := m.unproven(Options{Open: opener(brightness{}), Channels: registry(area{})})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	empty := grey(30)
	clear(empty.Mask)
	out := make([]models.Result, 3)
	for range 2 { // results are used again: what one part could not answer, the next may
		if err := d.Detect(t.Context(), []vision.Crop{grey(30), empty, grey(30)}, models.Ask{}, out); err != nil {
			t.Fatal(err)
		}
		if out[0].Unanswered != "" || out[1].Unanswered == "" || out[1].Anomaly < 1 || out[2].Unanswered != "" || out[0].Anomaly != out[2].Anomaly {
			t.Errorf("answers %q, %q, %q, scores %v, %v, %v; want the middle one alone unanswered",
				out[0].Unanswered, out[1].Unanswered, out[2].Unanswered, out[0].Anomaly, out[1].Anomaly, out[2].Anomaly)
		}
		out[0], out[1] = out[1], out[0]
	}
}

func TestDetectorRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		alter func(m *Model, o *Options)
		want  string
	}{
		{"answers differently", func(_ *Model, o *Options) { o.Open = opener(brightness{offset: 0.01}) }, "computes differently"},
		{"unknown channel", func(_ *Model, o *Options) { o.Channels = nil }, "update linesman"},
		{"a channel that was not asked when taught", func(m *Model, _ *Options) { delete(m.Card.Samples[0].Scores, "size") }, "scores for 1 channels of 2"},
		{"a sample that is no picture", func(m *Model, _ *Options) { m.Samples["samples/1.png"] = []byte("x") }, "teach the model anew"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, o := sealed(t, true)
			c.alter(m, &o)
			d, err := m.Detector(o)
			if err == nil {
				d.Close()
				t.Fatal("the model was taken")
			}
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q, want ErrRefused with %q", err, c.want)
			}
		})
	}
}

func TestFolder(t *testing.T) {
	replace := func(from, to string) func(string) string {
		return func(text string) string { return strings.Replace(text, from, to, 1) }
	}
	for _, c := range []struct {
		name, file string
		alter      func(string) string
		want       string
	}{
		{"whole", "", nil, ""},
		{"threshold raised", CardFile, replace("threshold: 0.5", "threshold: 5.0"), "was altered"},
		{"input changed", CardFile, replace("size: 64", "size: 96"), "was altered"},
		{"shown with its neighbours", CardFile, replace("size: 64", "size: 64\n  alone: true"), "was altered"},
		{"another name", CardFile, replace("name: cap", "name: lid"), "was altered"},
		{"threshold gone", CardFile, replace("threshold: 0.5", "threshold: .nan"), "threshold"},
		{"unknown key", CardFile, replace("kind:", "clamp: true\nkind:"), "unknown field"},
		{"no card", CardFile, func(string) string { return "\x00\x01" }, "card.yaml"},
		{"file outside the folder", CardFile, replace("name: model.onnx", "name: ../model.onnx"), "was altered"},
		{"graph damaged", GraphFile, func(s string) string { return s + "x" }, "model.onnx was altered or damaged"},
		{"channel damaged", "channel-size.bin", func(s string) string { return s + "x" }, "channel-size.bin was altered or damaged"},
		{"sample damaged", "samples/1.png", func(s string) string { return s[1:] }, "samples/1.png was altered or damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, o := sealed(t, true)
			dir := filepath.Join(t.TempDir(), "cap")
			for range 2 { // the second replaces the first
				if err := m.Write(dir); err != nil {
					t.Fatal(err)
				}
			}
			if c.file != "" {
				path := filepath.Join(dir, c.file)
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				altered := c.alter(string(text))
				if altered == string(text) {
					t.Fatalf("nothing to alter in %s:\n%s", c.file, text)
				}
				if err := os.WriteFile(path, []byte(altered), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			d, err := Load(dir, o)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				d.Close()
				return
			}
			if err == nil {
				d.Close()
				t.Fatal("the model was taken")
			}
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "teach") {
				t.Errorf("error %q, want ErrRefused with %q and the cure", err, c.want)
			}
		})
	}
}

func TestNoFolder(t *testing.T) {
	dir := t.TempDir()
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "linesman teach") {
		t.Errorf("an empty folder: %v, want the cure", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "letters.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	m, _ := sealed(t, false)
	if err := m.Write(dir); err == nil {
		t.Error("a folder with something else was replaced by a model")
	}
}

func TestLook(t *testing.T) {
	m, o := sealed(t, false)
	m.Card.Input = Input{Fit: FitArea, Size: 64, Enlarge: 1}
	d, err := m.unproven(o)
	if err != nil {
		t.Fatal(err)
	}
	p := Picture{Width: 128, Height: 64, Pix: bytes.Repeat([]byte{255}, 3*128*64)}
	r, err := d.Look(t.Context(), p, models.Ask{Heatmap: true})
	if err != nil || r.Anomaly != 4 {
		t.Fatalf("white picture: %v, %v; want 4", r.Anomaly, err)
	}
	if f := r.Findings[0]; f.Box != (vision.Box{X1: 128, Y1: 64}) {
		t.Errorf("box %v, want the whole picture", f.Box)
	}
	d.Close()
	if _, err := d.Look(t.Context(), p, models.Ask{}); err == nil {
		t.Error("a closed detector judged")
	}
}

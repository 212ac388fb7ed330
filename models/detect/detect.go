// Package detect finds things of known classes in whole pictures, by networks
// with a YOLOX head: bottles on a belt, people, vehicles. A model is a folder
// (card.yaml, model.onnx, sample pictures) whose card says how the network is
// to be fed and read; coco/ is one that ships with the program.
//
// The head is that of YOLOX (Ge et al., 2021): no anchors, one box a cell.
package detect

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // samples
	_ "image/png"
	"io/fs"
	"math"
	"slices"
	"strings"

	"linesman/models"
	"linesman/vision"
)

// Picture is what is looked at: RGB, rows from the top.
type Picture struct {
	Width, Height, Stride int // pixels, pixels, bytes from row to row
	Pix                   []byte
}

// Options is what a Detector runs with.
type Options struct {
	Open    models.Open // the runtime; models/onnx.Open
	Threads int         // cores one Look may use; 1 unless set
	// Side is the longest side of the input in pixels where the card leaves it free;
	// 0 takes the card's. More sees smaller things and costs its square.
	Side int
	// Once leaves out the card's second, finer look.
	Once bool
	// Only names the classes that are asked for, or parts of the card; none: all.
	Only []string
}

// Detector finds things by one model. It is used by one goroutine at a time.
type Detector struct {
	card    Card
	session models.Session
	wanted  []bool // by class
	side    int    // of the first look, where the head is free
	fine    int    // of the second; 0: none
	input   []float32
	in      [1]models.Tensor
	buffers models.Buffers
	found   []Found
}

// Load reads a model folder and opens it; see New.
func Load(dir fs.FS, o Options) (*Detector, error) {
	f, err := Read(dir)
	if err != nil {
		return nil, err
	}
	return New(f, o)
}

// New opens a model: it refuses one whose graph does not answer in the shape
// that its card describes, or answers its own samples otherwise than the card
// says. The caller closes the detector.
func New(f *Folder, o Options) (*Detector, error) {
	d, err := open(f, o)
	if err != nil {
		return nil, err
	}
	if err := d.prove(f); err != nil {
		d.Close()
		return nil, fmt.Errorf("%w: %s", ErrRefused, err)
	}
	if err := d.narrow(o); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// narrow lets the detector look for what is asked, as finely as is asked.
func (d *Detector) narrow(o Options) error {
	h := d.card.Head
	switch {
	case o.Side == 0:
	case !h.Free:
		return fmt.Errorf("model %s takes pictures of %d x %d pixels alone: leave the side out", d.card.Name, h.Width, h.Height)
	case o.Side < slices.Max(h.Strides) || o.Side > maxSide:
		return fmt.Errorf("model %s: a side of %d pixels: give %d to %d", d.card.Name, o.Side, slices.Max(h.Strides), maxSide)
	default:
		d.side = o.Side
	}
	if o.Once || d.fine <= d.side {
		d.fine = 0
	}
	if len(o.Only) == 0 {
		return nil
	}
	d.wanted = make([]bool, len(d.card.Classes))
	for _, name := range o.Only {
		classes, isPart := d.card.Parts[name]
		if !isPart {
			classes = []string{name}
		}
		for _, c := range classes {
			i := slices.Index(d.card.Classes, c)
			if i < 0 {
				return fmt.Errorf("model %s finds no %q; it finds %s", d.card.Name, c, strings.Join(d.card.Classes, ", "))
			}
			d.wanted[i] = true
		}
	}
	return nil
}

// size prepares the input for pictures shown in width x height pixels.
func (d *Detector) size(width, height int) {
	if n := 3 * width * height; cap(d.input) < n {
		d.input = make([]float32, n)
	} else {
		d.input = d.input[:n]
	}
	d.in[0] = models.Tensor{Shape: []int64{1, 3, int64(height), int64(width)}, Data: d.input}
}

func open(f *Folder, o Options) (*Detector, error) {
	if o.Open == nil {
		return nil, errors.New("detect: no runtime to open the graph with")
	}
	session, err := o.Open(f.Graph, max(o.Threads, 1))
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", f.Card.Name, err)
	}
	h := f.Card.Head
	d := &Detector{card: f.Card, session: session, side: max(h.Width, h.Height), fine: h.Fine}
	d.size(h.Width, h.Height)
	if in, out := len(session.Inputs()), len(session.Outputs()); in != 1 || out != 1 {
		d.Close()
		return nil, fmt.Errorf("%w: the graph has %d inputs and %d outputs, a YOLOX head has one of each; export it without post-processing", ErrRefused, in, out)
	}
	if _, err := d.rows(); err != nil {
		d.Close()
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return d, nil
}

// Model names what finds.
func (d *Detector) Model() models.Model { return d.card.Model() }

// Classes are the names of what it can find.
func (d *Detector) Classes() []string { return slices.Clone(d.card.Classes) }

// Level returns a score on a scale that all classes share: 0.5 is the score that
// the card asks of the class, and 0 and 1 stay what they are.
func (d *Detector) Level(label string, score float64) float64 {
	sure := cmp.Or(d.card.Sure[label], 0.5)
	if score < sure {
		return 0.5 * score / sure
	}
	return 0.5 + 0.5*(score-sure)/(1-sure)
}

// Raw returns the least score that is level for any class.
func (d *Detector) Raw(level float64) float64 {
	least := 1.0
	for _, label := range d.card.Classes {
		sure := cmp.Or(d.card.Sure[label], 0.5)
		raw := 2 * level * sure
		if level > 0.5 {
			raw = sure + (2*level-1)*(1-sure)
		}
		least = min(least, raw)
	}
	return least
}

// Close frees the network.
func (d *Detector) Close() error {
	d.buffers.Close()
	return d.session.Close()
}

// Look finds what is in a picture with a score of at least floor (above 0),
// strongest first. The answer lives until the next Look. An error means the
// picture was not looked at: that is blindness, not an empty belt.
func (d *Detector) Look(p Picture, floor float64) ([]Found, error) {
	if p.Width < 1 || p.Height < 1 || p.Stride < 3*p.Width || len(p.Pix) < (p.Height-1)*p.Stride+3*p.Width {
		return nil, fmt.Errorf("model %s: %d bytes are no RGB picture of %d x %d pixels, %d bytes a row", d.card.Name, len(p.Pix), p.Width, p.Height, p.Stride)
	}
	if !(floor > 0) {
		return nil, fmt.Errorf("model %s: a floor of %v would find something in every place; give a score above 0", d.card.Name, floor)
	}
	found, err := d.show(p, d.side, floor, d.found[:0])
	if err != nil {
		return nil, err
	}
	if longest := max(p.Width, p.Height); d.fine > 0 && float64(longest) > finer*float64(d.side) {
		side, n := min(d.fine, longest), len(found)
		if found, err = d.show(p, side, floor, found); err != nil {
			return nil, err
		}
		// What is larger there than anything taught belongs to the first look.
		scale := float64(side) / float64(longest)
		found = append(found[:n], slices.DeleteFunc(found[n:], func(f Found) bool {
			return max(f.Box.Width(), f.Box.Height())*scale > float64(d.side)
		})...)
	}
	d.found = suppress(found, d.card.Overlap)
	return d.found, nil
}

// finer is how many times larger a picture must be than the first look shows it for
// the second one to be worth its time.
const finer = 1.3

// show lets the network look once, the longest side of the picture side pixels
// long where that can be chosen, and appends what it finds in the picture's pixels.
func (d *Detector) show(p Picture, side int, floor float64, found []Found) ([]Found, error) {
	h, n := d.card.Head, len(found)
	width, height := h.Input(p.Width, p.Height, side)
	d.size(width, height)
	box := vision.Fit(p.Width, p.Height, width, height)
	box.Fill(p.Pix, p.Stride, vision.Normalise{Deviation: [3]float32{1, 1, 1}, BGR: h.Order == "bgr"}, [3]byte{h.Pad, h.Pad, h.Pad}, d.input)
	rows, err := d.rows()
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", d.card.Name, err)
	}
	found = h.decode(rows, width, height, len(d.card.Classes), floor, found)
	back := box.ToPicture()
	inside := found[:n]
	for _, f := range found[n:] {
		f.Box = clip(back.ApplyBox(f.Box), float64(p.Width), float64(p.Height))
		f.Label = d.card.Classes[f.Class]
		f.Sure = f.Score >= cmp.Or(d.card.Sure[f.Label], 0.5)
		if f.Box.Width() > 0 && f.Box.Height() > 0 && (d.wanted == nil || d.wanted[f.Class]) {
			inside = append(inside, f)
		}
	}
	return inside, nil
}

// rows runs the network on the input as it is.
func (d *Detector) rows() ([]float32, error) {
	out, err := d.session.Run(d.in[:], &d.buffers)
	if err != nil {
		return nil, err
	}
	shape := d.in[0].Shape
	want := []int64{1, int64(d.card.Head.rows(int(shape[3]), int(shape[2]))), int64(5 + len(d.card.Classes))}
	if len(out) != 1 || !slices.Equal(out[0].Shape, want) {
		var have []int64
		if len(out) > 0 {
			have = out[0].Shape
		}
		return nil, fmt.Errorf("the graph answers in the shape %v, by its card it should be %v: input, strides or classes of the card are another model's", have, want)
	}
	return out[0].Data, nil
}

func clip(b vision.Box, w, h float64) vision.Box {
	return vision.Box{X0: max(b.X0, 0), Y0: max(b.Y0, 0), X1: min(b.X1, w), Y1: min(b.Y1, h)}
}

// Samples are proved at this floor, and may differ by so much: another class
// of CPU adds up in another order.
const (
	SampleFloor = 0.3
	sampleScore = 0.01
	samplePx    = 1.
)

// prove looks at the model's own samples.
func (d *Detector) prove(f *Folder) error {
	for i, s := range f.Card.Samples {
		p, err := Decode(f.Samples[i])
		if err != nil {
			return fmt.Errorf("sample %s: %w", s.File, err)
		}
		found, err := d.Look(p, SampleFloor)
		if err != nil {
			return err
		}
		for j := range max(len(found), len(s.Found)) {
			if j >= len(found) || j >= len(s.Found) || !agree(found[j], s.Found) {
				return fmt.Errorf("it finds %d things on its own sample %s, not as its card says (%d); the graph or the runtime is another one", len(found), s.File, len(s.Found))
			}
		}
	}
	return nil
}

// agree reports whether one of the boxes that a card names is the one found.
func agree(f Found, named []SampleBox) bool {
	return slices.ContainsFunc(named, func(n SampleBox) bool {
		b := n.box()
		apart := max(math.Abs(f.Box.X0-b.X0), math.Abs(f.Box.Y0-b.Y0), math.Abs(f.Box.X1-b.X1), math.Abs(f.Box.Y1-b.Y1))
		return f.Label == n.Label && math.Abs(f.Score-n.Score) <= sampleScore && apart <= samplePx
	})
}

// Decode reads a PNG or JPEG picture.
func Decode(file []byte) (Picture, error) {
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return Picture{}, err
	}
	r := img.Bounds()
	rgba := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	draw.Draw(rgba, rgba.Rect, img, r.Min, draw.Src)
	p := Picture{Width: r.Dx(), Height: r.Dy(), Stride: 3 * r.Dx(), Pix: make([]byte, 3*r.Dx()*r.Dy())}
	for i := range r.Dx() * r.Dy() {
		copy(p.Pix[3*i:3*i+3], rgba.Pix[4*i:])
	}
	return p, nil
}

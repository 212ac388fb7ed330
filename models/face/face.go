// Package face finds faces in whole pictures, so that they can be made
// unrecognisable: it says where faces are, never whose. A model is a folder
// (card.yaml, model.onnx, sample pictures) as in models/detect; yunet/ is one
// that ships with the program.
//
// The head is that of YuNet (Wu, Peng and Yu: YuNet, a tiny millisecond-level
// face detector, 2023).
package face

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"linesman/models"
	"linesman/models/detect"
	"linesman/vision"
)

// Options is what a Detector runs with.
type Options struct {
	Open    models.Open // the runtime; models/onnx.Open
	Threads int         // cores one Look may use; 1 unless set
	// Longest is the longer side, in pixels, to which larger pictures are shrunk;
	// 0 takes the card's. The time of a look grows with its square, the size of
	// the smallest face falls with it.
	Longest int
}

// Detector finds faces by one model. It is used by one goroutine at a time.
type Detector struct {
	card    Card
	session models.Session
	looks   [2]look // the fine one and the coarse one
	found   []Face
}

// look is one run of the network over the picture, at one size.
type look struct {
	longest int
	size    [2]int // of the picture
	shrink  shrink
	back    vision.Affine // the tensor's pixels to the picture's
	in      [1]models.Tensor
	buffers models.Buffers
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
	if o.Longest > 0 {
		d.looks[0].longest = o.Longest
	}
	return d, nil
}

func open(f *Folder, o Options) (*Detector, error) {
	h := f.Card.Head
	switch {
	case o.Open == nil:
		return nil, errors.New("face: no runtime to open the graph with")
	case o.Longest != 0 && (o.Longest < h.multiple() || o.Longest > maxSide):
		return nil, fmt.Errorf("face: longest is %d pixels; give %d to %d", o.Longest, h.multiple(), maxSide)
	}
	session, err := o.Open(f.Graph, max(o.Threads, 1))
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", f.Card.Name, err)
	}
	d := &Detector{card: f.Card, session: session}
	d.looks[0].longest, d.looks[1].longest = h.Longest, h.Coarse
	if in, out := len(session.Inputs()), len(session.Outputs()); in != 1 || out != 4*len(h.Strides) {
		d.Close()
		return nil, fmt.Errorf("%w: the graph has %d inputs and %d outputs, a YuNet head of %d strides has 1 and %d", ErrRefused, in, out, len(h.Strides), 4*len(h.Strides))
	}
	return d, nil
}

// Model names what finds.
func (d *Detector) Model() models.Model { return d.card.Model() }

// Score is from where on the model holds something to be a face.
func (d *Detector) Score() float64 { return d.card.Score }

// Smallest is the height of the smallest face that is reliably found in a picture
// of the given size, in its pixels.
func (d *Detector) Smallest(width, height int) float64 {
	return d.card.Smallest / d.looks[0].scale(width, height)
}

// Close frees the network.
func (d *Detector) Close() error {
	for i := range d.looks {
		d.looks[i].buffers.Close()
	}
	return d.session.Close()
}

// Look finds the faces in a picture with a score of at least floor (above 0),
// strongest first. The answer lives until the next Look. An error means the
// picture was not looked at: nobody in it may be shown.
func (d *Detector) Look(p detect.Picture, floor float64) ([]Face, error) {
	if p.Width < 1 || p.Height < 1 || p.Stride < 3*p.Width || len(p.Pix) < (p.Height-1)*p.Stride+3*p.Width {
		return nil, fmt.Errorf("model %s: %d bytes are no RGB picture of %d x %d pixels, %d bytes a row", d.card.Name, len(p.Pix), p.Width, p.Height, p.Stride)
	}
	if !(floor > 0) {
		return nil, fmt.Errorf("model %s: a floor of %v would find a face in every place; give a score above 0", d.card.Name, floor)
	}
	d.found = d.found[:0]
	for i := range d.looks {
		l := &d.looks[i]
		if l.longest == 0 || i > 0 && max(p.Width, p.Height) <= l.longest {
			continue // no second look, or no coarser than the first
		}
		from := len(d.found)
		l.fill(p, d.card.Head)
		if err := d.run(l, floor); err != nil {
			return nil, fmt.Errorf("model %s: %w", d.card.Name, err)
		}
		for j := from; j < len(d.found); j++ {
			d.found[j].to(l.back)
		}
	}
	d.found = suppress(d.found, d.card.Overlap)
	inside := d.found[:0]
	for _, f := range d.found {
		f.Box = clip(f.Box, float64(p.Width), float64(p.Height))
		if f.Box.Width() > 0 && f.Box.Height() > 0 {
			inside = append(inside, f)
		}
	}
	d.found = inside
	return inside, nil
}

// scale is tensor pixels to one of the picture: pictures are never grown.
func (l *look) scale(width, height int) float64 {
	return min(float64(l.longest)/float64(max(width, height)), 1)
}

// fill lays the picture into the tensor, at its top left.
func (l *look) fill(p detect.Picture, h Head) {
	if size := [2]int{p.Width, p.Height}; size != l.size {
		l.size = size
		l.lay(h)
	}
	shape := l.in[0].Shape
	plane := int(shape[2] * shape[3])
	planes := [3][]float32{l.in[0].Data[:plane], l.in[0].Data[plane : 2*plane], l.in[0].Data[2*plane:]}
	if h.Order == "bgr" {
		planes[0], planes[2] = planes[2], planes[0]
	}
	l.shrink.fill(p, planes, int(shape[3]))
}

// lay makes the tensor for pictures of another size.
func (l *look) lay(h Head) {
	k := l.scale(l.size[0], l.size[1])
	width, height := max(int(math.Round(k*float64(l.size[0]))), 1), max(int(math.Round(k*float64(l.size[1]))), 1)
	shape := []int64{1, 3, int64(h.up(height)), int64(h.up(width))}
	l.in[0] = models.Tensor{Shape: shape, Data: make([]float32, 3*shape[2]*shape[3])}
	for i := range l.in[0].Data {
		l.in[0].Data[i] = float32(h.Pad)
	}
	l.shrink = newShrink(l.size[0], l.size[1], width, height)
	l.back = vision.Affine{A: float64(l.size[0]) / float64(width), E: float64(l.size[1]) / float64(height)}
}

// run looks at the input as it is and adds what is found, in its pixels.
func (d *Detector) run(l *look, floor float64) error {
	out, err := d.session.Run(l.in[:], &l.buffers)
	if err != nil {
		return err
	}
	strides := d.card.Head.Strides
	n := len(strides)
	height, width := int(l.in[0].Shape[2]), int(l.in[0].Shape[3])
	for i, s := range strides {
		places := int64(height / s * (width / s))
		for k, each := range []int64{1, 1, 4, 10} {
			if want := []int64{1, places, each}; 4*n != len(out) || !slices.Equal(out[k*n+i].Shape, want) {
				return fmt.Errorf("output %d of the graph has the shape %v, by its card it should be %v: the strides of the card are another model's", k*n+i+1, out[k*n+i].Shape, want)
			}
		}
		r := rows{out[i].Data, out[n+i].Data, out[2*n+i].Data, out[3*n+i].Data}
		d.found = r.decode(s, width, floor, d.found)
	}
	return nil
}

// to maps a face from the tensor to the picture.
func (f *Face) to(picture vision.Affine) {
	f.Box = picture.ApplyBox(f.Box)
	for i, p := range f.Points {
		f.Points[i] = picture.Apply(p)
	}
}

func clip(b vision.Box, w, h float64) vision.Box {
	return vision.Box{X0: max(b.X0, 0), Y0: max(b.Y0, 0), X1: min(b.X1, w), Y1: min(b.Y1, h)}
}

package anomaly

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"linesman/models"
	"linesman/vision"
)

var _ models.Detector = (*Detector)(nil)

// Options is what a Detector runs with.
type Options struct {
	Open     models.Open // the runtime; models/onnx.Open
	Threads  int         // cores one Detect may use; default 1
	Channels map[string]OpenChannel
}

// Detector judges parts by one model. Its methods may be called from several
// goroutines; each call borrows a bench of buffers.
type Detector struct {
	card     Card
	session  models.Session
	threads  int // that one run of the session may use
	channels []Channel
	named    *Named    // nil: nobody named any defect
	eyes     *Eyes     // nil: whole pictures are judged as they are
	ground   *Ground   // nil: all of a whole picture is judged
	soft     *Detector // judges blurred pictures; nil without
	parity   float64   // see Parity

	mu      sync.Mutex
	benches []*bench // free ones
	closed  bool
}

// bench is what one Detect needs to itself.
type bench struct {
	fitter  Fitter
	input   []float32
	in      [1]models.Tensor
	shape   [4]int64
	buffers models.Buffers
	counts  []bool
	top     []float32
	flood   floodRoom
	single  [1]Picture
	many    []Picture
	alone   [][]byte // pixels of those that are shown without their neighbours
	spots   []texel
	like    []float32 // see Named.likeness
	part    Part
	reading Reading
}

// texel is what the network alone says of one picture.
type texel struct {
	distance float64 // aggregated
	score    float64 // distance over the threshold
	heat     models.Heatmap
	spot     spot
	patches  Patches // without levels unless the model names defects
}

// Detector opens the model's graph and channels and puts the model's own
// samples to it. A model that answers them differently is refused.
func (m *Model) Detector(o Options) (*Detector, error) {
	d, err := m.unproven(o)
	if err != nil {
		return nil, err
	}
	if err := m.prove(d); err != nil {
		d.Close()
		return nil, fmt.Errorf("model %q: %w", m.Card.Name, err)
	}
	return d, nil
}

// unproven opens the detector without asking it its samples.
func (m *Model) unproven(o Options) (*Detector, error) {
	if o.Open == nil {
		return nil, errors.New("anomaly: Options.Open is not set")
	}
	channels, err := openChannels(m.Channels, o.Channels)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", m.Card.Name, err)
	}
	session, err := o.Open(m.Graph, max(o.Threads, 1))
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", m.Card.Name, err)
	}
	outs := session.Outputs()
	if len(session.Inputs()) != 1 || len(outs) == 0 || outs[0] != "distance" || m.Named != nil && len(outs) != 1+len(m.Named.Levels) {
		session.Close()
		return nil, fmt.Errorf("model %q: %w: the graph takes %v and gives %v, want one input, the output distance and the features that named defects need; teach the model anew",
			m.Card.Name, ErrRefused, session.Inputs(), outs)
	}
	d := &Detector{card: m.Card, session: session, threads: max(o.Threads, 1), channels: channels, named: m.Named, eyes: m.Eyes, ground: m.Ground}
	if m.Soft != nil && m.Eyes != nil && m.Eyes.Focus != nil {
		if d.soft, err = m.softened(o); err != nil {
			session.Close()
			return nil, err
		}
	}
	return d, nil
}

// Load reads a model folder and opens its detector.
func Load(dir string, o Options) (*Detector, error) {
	m, err := Read(dir)
	if err != nil {
		return nil, err
	}
	return m.Detector(o)
}

// Parity returns the largest difference of a sample's score from the taught
// one, as it was when the model was loaded.
func (d *Detector) Parity() float64 { return d.parity }

// Model names the model.
func (d *Detector) Model() models.Model { return d.card.Model() }

// Card returns the model's card.
func (d *Detector) Card() Card { return d.card }

// Close frees the graph and all buffers. No Detect may be under way.
func (d *Detector) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, b := range d.benches {
		b.buffers.Close()
	}
	d.benches = nil
	if d.soft != nil {
		return errors.Join(d.session.Close(), d.soft.Close())
	}
	return d.session.Close()
}

func (d *Detector) borrow() (*bench, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errors.New("anomaly: the detector is closed")
	}
	if n := len(d.benches); n > 0 {
		b := d.benches[n-1]
		d.benches = d.benches[:n-1]
		return b, nil
	}
	return &bench{}, nil
}

func (d *Detector) giveBack(b *bench) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		b.buffers.Close()
		return
	}
	d.benches = append(d.benches, b)
}

// Detect judges located parts; see models.Detector.
func (d *Detector) Detect(ctx context.Context, crops []vision.Crop, ask models.Ask, out []models.Result) error {
	if len(out) != len(crops) {
		return fmt.Errorf("anomaly: %d results for %d crops", len(out), len(crops))
	}
	if len(crops) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	b, err := d.borrow()
	if err != nil {
		return err
	}
	defer d.giveBack(b)
	began := time.Now()
	n := d.together(&crops[0])
	for from := 0; from < len(crops); from += n {
		to := min(from+n, len(crops))
		if err := d.detect(b, crops[from:to], ask, out[from:to]); err != nil {
			return err
		}
	}
	took := float64(time.Since(began).Microseconds()) / 1000 / float64(len(crops))
	for i := range out {
		out[i].Model = d.card.Model()
		out[i].Took = took
	}
	return nil
}

// togetherPixels is how many pixels of input, a core, go through the network at once:
// what it makes of them stays in the core's own cache. 22 tablets at once take an eighth
// longer than 4 by 4, and a single one hardly less than one of 4.
const togetherPixels = 4 * 96 * 96

// together returns how many parts like this one go through the network at once.
func (d *Detector) together(c *vision.Crop) int {
	w, h := d.card.Input.Extent(c.Size, c.Size)
	return max(1, d.threads*togetherPixels/max(1, w*h))
}

// detect judges parts that go through the network together.
func (d *Detector) detect(b *bench, crops []vision.Crop, ask models.Ask, out []models.Result) error {
	b.many = b.many[:0]
	for i := range crops {
		b.part = Part{Picture: PictureOf(&crops[i]), Crop: &crops[i]}
		b.many = append(b.many, d.shown(b, &b.part, i))
	}
	texels, err := d.look(b, b.many, ask)
	if err != nil {
		return err
	}
	for i := range crops {
		out[i].Unanswered = ""
		b.part = Part{Picture: PictureOf(&crops[i]), Crop: &crops[i]}
		if err := d.join(b, &b.part, &texels[i], ask, &out[i]); err != nil {
			out[i] = models.Result{Findings: out[i].Findings[:0], Anomaly: math.MaxFloat32, Unanswered: err.Error()}
		}
	}
	return nil
}

// shown is what the network sees of the i-th part of a batch.
func (d *Detector) shown(b *bench, p *Part, i int) (seen Picture) {
	for len(b.alone) <= i {
		b.alone = append(b.alone, nil)
	}
	seen, b.alone[i] = d.card.Input.Shown(p, b.alone[i])
	return seen
}

// look runs the network over pictures that share one input size. The texels
// live until the bench is given back.
func (d *Detector) look(b *bench, pictures []Picture, ask models.Ask) ([]texel, error) {
	w, h := d.card.Input.Extent(pictures[0].Width, pictures[0].Height)
	size := 3 * w * h
	if cap(b.input) < len(pictures)*size {
		b.input = make([]float32, len(pictures)*size)
	}
	b.input = b.input[:len(pictures)*size]
	for i := range pictures {
		p := &pictures[i]
		if !p.whole() {
			return nil, fmt.Errorf("anomaly: picture %d: %d x %d with %d bytes of colour and %d of mask", i, p.Width, p.Height, len(p.Pix), len(p.Mask))
		}
		if pw, ph := d.card.Input.Extent(p.Width, p.Height); pw != w || ph != h {
			return nil, fmt.Errorf("anomaly: picture %d needs an input of %d x %d, the first %d x %d; judge them apart", i, pw, ph, w, h)
		}
		b.fitter.Fit(p, w, h, b.input[i*size:(i+1)*size])
	}
	b.shape = [4]int64{int64(len(pictures)), 3, int64(h), int64(w)}
	b.in[0] = models.Tensor{Shape: b.shape[:], Data: b.input}
	answer, err := d.session.Run(b.in[:], &b.buffers)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", d.card.Name, err)
	}
	gw, gh := w/Stride, h/Stride
	distance := answer[0].Data
	if len(distance) != len(pictures)*gw*gh {
		return nil, fmt.Errorf("model %q: %w: the graph answers %v for an input of %v; teach the model anew", d.card.Name, ErrRefused, answer[0].Shape, b.shape)
	}
	b.spots = b.spots[:0]
	for i := range pictures {
		t := d.read(b, &pictures[i], distance[i*gw*gh:(i+1)*gw*gh], gw, gh, ask)
		for _, features := range answer[1:] {
			size := len(features.Data) / len(pictures)
			t.patches.Levels = append(t.patches.Levels, models.Tensor{Shape: features.Shape[1:], Data: features.Data[i*size : (i+1)*size]})
		}
		b.spots = append(b.spots, t)
	}
	return b.spots, nil
}

// read makes one picture's score, spot and heat map of its distances.
func (d *Detector) read(b *bench, p *Picture, distance []float32, gw, gh int, ask models.Ask) texel {
	counts := PatchesOn(p, gw, gh, b.counts)
	if counts != nil {
		b.counts = counts
	}
	t := texel{patches: Patches{W: gw, H: gh, Distance: distance}}
	if d.named != nil && counts != nil {
		t.patches.Counts = slices.Clone(counts)
	}
	t.distance, b.top = d.card.Aggregate.Over(distance, counts, b.top)
	t.score = t.distance / d.card.Threshold
	t.spot = strongest(distance, counts, gw, gh, &b.flood)
	if ask.Heatmap {
		t.heat = models.Heatmap{Width: gw, Height: gh, Score: make([]float32, gw*gh)}
		for i, v := range distance {
			if counts == nil || counts[i] {
				t.heat.Score[i] = v / float32(d.card.Threshold)
			}
		}
	}
	return t
}

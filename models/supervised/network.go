package supervised

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/vision"
)

var _ models.Detector = (*Network)(nil)

// Options is what a Network runs with.
type Options struct {
	Open    models.Open // the runtime; models/onnx.Open
	Threads int         // cores one Detect may use; default 1
}

// Network judges parts by one model. Its methods may be called from several
// goroutines; each call borrows a bench of buffers.
type Network struct {
	card    Card
	model   models.Model
	session models.Session
	output  int     // which of the graph's
	parity  float64 // see Parity

	mu      sync.Mutex
	benches []*bench // free ones
	closed  bool
}

// bench is what one call needs to itself.
type bench struct {
	feeder  feeder
	input   []float32
	shape   [4]int64
	in      [1]models.Tensor
	buffers models.Buffers
	scene   scene
	maps    maps
}

// Load reads a model folder and opens it; see Open.
func Load(dir string, o Options) (*Network, error) {
	f, err := Read(dir)
	if err != nil {
		return nil, err
	}
	return f.Open(o)
}

// Open opens the graph and looks at two plain pictures and the card's samples with it:
// one whose answers are not what the card says is refused. The caller closes the network.
func (f *Folder) Open(o Options) (*Network, error) {
	if o.Open == nil {
		return nil, errors.New("supervised: Options.Open is not set")
	}
	path := fmt.Sprintf("model %s: %s", f.Dir, f.Card.Graph)
	session, err := o.Open(f.Graph, max(o.Threads, 1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	n := &Network{card: f.Card, model: f.Model(), session: session}
	if err := n.prove(f.Samples); err != nil {
		n.Close()
		return nil, fmt.Errorf("%s: %w: %w", path, ErrRefused, err)
	}
	return n, nil
}

// prove holds the graph against its card.
func (n *Network) prove(samples []anomaly.Picture) error {
	ins, outs, want := n.session.Inputs(), n.session.Outputs(), n.card.Output.Name
	if len(ins) != 1 {
		return fmt.Errorf("the graph has the inputs %v: want one; export the network alone, without what goes before", ins)
	}
	switch {
	case want == "" && len(outs) > 1:
		return fmt.Errorf("the graph has the outputs %v: name the one that is meant by output.name", outs)
	case want != "" && !slices.Contains(outs, want):
		return fmt.Errorf("output.name is %q: the graph has %v", want, outs)
	}
	n.output = max(slices.Index(outs, want), 0)
	for _, grey := range []byte{0, 128} {
		p := anomaly.Picture{Width: n.card.Input.Width, Height: n.card.Input.Height}
		p.Pix = slices.Repeat([]byte{grey}, 3*p.Width*p.Height)
		if _, err := n.Look(context.Background(), p, models.Ask{}); err != nil {
			return err
		}
	}
	for i, p := range samples {
		s := n.card.Samples[i]
		r, err := n.Look(context.Background(), p, models.Ask{})
		if err != nil {
			return fmt.Errorf("sample %s: %w", s.File, err)
		}
		apart := math.Abs(r.Anomaly - s.Score)
		if !(apart <= sampleScore) {
			return fmt.Errorf("its sample %s scores %.3f, by its card %.3f: graph, settings or runtime are others than when linesman inspect gave that score; look at it again and correct the card, or bring the old ones back", s.File, r.Anomaly, s.Score)
		}
		n.parity = max(n.parity, apart)
	}
	return nil
}

// sampleScore is how far a sample's score may lie from its card's: another class of
// CPU adds up in another order.
const sampleScore = 0.01

// Parity is how far the samples' scores lie from the card's; 0 without samples.
func (n *Network) Parity() float64 { return n.parity }

// Model names the model.
func (n *Network) Model() models.Model { return n.model }

// Card returns the model's card.
func (n *Network) Card() Card { return n.card }

// Close frees the graph and all buffers. No call may be under way.
func (n *Network) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	for _, b := range n.benches {
		b.buffers.Close()
	}
	n.benches = nil
	return n.session.Close()
}

func (n *Network) borrow() (*bench, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, errors.New("supervised: the network is closed")
	}
	if k := len(n.benches); k > 0 {
		b := n.benches[k-1]
		n.benches = n.benches[:k-1]
		return b, nil
	}
	in := &n.card.Input
	b := &bench{feeder: feeder{in: in}, input: make([]float32, in.Planes()*in.Width*in.Height)}
	b.shape = [4]int64{1, int64(in.Planes()), int64(in.Height), int64(in.Width)}
	b.in[0] = models.Tensor{Shape: b.shape[:], Data: b.input}
	return b, nil
}

func (n *Network) giveBack(b *bench) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		b.buffers.Close()
		return
	}
	n.benches = append(n.benches, b)
}

// Detect judges located parts, one after the other; see models.Detector. A part whose
// answer is none, or not as the card says, is left unanswered.
func (n *Network) Detect(ctx context.Context, crops []vision.Crop, ask models.Ask, out []models.Result) error {
	if len(out) != len(crops) {
		return fmt.Errorf("supervised: %d results for %d crops", len(out), len(crops))
	}
	if len(crops) == 0 {
		return nil
	}
	b, err := n.borrow()
	if err != nil {
		return err
	}
	defer n.giveBack(b)
	for i := range crops {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := anomaly.PictureOf(&crops[i])
		out[i].Unanswered = ""
		if err := n.judge(b, &p, crops[i].ToSensor, ask, &out[i]); err != nil {
			out[i] = models.Result{Model: n.model, Findings: out[i].Findings[:0], Anomaly: math.MaxFloat32, Unanswered: err.Error()}
		}
	}
	return nil
}

// Look judges one whole picture that was never located.
func (n *Network) Look(ctx context.Context, p anomaly.Picture, ask models.Ask) (models.Result, error) {
	if err := ctx.Err(); err != nil {
		return models.Result{}, err
	}
	b, err := n.borrow()
	if err != nil {
		return models.Result{}, err
	}
	defer n.giveBack(b)
	var r models.Result
	if err := n.judge(b, &p, vision.Affine{A: 1, E: 1}, ask, &r); err != nil {
		return models.Result{}, err
	}
	return r, nil
}

// listedFrom is the score from which findings are told where nobody asks.
const listedFrom = 0.5

// judge looks at one picture.
func (n *Network) judge(b *bench, p *anomaly.Picture, toSensor vision.Affine, ask models.Ask, out *models.Result) error {
	began := time.Now()
	if p.Width < 1 || p.Height < 1 || len(p.Pix) != 3*p.Width*p.Height || p.Mask != nil && len(p.Mask) != p.Width*p.Height {
		return fmt.Errorf("model %s: %d x %d with %d bytes of colour and %d of mask is no picture", n.card.Name, p.Width, p.Height, len(p.Pix), len(p.Mask))
	}
	at := b.feeder.feed(p, b.input)
	answers, err := n.session.Run(b.in[:], &b.buffers)
	if err != nil {
		return fmt.Errorf("model %s: %w", n.card.Name, err)
	}
	if n.output >= len(answers) {
		return fmt.Errorf("model %s: the graph gave %d outputs", n.card.Name, len(answers))
	}
	s := &b.scene
	*s = scene{card: &n.card, picture: p, toSensor: toSensor, at: at, floor: listedFrom, found: s.found}
	if ask.Places > 0 {
		s.floor = ask.Places
	}
	answer := answers[n.output]
	if n.card.Kind == Segmenter {
		err = s.readMaps(answer, &b.maps)
	} else {
		var t table
		if t, err = n.card.boxesOf(answer); err == nil {
			err = s.readBoxes(t)
		}
	}
	if err != nil {
		return fmt.Errorf("model %s: %w", n.card.Name, err)
	}
	s.result(ask, out)
	out.Heatmap = models.Heatmap{}
	if ask.Heatmap {
		if out.Heatmap = s.cool(); n.card.Kind == Segmenter {
			out.Heatmap = s.warmMaps(answer, &b.maps)
		} else {
			for _, f := range s.found {
				s.warm(&out.Heatmap, f.box, float32(f.score))
			}
		}
	}
	out.Model, out.Took = n.model, float64(time.Since(began).Microseconds())/1000
	s.picture = nil
	return nil
}

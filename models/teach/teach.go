// Package teach makes a model folder from good parts alone. It looks at them
// through the very graph that will serve, keeps the patches that stand for all
// others, and places the threshold by good parts that were held out.
package teach

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/weights"
)

// Source is a set of parts that can be looked at more than once, from several
// goroutines. Nobody writes into a part that it gave, and neither does it.
type Source interface {
	Len() int
	Part(i int) (anomaly.Part, error)
}

// Input is what teaching needs. Zero values are defaulted.
type Input struct {
	Name    string
	Version string // default: the time, as 20060102.150405 UTC
	Good    Source
	// Defects are labelled ones. Two and more of a name teach it; they say whether
	// looking for their like finds more, and may lower the limit. None is taught as good.
	Defects     Source
	DefectNames []string // by defect; where it is shorter or empty, "defect"

	Open    models.Open // models/onnx.Open
	Threads int         // cores teaching may use; default 2

	Fit             anomaly.Input   // default: whole pictures, WholePictures
	Network         weights.Network // default: the thorough one for whole pictures, the quick one for located parts
	Aggregate       anomaly.Aggregate
	Bank            int     // patches kept by level; default 1200
	FalseRejectRate float64 // of good parts; default 0.01

	// Channels were taught beside the network from the same parts; Registry opens them.
	Channels []anomaly.ChannelFile
	Beside   string // what the card says of those channels, a sentence with a space before it
	Registry map[string]anomaly.OpenChannel
	Data     []anomaly.Source // where the good parts come from, for the card

	// Progress is told of each step from one goroutine at a time; done counts up to total in each stage.
	Progress func(stage string, done, total int)
}

// WholePictures is the default fit for pictures that were never located: large
// enough to see a scratch, small enough for a few pictures a second.
var WholePictures = anomaly.Input{Fit: anomaly.FitArea, Size: 384, Enlarge: 1}

// LocatedParts is the fit for crops of parts on a belt, chosen for speed.
var LocatedParts = anomaly.Input{Fit: anomaly.FitSquare, Size: 96, Alone: true}

// Fewest is how few good parts can be taught from: one to keep, one to hold out.
const Fewest = 2

// ErrTooFew says that there are not enough good parts.
var ErrTooFew = errors.New("too few good parts")

const folds = 8

func (in *Input) fill() error {
	if in.Good == nil || in.Good.Len() < Fewest {
		n := 0
		if in.Good != nil {
			n = in.Good.Len()
		}
		return fmt.Errorf("teach %q: %w: %d, want at least %d and better 30", in.Name, ErrTooFew, n, Fewest)
	}
	if in.Open == nil {
		return fmt.Errorf("teach %q: Input.Open is not set", in.Name)
	}
	if in.Version == "" {
		in.Version = time.Now().UTC().Format("20060102.150405")
	}
	if in.Threads < 1 {
		in.Threads = 2
	}
	if in.Fit == (anomaly.Input{}) {
		in.Fit = WholePictures
	}
	if in.Network.Graph == nil {
		if in.Network = weights.Quick; in.Fit.Fit == anomaly.FitArea {
			in.Network = weights.Thorough
		}
	}
	if in.Aggregate == (anomaly.Aggregate{}) {
		in.Aggregate = anomaly.Aggregate{Share: 0.01, Least: 3}
	}
	if in.Bank == 0 {
		in.Bank = 1200
	}
	if in.FalseRejectRate == 0 {
		in.FalseRejectRate = 0.01
	}
	if in.FalseRejectRate < 0 || in.FalseRejectRate >= 0.5 {
		return fmt.Errorf("teach %q: false reject rate %v: want a share above 0 and below 0.5", in.Name, in.FalseRejectRate)
	}
	if in.Progress == nil {
		in.Progress = func(string, int, int) {}
	}
	return in.Fit.Check()
}

// Teach learns from the good parts and returns a sealed model, ready to be
// written and to judge. It stops early when ctx ends.
func Teach(ctx context.Context, in Input) (*anomaly.Model, error) {
	if err := in.fill(); err != nil {
		return nil, err
	}
	t := &teacher{Input: in}
	t.files, _ = in.Good.(Pictures)
	m := new(anomaly.Model)
	if err := t.groundOf(ctx, m); err != nil {
		return nil, fmt.Errorf("teach %q: %w", in.Name, err)
	}
	compared := sync.OnceValue(t.compare(ctx, m.Ground))
	if in.Good.Len() < turnBelow && compared().turns {
		t.turns = turnsFor(in.Good.Len())
	}
	l, err := t.learn(ctx)
	beside := compared() // before the pictures are let go, whatever became of the rest
	if err = cmp.Or(err, beside.err); err != nil {
		return nil, fmt.Errorf("teach %q: %w", in.Name, err)
	}
	if err := t.eyesOf(ctx, m); err != nil {
		return nil, fmt.Errorf("teach %q: %w", in.Name, err)
	}
	m.Graph, m.Channels = l.graph, in.Channels
	t.writeCard(&m.Card, l.held, l.levels)
	m.Card.Chosen += l.words + beside.words + t.Beside + groundWords(m.Ground) + t.eyeWords(m) + t.always()
	for _, f := range []*anomaly.ChannelFile{l.rough, beside.file} {
		if f != nil {
			m.Channels = append(m.Channels, *f)
		}
	}
	if m.Origins, m.Kept, err = t.origins(l.levels); err != nil {
		return nil, fmt.Errorf("teach %q: %w", in.Name, err)
	}
	parts, err := t.samples(l.held)
	if err != nil {
		return nil, fmt.Errorf("teach %q: %w", in.Name, err)
	}
	options := anomaly.Options{Open: in.Open, Threads: 1, Channels: t.registry()}
	if err := m.Seal(parts, options); err != nil {
		return nil, fmt.Errorf("teach %q: %w", in.Name, err)
	}
	if err := t.nameDefects(ctx, m, options, l.held, l.levels, parts); err != nil {
		return nil, fmt.Errorf("teach %q: %w", in.Name, err)
	}
	return m, nil
}

// learned is what good parts teach in one look: the network's bank with its limit,
// and contrast beside it.
type learned struct {
	graph  []byte
	levels []level
	held   *held
	rough  *anomaly.ChannelFile // nil for located parts
	words  string               // of contrast, for the card
}

// learn goes from the good parts to a graph that judges.
func (t *teacher) learn(ctx context.Context) (l learned, err error) {
	if err := t.lookAtGood(ctx); err != nil {
		return l, err
	}
	t.standardise()
	if l.held, err = t.holdOut(ctx); err != nil {
		return l, err
	}
	t.Progress("choosing what to keep", 0, 1)
	l.levels = t.levels(func(int) bool { return true })
	if l.graph, err = install(t.Network.Graph, l.levels, false); err != nil {
		return l, err
	}
	t.Progress("choosing what to keep", 1, 1)
	l.rough, l.words, err = t.contrastOf(ctx)
	return l, err
}

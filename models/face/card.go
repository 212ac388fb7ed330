package face

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/goccy/go-yaml"

	"linesman/models"
	"linesman/models/detect"
)

// Kind is the card's word for models of this package.
const Kind = "face"

// The files every model folder has.
const (
	CardFile  = "card.yaml"
	GraphFile = "model.onnx"
)

// ErrRefused marks a model folder that is there but can not be trusted.
var ErrRefused = detect.ErrRefused

// Card is card.yaml: what the model is, how its answer is to be read, and what
// it must answer to its own samples.
type Card struct {
	Kind    string `yaml:"kind"`
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
	// SHA256 is over the graph and every setting that can change an answer.
	SHA256 string `yaml:"sha256"`
	Chosen string `yaml:"chosen"` // where it is from and why, for a person

	Graph string `yaml:"graph_sha256"`
	Head  Head   `yaml:"head"`
	// Overlap is the share of two boxes' joint area from which the weaker one is
	// taken for the same face.
	Overlap float64 `yaml:"overlap"`
	// Score is from where on something is held to be a face, unless a caller says
	// otherwise.
	Score float64 `yaml:"score"`
	// Smallest is the height of a face, in pixels of the tensor, from which on the
	// model was found to see most of them; for a person.
	Smallest float64  `yaml:"smallest"`
	Data     []Source `yaml:"data"`
	Samples  []Sample `yaml:"samples"`
}

// Source is one body of data or weights behind the model.
type Source struct {
	What    string `yaml:"what"`
	Licence string `yaml:"licence"`
}

// Sample is one stored picture and the faces on it, strongest first.
type Sample struct {
	File   string      `yaml:"file"`
	SHA256 string      `yaml:"sha256"`
	Found  []SampleBox `yaml:"found"`
}

// SampleBox is one face on a sample; the box in its pixels.
type SampleBox struct {
	Score float64    `yaml:"score"`
	Box   [4]float64 `yaml:"box,flow"`
}

// Model returns the name that stands in results.
func (c *Card) Model() models.Model {
	return models.Model{Name: c.Name, Version: c.Version, SHA256: c.SHA256}
}

// Check refuses a card by which nothing could be found.
func (c *Card) Check() error {
	switch {
	case c.Kind != Kind:
		return fmt.Errorf("kind %q: want %s", c.Kind, Kind)
	case c.Name == "":
		return errors.New("the model has no name")
	case !(c.Overlap > 0 && c.Overlap <= 1):
		return fmt.Errorf("overlap %v: want a share above 0, up to 1", c.Overlap)
	case !(c.Score > 0 && c.Score < 1):
		return fmt.Errorf("score %v: want a number between 0 and 1", c.Score)
	case !(c.Smallest > 0):
		return fmt.Errorf("smallest %v: want the height of the smallest face in pixels", c.Smallest)
	case len(c.Samples) == 0:
		return errors.New("no samples: a model must be able to prove that it answers as it did")
	}
	return c.Head.check()
}

// Digest is over all that can change an answer.
func (c *Card) Digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\ngraph %s\nhead %+v\noverlap %v\nscore %v\n", c.Kind, c.Name, c.Version, c.Graph, c.Head, c.Overlap, c.Score)
	return hex.EncodeToString(h.Sum(nil))
}

// Folder is a model folder in memory.
type Folder struct {
	Card    Card
	Graph   []byte
	Samples [][]byte // pictures, as the card lists them
}

// Read loads a model folder and checks every hash. It does not run the model;
// New does, on the model's own samples.
func Read(dir fs.FS) (*Folder, error) {
	text, err := fs.ReadFile(dir, CardFile)
	if err != nil {
		return nil, fmt.Errorf("no %s there (%w); give a folder with %s and %s", CardFile, err, CardFile, GraphFile)
	}
	f := &Folder{}
	if err := yaml.UnmarshalWithOptions(text, &f.Card, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%w: %s: %s", ErrRefused, CardFile, yaml.FormatError(err, false, false))
	}
	if err := f.Card.Check(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrRefused, CardFile, err)
	}
	if f.Card.Digest() != f.Card.SHA256 {
		return nil, fmt.Errorf("%w: %s was altered: its settings do not fit its sha256", ErrRefused, CardFile)
	}
	if f.Graph, err = detect.Hashed(dir, GraphFile, f.Card.Graph); err != nil {
		return nil, err
	}
	for _, s := range f.Card.Samples {
		data, err := detect.Hashed(dir, s.File, s.SHA256)
		if err != nil {
			return nil, err
		}
		f.Samples = append(f.Samples, data)
	}
	return f, nil
}

package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"

	"github.com/goccy/go-yaml"

	"linesman/models"
	"linesman/vision"
)

// Kind is the card's word for models of this package.
const Kind = "detect"

// The files every model folder has.
const (
	CardFile  = "card.yaml"
	GraphFile = "model.onnx"
)

// ErrRefused marks a model folder that is there but can not be trusted.
var ErrRefused = errors.New("refused")

// Card is card.yaml: what the model is, how its answer is to be read, and what
// it must answer to its own samples.
type Card struct {
	Kind    string `yaml:"kind"`
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
	// SHA256 is over the graph and every setting that can change an answer.
	SHA256 string `yaml:"sha256"`
	Chosen string `yaml:"chosen"` // where it is from and why, for a person

	Graph   string   `yaml:"graph_sha256"`
	Head    Head     `yaml:"head"`
	Classes []string `yaml:"classes"`
	// Overlap is the share of two boxes' joint area from which the weaker of one
	// class is taken for the same thing.
	Overlap float64 `yaml:"overlap"`
	// Sure is the score from which something is believed to be of a class; it was
	// chosen on pictures that the figures are not of.
	Sure map[string]float64 `yaml:"sure,omitempty"`
	// Parts are the names under which some of the classes are asked for alone.
	Parts   map[string][]string `yaml:"parts,omitempty"`
	Data    []Source            `yaml:"data"`
	Figures []Figure            `yaml:"figures,omitempty"`
	Samples []Sample            `yaml:"samples"`
}

// Head says how pictures go in and how answers come out: one row a place on
// the grids of all strides, finest first, row by row; in it the box's centre
// (cells from its own), the logarithms of its width and height (cells), how
// likely there is anything, and of each class how likely it is that (both 0..1).
type Head struct {
	Kind    string `yaml:"kind"` // "yolox"
	Width   int    `yaml:"width"`
	Height  int    `yaml:"height"`
	Order   string `yaml:"order"` // of the planes: "bgr" or "rgb", values 0..255
	Pad     uint8  `yaml:"pad"`   // beside the letterboxed picture
	Strides []int  `yaml:"strides"`
	// Free: the graph takes any size that the strides divide. The input has the
	// picture's shape then, and Width x Height at most.
	Free bool `yaml:"free,omitempty"`
	// Fine is the longest side of a second look, at pictures with more pixels than
	// the first one shows: people far away are small. 0: one look.
	Fine int `yaml:"fine,omitempty"`
	// Many: a place may hold several things, each class that scores, instead of
	// what it is most likely.
	Many bool `yaml:"many,omitempty"`
}

// Figure is what was measured of the model.
type Figure struct {
	Set     string             `yaml:"set"`     // pictures it was measured on
	Command string             `yaml:"command"` // that anyone can run
	AP50    map[string]float64 `yaml:"ap50"`    // by class
}

// Source is one body of data or weights behind the model.
type Source struct {
	What    string `yaml:"what"`
	Licence string `yaml:"licence"`
}

// Sample is one stored picture and what the model found on it, strongest first.
type Sample struct {
	File   string      `yaml:"file"`
	SHA256 string      `yaml:"sha256"`
	Found  []SampleBox `yaml:"found"`
}

// SampleBox is one thing found on a sample; the box in its pixels.
type SampleBox struct {
	Label string     `yaml:"label"`
	Score float64    `yaml:"score"`
	Box   [4]float64 `yaml:"box,flow"`
}

// Model returns the name that stands in results.
func (c *Card) Model() models.Model {
	return models.Model{Name: c.Name, Version: c.Version, SHA256: c.SHA256}
}

// rows is how many places the head answers for in an input of that size.
func (h Head) rows(width, height int) int {
	n := 0
	for _, s := range h.Strides {
		n += (width / s) * (height / s)
	}
	return n
}

// Input is the size in which a picture is shown whose longest side may become
// side pixels: all of Width x Height unless the head is free.
func (h Head) Input(width, height, side int) (w, t int) {
	if !h.Free {
		return h.Width, h.Height
	}
	k := min(float64(side)/float64(max(width, height)), float64(max(h.Fine, h.Width, h.Height))/float64(max(width, height)))
	step := slices.Max(h.Strides)
	up := func(n int) int { return max(1, int(math.Ceil(float64(n)*k/float64(step)-1e-9))) * step }
	return up(width), up(height)
}

// maxSide bounds the network's input: beyond it one picture would take minutes.
const maxSide = 4096

// Check refuses a card by which nothing could be found.
func (c *Card) Check() error {
	h := c.Head
	switch {
	case c.Kind != Kind:
		return fmt.Errorf("kind %q: want %s", c.Kind, Kind)
	case c.Name == "":
		return errors.New("the model has no name")
	case h.Kind != "yolox":
		return fmt.Errorf("head %q: yolox is the only one known", h.Kind)
	case h.Width < 1 || h.Height < 1 || h.Width > maxSide || h.Height > maxSide:
		return fmt.Errorf("input of %d x %d pixels: give 1 to %d each way", h.Width, h.Height, maxSide)
	case h.Order != "bgr" && h.Order != "rgb":
		return fmt.Errorf("order %q: want bgr or rgb", h.Order)
	case len(h.Strides) == 0:
		return errors.New("no strides; YOLOX has 8, 16 and 32")
	case len(c.Classes) == 0:
		return errors.New("no classes")
	case !(c.Overlap > 0 && c.Overlap <= 1):
		return fmt.Errorf("overlap %v: want a share above 0, up to 1", c.Overlap)
	case len(c.Samples) == 0:
		return errors.New("no samples: a model must be able to prove that it answers as it did")
	}
	for _, s := range h.Strides {
		if s < 1 || h.Width%s != 0 || h.Height%s != 0 {
			return fmt.Errorf("stride %d does not divide the input of %d x %d pixels", s, h.Width, h.Height)
		}
	}
	if !h.Free && h.Fine != 0 {
		return errors.New("fine: a second, larger look needs a graph that takes any size (free: true)")
	}
	if h.Fine < 0 || h.Fine > maxSide {
		return fmt.Errorf("fine: %d pixels: give 0 for one look, or up to %d", h.Fine, maxSide)
	}
	seen := map[string]bool{}
	for i, name := range c.Classes {
		if name == "" || seen[name] {
			return fmt.Errorf("class %d is named %q: each needs a name of its own", i+1, name)
		}
		seen[name] = true
	}
	for name, score := range c.Sure {
		if !seen[name] || !(score > 0 && score < 1) {
			return fmt.Errorf("sure: %s: %v: want one of the classes and a score between 0 and 1", name, score)
		}
	}
	for part, classes := range c.Parts {
		for _, name := range classes {
			if !seen[name] {
				return fmt.Errorf("parts: %s: %q is not among the classes", part, name)
			}
		}
	}
	return nil
}

// firstHead is what the first cards' digest is over.
type firstHead struct {
	Kind    string
	Width   int
	Height  int
	Order   string
	Pad     uint8
	Strides []int
}

// Digest is over all that can change an answer.
func (c *Card) Digest() string {
	h, head := sha256.New(), c.Head
	first := firstHead{head.Kind, head.Width, head.Height, head.Order, head.Pad, head.Strides}
	fmt.Fprintf(h, "%s\n%s\n%s\ngraph %s\nhead %+v\noverlap %v\n", c.Kind, c.Name, c.Version, c.Graph, first, c.Overlap)
	if head.Free || head.Many || head.Fine != 0 {
		fmt.Fprintf(h, "free %v fine %d many %v\n", head.Free, head.Fine, head.Many)
	}
	for _, name := range c.Classes {
		fmt.Fprintf(h, "class %q\n", name)
		if sure, ok := c.Sure[name]; ok {
			fmt.Fprintf(h, "sure %v\n", sure)
		}
	}
	for _, part := range slices.Sorted(maps.Keys(c.Parts)) {
		fmt.Fprintf(h, "part %q of %q\n", part, c.Parts[part])
	}
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
	if f.Graph, err = Hashed(dir, GraphFile, f.Card.Graph); err != nil {
		return nil, err
	}
	for _, s := range f.Card.Samples {
		data, err := Hashed(dir, s.File, s.SHA256)
		if err != nil {
			return nil, err
		}
		f.Samples = append(f.Samples, data)
	}
	return f, nil
}

// Hashed reads a file of a model folder that must be the one its card was written
// for. The error wraps ErrRefused.
func Hashed(dir fs.FS, name, want string) ([]byte, error) {
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w; copy the folder again", ErrRefused, err)
	}
	if have := fmt.Sprintf("%x", sha256.Sum256(data)); have != want {
		return nil, fmt.Errorf("%w: %s was altered or damaged: its sha256 begins with %.12s, the card says %.12s; copy the folder again", ErrRefused, name, have, want)
	}
	return data, nil
}

// box is a sample's box as a vision.Box.
func (b SampleBox) box() vision.Box {
	return vision.Box{X0: b.Box[0], Y0: b.Box[1], X1: b.Box[2], Y1: b.Box[3]}
}

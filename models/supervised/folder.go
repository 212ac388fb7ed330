package supervised

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"

	"linesman/models"
	"linesman/models/anomaly"
)

// cardFiles are the names that a card may have.
var cardFiles = []string{"card.yaml", "card.json"}

// ErrRefused marks a model folder that is there but can not be judged by.
var ErrRefused = errors.New("refused")

// Folder is a model folder in memory.
type Folder struct {
	Dir   string
	Card  Card
	Graph []byte
	// Samples are the card's pictures, as it lists them.
	Samples []anomaly.Picture
}

// Is reports whether a folder's card says that it is a model of this package.
func Is(dir string) bool {
	_, text, err := readCard(dir)
	var card struct {
		Kind Kind `yaml:"kind"`
	}
	return err == nil && yaml.Unmarshal(text, &card) == nil && slices.Contains([]Kind{Detector, Segmenter}, card.Kind)
}

func readCard(dir string) (path string, text []byte, err error) {
	for _, name := range cardFiles {
		path = filepath.Join(dir, name)
		if text, err = os.ReadFile(path); !errors.Is(err, fs.ErrNotExist) {
			return path, text, err
		}
	}
	return path, nil, fmt.Errorf("model %s: no card.yaml or card.json there: put the ONNX file and its card into the folder (docs/models.md)", dir)
}

// Read loads a model folder. It does not run the network; Open does.
func Read(dir string) (*Folder, error) {
	path, text, err := readCard(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{Dir: dir}
	if f.Card, err = Parse(text); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrRefused, err)
	}
	graph := filepath.Join(dir, f.Card.Graph)
	if f.Graph, err = os.ReadFile(graph); err != nil {
		return nil, fmt.Errorf("%s: graph: %w: put the ONNX file there or correct its name", path, err)
	}
	if have := fmt.Sprintf("%x", sha256.Sum256(f.Graph)); f.Card.GraphSHA256 != "" && have != f.Card.GraphSHA256 {
		return nil, fmt.Errorf("%s: %w: its sha256 is %s, graph_sha256 of the card says %s: copy the file again, or correct the card", graph, ErrRefused, have, f.Card.GraphSHA256)
	}
	for _, s := range f.Card.Samples {
		p, err := anomaly.ReadPicture(filepath.Join(dir, s.File))
		if err != nil {
			return nil, fmt.Errorf("%s: samples: %s: %w: put the picture there or take it off the card", path, s.File, err)
		}
		f.Samples = append(f.Samples, p)
	}
	return f, nil
}

// Model returns the name that stands in every verdict.
func (f *Folder) Model() models.Model { return f.Card.model(f.Graph) }

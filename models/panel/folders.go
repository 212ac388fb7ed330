package panel

import (
	"errors"
	"fmt"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/supervised"
)

// Folders are the model folders of one recipe, in memory.
type Folders struct {
	Taught *anomaly.Model       // nil without one
	Others []*supervised.Folder // trained elsewhere
}

// Read loads the folders that a recipe names: the taught model's, which may be empty,
// and those of others.
func Read(taught string, others []string) (f Folders, err error) {
	if taught != "" {
		if supervised.Is(taught) {
			return f, fmt.Errorf("model %s was trained elsewhere: name it by models: of the recipe", taught)
		}
		if f.Taught, err = anomaly.Read(taught); err != nil {
			return f, err
		}
	}
	for _, dir := range others {
		o, err := supervised.Read(dir)
		if err != nil {
			return f, err
		}
		f.Others = append(f.Others, o)
	}
	return f, nil
}

// ReadOne loads one folder, of either sort.
func ReadOne(dir string) (Folders, error) {
	if supervised.Is(dir) {
		return Read("", []string{dir})
	}
	return Read(dir, nil)
}

// Model names what judges by these folders, as Panel.Model does.
func (f Folders) Model() models.Model {
	var all []models.Model
	if f.Taught != nil {
		all = append(all, f.Taught.Card.Model())
	}
	for _, o := range f.Others {
		all = append(all, o.Model())
	}
	return joined(all)
}

// Open opens all models; each is proven as its package says. The caller closes the
// panel.
func (f Folders) Open(o anomaly.Options) (*Panel, error) {
	p := &Panel{}
	if f.Taught != nil {
		d, err := f.Taught.Detector(o)
		if err != nil {
			return nil, err
		}
		p.judges, p.parity = append(p.judges, d), d.Parity()
	}
	for _, folder := range f.Others {
		n, err := folder.Open(supervised.Options{Open: o.Open, Threads: o.Threads})
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		p.judges, p.parity = append(p.judges, n), max(p.parity, n.Parity())
	}
	if len(p.judges) == 0 {
		return nil, errors.New("panel: no model is named")
	}
	p.model = f.Model()
	return p, nil
}

// Load reads and opens the folders that a recipe names; see Read and Open.
func Load(taught string, others []string, o anomaly.Options) (*Panel, error) {
	f, err := Read(taught, others)
	if err != nil {
		return nil, err
	}
	return f.Open(o)
}

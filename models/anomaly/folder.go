package anomaly

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// The files of a model folder.
const (
	CardFile  = "card.yaml"
	GraphFile = "model.onnx"
)

// Model is a model folder in memory.
type Model struct {
	Card     Card
	Graph    []byte // the ONNX file
	Channels []ChannelFile
	Named    *Named            // defects that people named; nil: none
	Eyes     *Eyes             // how good whole pictures are taken; nil: not looked at
	Ground   *Ground           // what whole pictures show around the product; nil: it fills them
	Soft     *Blurred          // what judges blurred pictures; nil: the same that judges all
	Samples  map[string][]byte // PNG files by the name the card gives them
	Origins  *Origins          // where the good patches were seen; nil: nobody noted it
	Kept     map[string][]byte // good pictures by the file that Origins gives them
}

// Read loads a model folder and checks every hash. It does not yet run the
// model; Detector does, on the model's own samples.
func Read(dir string) (*Model, error) {
	if dir == "" {
		return nil, errors.New("no taught model is named; teach one with linesman teach")
	}
	text, err := os.ReadFile(filepath.Join(dir, CardFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("model %s: no %s there; teach one with linesman teach --good DIR --out %s", dir, CardFile, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", dir, err)
	}
	m, err := read(dir, text)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w: %w; copy the folder again or teach it anew with linesman teach", dir, ErrRefused, err)
	}
	return m, nil
}

func read(dir string, text []byte) (*Model, error) {
	m := &Model{Samples: map[string][]byte{}, Kept: map[string][]byte{}}
	soft := &Blurred{Contrast: ChannelFile{Name: softContrast}}
	var other struct {
		Kind string `yaml:"kind"`
	}
	if yaml.Unmarshal(text, &other) == nil && other.Kind != Kind {
		return nil, fmt.Errorf("%s: kind %q: want %s, as linesman teach makes it", CardFile, other.Kind, Kind)
	}
	if err := yaml.UnmarshalWithOptions(text, &m.Card, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %s", CardFile, yaml.FormatError(err, false, false))
	}
	if err := m.Card.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", CardFile, err)
	}
	if m.Card.digest() != m.Card.SHA256 {
		return nil, fmt.Errorf("%s was altered: its settings do not fit its sha256", CardFile)
	}
	for _, f := range m.Card.Files {
		data, err := readHashed(dir, f.Name, f.SHA256)
		if err != nil {
			return nil, err
		}
		switch f.Name {
		case GraphFile:
			m.Graph = data
		case NamedFile:
			if m.Named, err = readNamed(data); err != nil {
				return nil, err
			}
		case OriginsFile:
			if m.Origins, err = readOrigins(data); err != nil {
				return nil, err
			}
		case EyesFile:
			if m.Eyes, err = readEyes(data); err != nil {
				return nil, err
			}
		case GroundFile:
			if m.Ground, err = readGround(data); err != nil {
				return nil, err
			}
		case SoftGraphFile:
			soft.Graph, m.Soft = data, soft
		case SoftContrastFile:
			soft.Contrast.Data = data
		default:
			if strings.HasPrefix(f.Name, keptFolder) {
				m.Kept[f.Name] = data
			} else {
				m.Samples[f.Name] = data
			}
		}
	}
	for _, l := range m.Card.Channels {
		data, err := readHashed(dir, l.File, l.SHA256)
		if err != nil {
			return nil, err
		}
		m.Channels = append(m.Channels, ChannelFile{Name: l.Name, Data: data})
	}
	if m.Graph == nil {
		return nil, fmt.Errorf("%s names no %s", CardFile, GraphFile)
	}
	return m, nil
}

func readHashed(dir, name, want string) ([]byte, error) {
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("file %q lies outside the folder", name)
	}
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	if have := sum(data); have != want {
		return nil, fmt.Errorf("%s was altered or damaged: sha256 %s, the card says %s", name, short(have), short(want))
	}
	return data, nil
}

func short(hash string) string { return hash[:min(len(hash), 12)] }

// Write puts the model into dir, made if absent. An older model there is
// replaced as a whole: a crash leaves the old one or the new one.
func (m *Model) Write(dir string) error {
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("model %s: %w", dir, err)
	}
	if err := mayReplace(dir); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), ".model-")
	if err != nil {
		return fmt.Errorf("model %s: %w", dir, err)
	}
	defer os.RemoveAll(fresh)
	if err := m.writeInto(fresh); err != nil {
		return fmt.Errorf("model %s: %w", dir, err)
	}
	old := fresh + "-old"
	if err := os.Rename(dir, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("model %s: set the old one aside: %w", dir, err)
	}
	if err := os.Rename(fresh, dir); err != nil {
		os.Rename(old, dir)
		return fmt.Errorf("model %s: %w", dir, err)
	}
	return os.RemoveAll(old)
}

// mayReplace refuses to wipe a folder that holds something else than a model.
func mayReplace(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("model %s: %w", dir, err)
	}
	if _, err := os.Stat(filepath.Join(dir, CardFile)); err != nil {
		return fmt.Errorf("model %s: the folder is not empty and holds no model; give another --out", dir)
	}
	return nil
}

// content is one file of a model folder.
type content struct {
	name string
	data []byte
}

// files returns what the model is made of, in the card's order: all of the folder
// but the card, the samples and the channels.
func (m *Model) files() ([]content, error) {
	all := []content{{GraphFile, m.Graph}}
	add := func(name string, save func() ([]byte, error)) error {
		data, err := save()
		all = append(all, content{name, data})
		return err
	}
	var errs []error
	if m.Named != nil {
		errs = append(errs, add(NamedFile, m.Named.save))
	}
	if m.Origins != nil {
		errs = append(errs, add(OriginsFile, m.Origins.save))
		for _, name := range slices.Sorted(maps.Keys(m.Kept)) {
			all = append(all, content{name, m.Kept[name]})
		}
	}
	if m.Eyes != nil {
		errs = append(errs, add(EyesFile, m.Eyes.save))
	}
	if m.Ground != nil {
		errs = append(errs, add(GroundFile, m.Ground.save))
	}
	if m.Soft != nil {
		all = append(all, content{SoftGraphFile, m.Soft.Graph}, content{SoftContrastFile, m.Soft.Contrast.Data})
	}
	return all, errors.Join(errs...)
}

func (m *Model) writeInto(dir string) error {
	own, err := m.files()
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	for _, f := range own {
		files[f.name] = f.data
	}
	for name, data := range m.Samples {
		files[name] = data
	}
	for _, c := range m.Channels {
		files[c.file()] = c.Data
	}
	text, err := yaml.Marshal(&m.Card)
	if err != nil {
		return err
	}
	files[CardFile] = text
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := writeSynced(path, data); err != nil {
			return err
		}
	}
	return nil
}

func writeSynced(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

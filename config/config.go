// Package config is what one site has: cameras, controllers and lines, read
// from one YAML file, checked and explained. Each package owns the type of its
// own part and checks it; a driver's options stay raw until the driver reads
// them, so that config never learns what a baud rate is.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"linesman/access"
	"linesman/alarm"
	"linesman/line"
	"linesman/part"
	"linesman/proof"
	"linesman/recipe"
	"linesman/rules"
	"linesman/scene"
	"linesman/watch"
)

// Site is everything installed at one place.
type Site struct {
	Name        string                         `yaml:"site"`
	Zone        string                         `yaml:"zone"` // IANA name; default the box's own
	Data        string                         `yaml:"data"` // folder of log and evidence, relative to the file; default "data"
	Listen      string                         `yaml:"listen"`
	Access      access.Policy                  `yaml:"access"`
	Keep        Keep                           `yaml:"keep"`
	Shifts      proof.Shifts                   `yaml:"shifts"`   // for certificates; default early, late and night
	Schedule    Schedule                       `yaml:"schedule"` // changes of recipes by the clock; default none
	Learning    Learning                       `yaml:"learning"` // candidates made in the background; default none
	Cameras     map[part.CameraID]Camera       `yaml:"cameras"`
	Controllers map[string]Driver              `yaml:"controllers"`
	Lines       map[part.LineID]*line.Settings `yaml:"lines"`

	Watches  map[part.CameraID]*watch.Settings `yaml:"watches"`  // safety cameras, by the name they have among cameras
	Spaces   map[string]scene.Space            `yaml:"spaces"`   // closed spaces whose heads are counted at their doors
	Machines map[string]rules.Machine          `yaml:"machines"` // no lines of this site, of which the log says whether they run
	Rules    string                            `yaml:"rules"`    // file of the rules of place and dress, relative to this one
	Alarms   alarm.Settings                    `yaml:"alarms"`   // how alarms are kept, and who is told of them

	file string // as it was given
	dir  string
}

// Camera is a driver with its options and what its supervisor watches for.
type Camera = Driver

// Driver is the name of a driver and its options, not yet read.
type Driver struct {
	Name    string
	Options []byte // YAML, padded so that line numbers are the file's
}

// UnmarshalYAML takes the options as they stand in the file.
func (d *Driver) UnmarshalYAML(node ast.Node) error {
	m, ok := node.(*ast.MappingNode)
	var values []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		return fmt.Errorf("[%d:%d] want a mapping with driver: and its options", node.GetToken().Position.Line, node.GetToken().Position.Column)
	}
	var rest []*ast.MappingValueNode
	for _, v := range values {
		if v.Key.String() == "driver" {
			d.Name = strings.Trim(v.Value.String(), `"'`)
			continue
		}
		rest = append(rest, v)
	}
	if d.Name == "" {
		p := node.GetToken().Position
		return fmt.Errorf("[%d:%d] driver: is missing", p.Line, p.Column)
	}
	if len(rest) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(strings.Repeat("\n", max(0, rest[0].Key.GetToken().Position.Line-1)))
	if ok && m.IsFlowStyle {
		b.WriteString(strings.Repeat(" ", max(0, rest[0].Key.GetToken().Position.Column-2)))
		b.WriteString("{")
		for i, v := range rest {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(strings.TrimSpace(v.String()))
		}
		b.WriteString("}")
	} else {
		for _, v := range rest {
			b.WriteString(v.String() + "\n")
		}
	}
	d.Options = []byte(b.String())
	return nil
}

// Load reads and checks a site file and the recipes it names.
func Load(path string) (*Site, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("site file: %w; give its path with -c, see examples/", err)
	}
	s, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("site file %s: %w", path, err)
	}
	s.file, s.dir = path, filepath.Dir(path)
	return s, nil
}

// Parse reads a site file. Unknown keys are refused with line and column.
func Parse(data []byte) (*Site, error) {
	var s Site
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&s); err != nil {
		return nil, errors.New(yaml.FormatError(err, false, true))
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return &s, nil
}

// Validate fills defaults and refuses what can not be meant.
func (s *Site) Validate() error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Name == "" {
		refuse(`"site:" names no site`)
	}
	if s.Data == "" {
		s.Data = "data"
	}
	if s.Listen == "" {
		s.Listen = "127.0.0.1:8080"
	}
	if _, _, err := net.SplitHostPort(s.Listen); err != nil {
		refuse("listen %q: want host:port, such as 127.0.0.1:8080", s.Listen)
	}
	if err := s.Access.Validate(); err != nil {
		refuse("%w", err)
	}
	if err := s.Keep.Validate(); err != nil {
		refuse("%w", err)
	}
	if err := s.Shifts.Validate(); err != nil {
		refuse("%w", err)
	}
	if err := s.Learning.Validate(); err != nil {
		refuse("%w", err)
	}
	if _, err := s.Location(); err != nil {
		refuse("zone %q: %v; want an IANA name such as Europe/Berlin or Asia/Shanghai", s.Zone, err)
	}
	if len(s.Lines) == 0 && len(s.Watches) == 0 {
		refuse("lines and watches are empty: this site would do nothing")
	}
	if err := s.Schedule.Validate(s.LineIDs()); err != nil {
		refuse("%w", err)
	}
	devices := map[string]part.CameraID{}
	for _, id := range sorted(s.Cameras) {
		c := s.Cameras[id]
		key := c.Name + "\n" + strings.TrimSpace(string(c.Options))
		if other, taken := devices[key]; taken && len(c.Options) > 0 {
			refuse("cameras %s and %s open the same device with the same options: two drivers can not share one camera; let both views name camera %s", other, id, other)
		}
		devices[key] = id
	}
	links := map[string]string{}
	for _, name := range sorted(s.Controllers) {
		c := s.Controllers[name]
		key := c.Name + "\n" + strings.TrimSpace(string(c.Options))
		if other, taken := links[key]; taken && len(c.Options) > 0 {
			refuse("controllers %s and %s open the same device with the same options: two drivers can not share one controller", other, name)
		}
		links[key] = name
	}
	viewed, driven := map[part.CameraID]part.LineID{}, map[string]part.LineID{}
	for _, id := range sorted(s.Lines) {
		l := s.Lines[id]
		if l == nil {
			refuse("line %s is empty", id)
			continue
		}
		if err := l.Validate(); err != nil {
			refuse("line %s: %w", id, err)
		}
		for _, v := range l.Views {
			if _, ok := s.Cameras[v.Camera]; !ok && v.Camera != "" {
				refuse("line %s: camera %q is not among cameras: %v", id, v.Camera, sorted(s.Cameras))
			}
			if other, taken := viewed[v.Camera]; taken && other != id {
				refuse("line %s: camera %q is used by line %s already", id, v.Camera, other)
			}
			viewed[v.Camera] = id
		}
		if len(l.Gates) > 0 {
			name := l.Gates[0].Controller
			if other, taken := driven[name]; taken && name != "" {
				refuse("line %s: controller %q is used by line %s already: a controller has one queue, one encoder and one line", id, name, other)
			}
			driven[name] = id
		}
		for _, g := range l.Gates {
			if _, ok := s.Controllers[g.Controller]; !ok && g.Controller != "" {
				refuse("line %s: controller %q is not among controllers: %v", id, g.Controller, sorted(s.Controllers))
			}
			if g.Controller != l.Gates[0].Controller {
				refuse("line %s: its gates hang on controllers %q and %q; one line has one encoder and one controller", id, l.Gates[0].Controller, g.Controller)
			}
		}
		if c := l.Encoder.Controller; c != "" && len(l.Gates) > 0 && c != l.Gates[0].Controller {
			refuse("line %s: encoder.controller %q is not the gates' controller %q", id, c, l.Gates[0].Controller)
		}
	}
	for _, err := range s.validateWatches(viewed) {
		refuse("%w", err)
	}
	return errors.Join(errs...)
}

// Location returns the time zone of the screens: the site's, else the box's own
// by its IANA name, else UTC. Browsers know no zone called "Local".
func (s *Site) Location() (*time.Location, error) {
	if s.Zone != "" {
		return time.LoadLocation(s.Zone)
	}
	if link, err := os.Readlink("/etc/localtime"); err == nil {
		if _, name, ok := strings.Cut(link, "zoneinfo/"); ok {
			if zone, err := time.LoadLocation(name); err == nil && name != "" {
				return zone, nil
			}
		}
	}
	return time.UTC, nil
}

// File returns where the site file was loaded from.
func (s *Site) File() string { return s.file }

// Path returns a path of the site file, relative to the file's own folder.
func (s *Site) Path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(s.dir, p)
}

// Recipe loads the recipe by which a line judges: the one that was made active,
// or, where none ever was, the site file's own.
func (s *Site) Recipe(id part.LineID) (*recipe.Recipe, error) {
	l, shelf := s.Lines[id], s.Shelf()
	active, err := shelf.Active(string(id))
	if err != nil {
		return nil, err
	}
	var r *recipe.Recipe
	if active == nil {
		r, err = recipe.Load(s.Path(l.Recipe))
	} else if r, _, err = shelf.Load(active.Recipe); err == nil && r.Hash() != active.Hash {
		err = fmt.Errorf("recipe %s was made active with SHA-256 %.12s and has %.12s now: bring %s back from a backup", r.ID(), active.Hash, r.Hash(), shelf.Dir)
	}
	if err != nil {
		return nil, fmt.Errorf("line %s: %w", id, err)
	}
	return r, s.Fits(id, r)
}

// Shelf is where versions of recipes are kept that were tested, signed or active.
// It only reads until its Write is set.
func (s *Site) Shelf() recipe.Shelf {
	return recipe.Shelf{Dir: filepath.Join(s.Path(s.Data), "recipes")}
}

// Fits refuses a recipe that asks for what a line does not have.
func (s *Site) Fits(id part.LineID, r *recipe.Recipe) error {
	l := s.Lines[id]
	for _, name := range r.Views {
		if !slices.ContainsFunc(l.Views, func(v line.View) bool { return v.Name == name }) {
			return fmt.Errorf("line %s: recipe %s wants view %q, which the line does not have", id, r.ID(), name)
		}
	}
	return nil
}

// LineIDs returns the lines in the order of their names.
func (s *Site) LineIDs() []part.LineID { return sorted(s.Lines) }

// CameraIDs returns the cameras in the order of their names.
func (s *Site) CameraIDs() []part.CameraID { return sorted(s.Cameras) }

func sorted[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

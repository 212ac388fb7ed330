// Package recipe says what one product needs: how its parts are found, the
// model that knows the good ones, the limits of a verdict, what is kept. A
// recipe is a YAML file; its hash and its model's hash stand in every verdict.
package recipe

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"

	"linesman/rules"
	"linesman/vision"
)

// Recipe is one version of what a product needs.
type Recipe struct {
	Name    string                `yaml:"recipe"`
	Version int                   `yaml:"version"`
	Part    vision.LocateSettings `yaml:"part"`
	// Views names the cameras' views that must each be there for a verdict;
	// empty means every view of the line.
	Views []string `yaml:"views"`
	Model string   `yaml:"model"` // folder of the taught model, relative to the recipe's file
	// Models are folders of models that were trained elsewhere on labelled pictures.
	// They judge beside the taught one, or without one; the worst counts.
	Models []string     `yaml:"models"`
	Limits rules.Limits `yaml:"limits"`
	Keep   Keep         `yaml:"keep"`

	hash string
	path string
}

// Keep says which pictures stay as evidence. Every reject and every
// inconclusive part is kept; of the passes one in OnePassIn.
type Keep struct {
	OnePassIn int `yaml:"one_pass_in"` // default 1000
}

// Load reads and checks a recipe file.
func Load(path string) (*Recipe, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("recipe %s: %w; write one, see examples/, or teach it with linesman teach", path, err)
	}
	r, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("recipe %s: %w", path, err)
	}
	r.path = path
	return r, nil
}

// Parse reads a recipe. Unknown keys are refused with line and column.
func Parse(data []byte) (*Recipe, error) {
	var r Recipe
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&r); err != nil {
		return nil, errors.New(yaml.FormatError(err, false, true))
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	r.hash = hex.EncodeToString(sum[:])
	return &r, nil
}

// Validate fills defaults and refuses what can not be meant.
func (r *Recipe) Validate() error {
	var errs []error
	if r.Name == "" {
		errs = append(errs, errors.New(`"recipe:" names no product`))
	}
	if r.Version < 1 {
		errs = append(errs, fmt.Errorf("version is %d: count from 1 and raise it with every change", r.Version))
	}
	if r.Part.DiameterMM <= 0 {
		errs = append(errs, fmt.Errorf("part.diameter_mm is %v: measure the part's largest extent in mm", r.Part.DiameterMM))
	}
	if r.Model == "" && len(r.Models) == 0 {
		errs = append(errs, errors.New(`"model:" names no folder; teach one with linesman teach, or name by "models:" what was trained elsewhere`))
	}
	for i, m := range r.Models {
		if m == "" || m == r.Model || slices.Contains(r.Models[:i], m) {
			errs = append(errs, fmt.Errorf("models[%d] is %q: name each folder once, and the taught model by model: alone", i, m))
		}
	}
	if r.Keep.OnePassIn == 0 {
		r.Keep.OnePassIn = 1000
	}
	if r.Keep.OnePassIn < 0 {
		errs = append(errs, fmt.Errorf("keep.one_pass_in is %d: want at least 1", r.Keep.OnePassIn))
	}
	if err := r.Limits.Validate(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Hash returns the SHA-256 of the recipe's file, in hex.
func (r *Recipe) Hash() string { return r.hash }

// ID returns name@version, as parts carry it.
func (r *Recipe) ID() string { return fmt.Sprintf("%s@%d", r.Name, r.Version) }

// File returns the path it was loaded from; empty if it was parsed.
func (r *Recipe) File() string { return r.path }

// ModelDir returns the taught model's folder; empty without one.
func (r *Recipe) ModelDir() string {
	if r.Model == "" {
		return ""
	}
	return r.beside(r.Model)
}

// OtherDirs returns the folders of the models that were trained elsewhere.
func (r *Recipe) OtherDirs() (dirs []string) {
	for _, m := range r.Models {
		dirs = append(dirs, r.beside(m))
	}
	return dirs
}

// beside returns a folder that the recipe names.
func (r *Recipe) beside(folder string) string {
	if filepath.IsAbs(folder) {
		return folder
	}
	return filepath.Join(filepath.Dir(r.path), folder)
}

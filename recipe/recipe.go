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
	Views  []string     `yaml:"views"`
	Model  string       `yaml:"model"` // folder, relative to the recipe's file
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
	if r.Model == "" {
		errs = append(errs, errors.New(`"model:" names no folder; teach one with linesman teach`))
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

// ModelDir returns the model's folder.
func (r *Recipe) ModelDir() string {
	if filepath.IsAbs(r.Model) {
		return r.Model
	}
	return filepath.Join(filepath.Dir(r.path), r.Model)
}

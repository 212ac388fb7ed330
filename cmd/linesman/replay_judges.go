package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"linesman/config"
	"linesman/line"
	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/onnx"
	"linesman/part"
	"linesman/proof"
	"linesman/recipe"
)

// judges opens what a verdict was reached by: recipe and model, found by their
// hashes, where the site's own recipe is or beside it.
type judges struct {
	site      *config.Site
	detectors map[string]*anomaly.Detector // by hash
}

func newJudges(site *config.Site) *judges {
	return &judges{site: site, detectors: map[string]*anomaly.Detector{}}
}

func (j *judges) close() {
	for _, d := range j.detectors {
		d.Close()
	}
}

// open returns a line's judge; see proof.Replay.
func (j *judges) open(id, recipeHash, modelHash string) (proof.Rejudge, error) {
	rec, err := j.recipe(part.LineID(id), recipeHash)
	if err != nil {
		return nil, err
	}
	d, err := j.detector(rec, modelHash)
	if err != nil {
		return nil, err
	}
	return line.Again{Recipe: rec, Detector: d}.Judge, nil
}

// recipe looks for the recipe of a hash: the line's own, then every other file
// in its folder, where earlier versions lie.
func (j *judges) recipe(id part.LineID, hash string) (*recipe.Recipe, error) {
	set := j.site.Lines[id]
	if set == nil {
		return nil, fmt.Errorf("%w: the site has no line %q any more", proof.ErrOtherRecipe, id)
	}
	own := j.site.Path(set.Recipe)
	beside, err := filepath.Glob(filepath.Join(filepath.Dir(own), "*.yaml"))
	if err != nil {
		return nil, err
	}
	kept, err := filepath.Glob(filepath.Join(j.site.Shelf().Dir, "*", "recipe.yaml"))
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Concat([]string{own}, beside, kept) {
		if r, err := recipe.Load(path); err == nil && r.Hash() == hash {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%w: neither %s, nor a file beside it, nor a version on the shelf has the SHA-256 %s; put that version of the recipe there", proof.ErrOtherRecipe, own, hash)
}

// detector opens the model of a hash, once.
func (j *judges) detector(rec *recipe.Recipe, hash string) (*anomaly.Detector, error) {
	if d := j.detectors[hash]; d != nil {
		return d, nil
	}
	m, err := modelBeside(rec, hash)
	if err != nil {
		return nil, err
	}
	d, err := m.Detector(anomaly.Options{Open: onnx.Open, Threads: 1, Channels: channel.All()})
	if err != nil {
		return nil, err
	}
	j.detectors[hash] = d
	return d, nil
}

// modelBeside reads the model of a hash: the recipe's own folder, then those beside it.
func modelBeside(rec *recipe.Recipe, hash string) (*anomaly.Model, error) {
	own := rec.ModelDir()
	cards, err := filepath.Glob(filepath.Join(filepath.Dir(own), "*", anomaly.CardFile))
	if err != nil {
		return nil, err
	}
	dirs := []string{own}
	for _, card := range cards {
		if dir := filepath.Dir(card); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		m, err := anomaly.Read(dir)
		if err != nil || m.Card.Model().SHA256 != hash {
			continue // another model, or one that is damaged: not the one
		}
		return m, nil
	}
	return nil, fmt.Errorf("%w: neither %s nor a folder beside it has the SHA-256 %s; put that model there", proof.ErrOtherModel, own, hash)
}

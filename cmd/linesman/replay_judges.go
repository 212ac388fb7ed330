package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"linesman/config"
	"linesman/line"
	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/panel"
	"linesman/part"
	"linesman/proof"
	"linesman/recipe"
)

// judges opens what a verdict was reached by: recipe and model, found by their
// hashes, where the site's own recipe is or beside it.
type judges struct {
	site      *config.Site
	detectors map[string]models.Detector // by hash
}

func newJudges(site *config.Site) *judges {
	return &judges{site: site, detectors: map[string]models.Detector{}}
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

// detector opens the models of a hash, once.
func (j *judges) detector(rec *recipe.Recipe, hash string) (models.Detector, error) {
	if d := j.detectors[hash]; d != nil {
		return d, nil
	}
	m, err := modelsBeside(rec, hash)
	if err != nil {
		return nil, err
	}
	d, err := m.Open(modelOptions(1))
	if err != nil {
		return nil, err
	}
	j.detectors[hash] = d
	return d, nil
}

// modelsBeside reads the models of a hash: those that the recipe names, then with
// each taught one that lies beside its own.
func modelsBeside(rec *recipe.Recipe, hash string) (panel.Folders, error) {
	own := rec.ModelDir()
	others, err := panel.Read("", rec.OtherDirs())
	if err != nil {
		return others, fmt.Errorf("%w: %w", proof.ErrOtherModel, err)
	}
	if own == "" {
		if others.Model().SHA256 == hash {
			return others, nil
		}
		return others, fmt.Errorf("%w: those in %s have not the SHA-256 %s together; put the ones before there", proof.ErrOtherModel, strings.Join(rec.OtherDirs(), ", "), hash)
	}
	cards, err := filepath.Glob(filepath.Join(filepath.Dir(own), "*", anomaly.CardFile))
	if err != nil {
		return others, err
	}
	dirs := []string{own}
	for _, card := range cards {
		if dir := filepath.Dir(card); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		m, err := anomaly.Read(dir)
		with := panel.Folders{Taught: m, Others: others.Others}
		if err != nil || with.Model().SHA256 != hash {
			continue // another model, or one that is damaged: not the one
		}
		return with, nil
	}
	return others, fmt.Errorf("%w: neither %s nor a folder beside it has the SHA-256 %s; put that model there", proof.ErrOtherModel, own, hash)
}

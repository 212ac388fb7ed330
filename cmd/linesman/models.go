package main

import (
	"fmt"

	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/onnx"
	"linesman/models/panel"
	"linesman/recipe"
)

// modelOptions is what models run with, on so many cores.
func modelOptions(threads int) anomaly.Options {
	return anomaly.Options{Open: onnx.Open, Threads: threads, Channels: channel.All()}
}

// readModels reads the folders of all models that a recipe names.
func readModels(rec *recipe.Recipe) (panel.Folders, error) {
	f, err := panel.Read(rec.ModelDir(), rec.OtherDirs())
	if err != nil {
		return f, fmt.Errorf("recipe %s: %w", rec.ID(), err)
	}
	return f, nil
}

// openModels opens all models that a recipe names, each on one core, to judge
// together. The caller closes them.
func openModels(rec *recipe.Recipe) (*panel.Panel, error) {
	f, err := readModels(rec)
	if err != nil {
		return nil, err
	}
	p, err := f.Open(modelOptions(1))
	if err != nil {
		return nil, fmt.Errorf("recipe %s: %w", rec.ID(), err)
	}
	return p, nil
}

// modelsOf reads the models that a recipe names; on the shelf they must be those that
// were put there.
func modelsOf(rec *recipe.Recipe, k *recipe.Kept) (panel.Folders, error) {
	f, err := readModels(rec)
	if err == nil && k != nil {
		err = sameModels(rec, k, f.Model().SHA256)
	}
	return f, err
}

// sameModels refuses models with another hash than those that were put on the shelf.
func sameModels(rec *recipe.Recipe, k *recipe.Kept, hash string) error {
	if hash == k.ModelHash {
		return nil
	}
	return fmt.Errorf("recipe %s: its model on the shelf is another one now: bring %s back from a backup", k.Recipe, append(rec.OtherDirs(), rec.ModelDir()))
}

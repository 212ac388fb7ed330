package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
	"github.com/schollz/progressbar/v3"

	"linesman/models/anomaly"
	"linesman/models/onnx"
	"linesman/models/teach"
)

// TeachCmd teaches a model from whole pictures of good parts.
type TeachCmd struct {
	Good    string `required:"" type:"existingdir" help:"Folder of good pictures."`
	Defects string `type:"existingdir" help:"Folder of defective pictures; they fill the card's figures and are not taught."`
	Out     string `required:"" type:"path" help:"Folder for the model; made if absent."`
	Threads int    `default:"2" help:"Cores to use."`
}

// Run teaches, writes the model folder and prints its card.
func (c *TeachCmd) Run(ctx context.Context) error {
	good, err := teach.FindPictures(c.Good)
	if err != nil {
		return err
	}
	in := teach.Input{Name: filepath.Base(filepath.Clean(c.Out)), Good: good, Open: onnx.Open, Threads: c.Threads}
	if c.Defects != "" {
		defects, err := teach.FindPictures(c.Defects)
		if err != nil {
			return err
		}
		in.Defects = defects
	}
	var bar *progressbar.ProgressBar
	stage := ""
	in.Progress = func(name string, done, total int) {
		if name != stage {
			stage = name
			bar = progressbar.NewOptions(total, progressbar.OptionSetDescription(name), progressbar.OptionSetWriter(os.Stderr), progressbar.OptionClearOnFinish())
		}
		_ = bar.Set(done) // a bar that can not be drawn is no reason to stop teaching
	}
	model, err := teach.Teach(ctx, in)
	if err != nil {
		return fmt.Errorf("teaching from %s: %w", c.Good, err)
	}
	if err := model.Write(c.Out); err != nil {
		return err
	}
	return printCard(model)
}

func printCard(model *anomaly.Model) error {
	text, err := yaml.Marshal(model.Card)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}

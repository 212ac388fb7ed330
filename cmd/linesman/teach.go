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
	"linesman/part"
)

// TeachCmd teaches a model from pictures of good parts.
type TeachCmd struct {
	Good    string  `required:"" type:"existingdir" help:"Folder of good pictures."`
	Defects string  `type:"existingdir" help:"Folder of labelled defects, a folder a kind: two of a kind teach its name, and all of them show where the limit should lie."`
	Out     string  `type:"path" help:"Folder for the model; made if absent. Default, with a site file: the one that the recipe names."`
	Threads int     `default:"2" help:"Cores to use."`
	Recipe  string  `type:"path" placeholder:"FILE" help:"The product's recipe: the parts are located first, as its part: says, and the recipe then names this model. Made if absent."`
	MMPerPx float64 `name:"mm-per-px" placeholder:"0.1" help:"With --recipe: what one pixel covers on the belt, as the site file's view says."`
	Belt    string  `default:"+x" enum:"+x,-x,+y,-y" help:"With --recipe: the direction of travel in the pictures."`
	MM      float64 `name:"diameter-mm" placeholder:"28" help:"For a new recipe: the part's largest extent."`
	Lanes   int     `default:"1" help:"For a new recipe: lanes side by side."`
	LaneMM  float64 `name:"lane-mm" placeholder:"10" help:"For a new recipe: from lane to lane."`

	Config  string   `short:"c" type:"existingfile" placeholder:"FILE" help:"The site file: recipe, scale and direction are the line's."`
	Line    string   `help:"With a site file: the line. Default: its only one."`
	With    []string `placeholder:"PART" help:"Of parts that linesman gather left out: take these."`
	Without []string `placeholder:"PART" help:"Of parts that linesman gather takes: leave these out, such as 0012-3."`

	line   part.LineID // of the site file
	judges string      // name@version that was made active there, "" where the site file's recipe judges
}

// Help tells the two ways.
func (c *TeachCmd) Help() string {
	return `Whole pictures, judged as they are (linesman inspect):
  linesman teach --good good/ --out models/lid
  linesman teach --good good/ --defects defects/ --out models/lid     (defects/scratch/1.png, ...)

Parts on a belt, in frames as the line's camera takes them, judged on a line
(linesman run). The recipe's version is raised, since its model has changed. Frames
of --defects show defective parts of their kind alone:
  linesman teach --good frames/ --recipe cap-28.yaml --mm-per-px 0.1 --diameter-mm 28 --out models/cap-28

The same with the site file of the line, from what linesman gather took off it:
  linesman teach -c site.yaml --good gathered`
}

// Run teaches, writes the model folder and prints its card.
func (c *TeachCmd) Run(ctx context.Context) error {
	if err := c.fromSite(); err != nil {
		return err
	}
	in := teach.Input{Name: filepath.Base(filepath.Clean(c.Out)), Open: onnx.Open, Threads: c.Threads, Progress: progress()}
	if c.Recipe != "" {
		return c.located(ctx, in)
	}
	good, err := teach.FindPictures(c.Good)
	if err != nil {
		return err
	}
	in.Good = good
	if c.Defects != "" {
		defects, err := teach.FindPictures(c.Defects)
		if err != nil {
			return err
		}
		in.Defects, in.DefectNames = defects, defects.Kinds(c.Defects)
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

// progress draws a bar a stage, where a person watches.
func progress() func(stage string, done, total int) {
	var drawn *progressbar.ProgressBar
	stage := ""
	return func(name string, done, total int) {
		if name != stage {
			stage = name
			drawn = bar(int64(total), name)
		}
		_ = drawn.Set(done) // a bar that can not be drawn is no reason to stop teaching
	}
}

func printCard(model *anomaly.Model) error {
	text, err := yaml.Marshal(model.Card)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}

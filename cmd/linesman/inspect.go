package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"strings"
	"time"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/panel"
	"linesman/models/teach"
	"linesman/part"
	"linesman/rules"
)

// InspectCmd judges pictures.
type InspectCmd struct {
	Model    string   `required:"" type:"existingdir" help:"The model's folder."`
	JSON     bool     `help:"One JSON object a picture; with --report, its figures as one object."`
	Heatmaps string   `type:"path" help:"Folder for heat maps, 16-bit grey PNG of the picture's size; made if absent."`
	Nearest  string   `type:"path" help:"Folder for strips of rejected pictures, made if absent: the worst place, the good one it was compared with, and the heat map."`
	Threads  int      `default:"2" help:"Cores to use: so many pictures are judged at a time."`
	Report   string   `type:"existingdir" placeholder:"DIR" help:"Prove the model on labelled pictures: DIR/good and a folder for each defect, or DIR/test/good and so on. Writes one HTML page."`
	Out      string   `short:"o" placeholder:"FILE" help:"With --report: the page; - is the standard output. Default: a name of its own in the current folder."`
	Masks    string   `type:"existingdir" placeholder:"DIR" help:"With --report: masks by picture, NAME.png, white where defective. Default: DIR/masks or DIR/ground_truth."`
	Curve    []int    `placeholder:"5,10,20,50" help:"With --report: teach anew from the first so many good pictures and judge the same pictures; takes minutes."`
	Teach    string   `type:"existingdir" placeholder:"DIR" help:"With --curve: good pictures to teach from. Default: DIR/train/good."`
	Paths    []string `arg:"" optional:"" type:"path" help:"Pictures, or folders of pictures."`
}

// Help tells the two ways.
func (c *InspectCmd) Help() string {
	return `Judge pictures, or prove on labelled ones how good a model is (docs/inspect.md):

  linesman inspect --model models/lid new/
  linesman inspect --model models/lid --report lids/ --out lid.html
  linesman inspect --model models/lid --report lids/ --curve 5,10,20,50`
}

// check refuses what can not be meant together.
func (c *InspectCmd) check() error {
	switch {
	case c.Report == "" && len(c.Paths) == 0:
		return errors.New("say what to judge: pictures or folders of pictures, or --report DIR with labelled ones")
	case c.Report == "" && (c.Out != "" || c.Masks != "" || c.Teach != "" || len(c.Curve) > 0):
		return errors.New("--out, --masks, --curve and --teach belong to a report: name its pictures by --report DIR")
	case c.Report != "" && len(c.Paths) > 0:
		return fmt.Errorf("--report judges the pictures in %s alone; leave out %s, or --report", c.Report, strings.Join(c.Paths, " "))
	case c.Report != "" && c.Heatmaps != "":
		return errors.New("--heatmaps writes one file a picture by its name, and labelled folders may share names; ask for it without --report")
	case c.Report != "" && c.Nearest != "":
		return errors.New("--nearest writes one file a picture by its name; the report shows what its pictures were compared with by itself: leave --nearest out")
	case c.JSON && c.Out == "-":
		return errors.New("--json and --out - both want the standard output; give --out a file")
	}
	return nil
}

// answer is one line of inspect --json.
type answer struct {
	File    string       `json:"file"`
	Score   float64      `json:"score"`
	Outcome part.Outcome `json:"outcome"`
	Class   string       `json:"class,omitempty"` // of the strongest reason: a named defect, else what found it
	Reasons []string     `json:"reasons"`
	MS      float64      `json:"ms"`
	Nearest *nearest     `json:"nearest,omitempty"` // of a rejected picture, with --nearest

	heat image.Image // with --nearest
}

// Run judges every picture; what can not be read is inconclusive.
func (c *InspectCmd) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Report != "" {
		return c.report(ctx)
	}
	folder, err := panel.ReadOne(c.Model)
	if err != nil {
		return err
	}
	detector, err := folder.Open(c.options())
	if err != nil {
		return err
	}
	defer detector.Close()
	for _, dir := range []string{c.Heatmaps, c.Nearest} {
		if dir == "" {
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	var ex *anomaly.Explainer
	if c.Nearest != "" {
		why := ""
		if ex, why, err = explainer(c.Model, c.options()); err != nil {
			return err
		}
		if ex == nil {
			return fmt.Errorf("--nearest: model %s: %s", c.Model, why)
		}
		defer ex.Close()
	}
	var files teach.Pictures
	for _, path := range c.Paths {
		if st, err := os.Stat(path); err != nil || !st.IsDir() {
			files = append(files, path)
			continue
		}
		found, err := teach.FindPictures(path)
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	judge := func(i int) answer { return c.judge(ctx, detector, files[i]) }
	return ahead(ctx, c.Threads, len(files), judge, func(i int, a answer) error {
		if ex != nil && a.Score >= 1 {
			if err := c.compare(ctx, ex, files[i], &a); err != nil {
				return fmt.Errorf("%s: %w", files[i], err)
			}
		}
		return c.print(a)
	})
}

// options are of networks that use one core each: pictures are judged beside each other.
func (c *InspectCmd) options() anomaly.Options {
	return modelOptions(1)
}

func (c *InspectCmd) print(a answer) error {
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(a)
	}
	_, err := fmt.Printf("%-12s %6.2f  %s  %s\n", a.Outcome, a.Score, a.File, strings.Join(a.Reasons, "; "))
	return err
}

func (c *InspectCmd) judge(ctx context.Context, d panel.Judge, file string) answer {
	began := time.Now()
	a := answer{File: file}
	picture, err := anomaly.ReadPicture(file)
	var result models.Result
	if err == nil {
		result, err = d.Look(ctx, picture, models.Ask{Heatmap: c.Heatmaps != "" || c.Nearest != ""})
	}
	if err == nil && c.Heatmaps != "" {
		err = writeHeat(c.Heatmaps, file, result.Heatmap, picture.Width, picture.Height)
	}
	if err == nil {
		if a.Score = result.Anomaly; c.Nearest != "" && a.Score >= 1 {
			a.heat = hot(shrunk(picture), result.Heatmap)
		}
	}
	a.Outcome, a.Class, a.Reasons = decide(result, err)
	a.MS = float64(time.Since(began).Microseconds()) / 1000
	return a
}

// decide is the verdict on one picture by the default limits; one that could not
// be looked at is a missing view.
func decide(result models.Result, err error) (outcome part.Outcome, class string, reasons []string) {
	limits := rules.Limits{}
	if err := limits.Validate(); err != nil {
		panic(err) // defaults are valid
	}
	view := rules.View{Name: "picture", Result: result}
	if err != nil {
		view.Missing = err.Error()
	}
	verdict := rules.Judge(rules.Input{Views: []rules.View{view}}, limits, "")
	reasons = []string{}
	for _, r := range verdict.Reasons {
		class = cmp.Or(class, r.Class)
		reasons = append(reasons, r.Text)
	}
	return verdict.Outcome, class, reasons
}

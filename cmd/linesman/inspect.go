package main

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/onnx"
	"linesman/models/teach"
	"linesman/part"
	"linesman/rules"
)

// InspectCmd judges pictures.
type InspectCmd struct {
	Model    string   `required:"" type:"existingdir" help:"The model's folder."`
	JSON     bool     `help:"One JSON object a picture."`
	Heatmaps string   `type:"path" help:"Folder for heat maps, 16-bit grey PNG of the picture's size; made if absent."`
	Threads  int      `default:"2" help:"Cores to use."`
	Paths    []string `arg:"" type:"path" help:"Pictures, or folders of pictures."`
}

// answer is one line of inspect --json.
type answer struct {
	File    string       `json:"file"`
	Score   float64      `json:"score"`
	Outcome part.Outcome `json:"outcome"`
	Reasons []string     `json:"reasons"`
	MS      float64      `json:"ms"`
}

// Run judges every picture; what can not be read is inconclusive.
func (c *InspectCmd) Run(ctx context.Context) error {
	detector, err := anomaly.Load(c.Model, anomaly.Options{Open: onnx.Open, Threads: c.Threads})
	if err != nil {
		return err
	}
	defer detector.Close()
	if c.Heatmaps != "" {
		if err := os.MkdirAll(c.Heatmaps, 0o755); err != nil {
			return err
		}
	}
	for _, path := range c.Paths {
		files := teach.Pictures{path}
		if st, err := os.Stat(path); err == nil && st.IsDir() {
			if files, err = teach.FindPictures(path); err != nil {
				return err
			}
		}
		for _, file := range files {
			a := c.judge(ctx, detector, file)
			if err := c.print(a); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

func (c *InspectCmd) print(a answer) error {
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(a)
	}
	_, err := fmt.Printf("%-12s %6.2f  %s  %s\n", a.Outcome, a.Score, a.File, strings.Join(a.Reasons, "; "))
	return err
}

func (c *InspectCmd) judge(ctx context.Context, d *anomaly.Detector, file string) answer {
	began := time.Now()
	a := answer{File: file, Reasons: []string{}}
	limits := rules.Limits{}
	if err := limits.Validate(); err != nil {
		panic(err) // defaults are valid
	}
	view := rules.View{Name: "picture"}
	picture, err := anomaly.ReadPicture(file)
	if err == nil {
		view.Result, err = d.Look(ctx, picture, models.Ask{Heatmap: c.Heatmaps != ""})
	}
	if err == nil && c.Heatmaps != "" {
		err = writeHeat(c.Heatmaps, file, view.Result.Heatmap, picture.Width, picture.Height)
	}
	if err != nil {
		view.Missing = err.Error()
	} else {
		a.Score = view.Result.Anomaly
	}
	verdict := rules.Judge(rules.Input{Views: []rules.View{view}}, limits, "")
	a.Outcome = verdict.Outcome
	for _, r := range verdict.Reasons {
		a.Reasons = append(a.Reasons, r.Text)
	}
	a.MS = float64(time.Since(began).Microseconds()) / 1000
	return a
}

// writeHeat writes a heat map of the picture's size: round(65535 r/(1+r)), r =
// patch score over threshold, between patches by straight interpolation.
func writeHeat(dir, file string, h models.Heatmap, width, height int) error {
	if h.Width*h.Height == 0 {
		return fmt.Errorf("%s: the model gave no heat map", file)
	}
	img := image.NewGray16(image.Rect(0, 0, width, height))
	at := func(x, y int) float64 {
		return float64(h.Score[min(max(y, 0), h.Height-1)*h.Width+min(max(x, 0), h.Width-1)])
	}
	for y := range height {
		v := (float64(y)+0.5)*float64(h.Height)/float64(height) - 0.5
		y0 := int(math.Floor(v))
		for x := range width {
			u := (float64(x)+0.5)*float64(h.Width)/float64(width) - 0.5
			x0 := int(math.Floor(u))
			fx, fy := u-float64(x0), v-float64(y0)
			r := max(0, (at(x0, y0)*(1-fx)+at(x0+1, y0)*fx)*(1-fy)+(at(x0, y0+1)*(1-fx)+at(x0+1, y0+1)*fx)*fy)
			img.SetGray16(x, y, color.Gray16{Y: uint16(math.Round(65535 * r / (1 + r)))})
		}
	}
	stem := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	out, err := os.Create(filepath.Join(dir, stem+".png"))
	if err != nil {
		return err
	}
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(out, img); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"linesman/models/detect"
	"linesman/models/detect/coco"
	"linesman/models/detect/safety"
	"linesman/models/onnx"
	"linesman/models/teach"
)

// DetectCmd finds people, dress, vehicles, fire and smoke in pictures.
type DetectCmd struct {
	Model   string   `required:"" placeholder:"NAME|DIR" help:"ppe, fire, safety (both at once), coco, or a detector's folder."`
	JSON    bool     `help:"One JSON object a picture, with everything that scores above --floor."`
	Floor   float64  `default:"0.01" help:"With --json: the least score that is told."`
	Side    int      `placeholder:"PX" help:"Longest side of what the network is shown; more sees smaller things and costs its square. Default: the card's."`
	Once    bool     `help:"Leave out the second, finer look at large pictures."`
	Threads int      `default:"2" help:"Cores to use."`
	Paths   []string `arg:"" type:"path" help:"Pictures, or folders of pictures."`
}

// Help shows how it is used.
func (c *DetectCmd) Help() string {
	return `Without --json only what reaches the score that the model's card asks of its class is told.

  linesman detect --model ppe gate.jpg
  linesman detect --model fire yard/ --json
  linesman detect --model models/detect/coco street.png`
}

// detectors are those that ship, by name: a folder, and which of its classes.
func detectors(name string) (fs.FS, []string) {
	switch name {
	case "coco":
		return coco.Folder, nil
	case "safety":
		return safety.Folder, nil
	case "ppe", "fire":
		return safety.Folder, []string{name}
	}
	return nil, nil
}

// detections is one line of detect --json.
type detections struct {
	File       string      `json:"file"`
	Width      int         `json:"width"`
	Height     int         `json:"height"`
	Detections []detection `json:"detections"`
	Error      string      `json:"error,omitempty"` // the picture was not looked at
}

type detection struct {
	Label string     `json:"label"`
	Score float64    `json:"score"`
	Box   [4]float64 `json:"box"`  // x0, y0, x1, y1, pixels of the file as stored
	Sure  bool       `json:"sure"` // reaches the card's own score for the class
}

// open loads the model by name or folder.
func (c *DetectCmd) open() (*detect.Detector, error) {
	dir, only := detectors(c.Model)
	if dir == nil {
		if st, err := os.Stat(c.Model); err != nil || !st.IsDir() {
			return nil, fmt.Errorf("model %q is neither a folder nor one of ppe, fire, safety, coco", c.Model)
		}
		dir = os.DirFS(c.Model)
	}
	return detect.Load(dir, detect.Options{Open: onnx.Open, Threads: c.Threads, Side: c.Side, Once: c.Once, Only: only})
}

// Run looks at every picture. One that can not be read is told of and makes the
// command fail at the end: nothing found there means nothing.
func (c *DetectCmd) Run(ctx context.Context) error {
	d, err := c.open()
	if err != nil {
		return fmt.Errorf("model %s: %w", c.Model, err)
	}
	defer d.Close()
	blind := 0
	for _, path := range c.Paths {
		files := teach.Pictures{path}
		if st, err := os.Stat(path); err == nil && st.IsDir() {
			if files, err = teach.FindPictures(path); err != nil {
				return err
			}
		}
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return err
			}
			a := c.look(d, file)
			if a.Error != "" {
				blind++
			}
			if err := c.print(os.Stdout, a); err != nil {
				return err
			}
		}
	}
	if blind > 0 {
		return fmt.Errorf("%d pictures could not be looked at", blind)
	}
	return nil
}

func (c *DetectCmd) look(d *detect.Detector, file string) detections {
	a := detections{File: file, Detections: []detection{}}
	fail := func(err error) detections { a.Error = err.Error(); return a }
	data, err := os.ReadFile(file)
	if err != nil {
		return fail(err)
	}
	p, err := detect.Decode(data)
	if err != nil {
		return fail(fmt.Errorf("no picture that can be read (%w); give JPEG or PNG", err))
	}
	a.Width, a.Height = p.Width, p.Height
	found, err := d.Look(p, c.Floor)
	if err != nil {
		return fail(err)
	}
	for _, f := range found {
		a.Detections = append(a.Detections, detection{f.Label, f.Score, [4]float64{f.Box.X0, f.Box.Y0, f.Box.X1, f.Box.Y1}, f.Sure})
	}
	return a
}

func (c *DetectCmd) print(w io.Writer, a detections) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(a)
	}
	if a.Error != "" {
		_, err := fmt.Fprintf(w, "%s: not looked at: %s\n", filepath.Base(a.File), a.Error)
		return err
	}
	var words []string
	for _, f := range a.Detections {
		if f.Sure {
			words = append(words, fmt.Sprintf("%s %.2f at %.0f,%.0f", f.Label, f.Score, f.Box[0], f.Box[1]))
		}
	}
	if len(words) == 0 {
		words = []string{"nothing sure"}
	}
	_, err := fmt.Fprintf(w, "%s: %s\n", filepath.Base(a.File), strings.Join(words, ", "))
	return err
}

// Validate refuses a floor that would find something in every place.
func (c *DetectCmd) Validate() error {
	if !(c.Floor > 0 && c.Floor < 1) {
		return errors.New("--floor: give a score between 0 and 1")
	}
	return nil
}

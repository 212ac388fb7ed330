package supervised

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"linesman/models"
)

// Kind says what a network answers with.
type Kind string

// The kinds.
const (
	Detector  Kind = "detector"  // boxes
	Segmenter Kind = "segmenter" // a map of each class
)

// Card is card.yaml or card.json, written by hand.
type Card struct {
	Kind    Kind   `yaml:"kind"`
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
	Licence string `yaml:"licence"` // of network and pictures, for a person
	Graph   string `yaml:"graph"`   // the ONNX file in the folder; default model.onnx
	// GraphSHA256 is checked if it is given.
	GraphSHA256 string  `yaml:"graph_sha256"`
	Input       Input   `yaml:"input"`
	Output      Output  `yaml:"output"`
	Classes     []Class `yaml:"classes"` // in the network's order
	// Samples are pictures in the folder with the score that linesman inspect gave
	// them: a network that answers otherwise, by another build or processor, is refused.
	Samples []Sample `yaml:"samples"`
}

// Sample is one picture with its known score.
type Sample struct {
	File  string  `yaml:"file"`
	Score float64 `yaml:"score"` // 1 = threshold
}

// Input says how a picture becomes the network's input [1, 3 or 1, Height, Width].
type Input struct {
	Width  int    `yaml:"width"` // pixels
	Height int    `yaml:"height"`
	Order  string `yaml:"order"` // of the planes: "rgb", "bgr", or "grey" for one plane
	// Fit is "letterbox", which keeps the picture's shape, in the middle, or "stretch".
	Fit string `yaml:"fit"`
	Pad uint8  `yaml:"pad"` // grey beside a letterboxed picture, 0..255
	// A value 0..255 becomes (value / Divide - Mean) / Deviation; Mean and Deviation
	// are of the planes in their order, default 0 and 1.
	Divide    float32   `yaml:"divide"`
	Mean      []float32 `yaml:"mean"`
	Deviation []float32 `yaml:"deviation"`
}

// Output says how the network's answer is read.
type Output struct {
	Name string `yaml:"name"` // needed where the graph has several outputs
	// Activation turns values into probabilities: "none" where they are, "sigmoid", or
	// "softmax" over the classes of a segmenter.
	Activation string `yaml:"activation"`

	// Head, of a detector, is how its boxes lie; see the constants.
	Head Head `yaml:"head"`
	// Boxes is "xyxy" or "cxcywh", Units "pixels" of the input or "shares" of its sides.
	// Both have the head's usual value as default.
	Boxes   string `yaml:"boxes"`
	Units   string `yaml:"units"`
	Strides []int  `yaml:"strides"` // of a YOLOX head, finest first
	// Overlap is the share of two boxes' joint area from which the weaker of one class
	// is taken for the same thing; 0 where the graph does that itself.
	Overlap float64 `yaml:"overlap"`
	// Most and Least, of YOLOv10, are how many boxes the graph gives at most, and the
	// probability below which it gives none.
	Most  int     `yaml:"most"`
	Least float64 `yaml:"least"`
}

// Head names how a detector's boxes lie in its answer, C classes and N boxes.
type Head string

// The heads. Either of the last two dimensions may be the first but for YOLOX and
// YOLOv10.
const (
	YOLOv5  Head = "yolov5"  // [1, N, 5+C]: box, of anything, of each class
	YOLOv8  Head = "yolov8"  // [1, 4+C, N]: box, of each class
	YOLOv10 Head = "yolov10" // [1, N, 6]: box, probability, class; also what others give with their NMS in the graph
	YOLOX   Head = "yolox"   // [1, N, 5+C] in cells of the strides' grids
)

// Class is one of the network's classes.
type Class struct {
	Name string `yaml:"name"`
	// Threshold is the probability at score 1.
	Threshold float64 `yaml:"threshold"`
	// LeastAreaPx is the area, in pixels of the sensor, below which a finding is none.
	LeastAreaPx float64 `yaml:"least_area_px"`
	// Ignore says that it is no defect: the background, a print.
	Ignore bool `yaml:"ignore"`
}

// Parse reads a card, YAML or JSON. Unknown keys are refused with line and column.
func Parse(text []byte) (Card, error) {
	var c Card
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&c); err != nil {
		return c, errors.New(strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	c.defaults()
	return c, c.Check()
}

func (c *Card) defaults() {
	c.Graph = cmp.Or(c.Graph, "model.onnx")
	in, out := &c.Input, &c.Output
	in.Order = cmp.Or(in.Order, "rgb")
	if len(in.Mean) == 0 {
		in.Mean = make([]float32, in.Planes())
	}
	if len(in.Deviation) == 0 {
		in.Deviation = slices.Repeat([]float32{1}, in.Planes())
	}
	if c.Kind != Detector {
		return
	}
	out.Units = cmp.Or(out.Units, "pixels")
	if out.Head == YOLOv10 {
		out.Boxes = cmp.Or(out.Boxes, "xyxy")
	}
	out.Boxes = cmp.Or(out.Boxes, "cxcywh")
	if out.Head == YOLOX && len(out.Strides) == 0 {
		out.Strides = []int{8, 16, 32}
	}
}

// Planes is how many planes the input has.
func (in *Input) Planes() int {
	if in.Order == "grey" {
		return 1
	}
	return 3
}

// maxSide bounds input and answer: beyond it one picture would take minutes.
const maxSide = 4096

// Check refuses a card by which nothing could be judged; each refusal names the
// setting and its cure.
func (c *Card) Check() error {
	switch {
	case c.Kind != Detector && c.Kind != Segmenter:
		return fmt.Errorf("kind is %q: want detector or segmenter", c.Kind)
	case c.Name == "" || c.Version == "":
		return errors.New("name or version is missing: both stand in every verdict")
	case c.Licence == "":
		return errors.New("licence is missing: say under which licences network and pictures may be used")
	case !filepath.IsLocal(c.Graph):
		return fmt.Errorf("graph: %q lies outside the folder: put the ONNX file beside the card", c.Graph)
	}
	for i, s := range c.Samples {
		if !filepath.IsLocal(s.File) || !(s.Score >= 0) || !finite(s.Score) {
			return fmt.Errorf("samples[%d]: file %q, score %v: want a picture in the folder, and the score that linesman inspect gives it", i, s.File, s.Score)
		}
	}
	return errors.Join(c.Input.check(), c.Output.check(c), c.checkClasses())
}

func (in *Input) check() error {
	switch {
	case in.Width < 1 || in.Height < 1 || in.Width > maxSide || in.Height > maxSide:
		return fmt.Errorf("input of %d x %d pixels: give width and height as the graph takes them, 1 to %d", in.Width, in.Height, maxSide)
	case in.Order != "rgb" && in.Order != "bgr" && in.Order != "grey":
		return fmt.Errorf("input.order is %q: want rgb, bgr or grey", in.Order)
	case in.Fit != "letterbox" && in.Fit != "stretch":
		return fmt.Errorf("input.fit is %q: want letterbox or stretch, as in training", in.Fit)
	case !above(float64(in.Divide)):
		return fmt.Errorf("input.divide is %v: want 255 where the network was trained on values 0..1, 1 for 0..255", in.Divide)
	case len(in.Mean) != in.Planes() || len(in.Deviation) != in.Planes():
		return fmt.Errorf("input.mean has %d numbers, input.deviation %d: want %d each, as planes", len(in.Mean), len(in.Deviation), in.Planes())
	}
	for i := range in.Mean {
		if !above(float64(in.Deviation[i])) || !finite(float64(in.Mean[i])) {
			return fmt.Errorf("input.mean %v, input.deviation %v: want numbers, those of deviation above 0", in.Mean, in.Deviation)
		}
	}
	return nil
}

func (out *Output) check(c *Card) error {
	if c.Kind == Segmenter {
		switch {
		case out.Activation != "none" && out.Activation != "sigmoid" && out.Activation != "softmax":
			return fmt.Errorf("output.activation is %q: want none where the graph gives probabilities; for logits softmax, or sigmoid where each class stands for itself", out.Activation)
		case out.Activation == "softmax" && len(c.Classes) < 2:
			return errors.New("output.activation is softmax with one class, which would be sure everywhere: want sigmoid, or the background among the classes")
		case out.Head != "" || out.Boxes != "" || out.Units != "" || len(out.Strides) > 0 || out.Overlap != 0 || out.Most != 0 || out.Least != 0:
			return errors.New("output.head, boxes, units, strides, overlap, most and least are of detectors: leave them out")
		}
		return nil
	}
	own := out.Head == YOLOv10
	switch {
	case out.Head != YOLOv5 && out.Head != YOLOv8 && !own && out.Head != YOLOX:
		return fmt.Errorf("output.head is %q: want yolov5, yolov8, yolov10 or yolox", out.Head)
	case out.Activation != "none" && out.Activation != "sigmoid":
		return fmt.Errorf("output.activation is %q: want none where the graph gives probabilities, sigmoid for logits", out.Activation)
	case out.Boxes != "xyxy" && out.Boxes != "cxcywh":
		return fmt.Errorf("output.boxes is %q: want xyxy or cxcywh", out.Boxes)
	case out.Units != "pixels" && out.Units != "shares":
		return fmt.Errorf("output.units is %q: want pixels of the input, or shares of its sides", out.Units)
	case out.Head == YOLOX && (out.Boxes != "cxcywh" || out.Units != "pixels"):
		return errors.New("output.boxes and output.units: a yolox head has its own; leave them out, or say yolov5 where the graph decodes its boxes")
	case !(out.Overlap >= 0 && out.Overlap <= 1) || out.Overlap == 0 && !own:
		return fmt.Errorf("output.overlap is %v: want the share from which two boxes are one thing, such as 0.45", out.Overlap)
	case own && out.Most < 1:
		return fmt.Errorf("output.most is %d: say how many boxes the graph gives at most, 300 with most exporters", out.Most)
	case !(out.Least >= 0 && out.Least < 1) || !own && (out.Most != 0 || out.Least != 0):
		return fmt.Errorf("output.most %d, output.least %v: they are of a yolov10 head; least is a probability", out.Most, out.Least)
	case out.Head != YOLOX && len(out.Strides) > 0:
		return errors.New("output.strides are of a yolox head: leave them out")
	}
	for _, s := range out.Strides {
		if s < 1 || c.Input.Width%s != 0 || c.Input.Height%s != 0 {
			return fmt.Errorf("output.strides: %d does not divide the input of %d x %d pixels", s, c.Input.Width, c.Input.Height)
		}
	}
	return nil
}

func (c *Card) checkClasses() error {
	seen, judged := map[string]bool{}, 0
	for i, k := range c.Classes {
		switch {
		case k.Name == "" || seen[k.Name]:
			return fmt.Errorf("classes[%d] is named %q: each needs a name of its own", i, k.Name)
		case k.Ignore && (k.Threshold != 0 || k.LeastAreaPx != 0):
			return fmt.Errorf("class %s is ignored and has a threshold or a least area: leave one of them out", k.Name)
		case !k.Ignore && !(k.Threshold > 0 && k.Threshold < 1):
			return fmt.Errorf("class %s: threshold is %v: want the probability from which it fails a part, between 0 and 1", k.Name, k.Threshold)
		case !k.Ignore && k.Threshold < c.Output.Least:
			return fmt.Errorf("class %s: threshold %v is below output.least %v: the graph would keep back what is to fail; export it with a lower one", k.Name, k.Threshold, c.Output.Least)
		case !(k.LeastAreaPx >= 0) || math.IsInf(k.LeastAreaPx, 0):
			return fmt.Errorf("class %s: least_area_px is %v: want pixels of the sensor, or leave it out", k.Name, k.LeastAreaPx)
		}
		seen[k.Name] = true
		if !k.Ignore {
			judged++
		}
	}
	if judged == 0 {
		return errors.New("classes: none fails a part; list the network's classes in its order, with their thresholds")
	}
	return nil
}

func finite(v float64) bool { return v-v == 0 }

func above(v float64) bool { return v > 0 && finite(v) }

// model is the name that stands in results; its hash is over the graph and every
// setting that can change an answer. A setting that comes later is written only where
// it is given, so that the hash of an older card stays.
func (c *Card) model(graph []byte) models.Model {
	h, in, out := sha256.New(), &c.Input, &c.Output
	fmt.Fprintf(h, "%s %q %q\ngraph %x\n", c.Kind, c.Name, c.Version, sha256.Sum256(graph))
	fmt.Fprintf(h, "input %d %d %s %s %d %v %v %v\n", in.Width, in.Height, in.Order, in.Fit, in.Pad, in.Divide, in.Mean, in.Deviation)
	fmt.Fprintf(h, "output %q %s %s %s %s %v %v %d %v\n", out.Name, out.Activation, out.Head, out.Boxes, out.Units, out.Strides, out.Overlap, out.Most, out.Least)
	for _, k := range c.Classes {
		fmt.Fprintf(h, "class %q %v %v %v\n", k.Name, k.Threshold, k.LeastAreaPx, k.Ignore)
	}
	return models.Model{Name: c.Name, Version: c.Version, SHA256: hex.EncodeToString(h.Sum(nil))}
}

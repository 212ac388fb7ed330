package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"linesman/camera"
	"linesman/config"
	"linesman/event/disk"
	"linesman/models/onnx"
	"linesman/part"
	"linesman/plc"
	"linesman/recipe"
	"linesman/vision"
)

// InitCmd writes the site file of a new line.
type InitCmd struct {
	Site       string  `arg:"" optional:"" default:"site.yaml" type:"path" help:"The site file to write; its recipe is written beside it."`
	Product    string  `placeholder:"NAME" help:"What the belt carries: the recipe's name."`
	PartMM     float64 `name:"part-mm" placeholder:"28" help:"The part's largest extent."`
	Camera     string  `placeholder:"URL" help:"Where the camera is: sim://127.0.0.1:1555."`
	Controller string  `placeholder:"URL" help:"Where the controller is: tcp://192.168.0.10:502."`
	PerMM      float64 `name:"per-mm" placeholder:"4" help:"Encoder counts a millimetre of belt."`
	CameraMM   float64 `name:"camera-mm" placeholder:"120" help:"Belt from the trigger to the picture's centre."`
	GateMM     float64 `name:"gate-mm" placeholder:"850" help:"Belt from the trigger to the gate."`
	Belt       string  `placeholder:"+x" help:"The direction of travel in the picture: +x, -x, +y, -y."`
	Exposure   string  `placeholder:"40us" help:"The camera's shutter time, as it is set there."`
	MMPerPx    float64 `name:"mm-per-px" placeholder:"0.1" help:"What one pixel covers on the belt. Default: found from the parts."`
	Listen     string  `default:"127.0.0.1:8080" help:"Address of the page."`
	LaneMM     float64 `name:"lane-mm" placeholder:"10" help:"From lane to lane. Default: found from the parts."`
}

// Help tells what is asked and what is found.
func (c *InitCmd) Help() string {
	return `It asks for what only a person at the line can know, nine answers; each may be given
as a flag instead. Then it lets parts go by, all of them into the bin, and finds the rest:
lanes and window from the controller, scale and lane distance from the parts in the
pictures, the step from picture to picture and the speed from the encoder.

For example: linesman init site.yaml`
}

// question is one thing that only a person at the line can know.
type question struct {
	flag, asks, otherwise string // otherwise: what an empty answer means
	take                  func(string) error
}

func (c *InitCmd) questions() []question {
	return []question{
		{"product", "What does the belt carry? A name, such as cap-28", "", func(s string) error {
			if !plainName.MatchString(s) {
				return errors.New("want letters, digits and hyphens")
			}
			c.Product = s
			return nil
		}},
		{"part-mm", "The part's largest extent, in mm, by a caliper", "", millimetres(&c.PartMM)},
		{"camera", "Where is the camera?", "sim://127.0.0.1:1555", func(s string) error { _, err := cameraAt(s); c.Camera = s; return err }},
		{"controller", "Where is the controller?", "tcp://127.0.0.1:1502", func(s string) error {
			c.Controller = s
			_, err := dialController("plc-1", c.driver())
			return err
		}},
		{"per-mm", "Encoder counts for a millimetre of belt: turn it by a metre, divide by 1000", "", millimetres(&c.PerMM)},
		{"camera-mm", "Belt from the trigger to the middle of the picture, in mm, by a tape measure", "", millimetres(&c.CameraMM)},
		{"gate-mm", "Belt from the trigger to the gate, in mm", "", millimetres(&c.GateMM)},
		{"belt", "Where does the belt go in the picture: +x right, -x left, +y down, -y up?", "+x", func(s string) error {
			c.Belt = s
			set := vision.LocateSettings{MMPerPx: 1, DiameterMM: 100, Belt: s}
			return set.Validate()
		}},
		{"exposure", "The camera's shutter time, as it is set there", "40us", func(s string) error {
			d, err := time.ParseDuration(s)
			if err == nil && d <= 0 {
				err = errors.New("want more than 0")
			}
			c.Exposure = s
			return err
		}},
	}
}

var plainName = regexp.MustCompile(`^[\pL\pN][\pL\pN._-]*$`)

func millimetres(into *float64) func(string) error {
	return func(s string) error {
		v, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
		if err != nil || !(v > 0) || math.IsInf(v, 0) {
			return errors.New("want a number above 0")
		}
		*into = v
		return nil
	}
}

// given returns an answer that came as a flag, empty if none did.
func (c *InitCmd) given(flag string) string {
	number := func(v float64) string {
		if v == 0 {
			return ""
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return map[string]string{"product": c.Product, "part-mm": number(c.PartMM), "camera": c.Camera, "controller": c.Controller, "per-mm": number(c.PerMM),
		"camera-mm": number(c.CameraMM), "gate-mm": number(c.GateMM), "belt": c.Belt, "exposure": c.Exposure}[flag]
}

// Run asks, looks, and writes.
func (c *InitCmd) Run(ctx context.Context) error {
	files := []string{c.Site, c.recipe()}
	for _, path := range files {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already: give another path, or move it away", path)
		}
	}
	if _, err := onnx.Version(); err != nil {
		return fmt.Errorf("%w; %s doctor says where it is looked for", err, os.Args[0]) // before anybody has typed anything
	}
	if err := c.ask(os.Stdin, os.Stdout); err != nil {
		return err
	}
	seen, err := c.look(ctx)
	if err != nil {
		return fmt.Errorf("%w\nmend it, and go on with: %s", err, c.again())
	}
	texts := [][]byte{c.siteText(seen), c.recipeText(seen)}
	if _, err := config.Parse(texts[0]); err != nil {
		return fmt.Errorf("the line can not work as it was measured: %w\nmend it, and go on with: %s", err, c.again())
	}
	if _, err := recipe.Parse(texts[1]); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.Site), 0o755); err != nil {
		return err
	}
	for i, path := range files {
		if err := disk.Write(path, 0o644, texts[i]); err != nil {
			return err
		}
	}
	fmt.Printf("%s and %s are written; what was found and what is assumed stands there, each in its row.\nnext: %s\n", files[0], files[1], typed(os.Args[0], "gather", "-c", c.Site))
	return nil
}

func (c *InitCmd) recipe() string { return filepath.Join(filepath.Dir(c.Site), "recipe.yaml") }

// ask puts the questions that no flag has answered, each until its answer will do.
func (c *InitCmd) ask(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	for _, q := range c.questions() {
		if flag := c.given(q.flag); flag != "" {
			if err := q.take(flag); err != nil {
				return fmt.Errorf("--%s %s: %w", q.flag, flag, err)
			}
			continue
		}
		for {
			fmt.Fprint(out, q.asks)
			if q.otherwise != "" {
				fmt.Fprintf(out, " [%s]", q.otherwise)
			}
			fmt.Fprint(out, ": ")
			if !lines.Scan() {
				return errors.Join(fmt.Errorf("no answer: give --%s, or answer at a terminal", q.flag), lines.Err())
			}
			answer := strings.TrimSpace(lines.Text())
			if answer == "" {
				answer = q.otherwise
			}
			err := q.take(answer)
			if err == nil {
				break
			}
			fmt.Fprintf(out, "  %q: %v\n", answer, err)
		}
	}
	return nil
}

// again is the command that goes on without asking.
func (c *InitCmd) again() string {
	words := []string{os.Args[0], "init", c.Site, "--listen", c.Listen}
	for flag, v := range map[string]float64{"--mm-per-px": c.MMPerPx, "--lane-mm": c.LaneMM} {
		if v != 0 {
			words = append(words, flag, strconv.FormatFloat(v, 'g', -1, 64))
		}
	}
	for _, q := range c.questions() {
		words = append(words, "--"+q.flag, c.given(q.flag))
	}
	return typed(words...)
}

// cameraAt reads a camera's address: its driver is the scheme.
func cameraAt(address string) (config.Camera, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return config.Camera{}, errors.New("want sim://host:port")
	case u.Scheme == "rtsp":
		return config.Camera{}, errors.New("a network camera has no trigger and does not know where the belt was: show it beside the line (docs/setup.md), and judge by a triggered one")
	case u.Scheme != "sim":
		return config.Camera{}, fmt.Errorf("driver %q is not known to judge by; there is sim", u.Scheme)
	}
	cam := config.Camera{Name: u.Scheme, Options: []byte("address: " + u.Host)}
	_, err = openCamera("top", cam)
	return cam, err
}

func (c *InitCmd) driver() config.Driver {
	return config.Driver{Name: "modbus", Options: []byte(fmt.Sprintf("url: %q", c.Controller))}
}

// found is what a look at the line has shown.
type found struct {
	width, height int // of a picture, pixels
	mmPerPx       float64
	lanes         int
	laneMM        float64
	stepMM        float64 // 0: each part triggers
	windowMM      float64
	mmS           float64 // the belt's speed, mm/s
}

const (
	lookFrames = 8   // that are looked at
	headroom   = 1.5 // times the speed that was seen is the fastest
)

// look lets parts go by and measures what they show.
func (c *InitCmd) look(ctx context.Context) (found, error) {
	cam, err := cameraAt(c.Camera)
	if err != nil {
		return found{}, err
	}
	driver, err := openCamera("top", cam)
	if err != nil {
		return found{}, err
	}
	dial, err := dialController("plc-1", c.driver())
	if err != nil {
		return found{}, err
	}
	say("letting parts go by, all of them into the bin")
	var frames []*camera.Frame
	tell := progress()
	p := &passage{camera: driver, dial: dial, tell: say, patience: gatherPatience}
	before, counted, began := uint64(0), false, time.Now()
	err = p.watch(ctx, func(f *camera.Frame) (bool, error) {
		if f.Position.Source == part.Unknown {
			return false, errors.New("the camera does not say where the belt was at exposure: a line can not be judged by it")
		}
		if !counted && p.said.Load() != nil {
			before, counted = p.passed(), true
		}
		if !counted || p.passed() < before+2 { // until they have reached the gate there may be none before the camera
			if time.Since(began) > gatherPatience {
				return false, fmt.Errorf("pictures come, but no part within %v: %s", gatherPatience, blame(p.said.Load()))
			}
			return true, nil
		}
		frames = append(frames, f.Retain())
		tell("pictures", len(frames), lookFrames)
		return len(frames) < lookFrames, nil
	})
	if err != nil {
		return found{}, err
	}
	return c.measure(frames, *p.said.Load())
}

// measure reads frames and controller.
func (c *InitCmd) measure(frames []*camera.Frame, status plc.Status) (s found, err error) {
	s = found{width: frames[0].Width, height: frames[0].Height, lanes: len(status.Counts.Gate), mmPerPx: c.MMPerPx, laneMM: c.LaneMM}
	s.stepMM = stepFrom(frames, c.PerMM)
	s.windowMM = math.Round(100*float64(status.Window)/c.PerMM) / 100
	s.mmS = status.Speed / c.PerMM
	if s.mmPerPx == 0 {
		if s.mmPerPx, err = scaleFrom(frames, c.PartMM); err != nil {
			return s, err
		}
	}
	say(fmt.Sprintf("camera: %d x %d pixels, %g mm each", s.width, s.height, s.mmPerPx))
	if s.lanes > 1 && s.laneMM == 0 {
		off := 0.0
		s.laneMM, off, err = laneFrom(frames, vision.LocateSettings{MMPerPx: s.mmPerPx, DiameterMM: c.PartMM, Belt: c.Belt}, s.lanes)
		if err != nil {
			return s, err
		}
		if math.Abs(off) > s.laneMM/5 {
			return s, fmt.Errorf("the lanes' middle lies %.1f mm beside the picture's middle: move the camera across the belt", off)
		}
	}
	say(fmt.Sprintf("controller: %d lanes, a pass opens for %g mm, the belt runs at %.0f mm/s", s.lanes, s.windowMM, s.mmS))
	return s, nil
}

func say(words string) { fmt.Fprintln(os.Stderr, words) }

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"linesman/camera"
	"linesman/event/disk"
	"linesman/line"
	"linesman/models/anomaly"
	"linesman/models/teach"
	"linesman/part"
	"linesman/recipe"
	"linesman/vision"
	"linesman/vision/cv"
)

// GatherCmd takes parts to be taught off a line's camera.
type GatherCmd struct {
	SiteFlag
	Line    string        `help:"The line. Default: the site's only one."`
	Recipe  string        `type:"path" placeholder:"FILE" help:"The product's recipe. Default: the site file's own."`
	Out     string        `type:"path" placeholder:"DIR" help:"Folder for the pictures. Default: gathered, beside the site file."`
	Parts   int           `default:"200" help:"How many parts."`
	Over    time.Duration `default:"30s" help:"Spread over so long: the light swings, and good parts differ."`
	Threads int           `default:"2" help:"Cores to use."`
}

// Help says what becomes of the parts.
func (c *GatherCmd) Help() string {
	return `It lets parts go by the camera and keeps their pictures. Nothing judges them, so the gate, which
rests in reject, sends all of them into the bin; no appliance may run meanwhile. Then each
half of them is judged by what the other half teaches: those that stand out are left out of
teaching, and come first on the page that is written, look.html, for a person to look through.

For example: linesman gather -c site.yaml`
}

// gatherPatience is how long no picture, and no part, may come.
const gatherPatience = 20 * time.Second

// fromOneFrame is how many parts of one frame are taken at most: light and belt change
// with travel, so a few parts of many frames know more of them than all parts of a few.
const fromOneFrame = 10

// partsFile lists, in a folder of gathered frames, the parts on them; one JSON object a
// line.
const partsFile = "parts.jsonl"

// gathered is one part on a frame that was gathered.
type gathered struct {
	Part  string     `json:"part"`          // its frame's name and a number, from 1: 0012-3
	At    [2]float64 `json:"at"`            // its centre on the frame, pixels
	Score float64    `json:"score"`         // by what the other half of the parts taught; 1 = threshold
	Why   string     `json:"why,omitempty"` // it stands out
	Take  bool       `json:"take"`          // into teaching, unless a person says otherwise
}

// Run gathers, says which stand out, and what comes next.
func (c *GatherCmd) Run(ctx context.Context) error {
	g, err := c.open()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	say(fmt.Sprintf("line %s: letting parts go by, all of them into the bin", g.id))
	if err := g.gather(ctx); err != nil {
		return fmt.Errorf("line %s: %w", g.id, err)
	}
	say(fmt.Sprintf("%d parts on %d pictures; looking which stand out", len(g.parts), g.frames))
	if err := g.doubt(ctx, c.Threads); err != nil {
		return err
	}
	if err := g.write(); err != nil {
		return err
	}
	left := 0
	for _, p := range g.parts {
		if !p.Take {
			left++
		}
	}
	page := filepath.Join(c.Out, lookPage)
	fmt.Printf("%d parts are in %s; %d of them stand out and are left out.\nlook at %s: they come first there. A click on a part takes it or leaves it out, and the page then says what to type.\nnext: %s\n",
		len(g.parts), c.Out, left, page, g.command)
	return nil
}

// gathering is what a GatherCmd works with.
type gathering struct {
	id       part.LineID
	out      string
	wanted   int
	over     time.Duration
	passage  *passage
	settings vision.LocateSettings
	stepMM   float64
	command  string // that teaches

	frames int
	parts  []gathered
	crops  teach.Crops // of the parts
}

// open reads the site and refuses what can not be.
func (c *GatherCmd) open() (*gathering, error) {
	site, id, err := siteAndLine(c.Config, c.Line)
	if err != nil {
		return nil, err
	}
	if c.Parts < 2*fewestTaught {
		return nil, fmt.Errorf("--parts %d: want %d or more, and better 200", c.Parts, 2*fewestTaught)
	}
	if c.Out == "" {
		c.Out = site.Path("gathered")
	}
	if old, err := os.ReadDir(c.Out); err == nil && len(old) > 0 {
		return nil, fmt.Errorf("%s is not empty: move it away, or give another folder by --out", c.Out)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if inUse(logFolder(site)) {
		return nil, errors.New("an appliance runs here and has the controller: stop it first, then gather")
	}
	set := site.Lines[id]
	rec, err := recipe.Load(site.Path(set.Recipe))
	if c.Recipe != "" {
		rec, err = recipe.Load(c.Recipe)
	}
	if err != nil {
		return nil, err
	}
	if len(set.Views) != 1 {
		return nil, fmt.Errorf("line %s has %d views: parts are gathered from one", id, len(set.Views))
	}
	view := set.Views[0]
	driver, err := openCamera(view.Camera, site.Cameras[view.Camera])
	if err != nil {
		return nil, err
	}
	name := set.Gates[0].Controller
	dial, err := dialController(name, site.Controllers[name])
	if err != nil {
		return nil, err
	}
	g := &gathering{id: id, out: c.Out, wanted: c.Parts, over: c.Over, passage: &passage{camera: driver, dial: dial, tell: say, patience: gatherPatience},
		settings: located(rec, &view), stepMM: view.StepMM}
	words := []string{os.Args[0], "teach", "-c", c.Config, "--good", c.Out}
	if c.Line != "" {
		words = append(words, "--line", c.Line)
	}
	if c.Recipe != "" {
		words = append(words, "--recipe", c.Recipe)
	}
	g.command = typed(words...)
	return g, nil
}

// located is how a recipe's parts are found in a view.
func located(rec *recipe.Recipe, view *line.View) vision.LocateSettings {
	set := rec.Part
	set.MMPerPx, set.Belt = view.MMPerPx, view.Belt
	return set
}

// gather keeps frames, evenly over the time, until they show enough parts.
func (g *gathering) gather(ctx context.Context) error {
	locator, err := cv.NewLocator(g.settings)
	if err != nil {
		return err
	}
	defer locator.Close()
	var found vision.Crops
	tell := progress()
	var began, last time.Time
	opened := time.Now()
	return g.passage.watch(ctx, func(f *camera.Frame) (bool, error) {
		now := time.Now()
		if f.Damaged || !began.IsZero() && now.Sub(began) < time.Duration(float64(g.over)*float64(len(g.parts))/float64(g.wanted)) {
			return true, nil
		}
		if err := locator.Locate(f, &found); err != nil {
			return false, err
		}
		own := g.own(f, &found)
		if len(own) == 0 {
			if last.IsZero() && now.Sub(opened) > gatherPatience || !last.IsZero() && now.Sub(last) > gatherPatience {
				return false, fmt.Errorf("pictures come, but no whole part was found within %v: %s. If parts are on them, check part.diameter_mm of the recipe and mm_per_px of the view", gatherPatience, blame(g.passage.said.Load()))
			}
			return true, nil
		}
		if last = now; began.IsZero() {
			began = now
		}
		if err := g.keep(f, &found, own); err != nil {
			return false, err
		}
		tell("parts", min(len(g.parts), g.wanted), g.wanted)
		return len(g.parts) < g.wanted, nil
	})
}

// own returns the parts of a frame, by their place among those found, that no frame
// beside it shows nearer its middle, and of these a few that lie evenly.
func (g *gathering) own(f *camera.Frame, found *vision.Crops) (own []int) {
	for i := range found.Items {
		c := &found.Items[i]
		off := c.Centre.X - float64(f.Width)/2
		if !g.settings.AlongX() {
			off = c.Centre.Y - float64(f.Height)/2
		}
		if g.stepMM == 0 || math.Abs(off)*g.settings.MMPerPx < g.stepMM/2 {
			own = append(own, i)
		}
	}
	if n := min(fromOneFrame, g.wanted-len(g.parts)); len(own) > n {
		for k := range n {
			own[k] = own[k*len(own)/n]
		}
		own = own[:n]
	}
	return own
}

// keep writes a frame and takes its parts.
func (g *gathering) keep(f *camera.Frame, found *vision.Crops, own []int) error {
	g.frames++
	name := fmt.Sprintf("%04d", g.frames)
	file, err := os.Create(filepath.Join(g.out, name+".png"))
	if err != nil {
		return err
	}
	picture := anomaly.Picture{Width: f.Width, Height: f.Height, Pix: packed(f)}
	err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(file, picture.Image())
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	for _, i := range own {
		c := &found.Items[i]
		g.parts = append(g.parts, gathered{Part: fmt.Sprintf("%s-%d", name, i+1), At: [2]float64{c.Centre.X, c.Centre.Y}, Take: true})
		g.crops = append(g.crops, c.Clone())
	}
	return nil
}

// packed is a frame's pixels as RGB, rows without a gap.
func packed(f *camera.Frame) []byte {
	pix := make([]byte, 0, 3*f.Width*f.Height)
	for y := range f.Height {
		row := f.Pix[y*f.Stride:][:f.Width*f.Format.Channels()]
		if f.Format == camera.RGB {
			pix = append(pix, row...)
			continue
		}
		for _, g := range row {
			pix = append(pix, g, g, g)
		}
	}
	return pix
}

// write writes the list of the parts, and the page to look at.
func (g *gathering) write() error {
	var list []byte
	for _, p := range g.parts {
		row, err := json.Marshal(p)
		if err != nil {
			return err
		}
		list = append(append(list, row...), '\n')
	}
	if err := disk.Write(filepath.Join(g.out, partsFile), 0o644, list); err != nil {
		return err
	}
	page, err := g.page()
	if err != nil {
		return err
	}
	return disk.Write(filepath.Join(g.out, lookPage), 0o644, page)
}

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"linesman/event/disk"
	"linesman/models"
	"linesman/models/anomaly"
	"linesman/proof/accuracy"
)

// shownOfAClass is how many of the worst pictures of each class a report shows.
const shownOfAClass = 9

// report proves the model on labelled pictures.
func (c *InspectCmd) report(ctx context.Context) error {
	if dir := filepath.Dir(c.Out); c.Out != "" && !isDir(dir) {
		return fmt.Errorf("--out %s: there is no folder %s; make it, or choose another place", c.Out, dir)
	}
	found, err := findLabelled(c.Report, c.Masks)
	if err != nil {
		return err
	}
	steps, err := c.curveSteps()
	if err != nil {
		return err
	}
	detector, err := loadWhole(c.Model, c.options())
	if err != nil {
		return err
	}
	defer detector.Close()
	out := c.Out
	if out == "" {
		out = fmt.Sprintf("report-%s-%s.html", fileWord(detector.Model().Name), fileWord(setName(c.Report)))
	}
	tell := progress()
	e := &examination{detector: detector, found: found, threads: c.Threads, tell: tell}
	why := ""
	if e.explainer, why, err = explainer(c.Model, c.options()); err != nil {
		return err
	}
	if e.explainer != nil {
		defer e.explainer.Close()
	}
	r, err := e.run(ctx)
	if err != nil {
		return err
	}
	describe(r, detector.Card(), c.Report)
	r.NotNear = why
	if r.Look, err = e.doubts(c.teachFolder()); err != nil {
		return err
	}
	if err := e.show(ctx, r); err != nil {
		return err
	}
	if len(steps) > 0 {
		if r.Curve, err = c.curve(ctx, steps, found, tell); err != nil {
			return err
		}
	}
	return c.writeReport(r, out)
}

// loadWhole opens a model that judges whole pictures.
func loadWhole(dir string, o anomaly.Options) (*anomaly.Detector, error) {
	m, err := anomaly.Read(dir)
	if err != nil {
		return nil, err
	}
	if err := whole(m, dir); err != nil {
		return nil, err
	}
	return m.Detector(o)
}

// whole refuses a model of located parts: it would answer, and wrongly.
func whole(m *anomaly.Model, dir string) error {
	if m.Card.Input.Fit == anomaly.FitSquare {
		return fmt.Errorf("model %s was taught on parts located on a belt, and these pictures hold no located parts; prove it by linesman bench line --recording, or teach a model of whole pictures: linesman teach --good DIR --out DIR", dir)
	}
	return nil
}

// describe fills what a report says of the model and the data.
func describe(r *accuracy.Report, card anomaly.Card, dir string) {
	r.Model = accuracy.Model{Name: card.Name, Version: card.Version, SHA256: card.SHA256, Threshold: card.Threshold,
		Parts: card.Taught.Parts, FalseRejectRate: card.FalseRejectRate, FalseRejectAtMost: card.FalseRejectAtMost, Chosen: card.Chosen}
	r.Set, r.Folder = setName(dir), dir
	r.Made, r.Program, r.Processor = time.Now(), builtAs(), cpuClass()
}

func (c *InspectCmd) writeReport(r *accuracy.Report, out string) error {
	var page bytes.Buffer
	if err := r.HTML(&page); err != nil {
		return fmt.Errorf("report %s: %w", c.Report, err)
	}
	if out == "-" {
		_, err := os.Stdout.Write(page.Bytes())
		return err
	}
	if err := disk.Write(out, 0o644, page.Bytes()); err != nil {
		return fmt.Errorf("--out %s: %w; choose a file that can be written", out, err)
	}
	f, err := r.Measure()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(os.Stdout, f)
	}
	_, err = fmt.Fprintf(os.Stderr, "%s: %s\n", out, strings.Join(f.Sentences(), "\n"))
	return err
}

// examination judges labelled pictures by one model.
type examination struct {
	detector *anomaly.Detector
	// explainer tells what a picture was compared with; nil if the model can not say.
	explainer *anomaly.Explainer
	found     []labelled
	threads   int                 // pictures looked at beside each other
	sums      [][sha256.Size]byte // of the files' bytes, by found
	tell      func(stage string, done, total int)
}

// run judges every picture. What can not be judged is told of, not left out.
func (e *examination) run(ctx context.Context) (*accuracy.Report, error) {
	r := &accuracy.Report{}
	for _, l := range e.found {
		if l.mask != "" {
			r.Pixels = &accuracy.Pixels{}
			break
		}
	}
	e.sums = make([][sha256.Size]byte, len(e.found))
	all := sha256.New()
	look := func(i int) looked {
		picture, err := e.read(i)
		return lookedAt(ctx, e.detector, picture, err, models.Ask{Heatmap: r.Pixels != nil})
	}
	err := ahead(ctx, e.threads, len(e.found), look, func(i int, got looked) error {
		l := &e.found[i]
		j, err := got.judged(l, r)
		if err != nil {
			return err
		}
		r.Judged = append(r.Judged, j)
		fmt.Fprintf(all, "%x %s %s\n", e.sums[i], l.kind, l.name)
		e.tell("judging", i+1, len(e.found))
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.SHA256 = fmt.Sprintf("%x", all.Sum(nil))
	return r, nil
}

// looked is what the model said of one picture.
type looked struct {
	width, height int
	result        models.Result
	err           error
}

// lookedAt judges what was read of one picture. Several goroutines may.
func lookedAt(ctx context.Context, d *anomaly.Detector, picture anomaly.Picture, err error, ask models.Ask) looked {
	if err != nil {
		return looked{err: err}
	}
	result, err := d.Look(ctx, picture, ask)
	return looked{picture.Width, picture.Height, result, err}
}

// judged counts one picture and its pixels.
func (k *looked) judged(l *labelled, r *accuracy.Report) (accuracy.Judged, error) {
	j := judgedAs(l, k.result, k.err)
	if j.Unjudged != "" || r.Pixels == nil {
		return j, nil
	}
	if l.kind != accuracy.Good && l.mask == "" {
		r.WithoutMask++
		return j, nil
	}
	return j, countPixels(r.Pixels, l, k.result.Heatmap, k.width, k.height)
}

// read reads a picture and sums its bytes.
func (e *examination) read(i int) (anomaly.Picture, error) {
	data, err := os.ReadFile(e.found[i].path)
	if err != nil {
		return anomaly.Picture{}, err
	}
	e.sums[i] = sha256.Sum256(data)
	return anomaly.DecodePicture(data)
}

func judgedAs(l *labelled, result models.Result, err error) accuracy.Judged {
	j := accuracy.Judged{File: l.name, Kind: l.kind, Score: result.Anomaly}
	j.Outcome, _, j.Reasons = decide(result, err)
	if err != nil {
		j.Unjudged, j.Reasons = strings.ReplaceAll(err.Error(), l.path, l.name), nil
	}
	return j
}

// pixelsOfAPicture is about how many pixels of each picture are counted, so that
// a large one weighs no more than a small one.
const pixelsOfAPicture = 20000

func countPixels(p *accuracy.Pixels, l *labelled, h models.Heatmap, width, height int) error {
	heat, err := spreadOver(l.name, h, width, height)
	if err != nil {
		return err
	}
	m := mask{width, height, nil}
	if l.mask != "" {
		if m, err = readMask(l.mask); err != nil {
			return err
		}
	}
	step := max(1, int(math.Sqrt(float64(width*height)/pixelsOfAPicture)))
	for y := 0; y < height; y += step {
		for x := 0; x < width; x += step {
			p.Add(heat.level(x, y), m.on != nil && m.on[y*width+x])
		}
	}
	p.Pictures++
	return nil
}

// doubts says what speaks against the figures: pictures that stand twice, and
// those that the model may have been taught from.
func (e *examination) doubts(taught string) ([]string, error) {
	var out []string
	first := map[[sha256.Size]byte]*labelled{}
	twins, example := 0, ""
	for i := range e.found {
		l := &e.found[i]
		if e.sums[i] == ([sha256.Size]byte{}) {
			continue // could not be read
		}
		before := first[e.sums[i]]
		switch {
		case before == nil:
			first[e.sums[i]] = l
		case before.kind != l.kind:
			out = append(out, fmt.Sprintf("%s and %s are the same picture, and it can not be both.", before.name, l.name))
		default:
			if twins++; example == "" {
				example = before.name + " and " + l.name
			}
		}
	}
	if twins > 0 {
		out = append(out, fmt.Sprintf("Copies of other pictures: %d (%s). The bounds hold for different parts only.", twins, example))
	}
	n, err := e.alsoIn(taught, first)
	if err != nil {
		return nil, err
	}
	if n > 0 {
		out = append(out, fmt.Sprintf("Pictures that are also in %s: %d. If the model was taught from them, the figures are too good.", taught, n))
	}
	return out, nil
}

// setName is the folder's name that means something to a reader.
func setName(dir string) string {
	dir = filepath.Clean(dir)
	if filepath.Base(dir) == "test" {
		dir = filepath.Dir(dir)
	}
	return filepath.Base(dir)
}

// fileWord makes a name fit to be part of a file's name.
func fileWord(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.", r) {
			return r
		}
		return '-'
	}, name)
}

var errNoTeach = errors.New("--curve needs good pictures to teach from: name their folder by --teach DIR, or put them into train/good of the report's folder")

package draw

import (
	"bufio"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"time"

	"linesman/camera"
	"linesman/part"
	"linesman/sim"
)

// Truth is one line of truth.jsonl: one part, in the first picture that shows
// it whole.
type Truth struct {
	Trigger  uint64     `json:"trigger"`
	Lane     int        `json:"lane"`
	Box      [4]float64 `json:"box"` // x1, y1, x2, y2 in pixels
	Kind     sim.Kind   `json:"kind"`
	SizeMM   float64    `json:"size_mm"`
	Contrast float64    `json:"contrast"`
	DeltaE   float64    `json:"delta_e,omitempty"`
}

// Shown is one line of frames.jsonl: one picture, and where the belt was.
type Shown struct {
	File    string        `json:"file"` // relative to the recording, slashes
	Camera  part.CameraID `json:"camera"`
	Trigger uint64        `json:"trigger"`
	Tick    part.Tick     `json:"tick"`
	At      int64         `json:"at"` // ns
}

// Truth returns the truth about a part in the picture of a trigger.
func (p *Painter) Truth(t sim.Trigger, which sim.Part) Truth {
	b := p.Box(t.Travelled, which)
	round := func(v float64) float64 { return math.Round(v*1000) / 1000 }
	return Truth{
		Trigger: t.N, Lane: which.Lane, Box: [4]float64{round(b.X0), round(b.Y0), round(b.X1), round(b.Y1)},
		Kind: which.Kind, SizeMM: round(which.SizeMM), Contrast: round(which.Contrast), DeltaE: round(which.DeltaE),
	}
}

// Recording says what Record writes.
type Recording struct {
	Spec        Spec // must end: Good or Defective above 0
	Options     Options
	Camera      part.CameraID
	RatePerHour float64   // gives the times; Options.SpeedMMs follows from it
	Start       time.Time // when the belt has travelled nothing
	TeachGood   int       // good parts to teach with, of another seed
	// Settings writes site.yaml and recipe.yaml into the folder; nil: none.
	Settings func(dir string, layout sim.Layout) error
}

// Record draws a line into a folder as `linesman bench line --recording` reads
// it: teach/*.png, frames/*.png, frames.jsonl, truth.jsonl and what Settings
// writes. The folder is made if absent.
func Record(dir string, r Recording) error {
	if r.Spec.Good == 0 && r.Spec.Defective == 0 {
		return fmt.Errorf("record %s: the feed never ends; set how many good and defective parts to draw", dir)
	}
	layout := r.Spec.Layout
	r.Options.SpeedMMs = layout.SpeedMMs(r.RatePerHour)
	if r.Options.SpeedMMs <= 0 {
		return fmt.Errorf("record %s: a rate of %g parts an hour does not move the belt", dir, r.RatePerHour)
	}
	for _, sub := range []string{"teach", "frames"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return fmt.Errorf("record: %w", err)
		}
	}
	if r.Settings != nil {
		if err := r.Settings(dir, layout); err != nil {
			return fmt.Errorf("record %s: settings: %w", dir, err)
		}
	}
	if r.TeachGood > 0 {
		teach := Spec{Layout: layout, Seed: roller(r.Spec.Seed, 51), Good: r.TeachGood, Touching: -1}
		painter := NewPainter(layout, roller(r.Spec.Seed, 52), r.Options)
		err := shoot(dir, "teach", painter, NewFeed(teach), r, func(sim.Trigger, string, Shot) error { return nil })
		if err != nil {
			return err
		}
	}
	return r.judged(dir)
}

// roller returns one number that depends on the words.
func roller(words ...uint64) uint64 { d := roll(words...); return d.next() }

// judged writes the pictures to be judged and the lines about them.
func (r Recording) judged(dir string) (err error) {
	frames, err := newLines(filepath.Join(dir, "frames.jsonl"))
	if err != nil {
		return err
	}
	defer frames.close(&err)
	truths, err := newLines(filepath.Join(dir, "truth.jsonl"))
	if err != nil {
		return err
	}
	defer truths.close(&err)
	painter := NewPainter(r.Spec.Layout, r.Spec.Seed, r.Options)
	return shoot(dir, "frames", painter, NewFeed(r.Spec), r, func(t sim.Trigger, file string, s Shot) error {
		tick := part.Tick{Epoch: 1, Count: int64(math.Round(t.Travelled * r.Spec.Layout.PerMM))}
		if err := frames.add(Shown{File: file, Camera: r.Camera, Trigger: t.N, Tick: tick, At: t.At.UnixNano()}); err != nil {
			return err
		}
		for _, p := range s.New {
			if err := truths.add(painter.Truth(t, p)); err != nil {
				return err
			}
		}
		return nil
	})
}

// shoot paints a whole feed into a sub-folder, one file a trigger.
func shoot(dir, sub string, p *Painter, feed sim.Feed, r Recording, each func(sim.Trigger, string, Shot) error) error {
	f := camera.NewPool(1).Get(p.width, p.height, camera.RGB)
	defer f.Release()
	for t, s := range Walk(p.layout, feed, r.Options.SpeedMMs, r.Start) {
		p.Paint(t.Travelled, s.Visible, f)
		file := fmt.Sprintf("%s/%06d.png", sub, t.N)
		if err := writePNG(filepath.Join(dir, filepath.FromSlash(file)), f); err != nil {
			return fmt.Errorf("record: %w", err)
		}
		if err := each(t, file, s); err != nil {
			return fmt.Errorf("record: %w", err)
		}
	}
	return nil
}

// writePNG writes a frame's pixels.
func writePNG(path string, f *camera.Frame) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, out.Close()) }()
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return encoder.Encode(out, picture(f))
}

// picture returns a copy of a frame as Go's image.
func picture(f *camera.Frame) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, f.Width, f.Height))
	for y := range f.Height {
		from, to := f.Pix[y*f.Stride:], m.Pix[y*m.Stride:]
		for x := range f.Width {
			copy(to[x*4:x*4+3], from[x*3:x*3+3])
			to[x*4+3] = 255
		}
	}
	return m
}

// lines is a file of one JSON object a line.
type lines struct {
	file *os.File
	buf  *bufio.Writer
	enc  *json.Encoder
}

func newLines(path string) (*lines, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	buf := bufio.NewWriter(f)
	return &lines{f, buf, json.NewEncoder(buf)}, nil
}

func (l *lines) add(v any) error { return l.enc.Encode(v) }

// close writes out what is buffered and keeps the first error.
func (l *lines) close(err *error) { *err = firstOf(*err, l.buf.Flush(), l.file.Close()) }

// firstOf returns the first error that is one.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

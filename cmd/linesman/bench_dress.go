package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"linesman/bench"
)

// BenchDressCmd holds what is decided of people's dress against labels.
type BenchDressCmd struct {
	Stills []string      `arg:"" type:"existingdir" help:"Folders of labelled pictures: images/, labels/, and classes.json there or one above."`
	Clips  int           `default:"20" help:"Clips, a still each, from the folders by turns."`
	For    time.Duration `default:"12s" help:"Length of a clip."`
	FPS    float64       `name:"fps" default:"5" help:"Frames a second."`
	Seed   uint64        `default:"1" help:"Of the stills that are taken, the ways over them and the dropouts."`
	Model  string        `default:"safety" help:"A detector that ships, or a folder."`
	Side   int           `default:"640" help:"Longest side of what the network is shown, as a watch has it; 0: the card's."`
	Far    bool          `help:"Look a second time, finer."`
	JSON   bool          `help:"The report as JSON."`
}

// Help says what is measured.
func (c *BenchDressCmd) Help() string {
	return `A camera pans and zooms over labelled stills, with lost frames, things that pass
before people, blur, noise and changing light. What the station decides of the dress of
each person in view is held against the labels: right, wrong (the wrong verdict stood
at any time) or undecided (docs/bench.md).

  linesman bench dress ../shared/data/safety/css/test ../shared/data/safety/hardhat/test
  linesman bench dress ../shared/data/safety/css/test --clips 60 --seed 2 --json`
}

// Run measures and prints.
func (c *BenchDressCmd) Run(ctx context.Context) error {
	dir, _ := detectors(c.Model)
	if dir == nil {
		dir = os.DirFS(c.Model)
	}
	r, err := bench.RunDress(ctx, bench.DressRun{Stills: c.Stills, Clips: c.Clips, For: c.For, FPS: c.FPS, Seed: c.Seed, Model: dir, Side: c.Side, Far: c.Far, Progress: saySince(time.Now()),
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(os.Stdout, r)
	}
	printDressRun(os.Stdout, r)
	return nil
}

func printDressRun(w io.Writer, r *bench.DressReport) {
	say := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	say("%s: %d clips of %d stills at %g pictures a second, seed %d: %d pictures shown, %d lost", r.Model, r.Clips, r.Stills, r.FPS, r.Seed, r.Frames, r.Lost)
	people, right, wrong, undecided := r.Dress.All()
	say("%d people in view, of whom %d verdicts are asked: %d right, %d wrong, %d undecided; %d more people are too small for dress to be judged", r.Asked, people, right, wrong, undecided, r.Small)
	printDress(w, &r.Dress, true)
	for _, b := range r.Tall {
		people, right, wrong, undecided := b.Dress.All()
		to := "and more"
		if b.To > 0 {
			to = fmt.Sprintf("to %d", b.To)
		}
		say("  %d %s pixels tall: %d verdicts, %d right, %d wrong, %d undecided", b.From, to, people, right, wrong, undecided)
	}
	d := &r.Identity
	say("  identity: %d labelled people, %d followed; found in %d of %d sightings; %d identity switches, %d tracks that went over to another, %d people never followed, %d tracks of nobody labelled", d.People, d.Tracks, d.Found, d.Sightings, len(d.Switches), len(d.Mixed), len(d.Unfollowed), len(d.Nobody))
}

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"linesman/bench"
)

// BenchSceneCmd holds the safety cameras against counts by hand.
type BenchSceneCmd struct {
	Hands   []string `arg:"" name:"hand" type:"existingfile" help:"Counts by hand, a video each; the file names its video."`
	Videos  []string `type:"existingdir" placeholder:"DIR" help:"Folders with the videos; where Debian's opencv-doc is installed, vtest.avi is found without."`
	FPS     float64  `name:"fps" default:"5" help:"Frames a second looked at."`
	Model   string   `default:"safety" help:"A detector that ships, or a folder."`
	Side    int      `default:"640" help:"Longest side of what the network is shown, as a watch has it; 0: the card's."`
	Far     bool     `help:"Look a second time, finer."`
	Threads int      `default:"2" help:"Cores."`
	JSON    bool     `help:"The report as JSON."`
}

// Help says what is measured.
func (c *BenchSceneCmd) Help() string {
	return `Each video is played once through RTSP, in real time, to a whole safety station with
the hand's zones and lines, and everyday rules over it. What came of it stands beside
the hand: zone entries, line crossings, heads, identity switches, dress per person,
false alarms an hour (docs/bench.md).

  linesman bench scene bench/testdata/safety/*.hand.txt --videos ../shared/data/safety/videos
  linesman bench scene bench/testdata/safety/vtest.hand.txt --fps 10 --json`
}

// Run measures and prints.
func (c *BenchSceneCmd) Run(ctx context.Context) error {
	dir, _ := detectors(c.Model)
	if dir == nil {
		dir = os.DirFS(c.Model)
	}
	o := bench.SceneRun{Videos: append(c.Videos, samplesOfOpenCV), FPS: c.FPS, Model: dir, Side: c.Side, Far: c.Far, Cores: c.Threads, Progress: saySince(time.Now()),
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))}
	for _, path := range c.Hands {
		h, err := readHand(path)
		if err != nil {
			return err
		}
		o.Hands = append(o.Hands, h)
	}
	r, err := bench.RunScenes(ctx, o)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(os.Stdout, r)
	}
	printScenes(os.Stdout, r)
	return nil
}

func readHand(path string) (*bench.SceneHand, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h, err := bench.ReadSceneHand(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

// printScenes tells a person.
func printScenes(w io.Writer, r *bench.SceneReport) {
	fmt.Fprintf(w, "%s at %g pictures a second\n", r.Model, r.FPS)
	for i := range r.Videos {
		printScene(w, &r.Videos[i], true)
	}
	if len(r.Videos) > 1 {
		printScene(w, &r.Total, false)
	}
}

// printScene tells of one video; all names the cases one by one.
func printScene(w io.Writer, v *bench.VideoScore, all bool) {
	say := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	each := func(what string, cases []string) {
		if all && len(cases) > 0 {
			say("    %s: %s", what, strings.Join(cases, "; "))
		}
	}
	say("%s, %.1f s: %d pictures looked at, %d rested, %d pushed out by newer ones, %d not to be judged", v.Video, v.Seconds, v.Looked, v.Rested, v.Skipped, v.Blind)
	for _, p := range []struct {
		name string
		bench.PairedCount
	}{{"zone entries", v.Entries}, {"line crossings", v.Crossings}} {
		say("  %s: by hand %d, counted %d: %d matched (at most %.1f s off), %d missed, %d extra, %d where the hand is unsure", p.name, p.Hand, p.Counted, p.Matched, p.OffMost, len(p.Missed), len(p.Extra), p.Unsure)
		for _, n := range p.By {
			say("    %-12s by hand %2d, counted %2d", n.Name, n.Hand, n.Counted)
		}
		each("missed", p.Missed)
		each("extra", p.Extra)
	}
	for _, c := range []struct {
		name string
		bench.HeadCount
	}{{"heads in the picture", v.Heads}, {"heads in zones", v.InZones}} {
		say("  %s: %d of %d counts as by hand, %d too few, %d too many; %d heads off of %d", c.name, c.Within, c.Counts, c.Few, c.Many, c.Off, c.HeadCount.Heads)
	}
	d := &v.Identity
	say("  identity: %d people by hand, %d followed; found in %d of %d sightings; %d identity switches, %d tracks that went over to another, %d people never followed, %d tracks of nobody", d.People, d.Tracks, d.Found, d.Sightings, len(d.Switches), len(d.Mixed), len(d.Unfollowed), len(d.Nobody))
	each("switches", d.Switches)
	each("went over", d.Mixed)
	each("never followed", d.Unfollowed)
	each("nobody", d.Nobody)
	printDress(w, &v.Dress, all)
	a := &v.Alarms
	say("  alarms: %d true, %d where the hand is unsure, %d false in %.1f minutes: %.0f an hour (at most %.0f, 95 %%)", a.True, a.Unsure, len(a.False), a.Hours*60, a.PerHour, a.Upper95)
	each("false", a.False)
}

// printDress tells the verdicts per person.
func printDress(w io.Writer, d *bench.DressScore, all bool) {
	for _, i := range d.Items {
		fmt.Fprintf(w, "  %s: %d people: %d right, %d wrong, %d undecided\n", i.Item, i.People, i.Right, len(i.Wrong), len(i.Undecided))
		if all && len(i.Wrong) > 0 {
			fmt.Fprintf(w, "    wrong: %s\n", strings.Join(i.Wrong, "; "))
		}
		if all && len(i.Undecided) > 0 {
			fmt.Fprintf(w, "    undecided: %s\n", strings.Join(i.Undecided, "; "))
		}
	}
}

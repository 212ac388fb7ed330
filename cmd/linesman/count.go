package main

import (
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"linesman/bench"
)

// CountCmd counts what crosses a line in a video.
type CountCmd struct {
	Video    string   `arg:"" type:"existingfile" help:"The recording; it is published as a network camera's stream and watched like one."`
	Model    string   `type:"existingdir" help:"Folder of a detector; unless given, the one that ships: eighty everyday things."`
	Class    string   `default:"bottle" help:"What is counted."`
	Line     countPos `default:"x:0.5" placeholder:"AXIS:SHARE" help:"Where: x:0.5 is the middle of the picture's width, y:0.35 a good third down its height."`
	Sure     float64  `default:"0.5" help:"Score from which a thing is believed to be one."`
	Overlay  string   `type:"path" help:"Write a picture with the parts, their numbers and the line (PNG)."`
	Hand     string   `type:"existingfile" help:"Compare with a count by hand: a line a crossing, name, frame, forward or back, pixels along the line."`
	Realtime bool     `default:"true" negatable:"" help:"Through RTSP at the video's pace; otherwise straight from the file, as fast as every frame can be looked at."`
	Threads  int      `default:"2" help:"Cores for the network."`
	JSON     bool     `help:"The report as JSON."`
}

// Help shows how it is used.
func (c *CountCmd) Help() string {
	return `A free-running camera gives neither trigger nor tick: parts are followed from
frame to frame, and each gets one id when its centre crosses the line.

  linesman count bottles.mp4
  linesman count bottles.mp4 --line y:0.35 --overlay bottles.png --json
  linesman count bottles.mp4 --line y:0.35 --hand bottles.hand.txt`
}

// countPos is a line across the picture.
type countPos struct {
	alongY bool
	share  float64
}

// UnmarshalText reads x:SHARE or y:SHARE.
func (p *countPos) UnmarshalText(text []byte) error {
	axis, share, _ := strings.Cut(string(text), ":")
	v, err := strconv.ParseFloat(share, 64)
	if err != nil || axis != "x" && axis != "y" || !(v > 0 && v < 1) {
		return fmt.Errorf("line %q: want x: or y: and a share of the picture between 0 and 1, as in x:0.5", text)
	}
	p.alongY, p.share = axis == "y", v
	return nil
}

// Run counts and prints the report.
func (c *CountCmd) Run(ctx context.Context) error {
	began := time.Now()
	o := bench.Count{
		Video: c.Video, Class: c.Class, Line: c.Line.share, AlongY: c.Line.alongY, Sure: c.Sure, Unpaced: !c.Realtime, Threads: c.Threads,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Progress: func(format string, args ...any) {
			fmt.Fprintf(os.Stderr, "%4.0f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
		},
	}
	if c.Model != "" {
		o.Model = os.DirFS(c.Model)
	}
	if c.Hand != "" {
		f, err := os.Open(c.Hand)
		if err != nil {
			return err
		}
		o.Hand, err = bench.ReadHand(f)
		f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", c.Hand, err)
		}
	}
	r, err := bench.RunCount(ctx, o)
	switch {
	case err != nil && c.Model != "":
		return fmt.Errorf("%w (model folder %s)", err, c.Model)
	case err != nil:
		return err
	}
	if c.Overlay != "" {
		if err := writeOverlay(c.Overlay, r); err != nil {
			return err
		}
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	printCount(os.Stdout, r)
	return nil
}

func writeOverlay(path string, r *bench.CountReport) error {
	if r.Overlay == nil {
		return fmt.Errorf("overlay %s: no frame arrived, so there is no picture to draw", path)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(f, r.Overlay); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// printCount tells a person.
func printCount(w io.Writer, r *bench.CountReport) {
	say := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	say("%d of class %q crossed %s = %.0f: %d crossings forward, %d back; %d lost on their way to it", len(r.Parts), r.Class, r.Axis, r.LinePx, r.Forward, r.Back, r.Unsure)
	say("  %d frames published, %d arrived (through %s), %d looked at, %d skipped, %d damaged; %.1f s", r.Published, r.Frames, r.Through, r.Looked, r.Skipped, r.Damaged, r.Seconds)
	if t := r.LookMS; t != nil {
		say("  a frame took p50 %.1f ms, p99 %.1f, most %.1f", t.P50, t.P99, t.Max)
	}
	for _, p := range r.Parts {
		ways := make([]string, len(p.Ways))
		for i, c := range p.Ways {
			ways[i] = fmt.Sprintf("%d %s", c.Frame, map[bool]string{true: "forward", false: "back"}[c.Forward])
		}
		say("  part %-3d %s  frames %d to %d, crossed at %s", p.Number, p.ID, p.First, p.Last, strings.Join(ways, ", "))
	}
	if h := r.Hand; h != nil {
		say("  by hand %d parts, %d crossings: %d matched, at most %d frames off; missed %q, extra %q, mixed up %q", h.Parts, h.Crossings, h.Matched, h.MostOff, h.Missed, h.Extra, h.Mixed)
		for _, p := range h.Pairs {
			say("    %-4s part %-3d hand %d, counted %d", p.Name, p.Number, p.Hand, p.Counted)
		}
	}
}

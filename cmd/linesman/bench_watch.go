package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"linesman/bench"
)

// BenchWatchCmd measures safety cameras.
type BenchWatchCmd struct {
	Video   string        `arg:"" type:"existingfile" help:"What every camera sees, over and over; people should move in it."`
	Cameras int           `default:"6" help:"Cameras at once."`
	FPS     float64       `name:"fps" default:"5" help:"Frames a second looked at by each."`
	For     time.Duration `default:"60s" help:"How long the cameras play."`
	Model   string        `default:"safety" help:"A detector that ships, or a folder."`
	Side    int           `default:"640" help:"Longest side of what the network is shown, as a watch has it; 0: the card's."`
	Far     bool          `help:"Look a second time, finer."`
	Threads int           `default:"2" help:"Cores."`
	JSON    bool          `help:"The report as JSON."`
}

// Help says what is measured.
func (c *BenchWatchCmd) Help() string {
	return `First as many cameras as asked for play the video through RTSP at its pace, the motion
gate never closed: frames a second that each saw, frames pushed out, memory. Then the
same frames as fast as they go on all cores - sight, gate, network, tracks - by turns
with the network alone (docs/bench.md).

  linesman bench watch people.mp4 --cameras 6 --for 2m`
}

// Run measures and prints.
func (c *BenchWatchCmd) Run(ctx context.Context) error {
	dir, _ := detectors(c.Model)
	if dir == nil {
		dir = os.DirFS(c.Model)
	}
	r, err := bench.RunWatch(ctx, bench.Watch{Video: c.Video, Cameras: c.Cameras, FPS: c.FPS, For: c.For, Model: dir, Side: c.Side, Far: c.Far, Threads: c.Threads, Held: heldNow,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	printWatch(os.Stdout, r)
	return nil
}

func printWatch(w io.Writer, r *bench.WatchReport) {
	fmt.Fprintf(w, "%d cameras of %d x %d pixels, %g frames a second asked of each, %.0f s\n", r.Cameras, r.Size[0], r.Size[1], r.WantedFPS, r.Seconds)
	fmt.Fprintf(w, "  the one that saw least: %.2f a second; %d frames came, %d looked at, %d pushed out by newer ones, %d rested, %d not to be judged\n", r.LeastFPS, r.Frames, r.Looked, r.Skipped, r.Rested, r.Blind)
	fmt.Fprintf(w, "  memory %.1f MB for each camera more\n", r.CameraMB)
	fmt.Fprintf(w, "at full speed %.1f frames/s with sight, gate and tracks (%d followed); the network alone, %d x %d, %.1f: ratio %.2f\n", r.Full, r.Tracks, r.Input[0], r.Input[1], r.Bare, r.Efficiency)
}

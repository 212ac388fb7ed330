package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"linesman/bench/stage"
)

// BenchSoakCmd soaks the program.
type BenchSoakCmd struct {
	For   time.Duration `default:"1h" help:"How long."`
	Drops int           `default:"200" help:"Times the camera is gone, or sends nothing."`
	Kills int           `default:"20" help:"Times the process is killed by signal 9: in the first half, the last one near the end."`
	Down  float64       `default:"0.333" help:"Share of the time in which the push service is out of reach."`
	FPS   float64       `name:"fps" default:"5" help:"Frames a second looked at."`
	Seed  uint64        `default:"1" help:"Of what is done when."`
	Keep  string        `type:"path" placeholder:"DIR" help:"Keep site, log and samples here."`
	JSON  bool          `help:"The report as JSON."`
}

// Help says what is measured.
func (c *BenchSoakCmd) Help() string {
	return `The real program, a process of its own with site file, rules and log on disk, watches a
stream in which somebody comes onto a floor and goes again, over and over. The camera
drops out, the push service is out of reach, the process is killed. Afterwards the log
is held against what was done: each visit that was in sight long enough raised one
alarm, each alarm was received, each delivery has an end (docs/bench.md).

  linesman bench soak
  linesman bench soak --for 3m --drops 10 --kills 3`
}

// Run soaks and prints.
func (c *BenchSoakCmd) Run(ctx context.Context) error {
	self, dir, done, err := stagePlace(c.Keep)
	if err != nil {
		return err
	}
	defer done()
	r, err := stage.RunSoak(ctx, stage.Soak{Program: self, Dir: dir, For: c.For, Drops: c.Drops, Kills: c.Kills, Down: c.Down, FPS: c.FPS, Seed: c.Seed, Say: saySince(time.Now())})
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(os.Stdout, r); err != nil {
			return err
		}
		return r.Err()
	}
	printSoak(os.Stdout, r)
	return r.Err()
}

// stagePlace returns this program, a folder to measure in, and what takes that away
// again unless it is to be kept.
func stagePlace(keep string) (self, dir string, done func(), err error) {
	if self, err = os.Executable(); err != nil {
		return "", "", nil, err
	}
	if keep != "" {
		return self, keep, func() {}, os.MkdirAll(keep, 0o700)
	}
	dir, err = os.MkdirTemp("", "linesman-stage-")
	return self, dir, func() { os.RemoveAll(dir) }, err
}

func printSoak(w io.Writer, r *stage.SoakReport) {
	fmt.Fprintf(w, "%.0f s: the camera dropped %d times, the process killed %d times, the push service out of reach %d times, %.0f s in all; seed %d\n", r.Seconds, r.Drops, r.Kills, r.Outages, r.DownS, r.Seed)
	for _, c := range []stage.Counted{r.Visits, r.Losses} {
		fmt.Fprintf(w, "%s: %d, an alarm owed for %d; %d raised one, %d under one that stood; lost %d, doubled %d, false %d, stuck %d\n", c.What, c.All, c.Owed, c.Raised, c.Covered, c.Lost, c.Doubled, c.False, c.Stuck)
		for _, d := range c.Details {
			fmt.Fprintln(w, "  "+d)
		}
	}
	for _, o := range r.Others {
		fmt.Fprintln(w, "also raised: "+o)
	}
	d := r.Deliveries
	fmt.Fprintf(w, "%d alarms, %d pushes received; alarms not received %d, received and not in the log %d, not normal again %d\n", r.Alarms, r.Pushes, len(r.Unreceived), len(r.Unknown), r.Unnormal)
	fmt.Fprintf(w, "%d deliveries: %d received, %d sent without a receipt, %d failed, %d withdrawn; without an end %d, begun twice %d\n", d.All, d.Received, d.Sent, d.Failed, d.Withdrawn, d.Open, d.Doubled)
	if n := len(r.Longest); n > 0 {
		fmt.Fprintf(w, "the longest life, %.0f s: own memory %.0f MB in its 2nd to 4th minute, %.0f MB in its last three; Go's heap %.0f and %.0f MB; at most %d goroutines\n", r.Longest[n-1].Seconds, r.FirstMB, r.LastMB, r.FirstHeapMB, r.LastHeapMB, r.MostThreads)
	}
}

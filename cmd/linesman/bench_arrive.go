package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"linesman/bench/stage"
)

// BenchArriveCmd measures how long an alarm takes.
type BenchArriveCmd struct {
	Events  int           `default:"500" help:"Times somebody comes onto the floor."`
	Cameras int           `default:"2" help:"Cameras at once; they take turns."`
	FPS     float64       `name:"fps" default:"5" help:"Frames a second looked at by each."`
	Side    int           `default:"640" help:"Longest side of what the network is shown."`
	Rule    time.Duration `default:"1s" help:"The rule's own for:."`
	Seed    uint64        `default:"1" help:"Of when they come."`
	Keep    string        `type:"path" placeholder:"DIR" help:"Keep site and log here."`
	JSON    bool          `help:"The report as JSON."`
}

// Help says what is measured.
func (c *BenchArriveCmd) Help() string {
	return `From the exposure of the first picture that shows somebody on the floor, by RTSP, the
real program with its rules and its log on disk, to the push that a phone behind a push
service has decrypted (RFC 8291); and where the time goes (docs/bench.md).

  linesman bench arrive
  linesman bench arrive --events 20 --rule 0s`
}

// Run measures and prints.
func (c *BenchArriveCmd) Run(ctx context.Context) error {
	self, dir, done, err := stagePlace(c.Keep)
	if err != nil {
		return err
	}
	defer done()
	r, err := stage.RunArrive(ctx, stage.Arrive{Program: self, Dir: dir, Events: c.Events, Cameras: c.Cameras, FPS: c.FPS, Side: c.Side, Rule: c.Rule, Seed: c.Seed, Say: saySince(time.Now())})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(os.Stdout, r)
	}
	printArrive(os.Stdout, r)
	return nil
}

func printArrive(w io.Writer, r *stage.ArriveReport) {
	v := r.Visits
	fmt.Fprintf(w, "%d visits by %d cameras at %g frames a second; %d raised an alarm, lost %d, doubled %d, false %d; seed %d\n", v.All, r.Cameras, r.FPS, v.Raised, v.Lost, v.Doubled, v.False, r.Seed)
	for _, d := range append(v.Details, r.Others...) {
		fmt.Fprintln(w, "  "+d)
	}
	for _, row := range []struct {
		what string
		s    stage.Spread
	}{
		{"from the exposure of the first picture to the picture by which somebody is believed", r.Believed},
		{fmt.Sprintf("from there to the alarm in the log, less the rule's %g s", r.Rule), r.Raised},
		{"from there to the push received", r.Pushed},
		{"all of it, less the rule's own time", r.Whole},
		{"from the alarm in the log to the receipt in it", r.Proven},
	} {
		fmt.Fprintf(w, "  %s: n %d, p50 %.3f, p99 %.3f, most %.3f s\n", row.what, row.s.N, row.s.P50, row.s.P99, row.s.Most)
	}
}

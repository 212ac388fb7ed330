package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"linesman/bench"
	"linesman/sim"
)

// BenchCmd measures.
type BenchCmd struct {
	Line   BenchLineCmd   `cmd:"" help:"Judge a drawn or recorded line and count escapes, false rejects and time at a simulated gate."`
	Shift  BenchShiftCmd  `cmd:"" help:"Write a shift of tablets by the line's own code, and measure the gate with and without the log."`
	Watch  BenchWatchCmd  `cmd:"" help:"Measure safety cameras: how many at once, frames a second, memory."`
	Scene  BenchSceneCmd  `cmd:"" help:"Hold safety cameras against counts by hand: zones, lines, heads, identities, dress, false alarms."`
	Dress  BenchDressCmd  `cmd:"" help:"Hold what is decided of people's dress against labelled stills, panned over with dropouts."`
	Soak   BenchSoakCmd   `cmd:"" help:"Soak the safety side: camera drops, a push service out of reach, kills; then hold the log against what was done."`
	Arrive BenchArriveCmd `cmd:"" help:"Measure how long it takes from a picture that shows somebody to the push on a phone."`
	Faults BenchFaultsCmd `cmd:"" help:"Cover, move, freeze and unplug cameras, and take the time until an alarm says so."`
	Log    BenchLogCmd    `cmd:"" help:"Measure the event log against bare SQLite: appends, followers, a large log."`
	Module BenchModuleCmd `cmd:"" help:"Try a module, in any language, against the contract of docs/modules.md."`
}

// BenchLineCmd measures a line.
type BenchLineCmd struct {
	Product   string        `default:"tablets" enum:"caps,capsules,tablets" help:"What the belt carries."`
	Recording string        `type:"existingdir" help:"Judge frames drawn by anybody: site.yaml, recipe.yaml, teach/, frames.jsonl, truth.jsonl."`
	Rate      float64       `help:"Parts an hour; 0 is the white paper's rate of the product."`
	Pace      float64       `placeholder:"N" help:"Instead of --rate: so many times the white paper's rate, in real time."`
	Good      int           `default:"10000" help:"Good parts to judge."`
	Defective int           `default:"10000" help:"Defective parts to judge."`
	Kinds     []string      `placeholder:"KIND,..." help:"Defects to draw, equally frequent, as 'spot,empty half'; unless set, those the product is measured by. Capsules have more: see docs/sim.md."`
	Duration  time.Duration `help:"Instead of a number of parts: as many as pass in this time, 2 % of them defective."`
	Deadline  time.Duration `default:"250ms" help:"From the scheduled trigger to the acknowledged entry."`
	NoPace    bool          `help:"All parts as fast as they go."`
	Full      int           `default:"4000" help:"Parts of the full-speed run that follows a paced one."`
	Ahead     time.Duration `default:"0" placeholder:"10m" help:"Belt time of the pictures drawn ahead in one go, so that the belt runs so long without a stop; they take memory. Unless set, blocks of at least a minute."`
	Seed      uint64        `default:"1" help:"Of the judged parts; the taught ones are of another."`
	JSON      bool          `help:"The report as JSON."`
}

// Help says what to look for.
func (c *BenchLineCmd) Help() string {
	return `Parts are drawn, judged by the whole line and counted at a simulated gate. The
report has the escapes with exact bounds, by kind, by size and contrast, and
above the sizes that are stated for each kind; docs/bench.md explains each line.

For example:

  linesman bench line --product caps --no-pace --good 54000 --defective 47500 --seed 51
  linesman bench line --product tablets --pace 3 --duration 10m --ahead 10m
  linesman bench line --product capsules --no-pace --duration 8h --ahead 1m`
}

// heldNow is what this process holds of the box.
func heldNow() bench.Held {
	s := sample(nil, time.Now())
	return bench.Held{ResidentMB: s.ResidentMB, OwnMB: s.OwnMB, HeapMB: s.HeapMB, Goroutines: s.Goroutines, Mats: s.Mats}
}

// Run measures and prints the report.
func (c *BenchLineCmd) Run(ctx context.Context) error {
	var kinds []sim.Kind
	for _, k := range c.Kinds {
		kinds = append(kinds, sim.Kind(k))
	}
	r, err := bench.RunLine(ctx, bench.Line{
		Kinds:   kinds,
		Product: sim.Product(c.Product), Recording: c.Recording, RatePerHour: c.Rate, Pace: c.Pace, Ahead: c.Ahead, Room: int64(memory("MemAvailable:")), Held: heldNow, Good: c.Good, Defective: c.Defective, Duration: c.Duration,
		Deadline: c.Deadline, NoPace: c.NoPace, FullSpeed: c.Full, Seed: c.Seed,
		Progress: saySince(time.Now()),
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(os.Stdout, r)
	}
	printReport(os.Stdout, r)
	return nil
}

// saySince tells a person what is being measured, and how long it has taken.
func saySince(began time.Time) func(format string, args ...any) {
	return func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%4.0f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
}

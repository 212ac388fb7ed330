package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"linesman/line"
	"linesman/vision/cv"
)

// Watch looks after an appliance while it runs: what it holds of the box, and
// whether its parts are accounted for at the end.
type Watch struct {
	For   time.Duration `default:"0" placeholder:"10m" help:"Stop after this long, and fail unless every part is accounted for."`
	Stats string        `type:"path" placeholder:"FILE" help:"Write memory, goroutines and figures to FILE every 10 s, one JSON object a line."`
}

// statsEvery is the time between two samples.
const statsEvery = 10 * time.Second

// Sample is what the process held at one moment.
type Sample struct {
	At         time.Time     `json:"at"`
	Seconds    float64       `json:"seconds"` // since the appliance began to run
	ResidentMB float64       `json:"resident_mb"`
	OwnMB      float64       `json:"own_mb"`  // the share of it that no file stands behind: not the program, nor the log's ring
	HeapMB     float64       `json:"heap_mb"` // of Go, in use
	Goroutines int           `json:"goroutines"`
	Mats       *int          `json:"open_mats,omitempty"` // in a build with -tags matprofile
	Lines      []line.Status `json:"lines"`
}

// over runs the appliance for as long as the flags say.
func (w Watch) over(ctx context.Context, a *appliance) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- a.run(running) }()

	out, err := w.open()
	if err != nil {
		return err
	}
	defer out.Close()
	began := time.Now()
	samples := time.NewTicker(statsEvery)
	defer samples.Stop()
	var enough <-chan time.Time
	if w.For > 0 {
		enough = time.After(w.For)
	}
	for {
		select {
		case err := <-done:
			return err
		case <-samples.C:
			if err := out.write(a.status, began); err != nil {
				return err
			}
		case <-enough:
			account := settled(ctx, a.status)
			err := out.write(a.status, began)
			report(a.status(), time.Since(began))
			stop()
			return errors.Join(account, err, <-done)
		}
	}
}

// statsFile is where samples go; nil where nobody wants any.
type statsFile struct{ file *os.File }

func (w Watch) open() (*statsFile, error) {
	if w.Stats == "" {
		return &statsFile{}, nil
	}
	f, err := os.Create(w.Stats)
	if err != nil {
		return nil, fmt.Errorf("--stats: %w", err)
	}
	return &statsFile{f}, nil
}

// Close ends the file.
func (s *statsFile) Close() {
	if s.file != nil {
		s.file.Close()
	}
}

func (s *statsFile) write(status func() []line.Status, began time.Time) error {
	if s.file == nil {
		return nil
	}
	if err := json.NewEncoder(s.file).Encode(sample(status(), began)); err != nil {
		return fmt.Errorf("--stats: %w", err)
	}
	return nil
}

// sample measures this process.
func sample(lines []line.Status, began time.Time) Sample {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := Sample{At: time.Now().UTC(), Seconds: time.Since(began).Seconds(), ResidentMB: inRAM("VmRSS:"), OwnMB: inRAM("RssAnon:"), HeapMB: float64(m.HeapInuse) / 1e6, Goroutines: runtime.NumGoroutine(), Lines: lines}
	if n, counted := cv.OpenMats(); counted {
		s.Mats = &n
	}
	return s
}

// inRAM returns a row of the kernel's account of this process, C's memory
// included, in MB; 0 where it does not say.
func inRAM(row string) float64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	return kilobytes(data, row) / 1e6
}

// settlePatience is how long the two columns of a ledger may differ: frames,
// readings and acknowledgements come by different ways.
const settlePatience = 3 * time.Second

// settled returns an error that names the lines whose accounts do not close, or
// did not at some time.
func settled(ctx context.Context, status func() []line.Status) error {
	deadline, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var open []error
		for _, st := range status() {
			switch differences := st.Ledger.Check(); {
			case st.Ledger.Mismatch != "":
				open = append(open, fmt.Errorf("line %s: the ledger does not balance: %s", st.Line, st.Ledger.Mismatch))
			case len(differences) > 0:
				open = append(open, fmt.Errorf("line %s: the ledger does not balance: %s", st.Line, strings.Join(differences, "; ")))
			case st.Ledger.Verdicts == 0:
				open = append(open, fmt.Errorf("line %s: no part was judged", st.Line))
			}
		}
		if len(open) == 0 {
			return nil
		}
		select {
		case <-deadline.Done():
			return errors.Join(open...)
		case <-tick.C:
		}
	}
}

// report prints what each line has done.
func report(lines []line.Status, took time.Duration) {
	for _, st := range lines {
		c := st.Counts
		fmt.Printf("%s: %s, %d parts: %d passed, %d failed, %d inconclusive (%d late); %.0f a minute; decision p50 %.1f ms, p99 %.1f ms over the last minute; ejected %d, exited %d, lost %d, unseen %d, blind %d\n",
			st.Line, took.Round(time.Second), c.Pass+c.Fail+c.Inconclusive, c.Pass, c.Fail, c.Inconclusive, c.Late,
			float64(c.Pass+c.Fail+c.Inconclusive)/took.Minutes(), st.Latency.P50, st.Latency.P99, st.Ledger.Ejected, st.Ledger.Exited, st.Ledger.Lost, st.Ledger.Unseen, st.Ledger.Blind)
	}
}

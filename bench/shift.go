package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"linesman/event/disk"
	"linesman/sim"
)

// Shift says what `bench shift` measures: what the log costs the line, and what
// the line asks of the log. Zero values are defaulted, but for Rounds and Parts,
// of which each leaves its half out.
type Shift struct {
	RatePerHour float64       // tablets; default the white paper's
	Rounds      int           // of the gate's latency, by turns with and without the log: an even number
	For         time.Duration // belt time of a round; default 60 s
	Deadline    time.Duration // from the scheduled trigger to the acknowledged entry; default 250 ms
	Parts       int           // of the shift; 3,200,000 are eight hours at the white paper's rate
	Seed        uint64        // default 1
	Dir         string        // on the disk that is to be measured; default the folder for temporary files

	Progress func(format string, args ...any) // may be nil
}

// ShiftReport is what `bench shift` found.
type ShiftReport struct {
	Product     string       `json:"product"`
	RatePerHour float64      `json:"rate_per_hour"`
	Seed        uint64       `json:"seed"`
	Gate        *GateReport  `json:"gate,omitempty"`
	Shift       *ShiftResult `json:"shift,omitempty"`
}

func (o *Shift) defaults() error {
	if o.RatePerHour == 0 {
		o.RatePerHour = Rates[sim.Tablets]
	}
	if o.For == 0 {
		o.For = time.Minute
	}
	if o.Deadline == 0 {
		o.Deadline = 250 * time.Millisecond
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Progress == nil {
		o.Progress = func(string, ...any) {}
	}
	switch {
	case !(o.RatePerHour > 0) || o.For < 0 || o.Deadline < 0:
		return errors.New("rate, length of a round and deadline must be more than 0")
	case o.Rounds < 0 || o.Rounds%2 != 0:
		return fmt.Errorf("%d rounds can not be shared out between with and without the log; give an even number", o.Rounds)
	case o.Parts < 0 || o.Parts == 0 && o.Rounds == 0:
		return errors.New("neither rounds of the gate nor parts of a shift: there is nothing to measure")
	}
	return nil
}

// RunShift measures in a folder of its own, which it removes again.
func RunShift(ctx context.Context, o Shift) (r *ShiftReport, err error) {
	defer func() {
		if err != nil {
			r, err = nil, fmt.Errorf("bench shift: %w", err)
		}
	}()
	if err := o.defaults(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.Dir, "linesman-bench-shift-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := o.room(dir); err != nil {
		return nil, err
	}
	r = &ShiftReport{Product: string(sim.Tablets), RatePerHour: o.RatePerHour, Seed: o.Seed}
	if o.Rounds > 0 {
		if r.Gate, err = o.gate(ctx, dir); err != nil {
			return nil, fmt.Errorf("the gate's latency: %w", err)
		}
	}
	if o.Parts > 0 {
		if r.Shift, err = o.shift(ctx, filepath.Join(dir, "shift")); err != nil {
			return nil, fmt.Errorf("the shift: %w", err)
		}
	}
	return r, nil
}

// bytesPart is what a part takes in the log, with room to spare.
const bytesPart = 2 << 10

// room refuses a disk that the log would fill.
func (o *Shift) room(dir string) error {
	free, err := disk.Free(dir)
	if err != nil {
		return err
	}
	if need := int64(o.Parts) * bytesPart; need > free {
		return fmt.Errorf("the log of %d parts takes up to %d MB, and %s has %d MB free; give another --dir or fewer --parts", o.Parts, need>>20, dir, free>>20)
	}
	return nil
}

package camera

import (
	"log/slog"
	"time"
)

// faults writes a camera's faults to the log: the first at once, then at most
// one line every interval with the number of those kept back. A camera with a
// loose cable must not fill the disk. It belongs to one goroutine.
type faults struct {
	log   *slog.Logger
	every time.Duration
	last  time.Time
	kept  int
}

func (f *faults) report(msg string, err error, args ...any) {
	now := time.Now()
	if !f.last.IsZero() && now.Sub(f.last) < f.every {
		f.kept++
		return
	}
	args = append(args, "err", err)
	if f.kept > 0 {
		args = append(args, "not_shown", f.kept)
	}
	f.log.Warn(msg, args...)
	f.last, f.kept = now, 0
}

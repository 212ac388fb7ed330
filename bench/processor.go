package bench

import (
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"linesman/models"
)

// Processor is where the processors' time goes at full speed, in milliseconds a part of
// all cores together: what waits costs nothing here, and what others do on the same box
// costs little. Outside is everything that the process does but running the network, the
// simulated belt and controller and the log included.
type Processor struct {
	Inference float64 `json:"inference_ms_per_part"`
	Outside   float64 `json:"outside_ms_per_part"`
	Bare      float64 `json:"bare_ms_per_part"`     // the same network on the same crops, alone
	Ratio     float64 `json:"inference_efficiency"` // Bare by Inference
}

// processTime returns the processor time that this process has taken, on all cores.
func processTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// threadTime returns the processor time that the calling thread has taken.
func threadTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// metered wraps a runtime so that the processor time of its runs is added to spent.
// It counts the calling thread alone: sessions must be of one thread.
func metered(open models.Open, spent *atomic.Int64) models.Open {
	return func(graph []byte, threads int) (models.Session, error) {
		s, err := open(graph, threads)
		if err != nil {
			return nil, err
		}
		return meteredSession{s, spent}, nil
	}
}

type meteredSession struct {
	models.Session
	spent *atomic.Int64 // nanoseconds
}

// Run runs the session, and counts what it took.
func (s meteredSession) Run(in []models.Tensor, keep *models.Buffers) ([]models.Tensor, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	from := threadTime()
	out, err := s.Session.Run(in, keep)
	s.spent.Add(int64(threadTime() - from))
	return out, err
}

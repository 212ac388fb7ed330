package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
)

// cores measures how many cores of the box had nothing to do but what gives way. It
// is for one goroutine.
type cores struct {
	free, all uint64 // ticks of all cores together since the box started
}

// idle returns how many cores were free on average since it was last asked; 0 the
// first time.
func (c *cores) idle() (float64, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	free, all, err := ticks(text)
	if err != nil {
		return 0, err
	}
	before := *c
	c.free, c.all = free, all
	if before.all == 0 || all <= before.all || free < before.free {
		return 0, nil
	}
	share := float64(free-before.free) / float64(all-before.all)
	// In a container the box may have more cores than we may use.
	return min(share*float64(runtime.NumCPU()), float64(runtime.GOMAXPROCS(0))), nil
}

// ticks reads the first row of /proc/stat: user, nice, system, idle, iowait, irq,
// softirq, steal. What runs at a lower priority gives way, so its ticks are free.
func ticks(stat []byte) (free, all uint64, err error) {
	row, _, _ := bytes.Cut(stat, []byte("\n"))
	words := bytes.Fields(row)
	if len(words) < 9 || string(words[0]) != "cpu" {
		return 0, 0, fmt.Errorf("/proc/stat begins with %.80q: %w", row, errors.ErrUnsupported)
	}
	for i, w := range words[1:9] {
		n, err := strconv.ParseUint(string(w), 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("/proc/stat: %w", err)
		}
		if all += n; i == 1 || i == 3 || i == 4 {
			free += n
		}
	}
	return free, all, nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"linesman/bench"
)

// BenchLogCmd measures the event log.
type BenchLogCmd struct {
	Dir       string        `type:"path" placeholder:"DIR" help:"On the disk that is to be measured; default the folder for temporary files."`
	For       time.Duration `default:"12s" help:"How long each rate is measured."`
	Group     int           `default:"512" help:"Events of a grouped append; 512 is what the hand-over ring carries at once."`
	Followers int           `default:"200" help:"Followers beside the writer; a tenth of them stalls."`
	Events    int           `default:"0" help:"Size of a large log, such as 10000000: what it costs to keep, open, ask and verify. 0 leaves it out."`
	JSON      bool          `help:"One JSON object."`
}

// Help says against what is measured.
func (c *BenchLogCmd) Help() string {
	return `Durable appends, one by one and in groups, beside bare SQLite inserts of the same
rows with the same indexes and the same syncs, in turns. Then the way from an
append to a follower, and what followers cost the writer.

For example: linesman bench log --events 1000000`
}

// Run measures, in a folder of its own that it removes again.
func (c *BenchLogCmd) Run(ctx context.Context) error {
	if c.Group < 1 || c.Followers < 0 || c.Events < 0 || c.For <= 0 {
		return errors.New("--group must be at least 1, --for more than 0, and nothing less than 0")
	}
	parent := c.Dir
	if parent == "" {
		parent = os.TempDir()
	}
	dir, err := os.MkdirTemp(parent, "linesman-bench-log-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	f, err := bench.Log(ctx, bench.LogSettings{Dir: filepath.Clean(dir), For: c.For, Group: c.Group, Followers: c.Followers, Events: c.Events, Progress: os.Stderr})
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(f)
	}
	fmt.Printf("single appends    %8.0f /s, bare SQLite %8.0f /s, ratio %.2f\n", f.Single.Ours, f.Single.Theirs, f.Single.Ratio)
	fmt.Printf("groups of %-7d %8.0f /s, bare SQLite %8.0f /s, ratio %.2f\n", f.GroupSize, f.Grouped.Ours, f.Grouped.Theirs, f.Grouped.Ratio)
	fmt.Printf("8 callers, singly %8.0f /s, bare SQLite %8.0f /s, ratio %.2f\n", f.Callers.Ours, f.Callers.Theirs, f.Callers.Ratio)
	fmt.Printf("append to follower  p50 %.2f ms, p99 %.2f ms, max %.1f ms\n", f.FollowMS.P50, f.FollowMS.P99, f.FollowMS.Max)
	fmt.Printf("%d followers, %d stalled: writer at %.2f of its rate without; over HTTP %.2f\n", f.Followers, f.Stalled, f.Followed.Ratio, f.OverHTTP.Ratio)
	if l := f.Large; l != nil {
		fmt.Printf("%d events: %.0f bytes each, written in %.0f s, reopened in %.0f ms, heap %.0f MB, verified in %.0f s (holds: %v)\n", l.Events, l.BytesAnEvent, l.WroteSeconds, l.ReopenMS, l.HeapMB, l.VerifySecond, l.VerifyGood)
		fmt.Printf("retention of the %d passes of that day: %.0f s; appends meanwhile p50 %.2f ms, p99 %.2f ms, max %.1f ms\n", l.Retained, l.RetainSecond, l.BesideMS.P50, l.BesideMS.P99, l.BesideMS.Max)
		fmt.Printf("one part's story out of them: p50 %.2f ms, p99 %.2f ms, max %.2f ms\n", l.StoryMS.P50, l.StoryMS.P99, l.StoryMS.Max)
	}
	return nil
}

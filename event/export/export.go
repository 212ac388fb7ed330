// Package export carries events out of the log and back in: as lines for
// people, as JSON Lines and as Parquet for programs.
package export

import (
	"context"

	"linesman/event"
)

// Source is what is exported from: a log, or its files read beside it.
type Source interface {
	Read(ctx context.Context, f event.Filter) ([]event.Event, error)
}

// Writer takes events in the order they are to stand. Close ends the file; the
// writer below it stays open.
type Writer interface {
	Write(event.Event) error
	Close() error
}

// Selection is which events are meant.
type Selection struct {
	event.Filter                // Limit counts what Each hands on; 0 is all
	AtLeast      event.Severity // and those more severe
}

// page is how many events are read at once: what a page holds lies in memory.
const page = 1000

// Each calls fn with every event of a selection, page by page, so that a log of
// any length fits. It ends with the error of fn.
func Each(ctx context.Context, src Source, s Selection, fn func(event.Event) error) error {
	f, left := s.Filter, s.Limit
	for {
		f.Limit = page
		if left > 0 && s.AtLeast == event.Info {
			f.Limit = min(page, left)
		}
		events, err := src.Read(ctx, f)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Severity < s.AtLeast {
				continue
			}
			if err := fn(e); err != nil {
				return err
			}
			if left--; left == 0 {
				return nil
			}
		}
		if len(events) < f.Limit {
			return nil
		}
		if last := events[len(events)-1].Seq; f.Newest {
			f.Before = last
		} else {
			f.After = last
		}
	}
}

// Ends returns the seqs of the first and the last event there are; both 0 where
// there is none.
func Ends(ctx context.Context, src Source) (oldest, newest uint64, err error) {
	for _, end := range []struct {
		newest bool
		seq    *uint64
	}{{false, &oldest}, {true, &newest}} {
		events, err := src.Read(ctx, event.Filter{Limit: 1, Newest: end.newest})
		if err != nil {
			return 0, 0, err
		}
		if len(events) > 0 {
			*end.seq = events[0].Seq
		}
	}
	return oldest, newest, nil
}

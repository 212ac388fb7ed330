package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"linesman/event"
	"linesman/event/export"
)

// EventsQueryCmd finds events.
type EventsQueryCmd struct {
	LogFlag
	FilterFlags
	Limit  int  `default:"100" help:"At most so many; 0 is all."`
	Newest bool `help:"Newest first."`
	JSON   bool `help:"JSON Lines, as export writes them."`
}

// Help shows how.
func (c *EventsQueryCmd) Help() string {
	return `Where there are more than --limit, the last line says how to go on.
A type may be short (part.judged is linesman.part.judged.v1) and end in a star.

  linesman events query -c site.yaml --from today --severity medium
  linesman events query -c site.yaml -t part.judged,part.gated --part 019cabdc-2a00-7f3e-9c52-6a1f0e4b7d21
  linesman events query -c site.yaml -t line.held --newest --limit 1 --json
  linesman events query --dir /mnt/copy/log --batch B-2031 --from 2026-03-01T06:00 --to 2026-03-01T14:00`
}

// Run finds them.
func (c *EventsQueryCmd) Run(ctx context.Context) error {
	log, zone, err := c.open()
	if err != nil {
		return err
	}
	defer log.Close()
	return c.show(ctx, log, newShower(os.Stdout, zone, c.JSON), os.Stderr, time.Now())
}

// show writes what is found to out, and what to do next to hints.
func (c *EventsQueryCmd) show(ctx context.Context, log logReader, out *shower, hints io.Writer, now time.Time) error {
	s, err := c.selection(now, out.zone)
	if err != nil {
		return err
	}
	if s.Newest = c.Newest; c.Limit > 0 {
		s.Limit = c.Limit + 1 // one more, to know whether there are more
	}
	found, last := 0, uint64(0)
	err = export.Each(ctx, log, s, func(e event.Event) error {
		if found++; c.Limit > 0 && found > c.Limit {
			return nil
		}
		if found == 1 && !c.JSON {
			if _, err := fmt.Fprintln(out.w, export.Header); err != nil {
				return err
			}
		}
		last = e.Seq
		return out.show(e)
	})
	if err != nil {
		return err
	}
	if err := out.w.Flush(); err != nil {
		return err
	}
	switch {
	case found == 0:
		_, err = fmt.Fprintln(hints, "nothing found")
	case c.Limit > 0 && found > c.Limit && c.Newest:
		_, err = fmt.Fprintf(hints, "there are more: go on with --before %d, or ask for all with --limit 0\n", last)
	case c.Limit > 0 && found > c.Limit:
		_, err = fmt.Fprintf(hints, "there are more: go on with --after %d, or ask for all with --limit 0\n", last)
	}
	return err
}

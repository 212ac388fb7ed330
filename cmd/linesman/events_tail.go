package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"golang.org/x/term"

	"linesman/event"
	"linesman/event/export"
)

// EventsTailCmd shows the newest events.
type EventsTailCmd struct {
	LogFlag
	Follow   bool     `short:"f" help:"Go on with what comes, until told to stop."`
	Lines    int      `short:"n" default:"20" help:"How many to begin with."`
	Type     []string `short:"t" placeholder:"TYPE" help:"Of these types, such as part.judged or alarm.*; several by commas."`
	Severity string   `enum:"info,low,medium,high,critical" default:"info" help:"At least this severe: info, low, medium, high, critical."`
	JSON     bool     `help:"JSON Lines, as export writes them."`
}

// Help shows how.
func (c *EventsTailCmd) Help() string {
	return `The files are read beside a running appliance; it is not asked and not slowed.

  linesman events tail -c site.yaml
  linesman events tail -c site.yaml -f --severity medium
  linesman events tail -c site.yaml -f -t 'part.*' --json | jq .data.outcome
  linesman events tail --dir /mnt/copy/log -n 100`
}

// Run shows them, oldest first.
func (c *EventsTailCmd) Run(ctx context.Context) error {
	log, zone, err := c.open()
	if err != nil {
		return err
	}
	defer log.Close()
	return c.show(ctx, log, newShower(os.Stdout, zone, c.JSON))
}

func (c *EventsTailCmd) show(ctx context.Context, log logReader, out *shower) error {
	s, err := FilterFlags{Type: c.Type, Severity: c.Severity}.selection(time.Now(), out.zone)
	if err != nil {
		return err
	}
	_, newest, err := export.Ends(ctx, log)
	if err != nil {
		return err
	}
	var last []event.Event
	if s.Before, s.Newest, s.Limit = newest+1, true, c.Lines; c.Lines > 0 {
		err = export.Each(ctx, log, s, func(e event.Event) error { last = append(last, e); return nil })
		if err != nil {
			return err
		}
	}
	for _, e := range slices.Backward(last) {
		if err := out.show(e); err != nil {
			return err
		}
	}
	if err := out.w.Flush(); err != nil || !c.Follow {
		return err
	}
	err = log.Follow(ctx, newest, func(e event.Event) error {
		if !s.MatchType(e.Type) || e.Severity < s.AtLeast {
			return nil
		}
		if err := out.show(e); err != nil {
			return err
		}
		return out.w.Flush()
	})
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// shower writes events to a screen or a pipe.
type shower struct {
	w     *bufio.Writer
	zone  *time.Location
	json  bool
	width int // of the screen; 0 is none
	buf   []byte
}

// newShower writes to out. Lines for people are cut where a screen ends.
func newShower(out io.Writer, zone *time.Location, json bool) *shower {
	s := &shower{w: bufio.NewWriter(out), zone: zone, json: json}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			s.width = width
		}
	}
	return s
}

func (s *shower) show(e event.Event) error {
	if s.json {
		s.buf = append(event.AppendLine(s.buf[:0], e), '\n')
		_, err := s.w.Write(s.buf)
		return err
	}
	_, err := fmt.Fprintln(s.w, export.Text(e, s.zone, s.width))
	return err
}

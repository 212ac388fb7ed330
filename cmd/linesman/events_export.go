package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"linesman/event"
	"linesman/event/disk"
	"linesman/event/export"
)

// EventsExportCmd writes events to a file.
type EventsExportCmd struct {
	LogFlag
	FilterFlags
	SkipDamaged bool   `help:"Export what can be read of a log in which files are damaged."`
	Out         string `short:"o" required:"" placeholder:"FILE" help:"events.jsonl or events.parquet; - writes JSON Lines to the standard output."`
}

// Help shows how.
func (c *EventsExportCmd) Help() string {
	return `JSON Lines hold each event as it is hashed, byte for byte; events import reads
them. Parquet has a column an attribute, data as JSON text, for DuckDB, pandas,
Spark. The file appears when it is whole. What comes meanwhile is not in it.

  linesman events export -c site.yaml --out march.parquet --from 2026-03-01 --to 2026-04-01
  linesman events export -c site.yaml --out batch.jsonl --batch B-2031
  linesman events export --dir /mnt/copy/log -t 'alarm.*' --out - | gzip > alarms.jsonl.gz`
}

// exportForm is how an export's file is written, by its ending.
func exportForm(path string) (func(io.Writer) export.Writer, error) {
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case path == "-", ext == ".jsonl", ext == ".ndjson":
		return func(w io.Writer) export.Writer { return export.NewLines(w) }, nil
	case ext == ".parquet":
		return func(w io.Writer) export.Writer { return export.NewParquet(w) }, nil
	}
	return nil, fmt.Errorf("--out %s: its ending names no form; want .jsonl or .parquet, or - for the standard output", path)
}

// Run writes them.
func (c *EventsExportCmd) Run(ctx context.Context) error {
	form, err := exportForm(c.Out)
	if err != nil {
		return err
	}
	log, zone, err := c.open()
	if err != nil {
		return err
	}
	defer log.Close()
	if bad := unreadable(log); len(bad) > 0 && !c.SkipDamaged {
		return fmt.Errorf("%d of the log's files can not be read, so the export would lack what is in them; linesman events verify says more; --skip-damaged exports the rest", len(bad))
	}
	s, err := c.selection(time.Now(), zone)
	if err != nil {
		return err
	}
	if c.Out == "-" {
		_, err := carryOut(ctx, log, s, form(os.Stdout))
		return err
	}
	var n int
	err = disk.WriteWith(c.Out, 0o644, func(w io.Writer) (err error) {
		n, err = carryOut(ctx, log, s, form(w))
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(os.Stderr, "%d events in %s\n", n, c.Out)
	return err
}

// carryOut writes a selection of what is there now.
func carryOut(ctx context.Context, log logReader, s export.Selection, w export.Writer) (n int, err error) {
	oldest, newest, err := export.Ends(ctx, log)
	if err != nil {
		return 0, err
	}
	if s.Before == 0 || s.Before > newest {
		s.Before = newest + 1
	}
	begin := max(s.After+1, oldest)
	b := bar(int64(s.Before)-int64(min(begin, s.Before)), "export")
	err = export.Each(ctx, log, s, func(e event.Event) error {
		n++
		_ = b.Set64(int64(e.Seq - begin)) // a bar that can not be drawn is no reason to stop
		return w.Write(e)
	})
	if err != nil {
		return n, err
	}
	_ = b.Finish()
	return n, w.Close()
}

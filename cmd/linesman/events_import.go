package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/schollz/progressbar/v3"

	"linesman/access"
	"linesman/event"
	"linesman/event/export"
)

// EventsImportCmd stores events.
type EventsImportCmd struct {
	PlaceFlag
	File    string `arg:"" help:"JSON Lines, one event a line; - reads the standard input."`
	URL     string `placeholder:"URL" help:"Hand them to the appliance there, such as http://10.0.0.7:8080, with the token in LINESMAN_TOKEN."`
	SkipBad bool   `help:"Pass over lines that are no events, and say which."`
	DryRun  bool   `help:"Only read and check; store nothing."`
}

// Help shows how.
func (c *EventsImportCmd) Help() string {
	return `Each line is an event as export writes it. Its seq is given anew; its id keeps it
from being stored twice, so an import that broke off is simply run again. What
another log says of its own files (log.*) is passed over: it would not be true
here.

With -c, a running appliance is handed the events by the local token in
DATA/access/local.token; without one, the log is opened. --dir opens it always.

  linesman events import -c site.yaml scale.jsonl
  linesman events import -c site.yaml --dry-run scale.jsonl
  gzip -dc old.jsonl.gz | linesman events import --dir /srv/archive/log -`
}

// appender is where imported events go.
type appender interface {
	Append(ctx context.Context, events []event.Event) ([]event.Event, error)
}

// Run stores them.
func (c *EventsImportCmd) Run(ctx context.Context) (err error) {
	in := io.ReadCloser(os.Stdin)
	size := int64(-1)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		if info, err := f.Stat(); err == nil {
			size = info.Size()
		}
		in = f
	}
	defer in.Close()
	into := &importing{skipBad: c.SkipBad, hints: os.Stderr}
	if !c.DryRun {
		var done func() error
		if into.log, into.before, done, err = c.target(ctx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, done()) }()
	}
	b := bar(size, "import", progressbar.OptionShowBytes(true))
	err = into.run(ctx, shown{in, b})
	_ = b.Finish()
	if err != nil {
		return err
	}
	_, err = fmt.Println(into.account())
	return err
}

// target opens what the events go into. before is its newest seq.
func (c *EventsImportCmd) target(ctx context.Context) (log appender, before uint64, done func() error, err error) {
	if c.URL != "" {
		if c.Config != "" || c.Dir != "" {
			return nil, 0, nil, errors.New("--url names an appliance and -c or --dir a log; give one of them")
		}
		token := os.Getenv("LINESMAN_TOKEN")
		if token == "" {
			return nil, 0, nil, errors.New("LINESMAN_TOKEN is not set; linesman token add makes one")
		}
		return c.remote(ctx, strings.TrimSuffix(c.URL, "/"), token)
	}
	dir, site, err := c.place()
	if err != nil {
		return nil, 0, nil, err
	}
	if site != nil && inUse(dir) {
		token, err := access.LocalToken(accessDir(site))
		if err != nil {
			return nil, 0, nil, err
		}
		return c.remote(ctx, "http://"+nearby(site.Listen), token)
	}
	name := ""
	if site != nil {
		name = site.Name
	}
	store, err := openLogToWrite(dir, name)
	if err != nil {
		return nil, 0, nil, err
	}
	if _, before, err = export.Ends(ctx, store); err != nil {
		return nil, 0, nil, errors.Join(err, store.Close())
	}
	return store, before, store.Close, nil
}

func (c *EventsImportCmd) remote(ctx context.Context, url, token string) (appender, uint64, func() error, error) {
	r := &remoteLog{url: url, token: token}
	before, err := r.newest(ctx)
	return r, before, func() error { return nil }, err
}

// What is stored at once, at most: an appliance takes 4 MiB in one request.
const (
	importGroup = 500
	importBytes = 2 << 20
)

// importing is one import on its way.
type importing struct {
	log     appender // nil stores nothing
	before  uint64   // seq of the newest event before it began
	skipBad bool
	hints   io.Writer

	group                        []event.Event
	bytes                        int // of the group's data
	stored, already, ours, wrong int
	through                      int // line up to which all is stored
}

// run reads and stores group by group.
func (i *importing) run(ctx context.Context, in io.Reader) error {
	r := export.NewReader(in)
	for {
		e, err := r.Next()
		var bad *export.LineError
		switch {
		case err == io.EOF:
			return i.flush(ctx, r.Line())
		case errors.As(err, &bad), err == nil && e.ID == "":
			if err == nil {
				err = &export.LineError{Line: r.Line(), Err: fmt.Errorf("%w: it has no id, so a second import would store it twice", event.ErrInvalid)}
			}
			if !i.skipBad {
				return fmt.Errorf("%w; %s; mend the line and import again, or pass over it with --skip-bad", err, i.far())
			}
			i.wrong++
			if _, err := fmt.Fprintf(i.hints, "passed over %v\n", err); err != nil {
				return err
			}
			continue
		case err != nil:
			return fmt.Errorf("%w; %s; import again", err, i.far())
		case strings.HasPrefix(string(e.Type), "linesman.log."):
			i.ours++
			continue
		}
		e.Seq = 0
		i.group, i.bytes = append(i.group, e), i.bytes+len(e.Data)
		if len(i.group) == importGroup || i.bytes > importBytes {
			if err := i.flush(ctx, r.Line()); err != nil {
				return err
			}
		}
	}
}

// flush stores the group that ends at a line.
func (i *importing) flush(ctx context.Context, line int) error {
	n := len(i.group)
	if i.log == nil {
		i.stored += n
	} else if n > 0 {
		out, err := i.log.Append(ctx, i.group)
		if err != nil {
			return fmt.Errorf("lines %d to %d: %w; %s; import again when the cause is cleared", i.through+1, line, err, i.far())
		}
		for _, e := range out {
			if e.Seq <= i.before {
				i.already++
				continue
			}
			i.stored++
			i.before = e.Seq
		}
	}
	i.group, i.bytes, i.through = i.group[:0], 0, line
	return nil
}

// far says what is safe.
func (i *importing) far() string {
	switch {
	case i.log == nil:
		return "nothing is stored (--dry-run)"
	case i.through == 0:
		return "nothing is stored"
	}
	return fmt.Sprintf("all up to line %d is stored, nothing after it", i.through)
}

// account sums the import up.
func (i *importing) account() string {
	text := fmt.Sprintf("%d stored, %d there already", i.stored, i.already)
	if i.log == nil {
		text = fmt.Sprintf("%d good; nothing is stored (--dry-run)", i.stored)
	}
	if i.ours > 0 {
		text += fmt.Sprintf(", %d that another log says of itself passed over", i.ours)
	}
	if i.wrong > 0 {
		text += fmt.Sprintf(", %d bad lines passed over", i.wrong)
	}
	return text
}

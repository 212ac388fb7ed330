package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"linesman/config"
	"linesman/event"
	"linesman/event/export"
	"linesman/event/sqlite"
)

// EventsCmd reads the log, checks it, and carries events out and in.
type EventsCmd struct {
	Tail   EventsTailCmd   `cmd:"" help:"Show the newest events, and follow them."`
	Query  EventsQueryCmd  `cmd:"" help:"Find events."`
	Part   EventsPartCmd   `cmd:"" help:"Tell one part from trigger to confirmation."`
	Head   EventsHeadCmd   `cmd:"" help:"Show the newest signed head of the log, to be kept elsewhere."`
	Verify EventsVerifyCmd `cmd:"" help:"Show whether the log is what was written."`
	Export EventsExportCmd `cmd:"" help:"Write events to a file: JSON Lines or Parquet."`
	Import EventsImportCmd `cmd:"" help:"Store events out of JSON Lines."`
}

// PlaceFlag says where the log lies that is meant.
type PlaceFlag struct {
	Config string `short:"c" type:"existingfile" placeholder:"SITE" help:"The site file whose log is meant."`
	Dir    string `type:"existingdir" placeholder:"LOGDIR" help:"The log's folder itself, or a copy of it."`
}

// LogFlag names the log that is read.
type LogFlag struct {
	PlaceFlag
	Zone string `placeholder:"ZONE" help:"Time zone of the times that are read and shown, such as Europe/Berlin. Default: the site's, UTC for a folder."`
}

// errWhichLog is what a command says that was told of no log.
var errWhichLog = errors.New("which log? name the site with -c SITE, or the log's folder with --dir LOGDIR")

// logReader is what the commands ask of a log's files.
type logReader interface {
	Read(ctx context.Context, f event.Filter) ([]event.Event, error)
	Follow(ctx context.Context, after uint64, fn func(event.Event) error) error
	Close() error
}

// site returns the site's file; nil where a folder is meant.
func (f PlaceFlag) site() (*config.Site, error) {
	switch {
	case f.Config != "" && f.Dir != "":
		return nil, errors.New("-c SITE and --dir LOGDIR name two logs; give one of them")
	case f.Config != "":
		return config.Load(f.Config)
	case f.Dir == "":
		return nil, errWhichLog
	}
	return nil, nil
}

// place returns where the log lies; site is nil where a folder is meant.
func (f PlaceFlag) place() (dir string, site *config.Site, err error) {
	site, err = f.site()
	if err == nil && site != nil {
		return logFolder(site), site, nil
	}
	return f.Dir, nil, err
}

// folder returns where the log lies, and the zone its times are shown in.
func (f LogFlag) folder() (dir string, zone *time.Location, err error) {
	dir, site, err := f.place()
	if err != nil {
		return "", nil, err
	}
	zone = time.UTC
	if site != nil {
		if zone, err = site.Location(); err != nil {
			return "", nil, err
		}
	}
	if f.Zone != "" {
		if zone, err = time.LoadLocation(f.Zone); err != nil {
			return "", nil, fmt.Errorf("--zone %q is not known; zones have names such as Asia/Shanghai", f.Zone)
		}
	}
	return dir, zone, nil
}

// logFolder is where a site's log lies.
func logFolder(site *config.Site) string { return filepath.Join(site.Path(site.Data), "log") }

// open opens the log's files for reading, whether an appliance runs or not.
func (f LogFlag) open() (logReader, *time.Location, error) {
	dir, zone, err := f.folder()
	if err != nil {
		return nil, nil, err
	}
	r, err := openLogFiles(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, why := range unreadable(r) {
		fmt.Fprintf(os.Stderr, "left out: %s\n", why)
	}
	return r, zone, nil
}

// unreadable says which of a log's files can not be read, and why.
func unreadable(log logReader) (out []string) {
	r, ok := log.(interface{ Unreadable() map[string]error })
	if !ok {
		return nil
	}
	files := r.Unreadable()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		out = append(out, fmt.Sprintf("%s: %v", name, files[name]))
	}
	return out
}

func openLogFiles(dir string) (logReader, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("event log: %w; the first run of a site makes it", err)
	}
	return sqlite.OpenReader(dir)
}

// FilterFlags say which events are meant.
type FilterFlags struct {
	After    uint64   `placeholder:"SEQ" help:"Events after this seq."`
	Before   uint64   `placeholder:"SEQ" help:"Events before this seq."`
	Type     []string `short:"t" placeholder:"TYPE" help:"Of these types, such as part.judged or part.*; several by commas."`
	Subject  string   `help:"About this part, camera or line."`
	Part     string   `placeholder:"ID" help:"About this part."`
	Batch    string   `help:"Within this batch."`
	From     string   `placeholder:"TIME" help:"That happened at this time or later: 2026-03-01, 2026-03-01T14:30, 14:30, today, yesterday, or how long ago: 2h, 3d."`
	To       string   `placeholder:"TIME" help:"That happened before this time."`
	Severity string   `enum:"info,low,medium,high,critical" default:"info" help:"At least this severe: info, low, medium, high, critical."`
}

// selection reads the flags.
func (f FilterFlags) selection(now time.Time, zone *time.Location) (s export.Selection, err error) {
	s.Filter = event.Filter{After: f.After, Before: f.Before, Subject: f.Subject, Part: f.Part, Batch: f.Batch}
	for _, t := range f.Type {
		s.Types = append(s.Types, export.LongTypes(t)...)
	}
	if s.AtLeast, err = event.ParseSeverity(f.Severity); err != nil {
		return s, err
	}
	for _, end := range []struct {
		flag, text string
		at         *time.Time
	}{{"--from", f.From, &s.From}, {"--to", f.To, &s.To}} {
		if end.text == "" {
			continue
		}
		if *end.at, err = parseWhen(end.text, now, zone); err != nil {
			return s, fmt.Errorf("%s: %w", end.flag, err)
		}
	}
	return s, nil
}

// bar shows how far something has come, where a person watches. A total of -1
// is not known.
func bar(total int64, what string, options ...progressbar.Option) *progressbar.ProgressBar {
	var w io.Writer = os.Stderr
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		w = io.Discard
	}
	if total == 0 {
		total = 1 // it is done at once
	}
	return progressbar.NewOptions64(total, append([]progressbar.Option{progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(w),
		progressbar.OptionThrottle(100 * time.Millisecond), progressbar.OptionClearOnFinish()}, options...)...)
}

// shown is a reader whose bytes move a bar. A bar that can not be drawn is no
// reason to stop reading.
type shown struct {
	io.Reader
	bar *progressbar.ProgressBar
}

func (s shown) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	_ = s.bar.Add(n)
	return n, err
}

// openLogToWrite opens a log that no appliance holds; site may be empty.
func openLogToWrite(dir, site string) (*sqlite.Log, error) {
	return sqlite.Open(sqlite.Settings{Dir: dir, Site: site, Logger: slog.New(slog.DiscardHandler)})
}

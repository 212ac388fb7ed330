package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"linesman/event"
	"linesman/event/disk"
	"linesman/event/export"
)

// What the doctor makes of a log.
const (
	fewDays   = 3                  // of room on the disk are a fault
	thinDays  = 14                 // of room are a warning
	slowClock = 2 * time.Second    // the clock may stand behind the newest event
	oldHead   = 26 * time.Hour     // a log that is written seals a head each day
	quiet     = 10 * time.Minute   // without an event, while an appliance runs
	recently  = 7 * 24 * time.Hour // in which a damaged file is worth a word
)

// logHealth is what the log's folder says of itself at a moment.
type logHealth struct {
	data    string // the site's data folder
	running bool   // an appliance has it
	now     time.Time
	left    int64 // bytes the disk has
}

// examineLogHealth looks at the log's files, beside the appliance or without.
func examineLogHealth(ctx context.Context, f *Findings, data string, running bool) {
	h := logHealth{data: data, running: running, now: time.Now()}
	if left, err := disk.Free(existing(data)); err == nil {
		h.left = left
	}
	h.examine(ctx, f)
}

func (h logHealth) examine(ctx context.Context, f *Findings) {
	dir := filepath.Join(h.data, "log")
	h.ring(f)
	log, err := openLogFiles(dir)
	if err != nil {
		f.add("log files", Fault, err.Error(), damagedCure(dir))
		return
	}
	defer log.Close()
	for _, why := range unreadable(log) {
		f.add("log file", Fault, why, damagedCure(dir))
	}
	h.newest(ctx, f, log)
	h.damaged(ctx, f, log)
	h.room(f, h.firstToday(ctx, log))
	h.head(ctx, f, dir)
}

// today is when the UTC day began, by which the log names its files.
func (h logHealth) today() time.Time { return h.now.UTC().Truncate(24 * time.Hour) }

// firstToday is when the first event of the day happened.
func (h logHealth) firstToday(ctx context.Context, log export.Source) time.Time {
	events, err := log.Read(ctx, event.Filter{From: h.today(), Limit: 1})
	if err != nil || len(events) == 0 {
		return h.today()
	}
	return events[0].Time
}

func damagedCure(dir string) string {
	return "linesman events verify --dir " + dir + " says what of it; bring it back with linesman restore, or move it elsewhere and keep it"
}

// newest looks at the age of the newest event: from it lag and a wrong clock
// can be told.
func (h logHealth) newest(ctx context.Context, f *Findings, log export.Source) {
	events, err := log.Read(ctx, event.Filter{Newest: true, Limit: 50})
	if err != nil {
		f.add("log files", Fault, err.Error(), "linesman events verify says which file and what of it")
		return
	}
	if len(events) == 0 {
		f.add("log files", Good, "no event yet", "")
		return
	}
	last := slices.MaxFunc(events, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	age := h.now.Sub(last.Time)
	found := fmt.Sprintf("newest event %d, %s ago", events[0].Seq, span(age))
	switch {
	case age < -slowClock:
		f.add("clock", Fault, fmt.Sprintf("%s behind the newest event (%d, of %s)", span(-age), last.Seq, last.Time.Format(time.RFC3339)),
			"set it, and let the box keep it by NTP (timedatectl set-ntp true); the order of the log is seq and stays right")
		found = fmt.Sprintf("newest event %d", events[0].Seq)
	case h.running && age > quiet:
		f.add("log files", Warning, found, "an appliance runs and tells nothing: see whether its line stands, and linesman events tail -f")
		return
	}
	f.add("log files", Good, found, "")
}

// damaged tells of files that were put aside lately.
func (h logHealth) damaged(ctx context.Context, f *Findings, log export.Source) {
	events, err := log.Read(ctx, event.Filter{Types: []event.Type{event.LogDamaged{}.EventType()}, From: h.now.Add(-recently), Newest: true, Limit: 5})
	if err != nil {
		return // newest has said so
	}
	for _, e := range events {
		if d, err := event.As[event.LogDamaged](e); err == nil {
			f.add("log file "+d.File, Warning, fmt.Sprintf("%s: %s; kept as %s", e.Time.Format(time.DateOnly), d.Why, d.KeptAs), d.WhatTo)
		}
	}
}

// ring looks how much waits for the log.
func (h logHealth) ring(f *Findings) {
	r, err := event.LookRing(filepath.Join(h.data, "ring"))
	if err != nil {
		if _, none := os.Stat(filepath.Join(h.data, "ring")); none == nil {
			f.add("log ring", Warning, err.Error(), "the next start puts it aside and says so in ring.lost; keep it")
		}
		return
	}
	used := 100 * float64(r.Used) / float64(max(r.Size, 1))
	found := fmt.Sprintf("%.0f %% full", used)
	switch {
	case r.Lost > 0:
		f.add("log ring", Fault, fmt.Sprintf("%s, %d events lost and not told yet", found, r.Lost), "the log can not be written fast enough or at all: make room, or see whether the disk fails (dmesg)")
	case used > 50:
		f.add("log ring", Warning, found, "the log falls behind: see whether the disk is full, slow or failing (df, iostat, dmesg)")
	case r.Used > 0 && !h.running:
		f.add("log ring", Good, size(float64(r.Used))+" wait in it; the next start hands them to the log", "")
	default:
		f.add("log ring", Good, found, "")
	}
}

// head looks how long ago the log was sealed.
func (h logHealth) head(ctx context.Context, f *Findings, dir string) {
	_, head, err := newestHead(ctx, dir)
	if err != nil {
		f.add("log head", Warning, err.Error(), "without a head kept elsewhere nobody can show that the log was not altered: linesman events head, once there is one")
		return
	}
	age := h.now.Sub(head.Time)
	found := fmt.Sprintf("seq %d, signed %s ago", head.Seq, span(age))
	if h.running && age > oldHead {
		f.add("log head", Warning, found, "a running appliance signs one each day: see its messages, and whether its disk can be written")
		return
	}
	f.add("log head", Good, found, "")
}

// room tells for how many days the disk lasts.
func (h logHealth) room(f *Findings, firstToday time.Time) {
	perDay, of := h.rate(firstToday)
	if perDay <= 0 || h.left <= 0 {
		f.add("disk lasts", Good, "nothing was written lately by which to tell", "")
		return
	}
	days := float64(max(h.left-noRoom, 0)) / perDay
	found := fmt.Sprintf("%.0f days at %s a day (%s)", days, size(perDay), of)
	switch {
	case days < fewDays:
		f.add("disk lasts", Fault, found, "make room, or keep less: below 1 GB pictures of rejects are dropped")
	case days < thinDays:
		f.add("disk lasts", Warning, found, "make room within that time, or keep passes for fewer days")
	default:
		f.add("disk lasts", Good, found, "")
	}
}

var dayFile = regexp.MustCompile(`^(?:parts|record)-(\d{4}-\d{2}-\d{2})\.db(?:-wal)?$`)

// rate is how many bytes a day log and pictures grow by: as yesterday, or at
// the rate of the hours since today's first event where there was no yesterday.
func (h logHealth) rate(firstToday time.Time) (perDay float64, of string) {
	bytes := map[string]int64{}                          // by UTC day
	files, _ := os.ReadDir(filepath.Join(h.data, "log")) // none is no bytes
	for _, e := range files {
		m := dayFile.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		if info, err := e.Info(); err == nil {
			bytes[m[1]] += info.Size()
		}
	}
	_ = filepath.WalkDir(filepath.Join(h.data, "evidence"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what vanishes meanwhile is no growth
		}
		if info, err := d.Info(); err == nil {
			bytes[info.ModTime().UTC().Format(time.DateOnly)] += info.Size()
		}
		return nil
	})
	if n := bytes[h.today().AddDate(0, 0, -1).Format(time.DateOnly)]; n > 0 {
		return float64(n), "as yesterday"
	}
	hours := max(h.now.Sub(firstToday).Hours(), 1)
	return float64(bytes[h.today().Format(time.DateOnly)]) * 24 / hours, fmt.Sprintf("as in the last %.0f h", hours)
}

// span writes a duration for a person.
func span(d time.Duration) string {
	switch d = d.Abs(); {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}

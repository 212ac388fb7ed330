package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linesman/event"
	"linesman/event/eventtest"
	"linesman/event/export"
	"linesman/event/sqlite"
)

var updateGolden = flag.Bool("update", false, "write the golden files anew")

// logOf makes a log of n events, the same at each run but for what the log says
// of itself, and closes it.
func logOf(t *testing.T, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "log")
	log, err := openLogToWrite(dir, "demo")
	must(t, err)
	_, err = log.Append(t.Context(), fixedEvents(n))
	must(t, errors.Join(err, log.Close()))
	return dir
}

func fixedEvents(n int) []event.Event {
	events := eventtest.Sample(n)
	id := func(i int) string { return fmt.Sprintf("019cabdc-2a00-7f3e-9c52-%012x", i) }
	for i := range events {
		e := &events[i]
		e.ID = id(i)
		if e.Part != "" {
			e.Part, e.Subject = id(1e6+i), id(1e6+i)
		}
		if e.Cause != "" {
			e.Cause = id(2e6 + i)
		}
		if i%7 == 3 {
			e.Severity = event.Medium
		}
	}
	return events
}

// onlyOurs leaves out what a log says of itself, so that golden files hold.
type onlyOurs struct{ logReader }

func (o onlyOurs) Read(ctx context.Context, f event.Filter) ([]event.Event, error) {
	if len(f.Types) == 0 {
		f.Types = []event.Type{"linesman.part.*", "linesman.plc.*"}
	}
	return o.logReader.Read(ctx, f)
}

func openTest(t *testing.T, dir string) logReader {
	t.Helper()
	log, err := openLogFiles(dir)
	must(t, err)
	t.Cleanup(func() { must(t, log.Close()) })
	return log
}

func checkGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateGolden {
		must(t, errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, got, 0o644)))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got; -update accepts it):\n%s", path, d)
	}
}

// What tail and query print for people.
func TestEventsForPeople(t *testing.T) {
	log := onlyOurs{openTest(t, logOf(t, 40))}
	var out, hints bytes.Buffer
	for _, c := range []interface {
		show(context.Context, *shower) error
	}{
		tailOf{EventsTailCmd{Lines: 3}, log},
		tailOf{EventsTailCmd{Lines: 2, Severity: "medium"}, log},
		queryOf{EventsQueryCmd{Limit: 2, FilterFlags: FilterFlags{Type: []string{"part.gated"}}}, log, &hints},
		queryOf{EventsQueryCmd{Limit: 1, Newest: true, FilterFlags: FilterFlags{From: "2026-03-01 13:00:10", To: "2026-03-01T13:00:20"}}, log, &hints},
		queryOf{EventsQueryCmd{Limit: 1, JSON: true, FilterFlags: FilterFlags{Batch: "B-2"}}, log, &hints},
		queryOf{EventsQueryCmd{Limit: 1, FilterFlags: FilterFlags{Subject: "nobody"}}, log, &hints},
	} {
		s := newShower(&out, time.FixedZone("site", 3600), strings.Contains(fmt.Sprintf("%+v", c), "JSON:true"))
		must(t, c.show(t.Context(), s))
		out.WriteString(hints.String() + "--\n")
		hints.Reset()
	}
	// The log's own first events move the seqs of what follows by the same.
	checkGolden(t, "events.golden", out.Bytes())
}

type tailOf struct {
	EventsTailCmd
	log logReader
}

func (c tailOf) show(ctx context.Context, s *shower) error {
	return c.EventsTailCmd.show(ctx, c.log, s)
}

type queryOf struct {
	EventsQueryCmd
	log   logReader
	hints *bytes.Buffer
}

func (c queryOf) show(ctx context.Context, s *shower) error {
	return c.EventsQueryCmd.show(ctx, c.log, s, c.hints, eventtest.Noon)
}

// What tail -f has begun with and what it goes on with are one row without a
// gap.
func TestTailFollows(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	log, err := openLogToWrite(dir, "demo")
	must(t, err)
	t.Cleanup(func() { must(t, log.Close()) })
	events := fixedEvents(10)
	_, err = log.Append(t.Context(), events[:6])
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &lineCounter{want: 7, reached: stop}
	went := make(chan error, 1)
	go func() {
		c := EventsTailCmd{Lines: 3, Follow: true, Type: []string{"part.*", "plc.*"}}
		went <- c.show(ctx, log, newShower(out, time.UTC, true))
	}()
	_, err = log.Append(t.Context(), events[6:])
	must(t, err)
	must(t, <-went)
	var ids []string
	for line := range bytes.Lines(out.text.Bytes()) {
		var e event.Event
		must(t, json.Unmarshal(line, &e))
		ids = append(ids, e.ID)
	}
	last := -1
	for _, id := range ids {
		for i := range events {
			if events[i].ID == id {
				if last >= 0 && i != last+1 {
					t.Fatalf("event %d comes after %d: %v", i, last, ids)
				}
				last = i
			}
		}
	}
	if last != 9 {
		t.Errorf("the last of %v is not the newest", ids)
	}
}

// lineCounter tells when so many lines were written.
type lineCounter struct {
	text    bytes.Buffer
	want    int
	reached func()
}

func (c *lineCounter) Write(p []byte) (int, error) {
	c.text.Write(p)
	if strings.Contains(c.text.String(), fixedEvents(10)[9].ID) {
		c.reached()
	}
	return len(p), nil
}

func TestParseWhen(t *testing.T) {
	zone := time.FixedZone("site", 8*3600)
	now := time.Date(2026, 3, 1, 1, 30, 0, 0, zone)
	for text, want := range map[string]string{
		"now": "2026-03-01T01:30:00+08:00", "today": "2026-03-01T00:00:00+08:00", "yesterday": "2026-02-28T00:00:00+08:00",
		"-2h": "2026-02-28T23:30:00+08:00", "2h": "2026-02-28T23:30:00+08:00", "3d": "2026-02-26T01:30:00+08:00", "-90m": "2026-03-01T00:00:00+08:00", "-3d": "2026-02-26T01:30:00+08:00",
		"2026-03-01": "2026-03-01T00:00:00+08:00", "2026-03-01T14:30": "2026-03-01T14:30:00+08:00", "2026-03-01 14:30:05": "2026-03-01T14:30:05+08:00",
		"14:30": "2026-03-01T14:30:00+08:00", "2026-03-01T14:30:00Z": "2026-03-01T14:30:00Z",
		"": "", "tomorrow": "", "-": "", "--2h": "", "-2": "", "-1e9d": "", "0": "", "+2h": "", "25:00": "", "2026-02-30": "",
	} {
		got, err := parseWhen(text, now, zone)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q is read as %v", text, got)
		case want != "" && (err != nil || got.Format(time.RFC3339) != want):
			t.Errorf("%q is %v (%v), want %s", text, got, err, want)
		}
	}
}

func TestWhichLog(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		flag LogFlag
		says string
	}{
		{LogFlag{}, "name the site with -c"},
		{LogFlag{PlaceFlag: PlaceFlag{Config: "site.yaml", Dir: dir}}, "give one of them"},
		{LogFlag{PlaceFlag: PlaceFlag{Dir: dir}, Zone: "Mars/Olympus"}, "zones have names"},
		{LogFlag{PlaceFlag: PlaceFlag{Dir: filepath.Join(dir, "none")}}, "no such file"},
	} {
		if log, _, err := c.flag.open(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v %v, want %q", c.flag, log, err, c.says)
		}
	}
}

// An export is there whole or not at all, and an import of it is the same log.
func TestExportAndImport(t *testing.T) {
	from := logOf(t, 1300)
	dir := t.TempDir()
	file := filepath.Join(dir, "all.jsonl")
	must(t, (&EventsExportCmd{LogFlag: LogFlag{PlaceFlag: PlaceFlag{Dir: from}}, Out: file}).Run(t.Context()))
	text, err := os.ReadFile(file)
	must(t, err)

	parquet := filepath.Join(dir, "some.parquet")
	must(t, (&EventsExportCmd{LogFlag: LogFlag{PlaceFlag: PlaceFlag{Dir: from}}, FilterFlags: FilterFlags{Type: []string{"part.*"}}, Out: parquet}).Run(t.Context()))
	if info, err := os.Stat(parquet); err != nil || info.Size() == 0 {
		t.Errorf("%v %v", info, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&EventsExportCmd{LogFlag: LogFlag{PlaceFlag: PlaceFlag{Dir: from}}, Out: filepath.Join(dir, "broken.jsonl")}).Run(gone); err == nil {
		t.Error("an export that was stopped says it is whole")
	}
	if _, err := exportForm("events.csv"); err == nil || !strings.Contains(err.Error(), ".parquet") {
		t.Errorf("a form that is none: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}

	to := filepath.Join(t.TempDir(), "log")
	log, err := openLogToWrite(to, "other")
	must(t, err)
	t.Cleanup(func() { must(t, log.Close()) })
	first := importInto(t, log, text)
	if first.stored != 1300 || first.already != 0 {
		t.Errorf("first: %s", first.account())
	}
	if again := importInto(t, log, text); again.stored != 0 || again.already != 1300 {
		t.Errorf("again: %s", again.account())
	}
	var was, is []string
	each := func(log export.Source, into *[]string) {
		must(t, export.Each(t.Context(), log, export.Selection{}, func(e event.Event) error {
			if e.Seq = 0; !strings.HasPrefix(string(e.Type), "linesman.log.") {
				*into = append(*into, string(event.AppendLine(nil, e)))
			}
			return nil
		}))
	}
	each(openTest(t, from), &was)
	each(log, &is)
	if d := cmp.Diff(was, is); d != "" {
		t.Errorf("the imported log differs:\n%s", d)
	}
}

func importInto(t *testing.T, log *sqlite.Log, text []byte) *importing {
	t.Helper()
	_, newest, err := export.Ends(t.Context(), log)
	must(t, err)
	i := &importing{log: log, before: newest, hints: t.Output()}
	must(t, i.run(t.Context(), bytes.NewReader(text)))
	return i
}

// A bad line is named, and nothing of its group is stored.
func TestImportNamesBadLines(t *testing.T) {
	var text []byte
	for i, e := range fixedEvents(importGroup + 10) {
		switch i {
		case importGroup + 3:
			text = append(text, "{\"specversion\":\"1.0\"}\n"...)
		case importGroup + 5:
			e.ID = ""
		}
		text = append(event.AppendLine(text, e), '\n')
	}
	memory := eventtest.NewMemory()
	err := (&importing{log: memory, hints: t.Output()}).run(t.Context(), bytes.NewReader(text))
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("line %d: ", importGroup+4)) || !strings.Contains(err.Error(), fmt.Sprintf("all up to line %d is stored", importGroup)) {
		t.Errorf("%v", err)
	}
	if _, newest, err := export.Ends(t.Context(), memory); newest != importGroup || err != nil {
		t.Errorf("%d events are stored, want %d (%v)", newest, importGroup, err)
	}
	var hints bytes.Buffer
	i := &importing{log: memory, before: importGroup, skipBad: true, hints: &hints}
	must(t, i.run(t.Context(), bytes.NewReader(text)))
	if i.account() != fmt.Sprintf("9 stored, %d there already, 2 bad lines passed over", importGroup) {
		t.Errorf("%s", i.account())
	}
	for _, want := range []string{fmt.Sprintf("passed over line %d: ", importGroup+4), "it has no id"} {
		if !strings.Contains(hints.String(), want) {
			t.Errorf("%q does not say %q", hints.String(), want)
		}
	}
	dry := &importing{skipBad: true, hints: t.Output()}
	must(t, dry.run(t.Context(), bytes.NewReader(text)))
	if want := fmt.Sprintf("%d good; nothing is stored (--dry-run), 2 bad lines passed over", importGroup+9); dry.account() != want {
		t.Errorf("%q, want %q", dry.account(), want)
	}
}

// Large events go in several groups, each of which an appliance would take.
func TestImportGroupsByBytes(t *testing.T) {
	var text []byte
	for _, e := range fixedEvents(40) {
		e.Type, e.Data = "acme.large.v1", json.RawMessage(`"`+strings.Repeat("x", event.MaxData-2)+`"`)
		text = append(event.AppendLine(text, e), '\n')
	}
	to := &groups{Memory: eventtest.NewMemory()}
	i := &importing{log: to, hints: t.Output()}
	must(t, i.run(t.Context(), bytes.NewReader(text)))
	if i.stored != 40 || to.largest > 4<<20 || to.n < 5 {
		t.Errorf("%d stored in %d groups, the largest of %d bytes", i.stored, to.n, to.largest)
	}
}

// groups counts what is handed in at once.
type groups struct {
	*eventtest.Memory
	n, largest int
}

func (g *groups) Append(ctx context.Context, events []event.Event) ([]event.Event, error) {
	bytes := 0
	for _, e := range events {
		bytes += len(event.AppendLine(nil, e))
	}
	g.n, g.largest = g.n+1, max(g.largest, bytes)
	return g.Memory.Append(ctx, events)
}

// Something longer than was said is read all the same.
func TestShownReadsOn(t *testing.T) {
	for _, total := range []int64{-1, 0, 3} {
		got, err := io.ReadAll(shown{strings.NewReader(strings.Repeat("x", 9999)), bar(total, "test")})
		if len(got) != 9999 || err != nil {
			t.Errorf("of a total of %d: %d bytes, %v", total, len(got), err)
		}
	}
}

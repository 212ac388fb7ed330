package export_test

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
	"github.com/parquet-go/parquet-go"

	"linesman/event"
	"linesman/event/eventtest"
	"linesman/event/export"
)

var update = flag.Bool("update", false, "write the golden files anew")

// seeded returns a log of n events of fixed ids.
func seeded(t *testing.T, n int) event.Log {
	t.Helper()
	log := eventtest.NewMemory()
	events := eventtest.Sample(n)
	for i := range events {
		events[i].ID = fixed(i)
		if i%5 == 1 {
			events[i].Severity = event.Low
		}
		if events[i].Part != "" {
			events[i].Part, events[i].Subject = fixed(1e6+i), fixed(1e6+i)
		}
		if events[i].Cause != "" {
			events[i].Cause = fixed(2e6 + i)
		}
	}
	if _, err := log.Append(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	return log
}

func fixed(i int) string { return fmt.Sprintf("019cabdc-2a00-7f3e-9c52-%012x", i) }

// counted tells how often a log was asked.
type counted struct {
	event.Log
	reads int
}

func (c *counted) Read(ctx context.Context, f event.Filter) ([]event.Event, error) {
	c.reads++
	return c.Log.Read(ctx, f)
}

func TestEach(t *testing.T) {
	log := seeded(t, 2500)
	for _, c := range []struct {
		name        string
		s           export.Selection
		first, last uint64
		n, reads    int
	}{
		{"all", export.Selection{}, 1, 2500, 2500, 3},
		{"a whole page and no more", export.Selection{Filter: event.Filter{Before: 1001}}, 1, 1000, 1000, 2},
		{"newest first", export.Selection{Filter: event.Filter{Newest: true, Limit: 1200}}, 2500, 1301, 1200, 2},
		{"few", export.Selection{Filter: event.Filter{After: 10, Limit: 3}}, 11, 13, 3, 1},
		{"severe ones, found over pages", export.Selection{Filter: event.Filter{Newest: true, Limit: 2}, AtLeast: event.Critical}, 0, 0, 0, 3},
		{"at least low", export.Selection{Filter: event.Filter{Limit: 2}, AtLeast: event.Low}, 2, 7, 2, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var seqs []uint64
			src := &counted{Log: log}
			err := export.Each(t.Context(), src, c.s, func(e event.Event) error { seqs = append(seqs, e.Seq); return nil })
			if err != nil || len(seqs) != c.n || src.reads != c.reads {
				t.Fatalf("%d events in %d reads (%v), want %d in %d", len(seqs), src.reads, err, c.n, c.reads)
			}
			if c.n > 0 && (seqs[0] != c.first || seqs[c.n-1] != c.last) {
				t.Errorf("from %d to %d, want %d to %d", seqs[0], seqs[c.n-1], c.first, c.last)
			}
		})
	}
	stop := errors.New("stop")
	if err := export.Each(t.Context(), log, export.Selection{}, func(event.Event) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("ended with %v, want fn's own error", err)
	}
	if oldest, newest, err := export.Ends(t.Context(), log); oldest != 1 || newest != 2500 || err != nil {
		t.Errorf("ends %d %d %v", oldest, newest, err)
	}
}

func TestText(t *testing.T) {
	zone := time.FixedZone("site", 3600)
	var out bytes.Buffer
	fmt.Fprintln(&out, export.Header)
	err := export.Each(t.Context(), seeded(t, 5), export.Selection{}, func(e event.Event) error {
		_, err := fmt.Fprintln(&out, export.Text(e, zone, 0))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []event.Event{
		{Seq: 6, Time: eventtest.Noon, Type: "acme.scale.weighed.v1", Subject: "scale 2", Severity: event.Critical, Actor: "token:scale", Batch: "B 1", Data: json.RawMessage("{\n \"kg\": 1.50,\n \"tare\": {},\n \"steps\": [1, 2],\n \"why\": \"a \\\"b\\\"\", \"empty\": \"\" }")},
		{Seq: 7, Time: eventtest.Noon, Type: "acme.odd", Subject: "\x1b[2Jgone", Data: json.RawMessage(`{"a":"\u001b]0;title\u0007","\u202eb":"x\ny"}`)},
		{Seq: 8, Time: eventtest.Noon, Type: "acme.bare", Part: fixed(8), Data: json.RawMessage(`[1, "two"]`)},
	} {
		fmt.Fprintln(&out, export.Text(e, zone, 0))
	}
	fmt.Fprintln(&out, export.Text(event.Event{Seq: 9, Time: eventtest.Noon, Type: "acme.long", Data: json.RawMessage(`{"text":"` + strings.Repeat("ü", 200) + `"}`)}, zone, 110))
	golden(t, "text.golden", out.Bytes())
	if i := bytes.IndexFunc(out.Bytes(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }); i >= 0 {
		t.Errorf("a control character reaches the screen at byte %d", i)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got; -update accepts it):\n%s", path, d)
	}
}

func TestLongTypes(t *testing.T) {
	for short, want := range map[string][]event.Type{
		"part.judged":             {"part.judged", "linesman.part.judged.v1"},
		"part.*":                  {"part.*", "linesman.part.*"},
		"linesman.part.judged.v1": {"linesman.part.judged.v1"},
		"*":                       {"*"},
	} {
		if got := export.LongTypes(short); !cmp.Equal(got, want) {
			t.Errorf("%s: %v, want %v", short, got, want)
		}
	}
}

// write carries a log out in a form.
func write(t *testing.T, log event.Log, form func(io.Writer) export.Writer) []byte {
	t.Helper()
	var out bytes.Buffer
	w := form(&out)
	if err := export.Each(t.Context(), log, export.Selection{}, w.Write); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func all(t *testing.T, log event.Log) []event.Event {
	t.Helper()
	var out []event.Event
	if err := export.Each(t.Context(), log, export.Selection{}, func(e event.Event) error { out = append(out, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLinesRoundTrip(t *testing.T) {
	log := seeded(t, 1234)
	text := write(t, log, func(w io.Writer) export.Writer { return export.NewLines(w) })
	want := all(t, log)
	for i, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		if !bytes.Equal(line, event.AppendLine(nil, want[i])) {
			t.Fatalf("line %d is %s, not the event's own", i+1, line)
		}
	}
	r := export.NewReader(bytes.NewReader(text))
	for i, e := range want {
		got, err := r.Next()
		if err != nil || !cmp.Equal(got, e) || r.Line() != i+1 {
			t.Fatalf("line %d: %v\n%s", r.Line(), err, cmp.Diff(e, got))
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("after the last line: %v", err)
	}
}

// A bad line is named, and the next one is read.
func TestReaderNamesBadLines(t *testing.T) {
	good := string(event.AppendLine(nil, all(t, seeded(t, 1))[0]))
	text := "\xef\xbb\xbf" + good + "\r\n\n" + // byte order mark, the other line end, an empty line
		"{\"specversion\":\n" +
		strings.Replace(good, `"type"`, `"typ"`, 1) + "\n" +
		`{"x":"` + strings.Repeat("x", 2*export.MaxLine) + "\"}\n" +
		good // without a line end
	r := export.NewReader(strings.NewReader(text))
	for _, want := range []struct {
		line int
		err  error
		says string
	}{{1, nil, ""}, {3, event.ErrInvalid, "line 3: "}, {4, event.ErrInvalid, `unknown attribute "typ"`}, {5, export.ErrLine, "line 5: "}, {6, nil, ""}, {6, io.EOF, "EOF"}} {
		_, err := r.Next()
		if r.Line() != want.line || !errors.Is(err, want.err) || err != nil && !strings.Contains(err.Error(), want.says) {
			t.Errorf("line %d: %v, want line %d: %v with %q", r.Line(), err, want.line, want.err, want.says)
		}
		var bad *export.LineError
		if want.err != nil && want.err != io.EOF && (!errors.As(err, &bad) || bad.Line != want.line) {
			t.Errorf("line %d: %T %v names no line", want.line, err, err)
		}
	}
}

func TestParquetRoundTrip(t *testing.T) {
	log := seeded(t, 2600)
	file := write(t, log, func(w io.Writer) export.Writer { return export.NewParquet(w) })
	rows, err := parquet.Read[export.Row](bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	want := all(t, log)
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(rows), len(want))
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	for i, r := range rows {
		severity, err := event.ParseSeverity(r.Severity)
		got := event.Event{Seq: uint64(r.Seq), ID: r.ID, Time: r.Time.UTC(), Type: event.Type(r.Type), Source: r.Source, Subject: text(r.Subject), Severity: severity,
			Part: text(r.Part), Batch: text(r.Batch), Cause: text(r.Cause), Actor: text(r.Actor), Data: json.RawMessage(r.Data)}
		if err != nil || !cmp.Equal(got, want[i]) {
			t.Fatalf("row %d: %v\n%s", i, err, cmp.Diff(want[i], got))
		}
		if (r.Cause == nil) != (want[i].Cause == "") {
			t.Fatalf("row %d: an absent cause is no NULL", i)
		}
	}
	lines := write(t, log, func(w io.Writer) export.Writer { return export.NewLines(w) })
	if len(file)*4 > len(lines) {
		t.Errorf("%d bytes of Parquet for %d of JSON Lines: is it compressed?", len(file), len(lines))
	}
}

// An empty selection is a file that readers open all the same.
func TestParquetEmpty(t *testing.T) {
	file := write(t, eventtest.NewMemory(), func(w io.Writer) export.Writer { return export.NewParquet(w) })
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil || f.NumRows() != 0 || len(f.Root().Columns()) != 12 {
		t.Errorf("%v: %v", f, err)
	}
}

// Whatever is read either is an event that a log takes, or is refused by name;
// an event that was read comes out as it went in.
func FuzzReader(f *testing.F) {
	for i, e := range eventtest.Sample(5) {
		e.ID, e.Seq = fixed(i), uint64(i+1)
		f.Add(append(event.AppendLine(nil, e), '\n'))
	}
	f.Add([]byte("\n\n{}\nnull\n[]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := export.NewReader(bytes.NewReader(text))
		for range bytes.Count(text, []byte("\n")) + 2 {
			e, err := r.Next()
			if err == io.EOF {
				return
			}
			var bad *export.LineError
			if errors.As(err, &bad) {
				continue
			}
			if err != nil {
				t.Fatalf("%v of bytes in memory", err)
			}
			again, err := export.NewReader(bytes.NewReader(event.AppendLine(nil, e))).Next()
			if err != nil || !bytes.Equal(event.AppendLine(nil, again), event.AppendLine(nil, e)) {
				t.Fatalf("%+v comes back as %+v: %v", e, again, err)
			}
			if line := export.Text(e, time.UTC, 0); strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x202e }) {
				t.Fatalf("%q could steer a terminal", line)
			}
		}
		t.Fatal("more lines than there are line ends")
	})
}

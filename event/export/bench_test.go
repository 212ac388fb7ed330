package export_test

import (
	"io"
	"testing"

	"linesman/event"
	"linesman/event/eventtest"
	"linesman/event/export"
)

// How fast events are written and read, by form.
func BenchmarkForms(b *testing.B) {
	events := eventtest.Sample(1000)
	for i := range events {
		events[i].Seq = uint64(i + 1)
	}
	var text []byte
	for _, e := range events {
		text = append(event.AppendLine(text, e), '\n')
	}
	for name, form := range map[string]func(io.Writer) export.Writer{
		"lines":   func(w io.Writer) export.Writer { return export.NewLines(w) },
		"parquet": func(w io.Writer) export.Writer { return export.NewParquet(w) },
	} {
		b.Run(name, func(b *testing.B) {
			out := &counter{}
			w := form(out)
			n := 0
			for b.Loop() {
				if err := w.Write(events[n%len(events)]); err != nil {
					b.Fatal(err)
				}
				n++
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(out.n)/float64(n), "bytes/event")
		})
	}
	b.Run("read", func(b *testing.B) {
		r := export.NewReader(&again{text: text})
		for b.Loop() {
			if _, err := r.Next(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

type counter struct{ n int }

func (c *counter) Write(p []byte) (int, error) { c.n += len(p); return len(p), nil }

// again is a text without end.
type again struct {
	text []byte
	at   int
}

func (a *again) Read(p []byte) (int, error) {
	n := copy(p, a.text[a.at:])
	a.at = (a.at + n) % len(a.text)
	return n, nil
}

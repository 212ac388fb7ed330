package export

import (
	"io"
	"time"

	"github.com/parquet-go/parquet-go"

	"linesman/event"
)

// Row is an event in Parquet: a column for each attribute, NULL where the event
// has none, and its data as JSON text.
type Row struct {
	Seq      int64     `parquet:"seq,delta"`
	ID       string    `parquet:"id"`
	Time     time.Time `parquet:"time,timestamp(nanosecond)"`
	Type     string    `parquet:"type,dict"`
	Source   string    `parquet:"source,dict"`
	Subject  *string   `parquet:"subject"`
	Severity string    `parquet:"severity,dict"`
	Part     *string   `parquet:"part"`
	Batch    *string   `parquet:"batch,dict"`
	Cause    *string   `parquet:"cause"`
	Actor    *string   `parquet:"actor,dict"`
	Data     string    `parquet:"data"`
}

// rowGroup is how many events stand together: enough that a column compresses
// well, few enough to be held in memory while they are written.
const rowGroup = 50_000

// Parquet writes events as Parquet, compressed with zstd.
type Parquet struct {
	w    *parquet.GenericWriter[Row]
	rows []Row
}

// NewParquet writes to w. Every file says in its metadata what wrote it.
func NewParquet(w io.Writer) *Parquet {
	return &Parquet{
		w: parquet.NewGenericWriter[Row](w, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(rowGroup),
			parquet.CreatedBy("linesman", "1", "event/export"), parquet.KeyValueMetadata("linesman.events", "CloudEvents 1.0; docs/events.md")),
		rows: make([]Row, 0, page),
	}
}

// Write adds one row.
func (p *Parquet) Write(e event.Event) error {
	p.rows = append(p.rows, Row{
		Seq: int64(e.Seq), ID: e.ID, Time: e.Time.UTC(), Type: string(e.Type), Source: e.Source, Subject: some(e.Subject),
		Severity: e.Severity.String(), Part: some(e.Part), Batch: some(e.Batch), Cause: some(e.Cause), Actor: some(e.Actor), Data: data(e),
	})
	if len(p.rows) < cap(p.rows) {
		return nil
	}
	return p.flush()
}

// Close writes the file's end.
func (p *Parquet) Close() error {
	if err := p.flush(); err != nil {
		return err
	}
	return p.w.Close()
}

func (p *Parquet) flush() error {
	_, err := p.w.Write(p.rows)
	clear(p.rows)
	p.rows = p.rows[:0]
	return err
}

func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func data(e event.Event) string {
	if len(e.Data) == 0 {
		return "null"
	}
	return string(e.Data)
}

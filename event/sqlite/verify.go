package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"linesman/event"
)

// VerifySettings says what a log is held against.
type VerifySettings struct {
	Dir       string   // its files, in use or a copy
	Verifiers []string // the keys that may have signed; nil: those in the folder, which whoever altered it may have altered too
	Heads     []string // signed heads that were given away: on certificates, on paper
	// Progress is told how many events were looked at, and of how many.
	Progress func(done, total uint64)
}

// Report is what Verify found.
type Report struct {
	Good     bool      `json:"good"`
	Files    int       `json:"files"`
	Events   uint64    `json:"events"`
	First    uint64    `json:"first_seq"`
	Last     uint64    `json:"last_seq"`
	Heads    int       `json:"heads"` // signed heads that the files were held against
	Findings []Finding `json:"findings"`
	Notes    []string  `json:"notes,omitempty"` // what is in order but should be known
}

// Finding is one thing that is wrong.
type Finding struct {
	File string `json:"file,omitempty"`
	Seq  uint64 `json:"seq,omitempty"` // the first event concerned; 0 for a whole file
	ID   string `json:"id,omitempty"`
	What string `json:"what"`
}

// maxFindings bounds a report: after so many, one sentence stands for the rest.
const maxFindings = 100

// verifier walks over a log once.
type verifier struct {
	set     VerifySettings
	report  *Report
	keys    []string
	heads   map[string][]claim  // by title of the file
	dropped map[string]dropped  // by title: removed by retention
	trees   map[string]*walking // by title
	total   uint64
	done    uint64
	left    int // findings not told
}

// claim is what a signed head says of a file.
type claim struct {
	event.FileHead
	from string // which head
}

type dropped struct{ first, last uint64 }

// walking is one file on the walk.
type walking struct {
	*file
	at     *sql.Conn // reads as of one moment
	tree   tree
	until  uint64 // rows at or after this seq are half written; 0: all count
	claims []claim
	line   []byte
	lost   bool // a row was named already: the roots after it can not hold
	chunks map[int64]storedChunk
	start  uint64 // first seq of the present chunk
}

type storedChunk struct {
	last uint64
	root tlog.Hash
}

// Verify holds a log against its own hashes and every signed head there is, and
// names the first event that was altered, is missing or stands elsewhere. An
// error is returned only when nothing can be looked at.
func Verify(ctx context.Context, set VerifySettings) (*Report, error) {
	names, err := listFiles(set.Dir)
	if err != nil {
		return nil, err
	}
	v := &verifier{set: set, report: &Report{Findings: []Finding{}}, keys: set.Verifiers,
		heads: map[string][]claim{}, dropped: map[string]dropped{}, trees: map[string]*walking{}}
	if len(v.keys) == 0 {
		if v.keys, err = Verifiers(set.Dir); err != nil {
			return nil, err
		}
		v.report.Notes = append(v.report.Notes, "the keys are those that lie beside the files; give --key from a certificate to be sure that they are yours")
	}
	if len(v.keys) == 0 {
		v.find("", 0, "", "there is no key to check signatures by: the file named verifiers is gone")
	}
	defer v.close()
	for _, name := range names {
		v.open(name)
	}
	if err := v.begin(ctx); err != nil {
		return nil, err
	}
	for _, title := range sortedKeys(v.trees) {
		v.count(ctx, title)
	}
	v.readHeads()
	v.walk(ctx)
	v.ends()
	v.pages(ctx)
	v.missing()
	if v.left > 0 {
		v.report.Findings = append(v.report.Findings, Finding{What: fmt.Sprintf("%d more findings are not listed", v.left)})
	}
	v.report.Good = len(v.report.Findings) == 0
	return v.report, ctx.Err()
}

func (v *verifier) close() {
	for _, w := range v.trees {
		if w.at != nil {
			w.at.Close() // it only read
		}
		w.file.close()
	}
}

// begin has all files read as of one moment, between two commits, however busy
// the log is: it begins again until the first has not moved on by the time the
// last has begun.
func (v *verifier) begin(ctx context.Context) error {
	const extent = "SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM events"
	for range backupTries {
		still := true
		for _, title := range sortedKeys(v.trees) {
			w := v.trees[title]
			if w.version == 0 {
				continue
			}
			if w.at == nil {
				var err error
				if w.at, err = w.db.Conn(ctx); err != nil {
					return w.bad(err)
				}
			} else if _, err := w.at.ExecContext(ctx, "ROLLBACK"); err != nil {
				return w.bad(err)
			}
			if _, err := w.at.ExecContext(ctx, "BEGIN"); err != nil {
				return w.bad(err)
			}
			if err := w.at.QueryRowContext(ctx, extent).Scan(&w.first, &w.last); err != nil {
				v.find(title, 0, "", "it can not be read: %v", err)
			}
		}
		for _, w := range v.trees {
			var first, last uint64
			if w.at != nil && w.db.QueryRowContext(ctx, extent).Scan(&first, &last) == nil {
				still = still && last == w.last
			}
		}
		if still {
			return nil
		}
	}
	return errors.New("verify: the log is written too fast to be looked at as of one moment; try again, or verify a backup of it")
}

func (v *verifier) find(title string, seq uint64, id, what string, a ...any) {
	if len(v.report.Findings) >= maxFindings {
		v.left++
		return
	}
	v.report.Findings = append(v.report.Findings, Finding{title, seq, id, fmt.Sprintf(what, a...)})
}

// open opens one file for the walk.
func (v *verifier) open(name string) {
	title := strings.TrimSuffix(name, ".db")
	f, err := openFile(v.set.Dir, name)
	if err != nil {
		v.find(title, 0, "", "it can not be read: %v", err)
		v.trees[title] = &walking{lost: true, file: &file{db: closedDB()}}
		return
	}
	w := &walking{file: f, chunks: map[int64]storedChunk{}}
	v.trees[title] = w
	v.report.Files++
	if f.version == 0 {
		return
	}
	if f.version < format {
		v.report.Notes = append(v.report.Notes, title+" was written before the log had hashes: its order is checked, its content can not be")
	}
}

// count reads how many rows and which stored hashes a file has.
func (v *verifier) count(ctx context.Context, title string) {
	w := v.trees[title]
	if w.at == nil {
		return
	}
	var n int64
	if err := w.at.QueryRowContext(ctx, "SELECT count(*) FROM events NOT INDEXED").Scan(&n); err != nil {
		v.find(title, 0, "", "it can not be read: %v", err)
	}
	v.total += uint64(n)
	if w.version < format {
		return
	}
	if err := w.words.load(w.at); err != nil {
		v.find(title, 0, "", "its words can not be read: %v", err)
	}
	rows, err := w.at.QueryContext(ctx, "SELECT chunk, last, root FROM chunks")
	if err != nil {
		v.find(title, 0, "", "its hashes can not be read: %v", err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var n, last int64
		var root []byte
		if err := rows.Scan(&n, &last, &root); err != nil || len(root) != tlog.HashSize {
			v.find(title, 0, "", "its stored hashes are damaged")
			return
		}
		w.chunks[n] = storedChunk{uint64(last), tlog.Hash(root)}
	}
}

// closedDB is a database that nobody can ask: of a file that can not be read.
func closedDB() *sql.DB {
	db, _ := sql.Open("sqlite3", ":memory:") // opens nothing before it is asked
	return db
}

// claimHead takes in what one signed head says.
func (v *verifier) claimHead(signed, from string) (event.Head, bool) {
	h, err := event.OpenHead(signed, v.keys...)
	if err != nil {
		v.find("", 0, "", "%s: %v", from, err)
		return h, false
	}
	v.report.Heads++
	for _, f := range h.Files {
		v.heads[f.File] = append(v.heads[f.File], claim{f, from})
	}
	return h, true
}

// readHeads gathers every signed head: in the files, beside them, in log.sealed
// events, and those given.
func (v *verifier) readHeads() {
	bounds := map[string]uint64{} // by day: the last group that record has
	for title, w := range v.trees {
		if w.version < format {
			continue
		}
		if g, err := groupIn(w.at); err == nil && w.shelf == record {
			bounds[w.day] = g[1]
		}
		v.events(w, event.LogSealed{}.EventType(), func(e event.Event) {
			if s, err := event.As[event.LogSealed](e); err == nil {
				v.claimHead(s.Head, fmt.Sprintf("the head in event %d of %s", e.Seq, title))
			}
		})
		v.events(w, event.LogDropped{}.EventType(), func(e event.Event) {
			if d, err := event.As[event.LogDropped](e); err == nil {
				v.dropped[d.File] = dropped{d.First, d.Last}
			}
		})
	}
	for title, w := range v.trees {
		if w.version < format {
			continue
		}
		g, err := groupIn(w.at)
		half := err == nil && w.shelf == parts && g[1] > bounds[w.day]
		if half {
			w.until = g[0]
			v.report.Notes = append(v.report.Notes, fmt.Sprintf("%s: the group from event %d on was being written when the process ended: it was never acknowledged, and the next start takes it out", title, g[0]))
		}
		var signed string
		if err := w.at.QueryRowContext(context.Background(), "SELECT head FROM file").Scan(&signed); err != nil {
			v.find(title, 0, "", "its head can not be read: %v", err)
			continue
		}
		if signed == "" && w.first == 0 || half {
			continue
		}
		if h, ok := v.claimHead(signed, "the head in "+title); ok && !slices.ContainsFunc(h.Files, func(f event.FileHead) bool { return f.File == title }) {
			v.find(title, 0, "", "its head belongs to other files")
		}
	}
	if text, err := os.ReadFile(filepath.Join(v.set.Dir, headsFile)); err == nil {
		for i, signed := range event.SplitHeads(text) {
			v.claimHead(signed, fmt.Sprintf("head %d in the file heads", i+1))
		}
	}
	for i, signed := range v.set.Heads {
		v.claimHead(signed, fmt.Sprintf("head %d that was given", i+1))
	}
	for title, claims := range v.heads {
		slices.SortFunc(claims, func(a, b claim) int { return cmpSeq(a.Size, b.Size) })
		if w, ok := v.trees[title]; ok {
			w.claims = claims
		}
	}
}

// events calls fn with every event of a type in a file. Types of the log itself
// are few.
func (v *verifier) events(w *walking, t event.Type, fn func(event.Event)) {
	id, ok := w.words.id(string(t))
	if !ok {
		return
	}
	events, err := scan(context.Background(), w.at, &w.words, "SELECT "+columns+" FROM events NOT INDEXED WHERE type = ? ORDER BY seq", id)
	if err != nil {
		v.find(w.title(), 0, "", "its own events can not be read: %v", err)
	}
	for _, e := range events {
		fn(e)
	}
}

// walk reads the files of each day side by side, by seq.
func (v *verifier) walk(ctx context.Context) {
	var order []*walking
	for _, w := range v.trees {
		if w.first > 0 {
			order = append(order, w)
		}
	}
	slices.SortFunc(order, func(a, b *walking) int { return cmpSeq(a.first, b.first) })
	next := uint64(0)
	for len(order) > 0 && ctx.Err() == nil {
		// Those that overlap are read together.
		together, end := order[:1], order[0].last
		for len(together) < len(order) && order[len(together)].first <= end {
			end = max(end, order[len(together)].last)
			together = order[:len(together)+1]
		}
		order = order[len(together):]
		next = v.merge(ctx, together, next)
	}
	if next > 0 {
		v.report.Last = next - 1
	}
}

// row is one row of a file as it is checked.
type row struct {
	event.Event
	mark sql.NullInt64
	err  error
}

// merge walks over files whose seqs interleave. next is the seq that must come;
// 0 for any.
func (v *verifier) merge(ctx context.Context, files []*walking, next uint64) uint64 {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	streams := make([]<-chan []row, len(files))
	heads := make([][]row, len(files))
	for i, w := range files {
		streams[i] = v.stream(ctx, w)
		heads[i] = <-streams[i]
	}
	for {
		k := -1
		for i := range heads {
			if len(heads[i]) > 0 && (k < 0 || heads[i][0].Seq < heads[k][0].Seq) {
				k = i
			}
		}
		if k < 0 {
			return next
		}
		r, w := heads[k][0], files[k]
		if heads[k] = heads[k][1:]; len(heads[k]) == 0 {
			heads[k] = <-streams[k]
		}
		if r.err != nil {
			v.find(w.title(), r.Seq, "", "it can not be read on from here: %v", r.err)
			w.lost = true
			continue
		}
		if w.until > 0 && r.Seq >= w.until {
			continue
		}
		switch {
		case next == 0:
			v.report.First = r.Seq
		case r.Seq < next:
			v.find(w.title(), r.Seq, r.ID, "an event with this seq stands in another file already: one of them was inserted")
		case r.Seq > next && !v.expired(next, r.Seq-1):
			v.find(w.title(), next, "", "%s missing", span(next, r.Seq-1))
		}
		next = max(next, r.Seq+1)
		v.leaf(w, r)
		v.report.Events++
		if v.done++; v.set.Progress != nil && v.done%65536 == 0 {
			v.set.Progress(v.done, max(v.total, v.done))
		}
	}
}

func span(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("event %d is", from)
	}
	return fmt.Sprintf("events %d to %d are", from, to)
}

// expired reports whether the seqs of a gap lie within files that retention has
// removed, one after the other.
func (v *verifier) expired(from, to uint64) bool {
	for _, d := range v.dropped {
		if d.first > 0 && from >= d.first && to <= d.last {
			return true
		}
	}
	for seq := from; seq <= to; { // a gap over several files
		reach := seq
		for _, d := range v.dropped {
			if d.first > 0 && seq >= d.first && seq <= d.last {
				reach = max(reach, d.last+1)
			}
		}
		if reach == seq {
			return false
		}
		seq = reach
	}
	return true
}

// leaf adds one row to its file's tree and compares what can be compared.
func (v *verifier) leaf(w *walking, r row) {
	if w.version < format {
		return
	}
	if w.start == 0 {
		w.start = r.Seq
	}
	var h tlog.Hash
	h, w.line = leafOf(r.Event, w.line)
	if (!r.mark.Valid || r.mark.Int64 != markOf(h)) && !w.lost {
		v.find(w.title(), r.Seq, r.ID, "altered: the event is not the one that was stored")
		w.lost = true
	}
	root, full := w.tree.add(h)
	if full {
		n := int64(w.tree.size/chunk - 1)
		switch c, ok := w.chunks[n]; {
		case w.lost:
		case !ok:
			v.find(w.title(), w.start, "", "the stored hash of events %d to %d is missing", w.start, r.Seq)
			w.lost = true
		case c.root != root || c.last != r.Seq:
			v.find(w.title(), w.start, "", "among events %d to %d one was altered together with its mark, or inserted, removed or moved", w.start, r.Seq)
			w.lost = true
		}
		delete(w.chunks, n)
		w.start = 0
	}
	v.claims(w, r.Seq, r.ID)
}

// claims holds the tree against the heads that speak of its present size.
func (v *verifier) claims(w *walking, seq uint64, id string) {
	for len(w.claims) > 0 && w.claims[0].Size <= w.tree.size {
		c := w.claims[0]
		w.claims = w.claims[1:]
		if c.Size == w.tree.size && c.Root != w.tree.root() && !w.lost {
			v.find(w.title(), seq, id, "up to this event the file is not what %s says: something at or before it was altered", c.from)
			w.lost = true
		}
	}
}

// ends holds that no file ends too early, or later than was signed.
func (v *verifier) ends() {
	for title, w := range v.trees {
		if w.file.path == "" || w.version < format {
			continue
		}
		if len(w.chunks) > 0 && w.until == 0 && !w.lost {
			v.find(title, 0, "", "it has hashes of %d chunks of events that are not there: its tail was cut", len(w.chunks))
			w.lost = true
		}
		signed := uint64(0)
		for _, c := range v.heads[title] {
			signed = max(signed, c.Size)
			if c.Size > w.tree.size && !w.lost {
				v.find(title, w.last+1, "", "its tail was cut: %s knows %d events, %d are there", c.from, c.Size, w.tree.size)
				w.lost = true
			}
		}
		if w.tree.size > signed && w.until == 0 && !w.lost {
			v.find(title, w.last, "", "%d events stand in it and only %d are signed: the others were added by somebody else", w.tree.size, signed)
		}
	}
}

// pages has SQLite look at every page and index: events that hold may still be
// found by an index that does not.
func (v *verifier) pages(ctx context.Context) {
	for _, title := range sortedKeys(v.trees) {
		w := v.trees[title]
		if w.at == nil || w.lost {
			continue
		}
		var said string
		err := w.at.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			v.find(title, 0, "", "its pages can not be read: %v; its events hold", err)
		case said != "ok":
			v.find(title, 0, "", "its events hold, but not its pages or indexes: %s", strings.ReplaceAll(said, "\n", " "))
		}
	}
}

// missing names files that heads know and that are not there.
func (v *verifier) missing() {
	for _, title := range sortedKeys(v.heads) {
		claims := v.heads[title]
		_, there := v.trees[title]
		_, gone := v.dropped[title]
		gone = gone || base(day(title)) <= v.expiredUpTo()
		if last := claims[len(claims)-1]; !there && !gone && last.Size > 0 {
			v.find(title, 0, "", "the file with %d events is missing, and no log.dropped says that retention removed it (%s knows it)", last.Size, last.from)
		}
	}
}

// expiredUpTo is the last day whose record retention has removed: whatever is
// as old has gone before it, and what was told of that with it.
func (v *verifier) expiredUpTo() (last string) {
	for title := range v.dropped {
		if s, d, _ := strings.Cut(title, "-"); s == string(record) {
			last = max(last, base(d))
		}
	}
	return last
}

// day is a title without its shelf.
func day(title string) string {
	_, d, _ := strings.Cut(title, "-")
	return d
}

// streamRows is how many rows travel together from the one who reads to the one
// who checks.
const streamRows = 512

// stream reads a file by seq beside the one who checks.
func (v *verifier) stream(ctx context.Context, w *walking) <-chan []row {
	out := make(chan []row, 4)
	go func() {
		defer close(out)
		after := int64(0)
		mark := "mark"
		if w.version < format {
			mark = "NULL"
		}
		send := func(rows []row) bool {
			select {
			case out <- rows:
				return true
			case <-ctx.Done():
				return false
			}
		}
		rows, err := w.at.QueryContext(ctx, "SELECT "+columns+", "+mark+" FROM events NOT INDEXED WHERE seq > ? AND seq <= ? ORDER BY seq", after, int64(math.MaxInt64))
		if err != nil {
			send([]row{{err: err, Event: event.Event{Seq: w.first}}})
			return
		}
		defer rows.Close()
		var some []row
		seq := w.first
		for rows.Next() {
			r, err := scanRow(rows, &w.words)
			if err != nil {
				send(append(some, row{err: err, Event: event.Event{Seq: seq}}))
				return
			}
			seq = r.Seq + 1
			if some = append(some, r); len(some) == streamRows {
				if !send(some) {
					return
				}
				some = make([]row, 0, streamRows)
			}
		}
		if err := rows.Err(); err != nil && !errors.Is(err, context.Canceled) {
			some = append(some, row{err: err, Event: event.Event{Seq: seq}})
		}
		if len(some) > 0 {
			send(some)
		}
	}()
	return out
}

// scanRow reads an event with its mark.
func scanRow(rows *sql.Rows, words *words) (r row, err error) {
	r.Event, err = scanEvent(rows, words, &r.mark)
	return r, err
}

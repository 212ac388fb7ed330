package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

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
	for until := time.Now().Add(patience); time.Now().Before(until); pause() {
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
	return fmt.Errorf("verify: no pause of the writer was found within %v: the log is written too fast to be looked at as of one moment; try again, or verify a backup of it", patience)
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

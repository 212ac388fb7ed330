package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"
)

// shelf says which of a day's two files an event belongs into.
type shelf string

const (
	parts  shelf = "parts"  // what follows a part that passes; kept short
	record shelf = "record" // everything else; kept long
)

// format is the layout of the files, in their user_version. A program refuses a
// file of a later format, and reads every earlier one.
const format = 2

// schema makes an empty file. Texts that come again and again (types, sources,
// batches, actors) are words; ids that are UUIDs are 16 bytes, others text;
// what is absent is NULL. mark is the beginning of the row's leaf hash; chunks
// has the root of every 256 leaves and the seq of the last of them; head is the
// signed head as of the last commit. The view shows it all as people read it.
const schema = `
CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);
CREATE TABLE events (
	seq INTEGER PRIMARY KEY,
	id NOT NULL UNIQUE,
	time INTEGER NOT NULL,
	type INTEGER NOT NULL,
	source INTEGER NOT NULL,
	subject,
	severity INTEGER NOT NULL,
	part,
	batch INTEGER,
	cause,
	actor INTEGER NOT NULL,
	data TEXT NOT NULL,
	mark INTEGER
);
CREATE TABLE chunks (chunk INTEGER PRIMARY KEY, last INTEGER NOT NULL, root BLOB NOT NULL);
CREATE INDEX events_time ON events (time);
CREATE INDEX events_type ON events (type);
CREATE INDEX events_subject ON events (subject) WHERE subject IS NOT NULL;
CREATE INDEX events_part ON events (part) WHERE part IS NOT NULL;
CREATE INDEX events_batch ON events (batch) WHERE batch IS NOT NULL;
CREATE TABLE file (
	only INTEGER PRIMARY KEY CHECK (only = 1),
	shelf TEXT NOT NULL,
	day TEXT NOT NULL,
	made TEXT NOT NULL,
	group_first INTEGER NOT NULL DEFAULT 0,
	group_last INTEGER NOT NULL DEFAULT 0,
	head TEXT NOT NULL DEFAULT ''
);
CREATE VIEW log AS SELECT
	e.seq,
	CASE typeof(e.id) WHEN 'blob' THEN lower(hex(e.id)) ELSE e.id END AS id,
	strftime('%Y-%m-%dT%H:%M:%f', e.time / 1e9, 'unixepoch') || 'Z' AS time,
	t.word AS type,
	s.word AS source,
	CASE typeof(e.subject) WHEN 'blob' THEN lower(hex(e.subject)) ELSE e.subject END AS subject,
	e.severity,
	CASE typeof(e.part) WHEN 'blob' THEN lower(hex(e.part)) ELSE e.part END AS part,
	b.word AS batch,
	CASE typeof(e.cause) WHEN 'blob' THEN lower(hex(e.cause)) ELSE e.cause END AS cause,
	a.word AS actor,
	e.data
FROM events e
	JOIN words t ON t.id = e.type
	JOIN words s ON s.id = e.source
	JOIN words a ON a.id = e.actor
	LEFT JOIN words b ON b.id = e.batch;
`

// file is one SQLite file of the log. What it holds is guarded by Log.mu; its
// words have a lock of their own.
type file struct {
	path  string
	shelf shelf
	day   string // UTC, "2006-01-02"; a sequel after damage is "2006-01-02.02"
	db    *sql.DB
	words words

	version      int
	first, last  uint64 // seqs there are; both 0 when empty
	since, until int64  // times there are, Unix nanoseconds
}

func (f *file) name() string { return filepath.Base(f.path) }

// title is the name by which heads call the file.
func (f *file) title() string { return string(f.shelf) + "-" + f.day }

var filePattern = regexp.MustCompile(`^(parts|record)-(\d{4}-\d{2}-\d{2}(?:\.\d{2})?)\.db$`)

// listFiles returns the names of the log's files.
func listFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("event log: %w", err)
	}
	var names []string
	for _, e := range entries {
		m := filePattern.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		if _, err := time.Parse(time.DateOnly, base(m[2])); err == nil {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// base is the date of a day, without the number of a sequel.
func base(day string) string { return day[:min(len(day), len(time.DateOnly))] }

func fileName(s shelf, day string) string { return string(s) + "-" + day + ".db" }

// newFile names a file; a pen makes it.
func newFile(dir, name string) (*file, error) {
	m := filePattern.FindStringSubmatch(name)
	f := &file{path: filepath.Join(dir, name), shelf: shelf(m[1]), day: m[2]}
	var err error
	if f.db, err = sql.Open("sqlite3", dsn(f.path, "mode=rw&_query_only=1&_busy_timeout=5000")); err != nil {
		return nil, f.bad(err)
	}
	f.db.SetMaxOpenConns(4)
	f.db.SetMaxIdleConns(2)
	f.db.SetConnMaxIdleTime(time.Minute)
	return f, nil
}

// openFile opens a file there is, for reading, and looks what it holds.
func openFile(dir, name string) (*file, error) {
	f, err := newFile(dir, name)
	if err != nil {
		return nil, err
	}
	if err := f.look(); err != nil {
		return nil, errors.Join(f.bad(err), f.db.Close())
	}
	return f, nil
}

// look reads the file's extent and words.
func (f *file) look() error {
	var version int
	if err := f.db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	f.version = version
	switch {
	case version == 0: // made, and the process ended before the schema was in
		return nil
	case version > format:
		return fmt.Errorf("its format is %d and this program knows up to %d; run the newer program", version, format)
	}
	var first, last, since, until sql.NullInt64
	err := f.db.QueryRow(`SELECT (SELECT min(seq) FROM events), (SELECT max(seq) FROM events),
		(SELECT min(time) FROM events), (SELECT max(time) FROM events)`).Scan(&first, &last, &since, &until)
	if err != nil {
		return err
	}
	f.first, f.last, f.since, f.until = uint64(first.Int64), uint64(last.Int64), since.Int64, until.Int64
	return f.words.load(f.db)
}

// grow takes in what a group added.
func (f *file) grow(g extent) {
	if g.first == 0 {
		return
	}
	if f.first == 0 {
		f.first, f.since, f.until = g.first, g.since, g.until
	}
	f.last = max(f.last, g.last)
	f.since, f.until = min(f.since, g.since), max(f.until, g.until)
}

// bad names the file and the cure.
func (f *file) bad(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("event log %s: %w; if it is damaged, move it elsewhere and keep it", f.path, wrapFull(err))
}

func (f *file) close() error { return f.db.Close() }

// dsn is the driver's name for a file.
func dsn(path, options string) string {
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: options}).String()
}

// words is a file's table of texts that come again and again. The writer adds
// to it; readers only look.
type words struct {
	mu   sync.RWMutex
	text []string // by id; ids begin at 1
	ids  map[string]int64
}

func (w *words) load(db rowsOf) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	rows, err := db.QueryContext(context.Background(), "SELECT id, word FROM words ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close()
	w.text, w.ids = nil, map[string]int64{}
	for rows.Next() {
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		if id != int64(len(w.text))+1 {
			return fmt.Errorf("its word %d stands where %d belongs", id, len(w.text)+1)
		}
		w.text = append(w.text, text)
		w.ids[text] = id
	}
	return rows.Err()
}

// word returns the text of an id.
func (w *words) word(id int64) string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if id < 1 || id > int64(len(w.text)) {
		return ""
	}
	return w.text[id-1]
}

// id returns the id of a text.
func (w *words) id(text string) (int64, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	id, ok := w.ids[text]
	return id, ok
}

// matching returns the ids of all words that ok says yes to.
func (w *words) matching(ok func(string) bool) []int64 {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var ids []int64
	for i, text := range w.text {
		if ok(text) {
			ids = append(ids, int64(i)+1)
		}
	}
	return ids
}

// add gives a text the next id.
func (w *words) add(text string) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, text)
	if w.ids == nil {
		w.ids = map[string]int64{}
	}
	w.ids[text] = int64(len(w.text))
	return int64(len(w.text))
}

// cut forgets the words after the first n: their transaction was undone.
func (w *words) cut(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range w.text[n:] {
		delete(w.ids, text)
	}
	w.text = w.text[:n]
}

func (w *words) count() int {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return len(w.text)
}

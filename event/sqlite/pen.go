package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/mod/sumdb/tlog"

	"linesman/event"
)

// pen writes into one file. It belongs to the writer goroutine.
type pen struct {
	file   *file
	conn   *sqlite3.SQLiteConn
	insert driver.Stmt
	find   driver.Stmt

	noting driver.Stmt
	inode  uint64 // of the file as it was opened

	// known are the ids of a file that is small enough, so that looking for one
	// that is not there asks no disk; nil for a larger one. Those of the open
	// transaction are also in news.
	known map[event.ID]struct{}
	news  []event.ID

	open   bool // within a transaction
	words  int  // words there were before it
	before tree // as it was before it
	tree   tree
	added  extent
	group  [2]uint64 // the last group that went into both files, as the file says
	row    [13]driver.Value
}

// extent is what one group adds to a file.
type extent struct {
	first, last  uint64
	since, until int64
}

// openPen opens a file for writing and makes it where there is none.
func openPen(f *file) (*pen, error) {
	conn, err := (&sqlite3.SQLiteDriver{}).Open(dsn(f.path, "mode=rwc&_txlock=immediate&_busy_timeout=5000"))
	if err != nil {
		return nil, f.bad(err)
	}
	p := &pen{file: f, conn: conn.(*sqlite3.SQLiteConn)}
	if err := p.prepare(); err != nil {
		return nil, errors.Join(f.bad(err), conn.Close())
	}
	return p, nil
}

func (p *pen) prepare() error {
	if err := p.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000; PRAGMA journal_size_limit=67108864"); err != nil {
		return err
	}
	version, err := p.numbers("PRAGMA user_version", 1)
	if err != nil {
		return err
	}
	if version[0] == 0 {
		made := time.Now().UTC().Format(time.RFC3339)
		err := p.exec(fmt.Sprintf("BEGIN IMMEDIATE; %s INSERT INTO file (only, shelf, day, made) VALUES (1, '%s', '%s', '%s'); PRAGMA application_id=0x4c6e736d; PRAGMA user_version=%d; COMMIT",
			schema, p.file.shelf, p.file.day, made, format))
		if err != nil {
			return errors.Join(err, p.undoOpen())
		}
	}
	group, err := p.numbers("SELECT group_first, group_last FROM file", 2)
	if err != nil {
		return err
	}
	p.group = [2]uint64{group[0], group[1]}
	if p.insert, err = p.conn.Prepare(`INSERT INTO events (seq, id, time, type, source, subject, severity, part, batch, cause, actor, data, mark)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`); err != nil {
		return err
	}
	if p.noting, err = p.conn.Prepare("UPDATE file SET head = ?, group_first = ?, group_last = ?"); err != nil {
		return err
	}
	p.find, err = p.conn.Prepare("SELECT seq FROM events WHERE id = ?")
	return err
}

// plant grows the tree of what is in the file, and holds it against the head
// that was signed with the last commit.
func (p *pen) plant(verifiers []string) error {
	if err := p.file.look(); err != nil {
		return err
	}
	ctx := context.Background()
	var signed string
	if err := p.file.db.QueryRowContext(ctx, "SELECT head FROM file").Scan(&signed); err != nil {
		return err
	}
	info, err := os.Stat(p.file.path)
	if err != nil {
		return err
	}
	p.inode = inode(info)
	if p.tree, err = grown(ctx, p.file.db, &p.file.words, 0); err != nil {
		return err
	}
	if err := p.learn(ctx); err != nil {
		return err
	}
	if signed == "" && p.tree.size == 0 {
		return nil
	}
	head, err := event.OpenHead(signed, verifiers...)
	if err != nil {
		return fmt.Errorf("%w: its head does not hold: %w", errAltered, err)
	}
	for _, f := range head.Files {
		if f.File == p.file.title() && f.Size == p.tree.size && f.Root == p.tree.root() {
			return nil
		}
	}
	return fmt.Errorf("%w: its %d events are not those under its signed head", errAltered, p.tree.size)
}

// knownIDs bounds the ids that are kept in memory.
const knownIDs = 1 << 18

// learn reads the ids of a file that is small enough.
func (p *pen) learn(ctx context.Context) error {
	if p.tree.size > knownIDs {
		return nil
	}
	rows, err := p.file.db.QueryContext(ctx, "SELECT id FROM events")
	if err != nil {
		return err
	}
	defer rows.Close()
	p.known = make(map[event.ID]struct{}, p.tree.size)
	for rows.Next() {
		var id []byte
		if err := rows.Scan(&id); err != nil {
			return err
		}
		if len(id) == len(event.ID{}) {
			p.known[event.ID(id)] = struct{}{}
		}
	}
	return rows.Err()
}

// errAltered is wrapped by the error for a file that is not as it was signed.
var errAltered = errors.New("altered since it was written")

func (p *pen) undoOpen() error {
	if p.conn.AutoCommit() {
		return nil
	}
	return p.exec("ROLLBACK")
}

func (p *pen) exec(query string, args ...driver.Value) error {
	_, err := p.conn.Exec(query, args)
	return err
}

// numbers runs a query whose one row is n whole numbers.
func (p *pen) numbers(query string, n int) ([]uint64, error) {
	rows, err := p.conn.Query(query, nil)
	if err != nil {
		return nil, err
	}
	return one(rows, n)
}

// one reads the first row as n whole numbers and closes rows.
func one(rows driver.Rows, n int) ([]uint64, error) {
	defer rows.Close()
	row := make([]driver.Value, n)
	if err := rows.Next(row); err != nil {
		return nil, err
	}
	out := make([]uint64, n)
	for i, v := range row {
		number, _ := v.(int64)
		out[i] = uint64(number)
	}
	return out, nil
}

// begin opens a transaction if there is none.
func (p *pen) begin() error {
	if p.open {
		return nil
	}
	if err := p.exec("BEGIN IMMEDIATE"); err != nil {
		return p.file.bad(err)
	}
	p.open, p.words, p.before, p.added = true, p.file.words.count(), p.tree, extent{}
	return nil
}

// put stores e as seq, with its draft and its leaf. fresh is false when its id
// is in this file already.
func (p *pen) put(e *event.Event, d *draft, seq uint64, leaf tlog.Hash) (fresh bool, err error) {
	if err := p.begin(); err != nil {
		return false, err
	}
	at := e.Time.UnixNano()
	row := p.row[:]
	row[0], row[1], row[2] = int64(seq), d.id[:], at
	row[5], row[6], row[7] = d.subject, int64(e.Severity), d.part
	row[9], row[11] = d.cause, d.data
	row[12] = markOf(leaf)
	for _, w := range [...]struct {
		column int
		text   string
	}{{3, string(e.Type)}, {4, e.Source}, {8, e.Batch}, {10, e.Actor}} {
		if row[w.column], err = p.word(w.text); err != nil {
			return false, p.file.bad(err)
		}
	}
	//lint:ignore SA1019 the writer owns its connection and is never cancelled in the middle of a row
	res, err := p.insert.Exec(row)
	if err != nil {
		return false, p.file.bad(err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return false, nil
	}
	if p.added.first == 0 {
		p.added = extent{seq, seq, at, at}
	}
	if p.known != nil {
		if p.known[d.id] = struct{}{}; len(p.known) > knownIDs {
			p.known = nil
		}
		p.news = append(p.news, d.id)
	}
	if root, full := p.tree.add(leaf); full {
		if err := p.exec("INSERT INTO chunks (chunk, last, root) VALUES (?, ?, ?)", int64(p.tree.size/chunk-1), int64(seq), root[:]); err != nil {
			return false, p.file.bad(err)
		}
	}
	p.added.last, p.added.since, p.added.until = seq, min(p.added.since, at), max(p.added.until, at)
	return true, nil
}

// word returns the id of a text, which it stores where it is new; NULL for none.
func (p *pen) word(text string) (driver.Value, error) {
	if text == "" {
		return nil, nil
	}
	if id, ok := p.file.words.id(text); ok {
		return id, nil
	}
	id := p.file.words.add(text)
	return id, p.exec("INSERT INTO words (id, word) VALUES (?, ?)", id, text)
}

// seqOf returns the seq under which an id is stored in this file.
func (p *pen) seqOf(id event.ID) (seq uint64, ok bool, err error) {
	if p.known != nil {
		if _, there := p.known[id]; !there {
			return 0, false, nil
		}
	}
	//lint:ignore SA1019 the writer owns its connection and is never cancelled in the middle of a row
	rows, err := p.find.Query([]driver.Value{id[:]})
	if err != nil {
		return 0, false, p.file.bad(err)
	}
	found, err := one(rows, 1)
	if errors.Is(err, io.EOF) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, p.file.bad(err)
	}
	return found[0], true, nil
}

// note writes the signed head into the transaction, and the bounds of the last
// group that went into both files.
func (p *pen) note(signed string, group [2]uint64) error {
	//lint:ignore SA1019 the writer owns its connection and is never cancelled in the middle of a row
	_, err := p.noting.Exec([]driver.Value{signed, int64(group[0]), int64(group[1])})
	return p.file.bad(err)
}

// commit makes the transaction durable; undo forgets it. Both do nothing
// outside one.
func (p *pen) commit() error {
	if !p.open {
		return nil
	}
	if err := p.exec("COMMIT"); err != nil {
		return p.file.bad(err)
	}
	p.open, p.news = false, p.news[:0]
	return nil
}

func (p *pen) undo() error {
	p.added = extent{}
	for _, id := range p.news {
		delete(p.known, id)
	}
	p.news = p.news[:0]
	if !p.open {
		return nil
	}
	p.open, p.tree = false, p.before
	p.file.words.cut(p.words)
	return p.file.bad(p.undoOpen())
}

// close folds the write-ahead log into the file.
func (p *pen) close() error {
	var errs []error
	for _, s := range []driver.Stmt{p.insert, p.find, p.noting} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	errs = append(errs, p.exec("PRAGMA wal_checkpoint(TRUNCATE)"), p.conn.Close())
	return p.file.bad(errors.Join(errs...))
}

// keyOf is how an id lies in the file: a UUID as its 16 bytes, another text as
// it is, nothing as NULL.
func keyOf(text string) driver.Value {
	if text == "" {
		return nil
	}
	if id, ok := event.ParseUUID(text); ok {
		return id[:]
	}
	return text
}

// unkey reads it back.
func unkey(v any) string {
	switch v := v.(type) {
	case []byte:
		if len(v) == len(event.ID{}) {
			return event.ID(v).String()
		}
		return string(v)
	case string:
		return v
	}
	return ""
}

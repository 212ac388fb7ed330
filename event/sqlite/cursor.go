package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
)

// openCursors opens the one small file that says how far readers have come.
func openCursors(dir string) (*sql.DB, error) {
	path := filepath.Join(dir, "cursors.sqlite")
	db, err := sql.Open("sqlite3", dsn(path, "_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID"); err != nil {
		return nil, errors.Join(fmt.Errorf("event log: cursors %s: %w; move it away: readers then begin anew", path, wrapFull(err)), db.Close())
	}
	return db, nil
}

// Cursor returns how far a reader had come. See event.Cursors.
func (l *Log) Cursor(ctx context.Context, name string) (seq uint64, err error) {
	var at int64
	err = l.cursors.QueryRowContext(ctx, "SELECT seq FROM cursors WHERE name = ?", name).Scan(&at)
	if isNoRows(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("event log: cursor %.80q: %w", name, err)
	}
	return uint64(at), nil
}

// SetCursor remembers how far a reader has come. See event.Cursors.
func (l *Log) SetCursor(ctx context.Context, name string, seq uint64) error {
	_, err := l.cursors.ExecContext(ctx, "INSERT INTO cursors (name, seq) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq", name, signed(seq))
	if err != nil {
		return fmt.Errorf("event log: cursor %.80q: %w", name, wrapFull(err))
	}
	return nil
}

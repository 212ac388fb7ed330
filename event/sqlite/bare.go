package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	"linesman/event"
)

// Bare is what SQLite itself does with the log's rows and indexes: the bound
// that the log is measured against. It has no words, no hashes and no heads.
type Bare struct {
	db     *sql.DB
	insert string
}

// OpenBare makes a bare table in a file.
func OpenBare(path string) (*Bare, error) {
	db, err := sql.Open("sqlite3", dsn(path, "_journal_mode=WAL&_synchronous=FULL&_cache_size=-16000"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`CREATE TABLE events (seq INTEGER PRIMARY KEY, id NOT NULL UNIQUE, time INTEGER, type TEXT, source TEXT, subject, severity INTEGER, part, batch TEXT, cause, actor TEXT, data TEXT);
		CREATE INDEX i_time ON events (time); CREATE INDEX i_type ON events (type); CREATE INDEX i_subject ON events (subject) WHERE subject IS NOT NULL;
		CREATE INDEX i_part ON events (part) WHERE part IS NOT NULL; CREATE INDEX i_batch ON events (batch) WHERE batch IS NOT NULL`)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bare table %s: %w", path, err), db.Close())
	}
	return &Bare{db, "INSERT INTO events (id, time, type, source, subject, severity, part, batch, cause, actor, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"}, nil
}

// Insert stores a group in one transaction, ids as 16 bytes like the log's.
func (b *Bare) Insert(events []event.Event) error {
	tx, err := b.db.Begin()
	if err != nil {
		return err
	}
	insert, err := tx.Prepare(b.insert)
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	for _, e := range events {
		_, err := insert.Exec(keyOf(e.ID), e.Time.UnixNano(), string(e.Type), e.Source, keyOf(e.Subject), int(e.Severity), keyOf(e.Part), e.Batch, keyOf(e.Cause), e.Actor, string(e.Data))
		if err != nil {
			return errors.Join(err, insert.Close(), tx.Rollback())
		}
	}
	return errors.Join(insert.Close(), tx.Commit())
}

// Close gives the file back.
func (b *Bare) Close() error { return b.db.Close() }

package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/mattn/go-sqlite3"

	"linesman/event/disk"
)

// patience is for how long a moment is sought in which no group is being written
// into the files of a day. A log that is written without a pause has one between
// any two groups.
const patience = 15 * time.Second

// pause lets the writer go on before the next try, for a while that is not
// always the same.
func pause() { time.Sleep(rand.N(2 * time.Millisecond)) }

// Backup copies a log's files into a folder, beside a running appliance: each
// whole, and those of a day as of one moment. progress may be nil; it is told
// bytes done and bytes in all. Neither the lock nor the private key is copied.
func Backup(ctx context.Context, dir, to string, progress func(done, total int64)) error {
	if err := os.MkdirAll(to, 0o750); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	names, err := listFiles(dir)
	if err != nil {
		return err
	}
	var total, done int64
	byDay := map[string][]string{}
	for _, name := range names {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
			total += info.Size()
		}
		day := filePattern.FindStringSubmatch(name)[2]
		byDay[day] = append(byDay[day], name)
	}
	days := sortedKeys(byDay)
	for _, day := range days {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := backupDay(dir, to, byDay[day]); err != nil {
			return err
		}
		for _, name := range byDay[day] {
			if info, err := os.Stat(filepath.Join(to, name)); err == nil {
				done += info.Size()
			}
		}
		if progress != nil {
			progress(min(done, total), total)
		}
	}
	for _, name := range []string{verifierFile, headsFile, "cursors.sqlite"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = disk.Write(filepath.Join(to, name), 0o640, data)
		}
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
	}
	return nil
}

// backupDay copies the files of one day as of one moment.
func backupDay(dir, to string, names []string) error {
	var sources []*sqlite3.SQLiteConn
	defer func() {
		for _, c := range sources {
			c.Close() // it only read
		}
	}()
	for _, name := range names {
		conn, err := (&sqlite3.SQLiteDriver{}).Open(dsn(filepath.Join(dir, name), "mode=rw&_query_only=1&_busy_timeout=5000"))
		if err != nil {
			return fmt.Errorf("backup: %s: %w", name, err)
		}
		sources = append(sources, conn.(*sqlite3.SQLiteConn))
	}
	if err := standStill(sources); err != nil {
		return fmt.Errorf("backup: %v: %w", names, err)
	}
	for i, name := range names {
		path := filepath.Join(to, name)
		conn, err := (&sqlite3.SQLiteDriver{}).Open(dsn(path, "mode=rwc"))
		if err != nil {
			return fmt.Errorf("backup: %s: %w", path, err)
		}
		target := conn.(*sqlite3.SQLiteConn)
		b, err := target.Backup("main", sources[i], "main")
		if err == nil {
			_, err = b.Step(-1)
			err = errors.Join(err, b.Finish())
		}
		if err == nil {
			_, err = target.Exec("PRAGMA journal_mode=DELETE", nil)
		}
		if err = errors.Join(err, target.Close()); err != nil {
			return fmt.Errorf("backup: %s: %w", path, wrapFull(err))
		}
	}
	return nil
}

// standStill begins reading in all files at one moment between two commits: a
// group that went into both has the same bounds in both, and nothing was
// committed while the second was begun.
func standStill(files []*sqlite3.SQLiteConn) error {
	again, err := secondLook(files)
	if err != nil {
		return err
	}
	if again != nil {
		defer again.Close() // it only read
	}
	states := make([][3]uint64, len(files))
	for until := time.Now().Add(patience); time.Now().Before(until); pause() {
		for i, c := range files {
			if _, err := c.Exec("BEGIN", nil); err != nil {
				return err
			}
			if states[i], err = stateOf(c); err != nil {
				return err
			}
		}
		if again == nil {
			return nil
		}
		now, err := stateOf(again)
		if err != nil {
			return err
		}
		if now == states[0] && states[0][1] == states[1][1] {
			return nil
		}
		for _, c := range files {
			if _, err := c.Exec("ROLLBACK", nil); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("no pause of the writer was found within %v: the log is written too fast to be copied now; try again", patience)
}

// secondLook opens the first of several files once more: what it shows then,
// while a transaction shows what was, tells whether the file has moved on.
func secondLook(files []*sqlite3.SQLiteConn) (*sqlite3.SQLiteConn, error) {
	if len(files) < 2 {
		return nil, nil
	}
	conn, err := (&sqlite3.SQLiteDriver{}).Open(dsn(files[0].GetFilename("main"), "mode=rw&_query_only=1&_busy_timeout=5000"))
	if err != nil {
		return nil, err
	}
	return conn.(*sqlite3.SQLiteConn), nil
}

// stateOf is the last group that went into both files, and the greatest seq.
func stateOf(c *sqlite3.SQLiteConn) (out [3]uint64, err error) {
	rows, err := c.Query("SELECT group_first, group_last, (SELECT coalesce(max(seq), 0) FROM events) FROM file", nil)
	if err != nil {
		return out, err
	}
	return three(rows)
}

func three(rows driver.Rows) (out [3]uint64, err error) {
	n, err := one(rows, 3)
	if err != nil {
		return out, err
	}
	return [3]uint64(n), nil
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

package sqlite

import "github.com/mattn/go-sqlite3"

// Version returns the version of the SQLite that is linked.
func Version() string {
	version, _, _ := sqlite3.Version()
	return version
}

package sqlite

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/mattn/go-sqlite3"

	"linesman/event"
)

// wrapFull makes a lack of room known by event.ErrFull.
func wrapFull(err error) error {
	if err == nil || errors.Is(err, event.ErrFull) {
		return err
	}
	full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
	var s sqlite3.Error
	if errors.As(err, &s) {
		full = full || s.Code == sqlite3.ErrFull ||
			s.SystemErrno == syscall.ENOSPC || s.SystemErrno == syscall.EDQUOT || s.SystemErrno == syscall.EFBIG
	}
	if full {
		return fmt.Errorf("%w (%w): remove old files or give the log a larger disk", event.ErrFull, err)
	}
	return err
}

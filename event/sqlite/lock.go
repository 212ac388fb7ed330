package sqlite

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// takeLock keeps other processes out of the folder. The file names the process
// that holds it; the lock itself ends with that process, however it ends.
func takeLock(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("event log: %w; the folder must be writable", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(file, 32))
		file.Close()
		return nil, fmt.Errorf("event log %s: in use by process %s; stop it or choose another folder", dir, strings.TrimSpace(string(holder)))
	}
	pid := fmt.Sprintf("%d\n", os.Getpid())
	if err = file.Truncate(int64(len(pid))); err == nil {
		_, err = file.WriteAt([]byte(pid), 0)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("event log: lock %s: %w", path, wrapFull(err))
	}
	return file, nil
}

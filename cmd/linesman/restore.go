package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/schollz/progressbar/v3"

	"linesman/config/archive"
	"linesman/event/disk"
)

// RestoreCmd brings a site back.
type RestoreCmd struct {
	Backup string `arg:"" type:"path" placeholder:"FILE" help:"What linesman backup made: a .tar or a folder."`
	To     string `required:"" type:"path" placeholder:"DIR" help:"An empty folder, or one that is made."`
}

// Help shows how.
func (c *RestoreCmd) Help() string {
	return `Every file is held against the backup's manifest and the log is verified before
the folder appears under its name. Paths that lead out of the folder, links, and
sizes beyond the disk's room are refused.

  linesman restore /mnt/usb/caps-2026-03-01.tar --to /srv/linesman
  linesman check -c /srv/linesman/site.yaml`
}

// Run brings it back and says what to do next.
func (c *RestoreCmd) Run(ctx context.Context) error {
	m, notes, err := c.restore(ctx)
	if err != nil {
		return err
	}
	for _, n := range notes {
		fmt.Println(n)
	}
	c.next(os.Stdout, m)
	return nil
}

// restore unpacks beside the folder and renames what passed every check.
func (c *RestoreCmd) restore(ctx context.Context) (m archive.Manifest, notes []string, err error) {
	left, err := os.ReadDir(c.To)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return m, nil, err
	}
	if len(left) > 0 {
		return m, nil, fmt.Errorf("--to %s is not empty; a backup is restored into an empty folder alone", c.To)
	}
	beside := filepath.Dir(filepath.Clean(c.To))
	scratch, err := os.MkdirTemp(beside, "."+filepath.Base(c.To)+".part-*")
	if err != nil {
		return m, nil, fmt.Errorf("--to %s: %w; choose a folder that can be written", c.To, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	room, err := disk.Free(scratch)
	if err != nil {
		return m, nil, err
	}
	if m, err = c.unpack(ctx, archive.Settings{To: scratch, Room: room}); err != nil {
		return m, nil, fmt.Errorf("%s: %w", c.Backup, err)
	}
	notes = []string{fmt.Sprintf("%d files, each as its manifest says", len(m.Files))}
	if m.Log != "" {
		verified, err := verifyRestored(ctx, filepath.Join(scratch, filepath.FromSlash(m.Log)))
		if err != nil {
			return m, nil, fmt.Errorf("%s: the log in it does not verify: %w; nothing was restored", c.Backup, err)
		}
		notes = append(notes, verified...)
	}
	if err := os.Chmod(scratch, 0o750); err != nil {
		return m, nil, err
	}
	if err := os.Remove(c.To); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return m, nil, err
	}
	if err := os.Rename(scratch, c.To); err != nil {
		return m, nil, err
	}
	return m, notes, disk.SyncDir(beside)
}

// unpack takes either form of a backup.
func (c *RestoreCmd) unpack(ctx context.Context, set archive.Settings) (archive.Manifest, error) {
	f, err := os.Open(c.Backup)
	if err != nil {
		return archive.Manifest{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return archive.Manifest{}, err
	}
	if info.IsDir() {
		return archive.CopyFolder(ctx, c.Backup, set)
	}
	b := bar(info.Size(), "restore", progressbar.OptionShowBytes(true))
	m, err := archive.Unpack(ctx, shown{f, b}, set)
	_ = b.Finish()
	return m, err
}

// next says what a person has to do now.
func (c *RestoreCmd) next(w io.Writer, m archive.Manifest) {
	site := filepath.Join(c.To, filepath.FromSlash(m.SiteFile))
	fmt.Fprintf(w, "site %q as of %s is in %s\n", m.Site, m.Made.Format("2006-01-02 15:04:05 MST"), c.To)
	if !m.Evidence {
		fmt.Fprintln(w, "the backup holds no pictures: events name some that are not there")
	}
	fmt.Fprintln(w, "next:")
	for _, e := range m.Elsewhere {
		fmt.Fprintf(w, "  put %q where it was, %q, or change the site file\n", filepath.Join(c.To, filepath.FromSlash(e.Path)), e.Was)
	}
	fmt.Fprintf(w, "  make its files belong to the user that runs linesman\n")
	fmt.Fprintf(w, "  linesman check -c %q\n", site)
	fmt.Fprintf(w, "  see that the old box is off for good: two that go on with one log can not be joined again\n")
	fmt.Fprintf(w, "  linesman run -c %q\n", site)
}

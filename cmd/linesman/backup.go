package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"linesman/config"
	"linesman/config/archive"
	"linesman/event/disk"
	"linesman/event/sqlite"
	"linesman/recipe"
)

// BackupCmd copies a site while it runs.
type BackupCmd struct {
	SiteFlag
	To         string `required:"" placeholder:"FILE" help:"A file that ends in .tar, or a folder that is made. Neither may be there."`
	NoEvidence bool   `help:"Leave the pictures out: they are most of the bytes."`
}

// Help shows how.
func (c *BackupCmd) Help() string {
	return `The appliance may run: each day of the log is copied as of one instant, with the
site file, recipes, models, users and tokens, and the pictures that are kept. The
backup ends with a manifest of every file's SHA-256, and appears under its name
when it is whole. What came in the last fraction of a second and is not in the
log yet is not in it, and neither is the private key that signs the log's heads:
a restored log goes on with a new one, and its old heads still verify.

It holds the passwords of the site file: keep it as you keep those.

  linesman backup -c site.yaml --to /mnt/usb/caps-2026-03-01.tar
  linesman backup -c site.yaml --to /mnt/nas/caps --no-evidence
  linesman restore /mnt/usb/caps-2026-03-01.tar --to /srv/linesman`
}

// copyLog makes a consistent copy of a log that may be written meanwhile.
type copyLog func(ctx context.Context, dir, to string, progress func(done, total int64)) error

// Run makes the backup.
func (c *BackupCmd) Run(ctx context.Context) error {
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	m, notes, err := c.backUp(ctx, site, sqlite.Backup)
	if err != nil {
		return err
	}
	for _, n := range notes {
		fmt.Fprintln(os.Stderr, n)
	}
	var bytes int64
	for _, f := range m.Files {
		bytes += f.Size
	}
	fmt.Printf("%s: %d files, %s\n", c.To, len(m.Files), size(float64(bytes)))
	for _, e := range m.Elsewhere {
		fmt.Printf("%s lies outside the site's folder; it is kept as %s\n", e.Was, e.Path)
	}
	return nil
}

// backUp writes the backup under a temporary name and renames it.
func (c *BackupCmd) backUp(ctx context.Context, site *config.Site, log copyLog) (m archive.Manifest, notes []string, err error) {
	if _, err := os.Lstat(c.To); err == nil {
		return m, nil, fmt.Errorf("%s is there already; choose another name, or move it away", c.To)
	}
	beside := filepath.Dir(filepath.Clean(c.To))
	scratch, err := os.MkdirTemp(beside, "."+filepath.Base(c.To)+".part-*")
	if err != nil {
		return m, nil, fmt.Errorf("--to %s: %w; choose a folder that can be written", c.To, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	b := &backup{site: site, file: c.Config, evidence: !c.NoEvidence, log: log, scratch: scratch}
	if err := b.plan(); err != nil {
		return m, nil, err
	}
	whole := filepath.Join(scratch, "whole")
	if strings.EqualFold(filepath.Ext(c.To), ".tar") {
		err = b.toTar(ctx, whole)
	} else {
		err = b.toFolder(ctx, whole)
	}
	if err != nil {
		return m, nil, fmt.Errorf("backup: %w; %s was not made", err, c.To)
	}
	if err := os.Rename(whole, c.To); err != nil {
		return m, nil, err
	}
	return b.manifest, b.notes, disk.SyncDir(beside)
}

// backup is one backup on its way.
type backup struct {
	site     *config.Site
	file     string // the site file
	evidence bool
	log      copyLog
	scratch  string // for the log's copy

	files    []placed // site file, recipes
	folders  []placed // models, users, pictures
	manifest archive.Manifest
	notes    []string // what is missing, for a person
	bar      *progressbar.ProgressBar
}

// placed is something of this box and where it stands in the backup.
type placed struct{ from, to string }

// place says where a path of the site stands in the backup. What is not below
// the site file's folder cannot come back to where it was by itself.
func (b *backup) place(from string) (placed, error) {
	home, err := filepath.Abs(filepath.Dir(b.file))
	if err != nil {
		return placed{}, err
	}
	if from, err = filepath.Abs(from); err != nil {
		return placed{}, err
	}
	rel, err := filepath.Rel(home, from)
	if err == nil && filepath.IsLocal(rel) {
		return placed{from, filepath.ToSlash(rel)}, nil
	}
	p := placed{from, path.Join("elsewhere", filepath.ToSlash(strings.TrimPrefix(from, filepath.VolumeName(from))))}
	b.manifest.Elsewhere = append(b.manifest.Elsewhere, archive.Elsewhere{Was: from, Path: p.to})
	return p, nil
}

// plan finds all that belongs to the site.
func (b *backup) plan() error {
	b.manifest.Site, b.manifest.Program, b.manifest.Evidence, b.manifest.Made = b.site.Name, version, b.evidence, time.Now().UTC()
	b.manifest.SiteFile = filepath.Base(b.file)
	add := func(list *[]placed, from string) error {
		if slices.ContainsFunc(*list, func(p placed) bool { return p.from == from }) {
			return nil
		}
		p, err := b.place(from)
		if err == nil && !slices.ContainsFunc(*list, func(q placed) bool { return q.to == p.to }) {
			*list = append(*list, p)
		}
		return err
	}
	if err := add(&b.files, b.file); err != nil {
		return err
	}
	for _, id := range b.site.LineIDs() {
		named := b.site.Path(b.site.Lines[id].Recipe)
		if _, err := b.site.Recipe(id); err != nil {
			return err
		}
		for _, file := range append([]string{named}, recipesBeside(named)...) {
			r, err := recipe.Load(file)
			if err != nil {
				return err
			}
			if err := add(&b.files, file); err != nil {
				return err
			}
			dirs := r.OtherDirs()
			if r.Model != "" {
				dirs = append(dirs, r.ModelDir())
			}
			for _, dir := range dirs {
				if _, err := os.Stat(dir); err != nil {
					b.notes = append(b.notes, fmt.Sprintf("recipe %s: its model is not there and not in the backup: %v", r.ID(), err))
					continue
				}
				if err := add(&b.folders, dir); err != nil {
					return err
				}
			}
		}
	}
	for _, file := range []string{b.site.Rules, b.site.Alarms.CA} {
		if file == "" {
			continue
		}
		if err := add(&b.files, b.site.Path(file)); err != nil {
			return err
		}
	}
	for _, id := range b.site.WatchIDs() {
		if dir, ok := detectorFolder(b.site, b.site.Watches[id].Detector); ok {
			if err := add(&b.folders, dir); err != nil {
				return err
			}
		}
	}
	data, err := b.place(b.site.Path(b.site.Data))
	if err != nil {
		return err
	}
	if _, err := os.Stat(logFolder(b.site)); err == nil {
		b.manifest.Log = path.Join(data.to, "log")
	} else {
		b.notes = append(b.notes, "there is no log yet: "+err.Error())
	}
	for _, name := range []string{"access", "alarms", "recipes", "evidence"} {
		from := filepath.Join(data.from, name)
		if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) || name == "evidence" && !b.evidence {
			continue
		}
		b.folders = append(b.folders, placed{from, path.Join(data.to, name)})
	}
	return nil
}

// recipesBeside finds the other recipes in a recipe's folder: those a line can
// be changed over to.
func recipesBeside(named string) []string {
	var out []string
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(named), "*.yaml")) // the pattern is good
	for _, f := range files {
		if _, err := recipe.Load(f); err == nil && f != named {
			out = append(out, f)
		}
	}
	return out
}

func (b *backup) toTar(ctx context.Context, to string) error {
	return disk.WriteWith(to, 0o644, func(w io.Writer) error { return b.write(ctx, archive.NewTar(w)) })
}

func (b *backup) toFolder(ctx context.Context, to string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	w, err := archive.NewFolder(to)
	if err != nil {
		return err
	}
	return b.write(ctx, w)
}

// write copies everything. The log comes first: what it names was kept before
// the copy of it was made.
func (b *backup) write(ctx context.Context, w *archive.Writer) error {
	copied := filepath.Join(b.scratch, "log")
	if b.manifest.Log != "" {
		steps := bar(1, "log")
		err := b.log(ctx, logFolder(b.site), copied, func(done, total int64) {
			steps.ChangeMax64(max(total, 1))
			_ = steps.Set64(done) // a bar that can not be drawn is no reason to stop
		})
		if err != nil {
			return err
		}
		_ = steps.Finish()
	}
	b.bar = bar(b.bytes(copied), "files", progressbar.OptionShowBytes(true))
	moved := func(n int64) error {
		_ = b.bar.Add64(n)
		return ctx.Err()
	}
	if b.manifest.Log != "" {
		if err := w.AddFolder(b.manifest.Log, copied, moved); err != nil {
			return err
		}
	}
	for _, f := range b.files {
		n, err := w.Add(f.to, f.from)
		if err := errors.Join(err, moved(n)); err != nil {
			return err
		}
	}
	for _, f := range b.folders {
		if err := w.AddFolder(f.to, f.from, moved); err != nil {
			return err
		}
	}
	_ = b.bar.Finish()
	var err error
	b.manifest, err = w.Close(b.manifest)
	return err
}

// bytes is about how much there is to copy.
func (b *backup) bytes(log string) (n int64) {
	dirs := []string{log}
	for _, f := range b.folders {
		dirs = append(dirs, f.from)
	}
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil // it is only counted for the bar
			}
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
			return nil
		})
	}
	return n
}

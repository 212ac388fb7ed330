package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"linesman/config"
	"linesman/event"
	"linesman/event/export"
	"linesman/event/sqlite"
	"linesman/sim"
)

// smallSite writes a site with a log, users and pictures.
func smallSite(t *testing.T) (dir string, site *config.Site, log *sqlite.Log) {
	t.Helper()
	dir = t.TempDir()
	must(t, demoSite("127.0.0.1:0").Write(dir, sim.Caps.Layout()))
	must(t, os.MkdirAll(filepath.Join(dir, "model"), 0o755))
	for name, text := range map[string]string{
		"model/card.yaml": "name: none\n", "model/model.onnx": "network", "stains/card.json": "{}", "data/access/access.json": "{}", "data/evidence/reject/ab/cd.png": "picture",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		must(t, errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)))
	}
	recipe := filepath.Join(dir, "recipe.yaml")
	text, err := os.ReadFile(recipe)
	must(t, err)
	must(t, os.WriteFile(recipe, append(text, "models: [stains]\n"...), 0o644))
	site, err = config.Load(filepath.Join(dir, "site.yaml"))
	must(t, err)
	log, err = openLogToWrite(logFolder(site), site.Name)
	must(t, err)
	_, err = log.Append(t.Context(), fixedEvents(100))
	must(t, err)
	return dir, site, log
}

// A log that is written while it is backed up comes back as it was at one
// instant: whole, without a gap, with all that was stored before it began.
func TestBackupWhileTheLogIsWritten(t *testing.T) {
	dir, site, log := smallSite(t)
	writing, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			for writing.Err() == nil {
				events := fixedEvents(20)
				for i := range events {
					events[i].ID = event.NewID()
				}
				if _, err := log.Append(writing, events); err != nil && writing.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	defer func() { stop(); done.Wait(); must(t, log.Close()) }()
	for _, name := range []string{"site.tar", "folder"} {
		t.Run(name, func(t *testing.T) {
			_, before, err := export.Ends(t.Context(), log)
			must(t, err)
			to := filepath.Join(t.TempDir(), name)
			c := &BackupCmd{To: to}
			c.Config = filepath.Join(dir, "site.yaml")
			if _, _, err := c.backUp(t.Context(), site, sqlite.Backup); err != nil {
				t.Fatal(err)
			}
			if _, _, err := c.backUp(t.Context(), site, sqlite.Backup); err == nil || !strings.Contains(err.Error(), "there already") {
				t.Errorf("a backup was written over another: %v", err)
			}
			onlyThere(t, filepath.Dir(to), name)

			back := filepath.Join(t.TempDir(), "back")
			r := &RestoreCmd{Backup: to, To: back}
			m, _, err := r.restore(t.Context())
			must(t, err)
			onlyThere(t, filepath.Dir(back), "back")
			for _, f := range []string{"model/card.yaml", "model/model.onnx", "stains/card.json", "recipe.yaml", "data/access/access.json", "data/evidence/reject/ab/cd.png"} {
				was, err1 := os.ReadFile(filepath.Join(dir, f))
				is, err2 := os.ReadFile(filepath.Join(back, f))
				if err := errors.Join(err1, err2); err != nil || string(was) != string(is) {
					t.Errorf("%s came back as %q: %v", f, is, err)
				}
			}
			if _, err := config.Load(filepath.Join(back, m.SiteFile)); err != nil {
				t.Error(err)
			}
			copied := openTest(t, filepath.Join(back, "data", "log"))
			_, newest, err := export.Ends(t.Context(), copied)
			must(t, err)
			if newest < before {
				t.Errorf("the copy ends at %d; %d was stored before it began", newest, before)
			}
			next := uint64(1)
			must(t, export.Each(t.Context(), copied, export.Selection{}, func(e event.Event) error {
				if e.Seq != next {
					t.Errorf("seq %d follows %d", e.Seq, next-1)
				}
				next = e.Seq + 1
				return nil
			}))
			if _, _, err := r.restore(t.Context()); err == nil || !strings.Contains(err.Error(), "not empty") {
				t.Errorf("a folder in use was restored into: %v", err)
			}
		})
	}
}

func onlyThere(t *testing.T, dir, name string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != name {
		t.Errorf("in %s: %v %v, want %s alone", dir, left, err, name)
	}
}

// What is broken off or altered leaves nothing behind.
func TestBackupBrokenOff(t *testing.T) {
	dir, site, log := smallSite(t)
	must(t, log.Close())
	c := &BackupCmd{To: filepath.Join(t.TempDir(), "site.tar"), NoEvidence: true}
	c.Config = filepath.Join(dir, "site.yaml")
	full := errors.New("no room")
	_, _, err := c.backUp(t.Context(), site, func(context.Context, string, string, func(int64, int64)) error { return full })
	if left, _ := os.ReadDir(filepath.Dir(c.To)); !errors.Is(err, full) || len(left) > 0 {
		t.Errorf("%v; left %v", err, left)
	}
	m, _, err := c.backUp(t.Context(), site, sqlite.Backup)
	must(t, err)
	for _, f := range m.Files {
		if strings.Contains(f.Path, "evidence") {
			t.Errorf("%s is in a backup without pictures", f.Path)
		}
	}
	text, err := os.ReadFile(c.To)
	must(t, err)
	at := strings.Index(string(text), "name: none")
	if at < 0 {
		t.Fatal("the model's card is not in the backup")
	}
	text[at] ^= 1
	must(t, os.WriteFile(c.To, text, 0o600))
	r := &RestoreCmd{Backup: c.To, To: filepath.Join(t.TempDir(), "back")}
	_, _, err = r.restore(t.Context())
	if left, _ := os.ReadDir(filepath.Dir(r.To)); err == nil || !strings.Contains(err.Error(), "model/card.yaml\" was altered") || len(left) > 0 {
		t.Errorf("%v; left %v", err, left)
	}
}

// What lies outside the site's folder is kept, and restore says where it was.
func TestBackupOfWhatLiesElsewhere(t *testing.T) {
	dir, site, log := smallSite(t)
	must(t, log.Close())
	b := &backup{site: site, file: filepath.Join(dir, "sub", "site.yaml")}
	p, err := b.place(filepath.Join(dir, "model"))
	must(t, err)
	want := "elsewhere" + filepath.ToSlash(filepath.Join(dir, "model"))
	if p.to != want || len(b.manifest.Elsewhere) != 1 || b.manifest.Elsewhere[0].Was != filepath.Join(dir, "model") {
		t.Errorf("%+v, %+v; want %s", p, b.manifest, want)
	}
	var out strings.Builder
	(&RestoreCmd{To: "/srv/linesman"}).next(&out, b.manifest)
	if !strings.Contains(out.String(), `put "/srv/linesman/`+want[:9]) || !strings.Contains(out.String(), filepath.Join(dir, "model")+`", or change the site file`) {
		t.Errorf("%s", out.String())
	}
}

// A site that has not run and whose model is gone is backed up all the same,
// and what is missing is said.
func TestBackupOfAnUnfinishedSite(t *testing.T) {
	dir := t.TempDir()
	must(t, demoSite("127.0.0.1:0").Write(dir, sim.Caps.Layout()))
	file := filepath.Join(dir, "site.yaml")
	site, err := config.Load(file)
	must(t, err)
	c := &BackupCmd{To: filepath.Join(t.TempDir(), "site.tar")}
	c.Config = file
	m, notes, err := c.backUp(t.Context(), site, sqlite.Backup)
	must(t, err)
	if said := strings.Join(notes, "\n"); len(m.Files) != 2 || m.Log != "" || !strings.Contains(said, "its model is not there") || !strings.Contains(said, "no log yet") {
		t.Errorf("%+v, %q", m, notes)
	}
	r := &RestoreCmd{Backup: c.To, To: filepath.Join(t.TempDir(), "back")}
	if _, _, err := r.restore(t.Context()); err != nil {
		t.Error(err)
	}
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"linesman/event/disk"
	"linesman/recipe"
)

// kept is a candidate in its folder.
type kept struct {
	dir  string
	made madeFrom
}

// candidatesIn finds the candidates in a folder, oldest first. which says which are
// meant.
func candidatesIn(home string, which func(*madeFrom) bool) ([]kept, error) {
	files, err := filepath.Glob(filepath.Join(home, "*", candidateFile))
	if err != nil {
		return nil, err
	}
	var out []kept
	for _, path := range files {
		text, err := os.ReadFile(path)
		c := kept{dir: filepath.Dir(path)}
		if err == nil {
			err = json.Unmarshal(text, &c.made)
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was removed meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w; bring it back from a backup, or remove its folder", path, err)
		}
		if which(&c.made) {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b kept) int { return a.made.At.Compare(b.made.At) })
	return out, nil
}

// draft is the file of the recipe that names the candidate.
func (c *kept) draft() string { return c.dir + ".yaml" }

// whole says whether its draft is there too, which was written last.
func (c *kept) whole() bool {
	_, err := os.Stat(c.draft())
	return err == nil
}

// remove takes the candidate away. What a kill leaves of it, sweep removes.
func (c *kept) remove() error {
	if err := os.Remove(c.draft()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	home, name := filepath.Dir(c.dir), filepath.Base(c.dir)
	away, err := os.MkdirTemp(home, unfinishedPrefix)
	if err != nil {
		return err
	}
	return errors.Join(os.Rename(c.dir, filepath.Join(away, name)), disk.SyncDir(home), os.RemoveAll(away))
}

// sweep removes what was never finished, or was being removed, when a process was
// killed. None of it has a name that anybody was told.
func sweep(home string) error {
	left, err := filepath.Glob(filepath.Join(home, unfinishedPrefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range left {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("an unfinished candidate: %w; remove it", err)
		}
	}
	return nil
}

// used says whether somebody took a candidate further: it judges on a line or beside
// one, a version with its model lies on the shelf, its draft was changed, or another
// recipe names its folder.
func (w *learner) used(c *kept) (bool, error) {
	shelf := w.site.Shelf()
	versions, err := shelf.List()
	if err != nil {
		return false, err
	}
	for i := range versions {
		if versions[i].ModelHash == c.made.ModelHash {
			return true, nil
		}
	}
	for _, id := range w.site.LineIDs() {
		if now := w.beside(id); now != nil && now.Recipe == c.made.Recipe && now.Model == c.made.Model {
			return true, nil
		}
		rec, err := w.site.Recipe(id)
		if err != nil {
			return false, err
		}
		if sameFolder(rec.ModelDir(), c.dir) {
			return true, nil
		}
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(c.dir), "*.yaml"))
	if err != nil {
		return false, err
	}
	for _, path := range files {
		r, err := recipe.Load(path)
		if err == nil && sameFolder(r.ModelDir(), c.dir) && r.Hash() != c.made.RecipeHash {
			return true, nil
		}
	}
	return false, nil
}

// sameFolder says whether two names are of one folder that is there.
func sameFolder(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

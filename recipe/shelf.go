package recipe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Shelf keeps every version of a recipe that was tested, signed or active, with
// its model, as it was then, and says by which of them each line judges:
//
//	DIR/NAME@VERSION/recipe.yaml, its model's folder, state.json, report.json, report.html
//	DIR/active/LINE.json
//
// What lies there is known by its hashes: what was altered is refused.
type Shelf struct {
	Dir string
	// Write puts a file in place as a whole, synced; event/disk.Write does.
	Write func(path string, mode fs.FileMode, data []byte) error
}

// Kept is one version on the shelf.
type Kept struct {
	Recipe    string    `json:"recipe"`       // name@version
	Hash      string    `json:"sha256"`       // of the recipe's file
	ModelHash string    `json:"model_sha256"` // of the model that it names
	Tested    *Tested   `json:"tested,omitempty"`
	Signed    *Approval `json:"signed,omitempty"`
}

// Tested is what a replay on recorded parts showed.
type Tested struct {
	At     time.Time `json:"at"`            // UTC
	By     string    `json:"by"`            // who ran it
	Report string    `json:"report_sha256"` // of report.json
	Judged uint64    `json:"judged"`        // parts judged again
	Reject uint64    `json:"would_reject"`  // passes it would reject
	Pass   uint64    `json:"would_pass"`    // rejects it would let through
}

// Approval is the signature under a tested version.
type Approval struct {
	At    time.Time `json:"at"`    // UTC
	User  string    `json:"user"`  // sign-in name
	Name  string    `json:"name"`  // printed
	Event string    `json:"event"` // id of the audit.signed event
	Over  string    `json:"over"`  // what was signed: Kept.Bill then
}

// State says how far a version has come.
func (k *Kept) State() string {
	switch {
	case k.Signed != nil:
		return "signed"
	case k.Tested != nil:
		return "tested"
	}
	return "draft"
}

// Bill names all that a signature stands under, one to a row.
func (k *Kept) Bill() string {
	report := ""
	if k.Tested != nil {
		report = k.Tested.Report
	}
	return fmt.Sprintf("recipe %s\nsha256 %s\nmodel %s\nreport %s\n", k.Recipe, k.Hash, k.ModelHash, report)
}

const (
	recipeFile = "recipe.yaml"
	stateFile  = "state.json"
	reportFile = "report.json"
	pageFile   = "report.html"
)

// Add copies a recipe and its models onto the shelf, as a draft; what lies there
// already is returned as it is. A version that is taken by other content is
// refused. modelHash is of all models that r names; one that is named by an absolute
// path is not copied.
func (s *Shelf) Add(path string, r *Recipe, modelHash string) (*Kept, error) {
	if k, err := s.Get(r.ID()); err == nil {
		if k.Hash == r.Hash() && k.ModelHash == modelHash {
			return k, nil
		}
		return nil, fmt.Errorf("recipe %s: the shelf has another %s (SHA-256 %.12s): raise version: to %d", path, r.ID(), k.Hash, s.next(r.Name))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if strings.ContainsAny(r.Name, "/\\@") {
		return nil, fmt.Errorf("recipe %s: recipe: %q has / or @ in it: name it plainly", path, r.Name)
	}
	var copied []string // the others stay where they are, and their hash is held against them
	for _, m := range append([]string{r.Model}, r.Models...) {
		switch {
		case m == "" || filepath.IsAbs(m):
		case !filepath.IsLocal(m):
			return nil, fmt.Errorf("recipe %s: model %s lies outside the recipe's folder: put the model's folder beside the recipe's file", path, m)
		default:
			copied = append(copied, m)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return nil, err
	}
	fresh, err := os.MkdirTemp(s.Dir, ".new-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(fresh)
	k := &Kept{Recipe: r.ID(), Hash: r.Hash(), ModelHash: modelHash}
	for _, m := range copied {
		err = errors.Join(err, os.CopyFS(filepath.Join(fresh, m), os.DirFS(r.beside(m))))
	}
	if err := errors.Join(err, os.Chmod(fresh, 0o755), s.Write(filepath.Join(fresh, recipeFile), 0o644, text), s.put(fresh, k)); err != nil {
		return nil, fmt.Errorf("recipe %s: %w", path, err)
	}
	return k, os.Rename(fresh, s.folder(r.ID()))
}

// next is the lowest version of a product that nothing has taken.
func (s *Shelf) next(name string) int {
	highest := 0
	all, _ := s.List() // what can not be read takes no number
	for _, k := range all {
		if n, v, ok := strings.Cut(k.Recipe, "@"); ok && n == name {
			var version int
			if _, err := fmt.Sscan(v, &version); err == nil {
				highest = max(highest, version)
			}
		}
	}
	return highest + 1
}

// File is where the recipe of a version on the shelf lies.
func (s *Shelf) File(id string) string { return filepath.Join(s.folder(id), recipeFile) }

func (s *Shelf) folder(id string) string { return filepath.Join(s.Dir, id) }

func (s *Shelf) put(dir string, k *Kept) error {
	text, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	return s.Write(filepath.Join(dir, stateFile), 0o644, append(text, '\n'))
}

// Get returns what is known of a version. The error wraps fs.ErrNotExist for one
// that is not on the shelf.
func (s *Shelf) Get(id string) (*Kept, error) {
	if !filepath.IsLocal(id) {
		return nil, fmt.Errorf("recipe %q: want NAME@VERSION: %w", id, fs.ErrNotExist)
	}
	text, err := os.ReadFile(filepath.Join(s.folder(id), stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = fs.ErrNotExist // where it would lie says nothing more
	}
	if err != nil {
		return nil, fmt.Errorf("recipe %s is not on the shelf (linesman recipe list shows what is, linesman recipe test FILE puts one there): %w", id, err)
	}
	var k Kept
	if err := json.Unmarshal(text, &k); err != nil || k.Recipe != id {
		return nil, fmt.Errorf("recipe %s: %s was altered or damaged (%v): bring the folder back from a backup", id, filepath.Join(s.folder(id), stateFile), err)
	}
	return &k, nil
}

// Load reads a version's recipe. One that is not what was put there is refused.
func (s *Shelf) Load(id string) (*Recipe, *Kept, error) {
	k, err := s.Get(id)
	if err != nil {
		return nil, nil, err
	}
	r, err := Load(s.File(id))
	if err != nil {
		return nil, nil, err
	}
	if r.Hash() != k.Hash || r.ID() != id {
		return nil, nil, fmt.Errorf("recipe %s: %s was altered (SHA-256 %.12s, it was put there as %.12s): bring the folder back from a backup", id, s.File(id), r.Hash(), k.Hash)
	}
	return r, k, nil
}

// List returns all versions, by name and then as they sort.
func (s *Shelf) List() ([]Kept, error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Kept
	for _, e := range entries {
		if k, err := s.Get(e.Name()); err == nil {
			all = append(all, *k)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b Kept) int { return strings.Compare(a.Recipe, b.Recipe) })
	return all, nil
}

// SetTested keeps a report and the page that shows it; a signature under an earlier
// one is gone with it.
func (s *Shelf) SetTested(id string, t Tested, report, page []byte) (*Kept, error) {
	k, err := s.Get(id)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.Write(filepath.Join(s.folder(id), pageFile), 0o644, page), s.Write(filepath.Join(s.folder(id), reportFile), 0o644, report)); err != nil {
		return nil, err
	}
	k.Tested, k.Signed = &t, nil
	return k, s.put(s.folder(id), k)
}

// Report reads what SetTested kept of a version; page is nil for a version that was
// tested before there were pages.
func (s *Shelf) Report(id string) (report, page []byte, err error) {
	if report, err = os.ReadFile(filepath.Join(s.folder(id), reportFile)); err != nil {
		return nil, nil, fmt.Errorf("recipe %s: %w: test it again with linesman recipe test %s", id, err, id)
	}
	page, err = os.ReadFile(filepath.Join(s.folder(id), pageFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return report, page, err
}

// SetSigned keeps a signature.
func (s *Shelf) SetSigned(id string, a Approval) (*Kept, error) {
	k, err := s.Get(id)
	if err != nil {
		return nil, err
	}
	k.Signed = &a
	return k, s.put(s.folder(id), k)
}

// Ready refuses a version that may not become active, naming what is missing.
func (k *Kept) Ready() error {
	switch {
	case k.Tested == nil:
		return fmt.Errorf("recipe %s was not tested on recorded parts: linesman recipe test", k.Recipe)
	case k.Signed == nil:
		return fmt.Errorf("recipe %s is tested and not signed: linesman recipe sign %s", k.Recipe, k.Recipe)
	case k.Signed.Over != k.Bill():
		return fmt.Errorf("recipe %s: the signature of %s stands under other contents or another report: sign it again with linesman recipe sign %s", k.Recipe, k.Signed.Name, k.Recipe)
	}
	return nil
}

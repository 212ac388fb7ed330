package recipe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"linesman/part"
)

// Term is by what a line judges, or judged.
type Term struct {
	Recipe string    `json:"recipe"` // name@version
	Hash   string    `json:"sha256"`
	Since  time.Time `json:"since"`         // UTC, when it was asked for
	By     string    `json:"by"`            // who asked
	Why    string    `json:"why"`           // "operator", "schedule", "back" or "cancelled"
	Own    bool      `json:"own,omitempty"` // it was the site file's, by which the line judged first: it needs no signature
}

// Active is by what a line judges, and the term before, to which one step leads back.
type Active struct {
	Term
	Before *Term `json:"before,omitempty"`
	// From is the place of its first part where one was stated, until the line has
	// begun anew.
	From *part.Tick `json:"from,omitempty"`
	// Chosen are, by product, the versions that were made active on the line and not
	// taken back since, the newest last. A product that comes again, because the
	// controller asks for it or the schedule names it, is judged by its last; one
	// without any is not judged at all.
	Chosen map[string][]Term `json:"chosen,omitempty"`
	// Undo is what was active before, in full: it counts again if the changeover is taken
	// back or never comes to its place. What was written by an earlier version has none.
	Undo *Active `json:"undo,omitempty"`
	// Early says that the file was written before there was Chosen, which then knows of
	// this term and the one before alone.
	Early bool `json:"-"`
}

// Remember keeps what was active before a.
func (a *Active) Remember(before Active) {
	before.Undo, before.From, before.Chosen = nil, nil, maps.Clone(before.Chosen)
	a.Undo = &before
}

// Undone returns what was active before, as if a had never been.
func (a *Active) Undone() Active {
	if a.Undo != nil {
		return *a.Undo
	}
	was := *a
	was.Chosen, was.From = maps.Clone(a.Chosen), nil
	was.TakeBack(a.Recipe)
	if a.Before != nil {
		was.Term, was.Before = *a.Before, nil
	}
	return was
}

// Choose puts a term last of its product: somebody made it active.
func (a *Active) Choose(t Term) {
	if a.Chosen == nil {
		a.Chosen = map[string][]Term{}
	}
	name := productOf(t.Recipe)
	t.Own = t.Own || a.IsOwn(t.Recipe, t.Hash)
	a.TakeBack(t.Recipe)
	a.Chosen[name] = append(a.Chosen[name], t)
}

// TakeBack strikes a version: no change of the product leads to it until it is made
// active again.
func (a *Active) TakeBack(id string) {
	name := productOf(id)
	if all, ok := a.Chosen[name]; ok {
		a.Chosen[name] = slices.DeleteFunc(slices.Clone(all), func(t Term) bool { return t.Recipe == id })
	}
}

// Last returns by which version a product is judged when it comes again; false if it
// was never active on the line, or every version was taken back.
func (a *Active) Last(product string) (Term, bool) {
	all := a.Chosen[product]
	if len(all) == 0 {
		return Term{}, false
	}
	return all[len(all)-1], true
}

// IsOwn reports whether a version is the one that the line judged by first.
func (a *Active) IsOwn(id, hash string) bool {
	own := func(t Term) bool { return t.Own && t.Recipe == id && t.Hash == hash }
	return own(a.Term) || a.Before != nil && own(*a.Before) || slices.ContainsFunc(a.Chosen[productOf(id)], own)
}

func productOf(id string) string {
	name, _, _ := strings.Cut(id, "@")
	return name
}

func (s *Shelf) activeFile(line string) string { return filepath.Join(s.Dir, "active", line+".json") }

// Active returns by what a line judges; nil if nothing of the shelf was ever made
// active there, and its site file says.
func (s *Shelf) Active(line string) (*Active, error) {
	text, err := os.ReadFile(s.activeFile(line))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var a Active
	if err := json.Unmarshal(text, &a); err != nil || a.Recipe == "" {
		return nil, fmt.Errorf("line %s: %s was altered or damaged (%v): bring it back from a backup, or remove it to judge by the site file's recipe", line, s.activeFile(line), err)
	}
	if a.Chosen == nil {
		a.Early = true
		if a.Before != nil && a.Why != "back" {
			before := *a.Before
			before.Own = before.Since.IsZero()
			a.Choose(before)
		}
		a.Choose(a.Term)
	}
	return &a, nil
}

// SetActive writes down by what a line judges from now on.
func (s *Shelf) SetActive(line string, a Active) error {
	if err := os.MkdirAll(filepath.Join(s.Dir, "active"), 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	return s.Write(s.activeFile(line), 0o644, append(text, '\n'))
}

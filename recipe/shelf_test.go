package recipe

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(path string, mode fs.FileMode, data []byte) error { return os.WriteFile(path, data, mode) }

// shelved writes a recipe with a model beside it and puts it onto a shelf.
func shelved(t *testing.T, text string) (Shelf, string, *Recipe) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "cap.yaml")
	for name, data := range map[string]string{"cap.yaml": text, "model/card.yaml": "a card"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return Shelf{Dir: filepath.Join(dir, "shelf"), Write: write}, path, r
}

// TestShelf goes a version's way: draft, tested, signed, active, back.
func TestShelf(t *testing.T) {
	s, path, r := shelved(t, good)
	k, err := s.Add(path, r, "m1")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Add(path, r, "m1"); err != nil || again.Hash != k.Hash {
		t.Errorf("added twice: %v, %v", again, err)
	}
	if k.State() != "draft" || k.Ready() == nil || !strings.Contains(k.Ready().Error(), "linesman recipe test") {
		t.Errorf("a draft is %s: %v", k.State(), k.Ready())
	}
	if k, err = s.SetTested(k.Recipe, Tested{Report: "r1", Judged: 5}, []byte("{}"), []byte("page")); err != nil || k.State() != "tested" || !strings.Contains(k.Ready().Error(), "not signed") {
		t.Fatalf("%+v: %v", k, err)
	}
	if k, err = s.SetSigned(k.Recipe, Approval{User: "li", Over: k.Bill()}); err != nil || k.State() != "signed" || k.Ready() != nil {
		t.Fatalf("%+v: %v, %v", k, err, k.Ready())
	}
	kept, _, err := s.Load("cap-28@3")
	if err != nil || kept.Hash() != r.Hash() {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(kept.ModelDir(), "card.yaml")); err != nil || string(text) != "a card" {
		t.Errorf("its model: %q, %v", text, err)
	}
	if k, err = s.SetTested(k.Recipe, Tested{Report: "r2"}, []byte("{}"), []byte("page")); err != nil || k.Signed != nil {
		t.Errorf("tested anew, it is still signed: %+v, %v", k, err)
	}
	k.Signed = &Approval{Name: "Li", Over: strings.Replace(k.Bill(), "r2", "r1", 1)}
	if err := k.Ready(); err == nil || !strings.Contains(err.Error(), "another report") {
		t.Errorf("a signature under another report: %v", err)
	}

	if a, err := s.Active("caps-1"); a != nil || err != nil {
		t.Errorf("nothing is active, and: %v, %v", a, err)
	}
	was := Term{Recipe: "cap-28@2", Hash: "h2"}
	if err := s.SetActive("caps-1", Active{Term: Term{Recipe: k.Recipe, Hash: k.Hash, Since: time.Unix(5, 0)}, Before: &was}); err != nil {
		t.Fatal(err)
	}
	if a, err := s.Active("caps-1"); err != nil || a.Recipe != k.Recipe || *a.Before != was {
		t.Errorf("active: %+v, %v", a, err)
	}
	if all, err := s.List(); err != nil || len(all) != 1 {
		t.Errorf("on the shelf: %v, %v", all, err)
	}
}

// TestShelfRefuses: what was altered, taken or can not be kept.
func TestShelfRefuses(t *testing.T) {
	s, path, r := shelved(t, good)
	if _, err := s.Add(path, r, "m1"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(path, r, "m2"); err == nil || !strings.Contains(err.Error(), "raise version: to 4") {
		t.Errorf("the same version with another model: %v", err)
	}
	for says, text := range map[string]string{
		"outside the recipe's folder": strings.Replace(good, "model: model", "model: ../model", 1),
		"name it plainly":             strings.Replace(good, "recipe: cap-28", "recipe: cap/28", 1),
	} {
		s, path, r := shelved(t, text)
		if _, err := s.Add(path, r, "m1"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
	file := filepath.Join(s.Dir, "cap-28@3", recipeFile)
	if err := os.WriteFile(file, []byte(good+"# altered\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Load("cap-28@3"); err == nil || !strings.Contains(err.Error(), "was altered") {
		t.Errorf("an altered recipe: %v", err)
	}
	if _, _, err := s.Load("../cap"); err == nil {
		t.Error("a path out of the shelf was taken")
	}
	if err := os.WriteFile(filepath.Join(s.Dir, "cap-28@3", stateFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get("cap-28@3"); err == nil || !strings.Contains(err.Error(), "backup") {
		t.Errorf("a broken state: %v", err)
	}
	if err := s.SetActive("l", Active{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Active("l"); err == nil || !strings.Contains(err.Error(), "altered or damaged") {
		t.Errorf("an empty term: %v", err)
	}
}

func TestDiff(t *testing.T) {
	after := strings.NewReplacer("version: 3", "version: 4", "{anomaly: 1.1}", "{anomaly: 1.2, unsure: 0.1}", "{diameter_mm: 28}", "{}").Replace(good) + "# only a comment\n"
	rows, err := Diff([]byte(good), []byte(after))
	if err != nil {
		t.Fatal(err)
	}
	want := "  limits.anomaly: 1.1 -> 1.2\n+ limits.unsure: 0.1\n- part.diameter_mm: 28\n  version: 3 -> 4"
	if got := strings.Join(rows, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, err := Diff([]byte(good), []byte("\t:")); err == nil {
		t.Error("what is no YAML was compared")
	}
}

// Models that were trained elsewhere go onto the shelf with the taught one.
func TestShelfOfModels(t *testing.T) {
	for _, text := range []string{"model: model\nmodels: [deep/stains]", "models: [model, deep/stains]"} {
		s, path, _ := shelved(t, strings.Replace(good, "model: model", text, 1))
		stains := filepath.Join(filepath.Dir(path), "deep", "stains")
		if err := os.MkdirAll(stains, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(stains, "card.json"), []byte("another"), 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Add(path, r, "m1"); err != nil {
			t.Fatal(err)
		}
		kept, _, err := s.Load(r.ID())
		if err != nil {
			t.Fatal(err)
		}
		dirs := kept.OtherDirs()
		if card, err := os.ReadFile(filepath.Join(dirs[len(dirs)-1], "card.json")); err != nil || string(card) != "another" || !strings.HasPrefix(dirs[0], s.Dir) {
			t.Errorf("%s: kept in %v: %q, %v", text, dirs, card, err)
		}
	}
	s, path, r := shelved(t, strings.Replace(good, "model: model", "model: model\nmodels: [../stains]", 1))
	if _, err := s.Add(path, r, "m1"); err == nil || !strings.Contains(err.Error(), "outside the recipe's folder") {
		t.Errorf("got %v", err)
	}
}

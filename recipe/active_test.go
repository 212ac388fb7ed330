package recipe

import (
	"os"
	"path/filepath"
	"testing"
)

// TestChosen: a product comes again by its last version that nobody took back.
func TestChosen(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*Active)
		want string
	}{
		"never":                    {func(*Active) {}, ""},
		"the last":                 {func(a *Active) { a.Choose(Term{Recipe: "cap@1"}); a.Choose(Term{Recipe: "cap@2"}) }, "cap@2"},
		"an older one again":       {func(a *Active) { a.Choose(Term{Recipe: "cap@2"}); a.Choose(Term{Recipe: "cap@1"}) }, "cap@1"},
		"taken back":               {func(a *Active) { a.Choose(Term{Recipe: "cap@1"}); a.Choose(Term{Recipe: "cap@2"}); a.TakeBack("cap@2") }, "cap@1"},
		"all taken back":           {func(a *Active) { a.Choose(Term{Recipe: "cap@1"}); a.TakeBack("cap@1") }, ""},
		"taken back and forth":     {func(a *Active) { a.Choose(Term{Recipe: "cap@1"}); a.TakeBack("cap@1"); a.Choose(Term{Recipe: "cap@1"}) }, "cap@1"},
		"another product's":        {func(a *Active) { a.Choose(Term{Recipe: "lid@1"}) }, ""},
		"what was never there":     {func(a *Active) { a.TakeBack("cap@1") }, ""},
		"the same, counted once":   {func(a *Active) { a.Choose(Term{Recipe: "cap@1"}); a.Choose(Term{Recipe: "cap@1"}); a.TakeBack("cap@1") }, ""},
		"one whose name begins so": {func(a *Active) { a.Choose(Term{Recipe: "cap-2@1"}) }, ""},
	} {
		var a Active
		c.do(&a)
		if got, ok := a.Last("cap"); got.Recipe != c.want || ok != (c.want != "") {
			t.Errorf("%s: %+v, %v, want %q", name, got, ok, c.want)
		}
	}
}

// TestEarlyShelf: a file that knows nothing of the versions chosen names two of them,
// or one, where the other was taken back.
func TestEarlyShelf(t *testing.T) {
	s := Shelf{Dir: t.TempDir(), Write: write}
	for text, want := range map[string]string{
		`{"recipe":"cap@2","sha256":"b","since":"2026-01-02T00:00:00Z","by":"li","why":"operator","before":{"recipe":"lid@1","sha256":"a","since":"0001-01-01T00:00:00Z","by":"","why":""}}`:       "lid@1",
		`{"recipe":"cap@2","sha256":"b","since":"2026-01-02T00:00:00Z","by":"li","why":"back","before":{"recipe":"lid@1","sha256":"a","since":"2026-01-01T00:00:00Z","by":"li","why":"operator"}}`: "",
	} {
		if err := os.MkdirAll(filepath.Join(s.Dir, "active"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.activeFile("l"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		a, err := s.Active("l")
		if err != nil {
			t.Fatal(err)
		}
		cap, _ := a.Last("cap")
		lid, _ := a.Last("lid")
		if !a.Early || cap.Recipe != "cap@2" || lid.Recipe != want || a.IsOwn("lid@1", "a") != (want != "") {
			t.Errorf("%+v, want cap@2 and %q", a, want)
		}
		if err := s.SetActive("l", *a); err != nil {
			t.Fatal(err)
		}
		if a, err = s.Active("l"); err != nil || a.Early {
			t.Errorf("written anew: %+v, %v", a, err)
		}
	}
}

package api_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/api"
	"linesman/event/disk"
	"linesman/part"
	"linesman/recipe"
)

// rack is a shelf on disk, and a line that judges by what it was told to.
type rack struct {
	shelf   recipe.Shelf
	active  recipe.Active
	beside  string   // what judges beside the line
	said    []string // who asked for what
	refuses error
}

func (r *rack) Shelf() recipe.Shelf                        { return r.shelf }
func (r *rack) Judging(part.LineID) (recipe.Active, error) { return r.active, nil }
func (r *rack) Diff(before, after string) ([]string, error) {
	return []string{before + " -> " + after}, nil
}

func (r *rack) Next(part.LineID) (string, time.Time, bool) { return "t", time.Unix(99, 0), true }

func (r *rack) Activate(_ context.Context, line part.LineID, id, actor string, from part.Tick) (recipe.Active, error) {
	_, k, err := r.shelf.Load(id)
	if err == nil {
		err = k.Ready()
	}
	if err != nil {
		return recipe.Active{}, err
	}
	if from.Count > 0 && from.Count < 500 {
		return recipe.Active{}, fmt.Errorf("line %s: tick %v is past", line, from)
	}
	was := r.active.Term
	r.active = recipe.Active{Term: recipe.Term{Recipe: id, Hash: k.Hash, Since: time.Unix(9, 0), By: actor, Why: "operator"}, Before: &was}
	at := ""
	if from != (part.Tick{}) {
		from.Epoch = 3
		r.active.From, at = &from, fmt.Sprint(" at ", from)
	}
	r.said = append(r.said, fmt.Sprint(actor, " activates ", id, " on ", line, at))
	return r.active, nil
}

func (r *rack) Back(_ context.Context, line part.LineID, from, actor string) (recipe.Active, error) {
	if r.active.Before == nil || r.active.Recipe != from {
		return recipe.Active{}, fmt.Errorf("line %s judges by %s by now, not by %s", line, r.active.Recipe, from)
	}
	r.active = recipe.Active{Term: *r.active.Before}
	r.said = append(r.said, fmt.Sprint(actor, " leaves ", from))
	return r.active, nil
}

func (r *rack) Cancel(_ context.Context, line part.LineID, id, actor string) (recipe.Active, error) {
	if r.active.From == nil || id != "" && id != r.active.Recipe {
		return recipe.Active{}, fmt.Errorf("line %s: no changeover waits to %s", line, id)
	}
	r.said = append(r.said, fmt.Sprint(actor, " takes ", r.active.Recipe, " back"))
	r.active = recipe.Active{Term: *r.active.Before}
	return r.active, nil
}

func (r *rack) Shadow(_ part.LineID, id, actor string) error {
	return r.shadow("recipe "+id, actor)
}

func (r *rack) ShadowModel(_ part.LineID, folder, actor string) error {
	return r.shadow("model "+folder, actor)
}

func (r *rack) EndShadow(_ part.LineID, actor string) error { return r.shadow("nothing", actor) }

func (r *rack) shadow(what, actor string) error {
	if r.refuses != nil {
		return r.refuses
	}
	r.beside = what
	r.said = append(r.said, actor+" has "+what+" beside")
	return nil
}

// stocked is a rack with t@1 signed, t@2 tested and t@10 a draft.
func stocked(t *testing.T) *rack {
	r := &rack{shelf: recipe.Shelf{Dir: t.TempDir(), Write: disk.Write}}
	for _, version := range []int{1, 2, 10} {
		path := filepath.Join(t.TempDir(), "recipe.yaml")
		text := fmt.Sprintf("recipe: t\nversion: %d\npart: {diameter_mm: 9}\nmodel: model\n", version)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(filepath.Dir(path), "model"), 0o755); err != nil {
			t.Fatal(err)
		}
		rec, err := recipe.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		k, err := r.shelf.Add(path, rec, "m1")
		if err == nil && version < 10 {
			k, err = r.shelf.SetTested(k.Recipe, recipe.Tested{Report: "r", Judged: 40, Reject: 1, Pass: 2}, []byte(`{"recipe":"t"}`), []byte("<p>a page</p>"))
		}
		if err == nil && version == 1 {
			_, err = r.shelf.SetSigned(k.Recipe, recipe.Approval{User: "li", Event: "e1", Over: k.Bill()})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r.active = recipe.Active{Term: recipe.Term{Recipe: "t@9", Hash: "elsewhere"}}
	return r
}

// TestRecipes reads the shelf: each version's state, text, report and difference.
func TestRecipes(t *testing.T) {
	r := stocked(t)
	_, h := proven(t, func(c *api.Config) { c.Access, c.Recipes = labellers, r })
	all := must[api.RecipeShelf](t, get(h, "viewer", "/recipes"))
	var states []string
	for _, v := range all.Recipes {
		states = append(states, v.Recipe+" "+v.State)
		if (v.Missing == "") != (v.Version == 1) {
			t.Errorf("%s lacks %q", v.Recipe, v.Missing)
		}
	}
	if want := []string{"t@10 draft", "t@2 tested", "t@1 signed"}; !slices.Equal(states, want) {
		t.Errorf("the shelf has %q, want %q", states, want)
	}
	if l := all.Lines; len(l) != 1 || l[0].Line != "tablets-1" || l[0].Recipe != "t@9" || l[0].Since != nil || l[0].Next == nil || l[0].Next.Recipe != "t" || l[0].Next.At.Unix() != 99 {
		t.Errorf("lines: %+v", l)
	}
	if there := must[api.RecipeShelf](t, get(h, "elsewhere", "/recipes")); len(there.Lines) != 0 {
		t.Errorf("shown to somebody of another line: %+v", there.Lines)
	}
	one := must[api.RecipeText](t, get(h, "viewer", "/recipes/t/2"))
	if one.State != "tested" || !strings.Contains(one.Text, "version: 2") || one.Tested.Judged != 40 || one.Tested.Pass != 2 {
		t.Errorf("t@2: %+v", one)
	}
	if d := must[api.RecipeDiff](t, get(h, "viewer", "/recipes/t/2/diff?from=t@1")); !slices.Equal(d.Rows, []string{"t@1 -> t@2"}) {
		t.Errorf("difference: %+v", d)
	}
	page := get(h, "viewer", "/recipes/t/2/report")
	if page.Body.String() != "<p>a page</p>" || !strings.Contains(page.Header().Get("Content-Security-Policy"), "sandbox") || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") {
		t.Errorf("report: %s %v", page.Body, page.Header())
	}
	if got := get(h, "viewer", "/recipes/t/2/report?format=json").Body.String(); got != `{"recipe":"t"}` {
		t.Errorf("report as JSON: %s", got)
	}
	if err := os.WriteFile(r.shelf.File("t@2"), []byte("recipe: t\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		code int
		says string
	}{
		"/recipes/t/7":                   {404, "recipe t@7 is not on the shelf"},
		"/recipes/t/0":                   {422, "number >= 1"},
		"/recipes/..%2Factive/1":         {404, ""},
		"/recipes/t/10/report":           {404, "not tested"},
		"/recipes/t/1/diff":              {422, "from"},
		"/recipes/t/1/diff?from=a/b":     {422, "pattern"},
		"/recipes/t/2":                   {409, ""},
		"/recipes/t/1/report?format=xml": {422, ""},
	} {
		if w := get(h, "viewer", path); w.Code != want.code || !strings.Contains(w.Body.String(), want.says) {
			t.Errorf("%s: got %d %s, want %d with %q", path, w.Code, w.Body, want.code, want.says)
		}
	}
}

// TestRecipeOrders: who may has a line judge by another version, and a candidate
// beside it; every refusal says why.
func TestRecipeOrders(t *testing.T) {
	r := stocked(t)
	_, h := proven(t, func(c *api.Config) { c.Access, c.Recipes = labellers, r })
	const mine, shadow, changeover = `{"line":"tablets-1"}`, "/api/v1/lines/tablets-1/shadow", "/api/v1/lines/tablets-1/changeover"
	for _, c := range []struct {
		token, method, path, body string
		want                      int
		says                      string
	}{
		{"", "POST", "/api/v1/recipes/t/1/activate", mine, 401, "token"},
		{"viewer", "POST", "/api/v1/recipes/t/1/activate", mine, 403, `not the right \"recipe\"`},
		{"operator", "POST", "/api/v1/recipes/t/1/activate", mine, 403, "recipe"},
		{"operator", "POST", "/api/v1/recipes/t/1/back", mine, 403, "recipe"},
		{"operator", "POST", shadow, `{"recipe":"t@1"}`, 403, "recipe"},
		{"operator", "DELETE", shadow, "", 403, "recipe"},
		{"claims", "POST", "/api/v1/recipes/t/1/activate", mine, 403, "recipe"},
		{"elsewhere", "POST", "/api/v1/recipes/t/1/activate", mine, 403, "not for line tablets-1"},
		{"elsewhere", "POST", shadow, `{"recipe":"t@1"}`, 403, "not for line tablets-1"},
		{"quality", "POST", "/api/v1/recipes/t/1/activate", `{"line":"caps-7"}`, 404, "caps-7"},
		{"quality", "POST", "/api/v1/recipes/t/1/activate", `{}`, 422, "line"},
		{"quality", "POST", "/api/v1/recipes/t/1/activate", `{"line":"tablets-1","actor":"user:wu"}`, 422, "leave it away"},
		{"quality", "POST", "/api/v1/recipes/t/7/activate", mine, 404, "not on the shelf"},
		{"quality", "POST", "/api/v1/recipes/t/2/activate", mine, 409, "tested and not signed: linesman recipe sign t@2"},
		{"quality", "POST", "/api/v1/recipes/t/10/activate", mine, 409, "not tested"},
		{"quality", "POST", "/api/v1/recipes/t/1/back", mine, 409, "by now, not by t@1"},
		{"quality", "POST", "/api/v1/recipes/t/1/activate", mine, 200, `"by":"user:q"`},
		{"engineer", "POST", shadow, `{"recipe":"t@2"}`, 200, `"line":"tablets-1"`},
		{"engineer", "POST", shadow, `{"model":"candidate-1"}`, 200, `"recipe":"t@1"`},
		{"engineer", "POST", shadow, `{}`, 422, "give one of"},
		{"engineer", "POST", shadow, `{"recipe":"t@2","model":"candidate-1"}`, 422, "give one of"},
		{"engineer", "POST", "/api/v1/lines/caps-7/shadow", `{"recipe":"t@2"}`, 404, "caps-7"},
		{"engineer", "DELETE", shadow, "", 200, "tablets-1"},
		{"admin", "POST", "/api/v1/recipes/t/1/back", `{"line":"tablets-1","actor":"os:anna"}`, 200, `"recipe":"t@9"`},
		{"quality", "POST", "/api/v1/recipes/t/1/activate", `{"line":"tablets-1","from_tick":{"epoch":0,"count":700}}`, 200, `"from_tick":{"epoch":3,"count":700}`},
		{"quality", "POST", "/api/v1/recipes/t/1/activate", `{"line":"tablets-1","from_tick":{"epoch":0,"count":70}}`, 409, "tick 0:70 is past"},
		{"quality", "POST", "/api/v1/recipes/t/1/activate", `{"line":"tablets-1","from_tick":{"epoch":0,"count":0}}`, 422, "leave from_tick away"},
		{"", "DELETE", changeover, "", 401, "token"},
		{"operator", "DELETE", changeover, "", 403, "recipe"},
		{"elsewhere", "DELETE", changeover, "", 403, "not for line tablets-1"},
		{"quality", "DELETE", "/api/v1/lines/caps-7/changeover", "", 404, "caps-7"},
		{"quality", "DELETE", changeover + "?recipe=t", "", 422, "recipe"},
		{"quality", "DELETE", changeover + "?recipe=t@2", "", 409, "no changeover waits to t@2"},
		{"quality", "DELETE", changeover + "?recipe=t@1", "", 200, `"recipe":"t@9"`},
		{"quality", "DELETE", changeover, "", 409, "no changeover waits"},
	} {
		kind := "application/json"
		if c.body == "" {
			kind = ""
		}
		if w := call(h, c.token, c.method, c.path, kind, c.body); w.Code != c.want || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %s %s %s: got %d %s, want %d with %q", c.token, c.method, c.path, c.body, w.Code, w.Body, c.want, c.says)
		}
	}
	want := []string{"user:q activates t@1 on tablets-1", "user:e has recipe t@2 beside", "user:e has model candidate-1 beside", "user:e has nothing beside", "os:anna leaves t@1", "user:q activates t@1 on tablets-1 at 3:700", "user:q takes t@1 back"}
	if !slices.Equal(r.said, want) {
		t.Errorf("asked: %q, want %q", r.said, want)
	}
	r.refuses = fmt.Errorf("line tablets-1: a changeover is on its way")
	if w := call(h, "quality", "POST", shadow, "application/json", `{"recipe":"t@2"}`); w.Code != 409 || !strings.Contains(w.Body.String(), "on its way") {
		t.Errorf("refused: %d %s", w.Code, w.Body)
	}
	r.refuses = &fs.PathError{Op: "read", Path: "/secret", Err: fs.ErrPermission}
	if w := call(h, "quality", "POST", shadow, "application/json", `{"recipe":"t@2"}`); w.Code != 503 || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("broken: %d %s", w.Code, w.Body)
	}
}

// TestNoRecipes: an appliance without a shelf has none, and says so.
func TestNoRecipes(t *testing.T) {
	_, h := proven(t, func(c *api.Config) { c.Access = labellers })
	if all := must[api.RecipeShelf](t, get(h, "viewer", "/recipes")); len(all.Recipes)+len(all.Lines) != 0 {
		t.Errorf("got %+v", all)
	}
	if w := get(h, "viewer", "/recipes/t/1"); w.Code != 404 {
		t.Errorf("one: %d %s", w.Code, w.Body)
	}
	if w := call(h, "quality", "POST", "/api/v1/lines/tablets-1/shadow", "application/json", `{"recipe":"t@1"}`); w.Code != 404 {
		t.Errorf("beside the line: %d %s", w.Code, w.Body)
	}
}

package api_test

import (
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"time"

	"linesman/access"
	"linesman/api"
	"linesman/event"
	"linesman/event/eventtest"
)

// labellers are people by their roles, and modules by their scopes.
var labellers = keys{
	"viewer":    {Actor: "user:v", Role: access.Viewer, Read: []event.Type{"*"}, Append: []event.Type{"*"}},
	"operator":  {Actor: "user:o", Role: access.Operator, Read: []event.Type{"*"}, Append: []event.Type{"*"}},
	"safety":    {Actor: "user:s", Role: access.Safety, Read: []event.Type{"*"}, Append: []event.Type{"*"}},
	"quality":   {Actor: "user:q", Role: access.Quality, Read: []event.Type{"*"}},
	"engineer":  {Actor: "user:e", Role: access.Engineer, Read: []event.Type{"*"}},
	"admin":     {Actor: "user:a", Role: access.Admin, Read: []event.Type{"*"}, Append: []event.Type{"*"}},
	"elsewhere": {Actor: "user:x", Role: access.Quality, Read: []event.Type{"*"}, Lines: []string{"caps-9"}},
	"claims":    {Actor: "token:claims", Append: []event.Type{"linesman.sample.labelled.v1"}},
	"mes":       {Actor: "token:mes", Append: []event.Type{"mes.*"}, Read: []event.Type{"*"}},
}

// cupboard holds the one picture there is.
type cupboard map[string][]string

func (c cupboard) Hold(who string, shas ...string) error {
	if shas[0] != "s1" {
		return fs.ErrNotExist
	}
	c[who] = shas
	return nil
}

func (c cupboard) Release(who string, _ ...string) error {
	delete(c, who)
	return nil
}

// labelPlant has one part that passed and one that was rejected; only the
// first one's picture is still there.
func labelPlant(t *testing.T, holds cupboard) (*eventtest.Proven, func(token, part, body string) (int, string), func(token, path string) api.Samples) {
	log, h := proven(t, func(c *api.Config) { c.Access, c.Holds = labellers, holds })
	for id, v := range map[string]event.PartJudged{
		oneID:   {Line: "tablets-1", Outcome: "pass", Recipe: "t@2", Model: "t@7", Evidence: "s1", Views: []event.View{{Name: "top", Evidence: "s1"}}},
		otherID: {Line: "tablets-1", Outcome: "fail", Recipe: "t@2", Model: "t@7", Evidence: "s2", Views: []event.View{{Name: "top", Evidence: "s2"}}},
	} {
		e := event.New("/demo/line/tablets-1", id, time.Unix(9, 0), v)
		e.Part = id
		log.Emit(e)
	}
	label := func(token, part, body string) (int, string) {
		w := call(h, token, "POST", "/api/v1/parts/"+part+"/label", "application/json", body)
		return w.Code, w.Body.String()
	}
	return log, label, func(token, path string) api.Samples { return must[api.Samples](t, get(h, token, path)) }
}

// TestLabel: who may, says it; the last word counts, and the picture is held
// meanwhile.
func TestLabel(t *testing.T) {
	holds := cupboard{}
	log, label, samples := labelPlant(t, holds)
	good, missed := `{"label":"good"}`, `{"label":"missed defect","class":"crack","note":"from a customer"}`
	for _, c := range []struct {
		token, part, body string
		want              int
		says              string
	}{
		{"", oneID, good, 401, "token"},
		{"viewer", oneID, good, 403, `user:v has not the right \"recipe\"`},
		{"operator", oneID, good, 403, "recipe"},
		{"safety", oneID, good, 403, "recipe"},
		{"mes", oneID, good, 403, "recipe"},
		{"elsewhere", oneID, good, 403, "not for line tablets-1"},
		{"quality", oneID, `{"label":"bad"}`, 422, "missed defect"},
		{"quality", oneID, `{"label":"missed defect"}`, 422, "needs its class"},
		{"quality", oneID, `{"label":"false reject"}`, 422, "passed, so it was not"},
		{"quality", oneID, `{"label":"defect"}`, 422, "passed, so it was not rejected rightly"},
		{"quality", otherID, `{"label":"defect","class":"crack"}`, 200, `"class":"crack"`},
		{"quality", otherID, `{"label":"none"}`, 200, `"label":"none"`},
		{"quality", oneID, `{"label":"none"}`, 422, "no label"},
		{"quality", oneID, `{"label":"good","by":"wu"}`, 422, "unexpected property"},
		{"quality", oneID, `{"label":"good","actor":"user:wu"}`, 422, "leave it away"},
		{"quality", "0198c000-0000-7000-8000-00000000dead", good, 404, "no verdict on part"},
		{"quality", "7", good, 422, "pattern"},
		{"quality", oneID, good, 200, `"by":"user:q"`},
		{"engineer", oneID, missed, 200, `"pictures_sha256":["s1"]`},
		{"admin", otherID, `{"label":"false reject","actor":"os:root"}`, 200, `"by":"os:root"`},
		{"claims", oneID, missed, 200, `"by":"token:claims"`},
	} {
		if code, said := label(c.token, c.part, c.body); code != c.want || !strings.Contains(said, c.says) {
			t.Errorf("%s says %s: got %d %s, want %d with %q", c.token, c.body, code, said, c.want, c.says)
		}
	}
	if want := (cupboard{"sample:" + oneID: {"s1"}}); !reflect.DeepEqual(holds, want) {
		t.Errorf("held %v, want %v", holds, want)
	}
	got := samples("mes", "/samples?line=tablets-1")
	if len(got.Samples) != 2 || got.Counts != (api.LabelCounts{MissedDefect: 1, FalseReject: 1}) || got.Learnable != (api.LabelCounts{MissedDefect: 1}) {
		t.Errorf("samples: %+v", got)
	}
	if s := got.Samples[1]; s.Part != oneID || s.Class != "crack" || s.By != "token:claims" || s.Outcome != "pass" || s.Unlearned != "" || got.Samples[0].Unlearned == "" {
		t.Errorf("samples: %+v", got.Samples)
	}
	if there := samples("mes", "/samples?line=caps-9"); len(there.Samples) != 0 {
		t.Errorf("another line's: %+v", there)
	}
	if there := samples("elsewhere", "/samples"); len(there.Samples) != 0 {
		t.Errorf("shown to somebody of another line: %+v", there)
	}
	if code, said := label("quality", oneID, `{"label":"none"}`); code != 200 || len(holds) != 0 {
		t.Errorf("taken back: %d %s, held %v", code, said, holds)
	}
	events := log.Events()
	last := events[len(events)-1]
	if p, err := event.As[event.SampleLabelled](last); err != nil || p.Label != "none" || last.Actor != "user:q" || last.Part != oneID || last.Cause == "" {
		t.Errorf("the last event: %+v %+v, %v", last, p, err)
	}
}

// TestLabelStory: a part's story shows what is held of it.
func TestLabelStory(t *testing.T) {
	log, h := proven(t, func(c *api.Config) { c.Access = labellers })
	e := event.New("/demo/line/tablets-1", oneID, time.Unix(9, 0), event.PartJudged{Line: "tablets-1", Outcome: "pass"})
	e.Part = oneID
	log.Emit(e)
	if w := call(h, "quality", "POST", "/api/v1/parts/"+oneID+"/label", "application/json", `{"label":"missed defect","class":"stain"}`); w.Code != 200 {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	p := must[api.Part](t, get(h, "quality", "/parts/"+oneID))
	if p.Story == nil || p.Story.Label == nil || p.Story.Label.Class != "stain" || p.Story.Label.Unlearned == "" || len(p.Story.Label.Pictures) != 0 {
		t.Errorf("the story: %+v", p.Story)
	}
}

// TestLabelByAppend: a label that is appended as any event would hold nothing,
// so only an import may bring one.
func TestLabelByAppend(t *testing.T) {
	log, h := proven(t, func(c *api.Config) { c.Access = labellers })
	body := text(map[string]any{"type": "linesman.sample.labelled.v1", "data": map[string]any{"line": "tablets-1", "label": "good", "outcome": "pass",
		"recipe": "t@2", "recipe_sha256": "", "model": "t@7", "model_sha256": "", "lane": 1}})
	for token, want := range map[string]int{"operator": 403, "claims": 403, "admin": 200} {
		if w := call(h, token, "POST", "/api/v1/events", "application/json", body); w.Code != want || want == 403 && !strings.Contains(w.Body.String(), "/label") {
			t.Errorf("%s: got %d %s, want %d", token, w.Code, w.Body, want)
		}
	}
	if n := len(log.Events()); n != 1 {
		t.Errorf("%d events, want the import's alone", n)
	}
}

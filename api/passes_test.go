package api_test

import (
	"testing"
	"time"

	"linesman/api"
	"linesman/api/apitest"
	"linesman/event"
)

// Of passes, those are listed that passed the gate and whose picture was kept.
func TestPasses(t *testing.T) {
	plant, h := site(t, apitest.Running, nil)
	ids := map[string]string{}
	for _, v := range []struct {
		name string
		event.PartJudged
	}{
		{"first", event.PartJudged{Line: "tablets-1", Outcome: "pass", Evidence: "e1"}},
		{"without a picture", event.PartJudged{Line: "tablets-1", Outcome: "pass"}},
		{"collateral", event.PartJudged{Line: "tablets-1", Outcome: "pass", Collateral: true, Evidence: "e2"}},
		{"rejected", event.PartJudged{Line: "tablets-1", Outcome: "fail", Evidence: "e3"}},
		{"of another line", event.PartJudged{Line: "tablets-2", Outcome: "pass", Evidence: "e4"}},
		{"last", event.PartJudged{Line: "tablets-1", Outcome: "pass", Evidence: "e5"}},
	} {
		ids[v.name] = event.NewID()
		e := event.New("/demo/line/"+v.Line, "part", time.Now(), v.PartJudged)
		e.Part = ids[v.name]
		if _, err := plant.Config().Log.(*apitest.Log).Append(t.Context(), []event.Event{e}); err != nil {
			t.Fatal(err)
		}
	}
	all := answer[api.Passes](t, h, "/api/v1/lines/tablets-1/passes")
	if len(all.Passes) != 2 || all.Passes[0].Part != ids["last"] || all.Passes[1].Part != ids["first"] || all.Next != "" {
		t.Fatalf("passes: got %+v, want the last and the first", all)
	}
	one := answer[api.Passes](t, h, "/api/v1/lines/tablets-1/passes?limit=1")
	if len(one.Passes) != 1 || one.Next == "" {
		t.Fatalf("first page: got %+v", one)
	}
	if two := answer[api.Passes](t, h, "/api/v1/lines/tablets-1/passes?limit=1&before="+one.Next); len(two.Passes) != 1 || two.Passes[0].Part != ids["first"] {
		t.Errorf("second page: got %+v", two)
	}
	if got := ask(h, "/api/v1/lines/none/passes").Code; got != 404 {
		t.Errorf("passes of no line: got %d, want 404", got)
	}
}

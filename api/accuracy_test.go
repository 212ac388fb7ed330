package api_test

import (
	"strings"
	"testing"
	"time"

	"linesman/api"
	"linesman/api/apitest"
	"linesman/event"
)

// TestAccuracy: the last judgement by what judges now counts; an older one, by another
// recipe or model, is shown as stale and says by what.
func TestAccuracy(t *testing.T) {
	recipe := func(hash string) event.Payload {
		return event.RecipeActivated{Line: "tablets-1", Recipe: "tab-9@12", Hash: hash}
	}
	model := func(hash string) event.Payload {
		return event.ModelActivated{Line: "tablets-1", Name: "tab-9", Version: "4", Hash: hash}
	}
	samples := func(recipe, model string, parts uint64) event.SamplesJudged {
		return event.SamplesJudged{Line: "tablets-1", Recipe: "tab-9@12", RecipeHash: recipe, Model: "tab-9@4", ModelHash: model, Why: "schedule",
			Bad: event.SampleTally{Parts: parts, Upper: 0.0025}, Good: event.SampleTally{Parts: 7, Wrong: 7}, Unjudged: 3,
			Wrong: []event.WrongSample{{Part: "p", Label: "good", Outcome: "fail", Score: 1.2}}}
	}
	elsewhere := samples("r1", "m1", 99)
	elsewhere.Line = "tablets-2"
	older := samples("r0", "m1", 5)
	older.Recipe = "tab-9@11"
	for _, c := range []struct {
		name  string
		said  []event.Payload
		state string
		why   string
		parts uint64
	}{
		{"nothing was ever judged", []event.Payload{recipe("r1"), model("m1"), elsewhere}, "none", "", 0},
		{"the last counts", []event.Payload{recipe("r1"), model("m1"), samples("r1", "m1", 10), samples("r1", "m1", 11), elsewhere}, "current", "", 11},
		{"another recipe since", []event.Payload{recipe("r0"), model("m1"), older, recipe("r1")}, "stale", "recipe tab-9@11; now tab-9@12", 5},
		{"its text was changed", []event.Payload{recipe("r1"), model("m1"), samples("r1", "m1", 10), recipe("r2")}, "stale", "recipe tab-9@12, whose text has changed", 10},
		{"another model since", []event.Payload{recipe("r1"), model("m1"), samples("r1", "m1", 10), model("m2")}, "stale", "model tab-9@4, whose files have changed", 10},
		{"and back again", []event.Payload{recipe("r1"), model("m1"), samples("r1", "m1", 10), recipe("r0"), older, recipe("r1")}, "current", "", 10},
	} {
		log, h := proven(t, nil)
		for _, p := range c.said {
			log.Emit(event.New("/demo/line/tablets-1", "samples", time.Unix(9, 0), p))
		}
		got := answer[api.Accuracy](t, h, "/api/v1/lines/tablets-1/accuracy")
		if got.State != c.state || got.Recipe != "tab-9@12" || got.Model != "tab-9@4" || (got.Judged != nil) != (c.state != "none") || (c.why == "") != (got.Why == "") || !strings.Contains(got.Why, c.why) {
			t.Errorf("%s: %+v", c.name, got)
			continue
		}
		if j := got.Judged; j != nil && (j.Bad.Parts != c.parts || j.Bad.Upper != 0.0025 || j.Good != api.SampleTally{Parts: 7, Wrong: 7} || j.Unjudged != 3 || len(j.Wrong) != 1 || j.Wrong[0].Outcome != "fail" || j.Seq == "") {
			t.Errorf("%s: %+v", c.name, j)
		}
	}
	_, h := site(t, apitest.Drifted, nil)
	if got := answer[api.Accuracy](t, h, "/api/v1/lines/tablets-1/accuracy"); got.State != "stale" || !strings.Contains(got.Why, "model tab-9@3; now tab-9@4 judges") {
		t.Errorf("canned: %+v", got)
	}
	if w := ask(h, "/api/v1/lines/caps-7/accuracy"); w.Code != 404 {
		t.Errorf("another site's line: status %d", w.Code)
	}
}

package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"linesman/api"
	"linesman/api/apitest"
	"linesman/event"
)

// What a rejected part was compared with is asked for by its last verdict and the
// pictures of the last that kept any.
func TestNearest(t *testing.T) {
	var asked event.PartJudged
	answers := map[string]error{"e1": nil, "e2": fmt.Errorf("%w: the model is not here", api.ErrNotCompared), "e3": errors.New("disk")}
	plant, h := site(t, apitest.Running, func(c *api.Config) {
		c.Nearest = func(_ context.Context, j event.PartJudged) (*api.Nearest, error) {
			asked = j
			return &api.Nearest{Good: 3, Name: "a.png", Kept: true, Distance: 2.5, Here: []byte("here"), There: []byte("there")}, answers[j.Views[0].Evidence]
		}
	})
	ids := map[string]string{}
	say := func(name string, verdicts ...event.PartJudged) {
		ids[name] = event.NewID()
		for _, v := range verdicts {
			v.Line = "caps-1"
			e := event.New("/demo/line/caps-1", "part", time.Now(), v)
			e.Part = ids[name]
			if _, err := plant.Config().Log.(*apitest.Log).Append(t.Context(), []event.Event{e}); err != nil {
				t.Fatal(err)
			}
		}
	}
	kept := func(outcome, sha string) event.PartJudged {
		return event.PartJudged{Outcome: outcome, Evidence: sha, ModelHash: "m", Views: []event.View{{Name: "top", Evidence: sha}}}
	}
	say("rejected", kept("fail", "e1"))
	say("overruled", kept("pass", "e1"), event.PartJudged{Outcome: "inconclusive", ModelHash: "m"})
	say("passed", kept("pass", "e1"))
	say("bare", event.PartJudged{Outcome: "fail"})
	say("not here", kept("fail", "e2"))
	say("broken", kept("fail", "e3"))
	ids["nobody"] = event.NewID()
	for name, tt := range map[string]struct {
		status int
		says   string
	}{
		"rejected": {200, `"there":"dGhlcmU="`}, "overruled": {200, `"name":"a.png"`}, "passed": {404, "passed"}, "bare": {404, "no picture of part"},
		"not here": {404, "the model is not here"}, "broken": {503, "own log"}, "nobody": {404, "no verdict on part"},
	} {
		asked = event.PartJudged{}
		w := ask(h, "/api/v1/parts/"+ids[name]+"/nearest")
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s: status %d, %s; want %d and %q", name, w.Code, w.Body, tt.status, tt.says)
		}
		if w.Code == http.StatusOK && (len(asked.Views) != 1 || asked.Outcome == "pass" || asked.ModelHash != "m") {
			t.Errorf("%s: asked by %+v", name, asked)
		}
	}
	_, without := site(t, apitest.Running, func(c *api.Config) { c.Log, c.Nearest = plant.Config().Log, nil })
	if w := ask(without, "/api/v1/parts/"+ids["rejected"]+"/nearest"); w.Code != 404 || !strings.Contains(w.Body.String(), "compares no parts") {
		t.Errorf("where nobody compares: %d %s", w.Code, w.Body)
	}
}

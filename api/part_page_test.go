package api_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"linesman/api"
	"linesman/api/apitest"
	"linesman/event"
	"linesman/proof"
)

// A part's page is written of what the asker may read, by the last verdict and the
// pictures of the last that kept any; nothing of it runs in a browser.
func TestPartPage(t *testing.T) {
	var asked event.PartJudged
	var told proof.Story
	fails := error(nil)
	plant, h := site(t, apitest.Running, func(c *api.Config) {
		c.PartPage = func(_ context.Context, s proof.Story, j event.PartJudged) ([]byte, error) {
			asked, told = j, s
			return []byte("<!DOCTYPE html>page of " + s.Part), fails
		}
	})
	id := event.NewID()
	for _, v := range []event.PartJudged{
		{Line: "caps-1", Outcome: "fail", Evidence: "e1", Views: []event.View{{Name: "top", Evidence: "e1"}}},
		{Line: "caps-1", Outcome: "inconclusive"},
	} {
		e := event.New("/demo/line/caps-1", "part", time.Now(), v)
		e.Part = id
		if _, err := plant.Config().Log.(*apitest.Log).Append(t.Context(), []event.Event{e}); err != nil {
			t.Fatal(err)
		}
	}
	w := ask(h, "/api/v1/parts/"+id+"/page")
	if w.Code != 200 || w.Body.String() != "<!DOCTYPE html>page of "+id || told.Outcome != "inconclusive" || asked.Outcome != "inconclusive" || len(asked.Views) != 1 {
		t.Errorf("%d %s of %+v", w.Code, w.Body, asked)
	}
	for head, want := range map[string]string{"Content-Type": "text/html", "Content-Security-Policy": "sandbox", "Content-Disposition": "part-" + id + ".html"} {
		if got := w.Header().Get(head); !strings.Contains(got, want) {
			t.Errorf("%s is %q, want %q in it", head, got, want)
		}
	}
	if w := ask(h, "/api/v1/parts/"+event.NewID()+"/page"); w.Code != 404 {
		t.Errorf("of a part that never was here: %d %s", w.Code, w.Body)
	}
	fails = errors.New("disk")
	if w := ask(h, "/api/v1/parts/"+id+"/page"); w.Code != 503 {
		t.Errorf("where the page can not be written: %d %s", w.Code, w.Body)
	}
	_, without := site(t, apitest.Running, func(c *api.Config) { c.Log = plant.Config().Log })
	if w := ask(without, "/api/v1/parts/"+id+"/page"); w.Code != 404 || !strings.Contains(w.Body.String(), "no pages of parts") {
		t.Errorf("where there are no pages: %d %s", w.Code, w.Body)
	}
}

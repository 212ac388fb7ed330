package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/access"
	"linesman/api"
	"linesman/config"
	"linesman/event"
	"linesman/event/disk"
	"linesman/part"
	"linesman/recipe"
)

// TestRecipesOverAPI takes a version to a running line and back over the API, and
// has it judge beside the line meanwhile: the line follows, every act is an event
// with who asked, and no step can be left out.
func TestRecipesOverAPI(t *testing.T) {
	v, a, stop := runningCaps(t, 9000)
	ended := false
	defer func() {
		if !ended {
			stop()
		}
	}()
	rec, err := draft(v.dir, "caps", 2)
	must(t, err)
	token, err := access.LocalToken(accessDir(a.site))
	must(t, err)
	there := &remoteLog{url: "http://" + v.listen, token: token}
	order := func(path, body, refusal string) (got api.RecipeLine) {
		t.Helper()
		err := there.ask(t.Context(), http.MethodPost, "/api/v1"+path, []byte(body), &got)
		if (err == nil) != (refusal == "") || err != nil && !strings.Contains(err.Error(), refusal) {
			t.Fatalf("%s: %v, want %q", path, err, refusal)
		}
		return got
	}
	run := func(in string, args ...string) {
		t.Helper()
		cmd := exec.Command(v.binary, append(args, "-c", filepath.Join(v.dir, "site.yaml"))...)
		cmd.Stdin = strings.NewReader(in)
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("linesman %v: %v: %s", args, err, text)
		}
	}
	waits := func(what string, met func() bool) {
		t.Helper()
		for range 600 {
			if met() {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("%s: the line says %+v", what, a.stations["caps-1"].Status())
	}
	status := a.stations["caps-1"].Status

	order("/recipes/caps/2/activate", `{"line":"caps-1"}`, "404")
	waits("rejects for the test", func() bool { c := status().Counts; return c.Fail+c.Inconclusive > 5 })
	run("", "recipe", "test", rec.File())
	order("/recipes/caps/2/activate", `{"line":"caps-1"}`, "linesman recipe sign caps@2")
	const password = "a long pass phrase"
	run(password, "user", "add", "li", "--role", "quality", "--password-stdin")
	run(password, "recipe", "sign", "caps@2", "--user", "li", "--password-stdin")

	run("", "recipe", "shadow", "caps@2")
	waits("a candidate beside it", func() bool { sh := status().Shadow; return sh != nil && sh.Recipe == "caps@2" })
	run("", "recipe", "shadow", "--end")
	waits("none beside it", func() bool { return status().Shadow == nil })
	order("/lines/caps-1/shadow", `{"model":"../model"}`, "beside the site file")
	order("/lines/caps-1/shadow", `{"model":"nowhere"}`, "no candidate's folder")
	order("/lines/caps-1/shadow", `{"recipe":"caps@7"}`, "not on the shelf")

	differ := func() {
		t.Helper()
		var rows api.RecipeDiff
		must(t, there.ask(t.Context(), http.MethodGet, "/api/v1/recipes/caps/2/diff?from=caps@1", nil, &rows))
		if text, _ := json.Marshal(rows.Rows); !strings.Contains(string(text), "limits.anomaly") {
			t.Errorf("they differ in %s", text)
		}
	}
	differ() // caps@1 lies where the site file says, not on the shelf
	cancels(t, a, there, run, func(at part.Tick) {
		order("/recipes/caps/2/activate", fmt.Sprintf(`{"line":"caps-1","actor":"user:li","from_tick":{"epoch":0,"count":%d}}`, at.Count), "")
	})
	got := order("/recipes/caps/2/activate", `{"line":"caps-1","actor":"user:li"}`, "")
	if got.Recipe != "caps@2" || got.Before != "caps@1" || got.By != "user:li" {
		t.Errorf("made active: %+v", got)
	}
	waits("caps@2", func() bool { return status().Recipe == "caps@2" && !a.stations["caps-1"].Changing() })
	order("/recipes/caps/2/activate", `{"line":"caps-1"}`, "already")
	order("/lines/caps-1/shadow", `{"recipe":"caps@2"}`, "nothing to compare")
	order("/recipes/caps/1/back", `{"line":"caps-1"}`, "by now, not by caps@1")
	order("/recipes/caps/2/back", `{"line":"caps-1","actor":"user:li"}`, "")
	waits("caps@1", func() bool { return status().Recipe == "caps@1" })
	differ()
	stop()
	ended = true
	keepsSchedule(t, v, a.site.Shelf())

	var acts, cancelled []string
	for _, e := range v.events() {
		switch e.Type {
		case event.RecipeChanged{}.EventType():
			p, err := event.As[event.RecipeChanged](e)
			must(t, err)
			acts = append(acts, strings.Join([]string{p.State, p.Recipe, p.Was, p.Why, actorOf(e)}, " "))
		case event.ModelShadowed{}.EventType():
			p, err := event.As[event.ModelShadowed](e)
			must(t, err)
			if p.Began || p.Ended != "" {
				acts = append(acts, strings.Join([]string{"beside", p.Recipe, p.Ended, actorOf(e)}, " "))
			}
		case event.RecipeActivated{}.EventType():
			if p, err := event.As[event.RecipeActivated](e); err != nil || p.Why != "start" {
				acts = append(acts, strings.Join([]string{"judges by", p.Recipe, p.Why, e.Actor}, " "))
			}
		case event.RecipeCancelled{}.EventType():
			p, err := event.As[event.RecipeCancelled](e)
			must(t, err)
			cancelled = append(cancelled, strings.Join([]string{p.Recipe, p.Judges, p.Why, actorOf(e)}, " ")) // by the line itself: before or after the shelf's word
		}
	}
	want := strings.Join([]string{"draft caps@2   me", "tested caps@2   me", "signed caps@2   me", "beside caps@2  me", "beside caps@2 it was ended me",
		"active caps@2 caps@1 operator user:li", "active caps@1 caps@2 cancelled me",
		"active caps@2 caps@1 operator user:li", "judges by caps@2 operator user:li", "active caps@1 caps@2 back user:li", "judges by caps@1 back user:li",
		"active caps@2 caps@1 schedule schedule", "judges by caps@2 schedule schedule"}, "\n")
	if got := strings.Join(acts, "\n"); got != want {
		t.Errorf("the log tells of\n%s\nwant\n%s", got, want)
	}
	if len(cancelled) != 1 || cancelled[0] != "caps@2 caps@1 operator me" {
		t.Errorf("the line says that it took back %q", cancelled)
	}
}

// cancels takes a changeover to caps@2 back that waits for a tick far ahead: what was
// active is again, in full, and the line does not follow the shelf to anything.
func cancels(t *testing.T, a *appliance, there *remoteLog, run func(in string, args ...string), activate func(part.Tick)) {
	t.Helper()
	const changeover = "/api/v1/lines/caps-1/changeover"
	refused := func(query, why string) {
		t.Helper()
		if err := there.ask(t.Context(), http.MethodDelete, changeover+query, nil, nil); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("taking back %s: %v, want %q", query, err, why)
		}
	}
	station, shelf := a.stations["caps-1"], a.site.Shelf()
	refused("", "no changeover waits: it judges by caps@1")
	at := station.Status().Belt.Add(1_000_000)
	activate(at)
	var all api.RecipeShelf
	for range 100 {
		must(t, there.ask(t.Context(), http.MethodGet, "/api/v1/recipes", nil, &all))
		if all.Lines[0].Waits != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if l := all.Lines[0]; l.Waits == nil || l.Waits.Recipe != "caps@2" || part.Tick(l.Waits.From) != at || l.Judges != "caps@1" || l.Belt.Count == 0 {
		t.Errorf("the API says %+v, waiting for %+v", l, l.Waits)
	}
	refused("?recipe=caps@7", "but one to caps@2 does")
	run("", "recipe", "cancel", "caps@2")
	refused("?recipe=caps@2", "no changeover waits")
	for range 2 { // also once the shelf was looked at
		active, err := shelf.Active("caps-1")
		must(t, err)
		if active.Recipe != "caps@1" || active.Why != "cancelled" || active.By != whoRuns() || active.Before != nil || active.Undo != nil || active.From != nil || len(active.Chosen["caps"]) != 1 || !active.Own {
			t.Errorf("on the shelf is active %+v", active)
		}
		if id, _ := station.Judges(); id != "caps@1" || station.Changing() {
			t.Errorf("the line is on its way to %s", id)
		}
		time.Sleep(shelfEvery + shelfEvery/2)
	}
}

// keepsSchedule starts the appliance an hour after its schedule named caps@2, the last
// choice of a person lying further back, and waits until it judges by that.
func keepsSchedule(t *testing.T, v *victim, shelf recipe.Shelf) {
	t.Helper()
	active, err := shelf.Active("caps-1")
	must(t, err)
	active.Since = active.Since.Add(-25 * time.Hour)
	shelf.Write = disk.Write
	must(t, shelf.SetActive("caps-1", *active))
	file := filepath.Join(v.dir, "site.yaml")
	text, err := os.ReadFile(file)
	must(t, err)
	text = fmt.Appendf(text, "zone: UTC\nschedule: [{at: %q, line: caps-1, recipe: caps@2}]\n", time.Now().UTC().Add(-time.Hour).Format("15:04"))
	must(t, os.WriteFile(file, text, 0o644))
	site, err := config.Load(file)
	must(t, err)
	a, err := openAppliance(site, slog.New(slog.DiscardHandler))
	must(t, err)
	defer a.close()
	ctx, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	for range 300 {
		if a.stations["caps-1"].Status().Recipe == "caps@2" {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	end()
	must(t, <-done)
}

// actorOf is who an event is by, "me" for whoever runs this test.
func actorOf(e event.Event) string {
	if e.Actor == whoRuns() {
		return "me"
	}
	return e.Actor
}

package api_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/access"
	"linesman/api"
	"linesman/api/apitest"
	"linesman/event"
	"linesman/line"
	"linesman/part"
)

// TestEyes: what the station says comes with its last hour, and only with minutes that
// were measured from the same origin.
func TestEyes(t *testing.T) {
	hour := time.Now().UTC().Truncate(time.Minute).Add(-time.Hour)
	ref := func(version, minutes int, carried bool) event.EyesReference {
		return event.EyesReference{Line: "tablets-1", View: "top", Camera: "top", Recipe: "t@1", RecipeHash: "r", ModelHash: string(rune('a' + version)), From: hour.Add(-time.Duration(minutes) * time.Minute), Frames: 200, Score: 0.4, Carried: carried}
	}
	minute := func(m int, light float64) event.EyesMinute {
		return event.EyesMinute{Line: "tablets-1", View: "top", Camera: "top", From: hour.Add(time.Duration(m) * time.Minute), Light: light, PartA: 3, PartB: 4, BeltA: 6, BeltB: 8, Balance: 0.5, Focus: 2, Across: 0.3, Along: 0.4, Scale: 0.7, Dirt: -1, Score: 0.5}
	}
	word := event.EyesAccepted{Line: "tablets-1", View: "top", Camera: "top", Recipe: "t@1", RecipeHash: "r", ModelHash: "b", Reason: "new lamps"}
	other := minute(30, 99)
	other.View = "side"
	for _, c := range []struct {
		name     string
		said     []event.Payload
		now      event.EyesReference
		want     []float64 // the light's trend
		accepted bool
	}{
		{"one run", []event.Payload{ref(1, 5, false), minute(10, -1), other, minute(11, -2)}, ref(1, 5, false), []float64{-1, -2}, false},
		{"carried on over a restart", []event.Payload{ref(1, 5, false), minute(10, -1), ref(1, 5, true), minute(12, -3)}, ref(1, 5, true), []float64{-1, -3}, false},
		{"another model between", []event.Payload{ref(1, 5, false), minute(10, -1), ref(2, 4, false), minute(11, 50), ref(1, 5, true), minute(12, -3)}, ref(1, 5, true), []float64{-3}, false},
		{"accepted anew, then restarted", []event.Payload{ref(1, 5, false), minute(10, -21), word, ref(1, 3, false), minute(12, -1), ref(1, 3, true), minute(14, -2)}, ref(1, 3, true), []float64{-1, -2}, true},
		{"accepted for another model", []event.Payload{ref(2, 5, false), word, ref(2, 3, false), minute(12, -1)}, ref(2, 3, false), []float64{-1}, false},
		{"accepted long before", []event.Payload{word, ref(1, 5, false), minute(10, -1), ref(1, 3, false), minute(12, -2)}, ref(1, 3, false), []float64{-2}, false},
		{"older than an hour", []event.Payload{ref(1, 5, false), minute(-2, -9), minute(20, -2)}, ref(1, 5, false), []float64{-2}, false},
		{"not yet in the log", []event.Payload{ref(1, 5, false), minute(10, -1)}, ref(2, 1, false), nil, false},
	} {
		eye := line.Eye{View: "top", Camera: "top", Recipe: "t@1", MMPerPx: 0.1, At: time.Now().Add(-4 * time.Second), Frames: 200, Learn: 200, Learned: true, Reference: c.now}
		for _, what := range []string{"light", "cast", "balance", "focus", "position", "scale", "dirt", "score"} {
			eye.Measures = append(eye.Measures, line.EyeMeasure{What: what, Unit: "%", Now: 1, WarnAt: 2, Limit: 3, State: "steady"})
		}
		eye.Measures[3].State = "warning"
		log, h := proven(t, func(cfg *api.Config) { cfg.Eyes = func(part.LineID) []line.Eye { return []line.Eye{eye} } })
		for _, p := range c.said {
			e := event.New("/demo/line/tablets-1", "top", time.Now(), p)
			if m, ok := p.(event.EyesMinute); ok {
				e.Time = m.From.Add(time.Minute)
			}
			if p.EventType() == word.EventType() {
				e.Actor = "user:q"
			}
			log.Emit(e)
		}
		got := answer[api.Eyes](t, h, "/api/v1/lines/tablets-1/eyes")
		if len(got.Views) != 1 || got.Views[0].State != "warning" || got.Views[0].Origin == nil || got.Views[0].AgeMS < 4000 || len(got.Views[0].Measures) != 8 {
			t.Fatalf("%s: %+v", c.name, got)
		}
		v := got.Views[0]
		var trend []float64
		for _, p := range v.Measures[0].Trend {
			trend = append(trend, p.Value)
		}
		if len(trend) != len(c.want) {
			t.Errorf("%s: the light's trend is %v, want %v", c.name, trend, c.want)
			continue
		}
		for i := range trend {
			if trend[i] != c.want[i] {
				t.Errorf("%s: the light's trend is %v, want %v", c.name, trend, c.want)
			}
		}
		if a := v.Origin.Accepted; (a != nil) != c.accepted || a != nil && (a.By != "user:q" || a.Reason != "new lamps") {
			t.Errorf("%s: the origin was accepted by %+v", c.name, a)
		}
		for i, want := range []float64{0, 5, 0.5, 2, 5, 0.7, -1, 0.1} { // of the others, at every minute
			if i > 0 && len(c.want) > 0 {
				if m := v.Measures[i]; m.Trend[0].Value < want-1e-9 || m.Trend[0].Value > want+1e-9 {
					t.Errorf("%s: %s stood at %g, want %g", c.name, m.What, m.Trend[0].Value, want)
				}
			}
		}
	}
}

// TestEyesLearning: without an origin nothing is measured, and a line of no site or
// without watched cameras is told apart.
func TestEyesLearning(t *testing.T) {
	_, h := site(t, apitest.Untaught, nil)
	if v := answer[api.Eyes](t, h, "/api/v1/lines/tablets-1/eyes").Views; len(v) != 1 || v[0].State != "learning" || v[0].Learn != 200 || v[0].At != nil || v[0].Origin != nil || len(v[0].Measures) != 0 {
		t.Errorf("eyes that learn: %+v", v)
	}
	if w := ask(h, "/api/v1/lines/caps-7/eyes"); w.Code != 404 {
		t.Errorf("another site's line: status %d", w.Code)
	}
	_, h = site(t, apitest.Running, func(c *api.Config) { c.Eyes = nil })
	if v := answer[api.Eyes](t, h, "/api/v1/lines/tablets-1/eyes").Views; len(v) != 0 {
		t.Errorf("nothing is watched: %+v", v)
	}
	_, h = site(t, apitest.Drifted, nil)
	if v := answer[api.Eyes](t, h, "/api/v1/lines/tablets-1/eyes").Views[0]; v.State != "limit" || len(v.Measures[0].Trend) < 55 || v.Measures[0].WhatTo == "" {
		t.Errorf("dark lamps: %s, %d minutes", v.State, len(v.Measures[0].Trend))
	}
}

// TestAcceptOrigin: who may, has the line begin anew, and the line hears who it was.
func TestAcceptOrigin(t *testing.T) {
	var heard []string
	var broken error
	_, h := proven(t, func(c *api.Config) {
		known := maps.Clone(labellers)
		known["lamps"] = access.Identity{Actor: "token:lamps", Append: []event.Type{"linesman.eyes.accepted.v1"}}
		c.Access = known
		c.Eyes = func(part.LineID) []line.Eye { return []line.Eye{{View: "top", Camera: "top", Learn: 200}} }
		c.AcceptOrigin = func(id part.LineID, view, reason, actor string) error {
			heard = append(heard, strings.Join([]string{string(id), view, reason, actor}, "|"))
			return broken
		}
	})
	ok := `{"view":"top","reason":"new lamps"}`
	for _, c := range []struct {
		token, line, body string
		want              int
	}{
		{"", "tablets-1", ok, 401},
		{"viewer", "tablets-1", ok, 403},
		{"operator", "tablets-1", ok, 403},
		{"mes", "tablets-1", ok, 403},
		{"claims", "tablets-1", ok, 403},
		{"elsewhere", "tablets-1", ok, 403},
		{"quality", "tablets-9", ok, 404},
		{"quality", "tablets-1", `{"view":"side","reason":"new lamps"}`, 422},
		{"quality", "tablets-1", `{"view":"top"}`, 422},
		{"quality", "tablets-1", `{"reason":"     "}`, 422},
	} {
		if w := call(h, c.token, "POST", "/api/v1/lines/"+c.line+"/eyes/origin", "application/json", c.body); w.Code != c.want {
			t.Errorf("%s of %s: %s: status %d, want %d: %s", c.token, c.line, c.body, w.Code, c.want, w.Body)
		}
	}
	if len(heard) > 0 {
		t.Errorf("the line heard %q", heard)
	}
	e := `{"specversion":"1.0","id":"` + oneID + `","time":"2026-03-01T08:00:00Z","subject":"top","source":"/demo/line/tablets-1","type":"linesman.eyes.accepted.v1","data":{"line":"tablets-1","view":"top","camera":"top","recipe":"t@1","recipe_sha256":"","model_sha256":"","reason":"new lamps"}}`
	if w := call(h, "lamps", "POST", "/api/v1/events", "application/json", e); w.Code != 403 || !strings.Contains(w.Body.String(), "eyes/origin") {
		t.Errorf("past the line: status %d: %s", w.Code, w.Body)
	}
	for token, body := range map[string]string{"quality": ok, "lamps": `{"reason":"cleaned"}`} {
		if w := call(h, token, "POST", "/api/v1/lines/tablets-1/eyes/origin", "application/json", body); w.Code != 200 || !strings.Contains(w.Body.String(), `"learning"`) {
			t.Errorf("%s: status %d: %s", body, w.Code, w.Body)
		}
	}
	if len(heard) != 2 || !slices.Contains(heard, "tablets-1|top|new lamps|user:q") || !slices.Contains(heard, "tablets-1||cleaned|token:lamps") {
		t.Errorf("the line heard %q", heard)
	}
	broken = errors.New("it has ended")
	if w := call(h, "quality", "POST", "/api/v1/lines/tablets-1/eyes/origin", "application/json", ok); w.Code != 503 {
		t.Errorf("a line that has ended: status %d", w.Code)
	}
}

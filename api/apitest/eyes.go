package apitest

import (
	"context"
	"math"
	"time"

	"linesman/event"
	"linesman/line"
)

// learned is how many frames the canned origin is learned from.
const learned = 200

// reference is what the canned drift is measured from, a shift ago.
func (p *Plant) reference() event.EyesReference {
	from := p.start.Add(-7 * time.Hour).UTC()
	return event.EyesReference{Line: string(lineID), View: "top", Camera: string(top), Recipe: "tab-9@12", RecipeHash: recipeHash, ModelHash: modelHash,
		From: from, To: from.Add(50 * time.Second), Frames: learned, Parts: 11_800, Part: []float64{224, 221, 213}, Belt: []float64{49, 62, 68},
		Edge: 2.1, Across: 0.1, Diameter: 8.8, Score: 0.47, Room: 10}
}

// drifts are how far the canned eyes are from their origin, a minute's share of
// the last hour: 0 an hour ago, 1 now.
func (p *Plant) drifts(share float64) event.EyesMinute {
	swing := math.Sin(9 * share)
	m := event.EyesMinute{Line: string(lineID), View: "top", Camera: string(top), Light: -2 - 1.5*swing, PartA: 0.3, BeltA: 0.4 + 0.1*swing, Balance: 0.4 + 0.1*swing,
		Focus: 1.1 + 0.4*swing, Across: 0.02, Scale: 0.1 * swing, Dirt: -0.6 - 0.2*swing, Score: 0.48 + 0.01*swing}
	if p.scene == Drifted {
		m.Light, m.Focus = -3-19*share, 1+7*share+0.3*swing
	}
	return m
}

// eyes are the canned line's own state of its camera.
func (p *Plant) eyes() []line.Eye {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := line.Eye{View: "top", Camera: top, Recipe: "tab-9@12", MMPerPx: 0.1, At: p.lastAt, Learn: learned}
	if p.scene == Untaught {
		return []line.Eye{e}
	}
	now := p.drifts(1)
	e.Frames, e.Learned, e.Reference = learned, true, p.reference()
	e.Measures = []line.EyeMeasure{
		{What: "light", Unit: "%", Now: now.Light, WarnAt: 13, Limit: 20, State: "steady"},
		{What: "cast", Unit: "dE", Now: math.Min(now.PartA, now.BeltA), WarnAt: 3, Limit: 6, State: "steady"},
		{What: "balance", Unit: "dE", Now: now.Balance, WarnAt: 1.5, Limit: 3, State: "steady"},
		{What: "focus", Unit: "%", Now: now.Focus, WarnAt: 5, Limit: 20, State: "steady"},
		{What: "position", Unit: "px", Now: now.Across / 0.1, WarnAt: 4, Limit: 8, State: "steady"},
		{What: "scale", Unit: "%", Now: now.Scale, WarnAt: 1.5, Limit: 3, State: "steady"},
		{What: "dirt", Unit: "%", Now: now.Dirt, WarnAt: 1.5, Limit: 6, State: "steady"},
		{What: "score", Unit: "score", Now: now.Score - e.Reference.Score, WarnAt: 0.13, Limit: 0.27, State: "steady"},
	}
	if p.scene == Drifted {
		light, focus := &e.Measures[0], &e.Measures[3]
		light.State, light.Why, light.WhatTo = "limit", "parts and belt are 22 % darker than at first", "check the lamps, their supply and the exposure; clean lens and lamps"
		focus.State, focus.Why, focus.WhatTo = "warning", "the parts' edges are 8 % wider than at first", "check that the lens is tight, clean and focused on the parts"
	}
	return []line.Eye{e}
}

// remember writes what the pages ask of the past: what judges, the trend of the eyes
// and the last judgement of the limit samples.
func (p *Plant) remember() {
	source := "/demo/line/" + string(lineID)
	say := func(at time.Time, payload event.Payload) event.Event {
		return event.New(source, string(top), at, payload)
	}
	samples := event.SamplesJudged{Line: string(lineID), Recipe: "tab-9@12", RecipeHash: recipeHash, Model: model, ModelHash: modelHash, Why: "activation",
		Bad: event.SampleTally{Parts: 1204, Upper: 0.002485}, Good: event.SampleTally{Parts: 3112, Wrong: 2, Upper: 0.002022}}
	if p.scene == Drifted {
		samples.Model, samples.ModelHash = "tab-9@3", hash([]byte("older"))
		samples.Bad = event.SampleTally{Parts: 1204, Wrong: 1, Upper: 0.003934}
	}
	ref := p.reference()
	events := []event.Event{
		say(ref.From, event.RecipeActivated{Line: string(lineID), Recipe: "tab-9@12", Hash: recipeHash, Why: "start"}),
		say(ref.From, event.ModelActivated{Line: string(lineID), Name: "tab-9", Version: "4", Hash: modelHash}),
		say(ref.To, ref), say(ref.To.Add(4*time.Minute), samples),
	}
	minute := p.start.UTC().Truncate(time.Minute)
	for i := 59; i > 0; i-- {
		m := p.drifts(1 - float64(i)/60)
		m.From, m.Frames, m.Parts = minute.Add(-time.Duration(i)*time.Minute), 119, 7000
		events = append(events, say(m.From.Add(time.Minute), m))
	}
	_, _ = p.Log.Append(context.Background(), events) // a log in memory takes all
}

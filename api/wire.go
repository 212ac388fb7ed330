package api

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/line"
	"linesman/part"
	"linesman/rules"
)

// The types of this file are the HTTP API's own words. They are written out,
// and not borrowed from the rooms, so that a room may change and a program
// written against /api/v1 still reads what it read before. Fields are added,
// never removed or given another meaning.

// Site is the whole of it: what the head of the page needs.
type Site struct {
	Site    string    `json:"site" doc:"the site's name"`
	Version string    `json:"version" doc:"of the appliance"`
	Zone    string    `json:"zone" doc:"IANA name of the site's time zone; screens show times in it" example:"Europe/Berlin"`
	Now     time.Time `json:"now" doc:"the appliance's clock, UTC"`
	Lines   []Line    `json:"lines"`
	Cameras []Camera  `json:"cameras" doc:"cameras shown beside the lines, by which no line judges"`
}

// Line is the present status of one line.
type Line struct {
	Line     string    `json:"line"`
	At       time.Time `json:"at" doc:"when the line said this; older than 3 s is stale"`
	AgeMS    int64     `json:"age_ms" doc:"how old that was when it was sent, by the appliance's clock"`
	Recipe   string    `json:"recipe" doc:"name@version"`
	Batch    string    `json:"batch"`
	Model    string    `json:"model"`
	State    string    `json:"state" enum:"running,held,stopped,blind"`
	Why      string    `json:"why,omitempty" doc:"the cause, for a person"`
	WhatTo   string    `json:"what_to_do,omitempty" doc:"the cure, for whoever stands there"`
	PerMin   float64   `json:"parts_per_minute"`
	Counts   Counts    `json:"counts"`
	Ledger   Ledger    `json:"ledger"`
	PLC      PLC       `json:"plc"`
	Cameras  []Camera  `json:"cameras" doc:"the cameras by which this line judges"`
	Decision Decision  `json:"decision" doc:"trigger to acknowledged entry"`
}

// Counts are outcomes since the batch began.
type Counts struct {
	Pass         uint64 `json:"pass"`
	Fail         uint64 `json:"fail"`
	Inconclusive uint64 `json:"inconclusive" doc:"doubt; rejected like fail"`
	Late         uint64 `json:"late" doc:"of these, answered too late"`
}

// Decision is the time from trigger to acknowledged entry over the last minute.
type Decision struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// Ledger is the account of parts: two columns counted by different hands.
type Ledger struct {
	FramesReceived  uint64 `json:"frames_received"`
	FramesTriggered uint64 `json:"frames_triggered" doc:"by the controller"`
	Found           uint64 `json:"found"`
	AtGate          uint64 `json:"at_gate" doc:"by the controller's gate sensors"`
	Verdicts        uint64 `json:"verdicts"`
	Passes          uint64 `json:"passes"`
	Exited          uint64 `json:"exited" doc:"by the controller's exit sensors"`
	Rejects         uint64 `json:"rejects" doc:"fail and inconclusive"`
	Ejected         uint64 `json:"ejected" doc:"by the controller's ejection sensors"`
	Collateral      uint64 `json:"collateral" doc:"good, rejected with a touching neighbour"`
	Travelling      uint64 `json:"travelling" doc:"judged, not yet at the gate"`
	Landing         uint64 `json:"landing" doc:"past the gate, not yet at an exit or ejection sensor"`
	Exposing        uint64 `json:"exposing" doc:"triggered, the frame still on its way"`
	Unseen          uint64 `json:"unseen" doc:"at the gate without a picture since the batch began: rejected"`
	Lost            uint64 `json:"lost" doc:"judged, never at the gate; each named by an event"`
	Blind           uint64 `json:"blind" doc:"triggers without a usable frame; each named by an event"`
	Mismatch        string `json:"mismatch,omitempty" doc:"what does not add up, in words; empty while the account closes"`
}

// PLC is what the controller says, and whether it says anything.
type PLC struct {
	Name      string    `json:"name"`
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since"`
	Error     string    `json:"error,omitempty"`
	Held      bool      `json:"held"`
	Running   bool      `json:"running" doc:"the belt moves"`
	SpeedMMs  float64   `json:"speed_mm_s"`
	Mode      string    `json:"mode" doc:"queue or pulse"`
}

// Camera is what one camera is doing.
type Camera struct {
	Camera   string    `json:"camera"`
	Status   string    `json:"status" enum:"connecting,live,stalled,frozen,down,ended"`
	Since    time.Time `json:"since"`
	Frames   uint64    `json:"frames"`
	Dropped  uint64    `json:"dropped"`
	Damaged  uint64    `json:"damaged"`
	Restarts uint64    `json:"restarts"`
	FPS      float64   `json:"fps"`
	Width    int       `json:"width"`
	Height   int       `json:"height"`
	Error    string    `json:"error,omitempty"`
}

// Reason is one sentence of a verdict, with the numbers behind it.
type Reason struct {
	Rule     string  `json:"rule"`
	Class    string  `json:"class,omitempty" doc:"what was found: size, print, crack..."`
	Camera   string  `json:"camera,omitempty"`
	Measured float64 `json:"measured"`
	Limit    float64 `json:"limit"`
	Unit     string  `json:"unit,omitempty"`
	Text     string  `json:"text"`
}

// Tick is a place on the belt in encoder counts.
type Tick struct {
	Epoch int64 `json:"epoch"`
	Count int64 `json:"count"`
}

// Verdict is one judged part as the log has it.
type Verdict struct {
	Part       string    `json:"part"`
	Seq        string    `json:"seq" doc:"of its event; a decimal string"`
	Line       string    `json:"line"`
	At         time.Time `json:"at" doc:"of the exposure"`
	Outcome    string    `json:"outcome" enum:"pass,fail,inconclusive"`
	Score      float64   `json:"score" doc:"unclamped, 1 = threshold"`
	Reasons    []Reason  `json:"reasons"`
	Model      string    `json:"model" doc:"name@version"`
	ModelHash  string    `json:"model_sha256"`
	Recipe     string    `json:"recipe" doc:"name@version"`
	RecipeHash string    `json:"recipe_sha256"`
	Batch      string    `json:"batch,omitempty"`
	Lane       int       `json:"lane"`
	Trigger    uint64    `json:"trigger,omitempty"`
	Due        Tick      `json:"due" doc:"the tick at which its centre is at the gate"`
	Late       bool      `json:"late"`
	Collateral bool      `json:"collateral" doc:"good, rejected with a touching neighbour"`
	Picture    string    `json:"picture_sha256,omitempty" doc:"see /api/v1/evidence"`
	Heatmap    string    `json:"heatmap_sha256,omitempty" doc:"grey, over the picture's extent: r/(1+r), r = score over threshold"`
	Timing     Timing    `json:"timing"`
}

// Timing is when each stage of a part was done; a stage never reached is absent.
type Timing struct {
	Exposure time.Time  `json:"exposure"`
	Located  *time.Time `json:"located,omitempty"`
	Judged   *time.Time `json:"judged,omitempty"`
	Acked    *time.Time `json:"acked,omitempty" doc:"entry acknowledged by the controller"`
	Deadline *time.Time `json:"deadline,omitempty" doc:"latest time for the acknowledgement"`
}

// Event is one event of the log: CloudEvents 1.0 in JSON with our extensions.
type Event struct {
	SpecVersion string          `json:"specversion" enum:"1.0"`
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Time        time.Time       `json:"time"`
	Subject     string          `json:"subject,omitempty"`
	DataSchema  string          `json:"dataschema,omitempty" doc:"of the types that are ours: what GET /schemas calls it"`
	ContentType string          `json:"datacontenttype" enum:"application/json"`
	Seq         string          `json:"seq" doc:"the log's order, a decimal string"`
	Part        string          `json:"part,omitempty"`
	Batch       string          `json:"batch,omitempty"`
	Cause       string          `json:"cause,omitempty" doc:"id of the event that caused it"`
	Actor       string          `json:"actor"`
	Severity    string          `json:"severity" enum:"info,low,medium,high,critical"`
	Data        json.RawMessage `json:"data" doc:"the payload of its type"`
}

func wireLine(s line.Status, now time.Time) Line {
	return Line{
		Line: string(s.Line), At: s.At.UTC(), AgeMS: max(now.Sub(s.At).Milliseconds(), 0),
		Recipe: s.Recipe, Batch: s.Batch, Model: s.Model, State: s.State, Why: s.Why, WhatTo: s.WhatTo,
		PerMin: number(s.PerMin), Counts: Counts(s.Counts),
		Ledger: wireLedger(s.Ledger),
		PLC: PLC{
			Name: s.PLC.Name, Connected: s.PLC.Connected, Since: s.PLC.Since.UTC(), Error: s.PLC.Error,
			Held: s.PLC.Held, Running: s.PLC.Running, SpeedMMs: number(s.PLC.SpeedMMs), Mode: s.PLC.Mode,
		},
		Cameras:  wireCameras(s.Cameras),
		Decision: Decision{number(s.Latency.P50), number(s.Latency.P99), number(s.Latency.Max)},
	}
}

func wireLedger(l part.Ledger) Ledger {
	return Ledger{
		FramesReceived: l.FramesReceived, FramesTriggered: l.FramesTriggered, Found: l.Found, AtGate: l.AtGate,
		Verdicts: l.Verdicts, Passes: l.Passes, Exited: l.Exited, Rejects: l.Rejects, Ejected: l.Ejected,
		Collateral: l.Collateral, Travelling: l.Travelling, Landing: l.Landing, Exposing: l.Exposing,
		Unseen: l.Unseen, Lost: l.Lost, Blind: l.Blind, Mismatch: l.Mismatch,
	}
}

func wireCameras(states []camera.State) []Camera {
	out := make([]Camera, 0, len(states))
	for _, c := range states {
		out = append(out, Camera{
			Camera: string(c.Camera), Status: c.Status.String(), Since: c.Since.UTC(), Frames: c.Frames, Dropped: c.Dropped,
			Damaged: c.Damaged, Restarts: c.Restarts, FPS: number(c.FPS), Width: c.Width, Height: c.Height, Error: c.Error,
		})
	}
	return out
}

// wireVerdict reads a part.judged event.
func wireVerdict(e event.Event) (Verdict, error) {
	p, err := event.As[event.PartJudged](e)
	if err != nil {
		return Verdict{}, err
	}
	v := Verdict{
		Part: e.Part, Seq: strconv.FormatUint(e.Seq, 10), Line: p.Line, At: p.Timing.Exposure.UTC(),
		Outcome: p.Outcome, Score: number(p.Score), Reasons: make([]Reason, 0, len(p.Reasons)),
		Model: p.Model, ModelHash: p.ModelHash, Recipe: p.Recipe, RecipeHash: p.RecipeHash, Batch: e.Batch,
		Lane: p.Lane, Trigger: p.Trigger, Due: Tick(p.Due), Late: p.Late, Collateral: p.Collateral,
		Picture: p.Evidence, Heatmap: p.Heatmap,
		Timing: Timing{p.Timing.Exposure.UTC(), moment(p.Timing.Located), moment(p.Timing.Judged), moment(p.Timing.Acked), moment(p.Timing.Deadline)},
	}
	for _, r := range p.Reasons {
		v.Reasons = append(v.Reasons, Reason(r))
	}
	if v.At.IsZero() {
		v.At = e.Time.UTC()
	}
	return v, nil
}

func wireReasons(rs []rules.Reason) []Reason {
	out := make([]Reason, 0, len(rs))
	for _, r := range rs {
		out = append(out, Reason{r.Rule, r.Class, string(r.Camera), number(r.Measured), number(r.Limit), r.Unit, r.Text})
	}
	return out
}

func wireEvent(e event.Event) Event {
	schema := ""
	if strings.HasPrefix(string(e.Type), ours) {
		schema = event.SchemaID(e.Type)
	}
	return Event{
		SpecVersion: "1.0", ID: e.ID, Source: e.Source, Type: string(e.Type), Time: e.Time.UTC(), Subject: e.Subject,
		DataSchema: schema, ContentType: "application/json", Seq: strconv.FormatUint(e.Seq, 10), Part: e.Part, Batch: e.Batch, Cause: e.Cause,
		Actor: e.Actor, Severity: e.Severity.String(), Data: e.Data,
	}
}

// moment returns nil for a time that never was.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// number makes a float fit for JSON. What is none, or infinite, becomes the
// largest there is, so that it never reads as within a limit.
func number(f float64) float64 {
	switch {
	case math.IsInf(f, -1):
		return -math.MaxFloat64
	case math.IsNaN(f) || math.IsInf(f, 1):
		return math.MaxFloat64
	}
	return f
}

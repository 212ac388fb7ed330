package event_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linesman/event"
	"linesman/event/eventtest"
)

const judged = `{"specversion":"1.0","id":"019513f1-7c00-7abc-8def-0123456789ab","source":"/demo/line/caps-1",` +
	`"type":"linesman.part.lost.v1","time":"2026-03-01T12:00:00.000000001Z","subject":"caps-1",` +
	`"dataschema":"urn:linesman:schema:linesman.part.lost.v1","datacontenttype":"application/json",` +
	`"seq":"18446744073709551","part":"p-1","batch":"B-1","cause":"c-1","actor":"user:li","severity":"medium","data":{"why":"<slipped>"}}`

func TestCloudEvents(t *testing.T) {
	want := event.Event{
		ID: "019513f1-7c00-7abc-8def-0123456789ab", Seq: 18446744073709551, Source: "/demo/line/caps-1", Type: "linesman.part.lost.v1",
		Time: time.Date(2026, 3, 1, 12, 0, 0, 1, time.UTC), Subject: "caps-1", Severity: event.Medium,
		Part: "p-1", Batch: "B-1", Cause: "c-1", Actor: "user:li", Data: []byte(`{"why":"<slipped>"}`),
	}
	var got event.Event
	if err := json.Unmarshal([]byte(judged), &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("read (-want +got):\n%s", d)
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.NewReplacer("<", `\u003c`, ">", `\u003e`).Replace(judged), string(text)); d != "" {
		t.Errorf("written (-want +got):\n%s", d)
	}
}

func TestCloudEventsRefused(t *testing.T) {
	for name, test := range map[string]struct{ old, new, want string }{
		"no object":              {judged, `[]`, "object"},
		"other version":          {`"1.0"`, `"0.3"`, "specversion"},
		"seq is a number":        {`"18446744073709551"`, `5`, `"seq" is no text`},
		"seq is zero":            {`"18446744073709551"`, `"0"`, "seq"},
		"seq with a sign":        {`"18446744073709551"`, `"+1"`, "seq"},
		"seq too large for disk": {`"18446744073709551"`, `"18446744073709551615"`, "seq"},
		"unknown attribute":      {`"batch"`, `"batches"`, `unknown attribute "batches"`},
		"attribute in capitals":  {`"source"`, `"Source"`, `unknown attribute "Source"`},
		"attribute twice":        {`"batch":"B-1"`, `"batch":"B-1","batch":"B-2"`, "comes twice"},
		"id":                     {"019513f1-7c00-7abc", "019513f1-7c00-4abc", "UUIDv7"},
		"time":                   {"2026-03-01T12:00:00.000000001Z", "yesterday", "RFC 3339"},
		"severity":               {`"medium"`, `"urgent"`, "info, low"},
		"content type":           {"application/json", "text/xml", "application/json"},
		"schema of another type": {"schema:linesman.part.lost", "schema:linesman.part.seen", "dataschema"},
		"no data":                {`,"data":{"why":"<slipped>"}`, ``, "no JSON"},
		"null for a text":        {`"batch":"B-1"`, `"batch":null`, "no text"},
		"no source":              {`"/demo/line/caps-1"`, `""`, "source"},
	} {
		text := strings.Replace(judged, test.old, test.new, 1)
		var e event.Event
		err := json.Unmarshal([]byte(text), &e)
		if !errors.Is(err, event.ErrInvalid) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got error %v, want ErrInvalid with %q", name, err, test.want)
		}
	}
}

func FuzzCloudEvents(f *testing.F) {
	f.Add([]byte(judged))
	for _, e := range eventtest.Sample(5) {
		text, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"data":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var e event.Event
		if json.Unmarshal(text, &e) != nil {
			return
		}
		if err := e.Check(); err != nil {
			t.Fatalf("read what no log takes: %v", err)
		}
		again, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back event.Event
		if err := json.Unmarshal(again, &back); err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		e.Data, back.Data = nil, nil // their spaces may differ
		if d := cmp.Diff(e, back); d != "" {
			t.Fatalf("came back (-want +got):\n%s", d)
		}
	})
}

// A score that is no number must not stop a verdict from being recorded, and
// must not read as one that passes.
func TestNewOddNumbers(t *testing.T) {
	e := event.New("/demo", "p", time.Unix(1, 0), event.PartJudged{
		Outcome: "fail", Score: math.NaN(), Reasons: []event.Reason{{Measured: math.Inf(1), Limit: math.Inf(-1), Text: "t"}},
		Timing: event.Timing{Exposure: time.Unix(1, 0).UTC()},
	})
	p, err := event.As[event.PartJudged](e)
	if err != nil {
		t.Fatal(err)
	}
	if p.Score != math.MaxFloat64 || p.Reasons[0].Measured != math.MaxFloat64 || p.Reasons[0].Limit != -math.MaxFloat64 || !p.Timing.Exposure.Equal(time.Unix(1, 0)) {
		t.Errorf("got %+v", p)
	}
	if _, err := event.As[event.PartSeen](e); err == nil {
		t.Error("a part.judged was read as a part.seen")
	}
}

func TestIDs(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 999_999, time.UTC)
	seen := map[event.ID]bool{}
	var last event.ID
	for i := range 1000 {
		id := event.MakeID(at.Add(time.Duration(i) * 500)) // a fraction of a millisecond has 12 bits: 244 ns
		back, ok := event.ParseID(id.String())
		if !ok || back != id || seen[id] {
			t.Fatalf("id %s: came back as %s, %v; seen before: %v", id, back, ok, seen[id])
		}
		if string(id[:8]) <= string(last[:8]) {
			t.Fatalf("id %s does not sort after %s", id, last)
		}
		if d := at.Sub(id.Born()); d > time.Millisecond || d < -2*time.Millisecond {
			t.Fatalf("id %s was born at %s, want %s", id, id.Born(), at)
		}
		seen[id], last = true, id
	}
	for _, bad := range []string{"", "x", strings.ToUpper(last.String()), "019513f1-7c00-4abc-8def-0123456789ab", "019513f1-7c00-7abc-0def-0123456789ab", "019513f1+7c00-7abc-8def-0123456789ab", "019513g1-7c00-7abc-8def-0123456789ab"} {
		if _, ok := event.ParseID(bad); ok {
			t.Errorf("%q was taken for a UUIDv7", bad)
		}
	}
}

package proof_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linesman/event"
	"linesman/event/eventtest"
	"linesman/proof"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden holds text against a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", path, d)
	}
}

// shutter is when the parts of these tests were exposed.
var shutter = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const onePart = "019caa20-b600-7f3e-9c52-6a1f0e4b7d21" // born at noon on 2026-03-01

func hash(c string) string { return strings.Repeat(c, 64) }

// judgedEvent is a part's verdict, its entry acknowledged after 35 ms of 250.
func judgedEvent(part, outcome string, change func(*event.PartJudged)) event.Event {
	p := event.PartJudged{
		Line: "caps-1", Outcome: outcome, Score: 0.41, Model: "cap-v7@3", ModelHash: hash("b"), Recipe: "cap-28@3", RecipeHash: hash("a"),
		Lane: 1, Trigger: 4711, Tick: event.Tick{Epoch: 1, Count: 88_280}, Due: event.Tick{Epoch: 1, Count: 91_200},
		Timing: event.Timing{Exposure: shutter, Located: shutter.Add(8 * time.Millisecond), Judged: shutter.Add(27 * time.Millisecond),
			Acked: shutter.Add(35 * time.Millisecond), Deadline: shutter.Add(250 * time.Millisecond)},
	}
	if outcome != "pass" {
		p.Score, p.Evidence, p.Heatmap = 1.52, hash("c"), hash("d")
		p.Reasons = []event.Reason{{Rule: "print", Class: "wrong print", Camera: "top", Measured: 1.52, Limit: 1, Unit: "1 = threshold", Text: "the print differs from the taught one"}}
	}
	if change != nil {
		change(&p)
	}
	e := event.New("/demo/line/caps-1", "part", shutter.Add(36*time.Millisecond), p)
	e.Part, e.Batch = part, "B-2031"
	return named(e)
}

func about(e event.Event, after time.Duration, p event.Payload) event.Event {
	out := event.New("/demo/line/caps-1", "gate", shutter.Add(after), p)
	out.Part, out.Batch, out.Cause = e.Part, e.Batch, e.ID
	return named(out)
}

func gatedEvent(e event.Event, outcome, result string) event.Event {
	g := event.PartGated{Line: "caps-1", Outcome: outcome, Lane: 1, Due: event.Tick{Epoch: 1, Count: 91_200}, Result: result}
	if result == "opened" {
		g.Fired = event.Tick{Epoch: 1, Count: 91_172}
	}
	return about(e, 1043*time.Millisecond, g)
}

func confirmedEvent(e event.Event, outcome, went string) event.Event {
	return about(e, 1220*time.Millisecond, event.PartConfirmed{Line: "caps-1", Outcome: outcome, Lane: 1, Went: went, Tick: event.Tick{Epoch: 1, Count: 91_680}})
}

func plain(after time.Duration, p event.Payload) event.Event {
	e := event.New("/demo/log", "log", shutter.Add(after), p)
	return named(e)
}

// named gives an event the same id at every run.
func named(e event.Event) event.Event {
	id := event.MakeID(e.Time)
	sum := sha256.Sum256(append([]byte(e.Part+string(e.Type)), e.Data...))
	copy(id[8:], sum[:])
	id[6], id[7], id[8] = 0x70, sum[8], 0x80|sum[0]&0x3f
	e.ID = id.String()
	return e
}

// hour is an event long after the part: whatever is missing will not come.
var hour = plain(time.Hour, event.LineState{Line: "caps-1", State: "running"})

func TestTell(t *testing.T) {
	fail := judgedEvent(onePart, "fail", nil)
	pass := judgedEvent(onePart, "pass", nil)
	overruled := judgedEvent(onePart, "inconclusive", func(p *event.PartJudged) {
		p.Score, p.Evidence, p.Heatmap = 0.41, "", ""
		p.Reasons = []event.Reason{{Rule: "doubt", Text: "double triggered: the next trigger came closer than min_pitch_mm"}}
	})
	overruled.Cause = pass.ID
	late := judgedEvent(onePart, "inconclusive", func(p *event.PartJudged) {
		p.Late, p.Timing.Acked = true, time.Time{}
		p.Reasons = []event.Reason{{Rule: "doubt", Text: "late: the controller had no acknowledged entry 251 ms after exposure (at most 250)"}}
	})
	dropped := event.LogDropped{File: "parts-2026-03-01", Why: "age", From: shutter, To: shutter.Add(time.Hour)}
	suspect := about(fail, 1300*time.Millisecond, event.PartSuspect{Line: "caps-1", Lane: 1, From: event.Tick{Epoch: 1, Count: 91_200}, To: event.Tick{Epoch: 1, Count: 91_680},
		Why: "a rejected part went on: the ejector did not remove it"})
	for _, tc := range []struct {
		name   string
		events []event.Event
		gaps   []string // beginnings
	}{
		{"reject", []event.Event{fail, gatedEvent(fail, "fail", "kept"), confirmedEvent(fail, "fail", "ejected"), hour}, nil},
		{"pass", []event.Event{pass, gatedEvent(pass, "pass", "opened"), confirmedEvent(pass, "pass", "exited"), hour}, []string{"picture not kept: of passes"}},
		{"overruled", []event.Event{pass, overruled, gatedEvent(overruled, "inconclusive", "kept"), confirmedEvent(overruled, "inconclusive", "ejected"), hour},
			[]string{"picture not kept: it was a pass at first"}},
		{"late", []event.Event{late, hour}, []string{"no acknowledgement", "no gate event: the controller never reported", "no confirmation: neither"}},
		{"on-its-way", []event.Event{fail, plain(2*time.Second, event.LineState{Line: "caps-1", State: "running"})}, []string{"no gate event yet", "no confirmation yet"}},
		{"escape", []event.Event{fail, gatedEvent(fail, "fail", "kept"), confirmedEvent(fail, "fail", "exited"), suspect, hour}, nil},
		{"expired", []event.Event{suspect, plain(40*24*time.Hour, dropped)}, []string{"events of passes have expired: parts-2026-03-01"}},
		{"nothing", []event.Event{hour}, []string{"no event of this part"}},
		{"lost", []event.Event{fail, about(fail, 3*time.Second, event.PartLost{Line: "caps-1", Lane: 1, Count: 1, From: event.Tick{Epoch: 1, Count: 91_100}, Why: "it was judged fail, but no part came to the gate at its tick"}), hour},
			[]string{"no gate event: the part is given up"}},
		{"ring-lost", []event.Event{fail, hour, plain(time.Minute, event.RingLost{Count: 7, From: shutter.Add(500 * time.Millisecond), To: shutter.Add(2 * time.Second), Why: "ring full"})},
			[]string{"no gate event: the controller", "no confirmation: neither", "ring.lost, seq 3: 7 events were lost"}},
		{"ring-lost-elsewhere", []event.Event{fail, gatedEvent(fail, "fail", "kept"), confirmedEvent(fail, "fail", "ejected"), plain(2*time.Hour, event.RingLost{Count: 7, From: shutter.Add(time.Hour), To: shutter.Add(time.Hour), Why: "ring full"})}, nil},
		{"picture-dropped", []event.Event{fail, gatedEvent(fail, "fail", "kept"), confirmedEvent(fail, "fail", "ejected"), plain(time.Hour, event.EvidenceDropped{Class: "reject", Why: "size cap", Count: 1, Hashes: []string{hash("c")}})},
			[]string{"picture dropped by evidence.dropped, seq 4: size cap"}},
		{"picture-not-written", []event.Event{
			judgedEvent(onePart, "fail", func(p *event.PartJudged) { p.Evidence, p.Heatmap = "", "" }),
			plain(time.Second, event.EvidenceDropped{Class: "reject", Why: "queue full", Count: 3, From: shutter, To: shutter.Add(time.Second)}), hour},
			[]string{"no gate event", "no confirmation", "picture not kept; evidence.dropped, seq 2, tells of 3 not kept then: queue full"}},
		{"overrules-nothing", []event.Event{overruled, gatedEvent(overruled, "inconclusive", "kept"), confirmedEvent(overruled, "inconclusive", "ejected")},
			[]string{"picture not kept", "the verdict of seq 1 overrules one that the log no longer has"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for i := range tc.events {
				tc.events[i].Seq = uint64(i + 1)
			}
			s := proof.Tell(onePart, tc.events)
			ok := len(s.Gaps) == len(tc.gaps)
			for i := range min(len(s.Gaps), len(tc.gaps)) {
				ok = ok && strings.HasPrefix(s.Gaps[i], tc.gaps[i])
			}
			if !ok {
				t.Errorf("gaps %q\nwant %q", s.Gaps, tc.gaps)
			}
			var text bytes.Buffer
			if err := s.Write(&text, time.UTC); err != nil {
				t.Fatal(err)
			}
			golden(t, "story-"+tc.name+".txt", text.Bytes())
		})
	}
}

// Every step is named whatever is missing, in the order of the line.
func TestTellNamesEveryStep(t *testing.T) {
	pass := judgedEvent(onePart, "pass", nil)
	confirmed := confirmedEvent(pass, "pass", "exited")
	for name, events := range map[string][]event.Event{"nothing": nil, "verdict": {pass}, "confirmation": {confirmed}, "both": {pass, confirmed}} {
		var got []string
		for _, s := range proof.Tell(onePart, events).Steps {
			got = append(got, s.Name)
		}
		if d := cmp.Diff([]string{"trigger", "exposure", "located", "judged", "acknowledged", "due", "gated", "confirmed"}, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestTellFrom(t *testing.T) {
	log := eventtest.NewMemory()
	fail := judgedEvent(onePart, "fail", nil)
	for _, e := range []event.Event{fail, gatedEvent(fail, "fail", "kept"), confirmedEvent(fail, "fail", "ejected"), hour} {
		log.Emit(e)
	}
	gone := func(string) bool { return false }
	s, err := proof.TellFrom(context.Background(), log, onePart, gone)
	if err != nil || len(s.Gaps) != 1 || !strings.Contains(s.Gaps[0], "not among the evidence") {
		t.Errorf("gaps %q, error %v; want one of the picture", s.Gaps, err)
	}
	log.Emit(plain(2*time.Hour, event.EvidenceDropped{Class: "reject", Why: "disk pressure", Count: 1, Hashes: []string{hash("c")}}))
	if s, err = proof.TellFrom(context.Background(), log, onePart, gone); err != nil || len(s.Gaps) != 1 || !strings.Contains(s.Gaps[0], "disk pressure") {
		t.Errorf("gaps %q, error %v; want the event that dropped the picture", s.Gaps, err)
	}
	if s, err = proof.TellFrom(context.Background(), log, onePart, func(string) bool { return true }); err != nil || len(s.Gaps) != 0 {
		t.Errorf("gaps %q, error %v; want none with the picture there", s.Gaps, err)
	}
	if _, err = proof.TellFrom(context.Background(), log, "019caa20-b600-7f3e-9c52-000000000000", nil); !errors.Is(err, event.ErrGone) {
		t.Errorf("a part that never was: %v, want event.ErrGone", err)
	}
}

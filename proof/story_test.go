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

// told is a part.suspect event of a range of the belt, so long after the shutter.
func told(seq uint64, after time.Duration, p event.PartSuspect, cause string) event.Event {
	p.Line, p.Why = either(p.Line, "caps-1"), either(p.Why, "somebody at the ejector")
	e := named(event.New("/demo/line/caps-1", "gate", shutter.Add(after), p))
	e.Seq, e.Cause = seq, cause
	return e
}

func either(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// A part that met the gate while somebody stood there says so, by its tick and by
// its time: ticks come again after a restart. It was due at 1:91200.
func TestTellSuspectStretch(t *testing.T) {
	at := func(epoch, count int64) event.Tick { return event.Tick{Epoch: epoch, Count: count} }
	began := told(90, -time.Minute, event.PartSuspect{From: at(1, 91_000), To: at(1, 91_000), Open: true}, "")
	because := told(91, -time.Minute, event.PartSuspect{From: at(1, 91_000), To: at(1, 91_010), Open: true, Began: began.ID}, "the-alarm")
	end := func(after time.Duration, from, to event.Tick) event.Event {
		return told(100, after, event.PartSuspect{From: from, To: to, Began: began.ID}, "the-alarm")
	}
	for _, c := range []struct {
		name    string
		suspect []event.Event
		want    string // beginning of what its step says; empty: there is none
		cause   string
	}{
		{"nothing", nil, "", ""},
		{"it goes on", []event.Event{began}, "somebody at the ejector: it passed the gate meanwhile, from 1:91000 on", ""},
		{"it goes on, and the desk has answered", []event.Event{began, because}, "somebody at the ejector: it passed the gate meanwhile, from 1:91000 on", "the-alarm"},
		{"it is over", []event.Event{began, because, end(time.Minute, at(1, 91_000), at(1, 92_000))}, "somebody at the ejector: it passed the gate meanwhile, from 1:91000 to 1:92000", "the-alarm"},
		{"its beginning is not at hand", []event.Event{end(time.Minute, at(1, 91_000), at(1, 92_000))}, "somebody at the ejector: it passed", "the-alarm"},
		{"it was over before the part", []event.Event{began, end(2*time.Second, at(1, 91_000), at(1, 91_199))}, "", ""},
		{"it began after the part", []event.Event{told(90, time.Second, event.PartSuspect{From: at(1, 91_201), Open: true}, "")}, "", ""},
		{"the process was killed meanwhile", []event.Event{began, end(time.Hour, at(1, 7), at(1, 20))}, "somebody at the ejector: it passed", "the-alarm"},
		{"the process was killed before the part", []event.Event{began, end(-time.Second, at(1, 7), at(1, 20))}, "", ""},
		{"the same ticks of another day", []event.Event{told(90, -48*time.Hour, event.PartSuspect{From: at(1, 91_000), To: at(1, 92_000)}, "")}, "", ""},
		{"another lane", []event.Event{told(90, time.Second, event.PartSuspect{Lane: 2, From: at(1, 91_000), To: at(1, 92_000)}, "")}, "", ""},
		{"its lane, at once", []event.Event{told(90, time.Second, event.PartSuspect{Lane: 1, From: at(1, 91_000), To: at(1, 92_000)}, "")}, "somebody at the ejector: this concerns", ""},
		{"another line", []event.Event{told(90, -time.Minute, event.PartSuspect{Line: "caps-2", From: at(1, 91_000), Open: true}, "")}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			pass := judgedEvent(onePart, "pass", nil)
			log := eventtest.NewMemory()
			for _, e := range append([]event.Event{pass, gatedEvent(pass, "pass", "opened"), confirmedEvent(pass, "pass", "exited")}, c.suspect...) {
				log.Emit(e)
			}
			s, err := proof.TellFrom(t.Context(), log, onePart, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []proof.Step
			for _, st := range s.Steps {
				if st.Name == "suspect" {
					got = append(got, st)
				}
			}
			switch {
			case c.want == "" && len(got) > 0:
				t.Errorf("it says %+v", got)
			case c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0].Text, c.want) || got[0].Cause != c.cause):
				t.Errorf("it says %+v, want once %q because of %q", got, c.want, c.cause)
			}
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

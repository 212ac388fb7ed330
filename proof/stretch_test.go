package proof_test

import (
	"testing"
	"time"

	"linesman/event"
	"linesman/proof"
)

// The certificate counts the passes that met the gate while somebody stood there,
// not how often somebody did; one that was taken back is none, and of the events of
// one stretch one is an alarm.
func TestCertifySuspectParts(t *testing.T) {
	b := writeBatch(10)
	at := func(count int64) event.Tick { return event.Tick{Epoch: 1, Count: count} }
	due := func(count int64) func(*event.PartJudged) {
		return func(p *event.PartJudged) { p.Due, p.Timing.Exposure = at(count), b.at }
	}
	batch := "B-2040"
	b.emit("caps-1", batch, "", "", event.BatchOpened{Line: "caps-1"})
	first := b.emit("caps-1", batch, "", "", event.PartSuspect{Line: "caps-1", From: at(1000), To: at(1000), Open: true, Why: "somebody at the ejector"})
	b.emit("caps-1", batch, "", "the-alarm", event.PartSuspect{Line: "caps-1", From: at(1000), To: at(1005), Open: true, Began: first.ID, Why: "somebody at the ejector"})
	b.judge("caps-1", batch, "pass", "", due(999))
	b.judge("caps-1", batch, "pass", "", due(1000))
	b.judge("caps-1", batch, "fail", "", due(1050))
	b.judge("caps-1", batch, "pass", "", due(1100))
	back := b.judge("caps-1", batch, "pass", "", due(1150))
	late := judgedEvent(back.Part, "inconclusive", due(1150))
	p, err := event.As[event.PartJudged](late)
	if err != nil {
		t.Fatal(err)
	}
	b.emit("caps-1", batch, back.Part, back.ID, p)
	b.judge("caps-1", "another", "pass", "", due(1160))
	b.emit("caps-1", batch, "", "the-alarm", event.PartSuspect{Line: "caps-1", From: at(1000), To: at(1200), Began: first.ID, Why: "somebody at the ejector"})
	b.judge("caps-1", batch, "pass", "", due(1201))
	b.emit("caps-1", batch, "", "", event.PartSuspect{Line: "caps-1", Lane: 1, From: at(1300), To: at(1310), Why: "a part went on that no gate sensor saw"})
	// Who stands there now has a range that goes on.
	b.emit("caps-1", batch, "", "", event.PartSuspect{Line: "caps-1", From: at(1400), To: at(1400), Open: true, Why: "somebody else"})
	b.judge("caps-1", batch, "pass", "", due(1500))
	b.emit("caps-1", batch, "", "", event.BatchClosed{Line: "caps-1", Balanced: true})
	c := certify(t, b, proof.Wanted{Line: "caps-1", Batch: batch, Zone: time.UTC})
	if c.Counts.Suspect != 4 { // 1000, 1100, 1500, and the one that nobody saw
		t.Errorf("%d suspect parts, want 4: %+v", c.Counts.Suspect, c.Counts)
	}
	for _, a := range c.Alarms {
		if a.Type == "part.suspect" && a.Count != 3 {
			t.Errorf("%d alarms of suspect parts, want one a stretch and one for the part that nobody saw", a.Count)
		}
	}
	if differ, err := proof.Recount(t.Context(), b, c); err != nil || len(differ) > 0 {
		t.Errorf("counted again: %q, %v", differ, err)
	}
}

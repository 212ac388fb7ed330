package evidence

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"linesman/event"
)

// ledger is a log that was written before.
type ledger []event.Event

func (l ledger) Read(_ context.Context, f event.Filter) (out []event.Event, err error) {
	for _, e := range l {
		if f.Match(e) {
			out = append(out, e)
		}
	}
	if f.Newest {
		slices.Reverse(out)
	}
	return out[:min(len(out), f.Limit)], nil
}

func (l *ledger) add(at time.Time, p event.Payload) {
	e := event.New("/line", "part", at, p)
	e.Seq = uint64(len(*l) + 1)
	e.Part = fmt.Sprint("part-", e.Seq)
	*l = append(*l, e)
}

// An audit names what was deleted or altered by hand, and nothing that went the
// proper way or is still on its way.
func TestAudit(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Settings{Dir: dir})
	shas := stock(t, s, Reject, 8, 100)
	s.Close()
	hour := time.Now().Add(-time.Hour)
	var log ledger
	log.add(hour, event.PartJudged{Outcome: "pass"})
	log.add(hour, event.PartJudged{Outcome: "fail", Evidence: shas[0], Heatmap: shas[1], Views: []event.View{{Evidence: shas[0], Heatmap: shas[1]}, {Evidence: shas[2]}}})
	log.add(hour, event.PartJudged{Outcome: "fail", Evidence: shas[3]})
	log.add(hour, event.PartJudged{Outcome: "fail", Evidence: shas[4], Heatmap: shas[5]})
	log.add(hour, event.EvidenceDropped{Class: "reject", Why: "size cap", Count: 1, Hashes: []string{shas[4]}})
	log.add(time.Now(), event.PartJudged{Outcome: "fail", Evidence: fmt.Sprintf("%064x", 9)})
	for _, i := range []int{2, 4, 6} { // the last nobody names
		if err := os.Remove(s.folder.path(Reject, shas[i], ".bin")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(s.folder.path(Reject, shas[5], ".bin"), []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	var faults []string
	got, err := Folder(dir).Audit(context.Background(), log, func(f Fault) {
		faults = append(faults, fmt.Sprintf("%s %s %d %s", f.What, f.SHA256, f.Seq, f.Part))
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Audited{Named: 7, Sound: 3, Dropped: 1, Young: 1, Faults: 2}); got != want {
		t.Errorf("audited %+v, want %+v", got, want)
	}
	want := []string{"altered " + shas[5] + " 4 part-4", "missing " + shas[2] + " 2 part-2"}
	if !slices.Equal(faults, want) {
		t.Errorf("named %q, want %q", faults, want)
	}
}

// After a crash the pictures that were promised and never written are named,
// once, and those of long ago are not looked for.
func TestNeverWritten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Settings{Dir: dir})
	shas := stock(t, s, Pass, 3, 100)
	s.Close()
	crash := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	lost := func(i int) string { return fmt.Sprintf("%064x", i) }
	var log ledger
	log.add(crash.Add(-time.Hour), event.PartJudged{Outcome: "fail", Evidence: lost(1)})
	log.add(crash.Add(-9*time.Minute), event.PartJudged{Outcome: "fail", Evidence: lost(2)})
	log.add(crash.Add(-8*time.Minute), event.EvidenceDropped{Class: "reject", Why: "write failed", Count: 1, Hashes: []string{lost(2)}})
	for i := range 150 {
		log.add(crash.Add(-time.Minute), event.PartJudged{Outcome: "fail", Evidence: lost(100 + i)})
	}
	log.add(crash, event.PartJudged{Outcome: "pass", Evidence: shas[0], Views: []event.View{{Evidence: shas[0]}, {Evidence: lost(3)}}})
	ours := uint64(len(log) + 1)
	log.add(crash.Add(time.Minute), event.PartJudged{Outcome: "fail", Evidence: lost(4)}) // of the new process
	got, err := Folder(dir).NeverWritten(context.Background(), log, ours)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, d := range got {
		if d.Why != "never written" || int(d.Count) != len(d.Hashes) || len(d.Hashes) > most || d.From.After(d.To) || d.EventSeverity() != event.Medium {
			t.Errorf("told %+v", d)
		}
		for _, sha := range d.Hashes {
			count[d.Class+" "+sha]++
		}
	}
	if len(count) != 151 || count["pass "+lost(3)] != 1 || count["reject "+lost(100)] != 1 || count["reject "+lost(249)] != 1 {
		t.Errorf("named %d pictures: %v", len(count), count)
	}
	for _, d := range got {
		log.add(crash.Add(2*time.Minute), d)
	}
	if again, err := Folder(dir).NeverWritten(context.Background(), log, ours); err != nil || len(again) != 0 {
		t.Errorf("told again: %+v, %v", again, err)
	}
}

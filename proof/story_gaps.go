package proof

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"linesman/event"
)

// patience is how long after a part's last step the log may be silent of it
// before that is a gap: the way from camera to exit on a slow belt.
const patience = 15 * time.Second

// explain says what is missing, and finds among the events around the part what
// took it.
func (t *telling) explain(own, around []event.Event) {
	gap := func(format string, a ...any) { t.Gaps = append(t.Gaps, fmt.Sprintf(format, a...)) }
	young := !t.last.IsZero() && !t.until.IsZero() && t.until.Sub(t.last) < patience
	expired := t.expired(around)
	switch {
	case len(own) == 0 && expired == "":
		gap("no event of this part: it was never here, its events were lost, or they have expired")
		return
	case len(t.Verdicts) == 0 && expired != "":
		gap("events of passes have expired: %s", expired)
	case len(t.Verdicts) == 0 && young:
		gap("no verdict yet")
	case len(t.Verdicts) == 0:
		gap("no verdict: neither part.judged nor what would explain its absence is in the log")
	}
	if len(t.Verdicts) > 0 && t.judged.Timing.Acked.IsZero() {
		gap("no acknowledgement: the verdict was written before the controller had the entry; whether it came later shows at the gate")
	}
	if p := t.judged.Timing; len(t.Verdicts) > 0 && (p.Located.IsZero() || p.Judged.IsZero() || p.Exposure.IsZero()) {
		gap("not every stage before the gate has its time")
	}
	t.silence(young, expired, gap)
	if len(t.Verdicts) > 0 {
		t.picture(around, gap)
	}
	for _, v := range t.Verdicts[min(1, len(t.Verdicts)):] {
		if !slices.ContainsFunc(t.Verdicts, func(w Ruling) bool { return w.ID == v.Cause }) {
			gap("the verdict of seq %d overrules one that the log does not have (%s)", v.Seq, or(v.Cause, "it names none"))
		}
	}
	if v := t.Verdicts; len(v) > 0 && v[0].Cause != "" {
		gap("the verdict of seq %d overrules one that the log no longer has (%s)", v[0].Seq, v[0].Cause)
	}
	for _, e := range around {
		t.hole(e, gap)
	}
}

// silence says what is missing behind the gate.
func (t *telling) silence(young bool, expired string, gap func(string, ...any)) {
	switch {
	case t.gated || len(t.Verdicts) == 0 && expired != "":
	case young:
		gap("no gate event yet")
	case t.lost:
		gap("no gate event: the part is given up, see \"lost\"")
	default:
		gap("no gate event: the controller never reported what it did with the entry")
	}
	switch {
	case t.confirmed || len(t.Verdicts) == 0 && expired != "":
	case young:
		gap("no confirmation yet")
	case t.lost:
	default:
		gap("no confirmation: neither the exit nor the ejection sensor was matched to this part")
	}
}

// picture says why there is none.
func (t *telling) picture(around []event.Event, gap func(string, ...any)) {
	if t.Picture == "" && t.Outcome == "pass" && len(t.Verdicts) == 1 {
		gap("picture not kept: of passes only samples are")
		return
	}
	class := "reject"
	switch t.Outcome {
	case "inconclusive":
		class = "inconclusive"
	case "pass":
		class = "pass"
	}
	for _, e := range around {
		d, err := event.As[event.EvidenceDropped](e)
		if err != nil {
			continue
		}
		switch {
		case t.Picture != "" && slices.Contains(d.Hashes, t.Picture):
			t.explained = true
			gap("picture dropped by evidence.dropped, seq %d: %s%s", e.Seq, d.Why, after(d.Error))
			return
		case t.Picture == "" && d.Class == class && within(t.first, d.From, d.To, 5*time.Second):
			gap("picture not kept; evidence.dropped, seq %d, tells of %d not kept then: %s%s", e.Seq, d.Count, d.Why, after(d.Error))
			return
		}
	}
	switch {
	case t.Picture == "" && t.Verdicts[0].Outcome == "pass":
		gap("picture not kept: it was a pass at first, and of passes only samples are")
	case t.Picture == "":
		gap("picture not kept, and no evidence.dropped says why")
	}
}

// hole says of a loss whose time covers the part's.
func (t *telling) hole(e event.Event, gap func(string, ...any)) {
	if t.first.IsZero() {
		return
	}
	if l, err := event.As[event.RingLost](e); err == nil && !l.From.After(t.last.Add(patience)) && !l.To.Before(t.first) {
		n := "an unknown number of"
		if l.Count > 0 {
			n = number(l.Count)
		}
		gap("ring.lost, seq %d: %s events were lost between %s and %s, perhaps some of this part: %s", e.Seq, n, clock(l.From), clock(l.To), l.Why)
	}
	if d, err := event.As[event.LogDamaged](e); err == nil && dayOf(d.File) == t.first.UTC().Format(time.DateOnly) {
		gap("log.damaged, seq %d: file %s of that day can not be read: %s", e.Seq, d.File, d.Why)
	}
}

// expired tells of the file in which a pass of this part's day was, if retention
// dropped it. A part's id says when the part was first seen.
func (t *telling) expired(around []event.Event) string {
	born := t.first
	if id, ok := event.ParseID(t.Part); ok && born.IsZero() {
		born = id.Born()
	}
	if born.IsZero() {
		return ""
	}
	for _, e := range around {
		if d, err := event.As[event.LogDropped](e); err == nil && dayOf(d.File) == born.UTC().Format(time.DateOnly) {
			return fmt.Sprintf("%s was dropped on %s by log.dropped, seq %d: %s", d.File, e.Time.UTC().Format(time.DateOnly), e.Seq, d.Why)
		}
	}
	return ""
}

// dayOf returns the UTC day in a log file's name, "parts-2026-03-01"; empty if
// there is none.
func dayOf(file string) string {
	for _, kind := range []string{"parts-", "record-"} {
		if len(file) >= len(kind)+len(time.DateOnly) && file[:len(kind)] == kind {
			return file[len(kind) : len(kind)+len(time.DateOnly)]
		}
	}
	return ""
}

// within reports whether at lies between from and to, give or take slack.
func within(at, from, to time.Time, slack time.Duration) bool {
	return !at.Before(from.Add(-slack)) && !at.After(to.Add(slack))
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func milliseconds(d time.Duration) *float64 {
	ms := float64(d) / 1e6
	return &ms
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func after(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// counts says how far something was from a tick.
func counts(off int64) string {
	switch {
	case off < 0:
		return strconv.FormatInt(-off, 10) + " counts before"
	case off > 0:
		return strconv.FormatInt(off, 10) + " counts after"
	}
	return "exactly when"
}

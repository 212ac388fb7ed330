package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"linesman/event"
	"linesman/sim"
)

// fates counts by truth what became of the parts, while they come: what a shift
// keeps of a part must not grow with the shift. Parts come in the order of
// their places.
type fates struct {
	clear                             float64 // mm: closer parts the gate can not part
	good, defective, passed           int
	escapes, falseRejects, collateral int

	bad  []sim.Fate // defective ones that may yet have a neighbour
	kept []sim.Part // good ones in the bin, whose neighbours are not all there
}

func (t *fates) take(f sim.Fate) error {
	if f.Side == sim.Removed {
		return errors.New("a part was taken off the belt: this is no bench any more")
	}
	passed := f.Side == sim.Passed
	if passed {
		t.passed++
	}
	switch {
	case f.Part.Defective():
		t.defective++
		t.bad = append(t.bad, f)
		if passed {
			t.escapes++
		}
	default:
		t.good++
		if !passed {
			t.kept = append(t.kept, f.Part)
		}
	}
	t.settle(f.Part.MM - t.clear)
	return nil
}

// settle tells collateral from false rejects among the parts before a place up
// to which every neighbour is known.
func (t *fates) settle(before float64) {
	for len(t.kept) > 0 && t.kept[0].MM < before {
		if beside(t.bad, t.kept[0], t.clear, t.clear) {
			t.collateral++
		} else {
			t.falseRejects++
		}
		t.kept = t.kept[1:]
	}
	oldest := before
	if len(t.kept) > 0 {
		oldest = t.kept[0].MM
	}
	for len(t.bad) > 0 && t.bad[0].Part.MM < oldest-t.clear {
		t.bad = t.bad[1:]
	}
}

func (t *fates) met() int { return t.good + t.defective }

// What the log says of one part.
const (
	saysJudged = 1 << iota
	saysRejected
	saysGated
	saysConfirmed
)

// LogCount is what a log holds of a shift, event by event.
type LogCount struct {
	Judged    int `json:"parts_judged"` // each part counts once
	Gated     int `json:"parts_gated"`
	Confirmed int `json:"parts_confirmed"`
	Whole     int `json:"parts_judged_gated_and_confirmed"`
	Rejected  int `json:"verdicts_reject"` // by its last verdict
	// KeptBack counts the passes that the controller did not let through, by its
	// answer: vetoed beside a part that is none.
	KeptBack map[string]int `json:"passes_kept_back"`
	// By counts the events by type, less those that every part has.
	By map[string]int `json:"other_events"`

	lost uint64 // as the ring tells in its events
}

// countLog reads the whole log.
func countLog(ctx context.Context, log event.Log) (*LogCount, error) {
	const step = 4096
	c, parts := &LogCount{By: map[string]int{}, KeptBack: map[string]int{}}, map[event.ID]uint8{}
	for after := uint64(0); ; {
		events, err := log.Read(ctx, event.Filter{After: after, Limit: step})
		if err != nil {
			return nil, err
		}
		for i := range events {
			if err := c.take(&events[i], parts); err != nil {
				return nil, err
			}
			after = events[i].Seq
		}
		if len(events) < step {
			break
		}
	}
	const whole = saysJudged | saysGated | saysConfirmed
	for _, says := range parts {
		c.Judged += int(says & saysJudged / saysJudged)
		c.Rejected += int(says & saysRejected / saysRejected)
		c.Gated += int(says & saysGated / saysGated)
		c.Confirmed += int(says & saysConfirmed / saysConfirmed)
		if says&whole == whole {
			c.Whole++
		}
	}
	return c, nil
}

func (c *LogCount) take(e *event.Event, parts map[event.ID]uint8) error {
	says := uint8(0)
	switch e.Type {
	case event.PartJudged{}.EventType():
		says = saysJudged
	case event.PartGated{}.EventType():
		says = saysGated
		if e.Severity > event.Info { // else it opened for a pass, or stayed for a reject
			if err := c.gated(e); err != nil {
				return err
			}
		}
	case event.PartConfirmed{}.EventType():
		says = saysConfirmed
	default:
		c.By[string(e.Type)]++
		if lost, err := event.As[event.RingLost](*e); err == nil { // of any other type it is an error
			c.lost += lost.Count
		}
		return nil
	}
	id, ok := event.ParseUUID(e.Part)
	if !ok {
		return fmt.Errorf("event %d is of part %q, which is no UUID", e.Seq, e.Part)
	}
	was := parts[id]
	if says == saysJudged {
		was &^= saysRejected
		if passes, err := outcomePass(e); err != nil {
			return err
		} else if !passes {
			says |= saysRejected
		}
	}
	parts[id] = was | says
	return nil
}

func (c *LogCount) gated(e *event.Event) error {
	p, err := event.As[event.PartGated](*e)
	if err == nil && p.Outcome == "pass" {
		c.KeptBack[p.Result]++
	}
	return err
}

func outcomePass(e *event.Event) (bool, error) {
	if e.Pass() {
		return true, nil
	}
	var p struct{ Outcome string }
	if err := json.Unmarshal(e.Data, &p); err != nil {
		return false, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	return p.Outcome == "pass", nil
}

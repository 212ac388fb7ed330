package proof

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"linesman/event"
)

// pageOf is how many events are read at a time.
const pageOf = 4000

// each calls fn with every event of the filter up to the certificate's seq.
func (c *Certificate) each(ctx context.Context, log Log, f event.Filter, fn func(event.Event) error) error {
	if f.Before == 0 {
		f.Before = c.Seq + 1
	}
	f.Limit = pageOf
	for {
		events, err := log.Read(ctx, f)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := fn(e); err != nil {
				return err
			}
			f.After = e.Seq
		}
		if len(events) < pageOf {
			return nil
		}
	}
}

// count fills in everything that the log tells.
func (c *Certificate) count(ctx context.Context, log Log) error {
	dropped, err := c.dropped(ctx, log)
	if err != nil {
		return err
	}
	if err := c.countVerdicts(ctx, log); err != nil {
		return err
	}
	if err := c.countRest(ctx, log, dropped); err != nil {
		return err
	}
	return c.countAfter(ctx, log)
}

// scoped returns a filter of the certificate's own events.
func (c *Certificate) scoped(types ...event.Type) event.Filter {
	if c.Batch != "" {
		return event.Filter{Batch: c.Batch, Types: types}
	}
	return event.Filter{From: c.From, To: c.To, Types: types}
}

// verdict is what is counted of a part.judged event; reading no more of it
// makes a shift of three million parts bearable.
type verdict struct {
	Line       string `json:"line"`
	Outcome    string `json:"outcome"`
	Late       bool   `json:"late"`
	Collateral bool   `json:"collateral"`
	Model      string `json:"model"`
	ModelHash  string `json:"model_sha256"`
	Recipe     string `json:"recipe"`
	RecipeHash string `json:"recipe_sha256"`
}

// countVerdicts counts parts by their last verdict.
func (c *Certificate) countVerdicts(ctx context.Context, log Log) error {
	type named = Named
	recipes, models := map[named]uint64{}, map[named]uint64{}
	add := func(v verdict, n uint64) { // n is 1, or its negative to take one back
		switch v.Outcome {
		case "pass":
			c.Counts.Pass += n
		case "fail":
			c.Counts.Fail += n
		default:
			c.Counts.Inconclusive += n
		}
		if v.Late {
			c.Counts.Late += n
		}
		if v.Collateral {
			c.Counts.Collateral += n
		}
		recipes[named{v.Recipe, v.RecipeHash}] += n
		models[named{v.Model, v.ModelHash}] += n
	}
	belt, err := c.suspected(ctx, log)
	if err != nil {
		return err
	}
	suspect := map[string]bool{} // passes that met the gate within a stretch
	filter := c.scoped(event.PartJudged{}.EventType())
	err = c.each(ctx, log, filter, func(e event.Event) error {
		var v verdict
		if err := json.Unmarshal(e.Data, &v); err != nil || v.Line != c.Line {
			return nil
		}
		add(v, 1)
		delete(suspect, e.Part) // its last verdict counts
		if v.Outcome == "pass" && len(belt) > 0 {
			j, err := event.As[event.PartJudged](e)
			if err == nil && slices.ContainsFunc(belt, func(s stretch) bool { return s.holds(j.Line, j.Lane, j.Timing.Exposure, j.Due) }) {
				suspect[e.Part] = true
			}
		}
		if e.Cause == "" {
			return nil
		}
		// It overrules: the verdict before must not count too.
		before, err := log.Read(ctx, event.Filter{Part: e.Part, Types: filter.Types, Before: e.Seq})
		if err != nil {
			return err
		}
		for _, old := range before {
			if old.ID == e.Cause && filter.Match(old) {
				var was verdict
				if json.Unmarshal(old.Data, &was) == nil && was.Line == c.Line {
					c.Counts.Overruled++
					add(was, ^uint64(0))
				}
			}
		}
		return nil
	})
	c.Counts.Suspect += uint64(len(suspect))
	c.Recipes, c.Models = judges(recipes), judges(models)
	return err
}

func judges(counted map[Named]uint64) []Judge {
	out := []Judge{}
	for n, parts := range counted {
		if n != (Named{}) {
			out = append(out, Judge{n.Name, n.SHA256, parts})
		}
	}
	slices.SortFunc(out, func(a, b Judge) int {
		return cmp.Or(-cmp.Compare(a.Parts, b.Parts), cmp.Compare(a.Name, b.Name), cmp.Compare(a.SHA256, b.SHA256))
	})
	return out
}

// bulk are the types of which there is one a part. Verdicts are counted by
// themselves; the others say of each part what the account says of all.
var bulk = []event.Type{event.PartSeen{}.EventType(), event.PartJudged{}.EventType(), event.PartGated{}.EventType(), event.PartConfirmed{}.EventType()}

// rest are all other types: ours of today, and the families to come.
func rest() []event.Type {
	out := []event.Type{"linesman.alarm.*", "linesman.eyes.*", "linesman.zone.*", "linesman.line.crossed.*", "linesman.goods.*", "linesman.dress.*", "linesman.person.*", "linesman.fire.*", "linesman.equipment.*", "linesman.energy.*", "linesman.supply.*"}
	for _, p := range event.Payloads() {
		if t := p.EventType(); !slices.Contains(bulk, t) {
			out = append(out, t)
		}
	}
	return out
}

// countRest counts what is not one a part: alarms, accounts, challenges, eyes,
// losses of parts, and the minutes of passes that have expired.
func (c *Certificate) countRest(ctx context.Context, log Log, dropped []event.LogDropped) error {
	alarms := map[event.Type]*Alarm{}
	worst := map[event.Type]event.Severity{}
	challenges := map[Challenge]*Challenge{}
	eyes := map[string]*Eye{}
	mismatches := map[string]uint64{}
	expired := &Expired{Files: []string{}}
	c.Accounts = []BatchAccount{}
	err := c.each(ctx, log, event.Filter{From: c.From, To: c.To, Types: rest()}, func(e event.Event) error {
		if !c.concerns(e) {
			return nil
		}
		if e.Severity >= event.High && !continues(e) {
			a := alarms[e.Type]
			if a == nil {
				a = &Alarm{Type: strings.TrimSuffix(strings.TrimPrefix(string(e.Type), "linesman."), ".v1"), First: e.Time.UTC(), Text: why(e)}
				alarms[e.Type] = a
			}
			a.Count, a.Last, worst[e.Type] = a.Count+1, e.Time.UTC(), max(worst[e.Type], e.Severity)
		}
		switch e.Type {
		case event.BatchClosed{}.EventType():
			if p, err := event.As[event.BatchClosed](e); err == nil && p.Line == c.Line {
				c.Accounts = append(c.Accounts, BatchAccount{Batch: e.Batch, Seq: e.Seq, At: e.Time.UTC(), Account: p.Account, Balanced: p.Balanced})
			}
		case event.LedgerMismatch{}.EventType():
			mismatches[e.Batch]++
		case event.PartLost{}.EventType():
			if p, err := event.As[event.PartLost](e); err == nil {
				c.Counts.Lost += p.Count
			}
		case event.PartSuspect{}.EventType():
			if p, err := event.As[event.PartSuspect](e); err == nil && !p.Open && p.Began == "" { // of those the passes are counted
				c.Counts.Suspect++
			}
		case event.ChallengeResult{}.EventType():
			if p, err := event.As[event.ChallengeResult](e); err == nil && p.Line == c.Line {
				key := Challenge{Kind: p.Kind, Want: p.Want}
				if challenges[key] == nil {
					challenges[key] = &Challenge{Kind: p.Kind, Want: p.Want}
				}
				challenges[key].Run++
				if p.Right {
					challenges[key].Right++
				}
			}
		case event.CameraState{}.EventType():
			if p, err := event.As[event.CameraState](e); err == nil {
				if eyes[p.Camera] == nil {
					eyes[p.Camera] = &Eye{Camera: p.Camera}
				}
				if eyes[p.Camera].State = p.State; e.Severity >= event.High {
					eyes[p.Camera].Down++
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(dropped) > 0 {
		if err := c.countMinutes(ctx, log, dropped, expired); err != nil {
			return err
		}
		c.Expired, c.Counts.Pass = expired, c.Counts.Pass+expired.Pass
	}
	for i := range c.Accounts {
		c.Accounts[i].Mismatches = mismatches[c.Accounts[i].Batch]
	}
	c.Alarms = []Alarm{}
	for typ, a := range alarms {
		a.Severity = worst[typ].String()
		c.Alarms = append(c.Alarms, *a)
	}
	slices.SortFunc(c.Alarms, func(a, b Alarm) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), -cmp.Compare(a.Count, b.Count), cmp.Compare(a.Type, b.Type)) // "critical" < "high"
	})
	c.Challenges = []Challenge{}
	for _, ch := range challenges {
		c.Challenges = append(c.Challenges, *ch)
	}
	slices.SortFunc(c.Challenges, func(a, b Challenge) int {
		return cmp.Or(cmp.Compare(a.Want, b.Want), cmp.Compare(a.Kind, b.Kind))
	})
	c.Eyes = []Eye{}
	for _, name := range slices.Sorted(maps.Keys(eyes)) {
		c.Eyes = append(c.Eyes, *eyes[name])
	}
	return nil
}

// continues reports whether an event only says more of what was told before.
func continues(e event.Event) bool {
	p, err := event.As[event.PartSuspect](e)
	return err == nil && p.Began != ""
}

// suspected reads the stretches of belt that were suspect for a time: those that
// began before the certificate's, and those within.
func (c *Certificate) suspected(ctx context.Context, log Log) ([]stretch, error) {
	types := []event.Type{event.PartSuspect{}.EventType()}
	events, err := log.Read(ctx, event.Filter{Types: types, To: c.From, Before: c.Seq + 1, Newest: true, Limit: aroundAtMost})
	if err != nil {
		return nil, err
	}
	err = c.each(ctx, log, event.Filter{Types: types, From: c.From}, func(e event.Event) error {
		events = append(events, e)
		return nil
	})
	return slices.DeleteFunc(stretches(events), func(s stretch) bool { return !s.goesOn }), err
}

// concerns reports whether an event of this time belongs to the certificate's
// line and batch, or to none and so perhaps to it.
func (c *Certificate) concerns(e event.Event) bool {
	if _, line, ok := strings.Cut(e.Source, "/line/"); ok && line != c.Line {
		return false
	}
	var of struct {
		Line string `json:"line"`
	}
	if json.Unmarshal(e.Data, &of) == nil && of.Line != "" && of.Line != c.Line {
		return false
	}
	return c.Batch == "" || e.Batch == "" || e.Batch == c.Batch
}

// why is what an event says for a person.
func why(e event.Event) string {
	var p struct {
		Why, What, Text, State, Kind string
	}
	if json.Unmarshal(e.Data, &p) != nil {
		return ""
	}
	return cmp.Or(p.Why, p.What, p.Text, p.State, p.Kind)
}

// dropped returns the files of passes of this time that retention took.
func (c *Certificate) dropped(ctx context.Context, log Log) ([]event.LogDropped, error) {
	var out []event.LogDropped
	// What retention took since the head counts too: those events are gone now.
	f := event.Filter{Types: []event.Type{event.LogDropped{}.EventType()}, From: c.From, Before: 1 << 62}
	err := c.each(ctx, log, f, func(e event.Event) error {
		d, err := event.As[event.LogDropped](e)
		if err == nil && strings.HasPrefix(d.File, "parts-") && d.From.Before(c.To) && !d.To.Before(c.From) {
			out = append(out, d)
		}
		return nil
	})
	return out, err
}

// countMinutes adds up the passes of the dropped files' time.
func (c *Certificate) countMinutes(ctx context.Context, log Log, dropped []event.LogDropped, x *Expired) error {
	for _, d := range dropped {
		x.Files = append(x.Files, d.File)
	}
	// A minute is written at its end, by the line or when its file was folded.
	f := event.Filter{Types: []event.Type{event.LineMinute{}.EventType()}, From: c.From, Before: 1 << 62}
	return c.each(ctx, log, f, func(e event.Event) error {
		m, err := event.As[event.LineMinute](e)
		if err != nil || m.Line != c.Line || c.Batch != "" && e.Batch != c.Batch || m.From.Before(c.From.Truncate(time.Minute)) || !m.From.Before(c.To) {
			return nil
		}
		for _, d := range dropped {
			if !m.From.Before(d.From.Truncate(time.Minute)) && !m.From.After(d.To) {
				x.Minutes++
				x.Pass += m.Pass // an overruled pass is taken back modulo 2^64
				break
			}
		}
		return nil
	})
}

// countAfter reads what may have been told later of this time: losses, pictures
// that went, and signatures.
func (c *Certificate) countAfter(ctx context.Context, log Log) error {
	c.Losses, c.Signatures, c.Pictures = []Loss{}, []Signature{}, []Pictures{}
	pictures := map[Pictures]uint64{}
	types := []event.Type{event.RingLost{}.EventType(), event.LogDamaged{}.EventType(), event.EvidenceDropped{}.EventType(), event.AuditSigned{}.EventType()}
	err := c.each(ctx, log, event.Filter{From: c.From, Types: types}, func(e event.Event) error {
		touches := func(from, to time.Time) bool { return from.Before(c.To) && !to.Before(c.From) }
		if p, err := event.As[event.RingLost](e); err == nil && touches(p.From, p.To) {
			c.Losses = append(c.Losses, Loss{e.Seq, "ring.lost", p.Count, p.From.UTC(), p.To.UTC(), p.Why})
		}
		if p, err := event.As[event.LogDamaged](e); err == nil {
			if day, err := time.Parse(time.DateOnly, dayOf(p.File)); err != nil || touches(day, day.AddDate(0, 0, 1)) {
				c.Losses = append(c.Losses, Loss{Seq: e.Seq, What: "log.damaged", Why: p.File + ": " + p.Why})
			}
		}
		if p, err := event.As[event.EvidenceDropped](e); err == nil && touches(p.From, p.To) {
			pictures[Pictures{Class: p.Class, Why: p.Why}] += p.Count
		}
		if p, err := event.As[event.AuditSigned](e); err == nil && c.Batch != "" && (e.Batch == c.Batch || p.Subject == "batch "+c.Batch) {
			c.Signatures = append(c.Signatures, Signature{e.Seq, e.Time.UTC(), p.Name, p.User, p.Role, p.Meaning, p.Subject, p.SHA256})
		}
		return nil
	})
	for p, n := range pictures {
		p.Count = n
		c.Pictures = append(c.Pictures, p)
	}
	slices.SortFunc(c.Pictures, func(a, b Pictures) int { return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Why, b.Why)) })
	return err
}

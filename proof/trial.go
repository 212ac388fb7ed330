package proof

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"linesman/event"
)

// Trial says which stored parts a candidate is tried on.
type Trial struct {
	Sample
	Labels []Labelled      // of the parts that are meant; all that can be judged are
	Taught map[string]bool // parts that the candidate was taught from
}

// TrialReport is what would change if the candidate judged.
type TrialReport struct {
	Verdicts   int             `json:"verdicts"`       // first verdicts on parts in that time
	Kept       int             `json:"with_pictures"`  // of these
	Drawn      int             `json:"drawn"`          // of these
	Again      int             `json:"judged_again"`   // of these
	ByOutcome  map[string]int  `json:"by_outcome"`     // judged again, by the recorded outcome
	Changes    map[string]int  `json:"outcome_change"` // parts by "pass -> fail"
	Price      Price           `json:"price"`
	Freed      Freed           `json:"rejects_passed"`
	Labelled   map[Label]Tally `json:"labelled"` // all that can be judged, drawn or not
	Impossible map[Why]int     `json:"not_possible"`
	Examples   map[Why]string  `json:"not_possible_for_example"` // the first of each, in full
	Changed    []Turned        `json:"changed"`                  // labelled first, then in the log's order
}

// Turns counts the drawn parts that change: passes that would be rejected, rejects
// that would be let through, and what is rejected either way.
func (out *TrialReport) Turns() (reject, pass, other int) {
	for change, n := range out.Changes {
		switch {
		case strings.HasPrefix(change, "pass -> "):
			reject += n
		case strings.HasSuffix(change, " -> pass"):
			pass += n
		default:
			other += n
		}
	}
	return reject, pass, other
}

// Price is what the candidate costs in good parts: of passes that nobody
// labelled a missed defect, those that it would reject. Parts that it was
// taught from are counted apart, since they show nothing.
type Price struct {
	Passes       int     `json:"passes"`
	Rejected     int     `json:"rejected"`                // of these
	Upper        float64 `json:"upper_95,omitempty"`      // bound on the share, one-sided; absent where the counts allow none
	Taught       int     `json:"taught_passes"`           // passes that it was taught from
	TaughtReject int     `json:"taught_passes_rejected"`  // of these
	Missed       int     `json:"missed_defects_in_draw"`  // passes labelled a missed defect: no price
	MissedFound  int     `json:"missed_defects_rejected"` // of these
}

// Freed is how many rejects it would let through. One labelled a defect escapes;
// one that nobody labelled may.
type Freed struct {
	Rejects   int `json:"rejects"`
	Passed    int `json:"passed"`     // of these
	NotLabels int `json:"unlabelled"` // of those passed: somebody has to look
	Defects   int `json:"defects"`    // of those passed: labelled a defect, so each is an escape
}

// Tally is how the candidate answers to parts with one label.
type Tally struct {
	Parts  int `json:"parts"`
	Right  int `json:"right"`  // a defective part rejected, a good one passed
	Taught int `json:"taught"` // of the parts: it was taught from them, so right is no proof
}

// Turned is one part whose outcome would be another one.
type Turned struct {
	Part    string    `json:"part"`
	Line    string    `json:"line"`
	At      time.Time `json:"at"`            // of the exposure, UTC
	Seq     uint64    `json:"seq,omitempty"` // of the verdict
	Label   string    `json:"label,omitempty"`
	Class   string    `json:"class,omitempty"` // of a defective part
	Taught  bool      `json:"taught,omitempty"`
	Extra   bool      `json:"not_drawn,omitempty"` // judged for its label alone, and in no count but by label
	Was     Verdict   `json:"was"`
	Is      Verdict   `json:"is"`
	Picture string    `json:"picture_sha256"`
	// Pictures are of all views, where there are several.
	Pictures []string `json:"pictures_sha256,omitempty"`
}

// Try judges a sample of stored parts, and all labelled ones, by the candidate
// that Judges hands out. Nothing is written.
func (r *Replay) Try(ctx context.Context, t Trial) (*TrialReport, error) {
	if t.Parts <= 0 {
		return nil, fmt.Errorf("a sample of %d parts shows nothing: want at least 1", t.Parts)
	}
	count := &Report{Impossible: map[Why]int{}}
	drawn, err := r.draw(ctx, t.Sample, count)
	if err != nil {
		return nil, err
	}
	out := &TrialReport{Verdicts: count.Verdicts, Kept: count.Kept, Drawn: count.Drawn, ByOutcome: map[string]int{}, Changes: map[string]int{},
		Labelled: map[Label]Tally{}, Impossible: count.Impossible, Examples: map[Why]string{}, Changed: []Turned{}}
	parts, labels, err := r.withLabelled(ctx, t.Labels, drawn)
	if err != nil {
		return nil, err
	}
	all, err := r.again(ctx, parts)
	if err != nil {
		return nil, err
	}
	for i := range all {
		out.add(&all[i], labels[all[i].Part], t.Taught[all[i].Part], &parts[i], i < len(drawn))
	}
	out.Price.Upper, _ = Upper(uint64(out.Price.Rejected), uint64(out.Price.Passes))
	slices.SortStableFunc(out.Changed, func(a, b Turned) int {
		switch {
		case a.Label != "" && b.Label == "":
			return -1
		case a.Label == "" && b.Label != "":
			return 1
		}
		return int(int64(a.Seq) - int64(b.Seq))
	})
	return out, nil
}

// withLabelled adds the labelled parts that were not drawn.
func (r *Replay) withLabelled(ctx context.Context, labels []Labelled, drawn []stored) ([]stored, map[string]*Labelled, error) {
	by := map[string]*Labelled{}
	for i := range labels {
		by[labels[i].Part] = &labels[i]
	}
	there := map[string]bool{}
	for _, s := range drawn {
		there[s.part] = true
	}
	parts := slices.Clone(drawn)
	for i := range labels {
		l := &labels[i]
		if there[l.Part] || l.Unlearned != "" {
			continue
		}
		s, err := r.verdictOf(ctx, l)
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, s)
	}
	return parts, by, nil
}

// verdictOf reads a labelled part's verdict; its label repeats what it was
// reached from, should it have expired.
func (r *Replay) verdictOf(ctx context.Context, l *Labelled) (stored, error) {
	s := stored{part: l.Part, batch: l.Batch, views: l.Views, verdict: event.PartJudged{Line: l.Line, Outcome: l.Outcome, Recipe: l.Recipe, RecipeHash: l.RecipeHash,
		Model: l.Model, ModelHash: l.ModelHash, Lane: l.Lane, Evidence: l.Evidence[0], Views: l.Views}}
	events, err := r.Log.Read(ctx, event.Filter{Part: l.Part, Types: []event.Type{event.PartJudged{}.EventType()}})
	if err != nil {
		return s, err
	}
	for _, e := range events {
		p, err := event.As[event.PartJudged](e)
		if err != nil {
			return s, err
		}
		s.take(e, p)
	}
	return s, nil
}

// add enters one part; drawn says that it is of the sample, not only labelled.
func (out *TrialReport) add(r *Replayed, l *Labelled, taught bool, s *stored, drawn bool) {
	if r.Why != "" {
		if drawn {
			out.Impossible[r.Why]++
		}
		if out.Examples[r.Why] == "" {
			out.Examples[r.Why] = "part " + r.Part + ": " + r.Error
		}
		return
	}
	label := NoLabel
	if l != nil {
		label = Label(l.Label)
	}
	was, is := r.Was.Outcome == "pass", r.Is.Outcome == "pass"
	if drawn {
		out.Again++
		out.ByOutcome[r.Was.Outcome]++
		out.count(label, taught, was, is)
		if r.Outcome {
			out.Changes[r.Was.Outcome+" -> "+r.Is.Outcome]++
		}
	}
	t := Turned{Part: r.Part, Line: r.Line, At: s.verdict.Timing.Exposure.UTC(), Seq: r.Seq, Taught: taught, Extra: !drawn, Was: r.Was, Is: *r.Is, Picture: s.verdict.Evidence, Pictures: s.pictures()}
	if l != nil {
		t.Label, t.Class = l.Label, l.Class
		tally := out.Labelled[label]
		tally.Parts++
		tally.Right += one(is != label.Bad())
		tally.Taught += one(taught)
		out.Labelled[label] = tally
	}
	if r.Outcome {
		out.Changed = append(out.Changed, t)
	}
}

// count enters one drawn part into what the candidate costs and what it lets
// through; was and is say whether it passed and would pass.
func (out *TrialReport) count(label Label, taught, was, is bool) {
	p := &out.Price
	switch {
	case was && label.Bad():
		p.Missed++
		p.MissedFound += one(!is)
	case was && taught:
		p.Taught++
		p.TaughtReject += one(!is)
	case was:
		p.Passes++
		p.Rejected += one(!is)
	default:
		out.Freed.Rejects++
		out.Freed.Passed += one(is)
		out.Freed.NotLabels += one(is && label == NoLabel)
		out.Freed.Defects += one(is && label == Defect)
	}
}

// pictures are those of all views, nil where one says it all.
func (s *stored) pictures() (all []string) {
	for _, v := range s.views {
		if v.Evidence != "" {
			all = append(all, v.Evidence)
		}
	}
	if len(all) < 2 {
		return nil
	}
	return all
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// KeptPasses draws passes whose pictures are kept, evenly, with these pictures:
// half of those there are, so that as many are left to try a candidate on, but
// not fewer than least if there are, nor more than most. Parts that skip says
// are left out.
func (r *Replay) KeptPasses(ctx context.Context, least, most int, skip func(part string) bool) ([]Case, error) {
	count := &Report{Impossible: map[Why]int{}}
	if _, err := r.draw(ctx, Sample{Parts: 1}, count); err != nil {
		return nil, err
	}
	n := min(most, max(count.Kept/2, min(count.Kept, least)))
	if n == 0 {
		return nil, nil
	}
	drawn, err := r.draw(ctx, Sample{Parts: n, Seed: 1}, &Report{Impossible: map[Why]int{}})
	if err != nil {
		return nil, err
	}
	var out []Case
	for i := range drawn {
		s := &drawn[i]
		if s.verdict.Outcome != "pass" || skip != nil && skip(s.part) {
			continue
		}
		c := Case{Part: s.part, Judged: s.verdict}
		c.Judged.Views = s.views
		if c.Pictures, err = r.pictures(s.views); err == nil { // one that has made room is one less
			out = append(out, c)
		}
	}
	return out, nil
}

// LabelledCase is a labelled part with its pictures.
func (r *Replay) LabelledCase(ctx context.Context, l *Labelled) (Case, error) {
	if l.Unlearned != "" {
		return Case{}, errors.New(l.Unlearned)
	}
	s, err := r.verdictOf(ctx, l)
	if err != nil {
		return Case{}, err
	}
	c := Case{Part: l.Part, Judged: s.verdict}
	c.Judged.Views = s.views
	if c.Pictures, err = r.pictures(s.views); err != nil {
		return Case{}, err
	}
	return c, nil
}

package accuracy

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"linesman/event"
	"linesman/proof"
)

// Trial is the page on what a candidate would change: the parts of a stretch of the
// log, judged again by it.
type Trial struct {
	Recipe, RecipeSHA256 string // name@version of the candidate
	Model, ModelSHA256   string // name@version
	Lines                []string
	From, To             time.Time // the stretch; From is zero for the log's beginning
	Made                 time.Time
	Program              string // version of linesman
	Processor            string
	Report               *proof.TrialReport
	// Picture returns a kept picture by its SHA-256, made ready for a page.
	Picture func(sha256 string) (Image, error)
}

//go:embed trial.html
var trialText string

var trialPage = parse("trial", trialText)

// picturedChanges is how many changes a page shows with pictures; the others are
// named in a table, so that a browser can open it.
const picturedChanges = 1000

// trialSheet is what the template reads.
type trialSheet struct {
	*Trial
	Title   string
	Verdict []string
	Look    []string
	About   [][2]string
	Counts  []countRow
	Not     []whyRow
	Labels  []labelRow
	Groups  []*changeGroup
	Rest    []proof.Turned
}

type countRow struct {
	Name string
	Share
}

type whyRow struct {
	Why     proof.Why
	Parts   int
	Example string
}

type labelRow struct {
	Label proof.Label
	proof.Tally
}

// changeGroup is the changes of one kind.
type changeGroup struct {
	Name, Note string
	Changes    []change
	All        int
}

// change is one part's card.
type change struct {
	proof.Turned
	Pictures []Image
	Lost     string // why a picture can not be shown
	Look     bool   // it may be an escape
}

// WasReasons are the reasons of the recorded verdict.
func (c change) WasReasons() []string { return texts(c.Was.Reasons) }

// IsReasons are those of the candidate.
func (c change) IsReasons() []string { return texts(c.Is.Reasons) }

func texts(reasons []event.Reason) (all []string) {
	for _, r := range reasons {
		all = append(all, r.Text)
	}
	return all
}

// HTML writes one page that needs nothing else: no scripts, no fonts, no pictures
// from elsewhere. Reasons and names are foreign text and are escaped.
func (t *Trial) HTML(w io.Writer) error {
	sheet := trialSheet{Trial: t, Title: "What recipe " + t.Recipe + " would change", About: t.about(), Verdict: t.Sentences(), Counts: t.counts(), Look: t.look()}
	r := t.Report
	for _, why := range slices.Sorted(maps.Keys(r.Impossible)) {
		sheet.Not = append(sheet.Not, whyRow{why, r.Impossible[why], r.Examples[why]})
	}
	for _, label := range slices.Sorted(maps.Keys(r.Labelled)) {
		sheet.Labels = append(sheet.Labels, labelRow{label, r.Labelled[label]})
	}
	sheet.group(t)
	var out bytes.Buffer
	if err := trialPage.Execute(&out, sheet); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}

// group sorts the changes by what they would do to the line: what may escape first.
func (s *trialSheet) group(t *Trial) {
	freed := &changeGroup{Name: "Rejects that would be let through", Note: "Each that nobody labelled a false reject may be a defect that escapes: look at it."}
	dear := &changeGroup{Name: "Passes that would be rejected", Note: "Each is a good part lost, unless it is a defect that was missed."}
	other := &changeGroup{Name: "Rejected either way"}
	extra := &changeGroup{Name: "Labelled parts outside the draw", Note: "Judged for their labels; they are in none of the counts above but those by label."}
	for _, turned := range t.Report.Changed {
		g := other
		switch {
		case turned.Extra:
			g = extra
		case turned.Is.Outcome == "pass":
			g = freed
		case turned.Was.Outcome == "pass":
			g = dear
		}
		c := change{Turned: turned}
		c.Look = turned.Is.Outcome == "pass" && (turned.Label == "" || proof.Label(turned.Label).Bad())
		g.Changes = append(g.Changes, c)
	}
	room := picturedChanges
	for _, g := range []*changeGroup{freed, dear, other, extra} {
		g.All = len(g.Changes)
		if g.All == 0 {
			continue
		}
		for _, c := range g.Changes[min(room, g.All):] {
			s.Rest = append(s.Rest, c.Turned)
		}
		g.Changes = g.Changes[:min(room, g.All)]
		room -= len(g.Changes)
		for i := range g.Changes {
			g.Changes[i].draw(t.Picture)
		}
		if len(g.Changes) > 0 {
			s.Groups = append(s.Groups, g)
		}
	}
}

// draw fetches a part's pictures.
func (c *change) draw(picture func(string) (Image, error)) {
	all := c.Turned.Pictures
	if len(all) == 0 {
		all = []string{c.Picture}
	}
	for _, sha := range all {
		i, err := picture(sha)
		if err != nil { // it was there to be judged, and has made room since
			c.Lost = err.Error()
			continue
		}
		c.Pictures = append(c.Pictures, i)
	}
}

// shares are the three counts that matter, of the drawn parts.
func (t *Trial) shares() (all, reject, pass Share) {
	r := t.Report
	dear, freed, other := r.Turns()
	passes := r.ByOutcome["pass"]
	return share(dear+freed+other, r.Again), share(dear, passes), share(freed, r.Again-passes)
}

func (t *Trial) counts() []countRow {
	all, reject, pass := t.shares()
	r := t.Report
	return []countRow{
		{"verdicts that change", all},
		{"new rejects: passed, would be rejected", reject},
		{"of these the price: not taught from, and not labelled a missed defect", share(r.Price.Rejected, r.Price.Passes)},
		{"new passes: rejected, would be let through", pass},
	}
}

// Sentences is the answer in two sentences.
func (t *Trial) Sentences() []string {
	all, reject, pass := t.shares()
	return []string{
		fmt.Sprintf("Of %d parts judged again %d would get another outcome (95 %%: %s).", all.Of, all.Count, bound(all)),
		fmt.Sprintf("Of %d that passed %d would be rejected (95 %%: %s); of %d that were rejected %d would be let through (95 %%: %s).", reject.Of, reject.Count, bound(reject), pass.Of, pass.Count, bound(pass)),
	}
}

func (t *Trial) look() (rows []string) {
	r := t.Report
	if n := r.Freed.NotLabels; n > 0 {
		rows = append(rows, fmt.Sprintf("Rejects that would be let through and that nobody labelled a false reject: %d. Each may be an escape.", n))
	}
	if l, ok := r.Labelled[proof.MissedDefect]; ok && l.Right < l.Parts {
		rows = append(rows, fmt.Sprintf("Known missed defects that it lets through too: %d of %d.", l.Parts-l.Right, l.Parts))
	}
	if l, ok := r.Labelled[proof.Defect]; ok && l.Right < l.Parts {
		rows = append(rows, fmt.Sprintf("Rejects labelled a defect that it lets through: %d of %d. Each is an escape.", l.Parts-l.Right, l.Parts))
	}
	without, lost := r.Impossible[proof.NotKept], 0
	for why, n := range r.Impossible {
		if why != proof.NotKept {
			lost += n
		}
	}
	if without > 0 {
		rows = append(rows, fmt.Sprintf("Parts without a stored picture: %d of %d. Nothing here speaks of them.", without, r.Verdicts))
	}
	if lost > 0 {
		rows = append(rows, fmt.Sprintf("Parts that could not be judged again for another cause: %d. The causes are below.", lost))
	}
	return rows
}

func (t *Trial) about() [][2]string {
	from := "the log's beginning"
	if !t.From.IsZero() {
		from = moment(t.From)
	}
	r := t.Report
	return [][2]string{
		{"recipe", t.Recipe},
		{"model", t.Model},
		{"lines", strings.Join(t.Lines, ", ")},
		{"from", from},
		{"to", moment(t.To)},
		{"verdicts in that time", fmt.Sprint(r.Verdicts)},
		{"with pictures", fmt.Sprint(r.Kept)},
		{"drawn", fmt.Sprint(r.Drawn)},
		{"judged again", moment(t.Made)},
		{"program", "linesman " + t.Program},
		{"processor", t.Processor},
		{"recipe's SHA-256", t.RecipeSHA256},
		{"model's SHA-256", t.ModelSHA256},
	}
}

func moment(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }

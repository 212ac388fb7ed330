package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/part"
	"linesman/proof"
)

// CandidateListCmd lists candidates.
type CandidateListCmd struct {
	SiteFlag
	Line string `help:"Of this line only."`
	JSON bool   `help:"Print it as JSON."`
}

// Help says what is listed.
func (CandidateListCmd) Help() string {
	return `Candidates beside the recipes of the site, by hand and made in the background, and
the last that failed or was removed of each line. Those written elsewhere with --out
are not found.

  linesman candidate list -c site.yaml --line caps-1`
}

// listed is what there is of candidates.
type listed struct {
	Candidates []listedCandidate        `json:"candidates"` // oldest first
	Failed     []event.CandidateFailed  `json:"failed"`     // the last of each line, if no candidate came after
	Removed    []event.CandidateRemoved `json:"removed"`    // the last of each line
}

// listedCandidate is one of them.
type listedCandidate struct {
	Folder string                `json:"folder"`
	Draft  string                `json:"draft"`          // the recipe's file
	State  string                `json:"state"`          // "judges", "draft", "tested" or "signed", by what lies on the shelf
	Page   string                `json:"page,omitempty"` // of its report
	Line   string                `json:"line"`           // it is meant for
	By     string                `json:"by,omitempty"`   // who had it made
	At     time.Time             `json:"at,omitzero"`    // UTC
	Made   event.CandidateMade   `json:"made"`
	Tried  *event.CandidateTried `json:"tried,omitempty"`
}

// Run lists them.
func (c *CandidateListCmd) Run(ctx context.Context) error {
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	ids := site.LineIDs()
	if c.Line != "" {
		if err := onLines(site, []string{c.Line}); err != nil {
			return err
		}
		ids = []part.LineID{part.LineID(c.Line)}
	}
	out := listed{Candidates: []listedCandidate{}, Failed: []event.CandidateFailed{}, Removed: []event.CandidateRemoved{}}
	for _, id := range ids {
		if err := out.add(site, id); err != nil {
			return err
		}
	}
	log, err := openLogFiles(logFolder(site))
	if err != nil {
		return err
	}
	defer log.Close()
	for _, id := range ids {
		if err := out.past(ctx, log, id); err != nil {
			return err
		}
	}
	if c.JSON {
		return printJSON(os.Stdout, out)
	}
	zone, err := site.Location()
	if err != nil {
		return err
	}
	return out.print(os.Stdout, zone)
}

// add lists a line's candidates.
func (l *listed) add(site *config.Site, id part.LineID) error {
	all, err := candidatesIn(candidatesOf(site, id), func(m *madeFrom) bool { return m.Line == string(id) })
	if err != nil {
		return err
	}
	shelf := site.Shelf()
	versions, err := shelf.List()
	if err != nil {
		return err
	}
	active, err := shelf.Active(string(id))
	if err != nil {
		return err
	}
	now, err := site.Recipe(id)
	if err != nil {
		return err
	}
	for _, c := range all {
		row := listedCandidate{Folder: c.dir, Draft: c.draft(), State: "draft", Line: c.made.Line, By: c.made.By, At: c.made.At, Made: c.made.CandidateMade, Tried: c.made.Tried}
		if c.made.Tried != nil {
			row.Page = filepath.Join(c.dir, pageFile)
		}
		for i := range versions {
			if v := &versions[i]; v.ModelHash == c.made.ModelHash {
				row.State = further(row.State, v.State())
				if active != nil && active.Recipe == v.Recipe {
					row.State = "judges"
				}
			}
		}
		if sameFolder(now.ModelDir(), c.dir) { // the site file names its draft
			row.State = "judges"
		}
		l.Candidates = append(l.Candidates, row)
	}
	return nil
}

// further returns the state that people took a recipe to later.
func further(a, b string) string {
	way := []string{"draft", "tested", "signed", "judges"}
	return way[max(slices.Index(way, a), slices.Index(way, b), 0)]
}

// past lists what became of a line's other candidates.
func (l *listed) past(ctx context.Context, log proof.Log, id part.LineID) error {
	f := event.Filter{Types: []event.Type{event.CandidateMade{}.EventType(), event.CandidateFailed{}.EventType(), event.CandidateRemoved{}.EventType()}, Newest: true}
	made, failed, removed := false, false, false
	for !removed || !made && !failed {
		events, err := log.Read(ctx, f)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			if p, err := event.As[event.CandidateMade](e); err == nil && p.Line == string(id) {
				made = true
			}
			if p, err := event.As[event.CandidateFailed](e); err == nil && p.Line == string(id) && !failed && !made {
				l.Failed, failed = append(l.Failed, p), true
			}
			if p, err := event.As[event.CandidateRemoved](e); err == nil && p.Line == string(id) && !removed {
				l.Removed, removed = append(l.Removed, p), true
			}
		}
		f.Before = events[len(events)-1].Seq
	}
	return nil
}

// print says it in words.
func (l *listed) print(w io.Writer, zone *time.Location) error {
	if len(l.Candidates)+len(l.Failed)+len(l.Removed) == 0 {
		_, err := fmt.Fprintln(w, "there is no candidate yet: linesman candidate make, or learning: {auto: true} in the site file")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(l.Candidates) > 0 {
		fmt.Fprintln(t, "FOLDER\tLINE\tDRAFT\tSTATE\tBY\tWHEN\tGOOD\tMISSED DEFECTS FOUND\tWOULD CHANGE\tPRICE")
	}
	for i := range l.Candidates {
		c := &l.Candidates[i]
		when, change, price := "", "not tried", ""
		if !c.At.IsZero() {
			when = c.At.In(zone).Format("2006-01-02 15:04")
		}
		if r := c.Tried; r != nil {
			change = fmt.Sprintf("%d of %d", r.Reject+r.Pass+r.Other, r.Judged)
			price = fmt.Sprintf("%d of %d passes", r.Price, r.Passes)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d of %d\t%s\t%s\n", filepath.Base(c.Folder), c.Line, c.Made.Recipe, c.State, c.By, when, c.Made.Good, c.Made.Found, c.Made.Missed, change, price)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, f := range l.Failed {
		if _, err := fmt.Fprintf(w, "line %s: the last one failed (%s): %s\n", f.Line, f.Step, f.Cause); err != nil {
			return err
		}
	}
	for _, r := range l.Removed {
		if _, err := fmt.Fprintf(w, "line %s: %s was removed: %s\n", r.Line, r.Folder, r.Why); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/event/disk"
	"linesman/models/anomaly"
	"linesman/part"
	"linesman/proof"
	"linesman/recipe"
)

const (
	// candidatePrefix begins the name of a candidate's folder, its version follows.
	candidatePrefix = "candidate-"
	// unfinishedPrefix begins the name of a folder in which a candidate is put
	// together before it gets its place, and to which one goes that is removed.
	// Those of the appliance may be left over after a power cut.
	unfinishedPrefix = ".learning-"
	// reportFile and pageFile lie in the folder of a candidate that was tried.
	reportFile = "report.json"
	pageFile   = "report.html"
)

// candidatesOf is the folder in which a line's candidates lie: where the site file's
// recipe is.
func candidatesOf(site *config.Site, id part.LineID) string {
	return filepath.Dir(site.Path(site.Lines[id].Recipe))
}

// write puts the candidate's folder there as a whole, and its draft last: what a
// person can activate is complete.
func (k *candidate) write(m *anomaly.Model, draft, report, page []byte) (err error) {
	home, name := filepath.Split(k.Out)
	home = filepath.Clean(home)
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	prefix := "." + name + "-"
	if k.Learning {
		prefix = unfinishedPrefix
	}
	fresh, err := os.MkdirTemp(home, prefix)
	if err != nil {
		return fmt.Errorf("candidate %s: %w; give a folder with --out that can be written", name, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(fresh)) }()
	dir := filepath.Join(fresh, name)
	if err := m.Write(dir); err != nil {
		return err
	}
	text, err := json.MarshalIndent(k.made, "", "  ")
	if err != nil {
		return err
	}
	files := map[string][]byte{candidateFile: append(text, '\n')}
	if report != nil {
		files[reportFile], files[pageFile] = report, page
	}
	for name, data := range files {
		if err := disk.Write(filepath.Join(dir, name), 0o644, data); err != nil {
			return err
		}
	}
	if err := errors.Join(disk.SyncDir(dir), os.Rename(dir, k.Out), disk.SyncDir(home)); err != nil {
		return err
	}
	return disk.Write(k.made.Draft, 0o644, draft)
}

// try has the candidate judge the line's last verdicts, and all labelled parts.
func (k *candidate) try(ctx context.Context, m *anomaly.Model, draft *recipe.Recipe) (report, page []byte, err error) {
	t := &trial{site: k.site, dir: k.Out, recipes: map[string]*recipe.Recipe{string(k.id): draft}, from: k.made}
	sample := proof.Sample{Parts: k.Try, Seed: 1, To: time.Now()}
	if sample.From, err = t.since(ctx, k.replay.Log, k.Try); err != nil {
		return nil, nil, err
	}
	f, err := k.beside(m)
	if err != nil {
		return nil, nil, err
	}
	out, err := t.judge(ctx, k.replay.Log, f, sample)
	if err != nil {
		return nil, nil, err
	}
	if page, err = t.page(&out); err != nil {
		return nil, nil, err
	}
	if report, err = json.MarshalIndent(out, "", "  "); err != nil {
		return nil, nil, err
	}
	report = append(report, '\n')
	k.made.Tried = out.event(string(k.id), sha256Of(report))
	return report, page, nil
}

// since is when the last n verdicts with pictures began, of what t speaks of; zero
// where there are fewer.
func (t *trial) since(ctx context.Context, log proof.Log, n int) (time.Time, error) {
	f := event.Filter{Types: []event.Type{event.PartJudged{}.EventType()}, Newest: true, Limit: 1000}
	for {
		events, err := log.Read(ctx, f)
		if err != nil || len(events) == 0 {
			return time.Time{}, err
		}
		for _, e := range events {
			p, err := event.As[event.PartJudged](e)
			if err != nil {
				return time.Time{}, err
			}
			if e.Cause != "" || p.Evidence == "" || !t.of(p) {
				continue
			}
			if n--; n == 0 {
				return e.Time, nil
			}
		}
		f.Before = events[len(events)-1].Seq
	}
}

// event is what the log says of a report.
func (out *tried) event(line, report string) *event.CandidateTried {
	r := out.Report
	reject, pass, other := r.Turns()
	return &event.CandidateTried{Line: line, Model: out.Model, ModelHash: out.Hash, Recipe: out.Recipe, RecipeHash: out.RecipeHash,
		From: out.Stretch.From, To: out.Stretch.To, Verdicts: uint64(r.Verdicts), Judged: uint64(r.Again), Reject: uint64(reject), Pass: uint64(pass), Other: uint64(other),
		Unlabelled: uint64(r.Freed.NotLabels), Defects: uint64(r.Freed.Defects), Passes: uint64(r.Price.Passes), Price: uint64(r.Price.Rejected), Upper: r.Price.Upper, Report: report, Page: out.Page}
}

// toldTried says in words what a report says.
func toldTried(t *event.CandidateTried) string {
	price := "no pass among them counts for its price"
	if t.Passes > 0 {
		price = fmt.Sprintf("price %d of %d passes", t.Price, t.Passes)
		if t.Upper > 0 {
			price += fmt.Sprintf(", at most %.2g %% (95 %%)", 100*t.Upper)
		}
	}
	return fmt.Sprintf("of the last %d parts with pictures %d would change: %d passes rejected, %d rejects let through (%d of them unlabelled); %s",
		t.Judged, t.Reject+t.Pass+t.Other, t.Reject, t.Pass, t.Unlabelled, price)
}

// events are what the log says of a candidate that was made.
func (m *madeFrom) events(site *config.Site) []event.Event {
	all := []event.Payload{m.CandidateMade}
	if m.Tried != nil {
		all = append(all, *m.Tried)
	}
	var out []event.Event
	for _, p := range all {
		e := event.New("/"+site.Name+"/line/"+m.Line, m.Model, time.Now(), p)
		e.ID, e.Actor = event.NewID(), m.By
		if len(out) > 0 {
			e.Cause = out[0].ID
		}
		out = append(out, e)
	}
	return out
}

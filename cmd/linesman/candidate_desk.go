package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"linesman/api"
	"linesman/config"
	"linesman/part"
	"linesman/proof"
)

// candidateDesk shows a running appliance's candidates; for api.Config.Candidates.
type candidateDesk struct {
	site *config.Site
	log  proof.Log
}

var _ api.Candidates = (*candidateDesk)(nil)

// Candidates lists a line's, newest first.
func (d *candidateDesk) Candidates(ctx context.Context, id part.LineID) (api.CandidateList, error) {
	if err := d.line(id); err != nil {
		return api.CandidateList{}, err
	}
	var l listed
	if err := errors.Join(l.add(d.site, id), l.past(ctx, d.log, id)); err != nil {
		return api.CandidateList{}, err
	}
	out := api.CandidateList{}
	for _, c := range slices.Backward(l.Candidates) {
		row := api.Candidate{Version: strings.TrimPrefix(filepath.Base(c.Folder), candidatePrefix), State: c.State, By: c.By, Made: c.Made, Tried: c.Tried}
		if !c.At.IsZero() {
			row.At = &c.At
		}
		if c.Page != "" {
			_, err := os.Stat(c.Page)
			row.Report = err == nil
		}
		out.Candidates = append(out.Candidates, row)
	}
	if len(l.Failed) > 0 {
		out.Failed = &l.Failed[0]
	}
	if len(l.Removed) > 0 {
		out.Removed = &l.Removed[0]
	}
	return out, nil
}

// CandidateReport returns the page of a candidate's report, as it was made.
func (d *candidateDesk) CandidateReport(id part.LineID, version string) ([]byte, error) {
	if err := d.line(id); err != nil {
		return nil, err
	}
	all, err := candidatesIn(candidatesOf(d.site, id), func(m *madeFrom) bool { return m.Line == string(id) })
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(c kept) bool { return filepath.Base(c.dir) == candidatePrefix+version })
	if at < 0 {
		return nil, fmt.Errorf("line %s: no candidate is called %.70q (linesman candidate list): %w", id, version, fs.ErrNotExist)
	}
	tried := all[at].made.Tried
	if tried == nil {
		return nil, fmt.Errorf("line %s: candidate %s has no report: it was not tried: %w", id, version, fs.ErrNotExist)
	}
	path := filepath.Join(all[at].dir, pageFile)
	page, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("line %s: the report of candidate %s is gone from %s: %w", id, version, path, fs.ErrNotExist)
	}
	if err == nil && sha256Of(page) != tried.Page {
		return nil, fmt.Errorf("line %s: %s is not the report that was made of candidate %s: bring it back from a backup, or test its recipe anew: %w", id, path, version, fs.ErrNotExist)
	}
	return page, err
}

func (d *candidateDesk) line(id part.LineID) error {
	if !slices.Contains(d.site.LineIDs(), id) {
		return fmt.Errorf("there is no line %s: %w", id, fs.ErrNotExist)
	}
	return nil
}

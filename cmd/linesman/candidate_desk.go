package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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

// candidateVersion is what a folder of a candidate may be called: never a way out of the
// recipe's folder.
var candidateVersion = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CandidateReport returns the page of a candidate's report.
func (d *candidateDesk) CandidateReport(id part.LineID, version string) ([]byte, error) {
	if err := d.line(id); err != nil {
		return nil, err
	}
	if !candidateVersion.MatchString(version) {
		return nil, fmt.Errorf("line %s: no candidate is called %.70q: %w", id, version, fs.ErrNotExist)
	}
	page, err := os.ReadFile(filepath.Join(candidatesOf(d.site, id), candidatePrefix+version, pageFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("line %s: candidate %s has no report: it was not tried, or it is gone (linesman candidate list): %w", id, version, fs.ErrNotExist)
	}
	return page, err
}

func (d *candidateDesk) line(id part.LineID) error {
	if !slices.Contains(d.site.LineIDs(), id) {
		return fmt.Errorf("there is no line %s: %w", id, fs.ErrNotExist)
	}
	return nil
}

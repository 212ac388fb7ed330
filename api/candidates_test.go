package api_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"linesman/api"
	"linesman/api/apitest"
	"linesman/event"
	"linesman/part"
)

// waiting is a line with one candidate.
type waiting struct{ broken error }

func (w waiting) Candidates(_ context.Context, line part.LineID) (api.CandidateList, error) {
	if line != "tablets-1" {
		return api.CandidateList{}, fmt.Errorf("there is no line %s: %w", line, fs.ErrNotExist)
	}
	return api.CandidateList{Candidates: []api.Candidate{{Version: "v9", State: "draft", Made: event.CandidateMade{Good: 60}, Report: true}}}, w.broken
}

func (w waiting) CandidateReport(_ part.LineID, version string) ([]byte, error) {
	if version != "v9" {
		return nil, fmt.Errorf("candidate %s: %w", version, fs.ErrNotExist)
	}
	return []byte("<!DOCTYPE html>report"), w.broken
}

// Candidates are listed by line; a report is a page in which nothing runs.
func TestCandidates(t *testing.T) {
	with := func(c api.Candidates) func(*api.Config) { return func(o *api.Config) { o.Candidates = c } }
	for name, tt := range map[string]struct {
		by     api.Candidates
		path   string
		status int
		says   string
	}{
		"list":                {waiting{}, "/lines/tablets-1/candidates", 200, `"version":"v9"`},
		"no such line":        {waiting{}, "/lines/other-1/candidates", 404, "there is no line"},
		"broken":              {waiting{errors.New("disk")}, "/lines/tablets-1/candidates", 503, "own log"},
		"none here":           {nil, "/lines/tablets-1/candidates", 200, `"candidates":[]`},
		"report":              {waiting{}, "/lines/tablets-1/candidates/v9/report", 200, "report"},
		"no such candidate":   {waiting{}, "/lines/tablets-1/candidates/v8/report", 404, "candidate v8"},
		"no name":             {waiting{}, "/lines/tablets-1/candidates/..%2Fv9/report", 404, ""},
		"report of none":      {nil, "/lines/tablets-1/candidates/v9/report", 404, "no candidates"},
		"report that is gone": {waiting{errors.New("disk")}, "/lines/tablets-1/candidates/v9/report", 503, "own log"},
	} {
		t.Run(name, func(t *testing.T) {
			_, h := site(t, apitest.Running, with(tt.by))
			w := ask(h, "/api/v1"+tt.path)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) {
				t.Errorf("status %d, %s; want %d and %q", w.Code, w.Body, tt.status, tt.says)
			}
			if page := w.Code == 200 && strings.HasSuffix(tt.path, "/report"); page && !strings.Contains(w.Header().Get("Content-Security-Policy"), "sandbox") {
				t.Errorf("policy %q", w.Header().Get("Content-Security-Policy"))
			}
		})
	}
}

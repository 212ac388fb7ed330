package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"linesman/event/evidence"
	"linesman/models/anomaly"
	"linesman/proof"
	"linesman/proof/accuracy"
)

// stretch is which parts were judged again; the same stretch draws the same parts
// for as long as their pictures are kept.
type stretch struct {
	From  time.Time `json:"from,omitzero"` // zero: the log's beginning
	To    time.Time `json:"to"`
	Parts int       `json:"parts"` // drawn at most
	Seed  uint64    `json:"seed"`
}

// shift reads --shift: FROM/TO, how long back, or the JSON report of an earlier run.
func (c *ReplayCmd) shift(s proof.Sample, now time.Time, zone *time.Location) (proof.Sample, error) {
	text, err := os.ReadFile(c.Shift)
	if err == nil {
		var before tried
		if err := json.Unmarshal(text, &before); err != nil || before.Stretch.To.IsZero() {
			return s, fmt.Errorf("--shift %s: it names no stretch of the log: give the report that linesman replay --recipe or linesman recipe test printed with --json, or FROM/TO", c.Shift)
		}
		is := before.Stretch
		s.From, s.To, s.Seed = is.From, is.To, is.Seed
		if s.Parts == 0 {
			s.Parts = is.Parts
		}
		return s, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("--shift: %w", err)
	}
	from, to, _ := strings.Cut(c.Shift, "/")
	if from == "" {
		return s, fmt.Errorf("--shift %q: %s", c.Shift, wantShift)
	}
	if s, err = between(s, from, to, now, zone); err != nil {
		return s, fmt.Errorf("--shift %s: %s: %w", c.Shift, wantShift, err)
	}
	return s, nil
}

const wantShift = "want FROM/TO (2026-03-01T06:00/2026-03-01T14:00), how long back (8h), or the file of an earlier report"

// page writes what a trial showed for a person, and notes the page's hash.
func (t *trial) page(out *tried) ([]byte, error) {
	sheet := accuracy.Trial{Recipe: out.Recipe, RecipeSHA256: out.RecipeHash, Model: out.Model, ModelSHA256: out.Hash, Lines: out.Lines,
		From: out.Stretch.From, To: out.Stretch.To, Made: out.At, Program: builtAs(), Processor: cpuClass(), Report: out.Report, Picture: t.picture}
	var page bytes.Buffer
	if err := sheet.HTML(&page); err != nil {
		return nil, err
	}
	out.Page = sha256Of(page.Bytes())
	return page.Bytes(), nil
}

// picture makes a kept picture ready for a page.
func (t *trial) picture(sha string) (accuracy.Image, error) {
	file, err := t.evidence().Get(sha)
	if err != nil {
		return accuracy.Image{}, err
	}
	w, h, rgb, err := evidence.Pixels(file)
	if err != nil {
		return accuracy.Image{}, err
	}
	return encoded(shrunk(anomaly.Picture{Width: w, Height: h, Pix: rgb}))
}

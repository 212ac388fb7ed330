// Package panel has all models of one recipe judge a part together: the taught one,
// and those that were trained elsewhere. The worst of them counts, and what each found
// stands in one list.
package panel

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/vision"
)

var _ models.Detector = (*Panel)(nil)

// Judge is one opened model; anomaly.Detector and supervised.Network are.
type Judge interface {
	models.Detector
	// Look judges one whole picture that was never located.
	Look(ctx context.Context, p anomaly.Picture, ask models.Ask) (models.Result, error)
}

var _ Judge = (*Panel)(nil)

// Panel is one or more models that judge together. Its methods may be called from
// several goroutines.
type Panel struct {
	judges []Judge
	model  models.Model
	parity float64
	spare  sync.Pool // *[]models.Result
}

// Model names what judges: the model, or all of them with a plus between, and a hash
// over theirs.
func (p *Panel) Model() models.Model { return p.model }

// Parity is how far the models' answers to their own samples lie from those of their
// cards; 0 without samples.
func (p *Panel) Parity() float64 { return p.parity }

// Close closes all models.
func (p *Panel) Close() (err error) {
	for _, j := range p.judges {
		err = errors.Join(err, j.Close())
	}
	return err
}

// joined is the name of several models that judge together.
func joined(all []models.Model) models.Model {
	if len(all) == 1 {
		return all[0]
	}
	var names, versions []string
	h := sha256.New()
	for _, m := range all {
		names, versions = append(names, m.Name), append(versions, m.Version)
		fmt.Fprintf(h, "%q %q %s\n", m.Name, m.Version, m.SHA256)
	}
	return models.Model{Name: strings.Join(names, "+"), Version: strings.Join(versions, "+"), SHA256: hex.EncodeToString(h.Sum(nil))}
}

// Detect judges located parts; see models.Detector. A part that one of the models has
// no answer for has none.
func (p *Panel) Detect(ctx context.Context, crops []vision.Crop, ask models.Ask, out []models.Result) error {
	if err := p.judges[0].Detect(ctx, crops, ask, out); err != nil || len(p.judges) == 1 {
		return err
	}
	own, _ := p.spare.Get().(*[]models.Result)
	if own == nil {
		own = new([]models.Result)
	}
	defer p.spare.Put(own)
	if len(*own) < len(crops) {
		*own = slices.Grow(*own, len(crops))[:len(crops)]
	}
	for _, j := range p.judges[1:] {
		if err := j.Detect(ctx, crops, ask, (*own)[:len(crops)]); err != nil {
			return err
		}
		for i := range crops {
			join(&out[i], &(*own)[i])
		}
	}
	for i := range out {
		p.close(&out[i])
	}
	return nil
}

// Look judges one whole picture that was never located.
func (p *Panel) Look(ctx context.Context, picture anomaly.Picture, ask models.Ask) (models.Result, error) {
	out, err := p.judges[0].Look(ctx, picture, ask)
	if err != nil || len(p.judges) == 1 {
		return out, err
	}
	for _, j := range p.judges[1:] {
		r, err := j.Look(ctx, picture, ask)
		if err != nil {
			return models.Result{}, err
		}
		join(&out, &r)
	}
	p.close(&out)
	return out, nil
}

// join adds what another model says of the same part.
func join(out, r *models.Result) {
	if r.Unanswered != "" {
		out.Unanswered = strings.TrimPrefix(out.Unanswered+"; "+r.Unanswered, "; ")
	}
	out.Anomaly = worse(out.Anomaly, r.Anomaly)
	out.Findings = append(out.Findings, r.Findings...)
	out.Heatmap = anomaly.Hottest(out.Heatmap, r.Heatmap)
	out.Took += r.Took
	if r.Listed == 0 { // each lists down to what was asked, or may have left some out
		out.Listed = 0
	}
}

// worse is the higher of two scores; what is no number is worst.
func worse(a, b float64) float64 {
	if math.IsNaN(a) {
		return a
	}
	if math.IsNaN(b) || b > a {
		return b
	}
	return a
}

// close ends a joined result.
func (p *Panel) close(out *models.Result) {
	out.Model = p.model
	if out.Unanswered != "" {
		*out = models.Result{Model: p.model, Findings: out.Findings[:0], Anomaly: math.MaxFloat32, Took: out.Took, Unanswered: out.Unanswered}
	}
	slices.SortStableFunc(out.Findings, func(a, b models.Finding) int { return cmp.Compare(b.Score, a.Score) })
}

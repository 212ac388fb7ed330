package main

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"io/fs"
	"time"

	"linesman/api"
	"linesman/event"
	"linesman/line"
	"linesman/proof"
)

// partPages writes what is known of a part as one page that can be sent on.
type partPages struct {
	site     string // its name; empty where a folder of a log is told from
	zone     *time.Location
	evidence func(ctx context.Context, sha string) (io.ReadSeekCloser, error)
	nearest  func(ctx context.Context, j event.PartJudged) (*api.Nearest, error) // nil: there are no models to ask
}

// compare adds to a story what its part was compared with, or why nobody can say. A
// part that passed is not compared.
func (p *partPages) compare(ctx context.Context, s *proof.Story, last event.PartJudged) error {
	switch {
	case last.Outcome == "" || last.Outcome == "pass":
		return nil
	case p.nearest == nil:
		s.Compared = &proof.Compared{Why: "there is no site file, which would name the model that judged: name the site with -c SITE"}
		return nil
	}
	n, err := p.nearest(ctx, last)
	if errors.Is(err, api.ErrNotCompared) {
		s.Compared = &proof.Compared{Why: err.Error()}
		return nil
	}
	if err != nil {
		return err
	}
	s.Compared = &proof.Compared{Camera: n.Camera, Good: n.Good, Name: n.Name, Kept: n.Kept, Distance: n.Distance, Here: n.Here, There: n.There}
	return nil
}

// page is a part's story with its pictures. A picture that is gone is named in the
// story's gaps, and missing here.
func (p *partPages) page(ctx context.Context, s proof.Story, last event.PartJudged) ([]byte, error) {
	if s.Compared == nil {
		if err := p.compare(ctx, &s, last); err != nil {
			return nil, err
		}
	}
	var seen []proof.Seen
	for _, v := range last.Views {
		picture, err := p.kept(ctx, v.Evidence)
		if err != nil {
			return nil, err
		}
		if picture == nil {
			continue
		}
		one := proof.Seen{Picture: picture, Camera: v.Camera}
		heatmap, err := p.kept(ctx, v.Heatmap)
		if err != nil {
			return nil, err
		}
		if heatmap != nil {
			img, err := line.Heated(picture, heatmap)
			if err != nil {
				return nil, err
			}
			if one.Heated, err = losslessly(img); err != nil {
				return nil, err
			}
		}
		seen = append(seen, one)
	}
	var out bytes.Buffer
	err := s.Page(&out, p.site, p.zone, seen)
	return out.Bytes(), err
}

// kept reads one piece of evidence; nil if there is none, or if it is gone.
func (p *partPages) kept(ctx context.Context, sha string) ([]byte, error) {
	if sha == "" {
		return nil, nil
	}
	r, err := p.evidence(ctx, sha)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func losslessly(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	err := png.Encode(&out, img)
	return out.Bytes(), err
}

// readSeeker is evidence that was read whole.
type readSeeker struct{ *bytes.Reader }

// Close does nothing.
func (readSeeker) Close() error { return nil }

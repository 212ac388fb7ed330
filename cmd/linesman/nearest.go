package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"linesman/api"
	"linesman/config"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/line"
	"linesman/models/anomaly"
	"linesman/models/panel"
	"linesman/part"
	"linesman/proof"
)

// comparer tells what a rejected part was compared with, by the model that judged it
// and the picture that was kept. It works when asked, one part at a time, on one
// core, and keeps the last model open.
type comparer struct {
	judges   *judges
	evidence func(ctx context.Context, sha string) (io.ReadSeekCloser, error)

	mu   sync.Mutex
	hash string // of the model that is open
	e    *anomaly.Explainer
}

func newComparer(site *config.Site, open func(context.Context, string) (io.ReadSeekCloser, error)) *comparer {
	return &comparer{judges: newJudges(site), evidence: open}
}

func (c *comparer) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.e != nil {
		c.e.Close()
		c.e, c.hash = nil, ""
	}
}

// nearest is for api.Config.Nearest.
func (c *comparer) nearest(ctx context.Context, j event.PartJudged) (*api.Nearest, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v := worstView(j)
	if v == nil {
		return nil, fmt.Errorf("%w: no picture of it was kept", api.ErrNotCompared)
	}
	file, err := c.picture(ctx, v.Evidence)
	if err != nil {
		return nil, err
	}
	crop, err := line.CropOf(file)
	if errors.Is(err, evidence.ErrNoCrop) {
		return nil, fmt.Errorf("%w: its picture was kept before pictures could be judged again", api.ErrNotCompared)
	}
	if err != nil {
		return nil, err
	}
	if err := c.open(j); err != nil {
		return nil, err
	}
	n, err := c.e.Nearest(ctx, anomaly.Part{Picture: anomaly.PictureOf(&crop), Crop: &crop})
	if err != nil {
		return nil, err
	}
	out := &api.Nearest{Camera: v.Camera, Good: n.Good + 1, Name: n.Name, Kept: n.Kept, Distance: n.Distance}
	here, err := encoded(framed(&n.Here))
	if err != nil {
		return nil, err
	}
	if out.Here = here.Data; !n.Kept {
		return out, nil
	}
	there, err := encoded(framed(&n.There))
	out.There = there.Data
	return out, err
}

// worstView is the view whose camera the first reason names, of those with a
// picture; else the first with one; nil if none has.
func worstView(j event.PartJudged) (worst *event.View) {
	for i := range j.Views {
		v := &j.Views[i]
		if v.Evidence == "" {
			continue
		}
		if len(j.Reasons) > 0 && j.Reasons[0].Camera == v.Camera {
			return v
		}
		if worst == nil {
			worst = v
		}
	}
	return worst
}

func (c *comparer) picture(ctx context.Context, sha string) ([]byte, error) {
	r, err := c.evidence(ctx, sha)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: its picture has expired", api.ErrNotCompared)
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// open makes the model that judged ready, unless it is.
func (c *comparer) open(j event.PartJudged) error {
	if c.e != nil && c.hash == j.ModelHash {
		return nil
	}
	rec, err := c.judges.recipe(part.LineID(j.Line), j.RecipeHash)
	if err == nil {
		var m panel.Folders
		if m, err = modelsBeside(rec, j.ModelHash); err == nil && m.Taught == nil {
			return fmt.Errorf("%w: it was judged without a taught model", api.ErrNotCompared)
		}
		if err == nil {
			var e *anomaly.Explainer
			if e, err = m.Taught.Explainer(modelOptions(1)); err == nil {
				if c.e != nil {
					c.e.Close()
				}
				c.e, c.hash = e, j.ModelHash
				return nil
			}
		}
	}
	if errors.Is(err, proof.ErrOtherRecipe) || errors.Is(err, proof.ErrOtherModel) || errors.Is(err, anomaly.ErrNoOrigins) {
		return fmt.Errorf("%w: %w", api.ErrNotCompared, err)
	}
	return err
}

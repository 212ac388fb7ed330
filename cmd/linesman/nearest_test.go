package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/api"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/models/anomaly"
	"linesman/proof"
)

// TestComparer asks what rejected caps were compared with, by what the log, the
// folder of evidence and the model that judged them say.
func TestComparer(t *testing.T) {
	model := taught(t)
	_, site, _, _ := drawnPlant(t, filepath.Dir(model))
	m, err := anomaly.Read(filepath.Join(site.Path("."), "model"))
	must(t, err)
	shelf, err := evidence.Open(evidence.Settings{Dir: filepath.Join(site.Path(site.Data), "evidence"), MinFree: -1})
	must(t, err)
	defer shelf.Close()
	log, err := openLogFiles(logFolder(site))
	must(t, err)
	events, err := log.Read(t.Context(), event.Filter{Types: []event.Type{event.PartJudged{}.EventType()}, Limit: 1000})
	must(t, err)
	c := newComparer(site, shelf.Open)
	defer c.close()
	asked := 0
	var last event.PartJudged
	for _, e := range events {
		j, err := event.As[event.PartJudged](e)
		must(t, err)
		if j.Outcome == "pass" {
			continue
		}
		j.ModelHash, last = m.Card.SHA256, j
		n, err := c.nearest(t.Context(), j)
		must(t, err)
		asked++
		if n.Good < 1 || n.Camera != "top" || n.Distance <= 0 || n.Kept != (n.There != nil) {
			t.Errorf("part %s: %+v", e.Part, n)
		}
		for name, data := range map[string][]byte{"here": n.Here, "there": n.There} {
			if data == nil {
				continue
			}
			size, err := jpeg.DecodeConfig(bytes.NewReader(data))
			if err != nil || (image.Config{Width: size.Width, Height: size.Height}) != (image.Config{Width: paneSide, Height: paneSide}) {
				t.Errorf("part %s, %s: %d x %d, %v", e.Part, name, size.Width, size.Height, err)
			}
		}
	}
	if asked < 8 {
		t.Fatalf("%d rejects, want 8 and more", asked)
	}
	for name, tt := range map[string]struct {
		change func(*event.PartJudged)
		open   func(context.Context, string) (io.ReadSeekCloser, error)
		says   string
	}{
		"another model":   {func(j *event.PartJudged) { j.ModelHash = strings.Repeat("0", 64) }, shelf.Open, "put that model there"},
		"another recipe":  {func(j *event.PartJudged) { j.RecipeHash, j.ModelHash = "none", "none" }, shelf.Open, "put that version of the recipe there"},
		"no picture":      {func(j *event.PartJudged) { j.Views = []event.View{{Name: "top", Missing: "no frame"}} }, shelf.Open, "no picture of it was kept"},
		"picture expired": {func(*event.PartJudged) {}, func(context.Context, string) (io.ReadSeekCloser, error) { return nil, os.ErrNotExist }, "has expired"},
	} {
		j := last
		tt.change(&j)
		c.evidence = tt.open
		if n, err := c.nearest(t.Context(), j); !errors.Is(err, api.ErrNotCompared) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %+v, %v; want %q", name, n, err, tt.says)
		}
	}
}

// TestPartPages writes the pages of rejected caps: picture, the same with its heat map,
// the worst place and the good part that it was compared with; where that can not be
// found the page says why.
func TestPartPages(t *testing.T) {
	_, model := build(t)
	_, site, _, _ := drawnPlant(t, filepath.Dir(model))
	m, err := anomaly.Read(filepath.Join(site.Path("."), "model"))
	must(t, err)
	log, err := openLogFiles(logFolder(site))
	must(t, err)
	events, err := log.Read(t.Context(), event.Filter{Types: []event.Type{event.PartJudged{}.EventType()}, Limit: 1000})
	must(t, err)
	folder := filepath.Join(site.Path(site.Data), "evidence")
	pages := &partPages{site: site.Name, zone: time.UTC, evidence: func(_ context.Context, sha string) (io.ReadSeekCloser, error) {
		data, err := keptFile(folder, sha)
		return readSeeker{bytes.NewReader(data)}, err
	}}
	c := newComparer(site, pages.evidence)
	defer c.close()
	i := slices.IndexFunc(events, func(e event.Event) bool {
		j, err := event.As[event.PartJudged](e)
		return err == nil && j.Outcome != "pass" && j.Evidence != ""
	})
	if i < 0 {
		t.Fatal("no cap was rejected with a picture")
	}
	last, _, err := proof.LastJudged(events[i : i+1])
	must(t, err)
	last.ModelHash = m.Card.SHA256
	warm, err := losslessly(&image.Gray{Pix: bytes.Repeat([]byte{200}, 16), Stride: 4, Rect: image.Rect(0, 0, 4, 4)})
	must(t, err)
	last.Views[0].Heatmap = fmt.Sprintf("%x", sha256.Sum256(warm))
	kept := filepath.Join(folder, "reject", last.Views[0].Heatmap[:2], last.Views[0].Heatmap[2:]+".png")
	must(t, os.MkdirAll(filepath.Dir(kept), 0o755))
	must(t, os.WriteFile(kept, warm, 0o644))
	for name, tt := range map[string]struct {
		nearest func(context.Context, event.PartJudged) (*api.Nearest, error)
		lost    bool // its pictures
		images  int
		says    string
	}{
		"compared":       {c.nearest, false, 4, "the good part most like it there"},
		"without models": {nil, false, 2, "name the site with -c SITE"},
		"expired":        {c.nearest, true, 0, "its picture has expired"},
	} {
		p := *pages
		p.nearest = tt.nearest
		if tt.lost {
			p.evidence = func(context.Context, string) (io.ReadSeekCloser, error) { return nil, os.ErrNotExist }
			c.evidence = p.evidence
		}
		page, err := p.page(t.Context(), proof.Tell(events[i].Part, events[i:i+1]), last)
		c.evidence = pages.evidence
		must(t, err)
		if n := bytes.Count(page, []byte("<img src=\"data:image/")); n != tt.images || !bytes.Contains(page, []byte(tt.says)) {
			t.Errorf("%s: %d pictures, want %d, and %q in\n%.2000s", name, n, tt.images, tt.says, page)
		}
	}
	passed := proof.Story{Part: events[i].Part}
	must(t, pages.compare(t.Context(), &passed, event.PartJudged{Outcome: "pass"}))
	if passed.Compared != nil {
		t.Errorf("a part that passed is compared: %+v", passed.Compared)
	}
}

func TestWorstView(t *testing.T) {
	top, side := event.View{Name: "top", Camera: "c1", Evidence: "a"}, event.View{Name: "side", Camera: "c2", Evidence: "b"}
	bare := event.View{Name: "back", Camera: "c3"}
	for name, tt := range map[string]struct {
		views []event.View
		by    string // camera of the first reason
		want  string
	}{
		"named by the reason": {[]event.View{top, side}, "c2", "side"},
		"of another":          {[]event.View{bare, top, side}, "c9", "top"},
		"without a picture":   {[]event.View{bare, side}, "c3", "side"},
		"none":                {[]event.View{bare}, "c3", ""},
	} {
		got := ""
		if v := worstView(event.PartJudged{Views: tt.views, Reasons: []event.Reason{{Camera: tt.by}}}); v != nil {
			got = v.Name
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

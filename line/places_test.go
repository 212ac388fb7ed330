//go:build cgo

package line_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/line"
	"linesman/models"
	"linesman/part"
	"linesman/proof"
	"linesman/vision"
)

// placed finds dark spots on discs, each with its size and place; ten dark pixels
// are too many. It names all of them where it is asked to.
type placed struct{ spots }

func (placed) Detect(_ context.Context, crops []vision.Crop, ask models.Ask, out []models.Result) error {
	for i, c := range crops {
		out[i] = models.Result{Listed: ask.Places}
		seen := make([]bool, len(c.Mask))
		dark := func(at int) bool { return c.Mask[at] > 0 && !seen[at] && c.Pix[3*at] < betweenGrey }
		for at := range c.Mask {
			if !dark(at) {
				continue
			}
			box := vision.Box{X0: math.Inf(1), Y0: math.Inf(1), X1: math.Inf(-1), Y1: math.Inf(-1)}
			area, queue := 0, []int{at}
			for seen[at] = true; len(queue) > 0; queue = queue[1:] {
				x, y := queue[0]%c.Size, queue[0]/c.Size
				area++
				// The crop's middle is the part's centre, pixel for pixel of the sensor.
				sx, sy := math.Trunc(c.Centre.X)+float64(x-c.Size/2), math.Trunc(c.Centre.Y)+float64(y-c.Size/2)
				box = vision.Box{X0: min(box.X0, sx), Y0: min(box.Y0, sy), X1: max(box.X1, sx+1), Y1: max(box.Y1, sy+1)}
				for _, next := range [4]int{queue[0] - 1, queue[0] + 1, queue[0] - c.Size, queue[0] + c.Size} {
					if dark(next) { // the mask keeps off the edges
						seen[next] = true
						queue = append(queue, next)
					}
				}
			}
			f := models.Finding{Class: "spot", Score: float64(area) / 10, Box: box, Area: float64(area), Measured: float64(area), Limit: 10, Unit: "px"}
			out[i].Anomaly = max(out[i].Anomaly, f.Score)
			out[i].Findings = append(out[i].Findings, f)
		}
	}
	return nil
}

// TestAgainOfPlaces runs a line whose recipe excuses spots by size and place, and
// judges all that was stored again: nothing changes. What was stored without scale
// and belt, as earlier versions did, is excused by nothing.
func TestAgainOfPlaces(t *testing.T) {
	t.Parallel()
	l := discs()
	store, err := evidence.Open(evidence.Settings{Dir: t.TempDir(), MinFree: -1, Queue: 10000, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	// The row's own spots, of 3 mm, lie in the mark. Of the others a third each lie
	// at the rim, are large, and are small.
	p := newPlant(t, build{seed: *seed, defects: 0.3, workers: 2, watch: camera.Watch{Stall: time.Minute}, detector: placed{}, evidence: store,
		views: []line.View{{Camera: "top", AtMM: l.CameraMM, MMPerPx: l.MMPerPx, Belt: "+x", Exposure: line.Duration(40 * time.Microsecond)}},
		recipe: `keep: {one_pass_in: 50}
limits:
  guided: true
  zones:
    rim: {ring_mm: [7, 14]}
    mark: {polygon_mm: [[1, -6], [8, -6], [8, 0], [1, 0]]}
  classes:
    spot: {min_mm: 2.5, zones: [{zone: mark, factor: 2}, {zone: rim, ignore: true}]}
`})
	p.cameras[0].cover(func(pic *picture) bool {
		x, y := float64(pic.width)/2, float64(pic.height)/2
		switch pic.trigger.N % 9 {
		case 0:
			disc(pic.pix, pic.width, pic.height, x, y+18, 3, spotGrey)
		case 3:
			disc(pic.pix, pic.width, pic.height, x, y+4, 5, spotGrey)
		case 6:
			disc(pic.pix, pic.width, pic.height, x, y+4, 2, spotGrey)
		}
		return true
	})
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	if !p.await(patience, func(r record) bool { p.release(); return len(r.fates) > 80 }) {
		t.Fatal("the line stands" + p.describe())
	}
	p.finish()
	r, _ := p.record()
	again := func(log reading) *proof.Report {
		replay := &proof.Replay{Log: log, Evidence: store.Get, Judges: func(string, string, string) (proof.Rejudge, error) {
			return line.Again{Recipe: p.recipe, Detector: placed{}}.Judge, nil
		}}
		report, err := replay.Sample(context.Background(), proof.Sample{Parts: 1000})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	report := again(r.events)
	for _, c := range report.Changed {
		t.Errorf("part %s: %v", c.Part, c.Changes)
	}
	excused, failed := 0, 0
	var older reading
	for _, e := range r.events {
		j, err := event.As[event.PartJudged](e)
		if err != nil {
			older = append(older, e)
			continue
		}
		if j.Outcome == part.Pass.String() && j.Score >= 1 {
			excused++
			if len(j.Views) != 1 || j.Views[0].Evidence == "" || j.Views[0].MMPerPx != l.MMPerPx || j.Views[0].Belt != "+x" {
				t.Errorf("part %s passes with score %.1f; stored: %+v, want its picture, scale and belt", e.Part, j.Score, j.Views)
			}
		}
		if j.Outcome == part.Fail.String() {
			failed++
			if says := fmt.Sprint(j.Reasons); !strings.Contains(says, "mm (limit 2.5 mm)") {
				t.Errorf("part %s fails: %s, want the size and its limit", e.Part, says)
			}
		}
		for i := range j.Views {
			j.Views[i].MMPerPx, j.Views[i].Belt = 0, ""
		}
		if e.Data, err = json.Marshal(j); err != nil {
			t.Fatal(err)
		}
		older = append(older, e)
	}
	if report.Again != report.Drawn || report.Largest != 0 || excused < 10 || failed < 4 {
		t.Errorf("%d of %d judged again, %d excused, %d failed, largest difference %g", report.Again, report.Drawn, excused, failed, report.Largest)
	}
	before := again(older)
	turned := 0
	for _, c := range before.Changed {
		if !c.Outcome {
			continue
		}
		// A part that came late was inconclusive, its spots excused or not.
		if c.Is.Outcome != part.Fail.String() {
			t.Errorf("part %s, stored without scale, passes: %v", c.Part, c.Changes)
		} else if c.Was.Outcome == part.Pass.String() {
			turned++
		}
	}
	if turned != excused {
		t.Errorf("%d excused parts fail where scale and belt were not stored, want all %d", turned, excused)
	}
	t.Logf("%d parts excused, %d failed, judged again %v", excused, failed, report.ByOutcome)
}

//go:build cgo

package line_test

import (
	"context"
	"math"
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

// reading is a log that was read before.
type reading []event.Event

func (r reading) Read(_ context.Context, f event.Filter) (out []event.Event, err error) {
	for _, e := range r {
		if f.Match(e) {
			out = append(out, e)
		}
	}
	return out, nil
}

// mute is spots with no answer for discs of one picture in seven, as where
// neighbours hide too much.
type mute struct{ spots }

func (m mute) Detect(ctx context.Context, crops []vision.Crop, ask models.Ask, out []models.Result) error {
	err := m.spots.Detect(ctx, crops, ask, out)
	for i := range crops {
		out[i].Heatmap = models.Heatmap{Width: 1, Height: 1, Score: []float32{float32(out[i].Anomaly)}}
		if crops[i].Pix[0]%7 == 0 {
			out[i] = models.Result{Anomaly: math.MaxFloat32, Unanswered: "its neighbours hide too much of it"}
		}
	}
	return err
}

// TestAgainFromTwoViews runs a line with two cameras. Some parts one of them
// never shows, some have a flaw that only one shows, for some the model has no
// answer, and some good ones are kept: all that was stored is judged again, and
// nothing changes. Every reject has the picture of every view that showed it.
func TestAgainFromTwoViews(t *testing.T) {
	t.Parallel()
	l := discs()
	view := func(id part.CameraID) line.View {
		return line.View{Camera: id, AtMM: l.CameraMM, MMPerPx: l.MMPerPx}
	}
	store, err := evidence.Open(evidence.Settings{Dir: t.TempDir(), MinFree: -1, Queue: 10000, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	p := newPlant(t, build{seed: *seed, views: []line.View{view("top"), view("side")}, workers: 2, watch: camera.Watch{Stall: time.Minute},
		detector: mute{}, evidence: store, recipe: "keep: {one_pass_in: 4}\n"})
	p.cameras[1].cover(func(pic *picture) bool {
		if pic.trigger.N%5 == 0 { // seen from the side alone
			disc(pic.pix, pic.width, pic.height, float64(pic.width)/2, float64(pic.height)/2, 6, spotGrey)
		}
		return pic.trigger.N%9 != 0
	})
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	if !p.await(patience, func(r record) bool { p.release(); return len(r.fates) > 80 }) {
		t.Fatal("the line stands" + p.describe())
	}
	p.finish()
	r, _ := p.record()
	detector := mute{}
	replay := &proof.Replay{Log: reading(r.events), Evidence: store.Get, Judges: func(string, string, string) (proof.Rejudge, error) {
		return line.Again{Recipe: p.recipe, Detector: detector}.Judge, nil
	}}
	report, err := replay.Sample(context.Background(), proof.Sample{Parts: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Changed {
		t.Errorf("part %s: %v", c.Part, c.Changes)
	}
	if report.Again != report.Drawn || report.Largest != 0 || report.ByOutcome["pass"] < 3 || report.Impossible[proof.NotKept] < 10 || report.ByOutcome["fail"] < 8 || report.ByOutcome["inconclusive"] < 8 {
		t.Errorf("%d of %d judged again, %v, largest difference %g, not possible %v %v", report.Again, report.Drawn, report.ByOutcome, report.Largest, report.Impossible, report.Examples)
	}
	kinds := map[string]int{}
	for _, e := range r.events {
		j, err := event.As[event.PartJudged](e)
		if err != nil || len(j.Views) == 0 {
			continue
		}
		if len(j.Views) != 2 || j.Views[0].Name != "top" || j.Views[1].Name != "side" {
			t.Fatalf("part %s: views %+v", e.Part, j.Views)
		}
		for _, v := range j.Views {
			switch {
			case v.Missing == "no frame showed this part":
				kinds["missing"]++
				if v.Evidence != "" || v.Camera != "" || v.Quality != (event.Quality{}) {
					t.Errorf("part %s: a view that showed nothing says %+v", e.Part, v)
				}
				continue
			case v.Unanswered:
				kinds["unanswered"]++
			case v.Missing != "":
				t.Errorf("part %s: view %s is missing: %s", e.Part, v.Name, v.Missing)
			}
			if v.Evidence == "" || v.Quality.Focus == 0 || v.Camera != v.Name {
				t.Errorf("part %s, %s: view %+v, want its picture, camera and quality", e.Part, j.Outcome, v)
			}
		}
		if j.Outcome == "fail" && len(j.Reasons) == 1 && j.Reasons[0].Camera == "side" {
			kinds["from the side"]++
		}
		if j.Evidence != j.Views[0].Evidence && j.Views[0].Evidence != "" {
			t.Errorf("part %s: the first picture is %s, its first view's %s", e.Part, j.Evidence, j.Views[0].Evidence)
		}
	}
	if kinds["missing"] < 3 || kinds["unanswered"] < 3 || kinds["from the side"] < 3 {
		t.Errorf("kept %v: want some of each kind", kinds)
	}
	t.Logf("%d verdicts, %d with pictures, judged again %v, %v", report.Verdicts, report.Kept, report.ByOutcome, kinds)
}

package bench

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/evidence"
	"linesman/line"
	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/onnx"
	"linesman/proof"
	"linesman/sim"
)

// replayed is how many parts of each product TestReplay judges, and again. A
// release takes
//
//	go test ./bench -run Replay -timeout 60m -v -args -replayed 10000
var replayed = flag.Int("replayed", 150, "how many parts of each product are judged and judged again")

// TestReplay runs the drawn line's own code over caps and over tablets, many of
// which touch, and judges all that it stored again: rejects, inconclusive parts
// and every third pass.
func TestReplay(t *testing.T) {
	for _, product := range []sim.Product{sim.Caps, sim.Tablets} {
		t.Run(string(product), func(t *testing.T) { replayDrawn(t, product) })
	}
}

func replayDrawn(t *testing.T, product sim.Product) {
	ctx, dir, layout := context.Background(), t.TempDir(), product.Layout()
	if err := benchSite.Write(dir, layout); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "recipe.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// Within the band below the limit a part is inconclusive.
	if err := os.WriteFile(file, append(text, "keep: {one_pass_in: 3}\nlimits: {unsure: 0.2}\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := loadSite(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.settings.Deadline = line.Duration(time.Hour)
	if err := TeachDrawn(ctx, layout, 60, 7, filepath.Join(dir, "model")); err != nil {
		t.Fatal(err)
	}
	b := &lineBench{Line: Line{Progress: t.Logf}, dir: dir}
	bad := *replayed / 2
	p, _, err := b.through(ctx, s, drawn(layout, Rates[product], *replayed-bad, bad, 11), plantSettings{unpaced: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()

	detector, err := anomaly.Load(s.recipe.ModelDir(), anomaly.Options{Open: onnx.Open, Threads: 1, Channels: channel.All()})
	if err != nil {
		t.Fatal(err)
	}
	defer detector.Close()
	r := &proof.Replay{Log: p.store, Evidence: p.kept.Get, Judges: func(id, recipe, model string) (proof.Rejudge, error) {
		if id != string(s.line) || recipe != s.recipe.Hash() || model != detector.Model().SHA256 {
			t.Errorf("asked for the judge of line %q, recipe %s, model %s", id, recipe, model)
		}
		return line.Again{Recipe: s.recipe, Detector: detector}.Judge, nil
	}}
	report, err := r.Sample(ctx, proof.Sample{Parts: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Changed {
		t.Errorf("part %s: %v", c.Part, c.Changes)
	}
	t.Logf("%d verdicts, %d with pictures, %d judged again (%v), largest score difference %.3g, not possible %v", report.Verdicts, report.Kept, report.Again, report.ByOutcome, report.Largest, report.Impossible)
	touching := touchingKept(t, p)
	t.Logf("%d of the pictures show a part that was cut apart from a neighbour", touching)
	// At full speed the disk may not keep up; what found no room was told then.
	if report.Again < min(*replayed, 200)/2 || report.Again != report.Drawn || report.ByOutcome["fail"] == 0 || report.ByOutcome["pass"] == 0 || report.ByOutcome["inconclusive"] == 0 || report.Impossible[proof.NotKept] == 0 {
		t.Errorf("%+v: want rejects, passes and inconclusive parts judged again, and some passes without a picture", report)
	}
	if layout.StepMM > 0 && *replayed >= 150 && touching == 0 { // about one part in 80
		t.Error("no picture shows touching parts")
	}
}

// touchingKept counts the kept pictures of touching parts.
func touchingKept(t *testing.T, p *plant) (n int) {
	for after := uint64(0); ; {
		events, err := p.store.Read(context.Background(), event.Filter{After: after, Types: []event.Type{event.PartJudged{}.EventType()}})
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			return n
		}
		for _, e := range events {
			after = e.Seq
			j, err := event.As[event.PartJudged](e)
			if err != nil {
				t.Fatal(err)
			}
			if j.Evidence == "" {
				continue
			}
			file, err := p.kept.Get(j.Evidence)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, c, err := evidence.Part(file); err != nil {
				t.Fatal(err)
			} else if c.Touching {
				n++
			}
		}
	}
}

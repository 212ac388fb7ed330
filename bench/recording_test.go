package bench

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/sim"
	"linesman/sim/draw"
)

// record draws a short line into a folder as anybody could have.
func record(t *testing.T, product sim.Product, good, defective, taught int) string {
	t.Helper()
	dir := t.TempDir()
	l := product.Layout()
	err := draw.Record(dir, draw.Recording{
		Spec: draw.Spec{Layout: l, Seed: 5, Good: good, Defective: defective, Shuffle: true}, Camera: "top", RatePerHour: Rates[product],
		Start: time.Unix(1700000000, 0), TeachGood: taught,
		Settings: benchSite.Write,
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// Frames, truth and good parts that come from a folder are taught, judged by
// the real line and counted at the simulated gate: every part of the truth.
func TestRecording(t *testing.T) {
	for _, c := range []struct {
		product sim.Product
		escapes int // at most
	}{{sim.Caps, 4}, {sim.Tablets, 4}, {sim.Capsules, 10}} {
		t.Run(string(c.product), func(t *testing.T) {
			r, err := RunLine(t.Context(), Line{Recording: record(t, c.product, 24, 12, 16), TeachGood: 16, NoPace: true, Progress: t.Logf, Held: func() Held { return Held{OwnMB: 200, Goroutines: 20} }})
			if err != nil {
				t.Fatal(err)
			}
			if r.GoodDrawn != 24 || r.DefectiveDrawn != 12 || r.PartsJudged != 36 {
				t.Errorf("%d good and %d defective met the gate, %d judged; want 24, 12 and 36", r.GoodDrawn, r.DefectiveDrawn, r.PartsJudged)
			}
			if len(r.Holds) > 0 {
				t.Errorf("the line was held: %v", r.Holds)
			}
			if !r.LedgerBalanced {
				t.Errorf("ledger: %v", r.Ledger)
			}
			// So few taught parts may miss a faint defect, but not all of them; of
			// long parts the golden picture knows only the middle.
			if r.Escapes > c.escapes {
				t.Errorf("%d of 12 defective parts passed: %+v", r.Escapes, r.Escaped)
			}
			if r.GatesOpened > 0 && r.GateOffMM > 1 {
				t.Errorf("a gate opened %.2f mm off its tick", r.GateOffMM)
			}
			drawn, escapes := 0, 0
			for _, c := range r.Curves {
				drawn, escapes = drawn+c.All.Drawn, escapes+c.All.Escapes
			}
			if drawn != 12 || escapes != r.Escapes || r.Stated != nil {
				t.Errorf("curves of %d defective parts, %d escapes, stated sizes %+v: want 12, %d, and none of a recording", drawn, escapes, r.Stated, r.Escapes)
			}
			if r.Account.AtGate != 36 || r.Account.Ejected+r.Account.Exited != 36 {
				t.Errorf("ledger %+v: want 36 parts at the gate, ejected or exited", r.Account)
			}
			if n := len(r.Samples); n < 2 || r.Samples[n-1].OwnMB != 200 || r.Samples[n-1].BooksMB <= 0 || r.Samples[n-1].PicturesMB <= 0 || r.Stretches != n-1 {
				t.Errorf("samples %+v of %d stretches: want one before each and one at the end", r.Samples, r.Stretches)
			}
			if r.BareONNXPerS <= 0 || r.FullSpeedPerS <= 0 || r.AUROC == nil {
				t.Errorf("figures are missing: %+v", r)
			}
		})
	}
}

// A recording that can not be run says what is wrong with it.
func TestRecordingRefusals(t *testing.T) {
	for _, c := range []struct {
		name, file, text, want string
	}{
		{"one frame", "frames.jsonl", `{"file":"frames/000001.png","trigger":1,"tick":{"epoch":1,"count":1}}`, "at least 2"},
		{"no JSON", "truth.jsonl", "kind: good", "truth.jsonl line 1"},
		{"foreign trigger", "truth.jsonl", `{"trigger":9999,"lane":1,"box":[0,0,1,1],"kind":"good"}`, "no frame has trigger 9999"},
		{"lane without a gate", "truth.jsonl", `{"trigger":1,"lane":7,"box":[0,0,1,1],"kind":"good"}`, "lane 7"},
		{"no site", "site.yaml", "lines: {}", "site.yaml"},
		{"no picture", "frames/000001.png", "not a picture", "000001.png"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := record(t, sim.Caps, 3, 1, 4)
			if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(c.file)), []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := RunLine(context.Background(), Line{Recording: dir, NoPace: true, TeachGood: 4})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want it to say %q", err, c.want)
			}
		})
	}
}

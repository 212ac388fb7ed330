//go:build measure

package teach_test

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/onnx"
	"linesman/models/teach"
	"linesman/proof/accuracy"
)

var (
	bankData = flag.String("data", "../../../shared/data/inspect", "folder of the sets")
	bankSets = flag.String("sets", "cookies,aliens,leather_tiles", "sets to teach, by commas")
)

// TestBankSizes teaches each set with banks of several sizes and logs how well its test
// pictures are told apart and what one picture takes, so that the default is no guess.
func TestBankSizes(t *testing.T) {
	for set := range strings.SplitSeq(*bankSets, ",") {
		dir := filepath.Join(*bankData, set)
		good, err := teach.FindPictures(filepath.Join(dir, "train", "good"))
		if err != nil {
			t.Fatal(err)
		}
		test, err := teach.FindPictures(filepath.Join(dir, "test"))
		if err != nil {
			t.Fatal(err)
		}
		kinds := test.Kinds(filepath.Join(dir, "test"))
		for _, bank := range []int{150, 300, 600, 1200, 2400} {
			m, err := teach.Teach(t.Context(), teach.Input{Name: set, Version: "1", Good: good, Open: onnx.Open, Bank: bank, Fit: teach.WholePictures, Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			folder := filepath.Join(t.TempDir(), set)
			if err := m.Write(folder); err != nil {
				t.Fatal(err)
			}
			d, err := anomaly.Load(folder, anomaly.Options{Open: onnx.Open, Threads: 1, Channels: channel.All()})
			if err != nil {
				t.Fatal(err)
			}
			var sane, defective []float64
			var took time.Duration
			for i := range test {
				p, err := test.Part(i)
				if err != nil {
					t.Fatal(err)
				}
				from := time.Now()
				r, err := d.Look(t.Context(), p.Picture, models.Ask{})
				if err != nil {
					t.Fatal(err)
				}
				took += time.Since(from)
				if kinds[i] == "good" {
					sane = append(sane, r.Anomaly)
				} else {
					defective = append(defective, r.Anomaly)
				}
			}
			d.Close()
			auroc := accuracy.AUROC(sane, defective)
			t.Logf("%s: bank %d (kept %v): AUROC %.4f, %.1f ms a picture", set, bank, m.Card.Taught.Bank, auroc, took.Seconds()*1000/float64(len(test)))
			if auroc < 0.7 {
				t.Errorf("%s: bank %d: AUROC %.3f", set, bank, auroc)
			}
		}
	}
}

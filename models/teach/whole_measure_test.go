//go:build measure

package teach

import (
	"testing"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/weights"
)

// TestTurnedLids says what the comparison of a round product brings: image AUROC of 60 good
// and 40 defective pictures of each kind, of the network alone and of all together.
//
//	go test -tags measure ./models/teach -run TurnedLids -v -timeout 60m
func TestTurnedLids(t *testing.T) {
	for _, n := range []int{12, 20, 50, 110} {
		_, d := taughtOn(t, lids{n: n, seed: 1}, weights.Network{}, 0, anomaly.Input{})
		rejected := map[string]int{} // good ones, by what rejected them
		judge := func(kind string, count int) (network, all []float64) {
			for i := range count {
				p, _ := lids{count, 2, kind}.Part(i)
				r, err := d.Look(t.Context(), p.Picture, models.Ask{})
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, r.Anomaly)
				if kind == "" && r.Anomaly >= 1 {
					rejected[r.Findings[0].Class]++
				}
				for _, f := range r.Findings {
					if f.Class == anomaly.Texture {
						network = append(network, f.Score)
					}
				}
			}
			return network, all
		}
		goodNetwork, good := judge("", 60)
		var badNetwork, bad []float64
		for _, kind := range []string{"wrong print", "spot", "stain", "scratch", "chip"} {
			network, all := judge(kind, 40)
			passed := 0
			for _, s := range all {
				if s < 1 {
					passed++
				}
			}
			t.Logf("%3d taught, %-11s network %.3f, all %.3f; %2d of 40 passed", n, kind, auroc(goodNetwork, network), auroc(good, all), passed)
			badNetwork, bad = append(badNetwork, network...), append(bad, all...)
		}
		t.Logf("%3d taught, all kinds   network %.4f, all %.4f; of 60 good rejected for %v", n, auroc(goodNetwork, badNetwork), auroc(good, bad), rejected)
	}
}

package teach

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"linesman/models"
	"linesman/models/anomaly"
)

// Patches of one part are alike, so that few parts say little of how parts differ
// along a direction: the limit of likeness has to come from good parts that did not
// help to find it. New good parts are then rejected about as often as was asked.
func TestLikenessOfUnseenGood(t *testing.T) {
	const cols, side, few, fresh, asked = 24, 8, 30, 400, 0.02
	random := rand.New(rand.NewPCG(7, 1))
	draw := func(shift float32) anomaly.Patches {
		own := make([]float32, cols)
		for c := range own {
			own[c] = float32(random.NormFloat64())
		}
		own[0] += shift
		p := anomaly.Patches{W: side, H: side, Distance: make([]float32, side*side)}
		level := models.Tensor{Shape: []int64{side, side, cols}}
		for range side * side {
			for _, v := range own {
				level.Data = append(level.Data, v+0.3*float32(random.NormFloat64()))
			}
		}
		p.Levels = []models.Tensor{level}
		return p
	}
	n := &naming{teacher: &teacher{Input: Input{Good: Pictures(make([]string, few)), FalseRejectRate: asked, Aggregate: anomaly.Aggregate{Share: 0.01, Least: 3}}}}
	var good []anomaly.Patches
	n.seen = make([][]matrix, 1)
	for range few {
		p := draw(0)
		good = append(good, p)
		n.seen[0] = append(n.seen[0], matrix{rows: side * side, cols: cols, data: p.Levels[0].Data, from: make([]anomaly.Place, side*side)})
	}
	mean, spread := spreadOf(n.seen[0])
	for c, s := range spread {
		spread[c] = 1 / s
	}
	n.mean, n.scale = [][]float32{mean}, [][]float32{spread}
	n.classes = []string{"scratch"}
	for i := range 6 {
		n.shown = append(n.shown, labelled{fold: i % namedFolds, patches: draw(3), at: []int{3, 11, 40}})
	}
	if err := n.learnSets(); err != nil {
		t.Fatal(err)
	}
	var b bench
	alike := func(of []anomaly.Patches, by func(i int) *anomaly.Named) (out []float64) {
		for i := range of {
			out = append(out, n.alike(&b, by(i), &of[i], 0))
		}
		return out
	}
	all := func(int) *anomaly.Named { return n.sets[0] }
	var others []anomaly.Patches
	for range fresh {
		others = append(others, draw(0))
	}
	rejected := func(limit float64) float64 {
		above := 0
		for _, v := range alike(others, all) {
			if v >= limit {
				above++
			}
		}
		return float64(above) / fresh
	}
	seen, unseen := rejected(threshold(alike(good, all), asked)), rejected(threshold(alike(good, n.unseen), asked))
	said := fmt.Sprintf("%.1f %% of new good parts rejected at a limit from parts held out, %.1f %% from parts that helped to find the direction; asked %.0f %%", 100*unseen, 100*seen, 100*asked)
	if t.Log(said); unseen > 3*asked || seen < 2*unseen {
		t.Error(said)
	}
}

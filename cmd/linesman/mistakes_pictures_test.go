//go:build measure

package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"linesman/models/anomaly"
	"linesman/models/onnx"
	"linesman/models/teach"
	"linesman/proof/accuracy"
)

var (
	pictureData  = flag.String("pictures", "../../../shared/data/inspect", "folder of the sets of real pictures for TestMistakesOnPictures")
	pictureSets  = flag.String("sets", "leather_tiles,ballscrew", "which of them, each SET/train/good, SET/test/good, SET/test/DEFECT")
	pictureSeeds = flag.Uint64("seeds", 3, "how many drawings of the half that mistakes are taken from, seeds 1 and up")
	pictureWays  = flag.String("ways", "both", "which mistakes are fed back: both, false (rejects alone), missed (defects alone); several by commas")
	pictureApart = flag.String("apart", "", "regular expression: pictures of one set whose names agree in its first group go to the same half; default by set")
)

// apart says what pictures of one set show of the same piece: they go to the same
// half, so that none is judged whose neighbour was fed back. The tiles of a
// photograph of leather; a position of a ball screw is seen again and again on
// its machine, so those are not kept apart.
var apart = map[string]string{"leather_tiles": `^(.*)_\d\d$`}

// TestMistakesOnPictures measures what feeding mistakes back is worth on real
// pictures. A model is taught from a set's good pictures alone and judges a half
// of its test pictures, drawn by a seed; its first mistakes in the order of the
// drawing are fed back as a person would: false rejects join the good pictures,
// misses are labelled defects of their kind. Both models then judge the other half.
//
//	go test -tags measure ./cmd/linesman -run MistakesOnPictures -v -timeout 120m
//	... -args -pictures DIR -sets leather_tiles,ballscrew -ways both,false,missed -seeds 3
func TestMistakesOnPictures(t *testing.T) {
	for _, set := range strings.Split(*pictureSets, ",") {
		t.Run(set, func(t *testing.T) {
			root := filepath.Join(*pictureData, set)
			if _, err := os.Stat(filepath.Join(root, "train", "good")); err != nil {
				t.Skipf("nothing was measured: %v; name the folder of the sets by -args -pictures DIR", err)
			}
			shown, err := findLabelled(filepath.Join(root, "test"), "")
			must(t, err)
			good, err := teach.FindPictures(filepath.Join(root, "train", "good"))
			must(t, err)
			first := judgeAll(t, taughtFrom(t, good, nil), shown)
			ways := strings.Split(*pictureWays, ",")
			sums := map[string]*feedback{}
			for _, way := range ways {
				sums[way] = new(feedback)
			}
			for seed := uint64(1); seed <= *pictureSeeds; seed++ {
				half := halfOf(t, set, shown, seed)
				for _, way := range ways {
					f := feedBack(t, good, shown, first, half, way)
					t.Logf("%s, seed %d, %s: %v", set, seed, way, f)
					sums[way].add(f)
				}
			}
			for _, way := range ways {
				s := sums[way]
				t.Logf("%s, all %d seeds, %s: %v", set, *pictureSeeds, way, s)
				switch was, is := s.before.balanced(), s.after.balanced(); {
				case s.falsely+s.missed == 0:
					t.Logf("%s: no mistake to feed back (%s)", set, way)
				case is < was:
					t.Errorf("%s: the mistakes fed back did harm (%s): balanced accuracy %.3f becomes %.3f", set, way, was, is)
				case is == was && s.falsely+s.missed == s.before.n**mistakes:
					t.Errorf("%s: nothing was learned from %d mistakes (%s)", set, s.falsely+s.missed, way)
				}
			}
		})
	}
}

// feedback is what both models say of pictures that were not fed back.
type feedback struct {
	falsely, missed int // fed back
	before, after   tally
}

func (f *feedback) add(o feedback) {
	f.falsely, f.missed = f.falsely+o.falsely, f.missed+o.missed
	f.before.add(o.before)
	f.after.add(o.after)
}

func (f feedback) String() string {
	return fmt.Sprintf("%d false rejects and %d misses fed back\n  before %v\n  after  %v", f.falsely, f.missed, f.before, f.after)
}

// tally counts answers; several are added up, their AUROC is a mean.
type tally struct {
	good, rejected, bad, escaped int
	auroc, best                  float64
	n                            int
}

func (a *tally) add(o tally) {
	a.good, a.rejected, a.bad, a.escaped = a.good+o.good, a.rejected+o.rejected, a.bad+o.bad, a.escaped+o.escaped
	a.auroc, a.best, a.n = a.auroc+o.auroc, a.best+o.best, a.n+o.n
}

func (a tally) balanced() float64 {
	return 1 - (float64(a.rejected)/float64(a.good)+float64(a.escaped)/float64(a.bad))/2
}

func (a tally) String() string {
	return fmt.Sprintf("false rejects %3d of %d, escapes %3d of %d, balanced accuracy %.3f (best limit %.3f), AUROC %.4f", a.rejected, a.good, a.escaped, a.bad, a.balanced(), a.best/float64(a.n), a.auroc/float64(a.n))
}

func tallyOf(t *testing.T, judged []accuracy.Judged) tally {
	t.Helper()
	f, err := accuracy.Measure(judged)
	must(t, err)
	return tally{good: f.Good.Pictures, rejected: f.FalseRejects.Count, bad: f.Defective.Pictures, escaped: f.Escapes.Count, auroc: f.AUROC.Value, best: f.Best.Balanced, n: 1}
}

// halfOf draws the half that mistakes are taken from, in the order drawn.
func halfOf(t *testing.T, set string, shown []labelled, seed uint64) []int {
	t.Helper()
	pattern := *pictureApart
	if pattern == "" {
		pattern = apart[set]
	}
	if pattern == "" {
		pattern = "(.*)"
	}
	same, err := regexp.Compile(pattern)
	must(t, err)
	var pieces []string
	of := map[string][]int{}
	for i, l := range shown {
		stem := strings.TrimSuffix(filepath.Base(l.path), filepath.Ext(l.path))
		name := stem
		if m := same.FindStringSubmatch(stem); len(m) > 1 {
			name = m[1]
		}
		if of[name] == nil {
			pieces = append(pieces, name)
		}
		of[name] = append(of[name], i)
	}
	random := rand.New(rand.NewPCG(seed, 10))
	random.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
	var half []int
	for _, name := range pieces {
		if len(half) < len(shown)/2 {
			half = append(half, of[name]...)
		}
	}
	random.Shuffle(len(half), func(i, j int) { half[i], half[j] = half[j], half[i] })
	return half
}

// feedBack feeds the first mistakes of the half back and judges the other half.
func feedBack(t *testing.T, good teach.Pictures, shown []labelled, first []accuracy.Judged, half []int, way string) (f feedback) {
	t.Helper()
	seen := map[int]bool{}
	var back []labelled
	for _, i := range half {
		seen[i] = true
		j := &first[i]
		wanted := way == "both" || way == "false" && j.Good() || way == "missed" && !j.Good()
		if !j.Mistake() || !wanted || len(back) == *mistakes {
			continue
		}
		if back = append(back, shown[i]); j.Good() {
			f.falsely++
		} else {
			f.missed++
		}
	}
	var rest []accuracy.Judged
	var others []labelled
	for i := range first {
		if !seen[i] {
			rest, others = append(rest, first[i]), append(others, shown[i])
		}
	}
	if f.before = tallyOf(t, rest); len(back) == 0 {
		f.after = f.before
		return f
	}
	f.after = tallyOf(t, judgeAll(t, taughtFrom(t, good, back), others))
	return f
}

// taughtFrom teaches as linesman teach does, from good pictures and mistakes.
func taughtFrom(t *testing.T, good teach.Pictures, back []labelled) *anomaly.Model {
	t.Helper()
	defects, in := teach.Pictures{}, teach.Input{Name: "pictures", Open: onnx.Open, Threads: 2}
	good = slices.Clone(good)
	for _, l := range back {
		if l.kind == accuracy.Good {
			good = append(good, l.path)
		} else {
			defects, in.DefectNames = append(defects, l.path), append(in.DefectNames, l.kind)
		}
	}
	in.Good, in.Defects = good, defects
	m, err := teach.Teach(t.Context(), in)
	must(t, err)
	t.Logf("the card: %s", m.Card.Chosen)
	return m
}

// judgeAll has a model judge pictures as linesman inspect does.
func judgeAll(t *testing.T, m *anomaly.Model, shown []labelled) []accuracy.Judged {
	t.Helper()
	d, err := m.Detector(modelOptions(2))
	must(t, err)
	defer d.Close()
	out := make([]accuracy.Judged, len(shown))
	for i, l := range shown {
		a := (&InspectCmd{}).judge(t.Context(), d, l.path)
		out[i] = accuracy.Judged{File: l.name, Kind: l.kind, Score: a.Score, Outcome: a.Outcome}
	}
	return out
}

// Package accuracy proves on labelled pictures how well a model tells good
// parts from defective ones, and writes the page that a quality engineer sends
// on. It is told what was answered to each picture and judges nothing itself.
package accuracy

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"linesman/part"
	"linesman/proof"
)

// Good is the kind of a picture, and the name of its folder, where the part is good.
const Good = "good"

// Judged is what was answered to one labelled picture.
type Judged struct {
	File    string // below the data folder, with slashes
	Kind    string // Good, or the defect's name
	Outcome part.Outcome
	Score   float64 // 1 = threshold; no matter if Unjudged is set
	Reasons []string
	// Unjudged says why there is no answer; empty if there is one. The part counts
	// as the worst it could have been: good as a false reject, defective as an escape.
	Unjudged string
}

// Good says whether the part is known to be good.
func (j *Judged) Good() bool { return j.Kind == Good }

// Mistake says whether the part went the wrong way. A good part that is
// inconclusive is rejected, and so a mistake; a defective one is not.
func (j *Judged) Mistake() bool {
	switch {
	case j.Unjudged != "":
		return true
	case j.Good():
		return j.Outcome != part.Pass
	default:
		return j.Outcome == part.Pass
	}
}

// rank is the score by which the picture stands among the others: without an
// answer the worst it could have had.
func (j *Judged) rank() float64 {
	switch {
	case j.Unjudged == "":
		return j.Score
	case j.Good():
		return math.Inf(1)
	default:
		return math.Inf(-1)
	}
}

// Share is how many of how many, with the one-sided exact 95 % bound above which
// the share does not lie.
type Share struct {
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Upper float64 `json:"upper_95"`
}

func share(count, of int) Share {
	bound, _ := proof.Upper(uint64(count), uint64(of)) // 1 where nothing can be claimed
	return Share{count, of, bound}
}

// Rate is the share seen; of nothing it is 0.
func (s Share) Rate() float64 {
	if s.Of == 0 {
		return 0
	}
	return float64(s.Count) / float64(s.Of)
}

// Kind is what became of the pictures of one kind.
type Kind struct {
	Name         string  `json:"name"`
	Pictures     int     `json:"pictures"`
	Passed       int     `json:"passed"`
	Failed       int     `json:"failed"`
	Inconclusive int     `json:"inconclusive"` // rejected
	Unjudged     int     `json:"unjudged"`     // counted as mistakes
	Mistakes     Share   `json:"mistakes"`
	AUROC        float64 `json:"auroc"` // against all good pictures; 0 for the good ones
}

// Rejected is how many did not pass and were answered.
func (k Kind) Rejected() int { return k.Failed + k.Inconclusive }

// Figures is what the answers amount to.
type Figures struct {
	Good         Kind     `json:"good"`
	Defective    Kind     `json:"defective"`
	Defects      []Kind   `json:"defects"` // by name
	AUROC        Interval `json:"auroc"`
	Balanced     float64  `json:"balanced_accuracy"` // at the model's own threshold
	Best         Cut      `json:"best_threshold"`
	Escapes      Share    `json:"escapes"`
	FalseRejects Share    `json:"false_rejects"`
}

// ErrOneClass says that pictures of one class alone prove nothing.
var ErrOneClass = errors.New("pictures of good and of defective parts are both needed")

// Measure counts the answers. It needs at least one picture of each class.
func Measure(judged []Judged) (Figures, error) {
	byKind := map[string][]Judged{}
	for _, j := range judged {
		byKind[j.Kind] = append(byKind[j.Kind], j)
	}
	good := ranks(byKind[Good])
	f := Figures{Good: kind(byKind[Good]), Defective: Kind{Name: "all defects"}}
	var defective []float64
	for _, name := range slices.Sorted(maps.Keys(byKind)) {
		if name == Good {
			continue
		}
		of := byKind[name]
		k := kind(of)
		k.AUROC = AUROC(good, ranks(of))
		f.Defects = append(f.Defects, k)
		defective = append(defective, ranks(of)...)
		f.Defective.add(k)
	}
	if len(good) == 0 || len(defective) == 0 {
		return Figures{}, fmt.Errorf("%w: there are %d good and %d defective", ErrOneClass, len(good), len(defective))
	}
	f.AUROC = areaInterval(good, defective)
	f.Defective.AUROC = f.AUROC.Value
	f.Escapes, f.FalseRejects = f.Defective.Mistakes, f.Good.Mistakes
	f.Balanced = 1 - (f.Escapes.Rate()+f.FalseRejects.Rate())/2
	f.Best = bestCut(good, defective)
	return f, nil
}

// kind counts pictures of one kind.
func kind(of []Judged) Kind {
	var k Kind
	mistakes := 0
	for i := range of {
		j := &of[i]
		k.Name = j.Kind
		switch {
		case j.Unjudged != "":
			k.Unjudged++
		case j.Outcome == part.Pass:
			k.Passed++
		case j.Outcome == part.Fail:
			k.Failed++
		default:
			k.Inconclusive++
		}
		if j.Mistake() {
			mistakes++
		}
	}
	k.Pictures, k.Mistakes = len(of), share(mistakes, len(of))
	return k
}

func (k *Kind) add(other Kind) {
	k.Pictures += other.Pictures
	k.Passed += other.Passed
	k.Failed += other.Failed
	k.Inconclusive += other.Inconclusive
	k.Unjudged += other.Unjudged
	k.Mistakes = share(k.Mistakes.Count+other.Mistakes.Count, k.Pictures)
}

func ranks(of []Judged) []float64 {
	out := make([]float64, len(of))
	for i := range of {
		out[i] = of[i].rank()
	}
	return out
}

// Worst returns up to n answered pictures of one class that lie nearest to the
// other: defective ones from the lowest score, good ones from the highest.
func Worst(judged []Judged, good bool, n int) []Judged {
	var of []Judged
	for _, j := range judged {
		if j.Good() == good && j.Unjudged == "" {
			of = append(of, j)
		}
	}
	slices.SortStableFunc(of, func(a, b Judged) int {
		if good {
			a, b = b, a
		}
		return cmp.Compare(a.Score, b.Score)
	})
	return of[:min(n, len(of))]
}

package detect

import (
	"cmp"
	"math"
	"slices"

	"linesman/vision"
)

// Found is one thing found in a picture.
type Found struct {
	Class int    // by the card's list, from 0
	Label string // the class's name
	Score float64
	Box   vision.Box // pixels of the picture, cut off at its edges
	Sure  bool       // the score reaches what the card asks of the class, or a half where it asks nothing
}

// decode reads the rows of a YOLOX head for an input of width x height pixels:
// what scores at least floor. Boxes are in pixels of the input. Numbers that are
// none find nothing.
func (h Head) decode(rows []float32, width, height, classes int, floor float64, out []Found) []Found {
	step := 5 + classes
	r := 0
	for _, stride := range h.Strides {
		for y := range height / stride {
			for x := range width / stride {
				row := rows[r*step : (r+1)*step]
				r++
				if !(float64(row[4]) >= floor) {
					continue // a class is at most 1
				}
				out = h.place(row, float64(stride), float64(x), float64(y), floor, out)
			}
		}
	}
	return out
}

// place reads one row: the class that is most likely, or each that scores.
func (h Head) place(row []float32, k, x, y, floor float64, out []Found) []Found {
	cx, cy := (float64(row[0])+x)*k, (float64(row[1])+y)*k
	w, t := math.Exp(float64(row[2]))*k, math.Exp(float64(row[3]))*k
	box := vision.Box{X0: cx - w/2, Y0: cy - t/2, X1: cx + w/2, Y1: cy + t/2}
	if !Sound(cx, cy, w, t) {
		return out
	}
	best := 0
	for c, v := range row[5:] {
		if score := float64(row[4]) * float64(v); h.Many && score >= floor && Sound(score) {
			out = append(out, Found{Class: c, Score: score, Box: box})
		}
		if v > row[5+best] {
			best = c
		}
	}
	if score := float64(row[4]) * float64(row[5+best]); !h.Many && score >= floor && Sound(score) {
		out = append(out, Found{Class: best, Score: score, Box: box})
	}
	return out
}

// Sound reports whether all are numbers, and none is infinite.
func Sound(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// suppress keeps of each class the strongest of those that overlap by more
// than a share of their joint area, strongest first. It works in place.
func suppress(found []Found, overlap float64) []Found {
	return Strongest(found, func(f Found) float64 { return f.Score }, func(a, b Found) bool { return a.Class == b.Class && a.Box.Overlap(b.Box) > overlap })
}

// Strongest keeps of those that are the same the one with the highest score, and
// sorts by it, highest first (non-maximum suppression). It works in place.
func Strongest[T any](found []T, score func(T) float64, same func(a, b T) bool) []T {
	slices.SortStableFunc(found, func(a, b T) int { return cmp.Compare(score(b), score(a)) })
	kept := found[:0]
	for _, f := range found {
		if !slices.ContainsFunc(kept, func(k T) bool { return same(k, f) }) {
			kept = append(kept, f)
		}
	}
	return kept
}

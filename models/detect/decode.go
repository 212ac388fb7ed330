package detect

import (
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
}

// decode reads the rows of a YOLOX head: what scores at least floor, by the
// class that is most likely in each place. Boxes are in pixels of the tensor.
// Numbers that are none find nothing.
func (h Head) decode(rows []float32, classes int, floor float64, out []Found) []Found {
	width := 5 + classes
	r := 0
	for _, stride := range h.Strides {
		for y := range h.Height / stride {
			for x := range h.Width / stride {
				row := rows[r*width : (r+1)*width]
				r++
				if !(float64(row[4]) >= floor) {
					continue // a class is at most 1
				}
				class := 0
				for c, v := range row[5:] {
					if v > row[5+class] {
						class = c
					}
				}
				score := float64(row[4]) * float64(row[5+class])
				k := float64(stride)
				cx, cy := (float64(row[0])+float64(x))*k, (float64(row[1])+float64(y))*k
				w, t := math.Exp(float64(row[2]))*k, math.Exp(float64(row[3]))*k
				if !(score >= floor) || !sound(cx, cy, w, t, score) {
					continue
				}
				out = append(out, Found{Class: class, Score: score, Box: vision.Box{X0: cx - w/2, Y0: cy - t/2, X1: cx + w/2, Y1: cy + t/2}})
			}
		}
	}
	return out
}

func sound(values ...float64) bool {
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
	slices.SortStableFunc(found, func(a, b Found) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	kept := found[:0]
	for _, f := range found {
		same := func(k Found) bool { return k.Class == f.Class && k.Box.Overlap(f.Box) > overlap }
		if !slices.ContainsFunc(kept, same) {
			kept = append(kept, f)
		}
	}
	return kept
}

package face

import (
	"errors"
	"fmt"
	"math"

	"linesman/models/detect"
	"linesman/vision"
)

// Head says how pictures go in and how answers come out. The graph has four
// outputs a stride, finest stride first, by kind: how likely a place is a face
// (cls) and how good its box is (obj), both 0..1; the box's centre from the
// place's own cell (cells) with the logarithms of its width and height (cells);
// and five points from the cell (cells): right eye, left eye, nose, right and
// left corner of the mouth, the person's own right.
type Head struct {
	Kind    string `yaml:"kind"`    // "yunet"
	Order   string `yaml:"order"`   // of the planes: "bgr" or "rgb", values 0..255
	Pad     uint8  `yaml:"pad"`     // beside the picture
	Longest int    `yaml:"longest"` // pixels of the tensor's longer side, at most
	// Coarse is the longer side of a second look, in which a face that fills the
	// picture is small enough to be seen; 0 for none.
	Coarse  int   `yaml:"coarse"`
	Strides []int `yaml:"strides"`
}

// maxSide bounds the network's input: beyond it one picture would take minutes.
const maxSide = 4096

func (h Head) check() error {
	switch {
	case h.Kind != "yunet":
		return fmt.Errorf("head %q: yunet is the only one known", h.Kind)
	case h.Order != "bgr" && h.Order != "rgb":
		return fmt.Errorf("order %q: want bgr or rgb", h.Order)
	case len(h.Strides) == 0:
		return errors.New("no strides; YuNet has 8, 16 and 32")
	}
	for i, s := range h.Strides {
		if s < 1 || i > 0 && s%h.Strides[i-1] != 0 {
			return fmt.Errorf("strides %v: each must divide the next", h.Strides)
		}
	}
	if h.Longest < h.multiple() || h.Longest > maxSide || h.Coarse != 0 && (h.Coarse < h.multiple() || h.Coarse >= h.Longest) {
		return fmt.Errorf("longest %d and coarse %d: give %d to %d pixels, and coarse less than longest or 0", h.Longest, h.Coarse, h.multiple(), maxSide)
	}
	return nil
}

// multiple is what the tensor's sides are multiples of.
func (h Head) multiple() int { return h.Strides[len(h.Strides)-1] }

// up rounds a side up to what the network takes.
func (h Head) up(side int) int {
	m := h.multiple()
	return max((side+m-1)/m*m, m)
}

// Face is one face found in a picture.
type Face struct {
	Score float64
	Box   vision.Box // pixels of the picture, cut off at its edges
	// Points are the right eye, the left eye, the tip of the nose, the right and
	// the left corner of the mouth, in pixels of the picture; right is the
	// person's own.
	Points [5]vision.Point
}

// rows are the answers of one stride.
type rows struct{ class, object, box, points []float32 }

// decode reads what scores at least floor, in pixels of a tensor of the given
// width. The score is the geometric mean of the two likelihoods. Numbers that
// are none find nothing.
func (r rows) decode(stride, width int, floor float64, out []Face) []Face {
	across := width / stride
	k := float64(stride)
	for i := range r.class {
		score := math.Sqrt(share(r.class[i]) * share(r.object[i]))
		if !(score >= floor) {
			continue
		}
		x, y := float64(i%across), float64(i/across)
		b := r.box[4*i : 4*i+4]
		cx, cy := (x+float64(b[0]))*k, (y+float64(b[1]))*k
		w, h := math.Exp(float64(b[2]))*k, math.Exp(float64(b[3]))*k
		f := Face{Score: score, Box: vision.Box{X0: cx - w/2, Y0: cy - h/2, X1: cx + w/2, Y1: cy + h/2}}
		ok := detect.Sound(cx, cy, w, h)
		for p := range f.Points {
			f.Points[p] = vision.Point{X: (x + float64(r.points[10*i+2*p])) * k, Y: (y + float64(r.points[10*i+2*p+1])) * k}
			ok = ok && detect.Sound(f.Points[p].X, f.Points[p].Y)
		}
		if ok {
			out = append(out, f)
		}
	}
	return out
}

// share is a likelihood; what is no number is none.
func share(v float32) float64 {
	if !(v > 0) {
		return 0
	}
	return min(float64(v), 1)
}

// suppress keeps the strongest of those that overlap by more than a share of
// their joint area, strongest first. It works in place.
func suppress(faces []Face, overlap float64) []Face {
	return detect.Strongest(faces, func(f Face) float64 { return f.Score }, func(a, b Face) bool { return a.Box.Overlap(b.Box) > overlap })
}

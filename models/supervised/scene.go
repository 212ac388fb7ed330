package supervised

import (
	"cmp"
	"math"
	"slices"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/vision"
)

// scene is one picture that a network has answered to, and what was found on it.
type scene struct {
	card     *Card
	picture  *anomaly.Picture
	toSensor vision.Affine // of the picture
	at       frame
	floor    float64 // the score from which findings are listed

	found []found
	// below is the highest score that is not among found.
	below    float64
	complete bool // found are all that score floor or more
}

// found is one thing found on a picture.
type found struct {
	class int
	score float64    // probability over threshold
	box   vision.Box // pixels of the picture
	area  float64    // pixels of the picture
}

// mostFound is how many findings are kept of one picture; where there are more, the
// list is not complete.
const mostFound = 100

// scale is how many pixels of the sensor one of the picture covers.
func (s *scene) scale() float64 {
	return math.Abs(s.toSensor.A*s.toSensor.E - s.toSensor.B*s.toSensor.D)
}

// onPart reports whether a pixel of the picture lies on the part.
func (s *scene) onPart(x, y int) bool {
	p := s.picture
	return x >= 0 && y >= 0 && x < p.Width && y < p.Height && (p.Mask == nil || p.Mask[y*p.Width+x] > 127)
}

// counts cuts a box off at the picture's edges and reports whether it is large enough
// for its class and touches the part: what lies on a neighbour or the belt does not.
func (s *scene) counts(f *found) bool {
	p := s.picture
	b := &f.box
	*b = vision.Box{X0: max(b.X0, 0), Y0: max(b.Y0, 0), X1: min(b.X1, float64(p.Width)), Y1: min(b.Y1, float64(p.Height))}
	if !(b.Width() > 0) || !(b.Height() > 0) {
		return false
	}
	f.area = b.Width() * b.Height()
	if f.area*s.scale() < s.card.Classes[f.class].LeastAreaPx {
		return false
	}
	if p.Mask == nil {
		return true
	}
	for y := int(b.Y0); y < int(math.Ceil(b.Y1)); y++ {
		for x := int(b.X0); x < int(math.Ceil(b.X1)); x++ {
			if s.onPart(x, y) {
				return true
			}
		}
	}
	return false
}

// strongestFirst sorts what was found and keeps the strongest.
func (s *scene) strongestFirst(most int) {
	slices.SortStableFunc(s.found, func(a, b found) int { return cmp.Compare(b.score, a.score) })
	if len(s.found) > most {
		s.found, s.complete = s.found[:most], false
	}
}

// result writes down what was found.
func (s *scene) result(ask models.Ask, out *models.Result) {
	s.strongestFirst(mostFound)
	out.Anomaly, out.Findings, out.Listed = s.below, out.Findings[:0], 0
	for _, f := range s.found {
		class := s.card.Classes[f.class]
		out.Anomaly = max(out.Anomaly, f.score)
		out.Findings = append(out.Findings, models.Finding{
			Class: string(s.card.Kind), Name: class.Name, Score: f.score, Measured: f.score * class.Threshold, Limit: class.Threshold,
			Box: s.toSensor.ApplyBox(f.box), Area: f.area * s.scale(),
		})
	}
	if ask.Places > 0 && s.complete {
		out.Listed = ask.Places
	}
}

// heatSide is the most cells a heat map has each way.
const heatSide = 64

// cool returns a heat map of the picture without heat.
func (s *scene) cool() models.Heatmap {
	w, h := min(s.picture.Width, heatSide), min(s.picture.Height, heatSide)
	return models.Heatmap{Width: w, Height: h, Score: make([]float32, w*h)}
}

// warm lays a score over a box of the picture.
func (s *scene) warm(m *models.Heatmap, box vision.Box, score float32) {
	kx, ky := float64(m.Width)/float64(s.picture.Width), float64(m.Height)/float64(s.picture.Height)
	for y := max(int(box.Y0*ky), 0); y < min(int(math.Ceil(box.Y1*ky)), m.Height); y++ {
		for x := max(int(box.X0*kx), 0); x < min(int(math.Ceil(box.X1*kx)), m.Width); x++ {
			m.Score[y*m.Width+x] = max(m.Score[y*m.Width+x], score)
		}
	}
}

package camera

import "time"

// sampleStep is the distance, in pixels and in rows, of the pixels compared
// when looking for a picture that stands still: one in sixteen. A living sensor
// differs by its noise in the first few of them, so that the comparison costs
// next to nothing until the picture really is frozen.
const sampleStep = 4

// still looks for a picture that no longer changes. It compares with the first
// frame of a run, not with the one before: light that drifts, or a part that
// creeps, breaks the run.
type still struct {
	tolerance int // grey levels by which a pixel may differ and still be the same
	anchor    *Frame
	run       int // frames since the anchor that equal it while the belt moved
	since     time.Time
}

// see takes one frame and returns how many frames in a row have equalled the
// one before them while the belt moved, and for how long.
func (s *still) see(f *Frame, moving bool, now time.Time) (run int, lasted time.Duration) {
	if s.anchor == nil || !same(s.anchor, f, s.tolerance) {
		s.forget()
		s.anchor, s.since = f.Retain(), now
		return 0, 0
	}
	if !moving {
		s.run, s.since = 0, now
		return 0, 0
	}
	s.run++
	return s.run, now.Sub(s.since)
}

// forget gives the anchor back.
func (s *still) forget() {
	if s.anchor != nil {
		s.anchor.Release()
	}
	s.anchor, s.run = nil, 0
}

// same reports whether no sampled value of b differs from a's by more than
// tolerance.
func same(a, b *Frame, tolerance int) bool {
	if a.Width != b.Width || a.Height != b.Height || a.Format != b.Format {
		return false
	}
	channels := a.Format.Channels()
	for y := 0; y < a.Height; y += sampleStep {
		rowA, rowB := a.Pix[y*a.Stride:], b.Pix[y*b.Stride:]
		for x := 0; x < a.Width*channels; x += sampleStep * channels {
			d := int(rowA[x]) - int(rowB[x])
			if d > tolerance || d < -tolerance {
				return false
			}
		}
	}
	return true
}

// unbroken reports whether f, just seen, did not begin a new run.
func (s *still) unbroken(f *Frame) bool { return s.anchor != nil && s.anchor != f }

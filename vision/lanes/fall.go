package lanes

import "math"

// Rays are straight lines outwards from one place of a picture, and where on them
// something was found.
type Rays struct {
	Cos, Sin []float32 // direction of each
	// What Fall found: the distance at which a ray was below the level for the first
	// time, infinite if it never was, and the picture there and one step before.
	At, Before, Here []float32
}

// NewRays makes room for rays in the given directions.
func NewRays(cos, sin []float32) *Rays {
	n := len(cos)
	return &Rays{Cos: cos, Sin: sin[:n], At: make([]float32, n), Before: make([]float32, n), Here: make([]float32, n)}
}

// Fall goes outwards from (x, y) of a picture of side x side pixels, the middle of
// the first one at (0.5, 0.5), along every ray: it looks at the distances from, from +
// step and so on up to limit, interpolating as Look does, for the first one after from
// where the picture is below level.
func (r *Rays) Fall(picture []float32, side int, x, y, from, step, limit, level float32) {
	n := len(r.At)
	cos, sin, picture := r.Cos[:n], r.Sin[:n], picture[:side*side]
	before, here := r.Before[:n], r.Here[:n]
	for i := range r.At {
		r.At[i] = float32(math.Inf(1))
	}
	done := 0
	if fast && n >= 8 && from+step <= limit {
		done = n &^ 7
		fall8(&r.At[0], &before[0], &here[0], &cos[0], &sin[0], &picture[0], done, side, x, y, from, step, limit, level, float32(side)-1.001)
	}
	for i := done; i < n; i++ {
		was := lookAt(picture, side, x+from*cos[i]-0.5, y+from*sin[i]-0.5)
		for at := from + step; at <= limit; at += step {
			is := lookAt(picture, side, x+at*cos[i]-0.5, y+at*sin[i]-0.5)
			if is < level {
				r.At[i], before[i], here[i] = at, was, is
				break
			}
			was = is
		}
	}
}

package cv

import (
	"math"
	"slices"

	"linesman/vision"
)

const (
	fewestWitnesses = 6    // parts in a frame, to say anything of its shading
	mostShade       = 0.06 // of the light that the belt's fit may have missed
	mostLevel       = 0.04 // of the light by which the belt in one frame may be lighter or darker than the belt is
	usualFrames     = 200  // over which it is learned how bright parts usually are against the belt
)

// witness is one part's word on the light: how bright it is against the belt
// fitted there, as a logarithm, and where it stands (-1..1).
type witness struct{ x, y, ratio float64 }

// correctShade takes out of the belt's fit what most parts of the frame agree
// it got wrong. The belt has light and dark patches of its own and is seen only
// between the parts; the parts are everywhere and alike. The shape over the picture
// is taken from them, and of the level how far they are from what parts of the last
// frames were against the belt: a patch of the belt comes and goes. Both only within
// bounds, and what parts stay at becomes the usual, so that many parts of a wrong
// colour stay wrong.
func (l *Locator) correctShade(into *vision.Crops) {
	w := l.witnesses
	if len(w) != len(into.Items) || len(w) < fewestWitnesses {
		return
	}
	slope, ok := fitShade(w, &l.doubts)
	if !ok {
		return
	}
	var mean float64
	for i := range w {
		mean += shadeAt(slope, w[i].x, w[i].y) / float64(len(w))
	}
	level := l.usual.off(slope[0] + mean)
	for i := range w {
		k := math.Exp(level + min(max(shadeAt(slope, w[i].x, w[i].y)-mean, -mostShade), mostShade))
		for c := range into.Items[i].Surround {
			into.Items[i].Surround[c] *= float32(k)
		}
	}
}

// usual is how bright parts were against the belt in the last frames, as a logarithm.
type usual struct {
	mean   float64
	frames float64
}

// off takes in one frame's level and returns how far it is from the usual one.
func (u *usual) off(level float64) float64 {
	u.frames = min(u.frames+1, usualFrames)
	u.mean += (level - u.mean) / u.frames
	return min(max(level-u.mean, -mostLevel), mostLevel)
}

func shadeAt(k [4]float64, x, y float64) float64 { return k[1]*x + k[2]*y + k[3]*(x*x+y*y) }

// fitShade fits level, slopes and bowl to what the parts say, leaving out after
// each round those far from the rest: parts of another colour.
func fitShade(w []witness, doubts *[]float64) (k [4]float64, ok bool) {
	limit := math.Inf(1)
	for range 4 {
		var m [terms][terms]float64
		var rhs [terms]float64
		n := 0
		for _, p := range w {
			if math.Abs(p.ratio-k[0]-shadeAt(k, p.x, p.y)) > limit {
				continue
			}
			n++
			t := [4]float64{1, p.x, p.y, p.x*p.x + p.y*p.y}
			for i := range t {
				for j := range t {
					m[i][j] += t[i] * t[j]
				}
				rhs[i] += t[i] * p.ratio
			}
		}
		if 2*n < len(w) {
			return k, false
		}
		for i := 1; i < 4; i++ {
			m[i][i] += 0.5 + 0.01*float64(n) // few parts bend it little
		}
		m[4][4], m[5][5] = 1, 1
		out, solved := solve(m, rhs)
		if !solved {
			return k, false
		}
		k = [4]float64(out[:4])
		*doubts = (*doubts)[:0]
		for _, p := range w {
			*doubts = append(*doubts, math.Abs(p.ratio-k[0]-shadeAt(k, p.x, p.y)))
		}
		slices.Sort(*doubts)
		limit = max(3*(*doubts)[len(w)/2], 0.01)
	}
	return k, true
}

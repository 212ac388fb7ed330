package cv

import "encoding/binary"

// bareRun is over how many pixels of a row the belt's shading is taken as even.
const bareRun = 8

// bareRow paints the bare belt, a row of pixels at a time.
type bareRow struct {
	belt *belt
	runs []column
	pix  []byte
}

// column is what belt.at makes of x alone.
type column struct {
	x, square    float64
	level, cross [3]float64 // k[0] + k[1]*x and k[5]*x, by channel
}

func columnOf(b *belt, x float64) column {
	at := column{x: x, square: x * x}
	for c := range at.level {
		k := &b.coef[c]
		at.level[c], at.cross[c] = k[0]+k[1]*x, k[5]*x
	}
	return at
}

// along prepares rows of w pixels.
func (r *bareRow) along(b *belt, w int) {
	r.belt, r.runs = b, r.runs[:0]
	for x0 := 0; x0 < w; x0 += bareRun {
		r.runs = append(r.runs, columnOf(b, float64(x0+min(x0+bareRun, w))/float64(w)-1))
	}
	if n := 3 * bareRun * len(r.runs); len(r.pix) != n {
		r.pix = make([]byte, n)
	}
}

// row returns the belt's colours, R G B, along the row at y (-1..1), those of belt.at
// to the last bit, rounded. It lives until the next row.
func (r *bareRow) row(y float64) []byte {
	square := y * y
	var across [3]float64
	for c := range across {
		across[c] = r.belt.coef[c][2] * y
	}
	k0, k1, k2 := &r.belt.coef[0], &r.belt.coef[1], &r.belt.coef[2]
	for i := range r.runs {
		at := &r.runs[i]
		sum, apart := at.square+square, at.square-square
		red := level(at.level[0] + across[0] + k0[3]*sum + k0[4]*apart + at.cross[0]*y)
		green := level(at.level[1] + across[1] + k1[3]*sum + k1[4]*apart + at.cross[1]*y)
		blue := level(at.level[2] + across[2] + k2[3]*sum + k2[4]*apart + at.cross[2]*y)
		// Eight pixels are three words.
		p, v := r.pix[3*bareRun*i:][:3*bareRun:3*bareRun], red|green<<8|blue<<16
		binary.LittleEndian.PutUint64(p, v|v<<24|v<<48)
		binary.LittleEndian.PutUint64(p[8:], v>>16|v<<8|v<<32|v<<56)
		binary.LittleEndian.PutUint64(p[16:], v>>8|v<<16|v<<40)
	}
	return r.pix
}

// level rounds to a byte's range.
func level(v float64) uint64 {
	if v += 0.5; v < 0 {
		return 0
	} else if v > 255 {
		return 255
	}
	return uint64(int64(v))
}

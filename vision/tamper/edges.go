package tamper

import "math"

// Steps of grey, over two pixels of the small picture, from which there is an
// edge to be learnt, and to be found again. In less light than was learnt edges
// are lower, and so is the step to find them, down to where noise begins: a pixel
// is a mean of sixteen.
const (
	learnStep = 8
	findStep  = 4
	leastFind = 1.5
)

// field is the direction of the edge at each pixel of a small picture: twice the
// angle of its gradient as a unit vector, so that an edge looks the same whether
// it is brighter on this side or that; nothing where there is none.
type field struct {
	height int
	x, y   []float32
}

func newField(height int) field {
	return field{height: height, x: make([]float32, across*height), y: make([]float32, across*height)}
}

// of fills the field from a picture, with edges of at least step, and returns how
// much of the picture is edge, 0 to 1.
func (f *field) of(grey []byte, step float32) float64 {
	clear(f.x)
	clear(f.y)
	n := 0
	least := int(math.Ceil(float64(step * step)))
	for y := 1; y < f.height-1; y++ {
		above, here, below := grey[(y-1)*across:][:across], grey[y*across:][:across], grey[(y+1)*across:][:across]
		for x := 1; x < across-1; x++ {
			dx, dy := int(here[x+1])-int(here[x-1]), int(below[x])-int(above[x])
			if dx*dx+dy*dy >= least {
				i, gx, gy := y*across+x, float32(dx), float32(dy)
				square := gx*gx + gy*gy
				f.x[i], f.y[i] = (gx*gx-gy*gy)/square, 2*gx*gy/square
				n++
			}
		}
	}
	return float64(n) / float64(across*f.height)
}

// edge is one learnt edge: where it is, its direction as in a field, and how
// steady it was, 0 to 1.
type edge struct {
	column, row, cell int16
	x, y              float32
}

// steady is how much of the time an edge must have been there, in one direction,
// to belong to the scene.
const steady = 0.5

// strong returns the edges of a mean field that belong to the scene, as unit
// vectors, appended to out.
func (f *field) strong(out []edge) []edge {
	for i := range f.x {
		if l := f.x[i]*f.x[i] + f.y[i]*f.y[i]; l >= steady*steady {
			k := 1 / float32(math.Sqrt(float64(l)))
			out = append(out, edge{column: int16(i % across), row: int16(i / across), cell: int16(cellOf(i, f.height)), x: f.x[i] * k, y: f.y[i] * k})
		}
	}
	return out
}

// learn moves a mean field towards a new one by a share.
func (f *field) learn(now *field, share float32) {
	for i := range f.x {
		f.x[i] += share * (now.x[i] - f.x[i])
		f.y[i] += share * (now.y[i] - f.y[i])
	}
}

// agreement is how well edges are found again in a field shifted by (dx, dy): 1
// where all are there, about 0 by chance, of those that the shift leaves in the
// picture; and how many those are.
func agreement(edges []edge, now *field, dx, dy int) (float64, int) {
	var sum float32
	n := 0
	for _, e := range edges {
		x, y := int(e.column)+dx, int(e.row)+dy
		if x < 1 || y < 1 || x >= across-1 || y >= now.height-1 {
			continue
		}
		i := y*across + x
		sum += e.x*now.x[i] + e.y*now.y[i]
		n++
	}
	return float64(sum) / float64(max(n, 1)), n
}

// byCell is agreement by cell, unshifted but for a pixel of trembling, and as
// much of it as there would be in other places too, by chance: walls of bricks and
// racks have edges everywhere in the same directions. Cells with too few edges
// have -1.
func byCell(edges []edge, now *field) (here, chance [cells]float64) {
	const enough = 8
	var n [cells]int
	for _, e := range edges {
		n[e.cell]++
	}
	var best, sum [cells]float32
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			for c, v := range cellSums(edges, now, dx, dy) {
				best[c] = max(best[c], v)
			}
		}
	}
	for _, d := range elsewhere {
		for c, v := range cellSums(edges, now, d[0], d[1]) {
			sum[c] += v
		}
	}
	for c := range here {
		here[c] = -1
		if n[c] >= enough {
			here[c] = float64(best[c]) / float64(n[c])
			chance[c] = max(float64(sum[c])/float64(n[c]*len(elsewhere)), 0)
		}
	}
	return here, chance
}

// elsewhere are places around, in pixels, at distances that no rack repeats at.
var elsewhere = [8][2]int{{11, 2}, {-13, -3}, {2, 9}, {-3, -11}, {9, 8}, {-8, 10}, {12, -7}, {-10, -9}}

// cellSums adds up, by cell of the edge, how edges agree with a shifted field.
func cellSums(edges []edge, now *field, dx, dy int) (sum [cells]float32) {
	for _, e := range edges {
		x, y := int(e.column)+dx, int(e.row)+dy
		if x < 0 || y < 0 || x >= across || y >= now.height {
			continue
		}
		i := y*across + x
		sum[e.cell] += e.x*now.x[i] + e.y*now.y[i]
	}
	return sum
}

func cellOf(at, height int) int {
	return at/across*cellsY/height*cellsX + at%across*cellsX/across
}

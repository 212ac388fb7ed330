package anomaly

import "math"

// Aggregate says how patches make one score: the mean of the highest Share of
// the patches that count, at least Least of them.
type Aggregate struct {
	Share float64 `yaml:"share"`
	Least int     `yaml:"least"`
}

// Over returns the score of the distances on one picture's grid. counts says
// which patches lie on the part; nil means all. room is scratch and is
// returned for the next call. No patch that counts gives NaN.
func (a Aggregate) Over(distance []float32, counts []bool, room []float32) (float64, []float32) {
	room = room[:0]
	total := 0
	for i := range distance {
		if counts == nil || counts[i] {
			total++
		}
	}
	if total == 0 {
		return math.NaN(), room
	}
	keep := min(max(a.Least, int(math.Round(a.Share*float64(total)))), total)
	// room is a heap whose root is the smallest of the highest seen.
	for i, d := range distance {
		if counts != nil && !counts[i] {
			continue
		}
		if d != d {
			return math.NaN(), room
		}
		if len(room) < keep {
			room = append(room, d)
			up(room)
		} else if d > room[0] {
			room[0] = d
			down(room)
		}
	}
	sum := 0.0
	for _, d := range room {
		sum += float64(d)
	}
	return sum / float64(keep), room
}

func up(h []float32) {
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if h[parent] <= h[i] {
			return
		}
		h[parent], h[i] = h[i], h[parent]
		i = parent
	}
}

func down(h []float32) {
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if h[i] <= h[child] {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// PatchesOn says which patches of a w x h grid lie on the part: those with at
// least half of a 4 x 4 sample of their cell inside the mask. A part smaller
// than any cell counts with the cells it touches. Nil without a mask.
func PatchesOn(p *Picture, w, h int, into []bool) []bool {
	if p.Mask == nil {
		return nil
	}
	if cap(into) < w*h {
		into = make([]bool, w*h)
	}
	into = into[:w*h]
	for least := 8; least > 0; least -= 7 {
		any := false
		for y := range h {
			var rows [4][]byte
			for k := range rows {
				rows[k] = p.Mask[(4*y+k)*p.Height/(4*h)*p.Width:][:p.Width]
			}
			at := stepsOf(p.Width, 4*w)
			for x := range w {
				var inside byte // above 127 is the uppermost bit
				for range 4 {
					inside += rows[0][at.here]>>7 + rows[1][at.here]>>7 + rows[2][at.here]>>7 + rows[3][at.here]>>7
					at.next()
				}
				into[y*w+x] = int(inside) >= least
				any = any || into[y*w+x]
			}
		}
		if any {
			break
		}
	}
	return into
}

// steps goes through i*from/to for i from 0 on, without dividing each time.
type steps struct{ here, rest, step, more, to int }

func stepsOf(from, to int) steps { return steps{step: from / to, more: from % to, to: to} }

func (s *steps) next() {
	s.here, s.rest = s.here+s.step, s.rest+s.more
	if s.rest >= s.to {
		s.here, s.rest = s.here+1, s.rest-s.to
	}
}

// spot is where on the grid the part is least like the good ones: the patches
// around the highest one that reach 0.7 of it, as a box in cells.
type spot struct{ x0, y0, x1, y1, cells int }

// strongest finds the spot by flooding from the highest patch that counts.
// sc is scratch, kept for the next call.
func strongest(distance []float32, counts []bool, w, h int, sc *floodRoom) spot {
	return flooded(distance, counts, w, h, float32(math.Inf(1)), sc)
}

// flooded finds the patches around the highest one that hang together and reach
// 0.7 of it, or level if that is lower. sc.seen says afterwards which they are.
func flooded(distance []float32, counts []bool, w, h int, level float32, sc *floodRoom) spot {
	best := -1
	for i, d := range distance {
		if (counts == nil || counts[i]) && (best < 0 || d > distance[best]) {
			best = i
		}
	}
	if best < 0 {
		return spot{}
	}
	if cap(sc.seen) < len(distance) {
		sc.seen = make([]bool, len(distance))
	}
	sc.seen = sc.seen[:len(distance)]
	clear(sc.seen)
	level = min(level, distance[best]*0.7)
	sc.queue = append(sc.queue[:0], best)
	sc.seen[best] = true
	s := spot{x0: w, y0: h}
	for len(sc.queue) > 0 {
		i := sc.queue[len(sc.queue)-1]
		sc.queue = sc.queue[:len(sc.queue)-1]
		x, y := i%w, i/w
		s.x0, s.y0, s.x1, s.y1 = min(s.x0, x), min(s.y0, y), max(s.x1, x+1), max(s.y1, y+1)
		s.cells++
		for _, n := range [4][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
			if n[0] < 0 || n[1] < 0 || n[0] >= w || n[1] >= h {
				continue
			}
			j := n[1]*w + n[0]
			if !sc.seen[j] && distance[j] >= level && (counts == nil || counts[j]) {
				sc.seen[j] = true
				sc.queue = append(sc.queue, j)
			}
		}
	}
	return s
}

type floodRoom struct {
	seen  []bool
	queue []int
}

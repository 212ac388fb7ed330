package tamper

// How far the scene is looked for: as shares of the small picture's sides. A
// camera turned further shows another scene.
const (
	reachX = 0.3
	reachY = 0.3
	coarse = 2 // pixels from place to place in the first search
)

// sampled is how many edges are tried in the first search: enough to tell places
// apart.
const sampled = 800

// shifted looks for the scene elsewhere in the picture: block matching of the
// learnt edges, some of them in every second place, then all around the best. It
// returns the best place and the agreement there.
func shifted(edges []edge, now *field) (dx, dy int, best float64) {
	var some []edge
	for i := 0; i < len(edges); i += 1 + len(edges)/sampled {
		some = append(some, edges[i])
	}
	best = -1
	try := func(among []edge, x, y int) {
		if a, n := agreement(among, now, x, y); a > best && 2*n >= len(among) {
			dx, dy, best = x, y, a
		}
	}
	rx, ry := int(reachX*across), int(reachY*float64(now.height))
	for y := -ry; y <= ry; y += coarse {
		for x := -rx; x <= rx; x += coarse {
			try(some, x, y)
		}
	}
	cx, cy := dx, dy
	best = -1
	for y := cy - 1; y <= cy+1; y++ {
		for x := cx - 1; x <= cx+1; x++ {
			try(edges, x, y)
		}
	}
	return dx, dy, best
}

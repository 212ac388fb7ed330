package tamper

// How far the scene is looked for: as shares of the small picture's sides. A
// camera turned further shows another scene.
const (
	reachX = 0.3
	reachY = 0.3
	coarse = 2 // pixels from place to place in the first search
)

// shifted looks for the scene elsewhere in the picture: block matching of all
// learnt edges at once. It returns the best place and the agreement there.
func shifted(edges []edge, now *field) (dx, dy int, best float64) {
	best = -1
	try := func(x, y int) {
		if a, n := agreement(edges, now, x, y); a > best && 2*n >= len(edges) {
			dx, dy, best = x, y, a
		}
	}
	rx, ry := int(reachX*across), int(reachY*float64(now.height))
	for y := -ry; y <= ry; y += coarse {
		for x := -rx; x <= rx; x += coarse {
			try(x, y)
		}
	}
	cx, cy := dx, dy
	for y := cy - 1; y <= cy+1; y++ {
		for x := cx - 1; x <= cx+1; x++ {
			try(x, y)
		}
	}
	return dx, dy, best
}

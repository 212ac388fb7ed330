package anomaly

// Shown is a part as the network is to see it: its picture, or where the model was
// taught to see parts alone, the picture without other parts. What stands beside a
// part says nothing of it, and among some hundred taught parts those that touch
// another are too few for every way of touching to be known.
//
// What is not the part, and at least half as far from the belt's colour as the part
// is, is another's, with its blurred edge. In its place stands what lies across the
// part's middle: belt as it is woven, the shadow, and the part's own edge, which the
// cut between two that touch has made straight. Where that is another's too it is the
// belt's colour. room is scratch for the pixels and is returned for the next call; the
// picture lives until then. The part is only read.
func (in Input) Shown(p *Part, room []byte) (Picture, []byte) {
	if !in.Alone || p.Crop == nil || p.Mask == nil {
		return p.Picture, room
	}
	belt := levels(p.Crop.Surround)
	limit, cx, cy := halfWay(&p.Picture, belt)
	var covered []byte // above 127 where another part is
	n := p.Width * p.Height
	for y := 0; y < p.Height; y += 2 { // what is less than two pixels wide is noise
		for x := 0; x < p.Width; x += 2 {
			if at := y*p.Width + x; p.Mask[at] > 127 || farFrom(p.Pix, 3*at, belt) <= limit {
				continue
			}
			if covered == nil {
				room = append(room[:0], p.Pix...)
				room = append(room, make([]byte, n)...)
				covered = room[3*n:]
			}
			for v := max(y-neighbourRim, 0); v <= min(y+neighbourRim, p.Height-1); v++ {
				for u := max(x-neighbourRim, 0); u <= min(x+neighbourRim, p.Width-1); u++ {
					covered[v*p.Width+u] = ^p.Mask[v*p.Width+u]
				}
			}
		}
	}
	if covered == nil {
		return p.Picture, room
	}
	shown := p.Picture
	shown.Pix = room[:3*n]
	for at, c := range covered {
		if c <= 127 {
			continue
		}
		to := shown.Pix[3*at : 3*at+3]
		if x, y := cx-at%p.Width, cy-at/p.Width; x >= 0 && y >= 0 && x < p.Width && y < p.Height && covered[y*p.Width+x] <= 127 {
			copy(to, p.Pix[3*(y*p.Width+x):])
		} else {
			copy(to, belt[:])
		}
	}
	return shown, room
}

// neighbourRim is how many pixels about a place that is surely another part's are its
// too: to the next one that was looked at, and its blurred edge.
const neighbourRim = 3

// halfWay is half of how far the part's pixels are from the belt's colour on average,
// and twice the part's middle: x lies across it from cx - x.
func halfWay(p *Picture, belt [3]byte) (limit, cx, cy int) {
	far, sx, sy, n := 0, 0, 0, 0
	for y := 0; y < p.Height; y += 4 { // enough for a mean
		for x := range p.Width {
			if at := y*p.Width + x; p.Mask[at] > 127 {
				far, sx, sy = far+farFrom(p.Pix, 3*at, belt), sx+x, sy+y
				n++
			}
		}
	}
	n = max(n, 1)
	return far / (2 * n), (2*sx + n/2) / n, (2*sy + n/2) / n
}

// farFrom is how far the pixel that begins at i is from a colour: the greatest
// difference of their channels.
func farFrom(pix []byte, i int, colour [3]byte) int {
	px := pix[i : i+3 : i+3]
	r, g, b := int(px[0])-int(colour[0]), int(px[1])-int(colour[1]), int(px[2])-int(colour[2])
	return max(r, -r, g, -g, b, -b)
}

// levels are a colour's as a pixel has them.
func levels(colour [3]float32) (out [3]byte) {
	for c, v := range colour {
		out[c] = byte(min(max(v+0.5, 0), 255))
	}
	return out
}

package anomaly

// Shown is a part as the network is to see it: its picture, or where the model was
// taught to see parts alone, the picture without other parts. What stands beside a
// part says nothing of it, and among some hundred taught parts those that touch
// another are too few for every way of touching to be known.
//
// What is not the part, and at least half as far from the belt's colour as the part
// is, is another's; it becomes belt, with its blurred edge. room is scratch for the
// pixels and is returned for the next call; the picture lives until then. The part is
// only read.
func (in Input) Shown(p *Part, room []byte) (Picture, []byte) {
	if !in.Alone || p.Crop == nil || p.Mask == nil {
		return p.Picture, room
	}
	belt := levels(p.Crop.Surround)
	limit := halfWay(&p.Picture, belt)
	shown := p.Picture
	copied := false
	for y := 0; y < p.Height; y += 2 { // what is less than two pixels wide is noise
		for at, end := y*p.Width, (y+1)*p.Width; at < end; at += 2 {
			if p.Mask[at] > 127 || farFrom(p.Pix, 3*at, belt) <= limit {
				continue
			}
			if !copied {
				room, copied = append(room[:0], p.Pix...), true
				shown.Pix = room
			}
			shown.cover(at-y*p.Width, y, belt)
		}
	}
	return shown, room
}

// neighbourRim is how many pixels about a place that is surely another part's are its
// too: to the next one that was looked at, and its blurred edge.
const neighbourRim = 3

// cover paints a pixel, and those about it that are not the part.
func (p *Picture) cover(x, y int, colour [3]byte) {
	for v := max(y-neighbourRim, 0); v <= min(y+neighbourRim, p.Height-1); v++ {
		for u := max(x-neighbourRim, 0); u <= min(x+neighbourRim, p.Width-1); u++ {
			if at := v*p.Width + u; p.Mask[at] <= 127 {
				copy(p.Pix[3*at:3*at+3], colour[:])
			}
		}
	}
}

// halfWay is half of how far the part's pixels are from the belt's colour on average.
func halfWay(p *Picture, belt [3]byte) int {
	sum, n := 0, 0
	for y := 0; y < p.Height; y += 4 { // enough for a mean
		for at := y * p.Width; at < (y+1)*p.Width; at++ {
			if p.Mask[at] > 127 {
				sum += farFrom(p.Pix, 3*at, belt)
				n++
			}
		}
	}
	return sum / max(2*n, 1)
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

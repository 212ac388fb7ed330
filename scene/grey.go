package scene

import "linesman/camera"

// greyWidth is how wide the motion gate's picture is made: a person of 60 pixels
// in a picture of 1280 is 7 pixels high in it.
const greyWidth = 160

// samples is the grid on which one pixel of the small picture is measured: enough
// for noise to cancel, and a fraction of the large picture's pixels.
const samples = 3

// Take makes the small picture of a frame, greyWidth wide or as wide as the frame.
// It allocates only when the size changes. The frame is read, not kept.
func (g *Grey) Take(f *camera.Frame) {
	w := min(greyWidth, f.Width)
	h := max(f.Height*w/max(f.Width, 1), 1)
	channels := f.Format.Channels()
	if g.Width != w || g.Height != h || g.of != [2]int{f.Width, channels} {
		g.lay(w, h, f.Width, channels)
	}
	for y := range h {
		clear(g.sums)
		for v := range samples {
			row := f.Pix[((2*v+1+2*samples*y)*f.Height/(2*samples*h))*f.Stride:]
			if channels == 1 {
				addGrey(row, g.columns, g.sums)
			} else {
				addRGB(row, g.columns, g.sums)
			}
		}
		for x, sum := range g.sums {
			g.Pix[y*w+x] = byte(sum / (256 * samples * samples))
		}
	}
}

// lay makes room for a small picture, and notes which pixels of a row it is made
// of.
func (g *Grey) lay(w, h, width, channels int) {
	*g = Grey{Width: w, Height: h, Stride: w, Pix: make([]byte, w*h), sums: make([]uint32, w), of: [2]int{width, channels}}
	for i := range samples * w {
		g.columns = append(g.columns, (2*i+1)*width/(2*samples*w)*channels)
	}
}

// addGrey adds a row's samples, each weighing 256.
func addGrey(row []byte, columns []int, sums []uint32) {
	for x := range sums {
		at := columns[samples*x:][:samples]
		sums[x] += 256 * (uint32(row[at[0]]) + uint32(row[at[1]]) + uint32(row[at[2]]))
	}
}

// addRGB does the same for a row of colours (weights 77, 150, 29 of 256).
func addRGB(row []byte, columns []int, sums []uint32) {
	for x := range sums {
		for _, i := range columns[samples*x:][:samples] {
			p := row[i:][:3]
			sums[x] += 77*uint32(p[0]) + 150*uint32(p[1]) + 29*uint32(p[2])
		}
	}
}

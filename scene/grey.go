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
	if g.Width != w || g.Height != h || len(g.Pix) < w*h {
		*g = Grey{Width: w, Height: h, Stride: w, Pix: make([]byte, w*h)}
	}
	channels := f.Format.Channels()
	for y := range h {
		out := g.Pix[y*w:][:w]
		for x := range out {
			sum := 0
			for v := range samples {
				row := f.Pix[((2*v+1+2*samples*y)*f.Height/(2*samples*h))*f.Stride:]
				for u := range samples {
					p := row[((2*u+1+2*samples*x)*f.Width/(2*samples*w))*channels:]
					if channels == 1 {
						sum += 256 * int(p[0])
					} else {
						sum += 77*int(p[0]) + 150*int(p[1]) + 29*int(p[2])
					}
				}
			}
			out[x] = byte(sum / (256 * samples * samples))
		}
	}
}

package overlay

import (
	"image"
	"image/color"
	"math"

	"linesman/vision"
)

// Heat lays a heat map over b: cells of score (1 = threshold), row by row from
// the top, width of them to a row. Below a third of the threshold nothing is
// drawn; at the threshold it is yellow, far beyond it red.
func Heat(img *image.RGBA, b vision.Box, width int, score []float32) {
	if width <= 0 || len(score) < width {
		return
	}
	height := len(score) / width
	r := pixels(b)
	in := r.Intersect(img.Rect)
	kx, ky := float64(width)/float64(max(r.Dx(), 1)), float64(height)/float64(max(r.Dy(), 1))
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			s := between(score, width, height, (float64(x-r.Min.X)+0.5)*kx-0.5, (float64(y-r.Min.Y)+0.5)*ky-0.5)
			if c, alpha := glow(s); alpha > 0 {
				blend(img, x, y, c, alpha)
			}
		}
	}
}

// between interpolates the cells.
func between(score []float32, width, height int, x, y float64) float64 {
	x, y = min(max(x, 0), float64(width-1)), min(max(y, 0), float64(height-1))
	i, j := min(int(x), max(width-2, 0)), min(int(y), max(height-2, 0))
	fx, fy := x-float64(i), y-float64(j)
	at := func(i, j int) float64 { return float64(score[min(j, height-1)*width+min(i, width-1)]) }
	top := at(i, j)*(1-fx) + at(i+1, j)*fx
	low := at(i, j+1)*(1-fx) + at(i+1, j+1)*fx
	return top*(1-fy) + low*fy
}

// glow is the colour of a score and how much it covers the picture.
func glow(score float64) (color.RGBA, float64) {
	const from = 1.0 / 3
	if !(score > from) { // also what is no number
		return color.RGBA{}, 0
	}
	heat := score / (1 + score) // 1/4 where drawing begins, 1/2 at the threshold
	red := min(max((heat-0.5)*4, 0), 1)
	return color.RGBA{
		R: uint8(math.Round(float64(Yellow.R) + red*(float64(Red.R)-float64(Yellow.R)))),
		G: uint8(math.Round(float64(Yellow.G) + red*(float64(Red.G)-float64(Yellow.G)))),
		B: uint8(math.Round(float64(Yellow.B) + red*(float64(Red.B)-float64(Yellow.B)))),
		A: 255,
	}, min(max((heat-0.25)*2.4, 0), 0.7)
}

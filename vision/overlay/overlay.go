// Package overlay draws what was found onto a picture: boxes with labels, heat
// maps and the paths of parts; and it makes faces unrecognisable. It is plain Go,
// for files and reports; the live page draws in the browser.
//
// All places are pixels of the picture drawn on. Whatever lies outside it is
// left out.
package overlay

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"linesman/camera"
	"linesman/part"
	"linesman/vision"
)

// Colours by outcome: colour-blind safe, and each box says its outcome in
// words too. Grey is for what is not abnormal.
var (
	Grey   = color.RGBA{150, 158, 166, 255}
	Red    = color.RGBA{213, 43, 30, 255}
	Yellow = color.RGBA{240, 173, 0, 255}
	ink    = color.RGBA{16, 18, 20, 255}
	paper  = color.RGBA{255, 255, 255, 255}
)

// Of is the colour of an outcome: a pass is not worth a colour.
func Of(o part.Outcome) color.RGBA {
	switch o {
	case part.Pass:
		return Grey
	case part.Fail:
		return Red
	default:
		return Yellow
	}
}

// Picture copies a frame into a picture of its own.
func Picture(f *camera.Frame) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
	ch := f.Format.Channels()
	for y := range f.Height {
		row, out := f.Pix[y*f.Stride:], img.Pix[y*img.Stride:]
		for x := range f.Width {
			p := row[x*ch : x*ch+ch]
			out[4*x], out[4*x+1], out[4*x+2], out[4*x+3] = p[0], p[ch/2], p[ch-1], 255
		}
	}
	return img
}

// Box outlines b with lines of the given width, inside the box.
func Box(img *image.RGBA, b vision.Box, c color.RGBA, width int) {
	r := pixels(b)
	for _, side := range [4]image.Rectangle{
		{r.Min, image.Pt(r.Max.X, r.Min.Y+width)},
		{image.Pt(r.Min.X, r.Max.Y-width), r.Max},
		{r.Min, image.Pt(r.Min.X+width, r.Max.Y)},
		{image.Pt(r.Max.X-width, r.Min.Y), r.Max},
	} {
		draw.Draw(img, side.Intersect(img.Rect), image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// pixels is the box in whole pixels.
func pixels(b vision.Box) image.Rectangle {
	return image.Rect(int(math.Round(b.X0)), int(math.Round(b.Y0)), int(math.Round(b.X1)), int(math.Round(b.Y1)))
}

// Label writes text on a patch of colour above the place, below it where there
// is no room. The face has Latin letters and digits; other letters show as boxes.
func Label(img *image.RGBA, at vision.Point, text string, c color.RGBA) {
	face := basicfont.Face7x13
	w, h := labelSize(text)
	x, y := int(math.Round(at.X)), int(math.Round(at.Y))-h
	if y < img.Rect.Min.Y {
		y = int(math.Round(at.Y))
	}
	x = max(min(x, img.Rect.Max.X-w), img.Rect.Min.X)
	patch := image.Rect(x, y, x+w, y+h)
	draw.Draw(img, patch.Intersect(img.Rect), image.NewUniform(c), image.Point{}, draw.Src)
	on := paper
	if luma := 299*int(c.R) + 587*int(c.G) + 114*int(c.B); luma > 140_000 {
		on = ink
	}
	d := font.Drawer{Dst: img, Src: image.NewUniform(on), Face: face, Dot: fixed.P(x+2, y+face.Ascent+1)}
	d.DrawString(text)
}

// Path draws the way a part has come, oldest place first, thinner and fainter
// towards the past, and a dot where it is now.
func Path(img *image.RGBA, way []vision.Point, c color.RGBA) {
	for i := 1; i < len(way); i++ {
		age := float64(i) / float64(len(way)-1)
		line(img, way[i-1], way[i], c, 0.25+0.75*age, 1+age)
	}
	if n := len(way); n > 0 {
		disc(img, way[n-1], 3, c, 1)
	}
}

// line lays discs from a to b.
func line(img *image.RGBA, a, b vision.Point, c color.RGBA, alpha, radius float64) {
	n := int(math.Ceil(math.Hypot(b.X-a.X, b.Y-a.Y)))
	if n > 4*(img.Rect.Dx()+img.Rect.Dy()) {
		return // not a way in this picture
	}
	var last image.Point
	for i := range n + 1 {
		k := float64(i) / float64(max(n, 1))
		p := vision.Point{X: a.X + k*(b.X-a.X), Y: a.Y + k*(b.Y-a.Y)}
		if q := image.Pt(int(p.X), int(p.Y)); i == 0 || q != last {
			disc(img, p, radius, c, alpha/2)
			last = q
		}
	}
}

// disc blends a filled circle.
func disc(img *image.RGBA, at vision.Point, radius float64, c color.RGBA, alpha float64) {
	r := image.Rect(int(at.X-radius), int(at.Y-radius), int(at.X+radius)+2, int(at.Y+radius)+2).Intersect(img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			d := math.Hypot(float64(x)+0.5-at.X, float64(y)+0.5-at.Y)
			if cover := min(max(radius-d+0.5, 0), 1); cover > 0 {
				blend(img, x, y, c, cover*alpha)
			}
		}
	}
}

func blend(img *image.RGBA, x, y int, c color.RGBA, alpha float64) {
	p := img.Pix[img.PixOffset(x, y):][:3:3]
	for k, v := range [3]uint8{c.R, c.G, c.B} {
		p[k] = uint8(float64(p[k]) + alpha*(float64(v)-float64(p[k])) + 0.5)
	}
}

package overlay

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"

	"linesman/vision"
)

// Mark is one thing to be pointed out on a picture.
type Mark struct {
	Box    vision.Box
	Text   string // beside the box, in Latin letters; may be empty
	Colour color.RGBA
}

// Marks outlines things on the picture of an alarm, with words. Lines and letters
// grow with the picture, so that a picture of 1080 rows reads as well on a phone
// as a small one; words are drawn over all boxes, and under or in their box where
// they would hide the words of another.
func Marks(img *image.RGBA, marks []Mark) {
	scale := max(1, int(math.Round(float64(img.Rect.Dy())/540)))
	for _, m := range marks {
		Box(img, m.Box, m.Colour, 1+scale)
	}
	var taken []image.Rectangle
	for _, m := range marks {
		if m.Text == "" {
			continue
		}
		patch := placeFor(m, img.Rect, scale, taken)
		letters(img, patch, m.Text, m.Colour)
		taken = append(taken, patch)
	}
}

// placeFor looks for room for a mark's words: above its box, within it, below it.
// If all are taken it is above.
func placeFor(m Mark, in image.Rectangle, scale int, taken []image.Rectangle) image.Rectangle {
	w, h := labelSize(m.Text)
	w, h = w*scale, h*scale
	r := pixels(m.Box)
	x := max(min(r.Min.X, in.Max.X-w), in.Min.X)
	var first image.Rectangle
	for i, y := range []int{r.Min.Y - h, r.Min.Y, r.Max.Y, r.Max.Y - h, r.Min.Y + h} {
		y = max(min(y, in.Max.Y-h), in.Min.Y)
		patch := image.Rect(x, y, x+w, y+h)
		if i == 0 {
			first = patch
		}
		free := true
		for _, t := range taken {
			free = free && !t.Overlaps(patch)
		}
		if free {
			return patch
		}
	}
	return first
}

// labelSize is the room a line of text takes at scale 1, in pixels.
func labelSize(text string) (w, h int) {
	face := basicfont.Face7x13
	return font.MeasureString(face, text).Ceil() + 4, face.Height + 2
}

// letters fills a patch with a line of text, enlarged to it.
func letters(img *image.RGBA, patch image.Rectangle, text string, c color.RGBA) {
	w, h := labelSize(text)
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	Label(small, vision.Point{X: 0, Y: float64(h)}, text, c)
	xdraw.NearestNeighbor.Scale(img, patch, small, small.Rect, draw.Src, nil)
}

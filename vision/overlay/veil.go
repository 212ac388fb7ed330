package overlay

import (
	"image"
	"math"

	"linesman/vision"
)

// Cells is how many cells of one colour a face is divided into each way, at most.
// Recognition of faces fails well above that: below some 16 pixels across the
// face people and programs alike guess.
const Cells = 6

// smallest is the least width of a cell in pixels: six cells of a face of 12
// pixels would leave much of what little there is.
const smallest = 4

// margin is how much of its size a box is grown by on each side: hair, ears and
// chin are outside of what a detector calls a face, and boxes are off a little.
const margin = 0.3

// Veil makes everybody in a picture unrecognisable: each face, and where a
// person is found without a face, the part of the person's box that the head is
// in. What is under a veil is averaged away in the picture itself and can not be
// had back from it. Boxes are in pixels of the picture.
//
// It covers what it is told of. A person whom no detector found stays visible.
func Veil(img *image.RGBA, persons, faces []vision.Box) {
	veil(pixelsOf{img.Pix, img.Stride, 4, img.Rect}, persons, faces)
}

// VeilRGB is Veil on pixels of 3 bytes, stride bytes from row to row. They are
// changed in place: a camera's frame that others hold must be copied before.
func VeilRGB(pix []byte, width, height, stride int, persons, faces []vision.Box) {
	veil(pixelsOf{pix, stride, 3, image.Rect(0, 0, width, height)}, persons, faces)
}

// Coarsely is how many squares of one colour are left along the longer side of a
// picture that nobody could look at for faces: one moved or covered is still known
// as such, and a face has more than Cells of them across only where it fills two
// thirds of the picture's height.
const Coarsely = 24

// Coarse makes everybody in a picture unrecognisable wherever they are, for one of
// which nobody knows where people are: all of it is left in Coarsely squares.
func Coarse(img *image.RGBA) { coarse(pixelsOf{img.Pix, img.Stride, 4, img.Rect}) }

// CoarsePixels is Coarse on pixels of 1 (grey) or 3 bytes, stride bytes from row to
// row. They are changed in place, as by VeilRGB.
func CoarsePixels(pix []byte, width, height, stride, channels int) {
	coarse(pixelsOf{pix, stride, channels, image.Rect(0, 0, width, height)})
}

func coarse(p pixelsOf) {
	p.squares(p.rect, max((max(p.rect.Dx(), p.rect.Dy())+Coarsely-1)/Coarsely, smallest))
}

// pixelsOf is a picture's memory: bytes from row to row and from pixel to pixel.
type pixelsOf struct {
	pix          []byte
	stride, step int
	rect         image.Rectangle
}

func veil(p pixelsOf, persons, faces []vision.Box) {
	for _, f := range faces {
		p.mosaic(f, max(f.Width(), f.Height())/Cells)
	}
	known := faced(persons, faces)
	for i, person := range persons {
		if !known[i] {
			head := Head(person)
			p.mosaic(head, min(head.Width(), head.Height())/Cells)
		}
	}
}

// Head is the part of a person's box that the head is in, by the box's shape: of
// somebody upright the uppermost fifth; of a box less than half as tall again as
// it is wide, somebody who sits, bends or is seen from the waist up, the
// uppermost two fifths; of one wider than tall, who may lie either way, all of it.
func Head(person vision.Box) vision.Box {
	head, tall := person, person.Height()/person.Width()
	switch {
	case tall >= 1.5:
		head.Y1 = person.Y0 + person.Height()/5
	case tall >= 1:
		head.Y1 = person.Y0 + person.Height()*2/5
	}
	return head
}

// faced reports of which persons the face was found. A face in the upper half of
// several boxes belongs to the one person whose head should be there: it veils
// nobody else's.
func faced(persons, faces []vision.Box) []bool {
	known := make([]bool, len(persons))
	for _, f := range faces {
		c, whose, least := f.Centre(), -1, math.Inf(1)
		for i, p := range persons {
			if c.X < p.X0 || c.X > p.X1 || c.Y < p.Y0 || c.Y > (p.Y0+p.Y1)/2 || f.Height() > p.Height() {
				continue
			}
			head := Head(p).Centre()
			if off := math.Hypot(c.X-head.X, c.Y-head.Y) / p.Height(); off < least {
				whose, least = i, off
			}
		}
		if whose >= 0 {
			known[whose] = true
		}
	}
	return known
}

// mosaic fills a box, grown by the margin, with squares of one colour each, at
// least cell pixels wide.
func (p pixelsOf) mosaic(b vision.Box, cell float64) {
	if !(b.Width() > 0 && b.Height() > 0) || math.IsInf(b.Width()+b.Height(), 0) {
		return
	}
	dx, dy := margin*b.Width(), margin*b.Height()
	r := image.Rect(int(math.Floor(b.X0-dx)), int(math.Floor(b.Y0-dy)), int(math.Ceil(b.X1+dx)), int(math.Ceil(b.Y1+dy))).Intersect(p.rect)
	p.squares(r, max(int(math.Ceil(cell)), smallest))
}

// squares fills r with squares of one colour each, side pixels wide.
func (p pixelsOf) squares(r image.Rectangle, side int) {
	for y := r.Min.Y; y < r.Max.Y; y += side {
		for x := r.Min.X; x < r.Max.X; x += side {
			p.level(image.Rect(x, y, min(x+side, r.Max.X), min(y+side, r.Max.Y)))
		}
	}
}

// level gives a cell its mean colour, in 32 steps: finer ones would add up to
// more than six cells over the pictures of somebody who moves.
func (p pixelsOf) level(r image.Rectangle) {
	if p.step < 3 {
		p.levelGrey(r)
		return
	}
	var sum [3]int
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := p.row(r, y)
		for x := 0; x < len(row); x += p.step {
			sum[0] += int(row[x])
			sum[1] += int(row[x+1])
			sum[2] += int(row[x+2])
		}
	}
	var mean [3]byte
	n := r.Dx() * r.Dy()
	for k := range mean {
		mean[k] = byte(sum[k]/n)&^7 | 4
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := p.row(r, y)
		for x := 0; x < len(row); x += p.step {
			copy(row[x:x+3], mean[:])
		}
	}
}

// levelGrey is level of a picture with one byte a pixel.
func (p pixelsOf) levelGrey(r image.Rectangle) {
	sum := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, v := range p.row(r, y) {
			sum += int(v)
		}
	}
	mean := byte(sum/(r.Dx()*r.Dy()))&^7 | 4
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := p.row(r, y)
		for x := range row {
			row[x] = mean
		}
	}
}

// row is what of row y lies in r.
func (p pixelsOf) row(r image.Rectangle, y int) []byte {
	from := (y-p.rect.Min.Y)*p.stride + (r.Min.X-p.rect.Min.X)*p.step
	return p.pix[from : from+r.Dx()*p.step]
}

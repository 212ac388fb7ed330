package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/image/draw"

	"linesman/models/anomaly"
	"linesman/proof/accuracy"
	"linesman/vision"
)

// nearest is what inspect says of the good patch that a rejected picture's worst
// patch was compared with.
type nearest struct {
	Patch    [4]float64 `json:"patch"`          // of the picture: left, top, right, bottom in pixels
	Distance float64    `json:"distance"`       // of the patch, in the model's feature distance
	Good     int        `json:"good"`           // number of the good picture in the model
	File     string     `json:"file,omitempty"` // its name when it was taught
	Place    [4]float64 `json:"place"`          // of the good patch, as shares of its picture's width and height
	Kept     bool       `json:"kept"`           // the model's folder has that picture
}

func nearestOf(n *anomaly.Nearest) *nearest {
	box := func(b vision.Box) [4]float64 { return [4]float64{b.X0, b.Y0, b.X1, b.Y1} }
	return &nearest{box(n.Patch), n.Distance, n.Good, n.Name, box(n.Place), n.Kept}
}

// nearestWords say what a picture was compared with.
func nearestWords(n *anomaly.Nearest) string {
	name := n.Name
	if name == "" {
		name = fmt.Sprintf("good part %d", n.Good+1)
	}
	if !n.Kept {
		return fmt.Sprintf("most like %s, whose picture the model did not keep", name)
	}
	return "most like " + name
}

// explainer opens what tells what a picture was compared with; nil, and the reason
// in words, for a model that can not say.
func explainer(dir string, o anomaly.Options) (*anomaly.Explainer, string, error) {
	m, err := anomaly.Read(dir)
	if err != nil {
		return nil, "", err
	}
	e, err := m.Explainer(o)
	if errors.Is(err, anomaly.ErrNoOrigins) {
		return nil, anomaly.ErrNoOrigins.Error(), nil
	}
	return e, "", err
}

// compare finds what a rejected picture was compared with, and writes both as one
// strip: the place of the picture, that of the good one, and the heat map.
func (c *InspectCmd) compare(ctx context.Context, e *anomaly.Explainer, file string, a *answer) error {
	picture, err := anomaly.ReadPicture(file)
	if err != nil {
		return err
	}
	n, err := e.Nearest(ctx, anomaly.Part{Picture: picture})
	if err != nil {
		return err
	}
	a.Nearest = nearestOf(&n)
	panes := []image.Image{framed(&n.Here)}
	if n.Kept {
		panes = append(panes, framed(&n.There))
	}
	stem := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	return writeStrip(filepath.Join(c.Nearest, stem+".png"), append(panes, a.heat))
}

const (
	paneSide = 240 // px, of a piece shown large
	paneGap  = 4
)

// framed shows a piece large, with a line around its patch.
func framed(c *anomaly.Cutout) *image.RGBA {
	scale := paneSide / float64(max(c.Width, c.Height))
	side := func(n int) int { return max(1, int(math.Round(float64(n)*scale))) }
	img := image.NewRGBA(image.Rect(0, 0, side(c.Width), side(c.Height)))
	whole := c.Image()
	draw.CatmullRom.Scale(img, img.Rect, whole, whole.Rect, draw.Src, nil)
	x0, y0 := int(c.Patch.X0*scale)-3, int(c.Patch.Y0*scale)-3
	x1, y1 := int(c.Patch.X1*scale)+2, int(c.Patch.Y1*scale)+2
	for x := x0; x <= x1; x++ {
		img.Set(x, y0, outline)
		img.Set(x, y1, outline)
	}
	for y := y0; y <= y1; y++ {
		img.Set(x0, y, outline)
		img.Set(x1, y, outline)
	}
	return img
}

// writeStrip writes pictures side by side.
func writeStrip(path string, panes []image.Image) error {
	width, height := -paneGap, 0
	for _, p := range panes {
		width, height = width+paneGap+p.Bounds().Dx(), max(height, p.Bounds().Dy())
	}
	strip := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(strip, strip.Rect, image.White, image.Point{}, draw.Src)
	x := 0
	for _, p := range panes {
		draw.Draw(strip, image.Rectangle{image.Pt(x, 0), image.Pt(x+p.Bounds().Dx(), p.Bounds().Dy())}, p, p.Bounds().Min, draw.Src)
		x += p.Bounds().Dx() + paneGap
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(out, strip); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// near draws for a report what a rejected picture was compared with.
func (e *examination) near(ctx context.Context, p anomaly.Picture, s *accuracy.Shown) error {
	if e.explainer == nil || !(s.Score >= 1) {
		return nil
	}
	n, err := e.explainer.Nearest(ctx, anomaly.Part{Picture: p})
	if err != nil {
		return err
	}
	s.Near = &accuracy.Near{Text: nearestWords(&n)}
	if s.Near.Here, err = encoded(framed(&n.Here)); err != nil || !n.Kept {
		return err
	}
	there, err := encoded(framed(&n.There))
	s.Near.There = &there
	return err
}

package main

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"math"

	"golang.org/x/image/draw"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/proof/accuracy"
	"linesman/vision"
	"linesman/vision/overlay"
)

const (
	shownSide    = 400 // px; a larger picture is brought down to it
	shownQuality = 80  // of JPEG
)

// outline is the colour of a mask's edge: heat has none of it.
var outline = color.RGBA{0, 110, 255, 255}

// show looks again at the worst pictures and draws them. A picture's score is
// the same however often it is judged, so nothing of it had to be kept.
func (e *examination) show(ctx context.Context, r *accuracy.Report) error {
	byName := map[string]*labelled{}
	for i := range e.found {
		byName[e.found[i].name] = &e.found[i]
	}
	for _, class := range []struct {
		good bool
		into *[]accuracy.Shown
	}{{false, &r.Lowest}, {true, &r.Highest}} {
		worst := accuracy.Worst(r.Judged, class.good, shownOfAClass)
		for i, j := range worst {
			s, err := e.draw(ctx, byName[j.File], j)
			if err != nil {
				return err
			}
			*class.into = append(*class.into, s)
			e.tell("drawing the worst", i+1, len(worst))
		}
	}
	return nil
}

func (e *examination) draw(ctx context.Context, l *labelled, j accuracy.Judged) (accuracy.Shown, error) {
	s := accuracy.Shown{Judged: j}
	picture, err := anomaly.ReadPicture(l.path)
	if err != nil {
		return s, err
	}
	result, err := e.detector.Look(ctx, picture, models.Ask{Heatmap: true})
	if err != nil {
		return s, err
	}
	img := shrunk(picture)
	if s.Plain, err = encoded(img); err != nil {
		return s, err
	}
	hot(img, result.Heatmap)
	if l.mask != "" {
		m, err := readMask(l.mask)
		if err != nil {
			return s, err
		}
		drawOutline(img, m)
		s.Outlined = true
	}
	if s.Heat, err = encoded(img); err != nil {
		return s, err
	}
	return s, e.near(ctx, picture, &s)
}

// hot draws what a model saw over a picture.
func hot(img *image.RGBA, h models.Heatmap) *image.RGBA {
	size := img.Rect.Size()
	overlay.Heat(img, vision.Box{X1: float64(size.X), Y1: float64(size.Y)}, h.Width, lifted(h.Score))
	return img
}

// drawnFrom is the score below which nothing is drawn. Good parts lie not far
// below the threshold all over, and would be yellow all over.
const drawnFrom = 0.85

// lifted brings scores below the threshold to what overlay.Heat draws, which
// begins at a third: from drawnFrom to 1 becomes from 1/3 to 1.
func lifted(scores []float32) []float32 {
	out := make([]float32, len(scores))
	for i, s := range scores {
		if out[i] = s; s < 1 {
			out[i] = max(0, 1-(1-s)*(1-1.0/3)/(1-drawnFrom))
		}
	}
	return out
}

// shrunk is the picture at no more than shownSide pixels a side.
func shrunk(p anomaly.Picture) *image.RGBA {
	whole := p.Image()
	scale := float64(shownSide) / float64(max(p.Width, p.Height))
	if scale >= 1 {
		return whole
	}
	side := func(n int) int { return max(1, int(math.Round(float64(n)*scale))) }
	small := image.NewRGBA(image.Rect(0, 0, side(p.Width), side(p.Height)))
	draw.CatmullRom.Scale(small, small.Rect, whole, whole.Rect, draw.Src, nil)
	return small
}

// drawOutline draws a line around what a mask marks. It lies outside, so that
// a thin crack stays in sight.
func drawOutline(img *image.RGBA, m mask) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	on := make([]bool, w*h)
	for i, marked := range m.on {
		if marked { // every marked pixel, so that none is lost between two of the smaller picture's
			on[(i/m.width)*h/m.height*w+(i%m.width)*w/m.width] = true
		}
	}
	width := 1 + max(w, h)/300
	beside := func(x, y int) bool {
		for v := max(y-width, 0); v <= min(y+width, h-1); v++ {
			for u := max(x-width, 0); u <= min(x+width, w-1); u++ {
				if on[v*w+u] {
					return true
				}
			}
		}
		return false
	}
	for y := range h {
		for x := range w {
			if !on[y*w+x] && beside(x, y) {
				img.SetRGBA(x, y, outline)
			}
		}
	}
}

func encoded(img image.Image) (accuracy.Image, error) {
	var out bytes.Buffer
	err := jpeg.Encode(&out, img, &jpeg.Options{Quality: shownQuality})
	return accuracy.Image{Type: "image/jpeg", Data: out.Bytes(), Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}, err
}

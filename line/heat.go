package line

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // pictures are kept as either
	_ "image/png"
	"math"

	"linesman/models"
	"linesman/vision"
	"linesman/vision/overlay"
)

// heat packs a heat map for the screen: 255 r/(1+r), r = score over threshold.
func heat(h models.Heatmap) []byte {
	out := make([]byte, len(h.Score))
	for i, r := range h.Score {
		if r > 0 {
			out[i] = byte(math.Round(float64(255 * r / (1 + r))))
		}
	}
	return out
}

// Heated is a part's picture as it was kept, with its heat map as it was kept laid over
// its whole extent. The caller owns it.
func Heated(picture, heatmap []byte) (*image.RGBA, error) {
	part, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, fmt.Errorf("a part's picture: %w", err)
	}
	warmth, _, err := image.Decode(bytes.NewReader(heatmap))
	if err != nil {
		return nil, fmt.Errorf("a part's heat map: %w", err)
	}
	cells := image.NewGray(image.Rectangle{Max: warmth.Bounds().Size()})
	draw.Draw(cells, cells.Rect, warmth, warmth.Bounds().Min, draw.Src)
	score := make([]float32, len(cells.Pix))
	for i, v := range cells.Pix {
		score[i] = float32(v) / float32(max(1, 255-int(v)))
	}
	out := image.NewRGBA(image.Rectangle{Max: part.Bounds().Size()})
	draw.Draw(out, out.Rect, part, part.Bounds().Min, draw.Src)
	overlay.Heat(out, vision.Box{X1: float64(out.Rect.Dx()), Y1: float64(out.Rect.Dy())}, cells.Rect.Dx(), score)
	return out, nil
}

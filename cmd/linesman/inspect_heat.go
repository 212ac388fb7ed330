package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"

	"linesman/models"
	"linesman/proof/accuracy"
)

// spread gives a heat map's value at each pixel of a picture: between patches by
// straight interpolation.
type spread struct {
	models.Heatmap
	width, height int // of the picture
}

func (s spread) patch(x, y int) float64 {
	return float64(s.Score[min(max(y, 0), s.Height-1)*s.Width+min(max(x, 0), s.Width-1)])
}

// level is what stands in a heat map's file for a pixel.
func (s spread) level(x, y int) uint16 {
	v := (float64(y)+0.5)*float64(s.Height)/float64(s.height) - 0.5
	y0 := int(math.Floor(v))
	u := (float64(x)+0.5)*float64(s.Width)/float64(s.width) - 0.5
	x0 := int(math.Floor(u))
	fx, fy := u-float64(x0), v-float64(y0)
	return accuracy.Level((s.patch(x0, y0)*(1-fx)+s.patch(x0+1, y0)*fx)*(1-fy) + (s.patch(x0, y0+1)*(1-fx)+s.patch(x0+1, y0+1)*fx)*fy)
}

// spreadOver refuses a model that gave no heat map.
func spreadOver(file string, h models.Heatmap, width, height int) (spread, error) {
	if h.Width*h.Height == 0 {
		return spread{}, fmt.Errorf("%s: the model gave no heat map", file)
	}
	return spread{h, width, height}, nil
}

// writeHeat writes a heat map of the picture's size, 16-bit grey, by accuracy.Level.
func writeHeat(dir, file string, h models.Heatmap, width, height int) error {
	heat, err := spreadOver(file, h, width, height)
	if err != nil {
		return err
	}
	img := image.NewGray16(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetGray16(x, y, color.Gray16{Y: heat.level(x, y)})
		}
	}
	stem := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	out, err := os.Create(filepath.Join(dir, stem+".png"))
	if err != nil {
		return err
	}
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(out, img); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

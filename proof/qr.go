package proof

import (
	"fmt"
	"image/color"

	"github.com/boombuler/barcode/qr"
)

// code returns a QR code's modules, true for black, row by row from the top.
func code(text string) ([][]bool, error) {
	b, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		return nil, fmt.Errorf("certificate: QR code of %d bytes: %w", len(text), err)
	}
	size := b.Bounds()
	rows := make([][]bool, size.Dy())
	for y := range rows {
		rows[y] = make([]bool, size.Dx())
		for x := range rows[y] {
			rows[y][x] = color.GrayModel.Convert(b.At(size.Min.X+x, size.Min.Y+y)).(color.Gray).Y < 128
		}
	}
	return rows, nil
}

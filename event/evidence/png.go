package evidence

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"sync"
)

// deflaters are reused: each holds a megabyte of tables.
var deflaters = sync.Pool{New: func() any {
	w, err := zlib.NewWriterLevel(nil, flate.HuffmanOnly)
	if err != nil { // only for a level that does not exist
		panic("evidence: " + err.Error())
	}
	return w
}}

// PNG writes RGB pixels (3 bytes each, rows from the top, without gaps) as a
// PNG that gives exactly these pixels back. A sensor's noise holds nothing that
// repeats, so that a search for it, as image/png makes at its fastest, costs nine
// times as much for the same size: each row is the difference to the pixel on
// the left, its bytes by their frequency.
func PNG(width, height int, rgb []byte) ([]byte, error) { return write(width, height, 3, rgb, nil) }

// Grey is PNG for pixels of one byte each, such as a heat map's.
func Grey(width, height int, grey []byte) ([]byte, error) { return write(width, height, 1, grey, nil) }

// KeepPixels keeps pixels of 1 byte (grey) or 3 (RGB) each, rows from the top,
// as a PNG. It is Keep but for that: "" tells that they are not kept.
func (s *Store) KeepPixels(class Class, width, height, channels int, pix []byte) string {
	data, err := write(width, height, channels, pix, nil)
	if err != nil {
		s.set.Logger.Error("a picture can not be kept", "class", class, "err", err)
		return ""
	}
	return s.Keep(class, data)
}

// signature begins every PNG.
const signature = "\x89PNG\r\n\x1a\n"

// write makes a PNG; text is the data of an iTXt chunk, nil for none.
func write(width, height, channels int, pix, text []byte) ([]byte, error) {
	if width <= 0 || height <= 0 || channels != 1 && channels != 3 || len(pix) != channels*width*height {
		return nil, fmt.Errorf("evidence: %d bytes are no picture of %d x %d pixels of %d bytes", len(pix), width, height, channels)
	}
	var out bytes.Buffer
	out.Grow(len(pix) + len(text) + 1024)
	out.WriteString(signature)
	head := make([]byte, 13)
	binary.BigEndian.PutUint32(head[0:], uint32(width))
	binary.BigEndian.PutUint32(head[4:], uint32(height))
	head[8] = 8 // bits a channel
	if channels == 3 {
		head[9] = 2 // RGB; 0 is grey
	}
	chunk(&out, "IHDR", head)
	if text != nil {
		chunk(&out, "iTXt", text)
	}

	var packed bytes.Buffer
	packed.Grow(len(pix))
	w := deflaters.Get().(*zlib.Writer)
	defer deflaters.Put(w)
	w.Reset(&packed)
	row := make([]byte, 1+channels*width)
	row[0] = 1 // the difference to the left
	for y := range height {
		from := pix[channels*width*y : channels*width*(y+1)]
		copy(row[1:], from[:channels])
		for x := channels; x < len(from); x++ {
			row[1+x] = from[x] - from[x-channels]
		}
		if _, err := w.Write(row); err != nil {
			return nil, fmt.Errorf("evidence: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	chunk(&out, "IDAT", packed.Bytes())
	chunk(&out, "IEND", nil)
	return out.Bytes(), nil
}

// chunk writes one chunk of a PNG.
func chunk(out *bytes.Buffer, kind string, data []byte) {
	var word [4]byte
	binary.BigEndian.PutUint32(word[:], uint32(len(data)))
	out.Write(word[:])
	from := out.Len()
	out.WriteString(kind)
	out.Write(data)
	binary.BigEndian.PutUint32(word[:], crc32.ChecksumIEEE(out.Bytes()[from:]))
	out.Write(word[:])
}

// What a file may ask for: a camera of 64 megapixels, and no more pixels a byte
// than deflate can pack.
const mostPixels, mostPacked = 64 << 20, 1100

// Pixels reads a PNG back as RGB pixels, for a part to be judged again.
func Pixels(file []byte) (width, height int, rgb []byte, err error) {
	head, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return 0, 0, nil, fmt.Errorf("evidence: %w", err)
	}
	if most := min(mostPixels, mostPacked*len(file)); head.Width > most/head.Height {
		return 0, 0, nil, fmt.Errorf("evidence: a picture of %d x %d pixels is none of ours", head.Width, head.Height)
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return 0, 0, nil, fmt.Errorf("evidence: %w", err)
	}
	b := img.Bounds()
	rgb = make([]byte, 0, 3*b.Dx()*b.Dy())
	var four []byte
	switch img := img.(type) {
	case *image.RGBA: // opaque: what PNG wrote
		four = img.Pix
	case *image.NRGBA:
		four = img.Pix
	}
	for i := 0; i < len(four); i += 4 {
		rgb = append(rgb, four[i], four[i+1], four[i+2])
	}
	if four != nil {
		return b.Dx(), b.Dy(), rgb, nil
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, _ := img.At(x, y).RGBA()
			rgb = append(rgb, byte(r>>8), byte(g>>8), byte(bl>>8))
		}
	}
	return b.Dx(), b.Dy(), rgb, nil
}

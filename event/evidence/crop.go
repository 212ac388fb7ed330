package evidence

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// Crop is what a judge reads of a located part beside its pixels. It lies
// inside the picture's file, so that the file's hash holds for it as well.
// Places are pixels of the sensor.
type Crop struct {
	View     string     `json:"view,omitempty"`
	Camera   string     `json:"camera,omitempty"`
	ToSensor [6]float64 `json:"to_sensor"` // X = [0] x + [1] y + [2], Y = [3] x + [4] y + [5]
	Centre   [2]float64 `json:"centre"`    // of the part
	Box      [4]float64 `json:"box"`       // of the part: left, top, right, bottom
	Area     float64    `json:"area"`
	Lane     int        `json:"lane"`
	Touching bool       `json:"touching,omitempty"` // cut apart from a neighbour
	Surround [3]float32 `json:"surround"`           // of the belt around it: R, G, B
	// Mask is one byte a pixel, 255 on the part and 0 beside it; nil for a picture
	// that was never located.
	Mask []byte `json:"-"`
}

// ErrNoCrop is returned for a picture that says nothing of a part: kept by an
// earlier version, or never a part's.
var ErrNoCrop = errors.New("the picture says nothing of the part beside its pixels")

// keyword names our text among a PNG's others.
const keyword = "linesman"

// stored is a Crop as it is written: the mask as the lengths of its runs, from 0
// to 255 and back, each a varint, in base64.
type stored struct {
	Version int `json:"version"`
	Crop
	Runs *string `json:"mask,omitempty"`
}

// PartPNG is PNG for a part's square crop, with what the judge read beside the
// pixels.
func PartPNG(size int, rgb []byte, c *Crop) ([]byte, error) {
	s := stored{Version: 1, Crop: *c}
	if c.Mask != nil {
		if len(c.Mask) != size*size {
			return nil, fmt.Errorf("evidence: a mask of %d bytes for a crop of %d x %d pixels", len(c.Mask), size, size)
		}
		runs, err := runsOf(c.Mask)
		if err != nil {
			return nil, err
		}
		text := base64.StdEncoding.EncodeToString(runs)
		s.Runs = &text
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	// iTXt: keyword, not compressed, no language, no translated keyword, UTF-8.
	return write(size, size, 3, rgb, append([]byte(keyword+"\x00\x00\x00\x00\x00"), text...))
}

func runsOf(mask []byte) ([]byte, error) {
	var runs []byte
	n, now := uint64(0), byte(0)
	for _, v := range mask {
		if v != 0 && v != 255 {
			return nil, fmt.Errorf("evidence: a mask holds 0 and 255, not %d", v)
		}
		if v != now {
			runs, n, now = binary.AppendUvarint(runs, n), 0, v
		}
		n++
	}
	return binary.AppendUvarint(runs, n), nil
}

func maskOf(runs []byte, pixels int) ([]byte, error) {
	mask := make([]byte, 0, pixels)
	for now := byte(0); len(runs) > 0; now = ^now {
		n, k := binary.Uvarint(runs)
		if k <= 0 || n > uint64(pixels-len(mask)) {
			return nil, errors.New("evidence: the mask is damaged")
		}
		runs = runs[k:]
		from := len(mask)
		mask = mask[:from+int(n)]
		if now != 0 {
			for i := range mask[from:] {
				mask[from+i] = now
			}
		}
	}
	if len(mask) != pixels {
		return nil, fmt.Errorf("evidence: the mask has %d pixels, the picture %d", len(mask), pixels)
	}
	return mask, nil
}

// Part reads a part's picture back as it was judged. The error wraps ErrNoCrop
// for a picture that was kept without.
func Part(file []byte) (size int, rgb []byte, c *Crop, err error) {
	text, err := textOf(file)
	if err != nil {
		return 0, nil, nil, err
	}
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return 0, nil, nil, fmt.Errorf("evidence: what the picture says of its part is damaged: %w", err)
	}
	if s.Version != 1 {
		return 0, nil, nil, fmt.Errorf("evidence: the picture was kept by a newer version (%d); update linesman", s.Version)
	}
	w, h, rgb, err := Pixels(file)
	if err != nil {
		return 0, nil, nil, err
	}
	if w != h {
		return 0, nil, nil, fmt.Errorf("evidence: a part's picture is square, this one has %d x %d pixels", w, h)
	}
	if s.Runs != nil {
		runs, err := base64.StdEncoding.DecodeString(*s.Runs)
		if err != nil {
			return 0, nil, nil, fmt.Errorf("evidence: the mask is damaged: %w", err)
		}
		if s.Mask, err = maskOf(runs, w*h); err != nil {
			return 0, nil, nil, err
		}
	}
	return w, rgb, &s.Crop, nil
}

// textOf finds our text in a PNG. It is the walk over bytes that anybody may
// have put there: every length is held against what is left.
func textOf(file []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(file, []byte(signature))
	if !ok {
		return nil, errors.New("evidence: no PNG")
	}
	for len(rest) >= 12 {
		n := uint64(binary.BigEndian.Uint32(rest))
		if n > math.MaxInt32 || n+12 > uint64(len(rest)) {
			return nil, errors.New("evidence: the PNG is cut off")
		}
		kind, data := string(rest[4:8]), rest[8:8+n]
		sum := binary.BigEndian.Uint32(rest[8+n:])
		if kind == "iTXt" {
			if text, ok := bytes.CutPrefix(data, []byte(keyword+"\x00\x00\x00\x00\x00")); ok {
				if crc32.ChecksumIEEE(rest[4:8+n]) != sum {
					return nil, errors.New("evidence: what the picture says of its part is damaged: checksum")
				}
				return text, nil
			}
		}
		if kind == "IDAT" || kind == "IEND" { // ours stands before the pixels
			break
		}
		rest = rest[12+n:]
	}
	return nil, fmt.Errorf("evidence: %w", ErrNoCrop)
}

// KeepPart keeps a part's picture with what the judge read beside it. "" tells
// that it is not kept.
func (s *Store) KeepPart(class Class, size int, rgb []byte, c *Crop) string {
	data, err := PartPNG(size, rgb, c)
	if err != nil { // a number that is none: the pixels are still worth keeping
		s.set.Logger.Error("a part's picture is kept without what is needed to judge it again", "class", class, "err", err)
		return s.KeepPixels(class, size, size, 3, rgb)
	}
	return s.Keep(class, data)
}

package evidence

import (
	"bytes"
	"errors"
	"hash/crc32"
	"image/png"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// drawnCrop is a round part of 40 pixels with a neighbour cut off.
func drawnCrop() (size int, rgb []byte, c *Crop) {
	size = 40
	random := rand.New(rand.NewPCG(4, 4))
	rgb, mask := make([]byte, 3*size*size), make([]byte, size*size)
	for i := range mask {
		if math.Hypot(float64(i%size)-20, float64(i/size)-20) < 15 {
			mask[i] = 255
		}
		for k := range 3 {
			rgb[3*i+k] = byte(random.Uint32())
		}
	}
	return size, rgb, &Crop{View: "上", Camera: "top", ToSensor: [6]float64{1, 0, 1.0 / 3, 0, 1, 200.1}, Centre: [2]float64{math.Pi, 1e-17}, Box: [4]float64{1, 2, 3, 4.5},
		Area: 706, Lane: 8, Touching: true, Surround: [3]float32{40.1, float32(1) / 3, 77}, Mask: mask}
}

func TestPartComesBack(t *testing.T) {
	size, rgb, c := drawnCrop()
	full, none, odd := *c, *c, *c
	full.Mask = bytes.Repeat([]byte{255}, size*size)
	none.Mask = nil
	odd.Mask = bytes.Repeat([]byte{255, 0}, size*size/2)
	for name, c := range map[string]*Crop{"round": c, "all of it": &full, "never located": &none, "every second pixel": &odd} {
		file, err := PartPNG(size, rgb, c)
		if err != nil {
			t.Fatal(name, err)
		}
		n, pix, back, err := Part(file)
		if err != nil || n != size || !bytes.Equal(pix, rgb) || !reflect.DeepEqual(back, c) {
			t.Errorf("%s: came back as %d pixels, %+v, %v", name, n, back, err)
		}
		if _, err := png.Decode(bytes.NewReader(file)); err != nil { // anybody can look at it
			t.Errorf("%s: image/png: %v", name, err)
		}
	}
	plain, err := PNG(size, size, rgb)
	if err != nil {
		t.Fatal(err)
	}
	file, _ := PartPNG(size, rgb, c)
	if extra := len(file) - len(plain); extra > 1000 {
		t.Errorf("what is said of a part takes %d bytes", extra)
	}
}

func TestPartRefuses(t *testing.T) {
	size, rgb, c := drawnCrop()
	file, err := PartPNG(size, rgb, c)
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := PNG(size, size, rgb)
	with := func(text string) []byte { // a file whose text somebody wrote
		f, err := write(size, size, 3, rgb, []byte(keyword+"\x00\x00\x00\x00\x00"+text))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	flipped := bytes.Clone(file)
	flipped[bytes.Index(file, []byte("surround"))]++
	for name, f := range map[string][]byte{
		"nothing": nil, "no PNG": []byte("GIF89a"), "cut off": file[:60], "bytes changed": flipped,
		"no JSON": with("surround"), "newer": with(`{"version":2}`), "short mask": with(`{"version":1,"mask":"AAE="}`),
		"long mask": with(`{"version":1,"mask":"/////w8="}`), "endless run": with(`{"version":1,"mask":"////////////"}`), "no base64": with(`{"version":1,"mask":"!"}`),
	} {
		if _, _, _, err := Part(f); err == nil || errors.Is(err, ErrNoCrop) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	if _, _, _, err := Part(plain); !errors.Is(err, ErrNoCrop) {
		t.Errorf("a picture without: %v, want ErrNoCrop", err)
	}
	c.Mask = bytes.Repeat([]byte{7}, size*size)
	if _, err := PartPNG(size, rgb, c); err == nil {
		t.Error("a mask of sevens passed")
	}
	c.Mask = c.Mask[1:]
	if _, err := PartPNG(size, rgb, c); err == nil {
		t.Error("a mask that is too short passed")
	}
}

// A picture whose numbers can not be written is kept all the same.
func TestKeepPartWithoutNumbers(t *testing.T) {
	s := open(t, Settings{Dir: t.TempDir()})
	size, rgb, c := drawnCrop()
	c.Surround[1] = float32(math.NaN())
	file, err := s.Get(s.KeepPart(Reject, size, rgb, c))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := Part(file); !errors.Is(err, ErrNoCrop) {
		t.Errorf("%v, want ErrNoCrop", err)
	}
	if _, _, back, err := Pixels(file); err != nil || !bytes.Equal(back, rgb) {
		t.Errorf("the pixels did not come back: %v", err)
	}
}

// FuzzPart reads what anybody may have put into the folder: it refuses or
// answers, within the memory that the file's own size allows.
func FuzzPart(f *testing.F) {
	size, rgb, c := drawnCrop()
	file, err := PartPNG(size, rgb, c)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add(file[:200])
	small, _ := PNG(1, 1, []byte{1, 2, 3})
	f.Add(small)
	f.Fuzz(func(t *testing.T, data []byte) {
		// Sums would keep the fuzzer out: mend the first text's.
		if at := bytes.Index(data, []byte("iTXt")); at >= 4 {
			n := int(data[at-4])<<24 | int(data[at-3])<<16 | int(data[at-2])<<8 | int(data[at-1])
			if end := at + 4 + n; n >= 0 && n < 1<<20 && end+4 <= len(data) {
				data = bytes.Clone(data)
				sum := crc32.ChecksumIEEE(data[at:end])
				copy(data[end:], []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
			}
		}
		n, pix, c, err := Part(data)
		if err != nil {
			return
		}
		if len(pix) != 3*n*n || c.Mask != nil && len(c.Mask) != n*n {
			t.Fatalf("%d pixels with %d bytes and a mask of %d", n, len(pix), len(c.Mask))
		}
		again, err := PartPNG(n, pix, c)
		if err != nil {
			t.Fatalf("what was read can not be written: %v", err)
		}
		if _, pix2, c2, err := Part(again); err != nil || !bytes.Equal(pix, pix2) || !reflect.DeepEqual(c, c2) {
			t.Fatalf("%+v came back as %+v, %v", c, c2, err)
		}
	})
}

func BenchmarkPartPNG(b *testing.B) {
	const size = 300
	rgb, _ := picture(b, 1, size)
	c := &Crop{View: "top", Camera: "top", Mask: make([]byte, size*size)}
	for i := range c.Mask {
		if math.Hypot(float64(i%size)-150, float64(i/size)-150) < 140 {
			c.Mask[i] = 255
		}
	}
	for b.Loop() {
		if _, err := PartPNG(size, rgb, c); err != nil {
			b.Fatal(err)
		}
	}
}

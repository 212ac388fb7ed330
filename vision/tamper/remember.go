package tamper

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// ErrNotRemembered is returned for bytes that hold no scene.
var ErrNotRemembered = errors.New("these bytes hold no learnt scene")

// remembered begins what Remember writes; its last byte is the version.
var remembered = []byte("lmscene\x01")

// kept is a scene as it is written, little endian, after which its edges follow.
type kept struct {
	Height       int32
	Fine, Coarse [cells]float64
	Bright, Edgy float64
	All          float64
	Seen         int64 // nanoseconds
}

// Remember returns the learnt scene for Recall, by another process or another day. It
// returns nil while the scene is not known. Some ten kilobytes.
func (d *Detector) Remember() []byte {
	if !d.Learnt() {
		return nil
	}
	c := &d.scene
	var out bytes.Buffer
	out.Write(remembered)
	packed, err := flate.NewWriter(&out, flate.BestSpeed)
	if err == nil {
		err = binary.Write(packed, binary.LittleEndian, kept{int32(c.height), c.fine, c.coarse, c.bright, c.edgy, c.all, int64(c.seen)})
	}
	if err == nil {
		err = binary.Write(packed, binary.LittleEndian, steps(&c.mean))
	}
	if err == nil {
		err = packed.Close()
	}
	if err != nil {
		panic(fmt.Sprintf("tamper: %v", err)) // numbers, into memory
	}
	return out.Bytes()
}

// steps are the mean edges in steps of a 127th: x and y of each pixel.
func steps(f *field) []int8 {
	out := make([]int8, 0, 2*len(f.x))
	for i := range f.x {
		out = append(out, int8(math.Round(float64(f.x[i])*127)), int8(math.Round(float64(f.y[i])*127)))
	}
	return out
}

// Recall takes a remembered scene for the camera's, so that one that was turned while
// nobody watched is told at once. The detector must not have seen a picture. Bytes
// that hold no scene are refused with ErrNotRemembered; a scene of another shape of
// picture is forgotten at the first picture.
func (d *Detector) Recall(scene []byte) error {
	packed, ok := bytes.CutPrefix(scene, remembered)
	if !ok {
		return ErrNotRemembered
	}
	in := flate.NewReader(bytes.NewReader(packed))
	var k kept
	if err := binary.Read(in, binary.LittleEndian, &k); err != nil {
		return fmt.Errorf("%w: %w", ErrNotRemembered, err)
	}
	if k.Height < minHeight || k.Height > 4*across || k.Seen < 0 || !k.sane() {
		return ErrNotRemembered
	}
	edges := make([]int8, 2*across*k.Height)
	if err := binary.Read(in, binary.LittleEndian, edges); err != nil {
		return fmt.Errorf("%w: %w", ErrNotRemembered, err)
	}
	if n, _ := in.Read(make([]byte, 1)); n != 0 {
		return ErrNotRemembered
	}
	c := k.bare()
	for i := range c.mean.x {
		c.mean.x[i], c.mean.y[i] = float32(edges[2*i])/127, float32(edges[2*i+1])/127
	}
	// It may have changed a little since, so that what is seen now counts more; but
	// however little was asked for to learn it, it is known.
	c.seen = max(min(c.seen, time.Minute), d.set.Learn)
	d.scene, d.now = c, newField(c.height)
	return nil
}

// bare is the scene but for its edges.
func (k *kept) bare() scene {
	return scene{height: int(k.Height), mean: newField(int(k.Height)), fine: k.Fine, coarse: k.Coarse, bright: k.Bright, edgy: k.Edgy, all: k.All, seen: time.Duration(k.Seen)}
}

// sane reports whether all are numbers that a scene can have.
func (k *kept) sane() bool {
	good := func(v, most float64) bool { return v >= 0 && v <= most }
	for i := range cells {
		if !good(k.Fine[i], 1024) || !good(k.Coarse[i], 1024) {
			return false
		}
	}
	return good(k.Bright, 255) && good(k.Edgy, 1) && k.All >= -1 && k.All <= 1
}

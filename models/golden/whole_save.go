package golden

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// wholeMagic opens a saved comparison of whole pictures.
const wholeMagic = "linesman golden whole 1\n"

// Save returns what LoadWhole reads; the same always gives the same bytes.
func (w *Whole) Save() []byte {
	b := bytes.NewBufferString(wholeMagic)
	for _, v := range []int{w.frame.w, w.frame.h, w.frame.size} {
		_ = binary.Write(b, binary.LittleEndian, uint32(v)) // a buffer takes all
	}
	b.Write(w.model.Save())
	return b.Bytes()
}

// LoadWhole reads what Save wrote. It refuses anything else with ErrDamaged.
func LoadWhole(data []byte) (*Whole, error) {
	head := len(wholeMagic) + 3*4
	if len(data) < head || string(data[:len(wholeMagic)]) != wholeMagic {
		return nil, fmt.Errorf("%w (not a golden picture of whole pictures of this version)", ErrDamaged)
	}
	var v [3]int
	for i := range v {
		v[i] = int(binary.LittleEndian.Uint32(data[len(wholeMagic)+4*i:]))
	}
	m, err := Load(data[head:])
	if err != nil {
		return nil, err
	}
	w := &Whole{frame: frame{v[0], v[1], v[2]}, model: m}
	if w.frame.w < 1 || w.frame.h < 1 || w.frame.w > mostFrame || w.frame.h > mostFrame || w.frame.w*w.frame.h > mostCells || w.frame.size != m.size || m.long != nil {
		return nil, fmt.Errorf("%w (pictures of %d x %d, crops of %d and %d)", ErrDamaged, w.frame.w, w.frame.h, w.frame.size, m.size)
	}
	return w, nil
}

// How large a picture may be brought to: its sides, and all of it.
const (
	mostFrame = 1 << 14
	mostCells = 1 << 26
)

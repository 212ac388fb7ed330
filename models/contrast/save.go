package contrast

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"linesman/models/anomaly"
)

// magic opens a saved model; its number changes with what follows.
const magic = "linesman contrast 1\n"

// ErrDamaged is returned for bytes that no model was saved as.
var ErrDamaged = errors.New("contrast of good parts is damaged: copy the model folder again or teach it anew")

// Means and spreads are kept as logarithms of 16 bits, 2,048 steps for twice as
// much: as exact as anybody needs, and half the size.
const (
	steps  = 2048
	origin = 1 << 15
)

func pack(v float32) uint16 {
	u := math.Round(origin + steps*math.Log2(max(float64(v), 1e-4)))
	return uint16(max(0, min(math.MaxUint16, u)))
}

func unpack(u uint16) float32 {
	return float32(math.Exp2((float64(u) - origin) / steps))
}

// quantise makes a model that scores as it will after it was saved.
func (m *Model) quantise() {
	for _, f := range [][]float32{m.mean, m.spread} {
		for i, v := range f {
			f[i] = unpack(pack(v))
		}
	}
}

// Save returns the model as bytes that Load reads. Scores after Load equal those
// before bit for bit.
func (m *Model) Save() []byte {
	out := make([]byte, 0, len(magic)+20+4*len(m.mean))
	out = append(out, magic...)
	out = binary.LittleEndian.AppendUint32(out, uint32(m.w))
	out = binary.LittleEndian.AppendUint32(out, uint32(m.h))
	out = binary.LittleEndian.AppendUint64(out, math.Float64bits(m.threshold))
	for _, f := range [][]float32{m.mean, m.spread} {
		for _, v := range f {
			out = binary.LittleEndian.AppendUint16(out, pack(v))
		}
	}
	return binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(out))
}

// Load reads what Save wrote. It refuses anything else with ErrDamaged.
func Load(data []byte) (*Model, error) {
	head := len(magic) + 16
	if len(data) < head+4 || !bytes.HasPrefix(data, []byte(magic)) {
		return nil, fmt.Errorf("%w (not of this version)", ErrDamaged)
	}
	body, sum := data[:len(data)-4], binary.LittleEndian.Uint32(data[len(data)-4:])
	if crc32.ChecksumIEEE(body) != sum {
		return nil, fmt.Errorf("%w (checksum)", ErrDamaged)
	}
	w, h := binary.LittleEndian.Uint32(body[len(magic):]), binary.LittleEndian.Uint32(body[len(magic)+4:])
	m := &Model{w: int(w), h: int(h), threshold: math.Float64frombits(binary.LittleEndian.Uint64(body[len(magic)+8:]))}
	n := uint64(w) * uint64(h)
	if w == 0 && h == 0 {
		n = 1 // the same at any place
	}
	if n == 0 || n > anomaly.MostPixels || uint64(len(body)-head) != 4*n {
		return nil, fmt.Errorf("%w (%d x %d places in %d bytes)", ErrDamaged, w, h, len(body)-head)
	}
	if !(m.threshold > 0) || math.IsInf(m.threshold, 0) {
		return nil, fmt.Errorf("%w (a limit of %v that nothing could exceed)", ErrDamaged, m.threshold)
	}
	for _, f := range []*[]float32{&m.mean, &m.spread} {
		*f = make([]float32, n)
		for i := range *f {
			(*f)[i] = unpack(binary.LittleEndian.Uint16(body[head:]))
			head += 2
		}
	}
	return m, nil
}

// Channels opens what this package saved.
func Channels() map[string]anomaly.OpenChannel {
	return map[string]anomaly.OpenChannel{ChannelName: func(data []byte) (anomaly.Channel, error) {
		m, err := Load(data)
		if err != nil {
			return nil, err
		}
		return m, nil
	}}
}

package anomaly

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
)

// NamedFile is the file of a model folder that holds its named defects.
const NamedFile = "named.json"

// Vector is numbers that JSON carries bit for bit: base64 of float32, little-endian.
type Vector []float32

// MarshalText writes the numbers.
func (v Vector) MarshalText() ([]byte, error) {
	raw := make([]byte, 0, 4*len(v))
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return base64.StdEncoding.AppendEncode(nil, raw), nil
}

// UnmarshalText reads what MarshalText wrote. It refuses what is no number.
func (v *Vector) UnmarshalText(text []byte) error {
	raw, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return err
	}
	if len(raw)%4 != 0 {
		return fmt.Errorf("%d bytes are no whole number of float32", len(raw))
	}
	*v = make(Vector, len(raw)/4)
	for i := range *v {
		x := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		if x-x != 0 {
			return fmt.Errorf("number %d is %v", i, x)
		}
		(*v)[i] = x
	}
	return nil
}

func (n *Named) save() ([]byte, error) { return json.Marshal(n) }

// readNamed reads what save wrote.
func readNamed(data []byte) (*Named, error) {
	var n Named
	if err := json.Unmarshal(data, &n); err != nil {
		return nil, fmt.Errorf("%s: %w", NamedFile, err)
	}
	if err := n.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", NamedFile, err)
	}
	return &n, nil
}

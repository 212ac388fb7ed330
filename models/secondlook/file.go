package secondlook

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// File is a model's file in its folder.
const File = "look.json"

// stored is a sight with its features, as base64 of little-endian float32.
type stored struct {
	Sight
	Limit    float64 `json:"limit,omitempty"`
	Features string  `json:"features"`
}

// filed is a model as its file has it.
type filed struct {
	Model
	Mistaken []stored `json:"mistaken"`
	Real     []stored `json:"real"`
}

// Encode writes a model; sha256 is of what is written and names it.
func (m *Model) Encode() (data []byte, sha string, err error) {
	f := filed{Model: *m, Mistaken: []stored{}, Real: []stored{}}
	for i := range m.Mistaken {
		f.Mistaken = append(f.Mistaken, stored{m.Mistaken[i].Sight, m.Mistaken[i].Limit, pack(m.Mistaken[i].Features)})
	}
	for i := range m.Real {
		f.Real = append(f.Real, stored{m.Real[i], 0, pack(m.Real[i].Features)})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", " ")
	if err := e.Encode(f); err != nil {
		return nil, "", fmt.Errorf("second look %s: %w", m.Version, err)
	}
	sum := sha256.Sum256(b.Bytes())
	return b.Bytes(), hex.EncodeToString(sum[:]), nil
}

// ErrRefused is wrapped by the error for a file that can not be judged by.
var ErrRefused = errors.New("the second look is refused")

// Decode reads a model whose hash is known ("": whatever it is) and refuses one
// that was altered, or whose features are of another network.
func Decode(data []byte, sha string) (*Model, error) {
	refuse := func(format string, a ...any) (*Model, error) {
		return nil, fmt.Errorf("%w: %s; make a new one with linesman secondlook make", ErrRefused, fmt.Sprintf(format, a...))
	}
	if sum := sha256.Sum256(data); sha != "" && hex.EncodeToString(sum[:]) != sha {
		return refuse("%s was altered: its hash is not %s", File, sha)
	}
	var f filed
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return refuse("%s: %v", File, err)
	}
	m := f.Model
	if m.Backbone != Backbone() {
		return refuse("it was made with another network")
	}
	m.Mistaken, m.Real = nil, nil
	long := 0
	read := func(s *stored) (Sight, error) {
		var err error
		if s.Sight.Features, err = unpack(s.Features); err != nil {
			return Sight{}, err
		}
		if long == 0 {
			long = len(s.Sight.Features)
		}
		if len(s.Sight.Features) != long {
			return Sight{}, fmt.Errorf("%d features, others have %d", len(s.Sight.Features), long)
		}
		return s.Sight, nil
	}
	for i := range f.Mistaken {
		s, err := read(&f.Mistaken[i])
		if err != nil {
			return refuse("mistaken %d: %v", i+1, err)
		}
		if l := f.Mistaken[i].Limit; !(l >= leastLimit && l <= mostLimit) {
			return refuse("mistaken %d: its limit is %v, want %v to %v", i+1, l, leastLimit, mostLimit)
		}
		m.Mistaken = append(m.Mistaken, Mistaken{s, f.Mistaken[i].Limit})
	}
	for i := range f.Real {
		s, err := read(&f.Real[i])
		if err != nil {
			return refuse("real %d: %v", i+1, err)
		}
		m.Real = append(m.Real, s)
	}
	return &m, nil
}

func pack(features []float32) string {
	raw := make([]byte, 0, 4*len(features))
	for _, v := range features {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func unpack(text string) ([]float32, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	if len(raw) == 0 || len(raw)%4 != 0 {
		return nil, fmt.Errorf("features of %d bytes", len(raw))
	}
	out, length := make([]float32, len(raw)/4), 0.0
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		length += float64(out[i]) * float64(out[i])
	}
	if !(math.Abs(length-1) < 1e-3) {
		return nil, fmt.Errorf("features of length %v, want 1", math.Sqrt(length))
	}
	return out, nil
}

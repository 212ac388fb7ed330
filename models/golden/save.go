package golden

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
)

// The first line of a saved model, of a round and of a long part; its number
// changes with what follows. Those of before lines were looked for are read too.
const (
	magic          = "linesman golden 3\n"
	longMagic      = "linesman golden 4\n"
	magicBefore    = "linesman golden 1\n"
	longBefore     = "linesman golden 2\n"
	widthsOfBefore = stroke
)

// ErrDamaged is returned for bytes that no model was saved as.
var ErrDamaged = errors.New("golden picture is damaged: copy the model folder again or teach it anew")

const (
	mostSize = 4096 // pixels of a crop
	mostRays = 1024
)

// Save returns the model as bytes that Load reads; the same model always gives
// the same bytes. Scores after Load equal those before bit for bit.
func (m *Model) Save() []byte {
	if m.long != nil {
		return m.long.save()
	}
	b := bytes.NewBufferString(magic)
	spread := m.spread[:]
	if len(m.spread[stroke].v) == 0 {
		b, spread = bytes.NewBufferString(magicBefore), spread[:widthsOfBefore]
	}
	w := writer{b}
	w.put(m.mmPerPx, uint32(m.size), m.radius, m.ratio, m.surround, uint32(m.rays), m.edgeShare, m.turned)
	w.field(&m.body)
	if m.turned {
		w.field(&m.print)
	}
	for i := range spread {
		w.field(&spread[i])
	}
	w.put(m.strength, m.slope, m.shape)
	if m.turned {
		w.put(m.turnedBy)
	}
	for i := range m.outline {
		w.put(m.outline[i])
	}
	w.put(m.colour, m.diameter, m.shift, m.limit)
	w.put(crc32.ChecksumIEEE(b.Bytes()))
	return b.Bytes()
}

// Load reads what Save wrote. It refuses anything else with ErrDamaged.
func Load(data []byte) (*Model, error) {
	kinds := []string{magic, longMagic, magicBefore, longBefore}
	if len(data) < len(magic)+4 || !slices.Contains(kinds, string(data[:len(magic)])) {
		return nil, fmt.Errorf("%w (not a golden picture of this version)", ErrDamaged)
	}
	body, sum := data[:len(data)-4], binary.LittleEndian.Uint32(data[len(data)-4:])
	if crc32.ChecksumIEEE(body) != sum {
		return nil, fmt.Errorf("%w (checksum)", ErrDamaged)
	}
	kind := string(data[:len(magic)])
	r := reader{in: bytes.NewReader(body[len(magic):]), widths: widths}
	if kind == magicBefore || kind == longBefore {
		r.widths = widthsOfBefore
	}
	if kind == longMagic || kind == longBefore {
		l, err := loadLong(&r)
		if err != nil {
			return nil, err
		}
		return &Model{mmPerPx: l.mmPerPx, size: l.size, long: l}, nil
	}
	m := &Model{}
	var size, rays uint32
	r.get(&m.mmPerPx, &size, &m.radius, &m.ratio, &m.surround, &rays, &m.edgeShare, &m.turned)
	if r.err == nil && (size < 8 || size > mostSize || rays < 8 || rays > mostRays || !(m.radius > 2) || m.radius > mostSize || !(m.mmPerPx > 0)) {
		return nil, fmt.Errorf("%w (crops of %d pixels, radius %v, %d rays)", ErrDamaged, size, m.radius, rays)
	}
	m.size, m.rays = int(size), int(rays)
	half := int(math.Ceil(m.radius)) + 2
	m.body = r.field(half)
	if m.turned {
		m.print = r.field(half)
	}
	for i := range r.widths {
		m.spread[i] = r.field(half)
	}
	r.get(&m.strength, &m.slope)
	m.shape = r.curve(m.rays)
	if m.turned {
		m.turnedBy = r.curve(m.rays)
	}
	for i := range m.outline {
		m.outline[i] = r.curve(m.rays)
	}
	r.get(&m.colour, &m.diameter, &m.shift, &m.limit)
	switch {
	case r.err != nil:
		return nil, fmt.Errorf("%w (%v)", ErrDamaged, r.err)
	case r.in.Len() > 0:
		return nil, fmt.Errorf("%w (%d bytes too many)", ErrDamaged, r.in.Len())
	}
	if err := m.sound(); err != nil {
		return nil, err
	}
	m.prepare()
	return m, nil
}

// sound refuses limits and spreads that could never fail a part.
func (m *Model) sound() error {
	ok := positive(m.diameter.Deviation) && positive(m.diameter.Mean)
	for _, l := range m.limit {
		ok = ok && positive(l)
	}
	for i := range m.spread {
		for _, v := range m.spread[i].v {
			ok = ok && positive(float64(v))
		}
	}
	for i := range m.outline {
		for _, v := range m.outline[i] {
			ok = ok && positive(float64(v))
		}
	}
	if !ok {
		return fmt.Errorf("%w (a limit that nothing could exceed)", ErrDamaged)
	}
	return nil
}

// positive refuses what is no number, or one that nothing could exceed.
func positive(v float64) bool { return v > 0 && !math.IsInf(v, 0) }

// prepare makes what is made from print and spread.
func (m *Model) prepare() {
	m.findLeast()
	if !m.turned {
		return
	}
	p := newPolar(m.radius)
	m.rings = p.keep(p.unroll(m.radius, m.print.at))
	m.sites = findSites(&m.print, m.radius)
}

// findLeast finds the least of each width's spread.
func (m *Model) findLeast() {
	for w := range m.spread {
		if len(m.spread[w].v) > 0 {
			m.least[w] = slices.Min(m.spread[w].v)
		}
	}
}

type writer struct{ out *bytes.Buffer }

func (w writer) put(values ...any) {
	for _, v := range values {
		if err := binary.Write(w.out, binary.LittleEndian, v); err != nil {
			panic(fmt.Sprintf("golden: save %T: %v", v, err)) // only for types of no fixed size
		}
	}
}

func (w writer) field(f *field) { w.put(f.v) }

type reader struct {
	in     *bytes.Reader
	widths int // spreads that were saved
	err    error
}

func (r *reader) get(into ...any) {
	for _, v := range into {
		if r.err == nil {
			r.err = binary.Read(r.in, binary.LittleEndian, v)
		}
	}
}

// curve reads n values; memory is only taken when that many are there.
func (r *reader) curve(n int) []float32 {
	if r.err == nil && r.in.Len() < 4*n {
		r.err = io.ErrUnexpectedEOF
	}
	if r.err != nil {
		return nil
	}
	v := make([]float32, n)
	r.get(v)
	return v
}

func (r *reader) field(half int) field {
	n := 2*half + 1
	return field{half, r.curve(n * n)}
}

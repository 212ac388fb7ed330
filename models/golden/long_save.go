package golden

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
)

// save returns the model as bytes that loadLong reads, checksum and all.
func (l *long) save() []byte {
	b := bytes.NewBufferString(longMagic)
	if len(l.stances[0].spread[stroke]) == 0 {
		b = bytes.NewBufferString(longBefore)
	}
	w := writer{b}
	w.put(l.mmPerPx, uint32(l.size), uint32(l.width), uint32(l.height), uint32(len(l.contour)), uint32(len(l.face)), uint32(len(l.stances)), uint32(len(l.regions)))
	w.put(l.surround, l.half, l.moment, l.contour, l.face, l.inside, l.joint, l.stretch, l.limit)
	for _, o := range l.outline {
		w.put(o)
	}
	for i := range l.stances {
		v := &l.stances[i]
		w.put(v.sin, v.cos, v.mean, v.noise)
		for _, s := range v.spread {
			w.put(s)
		}
		w.put(uint32(len(v.modes)), v.held)
		for _, m := range v.modes {
			w.put(m)
		}
	}
	for i := range l.regions {
		r := &l.regions[i]
		places := make([]uint32, len(r.places))
		for k, p := range r.places {
			places[k] = uint32(p)
		}
		w.put(uint32(len(places)), places, r.colour)
	}
	w.put(crc32.ChecksumIEEE(b.Bytes()))
	return b.Bytes()
}

// loadLong reads what save wrote after its first line, without its checksum.
func loadLong(r *reader) (*long, error) {
	l := &long{}
	var size, width, height, knots, face, views, regions uint32
	r.get(&l.mmPerPx, &size, &width, &height, &knots, &face, &views, &regions)
	if r.err == nil && (size < 8 || size > mostSize || width < 3 || height < 3 || width > size || height > size ||
		knots < 16 || knots > mostRays || face > mostSize || views < 1 || views > 2 || regions < 1 || regions > mostRegions || !positive(l.mmPerPx)) {
		return nil, fmt.Errorf("%w (crops of %d pixels, a frame of %d x %d, %d knots)", ErrDamaged, size, width, height, knots)
	}
	l.size, l.width, l.height = int(size), int(width), int(height)
	px := l.width * l.height
	r.get(&l.surround, &l.half, &l.moment)
	l.contour, l.face = make([]knot, knots), make([]patch, face)
	r.get(l.contour, l.face)
	l.inside = r.marks(px)
	r.get(&l.joint, &l.stretch, &l.limit)
	for i := range l.outline {
		l.outline[i] = r.curve(int(knots))
	}
	l.stances = make([]stance, views)
	for i := range l.stances {
		l.stances[i].load(r, px)
	}
	l.regions = make([]region, regions)
	for i := range l.regions {
		l.regions[i].load(r, px)
	}
	switch {
	case r.err != nil:
		return nil, fmt.Errorf("%w (%v)", ErrDamaged, r.err)
	case r.in.Len() > 0:
		return nil, fmt.Errorf("%w (%d bytes too many)", ErrDamaged, r.in.Len())
	case !l.sound():
		return nil, fmt.Errorf("%w (a limit that nothing could exceed)", ErrDamaged)
	}
	l.prepare()
	return l, nil
}

func (v *stance) load(r *reader, px int) {
	r.get(&v.sin, &v.cos)
	v.mean, v.noise = r.curve(px), r.curve(px)
	for w := range r.widths {
		v.spread[w] = r.curve(px)
	}
	var modes uint32
	r.get(&modes)
	if r.err == nil && modes > mostModes+2 {
		r.err = fmt.Errorf("%d ways of looking different", modes)
	}
	if r.err != nil {
		return
	}
	v.held = make([]span, modes)
	r.get(v.held)
	for range modes {
		v.modes = append(v.modes, r.curve(px))
	}
}

func (g *region) load(r *reader, px int) {
	var n uint32
	r.get(&n)
	if r.err == nil && int(n) > px {
		r.err = fmt.Errorf("a region of %d places", n)
	}
	if r.err != nil {
		return
	}
	places := make([]uint32, n)
	r.get(places)
	for _, p := range places {
		if int(p) >= px {
			r.err = fmt.Errorf("a region's place %d is outside of the frame", p)
			return
		}
		g.places = append(g.places, int(p))
	}
	r.get(&g.colour)
}

// marks reads n marks; memory is only taken when that many are there.
func (r *reader) marks(n int) []bool {
	if r.err == nil && r.in.Len() < n {
		r.err = fmt.Errorf("%d marks are missing", n-r.in.Len())
	}
	if r.err != nil {
		return nil
	}
	v := make([]bool, n)
	for i := range v {
		b, _ := r.in.ReadByte()
		if b > 1 {
			r.err = fmt.Errorf("mark %d is %d, want 0 or 1", i, b)
			return nil
		}
		v[i] = b == 1
	}
	return v
}

// sound refuses limits and spreads that could never fail a part, and numbers
// that are none.
func (l *long) sound() bool {
	ok := true
	for _, v := range slices.Concat(l.limit[:], l.half[:], l.moment[:], []float64{l.stretch[0].Deviation, l.stretch[1].Deviation, l.stretch[0].Mean, l.stretch[1].Mean}) {
		ok = ok && positive(v)
	}
	for _, o := range l.outline {
		ok = ok && allPositive(o)
	}
	for i := range l.stances {
		v := &l.stances[i]
		ok = ok && allPositive(v.noise)
		for _, s := range v.spread {
			ok = ok && allPositive(s)
		}
		for _, m := range append(v.modes, v.mean) {
			for _, x := range m {
				ok = ok && !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0)
			}
		}
		for _, h := range v.held {
			ok = ok && h.Low <= h.High
		}
	}
	ok = ok && math.Abs(l.joint.At) < l.half[0] && l.joint.Held.Low <= l.joint.Held.High && -jointMost <= l.joint.Held.Low && l.joint.Held.High <= jointMost
	for _, k := range l.contour {
		for _, x := range append(k.ToPart[:], k.U, k.V, k.NormalU, k.NormalV, k.Zero) {
			ok = ok && math.Abs(float64(x)) < 1e6
		}
	}
	for _, p := range l.face {
		ok = ok && math.Abs(float64(p.U)) < 1e6 && math.Abs(float64(p.V)) < 1e6
	}
	return ok
}

func allPositive(v []float32) bool {
	for _, x := range v {
		if !positive(float64(x)) {
			return false
		}
	}
	return true
}

package rtsp

import (
	"bytes"
	"errors"
	"slices"
)

// sight is what a unit was seen to be.
type sight struct {
	nalus                 [][]byte // those that may be decoded
	picture, key, leading bool
	sets, refused         bool // it brings every parameter set; it brings one that is refused
}

// look keeps the unit's parameter sets and says what it is.
func (v *viewer) look(nalus [][]byte) sight {
	var s sight
	brought := make([]bool, len(v.sets))
	for _, n := range nalus {
		kind, place := v.with.look(n)
		if kind == set && !v.keep(n) {
			s.refused = true
			continue
		}
		s.picture = s.picture || kind == slice || kind == key || kind == leading
		s.key = s.key || kind == key
		s.leading = s.leading || kind == leading
		if kind == set {
			brought[place] = true
		}
		s.nalus = append(s.nalus, n)
	}
	s.sets = !slices.Contains(brought, false)
	return s
}

// keep remembers a parameter set. One that is not to be decoded is not kept,
// nor is the one before it: it is out of date.
func (v *viewer) keep(nalu []byte) bool {
	kind, place := v.with.look(nalu)
	if kind != set {
		return false
	}
	if bytes.Equal(nalu, v.sets[place]) {
		return true
	}
	err := v.with.check(nalu)
	if len(nalu) > maxSet {
		err = errors.New("a parameter set of too many bytes")
	}
	if err != nil {
		v.sets[place], v.refused = nil, err
		return false
	}
	v.sets[place] = bytes.Clone(nalu) // a packet is larger
	return true
}

// complete reports whether all parameter sets are there.
func (v *viewer) complete() bool {
	return !slices.ContainsFunc(v.sets, func(s []byte) bool { return s == nil })
}

// data returns the unit as a byte stream, a key picture behind its parameter
// sets: a clip must be able to begin at any of them.
func (v *viewer) data(s sight) []byte {
	if s.key && !s.sets {
		return annexB(append(append([][]byte(nil), v.sets...), s.nalus...))
	}
	return annexB(s.nalus)
}

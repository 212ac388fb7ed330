package clip

import (
	"bytes"
	"iter"
)

// start is the prefix of a NAL unit in a byte stream (ITU-T H.264 and H.265,
// Annex B).
var start = []byte{0, 0, 1}

// units yields the NAL units of an access unit in Annex B form, without copying
// them. Zeros before a prefix belong to it; what comes before the first one is
// passed over.
func units(annexB []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		i := bytes.Index(annexB, start)
		if i < 0 {
			return
		}
		rest := annexB[i+len(start):]
		for {
			unit, end := rest, bytes.Index(rest, start)
			if end >= 0 {
				unit = rest[:end]
			}
			if unit = bytes.TrimRight(unit, "\x00"); len(unit) > 0 && !yield(unit) {
				return
			}
			if end < 0 {
				return
			}
			rest = rest[end+len(start):]
		}
	}
}

// sets are the parameter sets a decoder needs before the first picture; video
// is nil for H.264, which has none.
type sets struct{ video, sequence, picture []byte }

// setsOf returns the first parameter set of each kind in an access unit.
func setsOf(codec string, annexB []byte) (s sets) {
	keep := func(at *[]byte, unit []byte) {
		if *at == nil {
			*at = unit
		}
	}
	for unit := range units(annexB) {
		switch kindOf(codec, unit) {
		case videoSet:
			keep(&s.video, unit)
		case sequenceSet:
			keep(&s.sequence, unit)
		case pictureSet:
			keep(&s.picture, unit)
		}
	}
	return s
}

// whole reports whether no set is missing.
func (s sets) whole(codec string) bool {
	return s.sequence != nil && s.picture != nil && (codec == H264 || s.video != nil)
}

// holds reports whether a unit is one of the sets.
func (s sets) holds(unit []byte) bool {
	return bytes.Equal(unit, s.sequence) || bytes.Equal(unit, s.picture) || bytes.Equal(unit, s.video)
}

// kind is what a NAL unit holds, as far as a file cares.
type kind uint8

const (
	other kind = iota
	videoSet
	sequenceSet
	pictureSet
)

// kindOf reads the type in a unit's header: H.264 table 7-1, H.265 table 7-1.
func kindOf(codec string, unit []byte) kind {
	if codec == H264 {
		switch unit[0] & 0x1f {
		case 7:
			return sequenceSet
		case 8:
			return pictureSet
		}
		return other
	}
	switch unit[0] >> 1 & 0x3f {
	case 32:
		return videoSet
	case 33:
		return sequenceSet
	case 34:
		return pictureSet
	}
	return other
}

package rtsp

import "errors"

// errShort is returned for a parameter set that ends too soon.
var errShort = errors.New("a parameter set that is cut short")

// syntax reads the fields of a parameter set, as both codecs write them. Past
// the end it reads zeros and notes that it was short: a reader of foreign bytes
// asks once, in the end.
type syntax struct {
	data  []byte
	at    int // bit
	short bool
}

// read begins behind a NAL unit's head of so many bytes. A zero, zero, three
// stands for zero, zero (7.4.1 of ITU-T H.264 and of H.265).
func read(nalu []byte, head int) *syntax {
	s := &syntax{}
	zeros := 0
	for i, b := range nalu {
		if i < head {
			continue
		}
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		s.data = append(s.data, b)
		if zeros++; b != 0 {
			zeros = 0
		}
	}
	return s
}

// u reads an unsigned number of up to 64 bits.
func (s *syntax) u(n int) uint64 {
	var v uint64
	for range n {
		v <<= 1
		if i := s.at / 8; i < len(s.data) {
			v |= uint64(s.data[i] >> (7 - s.at%8) & 1)
		} else {
			s.short = true
		}
		s.at++
	}
	return v
}

// flag reads one bit.
func (s *syntax) flag() bool { return s.u(1) == 1 }

// skip passes over so many bits.
func (s *syntax) skip(n int) {
	s.at += n
	s.short = s.short || s.at > len(s.data)*8
}

// ue reads an unsigned number in exponential Golomb code (9.1 of H.264, 9.2 of
// H.265); the largest that there is has 32 bits.
func (s *syntax) ue() int {
	zeros := 0
	for !s.flag() {
		if zeros++; zeros > 32 || s.short {
			s.short = true
			return 0
		}
	}
	return int(1<<zeros - 1 + s.u(zeros))
}

// se reads a signed number in the same code.
func (s *syntax) se() int {
	v := s.ue()
	if v%2 == 0 {
		return -v / 2
	}
	return v/2 + 1
}

// err says whether the set was cut short.
func (s *syntax) err() error {
	if s.short {
		return errShort
	}
	return nil
}

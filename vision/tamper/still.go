package tamper

import "time"

// still watches for a picture that is the same again and again. A living sensor
// never gives the same picture twice, but a coder repeats it bit by bit where
// little changes, until its next key picture: only what is the same across one
// counts, if key pictures are known. A clock that the camera writes into the
// picture may go on: a few places along the upper or lower edge may change.
type still struct {
	sum   [cells]uint64
	since time.Time
	keys  int
	begun bool
}

// clocks is how many cells a clock and a name may take.
const clocks = 3

// see returns for how long the picture has been the same, and whether that tells.
func (s *still) see(n *Sight) (same time.Duration, known bool) {
	if !s.begun || !s.equal(n) {
		*s = still{sum: n.Sum, since: n.At, begun: true}
		return 0, true
	}
	if n.Key {
		s.keys++
	}
	return n.At.Sub(s.since), !n.Stream || s.keys > 0
}

// equal reports whether all is the same but for a clock, and takes the clock's
// new places over.
func (s *still) equal(n *Sight) bool {
	other, upper, lower := 0, 0, 0
	for i, v := range n.Sum {
		if v == s.sum[i] {
			continue
		}
		switch i / cellsX {
		case 0:
			upper++
		case cellsY - 1:
			lower++
		default:
			other++
		}
	}
	return other == 0 && (upper == 0 || lower == 0) && upper+lower <= clocks
}

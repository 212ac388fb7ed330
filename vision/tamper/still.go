package tamper

import "time"

// still watches for a picture that is the same again and again. A living sensor
// never gives the same picture twice, but a coder repeats it bit by bit where
// little changes, until its next key picture: only what is the same across one
// counts, if key pictures are known.
//
// A stuck sensor's picture is coded anew again and again, and a little better or
// worse each time: it comes back to the last bit from key picture to key picture
// alone. So these are held against each other, too.
//
// A clock that the camera writes into the picture may go on: a few places along the
// upper or lower edge may change.
type still struct {
	all, keys repeat
	crossed   int           // key pictures since all began
	last      time.Time     // the picture before
	gap       time.Duration // the longest between two pictures since keys began
}

// repeat is a picture that came again.
type repeat struct {
	sum         [cells]uint64
	since, last time.Time
	begun       bool
}

// pause is how long may lie between two pictures of a camera that sends them. What goes
// beyond it in a longer one is no time in which a picture was the same: after a break two
// key pictures are alike sooner or later where something goes round in circles.
const pause = time.Second

// clocks is how many cells a clock and a name may take.
const clocks = 3

// sameness is for how long a picture has been the same.
type sameness struct {
	each time.Duration // every picture, or up to a clock
	key  time.Duration // every key picture
	// known says that each tells: the picture is another one, a key picture was among
	// those that are the same, or key pictures are not known of.
	known bool
}

func (s *still) see(n *Sight) sameness {
	if !s.all.see(n) {
		s.crossed = 0
	} else if n.Key {
		s.crossed++
	}
	if !s.last.IsZero() {
		s.gap = max(s.gap, n.At.Sub(s.last))
	}
	s.last = n.At
	if n.Key && !s.keys.see(n) {
		s.gap = 0
	}
	out := sameness{each: n.At.Sub(s.all.since), known: !n.Stream || s.crossed > 0 || s.all.since.Equal(n.At)}
	if n.Stream && s.keys.begun {
		out.key = max(s.keys.last.Sub(s.keys.since)-max(s.gap-pause, 0), 0)
	}
	return out
}

// see takes a picture and reports whether it is the one before.
func (r *repeat) see(n *Sight) bool {
	if r.begun && equal(&r.sum, &n.Sum) {
		r.last = n.At
		return true
	}
	*r = repeat{sum: n.Sum, since: n.At, last: n.At, begun: true}
	return false
}

// equal reports whether all is the same but for a clock.
func equal(a, b *[cells]uint64) bool {
	other, upper, lower := 0, 0, 0
	for i, v := range b {
		if v == a[i] {
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

package rtsp

// bits writes the fields of a parameter set.
type bits struct {
	data []byte
	n    int
}

// u writes an unsigned number of so many bits.
func (b *bits) u(bits int, v uint64) *bits {
	for i := bits - 1; i >= 0; i-- {
		if b.n%8 == 0 {
			b.data = append(b.data, 0)
		}
		b.data[b.n/8] |= byte(v>>i&1) << (7 - b.n%8)
		b.n++
	}
	return b
}

// ue writes numbers in exponential Golomb code (ITU-T H.264, 9.1).
func (b *bits) ue(values ...uint64) *bits {
	for _, v := range values {
		length := 0
		for v+1 >= 2<<length {
			length++
		}
		b.u(length, 0).u(length+1, v+1)
	}
	return b
}

// nalu ends the set and protects what looks like a start code in it.
func (b *bits) nalu(head ...byte) []byte {
	b.u(1, 1)
	nalu, zeros := head, 0
	for _, v := range b.data {
		if zeros >= 2 && v <= 3 {
			nalu, zeros = append(nalu, 3), 0
		}
		nalu = append(nalu, v)
		if zeros++; v != 0 {
			zeros = 0
		}
	}
	return nalu
}

// SPS264 returns a sequence parameter set of H.264 (7.3.2.1.1): macroblocks of
// 16 x 16 pixels, and how many pictures are leant on.
func SPS264(columns, rows, refs uint64) []byte {
	var b bits
	b.u(8, 66).u(8, 0).u(8, 51).ue(0, 0, 0, 0, refs).u(1, 0)
	b.ue(columns-1, rows-1).u(1, 1).u(1, 1).u(1, 0).u(1, 0)
	return b.nalu(0x67)
}

// SPS265 returns a sequence parameter set of H.265 (7.3.2.2.1) of so many
// pixels, and how many pictures are leant on.
func SPS265(width, height, stored uint64) []byte {
	var b bits
	b.u(4, 0).u(3, 0).u(1, 1)
	b.u(8, 1).u(32, 0x60000000).u(48, 0).u(8, 93) // profile and level
	b.ue(0, 1, width, height).u(1, 0).ue(0, 0, 4).u(1, 1)
	b.ue(stored-1, 0, 0).ue(0, 3, 0, 3, 0, 0)
	b.u(1, 0).u(1, 0).u(1, 0).u(1, 0).ue(0).u(1, 0).u(1, 0).u(1, 0).u(1, 0).u(1, 0)
	return b.nalu(0x42, 0x01)
}

// other264 is a set of the high profile, interlaced, with a list of how to scale
// and the second kind of picture order.
func other264(columns, rows, refs uint64) []byte {
	var b bits
	b.u(8, 100).u(8, 0).u(8, 51).ue(0)
	b.ue(1, 0, 0).u(1, 0).u(1, 1)
	b.u(1, 1).ue(2, 1, 16).u(7, 0) // one list of eight, which ends with its third step
	b.ue(0, 1).u(1, 0).ue(2, 2, 2, 4, 1)
	b.ue(refs).u(1, 0).ue(columns-1, rows/2-1).u(1, 0).u(1, 0).u(1, 1).u(1, 0).u(1, 0)
	return b.nalu(0x67)
}

// other265 is a set of two temporal layers, of which the first has a profile and
// a level of its own, with pictures that are cropped.
func other265(width, height, stored uint64) []byte {
	var b bits
	b.u(4, 0).u(3, 1).u(1, 1)
	b.u(8, 1).u(32, 0x60000000).u(48, 0).u(8, 93)
	b.u(2, 3).u(14, 0).u(40, 1).u(48, 0).u(8, 90)
	b.ue(0, 1, width, height).u(1, 1).ue(0, 0, 0, 4).ue(0, 0, 4).u(1, 1)
	b.ue(stored-2, 0, 0, stored-1, 0, 0)
	return b.nalu(0x42, 0x01)
}

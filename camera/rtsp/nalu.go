package rtsp

import "bytes"

// startCode stands before a NAL unit in a byte stream (ITU-T H.264 and H.265,
// annex B) and never within one.
var startCode = []byte{0, 0, 1}

// apart splits units at the start codes within them and leaves out the empty
// ones. A camera that sends such a unit means several, and the decoder takes it
// for several: what is to be refused must not hide behind another.
func apart(nalus [][]byte) [][]byte {
	whole := true
	for _, n := range nalus {
		whole = whole && len(n) > 0 && !bytes.Contains(n, startCode)
	}
	if whole {
		return nalus
	}
	var parts [][]byte
	for _, n := range nalus {
		for part := range bytes.SplitSeq(n, startCode) {
			if part = bytes.TrimRight(part, "\x00"); len(part) > 0 {
				parts = append(parts, part)
			}
		}
	}
	return parts
}

// annexB joins units to a byte stream that the caller owns.
func annexB(nalus [][]byte) []byte {
	size := 0
	for _, n := range nalus {
		size += 1 + len(startCode) + len(n)
	}
	data := make([]byte, 0, size)
	for _, n := range nalus {
		data = append(append(append(data, 0), startCode...), n...)
	}
	return data
}

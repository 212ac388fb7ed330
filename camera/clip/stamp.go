package clip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"time"
)

// dateForm is how a file says when its first picture was exposed: RFC 3339, UTC.
const dateForm = "2006-01-02T15:04:05.000000Z07:00"

// epoch is where MP4 counts seconds from, 1 January 1904, in Unix time.
const epoch = -2082844800

// stamper passes a file on and puts into its index what the library leaves out:
// when the first picture was exposed, and of which camera it is. The index comes
// in one piece, before the pictures.
type stamper struct {
	w      io.Writer
	at     time.Time
	camera string
	done   bool
}

func (s *stamper) Write(b []byte) (int, error) {
	if s.done {
		return s.w.Write(b)
	}
	s.done = true
	stamped, err := s.stamp(b)
	if err != nil {
		return 0, err
	}
	if _, err := s.w.Write(stamped); err != nil {
		return 0, err
	}
	return len(b), nil
}

var errIndex = errors.New("the library lays out its index in another way than this was written for")

// stamp returns the index with times and tags in it. The boxes it looks for are
// of one kind each: there is one track with one run of pictures.
func (s *stamper) stamp(b []byte) ([]byte, error) {
	b = bytes.Clone(b)
	moov, ok := inside(b, "moov")
	trak, ok1 := inside(moov, "trak")
	mdia, ok2 := inside(trak, "mdia")
	minf, ok3 := inside(mdia, "minf")
	stbl, ok4 := inside(minf, "stbl")
	places, ok5 := inside(stbl, "stco")
	if !ok || !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || len(places) != 12 {
		return nil, errIndex
	}
	for box, in := range map[string][]byte{"mvhd": moov, "tkhd": trak, "mdhd": mdia} {
		head, ok := inside(in, box)
		if !ok || len(head) < 12 || head[0] != 0 {
			return nil, errIndex
		}
		seconds := uint32(s.at.Unix() - epoch) // until 2040; that is where version 0 ends
		binary.BigEndian.PutUint32(head[4:], seconds)
		binary.BigEndian.PutUint32(head[8:], seconds)
	}
	tags := box("udta", append(tag("\xa9day", s.at.UTC().Format(dateForm)), tag("\xa9nam", s.camera)...))
	binary.BigEndian.PutUint32(places[8:], binary.BigEndian.Uint32(places[8:])+uint32(len(tags)))
	from := len(b) - len(moov) // moov is the last box, its content ends with b
	binary.BigEndian.PutUint32(b[from-8:], uint32(8+len(moov)+len(tags)))
	return append(b, tags...), nil
}

// inside returns the content of the first box of a kind.
func inside(b []byte, kind string) ([]byte, bool) {
	for len(b) >= 8 {
		size := int(binary.BigEndian.Uint32(b))
		if size < 8 || size > len(b) {
			return nil, false
		}
		if string(b[4:8]) == kind {
			return b[8:size], true
		}
		b = b[size:]
	}
	return nil, false
}

func box(kind string, content []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))
	return append(append(b, kind...), content...)
}

// tag is a line of text as QuickTime keeps it: its length, its language (none
// said), the text.
func tag(kind, text string) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(text)))
	b = binary.BigEndian.AppendUint16(b, 0x55c4) // "und", packed
	return box(kind, append(b, text...))
}

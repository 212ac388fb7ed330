package event

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"math/bits"
	"sync/atomic"
	"time"
	"unsafe"
)

// A record of the ring lies at a position that is a multiple of 16 and never
// straddles the area's end:
//
//	0   uint64  mark: position ^ recordMagic, written last; it makes the record whole
//	8   uint32  length of the body, or padLength for a filler up to the area's end
//	12  uint32  CRC-32C of the body, begun with position and length
//	16  body, filled up to a multiple of 16
//
// Positions count bytes since the ring was made and never wrap, so that what an
// earlier lap left behind can not be taken for a record of this one.
const (
	recordHead  = 16
	recordAlign = 16
	recordMagic = 0x9d7c_51e3_4c69_6e65
	padLength   = ^uint32(0)
)

// kind is what lies at a position of the ring.
type kind uint8

const (
	hole   kind = iota // nothing whole
	filler             // skip it
	whole              // a record
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// mark returns the word at off, shared between producers and the drainer.
func mark(area []byte, off uint64) *uint64 {
	_ = area[off+7]
	return (*uint64)(unsafe.Pointer(&area[off]))
}

// readRecord looks at the record at pos. size is what it takes up, 0 for a hole.
// The body is the area's own memory.
func readRecord(area []byte, pos uint64) (body []byte, size uint64, k kind) {
	capacity := uint64(len(area))
	off := pos % capacity
	if off%recordAlign != 0 || off+recordHead > capacity || atomic.LoadUint64(mark(area, off)) != pos^recordMagic {
		return nil, 0, hole
	}
	length := binary.LittleEndian.Uint32(area[off+8:])
	sum := binary.LittleEndian.Uint32(area[off+12:])
	if length == padLength {
		if sum != checksum(pos, length, nil) {
			return nil, 0, hole
		}
		return nil, capacity - off, filler
	}
	size = recordSize(uint64(length))
	if off+size > capacity {
		return nil, 0, hole
	}
	body = area[off+recordHead : off+recordHead+uint64(length)]
	if sum != checksum(pos, length, body) {
		return nil, 0, hole
	}
	return body, size, whole
}

// sealRecord makes the record at pos, whose body is in place, whole.
func sealRecord(area []byte, pos uint64, length uint32) {
	off := pos % uint64(len(area))
	var body []byte
	if length != padLength {
		body = area[off+recordHead : off+recordHead+uint64(length)]
	}
	binary.LittleEndian.PutUint32(area[off+8:], length)
	binary.LittleEndian.PutUint32(area[off+12:], checksum(pos, length, body))
	atomic.StoreUint64(mark(area, off), pos^recordMagic)
}

// recordSize is what a body of that length takes up in the ring.
func recordSize(length uint64) uint64 {
	return (recordHead + length + recordAlign - 1) &^ (recordAlign - 1)
}

// checksum starts from position and length rather than from zero: what must
// stay unchanged includes where the record lies.
func checksum(pos uint64, length uint32, body []byte) uint32 {
	seed := uint32(pos) ^ bits.RotateLeft32(uint32(pos>>32), 16) ^ length*0x9e37_79b1
	return crc32.Update(seed, castagnoli, body)
}

// The body: id (16 bytes), time (int64, Unix nanoseconds), severity (1 byte),
// then seven texts and the data, each after its length as uint32. An id that is
// no UUIDv7 is kept as the first text, for the log to refuse by name.
const bodyHead = 16 + 8 + 1

var errRecord = errors.New("event ring: record is not what Emit writes")

// bodySize is the length of an event's body.
func bodySize(e *Event, oddID string) uint64 {
	return uint64(bodyHead + 4*9 + len(oddID) + len(e.Source) + len(e.Type) + len(e.Subject) + len(e.Part) +
		len(e.Batch) + len(e.Cause) + len(e.Actor) + len(e.Data))
}

// putBody writes an event's body into buf, which has exactly its size.
func putBody(buf []byte, e *Event, id ID, oddID string) {
	copy(buf, id[:])
	binary.LittleEndian.PutUint64(buf[16:], uint64(e.Time.UnixNano()))
	buf[24] = byte(e.Severity)
	rest := buf[bodyHead:]
	for _, text := range [...]string{oddID, e.Source, string(e.Type), e.Subject, e.Part, e.Batch, e.Cause, e.Actor} {
		binary.LittleEndian.PutUint32(rest, uint32(len(text)))
		rest = rest[4+copy(rest[4:], text):]
	}
	binary.LittleEndian.PutUint32(rest, uint32(len(e.Data)))
	copy(rest[4:], e.Data)
}

// parseBody reads an event back. Nothing of it refers to body.
func parseBody(body []byte) (Event, error) {
	if len(body) < bodyHead {
		return Event{}, errRecord
	}
	e := Event{
		ID:       ID(body[:16]).String(),
		Time:     time.Unix(0, int64(binary.LittleEndian.Uint64(body[16:]))).UTC(),
		Severity: Severity(body[24]),
	}
	rest := body[bodyHead:]
	next := func() ([]byte, bool) {
		if len(rest) < 4 {
			return nil, false
		}
		n := uint64(binary.LittleEndian.Uint32(rest))
		if n > uint64(len(rest)-4) {
			return nil, false
		}
		field := rest[4 : 4+n]
		rest = rest[4+n:]
		return field, true
	}
	var oddID, typ string
	for _, into := range [...]*string{&oddID, &e.Source, &typ, &e.Subject, &e.Part, &e.Batch, &e.Cause, &e.Actor} {
		field, ok := next()
		if !ok {
			return Event{}, errRecord
		}
		*into = string(field)
	}
	e.Type = Type(typ)
	if oddID != "" {
		e.ID = oddID
	}
	data, ok := next()
	if !ok || len(rest) != 0 {
		return Event{}, errRecord
	}
	e.Data = append(json.RawMessage(nil), data...)
	return e, nil
}

package event

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"time"
)

// ID is a UUIDv7 in bytes: 48 bits of Unix milliseconds, 12 bits of the
// fraction of that millisecond, 62 random bits. Events carry its text.
type ID [16]byte

// NewID returns a fresh event id as text, for a producer that wants to name an
// event (as a Cause) before it is stored.
func NewID() string { return MakeID(time.Now()).String() }

// MakeID returns a fresh id born at the time given.
func MakeID(at time.Time) ID {
	var id ID
	ns := at.UnixNano()
	ms, frac := uint64(ns/1e6), uint64(ns%1e6)<<12/1e6
	binary.BigEndian.PutUint64(id[0:], ms<<16|0x7<<12|frac)
	binary.BigEndian.PutUint64(id[8:], rand.Uint64()>>2|1<<63)
	return id
}

// ParseID reads the canonical text of a UUIDv7 (36 characters, lower case);
// ok is false for anything else.
func ParseID(s string) (id ID, ok bool) {
	id, ok = ParseUUID(s)
	return id, ok && id[6]>>4 == 7 && id[8]>>6 == 2
}

// ParseUUID reads the canonical text of a UUID of any version.
func ParseUUID(s string) (id ID, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, false
	}
	for i, at := range [...]int{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34} {
		hi, lo := digit(s[at]), digit(s[at+1])
		if hi|lo > 15 {
			return ID{}, false
		}
		id[i] = hi<<4 | lo
	}
	return id, true
}

// digit is a lower-case hexadecimal digit's value; 255 for anything else.
func digit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

// String returns the canonical text.
func (id ID) String() string {
	var text [36]byte
	hex.Encode(text[0:8], id[0:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:36], id[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// Born returns the millisecond in which the id was made.
func (id ID) Born() time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16)).UTC()
}

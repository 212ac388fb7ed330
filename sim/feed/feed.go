// Package feed carries the drawn line's frames from the process that draws
// them to the appliance, raw and unencoded, over TCP on one host.
//
// The server greets each client with a Greeting that names its product; then
// frames follow, each a Header and its pixels. Numbers are big-endian. The
// client sends nothing. A slow client loses frames, never the belt its pace:
// Header.Dropped tells the client how many it lost before this one.
package feed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"linesman/camera"
)

// DefaultAddress is where the drawn line serves its frames unless told otherwise.
const DefaultAddress = "127.0.0.1:1555"

// Version of the protocol. Either side refuses another.
const Version = 1

const (
	frameMagic    = 0x4c4e5346 // "LNSF"
	greetingMagic = 0x4c4e5347 // "LNSG"

	// HeaderSize is the length of an encoded Header in bytes.
	HeaderSize = 64
	// maxSide is the largest width or height of a frame, in pixels.
	maxSide = 16384
	// maxLength is the most bytes one frame may have.
	maxLength = 192 << 20
	// maxProduct is the longest product name in a Greeting, in bytes.
	maxProduct = 64
)

// Header says what a frame is.
type Header struct {
	Seq      uint64 // frames served since the server began, from 1
	Trigger  uint64 // the controller's trigger number
	Exposure int64  // nanoseconds since 1970, by the host's clock
	Tick     uint64 // raw encoder counter, latched at the exposure
	Dropped  uint64 // frames this client lost since the one before
	Width    int    // pixels
	Height   int    // pixels
	Format   camera.Format
}

// Length returns the frame's bytes: its rows lie one behind the other.
func (h Header) Length() int { return h.Width * h.Height * h.Format.Channels() }

// ErrProtocol is wrapped by errors about bytes that are not this protocol.
var ErrProtocol = errors.New("not a frame of the drawn line")

// Append appends the header's encoding to b.
func (h Header) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, frameMagic)
	b = binary.BigEndian.AppendUint16(b, Version)
	b = append(b, byte(h.Format), 0)
	for _, v := range []uint64{h.Seq, h.Trigger, uint64(h.Exposure), h.Tick, h.Dropped} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	for _, v := range []int{h.Width, h.Height, h.Length(), 0} {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return b
}

// ParseHeader reads a header. It refuses whatever does not hold together.
func ParseHeader(b []byte) (Header, error) {
	var h Header
	if len(b) < HeaderSize {
		return h, fmt.Errorf("%w: %d bytes of a header of %d", ErrProtocol, len(b), HeaderSize)
	}
	if err := checkStart(b, frameMagic); err != nil {
		return h, err
	}
	h.Format = camera.Format(b[6])
	if h.Format != camera.RGB && h.Format != camera.Grey {
		return h, fmt.Errorf("%w: pixel format %d", ErrProtocol, b[6])
	}
	u64 := func(i int) uint64 { return binary.BigEndian.Uint64(b[8+8*i:]) }
	u32 := func(i int) uint32 { return binary.BigEndian.Uint32(b[48+4*i:]) }
	h.Seq, h.Trigger, h.Exposure, h.Tick, h.Dropped = u64(0), u64(1), int64(u64(2)), u64(3), u64(4)
	width, height, length := u32(0), u32(1), u32(2)
	if width == 0 || height == 0 || width > maxSide || height > maxSide {
		return h, fmt.Errorf("%w: %d x %d pixels", ErrProtocol, width, height)
	}
	h.Width, h.Height = int(width), int(height)
	if h.Length() > maxLength || uint32(h.Length()) != length {
		return h, fmt.Errorf("%w: %d bytes for %d x %d pixels", ErrProtocol, length, width, height)
	}
	return h, nil
}

func checkStart(b []byte, magic uint32) error {
	if binary.BigEndian.Uint32(b) != magic {
		return fmt.Errorf("%w: it begins with %q", ErrProtocol, b[:4])
	}
	if v := binary.BigEndian.Uint16(b[4:]); v != Version {
		return fmt.Errorf("%w of version %d but of version %d; use the same build of linesman on both sides", ErrProtocol, Version, v)
	}
	return nil
}

// Greeting is what a server says first.
type Greeting struct{ Product string }

// Append appends the greeting's encoding to b.
func (g Greeting) Append(b []byte) []byte {
	product := g.Product[:min(len(g.Product), maxProduct)]
	b = binary.BigEndian.AppendUint32(b, greetingMagic)
	b = binary.BigEndian.AppendUint16(b, Version)
	b = append(b, byte(len(product)))
	return append(b, product...)
}

// ReadGreeting reads a server's greeting.
func ReadGreeting(r io.Reader) (Greeting, error) {
	var b [7 + maxProduct]byte
	if _, err := io.ReadFull(r, b[:7]); err != nil {
		return Greeting{}, err
	}
	if err := checkStart(b[:], greetingMagic); err != nil {
		return Greeting{}, err
	}
	n := int(b[6])
	if n > maxProduct {
		return Greeting{}, fmt.Errorf("%w: a product name of %d bytes", ErrProtocol, n)
	}
	if _, err := io.ReadFull(r, b[7:7+n]); err != nil {
		return Greeting{}, err
	}
	return Greeting{Product: string(b[7 : 7+n])}, nil
}

package rtsp

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtp"

	"linesman/camera/codec"
)

// FuzzUnit sends foreign bytes as a stream's access units, before and after a
// good key picture.
func FuzzUnit(f *testing.F) {
	pictures := map[string][][]byte{}
	for _, with := range both {
		pictures[with.name()] = keyPicture(f, with, 64, 48)
		f.Add(pictures[with.name()][0], []byte{0x41, 0x9a})
	}
	f.Add([]byte{0x67, 0x42, 0, 0x0a}, []byte{0x65, 1, 2, 3})
	f.Add([]byte{0x67}, []byte{})
	f.Add([]byte{0x42, 0x01, 0x01}, []byte{0x26, 0x01, 0xaf})
	f.Fuzz(func(t *testing.T, one, two []byte) {
		for _, with := range both {
			v := viewing(t, with)
			defer v.close()
			for _, nalus := range [][][]byte{{one, two}, pictures[with.name()], {one}, {two, one}} {
				v.take(unit{nalus: nalus, at: time.Now()})
			}
			if v.seq == 0 {
				t.Errorf("a good key picture of %s was not shown", with.name())
			}
		}
	})
}

// FuzzSet reads foreign bytes as parameter sets. What is taken is within the
// limits.
func FuzzSet(f *testing.F) {
	f.Add(SPS264(4, 3, 1))
	f.Add(SPS265(64, 48, 1))
	f.Add(other264(40, 30, 3))
	f.Add(other265(640, 480, 2))
	f.Fuzz(func(t *testing.T, set []byte) {
		for _, size := range []func([]byte) (int, int, int, error){size264, size265} {
			width, height, stored, err := size(set)
			if err != nil || fits(width, height, stored) != nil {
				continue
			}
			if width < 1 || height < 1 || width > codec.MaxSide || height > codec.MaxSide || width*height*stored > maxStored {
				t.Errorf("%d x %d pixels and %d stored were taken", width, height, stored)
			}
		}
	})
}

// FuzzApart splits foreign bytes: no part is empty or has a start code in it, and
// nothing but start codes and zeros is lost.
func FuzzApart(f *testing.F) {
	f.Add([]byte("ab\x00\x00\x01cd\x00\x00\x00\x01ef\x00"), []byte{})
	f.Add([]byte{0, 0, 1, 0, 0, 1}, []byte{0, 0})
	f.Fuzz(func(t *testing.T, one, two []byte) {
		parts := apart([][]byte{one, two})
		for _, p := range parts {
			if len(p) == 0 || bytes.Contains(p, startCode) {
				t.Errorf("a part %x of %x and %x", p, one, two)
			}
		}
		bare := func(b []byte) []byte { return bytes.ReplaceAll(bytes.ReplaceAll(b, startCode, nil), []byte{0}, nil) }
		var got []byte
		for _, p := range parts {
			got = append(got, bare(p)...)
		}
		if want := append(bare(one), bare(two)...); !bytes.Equal(got, want) {
			t.Errorf("%x and %x came apart to %x", one, two, parts)
		}
	})
}

// FuzzPackets sends foreign bytes as the payloads of packets: a byte says how
// long the next one is, and whether it ends a picture.
func FuzzPackets(f *testing.F) {
	f.Add([]byte{3, 0x7c, 0x85, 1, 3, 0x7c, 0x05, 1, 0x83, 0x7c, 0x45, 1})
	f.Add([]byte{4, 0x62, 0x01, 0x93, 1, 0x84, 0x62, 0x01, 0x53, 1})
	f.Add([]byte{5, 0x78, 0, 9, 1, 2, 0x86, 0x60, 0x01, 0, 1, 7, 7})
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, with := range both {
			in, err := newIntake(nil, nil, with)
			if err != nil {
				t.Fatal(err)
			}
			rest := data
			for n := uint16(0); len(rest) > 0; n++ {
				size := min(int(rest[0]&0x7f), len(rest)-1)
				p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Marker: rest[0]&0x80 != 0}, Payload: rest[1 : 1+size]}
				nalus, took, err := in.join(p)
				if (nalus == nil) != (took == 0) || err != nil && nalus != nil || in.held > codec.MaxUnit {
					t.Fatalf("%d units of %d bytes, %v; %d bytes are held", len(nalus), took, err, in.held)
				}
				rest = rest[1+size:]
			}
		}
	})
}

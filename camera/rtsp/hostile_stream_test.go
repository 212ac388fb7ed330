package rtsp_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"linesman/camera/codec"
	"linesman/camera/rtsp"
	publisher "linesman/sim/rtsp"
)

// seed begins all that is drawn by chance here; another finds other things.
const seed = 20

func chance(t *testing.T) *rand.Rand {
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// noise returns so many bytes drawn by chance.
func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestHostileStreams has cameras whose streams can not be shown, and would take
// memory without end if they were believed.
func TestHostileStreams(t *testing.T) {
	good := with(t, publisher.Options{})
	r := chance(t)
	idr, pps := append([]byte{0x65, 0x88}, noise(r, 900)...), []byte{0x68, 0xce, 0x38, 0x80}
	vps265, pps265 := []byte{0x40, 0x01, 0x0c}, []byte{0x44, 0x01, 0xc0}
	idr265 := append([]byte{0x26, 0x01, 0xaf}, noise(r, 900)...)
	block := make([]byte, 1400)
	for i := range block {
		block[i] = byte(i | 1)
	}
	// long sends the same until so many bytes have gone: more than may be kept.
	long := func(bytes int64, send func(s *packets) bool) func(s *packets) {
		return func(s *packets) {
			for s.p.sent < bytes && send(s) {
			}
		}
	}
	begin := func(s *packets, head ...byte) bool { return s.payload(false, append(head, block...)...) }
	// hollow is a packet with next to nothing in it, that takes 60,000 bytes.
	hollow := func(s *packets, payload ...byte) bool {
		h := rtp.Header{}
		_ = h.SetExtension(0, make([]byte, 60000))
		return s.packet(h, payload)
	}
	over := func(s *packets) {
		for range 2 {
			s.unit(rtsp.SPS264(8192/16, 4352/16, 6), pps, idr)
		}
	}
	huge := func(s *packets, first, more, last byte, size int) {
		for range 20 {
			s.at += 3600
			s.payload(false, append([]byte{0x7c, first}, block...)...)
			for n := 0; n < size; n += len(block) {
				s.payload(false, append([]byte{0x7c, more}, block...)...)
			}
			s.payload(true, append([]byte{0x7c, last}, block...)...)
		}
	}
	brief := rtsp.Settings{Timeout: 400 * time.Millisecond}
	attacks := []attack{
		{name: "noise", behave: streaming(func(s *packets) {
			for range 5000 {
				s.frame(byte(r.IntN(2)), noise(r, r.IntN(200)))
			}
		}), says: "rtsp camera at"},
		{name: "noise in packets", behave: streaming(func(s *packets) {
			for range 5000 {
				s.payload(r.IntN(4) == 0, noise(r, r.IntN(200))...)
			}
		}), says: "rtsp camera at"},
		{name: "noise in packets of H.265", behave: streaming265(func(s *packets) {
			for range 5000 {
				s.payload(r.IntN(4) == 0, noise(r, r.IntN(200))...)
			}
		}), says: "rtsp camera at"},
		{name: "an absurd size", behave: streaming(func(s *packets) {
			s.unit(rtsp.SPS264(4096, 4096, 1), pps, idr)
			s.flush()
			s.p.wait()
		}), says: "65536 x 65536 pixels; set the camera to 8192", settings: brief},
		{name: "an absurd size of H.265", behave: streaming265(func(s *packets) {
			s.unit(vps265, rtsp.SPS265(65535, 65535, 1), pps265, idr265)
			s.flush()
			s.p.wait()
		}), says: "65535 x 65535 pixels; set the camera to 8192", settings: brief},
		{name: "an absurd size behind a start code", behave: streaming(func(s *packets) {
			s.unit(bytes.Join([][]byte{{0x09, 0x10}, rtsp.SPS264(4096, 4096, 1), pps, idr}, []byte{0, 0, 1}))
			s.flush()
			s.p.wait()
		}), says: "65536 x 65536 pixels; set the camera to 8192", settings: brief},
		{name: "too many pictures to lean on", behave: streaming265(func(s *packets) {
			s.unit(vps265, rtsp.SPS265(8192, 4352, 16), pps265, idr265)
			s.flush()
			s.p.wait()
		}), says: "lean on 16 others", settings: brief},
		{name: "the largest pictures, broken", behave: streaming(over), says: "rtsp camera at", heap: 3 * 3 * codec.MaxPixels},
		{name: "a fragment without end", behave: streaming(func(s *packets) {
			begin(s, 0x7c, 0x85)
			long(32<<20, func(s *packets) bool { return begin(s, 0x7c, 0x05) })(s)
		}), says: "rtsp camera at"},
		{name: "a fragment of H.265 without end", behave: streaming265(func(s *packets) {
			begin(s, 0x62, 0x01, 0x93)
			long(32<<20, func(s *packets) bool { return begin(s, 0x62, 0x01, 0x13) })(s)
		}), says: "rtsp camera at"},
		{name: "hollow fragments", behave: streaming(func(s *packets) {
			s.payload(false, 0x7c, 0x85, 1)
			long(100<<20, func(s *packets) bool { return hollow(s, 0x7c, 0x05, 1) })(s)
		}), says: "rtsp camera at"},
		{name: "hollow fragments of H.265", behave: streaming265(func(s *packets) {
			s.payload(false, 0x62, 0x01, 0x93, 1)
			long(100<<20, func(s *packets) bool { return hollow(s, 0x62, 0x01, 0x13, 1) })(s)
		}), says: "rtsp camera at"},
		{name: "units of one picture without end", behave: streaming(long(32<<20, func(s *packets) bool {
			return s.payload(false, append([]byte{0x65}, block...)...)
		})), says: "rtsp camera at"},
		{name: "a unit of 50 MB", behave: streaming(func(s *packets) { huge(s, 0x85, 0x05, 0x45, 50<<20/20) }), says: "rtsp camera at"},
		{name: "large units in no time", behave: streaming(func(s *packets) {
			s.unit(rtsp.SPS264(4, 3, 1), pps, idr)
			huge(s, 0x85, 0x05, 0x45, 3<<20)
		}), says: "rtsp camera at"},
		{name: "a unit of many start codes", behave: streaming(func(s *packets) {
			s.unit(bytes.Repeat([]byte{0, 0, 1, 0x65}, 15000))
		}), says: "rtsp camera at"},
		{name: "nothing but unknown channels", behave: streaming(func(s *packets) {
			for range 1000 {
				s.frame(byte(2+r.IntN(250)), noise(r, 100))
			}
			s.flush()
			s.p.wait()
		}), says: "sends no picture", settings: brief},
	}
	for _, a := range attacks {
		if a.settings.Timeout == 0 {
			a.settings.Timeout = 1500 * time.Millisecond
		}
		t.Run(a.name, func(t *testing.T) { a.run(t, good) })
	}
}

// TestHostileDisturbance has good streams with bad things between their
// packets: the camera stays live.
func TestHostileDisturbance(t *testing.T) {
	good := with(t, publisher.Options{})
	r := chance(t)
	between := func(extra func() []byte) func(frame []byte) [][]byte {
		return func(frame []byte) [][]byte { return [][]byte{extra(), frame} }
	}
	stray := func(payload ...byte) []byte { // with another payload type
		data, _ := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 97}, Payload: payload}).Marshal()
		return framed(0, data)
	}
	attacks := []struct {
		name   string
		change func(frame []byte) [][]byte
	}{
		{"unknown channels", between(func() []byte { return framed(byte(2+r.IntN(250)), noise(r, r.IntN(500))) })},
		{"empty frames", between(func() []byte { return framed(byte(r.IntN(2)), nil) })},
		{"packets of another kind", between(func() []byte { return stray(noise(r, 20)...) })},
		{"headers cut short", between(func() []byte { return framed(0, append([]byte{0x9f, 96}, noise(r, r.IntN(9))...)) })},
		{"aggregates of wrong lengths", between(func() []byte {
			data, _ := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96}, Payload: append([]byte{0x78, 0xff, byte(r.Uint32())}, noise(r, 30)...)}).Marshal()
			return framed(0, data)
		})},
		{"noise for reports", between(func() []byte { return framed(1, append([]byte{0x81, 200}, noise(r, r.IntN(60))...)) })},
		{"reports of another age", func(frame []byte) [][]byte {
			if frame[1] != 0 || len(frame) < 16 {
				return nil
			}
			data, _ := (&rtcp.SenderReport{SSRC: binary.BigEndian.Uint32(frame[12:]), NTPTime: r.Uint64(), RTPTime: r.Uint32()}).Marshal()
			return [][]byte{framed(1, data), frame}
		}},
		{"answers to what nobody asked", between(func() []byte { return []byte("RTSP/1.0 200 OK\r\nCSeq: 999\r\n\r\n") })},
		{"questions", between(func() []byte { return []byte("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n") })},
		{"noise between frames", between(func() []byte { return []byte("\x00\xffnoise\r\n") })},
		{"time that runs backwards", backwards()},
		{"time by chance", rewrite(func(h []byte) { binary.BigEndian.PutUint32(h[4:], r.Uint32()) })},
		{"numbers by chance", rewrite(func(h []byte) { binary.BigEndian.PutUint16(h[2:], uint16(r.Uint32())) })},
	}
	for _, c := range attacks {
		a := attack{name: c.name, behave: relay(good.Addr().String(), c.change), goesOn: true, settings: rtsp.Settings{Timeout: 5 * time.Second}}
		t.Run(a.name, func(t *testing.T) { a.run(t, good) })
	}
}

// rewrite changes the headers of the stream's packets.
func rewrite(change func(header []byte)) func(frame []byte) [][]byte {
	return func(frame []byte) [][]byte {
		if frame[1] == 0 && len(frame) >= 16 {
			change(frame[4:])
		}
		return [][]byte{frame}
	}
}

// backwards turns the packets' time stamps round.
func backwards() func(frame []byte) [][]byte {
	return rewrite(func(h []byte) { binary.BigEndian.PutUint32(h[4:], -binary.BigEndian.Uint32(h[4:])) })
}

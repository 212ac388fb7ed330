package rtsp_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"

	"github.com/pion/rtp"
)

// packets are what a hostile camera sends as its stream.
type packets struct {
	p   *peer
	seq uint16
	at  uint32 // time stamp, 90,000 a second
	buf bytes.Buffer
}

// frame sends data on a channel. It is false once the client has hung up.
func (s *packets) frame(channel byte, data []byte) bool {
	s.buf.Write(framed(channel, data))
	if s.buf.Len() < 64<<10 {
		return true
	}
	return s.flush()
}

func (s *packets) flush() bool {
	_, err := s.p.Write(s.buf.Bytes())
	s.buf.Reset()
	return err == nil
}

// payload sends one packet of the stream.
func (s *packets) payload(marker bool, payload ...byte) bool {
	return s.packet(rtp.Header{Marker: marker}, payload)
}

func (s *packets) packet(h rtp.Header, payload []byte) bool {
	h.Version, h.PayloadType, h.SequenceNumber, h.Timestamp, h.SSRC = 2, 96, s.seq, s.at, 0x1234
	s.seq++
	data, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	if err != nil {
		panic(err) // a test's own packet
	}
	return s.frame(0, data)
}

// unit sends whole NAL units, the last with a marker.
func (s *packets) unit(nalus ...[]byte) bool {
	s.at += 3600
	ok := true
	for i, n := range nalus {
		ok = s.payload(i == len(nalus)-1, n...)
	}
	return ok
}

// streaming returns a camera that sends what stream says, in H.264.
func streaming(stream func(s *packets)) func(p *peer) {
	return bad{stream: func(p *peer) { s := &packets{p: p}; stream(s); s.flush() }}.serve
}

// streaming265 is streaming in H.265.
func streaming265(stream func(s *packets)) func(p *peer) {
	return bad{sdp: goodSDP265, stream: func(p *peer) { s := &packets{p: p}; stream(s); s.flush() }}.serve
}

// relay hands a connection on to a good camera and changes what comes back:
// instead of each interleaved frame go those that change returns.
func relay(address string, change func(frame []byte) [][]byte) func(p *peer) {
	return func(p *peer) {
		good, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		defer good.Close()
		go func() { requests(good, p.in); good.Close() }()
		for in := bufio.NewReader(good); ; {
			first, err := in.Peek(1)
			if err != nil {
				return
			}
			if first[0] != '$' {
				line, err := in.ReadString('\n')
				if err != nil || !p.say(line) {
					return
				}
				continue
			}
			head, err := in.Peek(4)
			if err != nil {
				return
			}
			frame := make([]byte, 4+int(binary.BigEndian.Uint16(head[2:])))
			if _, err := io.ReadFull(in, frame); err != nil {
				return
			}
			for _, f := range change(frame) {
				if _, err := p.Write(f); err != nil {
					return
				}
			}
		}
	}
}

// requests hands on what a client asks, but not what it answers.
func requests(to io.Writer, from *bufio.Reader) {
	answering := false
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			return
		}
		answering = answering || strings.HasPrefix(line, "RTSP/")
		if !answering {
			if _, err := io.WriteString(to, line); err != nil {
				return
			}
		}
		answering = answering && line != "\r\n"
	}
}

// framed is data as an interleaved frame.
func framed(channel byte, data []byte) []byte {
	return append([]byte{'$', channel, byte(len(data) >> 8), byte(len(data))}, data...)
}

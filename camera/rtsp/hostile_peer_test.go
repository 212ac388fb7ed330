package rtsp_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// goodSDP describes one stream of H.264 without parameter sets.
const goodSDP = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=camera\r\nt=0 0\r\n" +
	"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track1\r\n"

// goodSDP265 is the same of H.265.
var goodSDP265 = strings.NewReplacer("H264", "H265", "a=fmtp:96 packetization-mode=1\r\n", "").Replace(goodSDP)

// request is what a client asked.
type request struct{ method, url, cseq string }

// peer is a camera's end of one connection. Writing fails once the client has
// hung up: what is endless ends then.
type peer struct {
	net.Conn
	in   *bufio.Reader
	sent int64 // bytes
}

// Write writes, and gives up on a client that does not read.
func (p *peer) Write(b []byte) (int, error) {
	_ = p.SetWriteDeadline(time.Now().Add(5 * time.Second))
	n, err := p.Conn.Write(b)
	p.sent += int64(n)
	return n, err
}

// say writes text and reports whether it went out.
func (p *peer) say(text string) bool {
	_, err := io.WriteString(p, text)
	return err == nil
}

// endlessly says the same until the client hangs up.
func (p *peer) endlessly(text string) bool {
	block := strings.Repeat(text, 1+(16<<10)/len(text))
	for p.say(block) {
	}
	return false
}

// wait waits until the client hangs up.
func (p *peer) wait() bool {
	_, _ = io.Copy(io.Discard, p.in)
	return false
}

// ask reads the next request; ok is false once the client has hung up.
func (p *peer) ask() (r request, ok bool) {
	line, err := p.in.ReadString('\n')
	first := strings.Fields(line)
	if err != nil || len(first) != 3 {
		return r, false
	}
	r.method, r.url = first[0], first[1]
	for {
		line, err = p.in.ReadString('\n')
		if err != nil {
			return r, false
		}
		line = strings.TrimSpace(line)
		if line == "" {
			return r, true
		}
		if v, ok := strings.CutPrefix(line, "CSeq: "); ok {
			r.cseq = v
		}
	}
}

// answer is a response: head lines, then the body.
func answer(r request, status, body string, head ...string) string {
	lines := append([]string{"RTSP/1.0 " + status, "CSeq: " + r.cseq}, head...)
	if body != "" {
		lines = append(lines, "Content-Length: "+strconv.Itoa(len(body)))
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// usual is what a good camera answers.
func usual(r request, sdp string) string {
	switch r.method {
	case "OPTIONS":
		return answer(r, "200 OK", "", "Public: DESCRIBE, SETUP, PLAY, TEARDOWN")
	case "DESCRIBE":
		return answer(r, "200 OK", sdp, "Content-Type: application/sdp", "Content-Base: "+r.url+"/")
	case "SETUP":
		return answer(r, "200 OK", "", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 12345678")
	}
	return answer(r, "200 OK", "", "Session: 12345678")
}

// bad is a camera that is good but for one thing.
type bad struct {
	sdp string // goodSDP unless set
	// at says, by method, what happens instead of the usual answer; false hangs up.
	at map[string]func(p *peer, r request) bool
	// stream is what it sends once asked to play; it hangs up afterwards.
	stream func(p *peer)
}

// serve talks to one client.
func (b bad) serve(p *peer) {
	sdp := b.sdp
	if sdp == "" {
		sdp = goodSDP
	}
	for {
		r, ok := p.ask()
		if !ok {
			return
		}
		if instead, ok := b.at[r.method]; ok {
			if !instead(p, r) {
				return
			}
			continue
		}
		if !p.say(usual(r, sdp)) {
			return
		}
		if r.method == "PLAY" && b.stream != nil {
			b.stream(p)
			return
		}
	}
}

// hostile is a server that treats each connection by what behave says.
type hostile struct {
	listener net.Listener
	behave   func(p *peer)
	done     sync.WaitGroup

	mu     sync.Mutex
	closed bool
	peers  map[*peer]bool
	count  int
}

// listenHostile opens a server on a free port, closed with the test at the
// latest.
func listenHostile(t *testing.T, behave func(p *peer)) *hostile {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hostile{listener: l, behave: behave, peers: map[*peer]bool{}}
	h.done.Go(h.accept)
	t.Cleanup(h.close)
	return h
}

func (h *hostile) accept() {
	for {
		conn, err := h.listener.Accept()
		if err != nil {
			return
		}
		p := &peer{Conn: conn, in: bufio.NewReader(conn)}
		h.mu.Lock()
		h.count++
		h.peers[p] = true
		if h.closed {
			conn.Close()
		}
		h.mu.Unlock()
		h.done.Go(func() {
			h.behave(p)
			conn.Close()
			h.mu.Lock()
			delete(h.peers, p)
			h.mu.Unlock()
		})
	}
}

// close cuts off who is connected and waits for the server's goroutines.
func (h *hostile) close() {
	h.listener.Close()
	h.mu.Lock()
	h.closed = true
	for p := range h.peers {
		p.Close()
	}
	h.mu.Unlock()
	h.done.Wait()
}

// url returns the address to play.
func (h *hostile) url() string { return fmt.Sprintf("rtsp://%s/line", h.listener.Addr()) }

// connections returns how many there were.
func (h *hostile) connections() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count
}

package rtsp_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"linesman/camera/cameratest"
	"linesman/camera/rtsp"
	publisher "linesman/sim/rtsp"
)

// instead returns a camera that behaves differently when asked one thing.
func instead(method string, do func(p *peer, r request) bool) func(p *peer) {
	return bad{at: map[string]func(*peer, request) bool{method: do}}.serve
}

// says returns a camera that answers one thing so, and all else as usual.
func says(method, status, body string, head ...string) func(p *peer) {
	return instead(method, func(p *peer, r request) bool { return p.say(answer(r, status, body, head...)) })
}

// TestHostileAnswersWithoutEnd has cameras that do not stop.
func TestHostileAnswersWithoutEnd(t *testing.T) {
	good := with(t, publisher.Options{})
	endless := func(begin, more string) func(p *peer) {
		return instead("DESCRIBE", func(p *peer, r request) bool { return p.say(begin) && p.endlessly(more) })
	}
	const ok = "RTSP/1.0 200 OK\r\n"
	patient := rtsp.Settings{Timeout: soon / 2} // so that it is not time that runs out
	attacks := []attack{
		{name: "header lines", behave: endless(ok, "X-More: and more\r\n"), says: "headers count exceeds"},
		{name: "a header line", behave: endless(ok+"X-More: ", "and more "), says: "exceeds 2048"},
		{name: "a header name", behave: endless(ok, "X-More"), says: "rtsp camera at"},
		{name: "blanks before a header's value", behave: endless(ok+"X-More:", " "), says: "no description of its stream", settings: patient},
		{name: "a status line", behave: endless("RTSP/1.0 200 ", "fine "), says: "exceeds 255"},
		{name: "noise", behave: endless("", "\x00\xff\x17"), says: "no description of its stream", settings: patient},
		{name: "answers to what nobody asked", behave: endless("", "RTSP/1.0 200 OK\r\nCSeq: 999\r\n\r\n"), says: "no description of its stream", settings: patient},
		{name: "questions", behave: endless("", "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"), says: "rtsp camera at"},
		{name: "a question that is not known", behave: endless("", "REDIRECT * RTSP/1.0\r\nCSeq: 1\r\n\r\n"), says: "rtsp camera at"},
		{name: "a body of 1 GB", behave: instead("DESCRIBE", func(p *peer, r request) bool {
			return p.say(ok+"CSeq: "+r.cseq+"\r\nContent-Type: application/sdp\r\nContent-Length: 1073741824\r\n\r\n") && p.endlessly(goodSDP)
		}), says: "Content-Length exceeds"},
		{name: "a body longer than it is", behave: says("DESCRIBE", "200 OK", "", "Content-Type: application/sdp", "Content-Length: 100000"), says: "does not answer within"},
		{name: "a body of negative length", behave: says("DESCRIBE", "200 OK", "", "Content-Length: -1"), says: "Content-Length"},
		{name: "frames before it was asked to play", behave: instead("DESCRIBE", func(p *peer, r request) bool { return p.endlessly("$\x00\x00\x04abcd") }), says: "rtsp camera at"},
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) { a.run(t, good) })
	}
}

// TestHostileSilence has cameras that hang up, or say nothing, or too slowly,
// at each point.
func TestHostileSilence(t *testing.T) {
	good := with(t, publisher.Options{})
	brief := rtsp.Settings{Timeout: 150 * time.Millisecond}
	for _, method := range []string{"OPTIONS", "DESCRIBE", "SETUP", "PLAY"} {
		half := func(r request) string { a := usual(r, goodSDP); return a[:len(a)/2] }
		attacks := []attack{
			{name: "never answers", behave: instead(method, func(p *peer, r request) bool { return p.wait() }), says: "does not answer within", settings: brief},
			{name: "stops in the middle", behave: instead(method, func(p *peer, r request) bool { p.say(half(r)); return p.wait() }), says: "does not answer within", settings: brief},
			{name: "answers byte by byte", behave: instead(method, slowly), says: "does not answer within", settings: brief},
			{name: "hangs up before its answer", behave: instead(method, func(p *peer, r request) bool { return false }), says: "closed the connection"},
			{name: "hangs up in the middle", behave: instead(method, func(p *peer, r request) bool { p.say(half(r)); return false }), says: "rtsp camera at"},
			{name: "hangs up after its answer", behave: instead(method, func(p *peer, r request) bool { p.say(usual(r, goodSDP)); return false }), says: "rtsp camera at"},
		}
		for _, a := range attacks {
			t.Run(method+" "+a.name, func(t *testing.T) { a.run(t, good) })
		}
	}
	a := attack{name: "sends nothing", behave: bad{stream: func(p *peer) { p.wait() }}.serve, says: "sends no picture"}
	t.Run(a.name, func(t *testing.T) { a.run(t, good) })
}

// slowly says the usual answer a byte at a time.
func slowly(p *peer, r request) bool {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for _, b := range []byte(usual(r, goodSDP)) {
		<-tick.C
		if _, err := p.Write([]byte{b}); err != nil {
			return false
		}
	}
	return true
}

// TestHostileSetup has cameras whose answers make no sense.
func TestHostileSetup(t *testing.T) {
	good := with(t, publisher.Options{})
	const tcp = "Transport: RTP/AVP/TCP;unicast;interleaved="
	attacks := []attack{
		{name: "channels that do not exist", behave: says("SETUP", "200 OK", "", tcp+"99998-99999"), says: "rtsp camera at"},
		{name: "channels back to front", behave: says("SETUP", "200 OK", "", tcp+"1-0"), says: "rtsp camera at"},
		{name: "no channels", behave: says("SETUP", "200 OK", "", "Transport: RTP/AVP/TCP"), says: "rtsp camera at"},
		{name: "no transport", behave: says("SETUP", "200 OK", ""), says: "rtsp camera at"},
		{name: "another protocol", behave: says("SETUP", "200 OK", "", "Transport: RTP/AVP;unicast;client_port=1-2;server_port=3-4;source=10.0.0.1"), says: "rtsp camera at"},
		{name: "another profile", behave: says("SETUP", "200 OK", "", "Transport: RTP/SAVP/TCP;unicast;interleaved=0-1", "KeyMgmt: prot=mikey;uri=x;data=AAAA"), says: "rtsp camera at"},
		{name: "an endless session", behave: says("SETUP", "200 OK", "", tcp+"0-1", "Session: "+strings.Repeat("x", 2000)+";timeout=99999999999999999999"), says: "rtsp camera at"},
		{name: "a refusal with a long reason", behave: says("PLAY", "500 "+strings.Repeat("\x1b[31mno\a", 20), ""), says: "it answers 500"},
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) { a.run(t, good) })
	}
}

// TestHostileLogins has cameras that ask for a password in ways that do not
// end, or can not be understood.
func TestHostileLogins(t *testing.T) {
	good := with(t, publisher.Options{})
	challenge := func(head ...string) func(p *peer) { return says("DESCRIBE", "401 Unauthorized", "", head...) }
	const digest = `WWW-Authenticate: Digest realm="camera", nonce="1234"`
	attacks := []attack{
		{name: "again and again", behave: challenge(digest), says: "correct username and password"},
		{name: "a hundred ways", behave: challenge(strings.Split(strings.Repeat(digest+"\n", 99)+digest, "\n")...), says: "correct username and password"},
		{name: "a new one each time", behave: func() func(p *peer) {
			n := 0
			return instead("DESCRIBE", func(p *peer, r request) bool {
				n++
				return p.say(answer(r, "401 Unauthorized", "", fmt.Sprintf(`WWW-Authenticate: Digest realm="camera", nonce="%d", stale=true`, n)))
			})
		}(), says: "correct username and password"},
		{name: "no challenge", behave: challenge(), says: "a kind of login that is not known"},
		{name: "an unknown kind", behave: challenge("WWW-Authenticate: Negotiate YII="), says: "a kind of login that is not known"},
		{name: "an unknown sum", behave: challenge(digest + `, algorithm="ROT13"`), says: "a kind of login that is not known"},
		{name: "a challenge cut short", behave: challenge(`WWW-Authenticate: Digest realm="camera`), says: "a kind of login that is not known"},
		{name: "noise", behave: challenge("WWW-Authenticate: Digest \x00\xff=\",,,=\"\"\x17"), says: "a kind of login that is not known"},
		{name: "a long one", behave: challenge(`WWW-Authenticate: Digest realm="` + strings.Repeat("a", 900) + `", nonce="` + strings.Repeat("b", 900) + `", qop="auth"`), says: "correct username and password"},
	}
	for _, a := range attacks {
		a.settings, a.needs = rtsp.Settings{Username: "admin", Password: password}, true
		t.Run(a.name, func(t *testing.T) { a.run(t, good) })
	}
}

// TestHostileRedirects has cameras that send their viewers elsewhere. Nobody
// goes: the address in the settings is the only one.
func TestHostileRedirects(t *testing.T) {
	good := with(t, publisher.Options{})
	trap := listenHostile(t, func(p *peer) { p.wait() })
	_, port, _ := net.SplitHostPort(trap.listener.Addr().String())
	to := func(where string) func(p *peer) {
		return instead("DESCRIBE", func(p *peer, r request) bool {
			self := strings.Split(strings.TrimPrefix(r.url, "rtsp://"), "/")[0]
			return p.say(answer(r, "302 Found", "", "Location: "+strings.ReplaceAll(where, "SELF", self)))
		})
	}
	const elsewhere = "another address, which is not in the settings"
	attacks := []attack{
		{name: "another port", behave: to(trap.url()), says: elsewhere, needs: true},
		{name: "another name of the same host", behave: to("rtsp://localhost:" + port + "/line"), says: elsewhere, needs: true},
		{name: "a name that is to be looked up", behave: to("rtsp://camera.invalid/line"), says: elsewhere, needs: true},
		{name: "encrypted, elsewhere", behave: to("rtsps://127.0.0.1:" + port + "/line"), says: elsewhere, needs: true},
		{name: "encrypted, here", behave: to("rtsps://SELF/line"), says: elsewhere, needs: true},
		{name: "no address", behave: to("rtsp:///line"), says: elsewhere, needs: true},
		{name: "a file", behave: to("file:///etc/passwd"), says: "unsupported scheme"},
		{name: "the web", behave: to("http://127.0.0.1:" + port + "/"), says: "unsupported scheme"},
		{name: "noise", behave: to("\x00%zz"), says: "rtsp camera at"},
		{name: "round in circles", behave: to("rtsp://SELF/line"), says: "in circles"},
		{name: "nowhere", behave: says("DESCRIBE", "302 Found", ""), says: "it answers 302"},
	}
	for _, a := range attacks {
		a.settings = rtsp.Settings{Username: "admin", Password: password}
		t.Run(a.name, func(t *testing.T) { a.run(t, good) })
	}
	if n := trap.connections(); n != 0 {
		t.Errorf("%d connections were made to addresses that are not in the settings", n)
	}
}

// A camera that should speak encrypted and says nothing does not hold its
// viewer for ever.
func TestHostileEncryption(t *testing.T) {
	before := settled(0)
	for _, c := range []struct {
		name   string
		behave func(p *peer)
		says   string
	}{
		{"silent", func(p *peer) { p.wait() }, "can not be encrypted"},
		{"noise", func(p *peer) { p.endlessly("\x16\x03\x01\xff\xff\xff") }, "can not be encrypted"},
		{"hangs up", func(p *peer) {}, "rtsp camera at"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := listenHostile(t, c.behave)
			d := driver(t, rtsp.Settings{URL: strings.Replace(h.url(), "rtsp:", "rtsps:", 1), Timeout: 300 * time.Millisecond})
			ended := make(chan error, 1)
			go func() { ended <- cameratest.Open(t.Context(), d, &cameratest.Recorder{Camera: "top"}) }()
			select {
			case err := <-ended:
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v, want %q", err, c.says)
				}
			case <-time.After(soon):
				t.Fatal("the driver is still waiting")
			}
		})
	}
	if left := settled(before); left > before {
		t.Errorf("%d goroutines are left over", left-before)
	}
}

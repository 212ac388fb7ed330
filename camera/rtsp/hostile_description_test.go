package rtsp_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"linesman/camera/cameratest"
	"linesman/camera/rtsp"
	publisher "linesman/sim/rtsp"
)

// TestHostileDescriptions has cameras whose descriptions are too large, or
// promise too much.
func TestHostileDescriptions(t *testing.T) {
	good := with(t, publisher.Options{})
	described := func(sdp string) func(p *peer) { return bad{sdp: sdp, stream: func(p *peer) { p.wait() }}.serve }
	// leaning has a key picture, and no sets but those of the description.
	leaning := func(sdp string, slice ...byte) func(p *peer) {
		return bad{sdp: sdp, stream: func(p *peer) {
			s := &packets{p: p}
			s.unit(append(slice, make([]byte, 500)...))
			s.flush()
			p.wait()
		}}.serve
	}
	head := "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=camera\r\nt=0 0\r\n"
	b64 := base64.StdEncoding.EncodeToString
	sets := strings.Replace(goodSDP, "packetization-mode=1", "packetization-mode=1;sprop-parameter-sets="+b64(rtsp.SPS264(4096, 4096, 1))+","+b64([]byte{0x68, 0xce, 0x38, 0x80}), 1)
	sets265 := strings.Replace(goodSDP265, "a=control", "a=fmtp:96 sprop-sps="+b64(rtsp.SPS265(65535, 65535, 1))+"\r\na=control", 1)
	many := head
	for i := range 2500 {
		many += fmt.Sprintf("m=video 0 RTP/AVP %d\r\n", i%35)
	}
	formats := strings.Replace(goodSDP, "RTP/AVP 96", "RTP/AVP"+strings.Repeat(" 96", 10000), 1)
	attacks := []attack{
		{name: "thousands of medias", behave: described(many), says: "rtsp camera at"},
		{name: "thousands of medias of one kind", behave: described(head + strings.Repeat("m=audio 0 RTP/AVP 0\r\n", 5000)), says: "but G711;", needs: true},
		{name: "thousands of streams", behave: described(goodSDP + strings.Repeat(goodSDP[strings.Index(goodSDP, "m="):], 800)), says: "sends no picture"},
		{name: "one format thousands of times", behave: described(formats), says: "rtsp camera at"},
		{name: "a line without end", behave: described(head + "a=" + strings.Repeat("x", 120_000)), says: "rtsp camera at"},
		{name: "more than is read", behave: described(goodSDP + strings.Repeat("a=x\r\n", 30_000)), says: "Content-Length exceeds"},
		{name: "an absurd size", behave: leaning(sets, 0x65, 0x88), says: "65536 x 65536 pixels"},
		{name: "an absurd size of H.265", behave: leaning(sets265, 0x26, 0x01, 0xaf), says: "65535 x 65535 pixels"},
		{name: "parameter sets of noise", behave: described(strings.Replace(sets, "sprop-parameter-sets=", "sprop-parameter-sets=!!", 1)), says: "rtsp camera at"},
		{name: "nothing", behave: described(" "), says: "its description of the stream can not be read"},
		{name: "a control elsewhere", behave: described(strings.Replace(goodSDP, "control:track1", "control:rtsp://10.255.255.1:9/x", 1)), says: "sends no picture"},
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) { a.run(t, good) })
	}
}

// TestMutatedDescriptions asks for descriptions that chance has changed: the
// driver returns an error, and nothing is left behind.
func TestMutatedDescriptions(t *testing.T) {
	r := chance(t)
	var current atomic.Value // what is described now
	heap := watchHeap()
	before := settled(0)
	h := listenHostile(t, func(p *peer) { bad{sdp: current.Load().(string), stream: func(*peer) {}}.serve(p) })
	d := driver(t, rtsp.Settings{URL: h.url(), Timeout: 300 * time.Millisecond})
	kinds := map[string]int{}
	for n := range 250 {
		sdp := mutate(r, []string{goodSDP, goodSDP265}[n%2])
		current.Store(sdp)
		began := time.Now()
		err := cameratest.Open(t.Context(), d, &cameratest.Recorder{Camera: "top"})
		if err == nil || strings.HasPrefix(err.Error(), "PANIC") || len(err.Error()) > 500 || time.Since(began) > soon {
			t.Fatalf("mutation %d took %v and gave %v:\n%q", n, time.Since(began), err, sdp)
		}
		words := strings.Fields(err.Error())
		kinds[strings.Join(words[4:min(16, len(words))], " ")]++
	}
	h.close()
	if left := settled(before); left > before {
		t.Errorf("%d goroutines are left over\n%s", left-before, stacks())
	}
	if grown := heap(); grown > heapLimit {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
	t.Logf("%d kinds of errors", len(kinds))
	if len(kinds) < 20 {
		t.Errorf("only these kinds of errors: %v", kinds)
	}
}

// mutate changes a text by chance in one or two places.
func mutate(r *rand.Rand, text string) string {
	b := []byte(text)
	for range 1 + r.IntN(2) {
		i := r.IntN(len(b))
		j := min(len(b), i+1+r.IntN(30))
		switch r.IntN(6) {
		case 0: // another byte
			b[i] = byte(r.Uint32())
		case 1: // a piece is lost
			b = append(b[:i], b[j:]...)
		case 2: // a piece comes many times
			b = append(b[:j], append([]byte(strings.Repeat(string(b[i:j]), r.IntN(200))), b[j:]...)...)
		case 3: // it ends here
			b = b[:i+1]
		case 4: // a number without end
			b = append(b[:i], append([]byte("99999999999999999999"), b[i:]...)...)
		case 5: // lines change places
			lines := strings.SplitAfter(string(b), "\n")
			r.Shuffle(len(lines), func(x, y int) { lines[x], lines[y] = lines[y], lines[x] })
			b = []byte(strings.Join(lines, ""))
		}
		if len(b) == 0 {
			return " "
		}
	}
	return string(b)
}

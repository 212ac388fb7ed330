package rtsp_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"linesman/camera"
	"linesman/camera/cameratest"
	"linesman/camera/rtsp"
	publisher "linesman/sim/rtsp"
)

const password = "s3cret-pa55"

func driver(t *testing.T, s rtsp.Settings) camera.Driver {
	t.Helper()
	if s.Timeout == 0 {
		s.Timeout = 2 * time.Second
	}
	d, err := rtsp.New("top", s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// listen opens a stream that ends with the test.
func listen(t *testing.T, o publisher.Options) *publisher.Publisher {
	t.Helper()
	o.Address = "127.0.0.1:0"
	p, err := publisher.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// roll publishes pictures of a moving bar, a hundred a second, until the test
// ends or the returned function is called. Picture n is 64 x 48 unless size
// says otherwise; a size of 0 publishes nothing.
func roll(t *testing.T, p *publisher.Publisher, size func(n int) (int, int)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			width, height := 64, 48
			if size != nil {
				width, height = size(n)
			}
			if width > 0 {
				_ = p.Publish(bar(width, height, n), width, height, time.Now())
			}
		}
	})
	stop = sync.OnceFunc(func() { cancel(); done.Wait() })
	t.Cleanup(stop)
	return stop
}

// bar paints a white bar that stands further right in each picture.
func bar(width, height, n int) []byte {
	pix := make([]byte, width*height*3)
	at := n * 4 % (width - 8)
	for y := range height {
		for x := at; x < at+8; x++ {
			i := (y*width + x) * 3
			pix[i], pix[i+1], pix[i+2] = 255, 255, 255
		}
	}
	return pix
}

func with(t *testing.T, o publisher.Options) *publisher.Publisher {
	p := listen(t, o)
	roll(t, p, nil)
	return p
}

// talks accepts connections and says the same to each.
func talks(t *testing.T, say string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer conn.Close()
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = conn.Write([]byte(say))
				_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
				_, _ = conn.Read(make([]byte, 4096))
			})
		}
	})
	t.Cleanup(func() { l.Close(); conns.Wait() })
	return "rtsp://" + l.Addr().String() + "/stream"
}

func TestConformance(t *testing.T) {
	locked := publisher.Options{Name: "line", Username: "admin", Password: password}
	host := func(url string) string { return strings.Split(strings.TrimPrefix(url, "rtsp://"), "/")[0] }
	open := func(url func(t *testing.T) string, s rtsp.Settings) func(t *testing.T) camera.Driver {
		return func(t *testing.T) camera.Driver { s.URL = url(t); return driver(t, s) }
	}
	absent := func(t *testing.T) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		return "rtsp://admin:" + password + "@" + l.Addr().String() + "/" + password
	}
	lockedURL := func(t *testing.T) string { return with(t, locked).URL() }
	in := func(mangle func(*rtp.Packet) bool) func(t *testing.T) string {
		return func(t *testing.T) string { return with(t, publisher.Options{Mangle: mangle}).URL() }
	}
	cameratest.Run(t, cameratest.Rig{
		Camera: "top", Frames: 20, Secrets: []string{password},
		Healthy: func(t *testing.T) camera.Driver {
			return driver(t, rtsp.Settings{URL: with(t, locked).URL(), Username: "admin", Password: password})
		},
		Broken: map[string]cameratest.Broken{
			"nobody there":     {Open: open(absent, rtsp.Settings{}), Says: []string{"can not be reached", "check its address"}},
			"wrong password":   {Open: open(lockedURL, rtsp.Settings{Username: "admin", Password: password + "x"}), Says: []string{"127.0.0.1:", "correct username and password"}, Permanent: true},
			"no password":      {Open: open(lockedURL, rtsp.Settings{}), Says: []string{"correct username and password"}, Permanent: true},
			"no such stream":   {Open: open(func(t *testing.T) string { return "rtsp://" + host(with(t, publisher.Options{}).URL()) + "/other" }, rtsp.Settings{}), Says: []string{"no such stream"}, Permanent: true},
			"another protocol": {Open: open(func(t *testing.T) string { return talks(t, "220 mail.example ESMTP\r\n") }, rtsp.Settings{}), Says: []string{"rtsp camera at 127.0.0.1"}},
			"garbage":          {Open: open(func(t *testing.T) string { return talks(t, strings.Repeat("\x00\xff$\x01", 2000)) }, rtsp.Settings{}), Says: []string{"rtsp camera at 127.0.0.1"}},
			"silent from the start": {Open: open(func(t *testing.T) string { return listen(t, publisher.Options{}).URL() }, rtsp.Settings{}),
				Says: []string{"rtsp camera at"}},
			"every packet garbage": {Open: open(in(func(p *rtp.Packet) bool {
				for i := 1; i < len(p.Payload); i++ {
					p.Payload[i] = byte(i*i + 13)
				}
				return true
			}), rtsp.Settings{}), Says: []string{"rtsp camera at"}},
			"key pictures never arrive": {Open: open(in(func(p *rtp.Packet) bool {
				kind := p.Payload[0] & 0x1f
				return kind == 1 // slices of pictures that lean on others, alone
			}), rtsp.Settings{}), Says: []string{"no key picture", "I-frame interval"}},
			"neither H.264 nor H.265": {Open: open(func(t *testing.T) string {
				sdp := "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\nm=audio 0 RTP/AVP 0\r\n"
				return talks(t, "RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE, SETUP, PLAY\r\n\r\n"+
					fmt.Sprintf("RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Base: rtsp://x/\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(sdp), sdp))
			}, rtsp.Settings{}), Says: []string{"no H.264 nor H.265 but G711, M-JPEG", "set the camera's stream to H.264"}, Permanent: true},
		}})
}

// shot is what a frame said.
type shot struct {
	At            time.Time
	Width, Height int
	Damaged       bool
	Stream, Key   bool
	Dropped       uint64
}

// watcher keeps what came.
type watcher struct {
	mu      sync.Mutex
	frames  []shot
	packets []camera.Packet
	pix     [][]byte
	changed chan struct{}
}

func newWatcher() *watcher { return &watcher{changed: make(chan struct{}, 1)} }

func (w *watcher) Frame(f *camera.Frame) {
	w.mu.Lock()
	w.frames = append(w.frames, shot{f.At, f.Width, f.Height, f.Damaged, f.Stream, f.Key, f.Dropped})
	w.pix = append(w.pix, append([]byte(nil), f.Pix...))
	w.mu.Unlock()
	f.Release()
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

func (w *watcher) Packet(p *camera.Packet) {
	w.mu.Lock()
	w.packets = append(w.packets, *p)
	w.mu.Unlock()
}

// until runs the driver until enough says so.
func (w *watcher) until(t *testing.T, d camera.Driver, enough func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx, w) }()
	for {
		w.mu.Lock()
		ok := enough()
		w.mu.Unlock()
		if ok {
			cancel()
			<-ended
			return
		}
		select {
		case err := <-ended:
			t.Fatalf("Run returned %v after %d frames", err, len(w.frames))
		case <-w.changed:
		}
	}
}

func TestLossIsDamageUntilTheNextKeyPicture(t *testing.T) {
	var mu sync.Mutex
	sent, lose, asked := 0, false, 0
	p := with(t, publisher.Options{KeyEvery: 20, Mangle: func(p *rtp.Packet) bool {
		mu.Lock()
		defer mu.Unlock()
		sent++
		if lose && p.Payload[0]&0x1f == 1 { // a whole picture, no key one
			lose = false
			return false
		}
		return true
	}})
	w := newWatcher()
	w.until(t, driver(t, rtsp.Settings{URL: p.URL()}), func() bool {
		if n := len(w.frames); n >= 30 && asked == 0 {
			mu.Lock()
			lose, asked = true, n
			mu.Unlock()
		}
		return asked > 0 && len(w.frames) >= asked+50
	})
	first, last, damaged := 0, 0, 0
	for i, f := range w.frames {
		if f.Damaged {
			if first == 0 {
				first = i
			}
			last = i
			damaged++
		}
	}
	if damaged == 0 || damaged > 21 || last-first != damaged-1 || first < 29 {
		t.Errorf("%d damaged frames from %d to %d of %d, want those from the loss at about 30 to the next key picture", damaged, first, last, len(w.frames))
	}
	if first > 0 && w.frames[first].Dropped == 0 {
		t.Error("the first frame after the loss does not say that anything was lost")
	}
}

func TestExposureTimeComesFromSenderReports(t *testing.T) {
	p := listen(t, publisher.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	const late = 300 * time.Millisecond // as after a slow network
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ctx.Err() == nil; n++ {
			<-tick.C
			_ = p.Publish(bar(64, 48, n), 64, 48, time.Now().Add(-late))
		}
	})
	defer func() { cancel(); done.Wait() }()
	w := newWatcher()
	var arrived time.Time
	w.until(t, driver(t, rtsp.Settings{URL: p.URL()}), func() bool { arrived = time.Now(); return len(w.frames) >= 10 })
	last := w.frames[len(w.frames)-1].At
	if age := arrived.Sub(last); age < late || age > late+200*time.Millisecond {
		t.Errorf("the picture exposed %v ago is said to be %v old", late, age)
	}
	if !strings.Contains(last.String(), "m=") {
		t.Errorf("%v has no monotonic reading", last)
	}
}

func TestPicturesAndPacketsAreWhatWasPublished(t *testing.T) {
	p := with(t, publisher.Options{})
	w := newWatcher()
	w.until(t, driver(t, rtsp.Settings{URL: p.URL()}), func() bool { return len(w.frames) >= 30 })
	if f := w.frames[0]; f.Width != 64 || f.Height != 48 || f.Damaged {
		t.Errorf("the first frame is %d x %d, damaged %v", f.Width, f.Height, f.Damaged)
	}
	positions := map[int]bool{}
	for _, pix := range w.pix {
		for x := range 64 {
			if pix[(24*64+x)*3] > 128 {
				positions[x] = true
				break
			}
		}
	}
	if len(positions) < 5 {
		t.Errorf("the bar stood at %d places in 30 pictures; it moves", len(positions))
	}
	if k := w.packets[0]; !k.Key || len(k.Data) < 5 || k.Data[4]&0x1f != 7 || k.PTS != 0 {
		t.Errorf("the first packet is key %v, begins %x, at %v; want a key picture behind its parameter set at 0", k.Key, k.Data[:5], k.PTS)
	}
	for i := 1; i < len(w.packets); i++ {
		if w.packets[i].PTS <= w.packets[i-1].PTS {
			t.Fatalf("packet %d at %v after one at %v", i, w.packets[i].PTS, w.packets[i-1].PTS)
		}
	}
}

// Frames come from the small stream and packets from the large one.
func TestSubStream(t *testing.T) {
	large := with(t, publisher.Options{})
	small := listen(t, publisher.Options{})
	roll(t, small, func(int) (int, int) { return 32, 32 })
	w := newWatcher()
	w.until(t, driver(t, rtsp.Settings{URL: large.URL(), Sub: small.URL()}), func() bool { return len(w.frames) >= 10 && len(w.packets) >= 10 })
	for i, f := range w.frames {
		if f.Width != 32 || f.Height != 32 {
			t.Fatalf("frame %d is %d x %d, want the small stream's 32 x 32", i, f.Width, f.Height)
		}
	}
	if k := w.packets[0]; !k.Key {
		t.Errorf("the first packet is no key picture: %+v", k)
	}
}

// A camera whose small stream is not there is down, and says which stream.
func TestSubStreamThatIsNotThere(t *testing.T) {
	large := with(t, publisher.Options{})
	d := driver(t, rtsp.Settings{URL: large.URL(), Sub: large.URL() + "-small"})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := d.Run(ctx, newWatcher()); err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "no such stream") {
		t.Errorf("got %v, want that there is no such stream", err)
	}
}

// Of a hundred pictures a second ten are delivered, the packets are all there,
// and what is left out is no loss.
func TestFewerFramesThanPackets(t *testing.T) {
	p := with(t, publisher.Options{})
	w := newWatcher()
	w.until(t, driver(t, rtsp.Settings{URL: p.URL(), FPS: 10}), func() bool { return len(w.frames) >= 8 })
	if len(w.packets) < 3*len(w.frames) {
		t.Errorf("%d packets beside %d frames, want all of them", len(w.packets), len(w.frames))
	}
	for i, f := range w.frames[1:] {
		if f.Dropped != 0 {
			t.Errorf("frame %d says that %d were lost", i+1, f.Dropped)
		}
		// Exposures step back once, where the camera's clock becomes known.
		// A key picture may come sooner, in the place of the one that would be due next.
		if apart := f.At.Sub(w.frames[i].At); !f.Key && apart < 80*time.Millisecond && apart >= 0 {
			t.Errorf("frame %d comes %v after the one before, want at least 87 ms", i+1, apart)
		}
		if !f.Stream {
			t.Errorf("frame %d says nothing of key pictures", i+1)
		}
	}
	if !w.frames[0].Key {
		t.Error("the first frame is no key picture")
	}
}

// A key picture that takes several packets has a time like any other: the
// stream's clock goes on as the exposures do.
func TestTimesOfLargePictures(t *testing.T) {
	const seed = 3
	p := listen(t, publisher.Options{})
	rng := rand.New(rand.NewPCG(seed, seed))
	pix := make([]byte, 320*240*3)
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	t.Cleanup(func() { cancel(); done.Wait() })
	done.Go(func() {
		tick := time.NewTicker(40 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			for i := range pix {
				pix[i] = byte(rng.UintN(256))
			}
			_ = p.Publish(pix, 320, 240, time.Now())
		}
	})
	w := newWatcher()
	w.until(t, driver(t, rtsp.Settings{URL: p.URL()}), func() bool { return len(w.packets) >= 20 })
	if n := len(w.packets[0].Data); n < 3000 {
		t.Fatalf("the key picture has %d bytes: it fits into one packet, and nothing is tried", n)
	}
	for i, k := range w.packets[1:20] {
		stream, exposed := k.PTS-w.packets[i].PTS, k.At.Sub(w.packets[i].At)
		if i > 2 && (stream <= 0 || (stream-exposed).Abs() > 5*time.Millisecond) {
			t.Errorf("seed %d: packet %d comes %v after the one before by the stream's clock, %v by its exposure", seed, i+1, stream, exposed)
		}
	}
}

func TestPictureThatChangesItsSize(t *testing.T) {
	p := listen(t, publisher.Options{})
	w := newWatcher()
	seen := 0
	var mu sync.Mutex
	roll(t, p, func(int) (int, int) {
		mu.Lock()
		defer mu.Unlock()
		if seen > 10 {
			return 128, 96
		}
		return 64, 48
	})
	w.until(t, driver(t, rtsp.Settings{URL: p.URL()}), func() bool {
		mu.Lock()
		defer mu.Unlock()
		seen = len(w.frames)
		return seen > 0 && w.frames[seen-1].Width == 128
	})
	if last := w.frames[len(w.frames)-1]; last.Height != 96 || last.Damaged || len(w.pix[len(w.pix)-1]) != 128*96*3 {
		t.Errorf("the new picture is %d x %d, damaged %v", last.Width, last.Height, last.Damaged)
	}
}

func TestStreamThatStops(t *testing.T) {
	p := listen(t, publisher.Options{})
	stop := roll(t, p, nil)
	d := driver(t, rtsp.Settings{URL: p.URL(), Timeout: time.Second})
	w := newWatcher()
	go func() {
		<-w.changed
		stop()
	}()
	began := time.Now()
	err := d.Run(t.Context(), w)
	if err == nil || errors.Is(err, camera.ErrPermanent) || !strings.Contains(err.Error(), "rtsp camera at") {
		t.Errorf("Run returned %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v to notice, with a timeout of 1 s", took)
	}
}

func TestServerThatGoesAway(t *testing.T) {
	p := listen(t, publisher.Options{})
	roll(t, p, nil)
	w := newWatcher()
	go func() {
		<-w.changed
		p.Close()
	}()
	err := driver(t, rtsp.Settings{URL: p.URL()}).Run(t.Context(), w)
	if err == nil || errors.Is(err, camera.ErrPermanent) {
		t.Errorf("Run returned %v", err)
	}
}

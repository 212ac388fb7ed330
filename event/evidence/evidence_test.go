package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"linesman/event"
)

// told collects what the store tells.
type told struct {
	mu   sync.Mutex
	all  []event.EvidenceDropped
	hold chan struct{} // blocks the writer within Dropped until closed; nil does not
}

func (t *told) dropped(e event.EvidenceDropped) {
	t.mu.Lock()
	t.all = append(t.all, e)
	t.mu.Unlock()
	if t.hold != nil && e.Why != "queue full" {
		<-t.hold
	}
}

func (t *told) why(why string) (out []event.EvidenceDropped) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.all {
		if e.Why == why {
			out = append(out, e)
		}
	}
	return out
}

func open(t testing.TB, set Settings) *Store {
	t.Helper()
	set.MinFree = -1
	set.Logger = slog.New(slog.DiscardHandler)
	s, err := Open(set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func picture(t testing.TB, seed uint64, size int) (rgb, file []byte) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	rgb = make([]byte, 3*size*size)
	for i := range rgb { // an evenly lit part with 2 % noise
		rgb[i] = byte(150 + random.NormFloat64()*5)
	}
	file, err := PNG(size, size, rgb)
	if err != nil {
		t.Fatal(err)
	}
	return rgb, file
}

func TestKeepAndGet(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Settings{Dir: dir})
	rgb, file := picture(t, 1, 96)
	sha := s.Keep(Reject, file)
	if want := fmt.Sprintf("%x", sha256.Sum256(file)); sha != want {
		t.Fatalf("Keep returned %q, want %q", sha, want)
	}
	want := bytes.Clone(file)
	clear(file) // the caller's buffer is its own again
	for _, when := range []string{"queued or written", "written"} {
		got, err := s.Get(sha)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s: Get returned %d bytes, %v", when, len(got), err)
		}
		s.Close()
	}
	if _, err := os.Stat(filepath.Join(dir, "reject", sha[:2], sha[2:]+".png")); err != nil {
		t.Error(err)
	}
	r, err := s.Open(context.Background(), sha)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if w, h, back, err := Pixels(got); err != nil || w != 96 || h != 96 || !bytes.Equal(back, rgb) {
		t.Errorf("the pixels came back as %d x %d, %v, the same: %v", w, h, err, bytes.Equal(back, rgb))
	}
}

func TestGetRefuses(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Settings{Dir: dir})
	sha := s.Keep(Pass, []byte("\xff\xd8\xff what a JPEG begins with"))
	s.Close()
	path := filepath.Join(dir, "pass", sha[:2], sha[2:]+".jpg")
	if err := os.WriteFile(path, []byte("\xff\xd8\xff another picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(sha); !errors.Is(err, ErrAltered) {
		t.Errorf("an altered file: %v, want ErrAltered", err)
	}
	for _, sha := range []string{"", "../../etc/passwd", fmt.Sprintf("%064X", 171), fmt.Sprintf("%064x", 1)} {
		if _, err := s.Get(sha); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Get(%q): %v, want fs.ErrNotExist", sha, err)
		}
	}
}

func TestQueueFull(t *testing.T) {
	tell := &told{hold: make(chan struct{})}
	dir := t.TempDir()
	for i := range 2 { // one too many from the start: the writer stands in Dropped
		path := filepath.Join(dir, "pass", "00")
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, fmt.Sprintf("%062d.bin", i)), make([]byte, 100), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, Settings{Dir: dir, MaxBytes: 100, Queue: 4, Dropped: tell.dropped})
	var kept, dropped int
	for i := range 10 {
		if s.Keep(Reject, []byte{byte(i)}) == "" {
			dropped++
		} else {
			kept++
		}
	}
	if got := tell.why("queue full"); kept != 4 || dropped != 6 || len(got) != 6 || got[0].Class != "reject" || got[0].Bytes != 1 {
		t.Errorf("kept %d, dropped %d, told %+v; want 4, 6 and 6 events", kept, dropped, got)
	}
	close(tell.hold)
	s.Close()
	if sha := s.Keep(Reject, []byte("late")); sha != "" {
		t.Errorf("a closed store kept %s", sha)
	}
}

func TestMakesRoom(t *testing.T) {
	tell := &told{}
	dir := t.TempDir()
	set := Settings{Dir: dir, MaxBytes: 10_000, Queue: 1000, Dropped: tell.dropped}
	s := open(t, set)
	shas := map[Class][]string{}
	fill := func(class Class, n int) {
		for range n {
			data := make([]byte, 1000)
			copy(data, fmt.Sprint(class, len(shas[class])))
			shas[class] = append(shas[class], s.Keep(class, data))
		}
	}
	fill(Reject, 3)
	fill(Pass, 4)
	fill(Inconclusive, 3)
	fill(Reject, 2) // two passes go, and one more for slack
	s.Close()
	there := func(class Class) (n int) {
		for _, sha := range shas[class] {
			if _, err := s.Get(sha); err == nil {
				n++
			}
		}
		return n
	}
	if p, i, r := there(Pass), there(Inconclusive), there(Reject); p != 1 && p != 2 || i != 3 || r != 5 {
		t.Errorf("left: %d passes, %d inconclusive, %d rejects; want 1 or 2, 3, 5", p, i, r)
	}
	if _, err := s.Get(shas[Pass][0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the oldest pass is still there: %v", err)
	}
	if _, err := s.Get(shas[Pass][3]); err != nil {
		t.Errorf("the newest pass is gone: %v", err)
	}
	var gone uint64
	for _, e := range tell.why("size cap") {
		if e.Class != "pass" || int(e.Count) != len(e.Hashes) || e.Bytes != 1000*e.Count || e.From.IsZero() || e.To.Before(e.From) {
			t.Errorf("told %+v", e)
		}
		gone += e.Count
	}
	if want := uint64(4 - there(Pass)); gone != want {
		t.Errorf("told of %d, %d went", gone, want)
	}

	s = open(t, set) // counts what is there, after a restart
	fill(Reject, 9)
	s.Close()
	if p, i := there(Pass), there(Inconclusive); p != 0 || i != 0 {
		t.Errorf("after the restart %d passes and %d inconclusive are left, want none", p, i)
	}
	if _, err := s.Get(shas[Reject][13]); err != nil {
		t.Errorf("the newest reject: %v", err)
	}
}

// The same bytes as pass and as reject are kept once, as long as the reject is.
func TestSameBytesTwice(t *testing.T) {
	dir := t.TempDir()
	for _, order := range [][]Class{{Pass, Reject}, {Reject, Pass}} {
		data := []byte(fmt.Sprint("the same", order))
		var sha string
		for _, class := range order {
			s := open(t, Settings{Dir: dir})
			sha = s.Keep(class, data)
			s.Close()
		}
		if _, err := os.Stat(filepath.Join(dir, "reject", sha[:2], sha[2:]+".bin")); err != nil {
			t.Errorf("%v: %v", order, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "pass", sha[:2], sha[2:]+".bin")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v: kept as a pass as well: %v", order, err)
		}
	}
}

func TestWriteFails(t *testing.T) {
	tell := &told{}
	dir := t.TempDir()
	s := open(t, Settings{Dir: dir, Dropped: tell.dropped})
	data := []byte("nowhere to put it")
	sum := fmt.Sprintf("%x", sha256.Sum256(data))
	if err := os.WriteFile(filepath.Join(dir, "reject", sum[:2]), nil, 0o600); err != nil { // a file where a folder belongs
		t.Fatal(err)
	}
	s.Keep(Reject, data)
	s.Close()
	got := tell.why("write failed")
	if len(got) != 1 || got[0].Hashes[0] != sum || got[0].Error == "" {
		t.Errorf("told %+v, want one failed write of %s", got, sum)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, tempPattern)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDiskPressure(t *testing.T) {
	tell := &told{}
	s, err := Open(Settings{Dir: t.TempDir(), MinFree: 1 << 60, Dropped: tell.dropped})
	if err != nil {
		t.Fatal(err)
	}
	sha := s.Keep(Pass, []byte("one"))
	s.Close()
	got := tell.why("disk pressure")
	if len(got) != 1 || got[0].Count != 1 || got[0].Hashes[0] != sha || time.Since(got[0].From) > time.Minute {
		t.Errorf("told %+v, want the one picture", got)
	}
}

// Grey pixels come back as they were, and only what is a picture is kept.
func TestKeepPixels(t *testing.T) {
	s, err := Open(Settings{Dir: t.TempDir(), MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	grey := []byte{0, 128, 255, 7, 9, 200}
	sha := s.KeepPixels(Reject, 3, 2, 1, grey)
	data, err := s.Get(sha)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := img.(*image.Gray); !ok || got.Rect.Dx() != 3 || !bytes.Equal(got.Pix, grey) {
		t.Errorf("came back as %v, want grey %v", img, grey)
	}
	for name, c := range map[string]struct{ w, h, channels, n int }{
		"short": {3, 2, 1, 5}, "long": {3, 2, 3, 19}, "no rows": {3, 0, 1, 0}, "four channels": {1, 1, 4, 4},
	} {
		if sha := s.KeepPixels(Reject, c.w, c.h, c.channels, make([]byte, c.n)); sha != "" {
			t.Errorf("%s: kept as %s", name, sha)
		}
	}
}

func TestPNGRefuses(t *testing.T) {
	if _, err := PNG(2, 2, make([]byte, 11)); err == nil {
		t.Error("11 bytes passed for 2 x 2 pixels")
	}
	if _, _, _, err := Pixels([]byte("no PNG")); err == nil {
		t.Error("text passed for a PNG")
	}
}

func BenchmarkPNG(b *testing.B) {
	for _, size := range []int{96, 300} {
		rgb, _ := picture(b, 1, size)
		img := image.NewNRGBA(image.Rect(0, 0, size, size))
		for i, j := 0, 0; i < len(rgb); i, j = i+3, j+4 {
			img.Pix[j], img.Pix[j+1], img.Pix[j+2], img.Pix[j+3] = rgb[i], rgb[i+1], rgb[i+2], 255
		}
		for name, encode := range map[string]func() int{
			"ours": func() int { file, _ := PNG(size, size, rgb); return len(file) },
			"image-png-fastest": func() int {
				var out bytes.Buffer
				_ = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img)
				return out.Len()
			},
		} {
			b.Run(fmt.Sprintf("%s/%dpx", name, size), func(b *testing.B) {
				b.SetBytes(int64(len(rgb)))
				n := 0
				for b.Loop() {
					n = encode()
				}
				b.ReportMetric(float64(n)/float64(len(rgb)), "size/raw")
			})
		}
	}
}

// BenchmarkKeep measures what the caller spends, and how many a second are on
// disk.
func BenchmarkKeep(b *testing.B) {
	s := open(b, Settings{Dir: b.TempDir(), Queue: 1 << 20})
	_, file := picture(b, 1, 96)
	begun, n := time.Now(), 0
	for b.Loop() {
		n++
		file[len(file)-1], file[len(file)-2], file[len(file)-3] = byte(n), byte(n>>8), byte(n>>16)
		s.Keep(Reject, file)
	}
	s.Close()
	b.ReportMetric(float64(n)/time.Since(begun).Seconds(), "written/s")
}

// A PNG of any size gives its pixels back, by our reading and by image/png's.
func TestPNGExact(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 7}, {7, 1}, {33, 21}, {300, 200}} {
		rgb := make([]byte, 3*size[0]*size[1])
		random := rand.New(rand.NewPCG(uint64(size[0]), 2))
		for i := range rgb {
			rgb[i] = byte(random.Uint32())
		}
		file, err := PNG(size[0], size[1], rgb)
		if err != nil {
			t.Fatal(err)
		}
		if w, h, back, err := Pixels(file); err != nil || w != size[0] || h != size[1] || !bytes.Equal(back, rgb) {
			t.Errorf("%v: came back as %d x %d, %v", size, w, h, err)
		}
		img, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		r, g, b, a := img.At(size[0]-1, size[1]-1).RGBA()
		end := rgb[len(rgb)-3:]
		if byte(r>>8) != end[0] || byte(g>>8) != end[1] || byte(b>>8) != end[2] || a != 0xffff {
			t.Errorf("%v: the last pixel is %d %d %d %d, want %v", size, r>>8, g>>8, b>>8, a, end)
		}
	}
}

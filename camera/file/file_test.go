package file_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/cameratest"
	"linesman/camera/file"
)

func driver(t *testing.T, s file.Settings) camera.Driver {
	t.Helper()
	d, err := file.New("top", s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func fast(t *testing.T, path string) camera.Driver {
	asFast := false
	return driver(t, file.Settings{Path: path, Realtime: &asFast})
}

// folder writes five pictures, each of one grey level 10, 20... in its order.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for i := range 5 {
		img := image.NewRGBA(image.Rect(0, 0, 8, 6))
		for p := range img.Pix {
			img.Pix[p] = byte(10 * (i + 1))
			if p%4 == 3 {
				img.Pix[p] = 255
			}
		}
		var b bytes.Buffer
		name := fmt.Sprintf("%02d.png", i)
		if i%2 == 1 {
			name = fmt.Sprintf("%02d.JPG", i)
			must(t, jpeg.Encode(&b, img, nil))
		} else {
			must(t, png.Encode(&b, img))
		}
		must(t, os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644))
	}
	must(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("not a picture"), 0o644))
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put writes a file of the test's and returns its path.
func put(t *testing.T, name string, data []byte) string {
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, data, 0o644))
	return path
}

func TestConformance(t *testing.T) {
	whole, err := os.ReadFile("testdata/twelve.mp4")
	must(t, err)
	gif, err := os.ReadFile("testdata/eight.gif")
	must(t, err)
	broken := map[string]cameratest.Broken{}
	for name, b := range map[string]struct {
		path func(t *testing.T) string
		says []string
	}{
		"absent":                {func(t *testing.T) string { return filepath.Join(t.TempDir(), "absent.mp4") }, []string{"absent.mp4", "is not there"}},
		"empty video":           {func(t *testing.T) string { return put(t, "empty.mp4", nil) }, []string{"empty.mp4", "is empty", "copy it again"}},
		"garbage video":         {func(t *testing.T) string { return put(t, "noise.mp4", bytes.Repeat([]byte("noise"), 999)) }, []string{"noise.mp4", "copy it again"}},
		"video cut in its head": {func(t *testing.T) string { return put(t, "cut.mp4", whole[:400]) }, []string{"cut.mp4", "copy it again"}},
		"video cut in its middle": {func(t *testing.T) string { return put(t, "cut.mp4", whole[:len(whole)-100]) },
			[]string{"cut.mp4", "cut short", "of 12 pictures", "copy it again"}},
		"gif of nothing": {func(t *testing.T) string { return put(t, "cut.gif", gif[:20]) }, []string{"cut.gif", "copy it again"}},
		"empty folder":   {func(t *testing.T) string { return t.TempDir() }, []string{"holds no picture"}},
		"empty picture":  {func(t *testing.T) string { return put(t, "a.png", nil) }, []string{"a.png", "is empty"}},
		"garbage picture": {func(t *testing.T) string { return put(t, "a.png", []byte("noise")) },
			[]string{"a.png", "not a whole picture"}},
	} {
		broken[name] = cameratest.Broken{Permanent: true, Says: b.says,
			Open: func(t *testing.T) camera.Driver { return fast(t, b.path(t)) }}
	}
	t.Run("video", func(t *testing.T) {
		cameratest.Run(t, cameratest.Rig{Camera: "top", Frames: 12, Recording: true, Broken: broken,
			Healthy: func(t *testing.T) camera.Driver { return fast(t, "testdata/twelve.mp4") }})
	})
	t.Run("gif", func(t *testing.T) {
		cameratest.Run(t, cameratest.Rig{Camera: "top", Frames: 8, Recording: true,
			Healthy: func(t *testing.T) camera.Driver { return fast(t, "testdata/eight.gif") }})
	})
	t.Run("folder", func(t *testing.T) {
		cameratest.Run(t, cameratest.Rig{Camera: "top", Frames: 5, Recording: true,
			Healthy: func(t *testing.T) camera.Driver { return fast(t, folder(t)) }})
	})
	t.Run("looped", func(t *testing.T) {
		cameratest.Run(t, cameratest.Rig{Camera: "top", Frames: 40,
			Healthy: func(t *testing.T) camera.Driver {
				asFast := false
				return driver(t, file.Settings{Path: "testdata/twelve.mp4", Loop: true, Realtime: &asFast})
			}})
	})
}

// shown keeps what each frame was.
type shown struct {
	at    []time.Time
	pix   [][]byte
	sizes []image.Point
}

func (s *shown) Frame(f *camera.Frame) {
	s.at = append(s.at, f.At)
	s.pix = append(s.pix, bytes.Clone(f.Pix))
	s.sizes = append(s.sizes, image.Pt(f.Width, f.Height))
	f.Release()
}
func (s *shown) Packet(*camera.Packet) {}

func TestPicturesComeInOrderWithTheirPixels(t *testing.T) {
	var got shown
	if err := fast(t, folder(t)).Run(t.Context(), &got); err != io.EOF {
		t.Fatalf("Run returned %v", err)
	}
	for i, pix := range got.pix {
		want := byte(10 * (i + 1))
		if d := int(pix[0]) - int(want); got.sizes[i] != image.Pt(8, 6) || d < -2 || d > 2 {
			t.Errorf("picture %d: %v pixels, first level %d, want 8 x 6 and %d", i, got.sizes[i], pix[0], want)
		}
		if wantAt := got.at[0].Add(time.Duration(i) * 100 * time.Millisecond); !got.at[i].Equal(wantAt) {
			t.Errorf("picture %d at %v, want %v", i, got.at[i], wantAt)
		}
	}
}

func TestVideoAndGIFKeepTheirPace(t *testing.T) {
	for path, step := range map[string]time.Duration{"testdata/twelve.mp4": 40 * time.Millisecond, "testdata/eight.gif": 100 * time.Millisecond} {
		var got shown
		if err := fast(t, path).Run(t.Context(), &got); err != io.EOF {
			t.Fatalf("%s: Run returned %v", path, err)
		}
		for i := range got.at {
			if d := got.at[i].Sub(got.at[0]) - time.Duration(i)*step; d.Abs() > time.Millisecond {
				t.Errorf("%s: picture %d is %v off its time", path, i, d)
			}
		}
		// The test picture shows red, green, yellow... bars: colours must live.
		var colourful bool
		for i := 0; i+2 < len(got.pix[0]); i += 3 {
			p := got.pix[0][i : i+3]
			colourful = colourful || p[0] > 180 && p[1] < 80 && p[2] < 80
		}
		if !colourful {
			t.Errorf("%s: no red anywhere in the first picture", path)
		}
	}
}

func TestRealtimeWaitsForTheClock(t *testing.T) {
	began := time.Now()
	var got shown
	if err := driver(t, file.Settings{Path: "testdata/twelve.mp4"}).Run(t.Context(), &got); err != io.EOF {
		t.Fatalf("Run returned %v", err)
	}
	if took := time.Since(began); took < 440*time.Millisecond {
		t.Errorf("twelve pictures at 25 a second took %v, want 440 ms at least", took)
	}
}

func TestStopsInTheMiddleOfAWait(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := driver(t, file.Settings{Path: folder(t), FPS: 0.01}).Run(ctx, &shown{})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("Run returned %v after %v", err, time.Since(began))
	}
}

func TestDecode(t *testing.T) {
	cases := []struct{ name, yaml, want string }{
		{"least", "path: a.mp4", ""},
		{"no path", "loop: true", "path is missing"},
		{"unknown key", "path: a.mp4\nrealtim: true", "[2:1]"},
		{"another driver", "driver: rtsp\npath: a.mp4", "want file"},
		{"wrong type", "path: a.mp4\nloop: maybe", "[2:7]"},
		{"pace", "path: a\nfps: -1", "fps is -1"},
	}
	for _, c := range cases {
		_, err := file.Decode([]byte(c.yaml))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestSampleOfTheREADME(t *testing.T) {
	text, err := os.ReadFile("README.md")
	must(t, err)
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	sample, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("README.md has no sample")
	}
	s, err := file.Decode([]byte(sample))
	if err != nil || s.Path == "" {
		t.Errorf("the sample gives %+v, %v", s, err)
	}
}

func FuzzPicture(f *testing.F) {
	var b bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, 4, 4))
	img.Set(1, 1, color.White)
	if err := png.Encode(&b, img); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:20])
	f.Fuzz(func(t *testing.T, data []byte) {
		err := cameratest.Open(t.Context(), fast(t, put(t, "a.png", data)), &shown{})
		if err == nil || strings.HasPrefix(err.Error(), "PANIC") {
			t.Errorf("Run returned %v", err)
		}
	})
}

package bench

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/scene"
)

// writeStills lays out a folder of one labelled picture: a red square where its
// person is.
func writeStills(t *testing.T, labels string) string {
	t.Helper()
	dir := t.TempDir()
	img := image.NewRGBA(image.Rect(0, 0, 400, 400))
	for y := range 400 {
		for x := range 400 {
			c := color.RGBA{40, 90, 60, 255}
			if x >= 160 && x < 240 && y >= 100 && y < 300 {
				c = color.RGBA{220, 20, 20, 255}
			}
			img.Set(x, y, c)
		}
	}
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"images/a.jpg": jpg.Bytes(), "labels/a.txt": []byte(labels), "classes.json": []byte(`{"0":"helmet","1":"no-helmet","2":"vest","3":"no-vest","4":"person"}`)} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReadStills(t *testing.T) {
	const person = "4 0.5 0.5 0.2 0.5\n"
	for _, c := range []struct {
		name, labels string
		helmet, vest scene.Worn
		refused      string
	}{
		{"helmet and no vest", person + "0 0.5 0.28 0.08 0.06\n3 0.5 0.45 0.15 0.2\n", scene.Yes, scene.No, ""},
		{"both at once is in doubt", person + "0 0.5 0.28 0.08 0.06\n1 0.5 0.29 0.08 0.06\n2 0.5 0.45 0.15 0.2\n", scene.Unknown, scene.Yes, ""},
		{"a helmet in the hand is nobody's", person + "0 0.5 0.7 0.08 0.06\n2 0.5 0.45 0.15 0.2\n", scene.Unknown, scene.Yes, ""},
		{"of two people", person + "4 0.51 0.5 0.2 0.5\n0 0.505 0.28 0.08 0.06\n2 0.505 0.45 0.15 0.2\n", scene.Unknown, scene.Unknown, "nobody in"},
		{"nobody", "", scene.Unknown, scene.Unknown, "nobody in"},
		{"another class", "9 0.5 0.5 0.1 0.1\n", 0, 0, `want a class of classes.json`},
		{"beyond the picture", "4 0.5 1.5 0.1 0.1\n", 0, 0, "shares of the picture"},
		{"not a number", "4 0.5 NaN 0.1 0.1\n", 0, 0, "shares of the picture"},
	} {
		stills, err := ReadStills(writeStills(t, c.labels))
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %v, want %q", c.name, err, c.refused)
			}
			continue
		}
		if err != nil || len(stills) != 1 {
			t.Errorf("%s: %d stills, %v", c.name, len(stills), err)
			continue
		}
		p := stills[0].People[0]
		if p.Worn[scene.Helmet] != c.helmet || p.Worn[scene.Vest] != c.vest {
			t.Errorf("%s: %v", c.name, p.Worn)
		}
	}
	if _, err := ReadStills(t.TempDir()); err == nil || !strings.Contains(err.Error(), "classes.json") {
		t.Errorf("an empty folder: %v", err)
	}
}

// TestClipShowsWhatItSays holds that the picture shows the person where the clip
// says, in every frame, and that the same seed gives the same clip.
func TestClipShowsWhatItSays(t *testing.T) {
	stills, err := ReadStills(writeStills(t, "4 0.5 0.5 0.2 0.5\n0 0.5 0.28 0.08 0.06\n"))
	if err != nil {
		t.Fatal(err)
	}
	const n, seed = 30, 5
	c, again := newClip(&stills[0], seed, 200*time.Millisecond, n), newClip(&stills[0], seed, 200*time.Millisecond, n)
	pool := camera.NewPool(2)
	lost, sizes := 0, map[int]bool{}
	for i := range n {
		if c.lost[i] {
			lost++
		}
		f, g := pool.Get(clipWidth, clipHeight, camera.RGB), pool.Get(clipWidth, clipHeight, camera.RGB)
		c.posts = nil // they hide what is looked for
		again.posts = nil
		c.draw(i, f)
		again.draw(i, g)
		if !bytes.Equal(f.Pix, g.Pix) {
			t.Fatalf("seed %d: frame %d differs from one time to the other", seed, i)
		}
		box, share := c.person(0, i)
		sizes[int(box.Height()/8)] = true
		if share < 0.3 {
			continue
		}
		red := func(x, y float64) bool {
			at := int(math.Round(y))*f.Stride + 3*int(math.Round(x))
			return int(f.Pix[at]) > int(f.Pix[at+1])+60
		}
		in, out := box.Centre(), box
		if !red(in.X, in.Y) || out.X0 > 20 && red(out.X0-15, in.Y) || out.X1 < clipWidth-20 && red(out.X1+15, in.Y) {
			t.Errorf("seed %d: frame %d does not show the person at %+v", seed, i, box)
		}
		f.Release()
		g.Release()
	}
	if lost == 0 || len(sizes) < 2 {
		t.Errorf("seed %d: %d frames lost, %d sizes: want dropouts and zoom", seed, lost, len(sizes))
	}
}

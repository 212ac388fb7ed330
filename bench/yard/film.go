package yard

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"linesman/camera/codec"
	"linesman/sim/footage"
)

// film is a recording in memory: RGB, rows without gaps.
type film struct {
	width, height int
	step          time.Duration // from picture to picture
	pictures      [][]byte
}

// openFilm decodes a recording. Pictures closer than least are left out; at most
// most are kept (0: all).
func openFilm(path string, least time.Duration, most int) (*film, error) {
	r, err := codec.OpenRecording(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer r.Close()
	every := max(1, int((least+r.Step()/2)/r.Step()))
	f := &film{step: r.Step() * time.Duration(every)}
	for n := 0; most == 0 || len(f.pictures) < most; n++ {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if n%every != 0 {
			continue
		}
		rgb := make([]byte, p.Width*p.Height*3)
		if err := p.RGB(rgb); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		f.width, f.height, f.pictures = p.Width, p.Height, append(f.pictures, rgb)
	}
	if len(f.pictures) == 0 {
		return nil, fmt.Errorf("%s: it holds no picture", path)
	}
	return f, nil
}

// floor is a marked floor seen by a camera that does not move, empty or with a
// worker who stands on its left: the recording that ships, cut and joined. In its
// first second the left is empty, in its last two the rest is. Nothing is drawn.
type floor struct {
	width, height   int
	empty, standing [][]byte
}

// The recording's parts, in pictures of it, and where its left ends.
const (
	floorEmpty    = 10   // so many at the start have nobody on the left
	floorStanding = 45   // from here on the worker stands there
	floorLeft     = 0.41 // of the width
	// floorZone is where his feet are.
	floorZone = "[[0.12, 0.6], [0.4, 0.6], [0.4, 0.99], [0.12, 0.99]]"
)

func openFloor(dir string) (*floor, error) {
	path := filepath.Join(dir, "floor.mp4")
	if err := os.WriteFile(path, footage.Workers, 0o600); err != nil {
		return nil, err
	}
	f, err := openFilm(path, 0, 0)
	if err != nil {
		return nil, err
	}
	if len(f.pictures) < floorStanding+10 {
		return nil, fmt.Errorf("the recording that ships has %d pictures; it is another one", len(f.pictures))
	}
	out := &floor{width: f.width, height: f.height, standing: f.pictures[floorStanding:]}
	left := int(floorLeft*float64(f.width)) * 3
	for i, rest := range out.standing {
		here := f.pictures[swing(i, floorEmpty)]
		rgb := append([]byte(nil), rest...)
		for y := range f.height {
			row := y * f.width * 3
			copy(rgb[row:row+left], here[row:row+left])
		}
		out.empty = append(out.empty, rgb)
	}
	return out, nil
}

// picture is the floor at step n.
func (f *floor) picture(n int, occupied bool) []byte {
	if occupied {
		return f.standing[swing(n, len(f.standing))]
	}
	return f.empty[swing(n, len(f.empty))]
}

// swing goes up and down through n numbers, without a leap.
func swing(i, n int) int {
	if n == 1 {
		return 0
	}
	i %= 2 * (n - 1)
	return min(i, 2*(n-1)-i)
}

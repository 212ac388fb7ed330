package stage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
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

// openFilm decodes a recording, all of it.
func openFilm(path string) (*film, error) {
	r, err := openReel(path, 0)
	if err != nil {
		return nil, err
	}
	defer r.close()
	f := &film{width: r.width, height: r.height, step: r.step}
	for r.rounds == 0 {
		rgb, err := r.next()
		if err != nil {
			return nil, err
		}
		f.pictures = append(f.pictures, slices.Clone(rgb))
	}
	return f, nil
}

// reel is a recording that is shown over and over, decoded as it goes.
type reel struct {
	path          string
	width, height int
	step          time.Duration // from picture to picture
	every         int           // of how many pictures of the file one is shown
	rounds        int           // times it has come to its end

	rec   *codec.Recording
	ahead []byte // the next picture
	rgb   []byte // the one last returned
}

// openReel opens a recording. Pictures that would be closer than least are left
// out.
func openReel(path string, least time.Duration) (*reel, error) {
	r := &reel{path: path}
	if err := r.rewind(); err != nil {
		return nil, err
	}
	r.every = max(1, int((least+r.rec.Step()/2)/r.rec.Step()))
	r.step = r.rec.Step() * time.Duration(r.every)
	ok, err := r.decode()
	if err == nil && !ok {
		err = fmt.Errorf("%s: it holds no picture", path)
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *reel) rewind() error {
	r.close()
	var err error
	if r.rec, err = codec.OpenRecording(r.path); err != nil {
		return fmt.Errorf("%s: %w", r.path, err)
	}
	return nil
}

// next returns the next picture, valid until the call after.
func (r *reel) next() ([]byte, error) {
	r.rgb, r.ahead = r.ahead, r.rgb
	ok, err := true, error(nil)
	for i := 0; i < r.every && ok && err == nil; i++ {
		ok, err = r.decode()
	}
	if err == nil && !ok {
		r.rounds++
		if err = r.rewind(); err == nil {
			_, err = r.decode()
		}
	}
	return r.rgb, err
}

// decode takes the file's next picture; false at its end.
func (r *reel) decode() (bool, error) {
	p, err := r.rec.Next()
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err == nil {
		r.width, r.height = p.Width, p.Height
		if n := p.Width * p.Height * 3; len(r.ahead) != n {
			r.ahead = make([]byte, n)
		}
		err = p.RGB(r.ahead)
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", r.path, err)
	}
	return true, nil
}

func (r *reel) close() {
	if r.rec != nil {
		r.rec.Close()
		r.rec = nil
	}
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
	floorEmpty    = 5    // so many at the start have nobody on the left, nor at its rim
	floorStanding = 45   // from here on the worker stands there
	floorLeft     = 0.38 // of the width
	// floorZone is where his feet are.
	floorZone = "[[0.12, 0.6], [0.37, 0.6], [0.37, 0.99], [0.12, 0.99]]"
)

func openFloor(dir string) (*floor, error) {
	path := filepath.Join(dir, "floor.mp4")
	if err := os.WriteFile(path, footage.Workers, 0o600); err != nil {
		return nil, err
	}
	f, err := openFilm(path)
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

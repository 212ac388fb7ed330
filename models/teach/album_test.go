package teach

import (
	"errors"
	"slices"
	"testing"

	"linesman/models/anomaly"
)

// counted counts how often each part is read; the last one cannot be.
type counted []int

var errGone = errors.New("gone")

func (c counted) Len() int { return len(c) }

func (c counted) Part(i int) (anomaly.Part, error) {
	c[i]++
	if i == len(c)-1 {
		return anomaly.Part{}, errGone
	}
	return anomaly.Part{Picture: anomaly.Picture{Width: 10, Height: 1, Pix: make([]byte, 30)}}, nil
}

func TestAlbum(t *testing.T) {
	read := make(counted, 4)
	a := newAlbum(read)
	a.room = 70 // for two
	look := func() {
		t.Helper()
		for i := range read {
			p, err := a.Part(i)
			if i == 3 {
				if !errors.Is(err, errGone) {
					t.Errorf("part 3: %v, want %v", err, errGone)
				}
			} else if err != nil || p.Picture.Width != 10 {
				t.Errorf("part %d: %+v, %v", i, p, err)
			}
		}
	}
	look()
	look()
	if want := (counted{1, 1, 2, 2}); !slices.Equal(read, want) {
		t.Errorf("read %v times, want %v", read, want)
	}
	a.close()
	look()
	look()
	if want := (counted{3, 3, 4, 4}); !slices.Equal(read, want) {
		t.Errorf("closed, read %v times, want %v", read, want)
	}
}

func TestThinned(t *testing.T) {
	for _, c := range []struct{ n, most, want, last int }{{100, 100, 100, 99}, {101, 100, 51, 100}, {200, 100, 100, 198}, {250, 100, 84, 249}} {
		read := make(counted, c.n)
		s := thinned(read, c.most)
		if s.Len() != c.want {
			t.Errorf("%d of %d: %d, want %d", c.most, c.n, s.Len(), c.want)
		}
		s.Part(s.Len() - 1)
		if read[c.last] != 1 {
			t.Errorf("%d of %d: the last is not %d", c.most, c.n, c.last)
		}
	}
}

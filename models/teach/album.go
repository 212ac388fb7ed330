package teach

import (
	"sync"

	"linesman/models/anomaly"
)

// albumBytes is how much memory pictures may take up that are looked at again and again.
const albumBytes = 256 << 20

// album is a source that keeps what it read, as far as there is room: teaching looks at
// each picture a dozen times, and reading one from its file costs more than most looks.
// The pixels belong to the album.
type album struct {
	Source
	mu   sync.Mutex
	kept map[int]anomaly.Part
	room int
}

func newAlbum(s Source) *album {
	return &album{Source: s, kept: map[int]anomaly.Part{}, room: albumBytes}
}

// Part returns part i. Nobody may change its pixels.
func (a *album) Part(i int) (anomaly.Part, error) {
	a.mu.Lock()
	p, ok := a.kept[i]
	a.mu.Unlock()
	if ok {
		return p, nil
	}
	p, err := a.Source.Part(i)
	if err != nil {
		return p, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.kept[i]; !ok && len(p.Picture.Pix) <= a.room && p.Crop == nil {
		a.kept[i] = p
		a.room -= len(p.Picture.Pix)
	}
	return p, nil
}

// close gives the memory back; from now on parts are read each time.
func (a *album) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.kept, a.room = map[int]anomaly.Part{}, 0
}

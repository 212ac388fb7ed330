package line

import (
	"math"
	"sync"
	"sync/atomic"

	"linesman/models"
)

// viewers are those who watch the live picture. Each has room for one shot;
// the newest wins. The line never waits for any of them.
type viewers struct {
	mu    sync.Mutex
	chans map[chan Shot]struct{}
	n     atomic.Int32
}

// watched reports whether anybody looks.
func (v *viewers) watched() bool { return v.n.Load() > 0 }

// Watch subscribes to judged frames until stop is called. The receiver
// releases each shot's frame.
func (s *Station) Watch() (shots <-chan Shot, stop func()) {
	c := make(chan Shot, 1)
	v := &s.viewers
	v.mu.Lock()
	if v.chans == nil {
		v.chans = map[chan Shot]struct{}{}
	}
	v.chans[c] = struct{}{}
	v.mu.Unlock()
	v.n.Add(1)
	var once sync.Once
	return c, func() {
		once.Do(func() {
			v.mu.Lock()
			delete(v.chans, c)
			v.mu.Unlock()
			v.n.Add(-1)
			select {
			case old := <-c:
				old.Frame.Release()
			default:
			}
		})
	}
}

// show hands a shot to every viewer. Only the owner calls it.
func (v *viewers) show(shot Shot) {
	if !v.watched() {
		return
	}
	v.mu.Lock() // held for channel operations that can not block
	defer v.mu.Unlock()
	for c := range v.chans {
		select {
		case old := <-c:
			old.Frame.Release()
		default:
		}
		shot.Frame.Retain()
		c <- shot // there is room: only we send, under the lock
	}
}

// heat packs a heat map for the screen: 255 r/(1+r), r = score over threshold.
func heat(h models.Heatmap) []byte {
	out := make([]byte, len(h.Score))
	for i, r := range h.Score {
		if r > 0 {
			out[i] = byte(math.Round(float64(255 * r / (1 + r))))
		}
	}
	return out
}

package bench

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"linesman/sim"
)

// Held is what the process holds of the box at one moment.
type Held struct {
	ResidentMB float64 `json:"resident_mb"`
	OwnMB      float64 `json:"own_mb"`  // the share of it that no file stands behind
	HeapMB     float64 `json:"heap_mb"` // of Go, in use
	Goroutines int     `json:"goroutines"`
	Mats       *int    `json:"open_mats,omitempty"` // in a build with -tags matprofile
}

// Sample is what the process held while a line was measured. It is taken
// between two blocks of pictures, with the clock standing and after Go's
// garbage was collected, so that two samples can be compared.
type Sample struct {
	Parts   int     `json:"parts"`   // that had met their gate
	Seconds float64 `json:"seconds"` // since the run began, drawing included
	Held
	PicturesMB float64 `json:"pictures_mb"` // of it the pictures drawn ahead
	BooksMB    float64 `json:"books_mb"`    // of it the bench's own books: what is kept of each part to the end, and what is not yet told of
}

// books says how many bytes the bench itself keeps of parts.
func (b *lineBench) books(p *plant, a *account) float64 {
	n := 8 * (cap(a.scores[0]) + cap(a.scores[1]) + 3*b.crops)
	n += cap(p.fates)*int(unsafe.Sizeof(sim.Fate{})) + len(a.told.parts)*int(2*unsafe.Sizeof(judged{}))
	return float64(n+p.entries.bytes()) / 1e6
}

// sample takes one, where somebody handed in how.
func (b *lineBench) sample(p *plant, a *account, block int) {
	if b.Held == nil {
		return
	}
	b.widest = max(b.widest, block)
	w, h := p.course.painter.Size()
	runtime.GC()
	s := Sample{Parts: p.met, Seconds: time.Since(p.clock.start).Seconds(), Held: b.Held(),
		PicturesMB: float64(b.widest) * float64(3*w*h) / 1e6, BooksMB: b.books(p, a)}
	b.report.Samples = append(b.report.Samples, s)
	mats := ""
	if s.Mats != nil {
		mats = fmt.Sprintf(", %d Mats open", *s.Mats)
	}
	b.Progress("held: own memory %.0f MB (pictures drawn ahead %.0f, the bench's books %.1f), heap %.0f MB, %d goroutines%s", s.OwnMB, s.PicturesMB, s.BooksMB, s.HeapMB, s.Goroutines, mats)
}

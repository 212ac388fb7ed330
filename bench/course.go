package bench

import (
	"iter"
	"math"
	"runtime"
	"sync"
	"time"

	"linesman/camera"
	"linesman/sim"
	"linesman/sim/draw"
)

// course is what passes the camera. Its places are millimetres of belt travel
// from its own zero; the plant lays it on the belt further on.
type course struct {
	layout   sim.Layout
	speed    float64 // mm/s
	feed     sim.Feed
	pictures iter.Seq[*picture] // in the order of travel
	// live draws what nobody planned: the belt between courses, or parts that
	// lie elsewhere since the feed was stopped. nil: there is nothing to draw.
	live     func(travelled float64, parts []sim.Part, f *camera.Frame)
	painter  *draw.Painter // knows where parts are in pictures
	triggers []float64     // nil: as the layout says
	parts    int           // that will pass
}

// picture is one exposure, planned ahead.
type picture struct {
	travelled float64
	visible   []sim.Part
	fresh     []sim.Part // that this picture is the first to show whole
	paint     func(*camera.Frame) error
	frame     *camera.Frame // once painted; owned
}

// drawn returns a course of drawn parts. Without kinds the defects are those
// that the product is measured by.
func drawn(layout sim.Layout, ratePerHour float64, good, defective int, seed uint64, kinds ...sim.Kind) *course {
	speed := layout.SpeedMMs(ratePerHour)
	spec := draw.Spec{Layout: layout, Seed: seed, Good: good, Defective: defective, Shuffle: true, Kinds: kinds}
	painter := draw.NewPainter(layout, seed, draw.Options{SpeedMMs: speed, Exposure: exposureAt(speed)})
	return &course{
		layout: layout, speed: speed, feed: draw.NewFeed(spec), painter: painter, live: painter.Paint, parts: good + defective,
		pictures: func(yield func(*picture) bool) {
			for t, s := range draw.Walk(layout, draw.NewFeed(spec), speed, time.Time{}) {
				p := &picture{travelled: t.Travelled, visible: s.Visible, fresh: s.New}
				p.paint = func(f *camera.Frame) error { painter.Paint(p.travelled, p.visible, f); return nil }
				if !yield(p) {
					return
				}
			}
		},
	}
}

// exposure is a drawn line's up to the fastest belt, in mm/s, that its site
// allows unless it says more.
const (
	exposure = 40 * time.Microsecond
	fastest  = 1000.0
)

// exposureAt keeps the smear of a faster belt at that of the fastest: a line
// that is to run faster needs a shorter flash.
func exposureAt(mms float64) time.Duration {
	if mms <= fastest {
		return exposure
	}
	return time.Duration(float64(exposure) * fastest / mms).Truncate(time.Microsecond)
}

// Room for pictures drawn ahead. A block is never shorter than leastBlock of
// belt time while mostPixels allows it.
const (
	blockPixels = 1 << 30
	mostPixels  = 4e9
	leastBlock  = 60 * time.Second
)

// blocks hands out a course's pictures, painted, a block at a time.
type blocks struct {
	*course
	pool  *camera.Pool
	ahead time.Duration // belt time of a block, whatever it takes; 0: as the constants say
	next  func() (*picture, bool)
	stop  func()
	done  bool
}

func newBlocks(c *course, pool *camera.Pool, ahead time.Duration) *blocks {
	b := &blocks{course: c, pool: pool, ahead: ahead}
	b.next, b.stop = iter.Pull(c.pictures)
	return b
}

// paint prepares the next block with all cores. An empty block is the end.
func (b *blocks) paint() ([]*picture, error) {
	var block []*picture
	w, h := b.painter.Size()
	size := 3 * w * h
	least, enough, most := leastBlock, blockPixels, int(mostPixels)
	if b.ahead > 0 {
		least, enough, most = b.ahead, 0, math.MaxInt
	}
	for bytes := 0; bytes <= most-size && !b.done; bytes += size {
		if n := len(block); n > 1 {
			span := time.Duration((block[n-1].travelled - block[0].travelled) / b.speed * float64(time.Second))
			if span >= least && bytes >= enough {
				break
			}
		}
		p, more := b.next()
		if !more {
			b.done = true
			break
		}
		block = append(block, p)
	}
	waiting := make(chan *picture)
	var workers sync.WaitGroup
	var failed error
	var once sync.Once
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for p := range waiting {
				p.frame = b.pool.Get(w, h, camera.RGB)
				if err := p.paint(p.frame); err != nil {
					once.Do(func() { failed = err })
				}
			}
		})
	}
	for _, p := range block {
		waiting <- p
	}
	close(waiting)
	workers.Wait()
	return block, failed
}

// lateFeed lays a feed's parts further on, once it is open.
type lateFeed struct {
	sim.Feed
	ahead float64 // mm
	open  bool
}

// Until returns nothing while the feed is closed.
func (l *lateFeed) Until(mm float64) []sim.Part {
	if !l.open {
		return nil
	}
	parts := l.Feed.Until(mm - l.ahead)
	for i := range parts {
		parts[i].MM += l.ahead
	}
	return parts
}

// Done is false while the feed is closed.
func (l *lateFeed) Done() bool { return l.open && l.Feed.Done() }

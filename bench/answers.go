package bench

import (
	"sync"
	"time"

	"linesman/part"
	"linesman/plc"
)

// oldShot is how many triggers back a picture's entries are still awaited; its
// parts are in the bin long before.
const oldShot = 1024

// answers times entries from the scheduled trigger to the acknowledgement, each
// part's first. What it holds does not grow with the run but for took, 8 bytes
// a part. Safe for use from many goroutines.
type answers struct {
	mu    sync.Mutex
	shots map[uint64]*shot // by trigger
	parts map[part.ID]struct{}
	took  []time.Duration
	last  time.Time // of the wall clock: the newest part's
}

// shot is one picture whose entries are awaited.
type shot struct {
	at       time.Time // scheduled
	answered []part.ID
}

func newAnswers() *answers {
	return &answers{shots: map[uint64]*shot{}, parts: map[part.ID]struct{}{}}
}

// fired notes when a picture was due.
func (a *answers) fired(trigger uint64, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shots[trigger] = &shot{at: at}
	if old := a.shots[trigger-oldShot]; old != nil {
		for _, id := range old.answered {
			delete(a.parts, id)
		}
		delete(a.shots, trigger-oldShot)
	}
}

// acked notes when the controller had an entry, by the run's clock and by the wall's.
func (a *answers) acked(e plc.Entry, at, wall time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.shots[e.Trigger]
	if _, again := a.parts[e.Part]; s == nil || again {
		return
	}
	a.parts[e.Part] = struct{}{}
	s.answered = append(s.answered, e.Part)
	a.took = append(a.took, at.Sub(s.at))
	if wall.After(a.last) {
		a.last = wall
	}
}

// answeredAt returns when the newest part was answered by the wall clock; now if none was.
func (a *answers) answeredAt() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last.IsZero() {
		return time.Now()
	}
	return a.last
}

// bytes is about what it holds.
func (a *answers) bytes() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return 8*cap(a.took) + 128*len(a.parts) + 64*len(a.shots)
}

package event

import (
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"
)

// DefaultRingSize is the ring file's size in bytes: about 30,000 verdicts, two
// minutes of the fastest line with the disk standing still.
const DefaultRingSize = 16 << 20

// minRingSize has room for a few of the largest events.
const minRingSize = ringPage + 1<<20

// RingSettings says where the hand-over ring lies.
type RingSettings struct {
	Path   string        // of the ring file, on a local disk
	Size   int           // bytes; 0 is DefaultRingSize; at least 1 MiB
	Source string        // the source of ring.lost, "/site"
	Linger time.Duration // how long the drainer gathers a group; 0 is 5 ms
	Logger *slog.Logger  // nil is slog.Default
}

// Ring is the hand-over between those who may not wait and the log: a
// memory-mapped file of fixed size. Emit costs a copy; Run carries the events
// into the log in groups, by the order in which they came, and syncs the file every 100 ms.
//
// What Emit has taken survives the end of the process: the next OpenRing finds
// it and Run carries it over, once, since every event got its id in Emit. A
// power cut can cost what came since the last sync, and the restart says so in
// a ring.lost event. So does a ring that was full: nobody waits, events are
// counted instead.
type Ring struct {
	set  RingSettings
	file *ringFile
	was  found

	inside atomic.Int64 // goroutines within Emit
	closed atomic.Bool
	asleep atomic.Bool // the drainer waits for wake
	wake   chan struct{}

	late    atomic.Uint64 // events emitted after Close, lost
	running atomic.Bool
	told    bool // what was found has been told; the drainer's own
}

var _ Sink = (*Ring)(nil)

// OpenRing maps the ring file, made and preallocated if there is none. Emit may
// be used at once; nothing reaches the log before Run.
func OpenRing(set RingSettings) (*Ring, error) {
	if set.Size == 0 {
		set.Size = DefaultRingSize
	}
	if set.Size < minRingSize {
		return nil, fmt.Errorf("event ring %s: size %d bytes is too small; at least %d", set.Path, set.Size, minRingSize)
	}
	set.Size &^= ringPage - 1
	if set.Linger <= 0 {
		set.Linger = 5 * time.Millisecond
	}
	if set.Source == "" {
		set.Source = "/ring"
	}
	if set.Logger == nil {
		set.Logger = slog.Default()
	}
	file, was, err := openRingFile(set.Path, set.Size)
	if err != nil {
		return nil, err
	}
	return &Ring{set: set, file: file, was: was, wake: make(chan struct{}, 1)}, nil
}

// Emit hands an event over. It never blocks and is safe from many goroutines. An
// event without ID or Time gets them here. An event that finds no room, or
// comes after Close, is counted as lost.
func (r *Ring) Emit(e Event) {
	r.inside.Add(1)
	if r.closed.Load() {
		r.inside.Add(-1)
		r.late.Add(1)
		return
	}
	r.put(&e)
	r.inside.Add(-1)
	if r.asleep.Load() && r.asleep.CompareAndSwap(true, false) {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

func (r *Ring) put(e *Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	id, ok := ParseID(e.ID)
	oddID := ""
	switch {
	case e.ID == "":
		id = MakeID(time.Now())
	case !ok:
		oddID = e.ID
	}
	length := bodySize(e, oddID)
	if length > uint64(len(r.file.area)/4) {
		r.lose(1)
		return
	}
	pos, ok := r.reserve(recordSize(length))
	if !ok {
		r.lose(1)
		return
	}
	off := pos%uint64(len(r.file.area)) + recordHead
	putBody(r.file.area[off:off+length], e, id, oddID)
	sealRecord(r.file.area, pos, uint32(length))
}

// reserve claims size bytes for one producer, with a filler where they would
// straddle the area's end.
func (r *Ring) reserve(size uint64) (pos uint64, ok bool) {
	capacity := uint64(len(r.file.area))
	for {
		head, tail := r.file.load(wordHead), r.file.load(wordTail)
		pad := uint64(0)
		if left := capacity - head%capacity; left < size {
			pad = left
		}
		if head+pad+size-tail > capacity {
			return 0, false
		}
		if !atomic.CompareAndSwapUint64(r.file.word(wordHead), head, head+pad+size) {
			continue
		}
		if pad > 0 {
			sealRecord(r.file.area, head, padLength)
		}
		return head + pad, true
	}
}

// lose counts events that are gone. The counts lie in the file, so that a loss
// is told even if the process ends before it could be.
func (r *Ring) lose(n uint64) {
	now := uint64(time.Now().UnixNano())
	atomic.CompareAndSwapUint64(r.file.word(wordLostFrom), 0, now)
	r.file.store(wordLostTo, now)
	atomic.AddUint64(r.file.word(wordLost), n)
}

// RingState is how full the ring is.
type RingState struct {
	Used int    // bytes not yet in the log
	Size int    // bytes there are
	Lost uint64 // events lost and not yet told in the log
}

// State returns how full the ring is. It must not be called after Close.
func (r *Ring) State() RingState {
	tail, head := r.file.load(wordTail), r.file.load(wordHead)
	return RingState{Used: int(head - tail), Size: len(r.file.area), Lost: r.file.load(wordLost)}
}

// Close gives the file back; Run must have returned. What is still in the ring
// is kept in the file for the next time.
func (r *Ring) Close() error {
	if r.running.Load() {
		return fmt.Errorf("event ring %s: closed while Run drains it", r.set.Path)
	}
	if r.closed.Swap(true) {
		return nil
	}
	for r.inside.Load() > 0 { // each is within a copy
		runtime.Gosched()
	}
	r.file.store(wordState, ringClosed)
	err := r.file.sync()
	if unmapErr := r.file.unmap(); err == nil {
		err = unmapErr
	}
	if err != nil {
		return fmt.Errorf("event ring %s: %w", r.set.Path, err)
	}
	return nil
}

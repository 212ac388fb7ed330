package clip

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"linesman/camera"
	"linesman/part"
)

var (
	// ErrFull refuses a clip while as many as may be are recorded or on their way.
	ErrFull = errors.New("no more clips at once")
	// ErrNothing refuses a clip of a camera that has sent no picture.
	ErrNothing = errors.New("there is no picture to make a clip of")
	// ErrClosed refuses a clip after Close.
	ErrClosed = errors.New("the recorder is closed")
)

// Recorder makes the clips of one camera. Packet and Down belong to the camera's
// goroutine; Begin may be called from any. None of them waits: files are made,
// and delivered, by a goroutine of the recorder's own.
//
// It holds the ring and, for each clip at once, up to Settings.Bytes of the
// stream, and the same again while the file is made.
type Recorder struct {
	camera   part.CameraID
	settings Settings
	ring     *Ring
	deliver  func(Clip)
	finished chan *recording // has room for all there can be
	done     chan struct{}

	mu     sync.Mutex
	open   []*recording
	busy   int // open or finished and not yet delivered
	down   string
	newest time.Time
	refuse error
	closed bool
}

// recording is a clip that waits for its last seconds.
type recording struct {
	clip    Clip
	packets []*camera.Packet
	bytes   int64
	wanted  time.Time // the end asked for, were there no longest clip
}

// NewRecorder returns a recorder. deliver gets every clip that Begin accepted,
// once, from one goroutine; while it works the clip counts as one at once.
func NewRecorder(id part.CameraID, s Settings, deliver func(Clip)) (*Recorder, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("clips of camera %s: %w", id, err)
	}
	s = s.withDefaults()
	ring, err := NewRing(s.Ring)
	if err != nil {
		return nil, err
	}
	r := &Recorder{camera: id, settings: s, ring: ring, deliver: deliver, finished: make(chan *recording, s.AtOnce), done: make(chan struct{})}
	go r.make()
	return r, nil
}

// Kept returns what the ring holds.
func (r *Recorder) Kept() Kept { return r.ring.Kept() }

// Cut returns packets of the ring; see Ring.Cut.
func (r *Recorder) Cut(from, to time.Time) []*camera.Packet { return r.ring.Cut(from, to) }

// Packet takes the next packet of the stream and holds on to it. A packet of a
// kind that can not be kept is an error, which Begin repeats.
func (r *Recorder) Packet(p *camera.Packet) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse = r.ring.Put(p); r.refuse != nil {
		return r.refuse
	}
	r.down, r.newest = "", p.At
	for _, rec := range slices.Clone(r.open) {
		if p.At.After(rec.clip.To) {
			r.finish(rec, "")
			continue
		}
		r.take(rec, p)
	}
	return nil
}

// take adds a packet to a clip, as long as there is room.
func (r *Recorder) take(rec *recording, p *camera.Packet) {
	if len(rec.packets) == 0 && !p.Key {
		return // nobody could show it
	}
	rec.bytes += int64(len(p.Data))
	if rec.bytes > r.settings.Bytes {
		r.finish(rec, fmt.Sprintf("from %s on: the clip has reached its %d bytes; raise bytes", p.At.UTC().Format(dateForm), r.settings.Bytes))
		return
	}
	rec.packets = append(rec.packets, p)
}

// Down says that the camera sends no more, and why: clips that wait for more are
// finished with what there is.
func (r *Recorder) Down(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = why
	for _, rec := range slices.Clone(r.open) {
		r.finish(rec, r.lost(rec))
	}
}

// lost says what a camera that is down owes a clip.
func (r *Recorder) lost(rec *recording) string {
	return fmt.Sprintf("from %s to %s: the camera is down (%s)", r.newest.UTC().Format(dateForm), rec.clip.To.UTC().Format(dateForm), r.down)
}

// Begin asks for a clip of the seconds around an exposure time. The clip is
// delivered when a packet later than at + post has come, or the camera has gone
// down. A second Begin for the same id, while its clip is recorded, only makes
// that one end later.
//
// It is refused, at once and with ErrFull, while Settings.AtOnce clips are
// recorded or on their way; with ErrNothing where the ring is empty.
func (r *Recorder) Begin(id ID, at time.Time, pre, post time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if pre < 0 || post < 0 {
		return fmt.Errorf("clip %s of camera %s: %v before and %v after; neither can be negative", id, r.camera, pre, post)
	}
	from, to := at.Add(-pre), at.Add(post)
	if i := slices.IndexFunc(r.open, func(rec *recording) bool { return rec.clip.ID == id }); i >= 0 {
		r.extend(r.open[i], to)
		return nil
	}
	kept := r.ring.Kept()
	switch {
	case r.closed:
		return fmt.Errorf("clip %s of camera %s: %w", id, r.camera, ErrClosed)
	case r.refuse != nil:
		return fmt.Errorf("clip %s: %w", id, r.refuse)
	case kept.Packets == 0 || r.down != "" && r.newest.Before(from):
		return fmt.Errorf("clip %s of camera %s: %w; see the camera's state", id, r.camera, ErrNothing)
	case r.busy >= r.settings.AtOnce:
		return fmt.Errorf("clip %s of camera %s: %w than %d; raise at_once, or let the alarms of one event share an id", id, r.camera, ErrFull, r.settings.AtOnce)
	}
	r.begin(&recording{clip: Clip{ID: id, Camera: r.camera, From: from}}, to, kept)
	return nil
}

// begin opens a recording with what the ring has.
func (r *Recorder) begin(rec *recording, to time.Time, kept Kept) {
	r.extend(rec, to)
	if kept.From.After(rec.clip.From) {
		rec.miss("up to %s: the ring does not reach back further", kept.From.UTC().Format(dateForm))
	}
	r.open = append(r.open, rec)
	r.busy++
	for _, p := range r.ring.Cut(rec.clip.From, rec.clip.To) {
		if r.take(rec, p); !slices.Contains(r.open, rec) {
			return
		}
	}
	switch {
	case r.newest.After(rec.clip.To):
		r.finish(rec, "")
	case r.down != "":
		r.finish(rec, r.lost(rec))
	}
}

// extend makes a clip end later, but not later than there may be.
func (r *Recorder) extend(rec *recording, to time.Time) {
	if !to.After(rec.wanted) {
		return
	}
	rec.wanted, rec.clip.To = to, to
	if latest := rec.clip.From.Add(r.settings.Longest); to.After(latest) {
		rec.clip.To = latest
	}
}

func (rec *recording) miss(form string, args ...any) {
	rec.clip.Missing = append(rec.clip.Missing, fmt.Sprintf(form, args...))
}

// finish hands a recording to the goroutine that makes files. There is always
// room: no more are busy than the queue takes.
func (r *Recorder) finish(rec *recording, missing string) {
	switch {
	case missing != "":
		rec.miss("%s", missing)
	case rec.wanted.After(rec.clip.To):
		rec.miss("from %s to %s: a clip is at most %v long; raise longest", rec.clip.To.UTC().Format(dateForm), rec.wanted.UTC().Format(dateForm), r.settings.Longest)
	}
	r.open = slices.DeleteFunc(r.open, func(o *recording) bool { return o == rec })
	r.finished <- rec
}

// Close finishes every clip with what there is, and returns when all are
// delivered.
func (r *Recorder) Close() {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		for _, rec := range slices.Clone(r.open) {
			r.finish(rec, fmt.Sprintf("from %s to %s: recording was ended", r.newest.UTC().Format(dateForm), rec.clip.To.UTC().Format(dateForm)))
		}
		close(r.finished)
	}
	r.mu.Unlock()
	<-r.done
}

// make makes and delivers files until Close.
func (r *Recorder) make() {
	defer close(r.done)
	for rec := range r.finished {
		rec.fill()
		r.deliver(rec.clip)
		r.mu.Lock()
		r.busy--
		r.mu.Unlock()
	}
}

// fill makes the files of a clip.
func (rec *recording) fill() {
	for _, g := range gaps(rec.packets) {
		rec.miss("from %s to %s: the camera sent nothing", g[0].At.UTC().Format(dateForm), g[1].At.UTC().Format(dateForm))
	}
	for _, section := range Sections(rec.packets) {
		var b bytes.Buffer
		made, err := Write(&b, section)
		if err != nil {
			rec.miss("from %s to %s: %v", section[0].At.UTC().Format(dateForm), section[len(section)-1].At.UTC().Format(dateForm), err)
			continue
		}
		rec.clip.Files = append(rec.clip.Files, File{Data: b.Bytes(), Made: made})
	}
	rec.packets = nil
	if len(rec.clip.Files) == 0 {
		rec.miss("everything: no picture of that time could be kept")
	}
}

package bench

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"linesman/camera"
	"linesman/camera/file"
	"linesman/camera/rtsp"
	"linesman/models/detect"
	"linesman/models/detect/coco"
	"linesman/models/onnx"
	"linesman/part"
	publisher "linesman/sim/rtsp"
)

// Count says what `count` does: it publishes a video as a network camera would,
// in real time as H.264 over RTSP, watches that stream as it would any camera,
// finds one class of things in every frame, follows them from frame to frame and
// counts those that cross a line. Zero values are defaulted.
type Count struct {
	Video string
	Model fs.FS  // folder of a detector; default the one that ships
	Class string // what is counted; default "bottle"
	// Line is where parts are counted, as a share of the picture's width, or
	// with AlongY of its height; default 0.5.
	Line   float64
	AlongY bool
	Sure   float64 // score from which a part is believed; default 0.5
	// Unpaced reads the file itself, as fast as it can be looked at, instead of
	// the stream: no frame is ever skipped.
	Unpaced bool
	Threads int // of the network; default 2
	// Hand is a count by hand to compare with; nil for none.
	Hand     []HandCrossing
	Log      *slog.Logger                     // may be nil
	Progress func(format string, args ...any) // may be nil

	find finder // in tests, instead of Model
}

// CountReport is what was counted. Frames are numbered from 1 in the order the
// camera sent them; places are pixels of the picture.
type CountReport struct {
	Video   string  `json:"video"`
	Through string  `json:"through"` // "rtsp" or "file"
	Model   string  `json:"model"`
	Class   string  `json:"class"`
	Axis    string  `json:"axis"`
	LinePx  float64 `json:"line_px"`

	Published int64         `json:"published"` // pictures that went into the stream; of a file, those read
	Frames    uint64        `json:"frames"`    // that arrived
	Looked    uint64        `json:"looked"`    // that were searched for parts
	Skipped   uint64        `json:"skipped"`   // that arrived while all room was taken by older ones
	Dropped   uint64        `json:"dropped"`   // that the driver knows to be lost
	Damaged   uint64        `json:"damaged"`
	Seconds   float64       `json:"seconds"`
	LookMS    *Percentiles  `json:"look_ms"` // finding and following, a frame
	Parts     []CountedPart `json:"parts"`
	Forward   int           `json:"forward"` // crossings towards growing x or y
	Back      int           `json:"back"`
	Unsure    int           `json:"unsure"` // lost on their way to the line: the count may lack as many
	Hand      *HandReport   `json:"hand,omitempty"`
	Overlay   *image.RGBA   `json:"-"` // of the frames in which a part crossed the fullest; the first if none did
}

// CountedPart is one part that crossed the line.
type CountedPart struct {
	ID      part.ID           `json:"id"`
	Number  int               `json:"number"` // 1, 2, 3... in order of crossing
	First   uint64            `json:"first_frame"`
	Last    uint64            `json:"last_frame"`
	Crossed uint64            `json:"crossed_frame"` // the first time
	Ways    []CountedCrossing `json:"crossings"`
}

// CountedCrossing is one passing of the line.
type CountedCrossing struct {
	Frame   uint64  `json:"frame"`
	Forward bool    `json:"forward"`
	Across  float64 `json:"across_px"` // where on the line
}

// finder finds things in a picture; *detect.Detector is one.
type finder interface {
	Look(p detect.Picture, floor float64) ([]detect.Found, error)
}

func (o *Count) defaults() error {
	if o.Class == "" {
		o.Class = "bottle"
	}
	if o.Line == 0 {
		o.Line = 0.5
	}
	if !(o.Line > 0 && o.Line < 1) {
		return fmt.Errorf("count: the line is at %v of the picture; give a share between 0 and 1", o.Line)
	}
	if o.Sure == 0 {
		o.Sure = 0.5
	}
	if !(o.Sure >= doubtfulScore && o.Sure <= 1) {
		return fmt.Errorf("count: parts are believed from a score of %v; give %v to 1", o.Sure, doubtfulScore)
	}
	if o.Threads == 0 {
		o.Threads = 2
	}
	if o.Model == nil {
		o.Model = coco.Folder
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Progress == nil {
		o.Progress = func(string, ...any) {}
	}
	return nil
}

// doubtfulScore is where the finder stops: below it there is as much of
// everything as of anything.
const doubtfulScore = 0.1

// RunCount counts once through the video.
func RunCount(ctx context.Context, o Count) (*CountReport, error) {
	if err := o.defaults(); err != nil {
		return nil, err
	}
	r := &CountReport{Video: o.Video, Class: o.Class, Axis: "x", Through: "rtsp"}
	if o.AlongY {
		r.Axis = "y"
	}
	if o.find == nil {
		d, err := detect.Load(o.Model, detect.Options{Open: onnx.Open, Threads: o.Threads})
		if err != nil {
			return nil, err
		}
		defer d.Close()
		if !slices.Contains(d.Classes(), o.Class) {
			return nil, fmt.Errorf("count: model %s does not know the class %q; it knows %q", d.Model().Name, o.Class, d.Classes())
		}
		o.find, r.Model = d, d.Model().Name+"@"+d.Model().Version
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	room := newQueue(o.Unpaced)
	looking := make(chan error, 1)
	l := &looker{o: o, report: r}
	go func() {
		err := l.run(room)
		if err != nil {
			cancel(err)
		}
		for f := range room.frames { // after an error: nobody may wait for room
			room.done(f)
		}
		looking <- err
	}()
	began := time.Now()
	err := o.show(ctx, room, r)
	close(room.frames)
	if lost := <-looking; lost != nil {
		return nil, lost
	}
	if err != nil {
		return nil, err
	}
	r.Skipped, r.Seconds = room.skipped, time.Since(began).Seconds()
	l.finish()
	return r, nil
}

// show brings the video before the camera driver, and its frames into the queue.
func (o *Count) show(ctx context.Context, room *queue, r *CountReport) error {
	if o.Unpaced {
		r.Through = "file"
		paced := false
		d, err := file.New("count", file.Settings{Path: o.Video, Realtime: &paced})
		if err != nil {
			return err
		}
		err = d.Run(ctx, room)
		r.Frames = room.arrived
		r.Published = int64(room.arrived)
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	var units atomic.Int64
	ready := make(chan string, 1)
	published := make(chan error, 1)
	go func() {
		published <- publisher.PublishFile(ctx, o.Video, publisher.Playing{
			Options: publisher.Options{Address: "127.0.0.1:0", Name: "count", Mangle: func(p *rtp.Packet) bool {
				if p.Marker { // the last packet of a picture
					units.Add(1)
				}
				return true
			}},
			Realtime: true, Ready: func(url string) { ready <- url },
		})
	}()
	var url string
	select {
	case url = <-ready:
	case err := <-published:
		return err
	}
	o.Progress("published as %s", url)
	d, err := rtsp.New("count", rtsp.Settings{URL: url})
	if err != nil {
		return err
	}
	// Nobody knows whether the belt moves: a picture that stands still is no fault.
	watch := camera.Watch{Moving: func() bool { return false }}
	s := camera.NewSupervisor("count", d, watch, o.Log, nil)
	watching, stop := context.WithCancel(ctx)
	watched := make(chan error, 1)
	go func() { watched <- s.Run(watching, room) }()
	err = <-published
	stop()
	<-watched
	state := s.State()
	r.Published, r.Frames, r.Dropped, r.Damaged = units.Load(), state.Frames, state.Dropped, state.Damaged
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// How much may wait to be looked at: pixels of 512 MB, so that a box whose
// cores are busy with something else for a while still sees every frame.
const (
	roomBytes  = 512 << 20
	roomFrames = 8192
)

// queue is where the camera's frames wait. When it is full, a stream's newest
// frame is skipped and counted, since a camera can not be made to wait; the
// reader of a file waits.
type queue struct {
	frames  chan *camera.Frame
	waits   bool
	bytes   atomic.Int64 // in frames
	arrived uint64
	skipped uint64
}

func newQueue(waits bool) *queue {
	q := &queue{frames: make(chan *camera.Frame, roomFrames), waits: waits}
	if waits {
		q.frames = make(chan *camera.Frame, 8)
	}
	return q
}

// Frame takes one frame.
func (q *queue) Frame(f *camera.Frame) {
	q.arrived++
	if q.waits {
		q.frames <- f
		return
	}
	size := int64(len(f.Pix))
	if q.bytes.Add(size) <= roomBytes {
		select {
		case q.frames <- f:
			return
		default:
		}
	}
	q.bytes.Add(-size)
	q.skipped++
	f.Release()
}

// done gives a frame's room back.
func (q *queue) done(f *camera.Frame) {
	q.bytes.Add(-int64(len(f.Pix)))
	f.Release()
}

// Packet takes no notice.
func (q *queue) Packet(*camera.Packet) {}

// linePx is where the line lies in a picture of that size.
func (o *Count) linePx(width, height int) float64 {
	if o.AlongY {
		return math.Round(o.Line * float64(height))
	}
	return math.Round(o.Line * float64(width))
}

package rtsp

import (
	"context"
	"fmt"
	"time"

	"linesman/camera"
	"linesman/camera/codec"
)

// idleFrames is how many frames wait to be used again, of one size.
const idleFrames = 8

// viewer decodes access units and delivers what they show. It belongs to the
// goroutine of Run.
type viewer struct {
	d       *Driver
	wants   wants
	sink    camera.Sink
	with    coding
	decoder *codec.Decoder // nil where no frames are wanted
	pool    *camera.Pool   // of frames of the last one's size
	width   int            // of the last frame, in pixels
	height  int

	sets     [][]byte  // parameter sets, in the order of coding.described
	base     time.Time // decoder times count from here
	began    bool      // a key picture came, once
	firstPTS time.Duration
	seq      uint64
	lost     uint64 // since the last frame
	playing  bool   // a key picture came, and its parameter sets are still good
	damaged  bool   // until the next key picture
	fresh    bool   // decoding began, or began anew, with the last key picture
	units    int
	signs    int // of life: pictures decoded, or packets where no pictures are wanted
	thin     camera.Thin
	key      bool  // the unit being decoded is a key picture
	refused  error // why a parameter set was, last
	failed   error // of decoding, last
}

// wants says what of a stream is delivered.
type wants struct{ frames, packets bool }

func newViewer(d *Driver, w wants, sink camera.Sink, with coding) (*viewer, error) {
	v := &viewer{d: d, wants: w, sink: sink, with: with, base: time.Now(), pool: camera.NewPool(idleFrames), thin: camera.Thin{Every: d.every}}
	v.sets = make([][]byte, len(with.described()))
	for _, nalu := range apart(with.described()) {
		v.keep(nalu)
	}
	if !w.frames {
		return v, nil
	}
	decoder, err := with.decoder()
	if err != nil {
		return nil, err
	}
	v.decoder = decoder
	return v, nil
}

func (v *viewer) close() {
	if v.decoder != nil {
		v.decoder.Close()
	}
}

// watch takes units until ctx ends, the connection does, or no picture comes of
// what is sent.
func (v *viewer) watch(ctx context.Context, in *intake, ended <-chan error) error {
	patience := time.NewTimer(v.d.timeout)
	defer patience.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			if !v.playing && v.refused != nil {
				return v.blind() // that it hung up is not why there was no picture
			}
			return err
		case err := <-in.broken:
			return err
		case <-patience.C:
			return v.blind()
		case u := <-in.units:
			before := v.signs
			v.take(u)
			in.queued.Add(int64(-u.size))
			if v.signs > before {
				patience.Reset(v.d.timeout)
			}
		}
	}
}

// blind says why there is no picture.
func (v *viewer) blind() error {
	switch {
	case v.units == 0:
		return fmt.Errorf("it sends no picture for %v; restart the camera", v.d.timeout)
	case !v.playing && v.refused != nil:
		return fmt.Errorf("its stream is not decoded: %w", v.refused)
	case !v.playing:
		return fmt.Errorf("no key picture within %v; set the camera's I-frame interval to one second", v.d.timeout)
	case v.failed != nil:
		return fmt.Errorf("nothing it sent for %v could be decoded (%w); restart the camera", v.d.timeout, v.failed)
	}
	return fmt.Errorf("no picture for %v; restart the camera", v.d.timeout)
}

// take delivers one access unit and the pictures that come of it.
func (v *viewer) take(u unit) {
	v.units++
	v.lost += u.lost
	s := v.look(apart(u.nalus))
	if !v.follow(s, u) {
		return
	}
	data := v.data(s)
	if v.wants.packets {
		v.sink.Packet(&camera.Packet{Camera: v.d.id, Codec: v.with.name(), PTS: u.pts - v.firstPTS, At: u.at, Key: s.key, Data: data})
	}
	if v.decoder == nil {
		v.signs++
		return
	}
	v.key = s.key
	if err := v.decoder.Decode(data, u.at.Sub(v.base), v.show); err != nil {
		v.failed, v.damaged = err, true
		v.lost++
	}
}

// follow notes what a unit means for those after it, and reports whether it can
// be decoded and shown.
func (v *viewer) follow(s sight, u unit) bool {
	switch {
	case s.refused:
		v.playing = false // what comes is not what the sets say
	case s.key && !v.complete():
		v.playing = false // nobody can decode it yet
	case s.key && !v.playing:
		v.playing, v.fresh, v.damaged = true, true, v.began && u.lost > 0
	case s.key:
		v.fresh, v.damaged = v.damaged || u.lost > 0, u.lost > 0
	case u.lost > 0:
		v.damaged = true
	}
	if !s.picture {
		return false // its parameter sets are kept and go before the next key picture
	}
	if !v.playing || s.leading && v.fresh {
		if v.began {
			v.lost++
		}
		return false
	}
	if !v.began {
		v.began, v.firstPTS, v.lost = true, u.pts, 0
	}
	return true
}

// show delivers one decoded picture, unless it comes sooner after the last one
// than is wanted.
func (v *viewer) show(p *codec.Picture) {
	v.signs++
	at := v.base.Add(p.PTS)
	if !v.thin.Wants(at, v.key) {
		v.damaged = v.damaged || p.Damaged
		return
	}
	if p.Width != v.width || p.Height != v.height {
		v.pool, v.width, v.height = camera.NewPool(idleFrames), p.Width, p.Height
	}
	f := v.pool.Get(p.Width, p.Height, camera.RGB)
	if err := p.RGB(f.Pix); err != nil {
		f.Release()
		v.failed, v.damaged = err, true
		v.lost++
		return
	}
	v.damaged = v.damaged || p.Damaged
	v.seq++
	f.Camera, f.Seq, f.At, f.Damaged, f.Dropped, f.Stream, f.Key = v.d.id, v.seq, at, v.damaged, v.lost, true, v.key
	v.lost, v.failed = 0, nil
	v.sink.Frame(f)
}

package rtsp

import (
	"context"
	"fmt"
	"time"

	"github.com/deepch/vdk/codec/h264parser"

	"linesman/camera"
	"linesman/camera/codec"
)

// idr is the type of a NAL unit that holds a slice of a key picture.
const idr = 5

// viewer decodes access units and delivers what they show. It belongs to the
// goroutine of Run.
type viewer struct {
	d       *Driver
	wants   wants
	sink    camera.Sink
	decoder *codec.Decoder // nil where no frames are wanted

	sps, pps []byte
	base     time.Time // decoder times count from here
	firstPTS time.Duration
	seq      uint64
	lost     uint64 // since the last frame
	started  bool   // a key picture came
	damaged  bool   // until the next key picture
	units    int
	signs    int       // of life: pictures decoded, or packets where no pictures are wanted
	shown    time.Time // exposure of the last frame delivered
	failed   error     // of decoding, last
}

// wants says what of a stream is delivered.
type wants struct{ frames, packets bool }

func newViewer(d *Driver, w wants, sink camera.Sink, sps, pps []byte) (*viewer, error) {
	v := &viewer{d: d, wants: w, sink: sink, base: time.Now()}
	if w.frames {
		decoder, err := codec.NewDecoder()
		if err != nil {
			return nil, err
		}
		v.decoder = decoder
	}
	v.keep(sps)
	v.keep(pps)
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
			return err
		case err := <-in.broken:
			return err
		case <-patience.C:
			return v.blind()
		case u := <-in.units:
			before := v.signs
			v.take(u)
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
		return fmt.Errorf("it sends nothing for %v; restart the camera", v.d.timeout)
	case !v.started:
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
	key, sets := v.look(u.nalus)
	switch {
	case key && v.sps == nil || key && v.pps == nil:
		return // nobody can decode it yet
	case !v.started && !key:
		return
	case !v.started:
		v.started, v.firstPTS, v.lost = true, u.pts, 0
	case u.lost > 0:
		v.damaged = true
	}
	if key && u.lost == 0 {
		v.damaged = false
	}
	data := v.annexB(u.nalus, key && !sets)
	if v.wants.packets {
		v.sink.Packet(&camera.Packet{Camera: v.d.id, Codec: "h264", PTS: u.pts - v.firstPTS, At: u.at, Key: key, Data: data})
	}
	if v.decoder == nil {
		v.signs++
		return
	}
	if err := v.decoder.Decode(data, u.at.Sub(v.base), v.show); err != nil {
		v.failed, v.damaged = err, true
		v.lost++
	}
}

// show delivers one decoded picture, unless it comes sooner after the last one
// than is wanted.
func (v *viewer) show(p *codec.Picture) {
	v.signs++
	at := v.base.Add(p.PTS)
	// Exposures step back a little with the first sender report; further back the
	// clock was set.
	if apart := at.Sub(v.shown); v.d.every > 0 && !v.shown.IsZero() && apart < v.d.every-v.d.every/8 && apart > -time.Second {
		v.damaged = v.damaged || p.Damaged
		return
	}
	v.shown = at
	f := v.d.pool.Get(p.Width, p.Height, camera.RGB)
	if err := p.RGB(f.Pix); err != nil {
		f.Release()
		v.failed, v.damaged = err, true
		v.lost++
		return
	}
	v.damaged = v.damaged || p.Damaged
	v.seq++
	f.Camera, f.Seq, f.At, f.Damaged, f.Dropped = v.d.id, v.seq, at, v.damaged, v.lost
	v.lost, v.failed = 0, nil
	v.sink.Frame(f)
}

// look keeps parameter sets and says whether the unit is a key picture and
// whether it brings its own sets.
func (v *viewer) look(nalus [][]byte) (key, sets bool) {
	for _, n := range nalus {
		if len(n) == 0 {
			continue
		}
		switch n[0] & 0x1f {
		case idr:
			key = true
		case h264parser.NALU_SPS, h264parser.NALU_PPS:
			sets = v.keep(n) || sets
		}
	}
	return key, sets
}

// keep remembers a parameter set. One that makes no sense is not kept.
func (v *viewer) keep(nalu []byte) bool {
	if len(nalu) == 0 {
		return false
	}
	if nalu[0]&0x1f == h264parser.NALU_PPS {
		v.pps = nalu
		return true
	}
	if nalu[0]&0x1f != h264parser.NALU_SPS || !sound(nalu) {
		return false
	}
	v.sps = nalu
	return true
}

// sound reports whether a sequence parameter set can be read and describes a
// picture. The parser panics on some that are cut short.
func sound(sps []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	info, err := h264parser.ParseSPS(sps)
	return err == nil && info.Width > 0 && info.Height > 0 && info.Width <= 16384 && info.Height <= 16384
}

// annexB joins the unit's parts, with the parameter sets before them if asked:
// a clip must be able to begin at any key picture.
func (v *viewer) annexB(nalus [][]byte, sets bool) []byte {
	if sets {
		nalus = append([][]byte{v.sps, v.pps}, nalus...)
	}
	size := 0
	for _, n := range nalus {
		size += 4 + len(n)
	}
	data := make([]byte, 0, size)
	for _, n := range nalus {
		data = append(append(data, 0, 0, 0, 1), n...)
	}
	return data
}

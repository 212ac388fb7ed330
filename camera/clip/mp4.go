package clip

import (
	"fmt"
	"io"
	"math"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/pmp4"

	"linesman/camera"
)

// maxBytes bounds one file: its places in the file are numbers of 32 bits.
const maxBytes = 1<<32 - 1<<24

// Write writes packets, in the order in which the camera sent them, as one MP4
// file (ISO/IEC 14496-12, -15): index first, so that it plays while it loads.
// The times from picture to picture are the stream's own; where nothing came
// the picture before stands. The exposure of the first picture is in the file
// twice: as creation time, whole seconds, and to the microsecond as its date.
//
// The packets must be a section (see Sections). Nothing is written if they are
// refused. They are read while writing, not copied.
func Write(w io.Writer, packets []*camera.Packet) (Made, error) {
	t, made, err := trackOf(packets)
	if err != nil {
		return Made{}, err
	}
	stamp := &stamper{w: w, at: made.From, camera: string(packets[0].Camera)}
	if err := marshal(pmp4.Presentation{Tracks: []*pmp4.Track{t}}, stamp); err != nil {
		return Made{}, fmt.Errorf("camera %s: write the clip of %s: %w", packets[0].Camera, made.From.UTC().Format(dateForm), err)
	}
	return made, nil
}

// marshal takes a panic of the library for an error: what it is given comes from
// a camera.
func marshal(p pmp4.Presentation, w io.Writer) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: its parameter sets can not be read (%v)", ErrStream, r)
		}
	}()
	return p.Marshal(w)
}

// trackOf lays out the file's one track.
func trackOf(packets []*camera.Packet) (*pmp4.Track, Made, error) {
	have, err := soundSection(packets)
	if err != nil {
		return nil, Made{}, err
	}
	head := packets[0]
	width, height, err := have.size(head.Codec)
	if err != nil {
		return nil, Made{}, fmt.Errorf("%w: camera %s: %w", ErrStream, head.Camera, err)
	}
	packets, sizes := shown(packets, have)
	if len(packets) == 0 || !packets[0].Key {
		return nil, Made{}, fmt.Errorf("%w: camera %s: the key picture has parameter sets and no picture", ErrStream, head.Camera)
	}
	times := timesOf(packets)
	back := times.show[0] - times.decode[0]
	for i := range times.show {
		back = min(back, times.show[i])
	}
	if end := times.decode[len(times.decode)-1] + times.last + back; end > math.MaxInt32 {
		return nil, Made{}, fmt.Errorf("%w: camera %s: %v is too long for one file; cut less", ErrStream, head.Camera, packets[len(packets)-1].At.Sub(head.At))
	}
	t := &pmp4.Track{ID: 1, TimeScale: scale, TimeOffset: -int32(back), Codec: have.track(head.Codec)}
	made := Made{Frames: len(packets), Width: width, Height: height, Codec: head.Codec}
	var total int64
	first, last := 0, 0
	for i, p := range packets {
		lasts := times.lasts(i)
		if i == len(packets)-1 {
			lasts += back // what is shown later than decoded has its time too
		}
		t.Samples = append(t.Samples, &pmp4.Sample{
			Duration: uint32(lasts), PTSOffset: int32(times.show[i] - times.decode[i]), IsNonSyncSample: !p.Key,
			PayloadSize: uint32(sizes[i]), GetPayload: func() ([]byte, error) { return counted(p, have, sizes[i]), nil },
		})
		total += int64(sizes[i])
		if times.show[i] < times.show[first] {
			first = i
		}
		if times.show[i] >= times.show[last] {
			last = i
		}
	}
	if total > maxBytes {
		return nil, Made{}, fmt.Errorf("%w: camera %s: %d bytes are too many for one file; cut less", ErrStream, head.Camera, total)
	}
	made.From, made.To = packets[first].At, packets[last].At
	return t, made, nil
}

// soundSection refuses what is no section, and returns its parameter sets.
func soundSection(packets []*camera.Packet) (sets, error) {
	if len(packets) == 0 {
		return sets{}, fmt.Errorf("%w: there are none; the camera sent nothing in that time", ErrStream)
	}
	head := packets[0]
	if !head.Key {
		return sets{}, fmt.Errorf("%w: camera %s: the first is no key picture; cut from one", ErrStream, head.Camera)
	}
	have := setsOf(head.Codec, head.Data)
	for i, p := range packets {
		if err := known(p); err != nil {
			return sets{}, err
		}
		if p.Codec != head.Codec {
			return sets{}, fmt.Errorf("%w: camera %s changed from %s to %s at picture %d; write each of its Sections", ErrStream, head.Camera, head.Codec, p.Codec, i+1)
		}
		if p.Key && changed(have, setsOf(p.Codec, p.Data)) {
			return sets{}, fmt.Errorf("%w: camera %s changed its picture's parameters at picture %d; write each of its Sections", ErrStream, head.Camera, i+1)
		}
	}
	if !have.whole(head.Codec) {
		return sets{}, fmt.Errorf("%w: camera %s: its key picture brings no parameter sets, without which nothing can show it; restart the camera", ErrStream, head.Camera)
	}
	return have, nil
}

// track describes the stream to a player.
func (s sets) track(codec string) codecs.Codec {
	if codec == H264 {
		return &codecs.H264{SPS: s.sequence, PPS: s.picture}
	}
	return &codecs.H265{VPS: s.video, SPS: s.sequence, PPS: s.picture}
}

// shown leaves out packets without a picture, and returns how large the others
// are in the file.
func shown(packets []*camera.Packet, have sets) (kept []*camera.Packet, sizes []int) {
	kept, sizes = make([]*camera.Packet, 0, len(packets)), make([]int, 0, len(packets))
	for _, p := range packets {
		size := 0
		for unit := range units(p.Data) {
			if !have.holds(unit) {
				size += 4 + len(unit)
			}
		}
		if size > 0 {
			kept, sizes = append(kept, p), append(sizes, size)
		}
	}
	return kept, sizes
}

// counted is a packet's data as a file has it: each unit after its length. The
// sets that the file begins with are left out.
func counted(p *camera.Packet, have sets, size int) []byte {
	out := make([]byte, 0, size)
	for unit := range units(p.Data) {
		if have.holds(unit) {
			continue
		}
		n := len(unit)
		out = append(append(out, byte(n>>24), byte(n>>16), byte(n>>8), byte(n)), unit...)
	}
	return out
}

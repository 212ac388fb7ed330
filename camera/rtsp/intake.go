package rtsp

import (
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph264"
	"github.com/pion/rtp"
)

// unitQueue is how many access units wait for the decoder. When it is full,
// units are lost and counted: the picture is damaged until the next key one.
const unitQueue = 64

// agreed is by how much a camera's clock may run behind ours (its pictures are
// that old when they arrive) for its exposure times to be believed, and ahead
// how much it may be ahead of us.
const (
	agreed = 5 * time.Second
	ahead  = 100 * time.Millisecond
)

// unit is one access unit as it came: the data of one picture.
type unit struct {
	nalus [][]byte
	pts   time.Duration // by the stream's clock
	at    time.Time     // exposure
	lost  uint64        // pictures or packets known to be lost before it
}

// intake puts packets together to access units. It belongs to the client's
// reading goroutine, apart from its channels.
type intake struct {
	client *gortsplib.Client
	media  *description.Media
	clock  int
	decode *rtph264.Decoder
	units  chan unit
	broken chan error // what a packet did to us, at most one

	started bool
	next    uint16
	lost    uint64

	stamp uint32 // of the last packet
	ticks int64  // of the stream's clock since the first packet; may step back
}

func newIntake(client *gortsplib.Client, media *description.Media, h264 *format.H264) (*intake, error) {
	decode, err := h264.CreateDecoder()
	if err != nil {
		return nil, fmt.Errorf("its H.264 can not be unpacked: %w", err)
	}
	return &intake{client: client, media: media, clock: h264.ClockRate(), decode: decode,
		units: make(chan unit, unitQueue), broken: make(chan error, 1)}, nil
}

// packet takes one RTP packet.
func (in *intake) packet(p *rtp.Packet) {
	defer func() {
		if r := recover(); r != nil {
			select {
			case in.broken <- fmt.Errorf("a packet broke the reader (%v); please report this", r):
			default:
			}
		}
	}()
	if in.started && p.SequenceNumber != in.next {
		in.lost += uint64(p.SequenceNumber - in.next)
	}
	if in.started {
		in.ticks += int64(int32(p.Timestamp - in.stamp)) // over the rollover, either way
	}
	in.started, in.next, in.stamp = true, p.SequenceNumber+1, p.Timestamp

	nalus, err := in.decode.Decode(p)
	switch {
	case errors.Is(err, rtph264.ErrMorePacketsNeeded), errors.Is(err, rtph264.ErrNonStartingPacketAndNoPrevious):
		return
	case err != nil:
		in.lost++
		return
	}
	// Not by the client's PacketPTS: it begins with a packet that holds the start of
	// a key picture, and what is seen here is a unit's last one.
	u := unit{nalus: nalus, at: in.exposure(p), lost: in.lost, pts: time.Duration(float64(in.ticks) / float64(in.clock) * float64(time.Second))}
	select {
	case in.units <- u:
		in.lost = 0
	default:
		in.lost++
	}
}

// exposure returns when the packet's picture was exposed, with a monotonic
// reading: by the camera's sender reports where they are there and its clock
// agrees with ours, else now.
func (in *intake) exposure(p *rtp.Packet) time.Time {
	now := time.Now()
	ntp, ok := in.client.PacketNTP(in.media, p)
	if !ok {
		return now
	}
	age := time.Duration(now.UnixNano() - ntp.UnixNano())
	if age > agreed || age < -ahead {
		return now
	}
	return now.Add(-age)
}

package rtsp

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/pion/rtp"

	"linesman/camera/codec"
)

const (
	// unitQueue is how many access units wait for the decoder, and maxQueued how
	// many bytes they may have. When it is full, units are lost and counted: the
	// picture is damaged until the next key one.
	unitQueue = 64
	maxQueued = 16 << 20
	// packetCost is what a packet takes beside its bytes.
	packetCost = 64
)

// agreed is by how much a camera's clock may run behind ours (its pictures are
// that old when they arrive) for its exposure times to be believed, and ahead
// how much it may be ahead of us.
const (
	agreed = 5 * time.Second
	ahead  = 100 * time.Millisecond
)

// errTooLong is returned for a picture that never comes to its end.
var errTooLong = errors.New("a picture of too many bytes")

// unit is one access unit as it came: the data of one picture.
type unit struct {
	nalus [][]byte
	size  int           // of its packets, in bytes
	pts   time.Duration // by the stream's clock
	at    time.Time     // exposure
	lost  uint64        // pictures or packets known to be lost before it
}

// intake puts packets together to access units. It belongs to the client's
// reading goroutine, apart from its channels and what take touches.
type intake struct {
	client *gortsplib.Client
	media  *description.Media
	with   coding
	unpack unpack
	units  chan unit
	queued atomic.Int64 // bytes in units
	broken chan error   // what a packet did to us, at most one

	started bool
	next    uint16
	lost    uint64
	held    int // bytes of packets since the last access unit

	stamp uint32 // of the last packet
	ticks int64  // of the stream's clock since the first packet; may step back
}

func newIntake(client *gortsplib.Client, media *description.Media, with coding) (*intake, error) {
	unpack, err := with.unpacker()
	if err != nil {
		return nil, err
	}
	return &intake{client: client, media: media, with: with, unpack: unpack,
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

	nalus, size, err := in.join(p)
	switch {
	case err != nil:
		in.lost++
		return
	case nalus == nil:
		return
	}
	// Not by the client's PacketPTS: it begins with a packet that holds the start of
	// a key picture, and what is seen here is a unit's last one.
	pts := time.Duration(float64(in.ticks) / float64(in.with.format().ClockRate()) * float64(time.Second))
	in.put(unit{nalus: nalus, size: size, at: in.exposure(p), lost: in.lost, pts: pts})
}

// join returns the access unit that the packet completes and the size of its
// packets. The library counts what packets carry, which need not be anything:
// here counts what they take, and a picture that takes too much is given up.
func (in *intake) join(p *rtp.Packet) (nalus [][]byte, size int, err error) {
	in.held += p.MarshalSize() + packetCost
	if in.held > codec.MaxUnit {
		in.held = 0
		if in.unpack, err = in.with.unpacker(); err != nil {
			return nil, 0, err
		}
		return nil, 0, errTooLong
	}
	if nalus, err = in.unpack(p); err != nil || nalus == nil {
		return nil, 0, err
	}
	size, in.held = in.held, 0
	return nalus, size, nil
}

// put queues a unit, if there is room.
func (in *intake) put(u unit) {
	if in.queued.Load()+int64(u.size) > maxQueued {
		in.lost++
		return
	}
	in.queued.Add(int64(u.size)) // before it can be taken
	select {
	case in.units <- u:
		in.lost = 0
	default:
		in.queued.Add(int64(-u.size))
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

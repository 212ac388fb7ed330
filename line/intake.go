package line

import (
	"sync/atomic"
	"time"

	"linesman/camera"
)

// intake gives the frames of one view their places in line. Its fields belong
// to the camera's goroutine.
type intake struct {
	index  int
	view   *View
	ticket uint64
	lost   atomic.Uint64
	// watched is the exposure of the last frame given to the eyes.
	watched time.Time
}

// job is one frame on its way to a worker.
type job struct {
	view   int
	ticket uint64
	frame  *camera.Frame
	watch  bool // by the eyes, once it is judged
}

type sink struct {
	s  *Station
	in *intake
}

// Frame hands one frame to the workers. It never blocks: with every worker
// busy and the queue full, the frame goes on unlooked at, so that its tick
// range is known to be blind.
func (k *sink) Frame(f *camera.Frame) {
	k.in.ticket++
	j := job{k.in.index, k.in.ticket, f, k.in.due(f, k.s.eyes.watch.Every)}
	k.s.backlog.Add(1)
	select {
	case k.s.jobs <- j:
		return
	default:
	}
	select {
	case k.s.looked <- looked{job: j, look: look{missing: "no worker was free: the frames come faster than they can be looked at"}}:
	default:
		// The owner itself is behind. The frame's place stays empty; the owner
		// names it when the controller's trigger finds no frame.
		k.in.ticket--
		k.in.lost.Add(1)
		k.s.backlog.Add(-1)
		f.Release()
	}
}

// Packet is not used by an inspection line.
func (k *sink) Packet(*camera.Packet) {}

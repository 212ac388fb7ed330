package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/line"
	"linesman/part"
)

// newest keeps a camera's last frame for whoever wants to show it.
type newest struct {
	mu    sync.Mutex // held for the exchange of a pointer
	frame *camera.Frame
}

var _ camera.Sink = (*newest)(nil)

// Frame takes the place of the frame before.
func (n *newest) Frame(f *camera.Frame) {
	n.mu.Lock()
	old := n.frame
	n.frame = f
	n.mu.Unlock()
	if old != nil {
		old.Release()
	}
}

// Packet is not kept.
func (n *newest) Packet(*camera.Packet) {}

// hold returns the last frame with a hold of its own, nil if there is none.
func (n *newest) hold() *camera.Frame {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.frame == nil {
		return nil
	}
	return n.frame.Retain()
}

// drop gives the last frame back.
func (n *newest) drop() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.frame != nil {
		n.frame.Release()
		n.frame = nil
	}
}

// openBeside opens the cameras that no line judges by: they are watched and
// shown.
func (a *appliance) openBeside() error {
	for _, id := range a.site.CameraIDs() {
		if a.cameras[id] != nil {
			continue
		}
		driver, err := openCamera(id, a.site.Cameras[id])
		if err != nil {
			return err
		}
		last := &newest{}
		a.beside = append(a.beside, id)
		a.newest[id] = last
		a.supervise(id, driver, camera.Watch{Moving: a.anyBeltMoves}, last, func(camera.State) {})
	}
	return nil
}

// anyBeltMoves reports whether a camera beside the lines must see something
// move.
func (a *appliance) anyBeltMoves() bool {
	for _, s := range a.stations {
		if s.BeltMoving() {
			return true
		}
	}
	return false
}

// owing returns whether the line's camera owes a frame: a trigger has fired and
// its frame is on its way, or none has come since one was given up. It is for
// one goroutine.
func owing(status func() line.Status) func() bool {
	var received, blind uint64
	return func() bool {
		l := status().Ledger
		if l.FramesReceived != received {
			received, blind = l.FramesReceived, l.Blind
		}
		return l.Exposing > 0 || l.Blind > blind
	}
}

// supervise keeps one camera running and logs what it does.
func (a *appliance) supervise(id part.CameraID, driver camera.Driver, w camera.Watch, sink camera.Sink, told func(camera.State)) {
	source, was := "/"+a.site.Name+"/camera/"+string(id), ""
	sup := camera.NewSupervisor(id, driver, w, a.log, func(s camera.State) {
		told(s)
		a.ring.Emit(event.New(source, string(id), time.Now(), event.CameraState{Camera: string(id), State: s.Status.String(), Was: was, Why: s.Error,
			Frames: s.Frames, Dropped: s.Dropped, Damaged: s.Damaged}))
		was = s.Status.String()
	})
	a.cameras[id] = sup
	a.work = append(a.work, func(ctx context.Context) error {
		if err := sup.Run(ctx, sink); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		return nil
	})
}

// besideStates are the states of the cameras beside the lines.
func (a *appliance) besideStates() []camera.State {
	all := make([]camera.State, 0, len(a.beside))
	for _, id := range slices.Concat(a.site.WatchIDs(), a.beside) {
		all = append(all, a.cameras[id].State())
	}
	return all
}

// latest returns the newest frame of a camera beside the lines, held once, or
// nil. Those of safety cameras come with faces veiled.
func (a *appliance) latest(id part.CameraID) *camera.Frame {
	if a.watching != nil && a.watching.stations[id] != nil {
		return a.watching.stations[id].Shown()
	}
	if n := a.newest[id]; n != nil {
		return n.hold()
	}
	return nil
}

// status returns every line's status, its cameras' counters as they are now.
func (a *appliance) status() []line.Status {
	var all []line.Status
	for _, id := range a.site.LineIDs() {
		st := a.stations[id].Status()
		// The line hears of changes only; the counters are the supervisor's.
		st.Cameras = st.Cameras[:0]
		for _, v := range a.site.Lines[id].Views {
			st.Cameras = append(st.Cameras, a.cameras[v.Camera].State())
		}
		all = append(all, st)
	}
	return all
}

// shots subscribes to a line's judged frames.
func (a *appliance) shots(id part.LineID) (<-chan line.Shot, func(), error) {
	s, ok := a.stations[id]
	if !ok {
		return nil, nil, fmt.Errorf("line %q is not among %v", id, a.site.LineIDs())
	}
	shots, stop := s.Watch()
	return shots, stop, nil
}

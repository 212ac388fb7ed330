package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/part"
)

// WatchPicture is a safety camera's newest picture with who is in it, in one
// message, so that no box can fall out of step with its picture. Faces are
// veiled unless the site file shows them.
type WatchPicture struct {
	Picture
	Tracks []WatchTrack `json:"tracks" doc:"who is followed, in this picture"`
	Sights []WatchSight `json:"sights" doc:"fire and smoke that is believed"`
}

func (s *server) registerWatchesLive(a huma.API) {
	op := streaming(a, get("/watches/live", "watches-live", "The safety cameras as they see: state twice a second, pictures with who is in them"),
		map[string]any{"state": Watched{}, "picture": WatchPicture{}})
	huma.Register(a, op, func(context.Context, *struct{}) (*huma.StreamResponse, error) {
		if s.Watches == nil {
			return nil, huma.Error404NotFound("this site watches nothing: watches of the site file names its safety cameras")
		}
		return &huma.StreamResponse{Body: s.viewWatches}, nil
	})
}

// viewWatches writes whatever is newest until the viewer leaves.
func (s *server) viewWatches(h huma.Context) {
	box := s.safety.enter()
	defer s.safety.leave(box)
	out := open(h)
	for {
		select {
		case <-h.Context().Done():
			return
		case <-box.ready:
		}
		for _, m := range box.take() {
			if err := out.send("", m.name, m.data); err != nil {
				s.Logger.Debug("a viewer of the safety cameras left", "err", err)
				return
			}
		}
	}
}

// watchRoom shows the safety cameras to all who watch them.
type watchRoom struct {
	room
	server *server
}

func newWatchRoom(s *server) *watchRoom {
	w := &watchRoom{server: s}
	w.room = room{run: w.run, log: s.Logger, viewers: map[*mailbox]bool{}}
	return w
}

// wideUpTo is how many cameras are shown as wide as a line's picture; of more,
// each is shown as wide as a picture beside a line.
const wideUpTo = 2

// run is the room's goroutine.
func (w *watchRoom) run(ctx context.Context) {
	s := w.server
	frames := time.NewTicker(time.Duration(float64(time.Second) / s.LiveFPS))
	defer frames.Stop()
	states := time.NewTicker(stateEvery)
	defer states.Stop()
	width := s.LiveWidth
	if len(s.Watches.Statuses()) > wideUpTo {
		width = min(width, besideWidth)
	}
	sights := &watchSights{server: s, encoder: pictures{width: width}, shown: map[part.CameraID]uint64{}}
	w.show("state", "state", s.watchedNow())
	for {
		select {
		case <-ctx.Done():
			return
		case <-frames.C:
			for _, p := range sights.fresh() {
				w.show("picture "+p.Camera, "picture", p)
			}
		case <-states.C:
			w.show("state", "state", s.watchedNow())
		}
	}
}

// watchSights makes the pictures that have come. It belongs to one goroutine.
type watchSights struct {
	server  *server
	encoder pictures
	shown   map[part.CameraID]uint64 // seq of the last frame shown
}

// fresh returns the pictures that have come since it was last asked. A camera
// without a new frame sends none: an old picture is never sent as new.
func (w *watchSights) fresh() []WatchPicture {
	var out []WatchPicture
	for _, st := range w.server.Watches.Statuses() {
		p, err := w.one(st.Camera)
		switch {
		case errors.Is(err, errNothingNew):
		case err != nil:
			w.server.Logger.Warn("a frame can not be shown", "camera", st.Camera, "err", err)
		default:
			out = append(out, p)
		}
	}
	return out
}

var errNothingNew = errors.New("nothing new")

// one is a camera's newest picture with who is in it.
func (w *watchSights) one(id part.CameraID) (out WatchPicture, err error) {
	v, ok := w.server.Watches.View(id)
	if !ok || v.Frame == nil {
		return out, errNothingNew
	}
	defer v.Frame.Release()
	if w.shown[id] == v.Frame.Seq {
		return out, errNothingNew
	}
	// What everybody may see is asked for apart; a newer frame in between is
	// shown the next time, with its own tracks.
	f := w.server.Latest(id)
	if f == nil {
		return out, errNothingNew
	}
	defer f.Release()
	if f.Seq != v.Frame.Seq {
		return out, errNothingNew
	}
	w.shown[id] = f.Seq
	jpeg, err := w.encoder.encode(f)
	if err != nil {
		return out, fmt.Errorf("frame %d: %w", f.Seq, err)
	}
	out.Picture = Picture{Camera: string(id), Seq: f.Seq, At: f.At.UTC(), Width: f.Width, Height: f.Height, JPEG: jpeg}
	seen := Watch{Tracks: []WatchTrack{}, Sights: []WatchSight{}}
	if v.Scene != nil {
		tracks(&seen, v.Scene)
	}
	out.Tracks, out.Sights = seen.Tracks, seen.Sights
	stamp(&out.Now, &out.AgeMS, f.At)
	return out, nil
}

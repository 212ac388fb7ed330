package api

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"linesman/line"
	"linesman/part"
)

// galleries are the rooms in which viewers watch, one a line.
type galleries struct {
	config *Config
	mu     sync.Mutex
	byLine map[part.LineID]*gallery
}

// of returns the line's gallery.
func (g *galleries) of(id part.LineID) *gallery {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.byLine[id] == nil {
		in := &gallery{config: g.config, id: id}
		in.room = room{run: in.run, late: in.showLast, log: g.config.Logger.With("line", id), viewers: map[*mailbox]bool{}}
		g.byLine[id] = in
	}
	return g.byLine[id]
}

// gallery shows one line to all who watch it.
type gallery struct {
	room
	config *Config
	id     part.LineID
	last   *Shot // the last judged frame shown, for those who come after it; mu guards it
}

// showLast gives a viewer who came late the last picture, with its true age: a
// line that stands still shows what it saw last, and says when. Call with mu
// held.
func (g *gallery) showLast(box *mailbox) {
	if g.last == nil {
		return
	}
	shot := *g.last
	stamp(&shot.Now, &shot.AgeMS, shot.At)
	if data, err := json.Marshal(shot); err == nil {
		box.put("shot", message{"shot", data})
	}
}

// stamp says when a message is sent and how old its content is by then.
func stamp(now *time.Time, age *int64, at time.Time) {
	t := time.Now()
	*now, *age = t.UTC(), max(t.Sub(at).Milliseconds(), 0)
}

const (
	stateEvery   = 500 * time.Millisecond
	besideWidth  = 640 // pixels across a picture beside the line, at most
	retryLogSoon = 2 * time.Second
)

// run is the gallery's goroutine.
func (g *gallery) run(ctx context.Context) {
	history := newHistory(g.config, g.id)
	followed := make(chan struct{})
	go func() { defer close(followed); history.follow(ctx) }()
	defer func() { <-followed }()

	shots, stop, err := g.config.Shots(g.id)
	if err != nil {
		g.config.Logger.Error("no live pictures", "line", g.id, "err", err)
		stop = func() {}
	}
	defer stop()
	var pending *line.Shot
	defer func() {
		if pending != nil {
			pending.Frame.Release()
		}
	}()

	frames := time.NewTicker(time.Duration(float64(time.Second) / g.config.LiveFPS))
	defer frames.Stop()
	states := time.NewTicker(stateEvery)
	defer states.Stop()
	judgedFrames, beside := &pictures{width: g.config.LiveWidth}, newBeside(g.config)

	g.mu.Lock()
	for box := range g.viewers {
		g.showLast(box)
	}
	g.mu.Unlock()
	g.showState(history)
	for {
		select {
		case <-ctx.Done():
			return
		case s, ok := <-shots:
			if !ok {
				shots = nil
				continue
			}
			pending = better(pending, s)
		case <-frames.C:
			if pending != nil {
				g.showShot(judgedFrames, *pending)
				pending.Frame.Release()
				pending = nil
			}
			for _, p := range beside.fresh() {
				g.show("picture "+p.Camera, "picture", p)
			}
		case <-states.C:
			g.showState(history)
		}
	}
}

// better keeps one of the shots that came between two pictures: the newest, but
// never one without a reject in place of one with.
func better(have *line.Shot, s line.Shot) *line.Shot {
	if have == nil {
		return &s
	}
	if abnormal(*have) && !abnormal(s) {
		s.Frame.Release()
		return have
	}
	have.Frame.Release()
	return &s
}

func abnormal(s line.Shot) bool {
	for _, m := range s.Parts {
		if m.Outcome != part.Pass {
			return true
		}
	}
	return false
}

func (g *gallery) showShot(p *pictures, s line.Shot) {
	f := s.Frame
	picture, err := p.encode(f)
	if err != nil {
		g.config.Logger.Warn("a frame can not be shown", "line", g.id, "camera", f.Camera, "err", err)
		return
	}
	shot := Shot{
		Line: string(g.id), Camera: string(f.Camera), Seq: f.Seq, At: f.At.UTC(), Width: f.Width, Height: f.Height,
		JPEG: picture, Marks: make([]Mark, 0, len(s.Parts)),
	}
	for _, m := range s.Parts {
		shot.Marks = append(shot.Marks, wireMark(m))
	}
	stamp(&shot.Now, &shot.AgeMS, f.At)
	g.mu.Lock()
	g.last = &shot
	g.mu.Unlock()
	g.show("shot", "shot", shot)
}

func (g *gallery) showState(h *history) {
	now := time.Now()
	state := State{Now: now.UTC(), Cameras: wireCameras(g.config.Cameras())}
	state.Strip, state.Rejects = h.now()
	for _, l := range g.config.Lines() {
		if l.Line == g.id {
			state.Line = wireLine(l, now)
		}
	}
	g.show("state", "state", state)
}

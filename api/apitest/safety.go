package apitest

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"linesman/alarm"
	"linesman/api"
	"linesman/camera"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
	"linesman/vision"
	"linesman/vision/tamper"
	"linesman/watch"
)

// The safety cameras of the scenes Safety and Flood.
const (
	yard = part.CameraID("yard")
	dock = part.CameraID("loading-dock-north-2")
)

// Safety has what a plant of its own has for its safety cameras: people who are
// drawn, and a desk over the plant's log with alarms in every state.
type Safety struct {
	plant  *Plant
	desk   *alarm.Desk
	phones *alarm.Phones
	places map[part.CameraID]*scene.Settings
	frames map[part.CameraID]*camera.Frame
	began  time.Time
	pillar string // sha256 of the picture of what is withheld; of the plant's mu
}

// newSafety returns the cameras and the desk, which Run starts.
func newSafety(p *Plant) *Safety {
	s := &Safety{plant: p, phones: alarm.NewPhones(), frames: map[part.CameraID]*camera.Frame{}, began: time.Now(), places: map[part.CameraID]*scene.Settings{
		yard: {Zones: map[string]scene.Zone{
			"crane":   {Polygon: [][]float64{{0.35, 0.45}, {0.75, 0.45}, {0.85, 0.95}, {0.3, 0.95}}},
			"walkway": {Polygon: [][]float64{{0.02, 0.5}, {0.25, 0.5}, {0.25, 0.95}, {0.02, 0.95}}},
		}, Lines: map[string]scene.Line{"gate": {Points: [][]float64{{0.05, 0.4}, {0.95, 0.4}}, In: "down"}}},
		dock: {Zones: map[string]scene.Zone{"ramp where lorries turn": {Polygon: [][]float64{{0.1, 0.3}, {0.9, 0.3}, {0.9, 0.9}, {0.1, 0.9}}}}},
	}}
	for _, set := range s.places {
		must(set.Validate())
	}
	set := &alarm.Settings{
		Channels: map[string]alarm.Channel{"page": {Driver: "page"}, "push": {Driver: "webpush"}},
		People: map[string]*alarm.Person{
			"li":   {Name: "Li Wei", Reach: map[string]string{"page": "", "push": ""}},
			"gate": {Name: "Gate house, north side, two people by day", Reach: map[string]string{"page": ""}},
		},
		Rosters: []alarm.Roster{{Name: "all", Duty: []alarm.Duty{{Who: []string{"li", "gate"}}}, Steps: []alarm.Step{{By: []string{"page"}}}}},
	}
	must(set.Validate())
	var err error
	s.desk, err = alarm.New(alarm.Config{Settings: set, Site: "demo", Log: &p.Log, Deliverers: map[string]alarm.Deliverer{"page": s.phones, "push": pushed{}}, Key: make([]byte, 32)})
	must(err)
	for _, a := range []struct {
		event.NotifyReceived
		ago time.Duration
	}{
		{event.NotifyReceived{Recipient: "li", Channel: "push", Device: "7f3a90c2", Seconds: 1.3}, 3 * time.Hour},
		{event.NotifyReceived{Recipient: "li", Channel: "page", Device: "5d41402a-bc4b-2a76", Seconds: 0.4, Drill: true}, 26 * time.Hour},
	} {
		_, err := p.Log.Append(context.Background(), []event.Event{event.New("/demo", "alarms", time.Now().Add(-a.ago), a.NotifyReceived)})
		must(err)
	}
	return s
}

// pushed are two devices of one recipient, that no push service is asked for.
type pushed struct{}

func (pushed) Deliver(context.Context, alarm.Notice) (alarm.Proof, error) { return alarm.Taken, nil }
func (pushed) Proves() bool                                               { return true }
func (pushed) PublicKey() string                                          { return "" }
func (pushed) Subscribe(string, alarm.Subscription) (device string, err error) {
	return "7f3a90c2", nil
}
func (pushed) Unsubscribe(string, string) error { return nil }

func (pushed) Devices(recipient string) []string {
	if recipient != "li" {
		return nil
	}
	return []string{"7f3a90c2", "b81e04dd"}
}

// must is for what this package wrote itself.
func must(err error) {
	if err != nil {
		panic("apitest: " + err.Error())
	}
}

// config adds what api.New is to be given.
func (s *Safety) config(c *api.Config) {
	c.Watches, c.Alarms, c.Phones, c.Push, c.SecondLooks = s, s.desk, s.phones, pushed{}, secondLooks{s}
	line := c.Latest
	c.Latest = func(id part.CameraID) *camera.Frame {
		if v, ok := s.View(id); ok {
			return v.Frame
		}
		return line(id)
	}
}

// run works until ctx ends.
func (s *Safety) run(ctx context.Context) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.desk.Run(ctx); err != nil && ctx.Err() == nil {
			panic("apitest: " + err.Error())
		}
	}()
	defer func() { <-ended }()
	if err := s.raise(ctx); err != nil && ctx.Err() == nil {
		panic("apitest: " + err.Error())
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for n := uint64(1); ; n++ {
		s.look(n)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// raise puts alarms of every state on the board; in a flood two hundred more.
func (s *Safety) raise(ctx context.Context) error {
	standing := map[string]string{}
	for _, r := range []alarm.Raise{
		{Key: "watch/fire or smoke/yard", Camera: string(yard), Severity: event.Critical, Text: "fire is seen", WhatTo: "Look at the picture; if it burns, raise the fire alarm by hand."},
		{Key: "watch/person under the crane/yard", Camera: string(yard), Zone: "crane", Severity: event.High, Text: "person under the crane while it may move: person 4 in zone crane, 1.4 m from zone hook; person 7 in zone crane", WhatTo: "Stop the crane. Nobody goes on before the slinger has seen all of them leave."},
		{Key: "watch/no helmet/yard/person 7", Camera: string(yard), Zone: "walkway", Severity: event.Medium, Text: "person without a helmet", WhatTo: "Put a helmet on."},
		{Key: "watch/camera sees nothing/" + string(dock), Camera: string(dock), Severity: event.High, Text: "the camera is down", WhatTo: "Go to the camera."},
		{Key: "watch/too long at the dock/" + string(dock), Camera: string(dock), Zone: "ramp where lorries turn", Severity: event.Low, Text: "挡道的货物：托盘在装卸区停留超过五分钟", WhatTo: "请清理通道。"},
		{Key: "watch/no vest/yard/person 3", Camera: string(yard), Severity: event.Medium, Text: "person without a vest", WhatTo: "Put a vest on."},
		{Key: "line/tablets-1/held", From: "line/tablets-1", Line: "tablets-1", Severity: event.High, Text: "tablets-1 is held: gates in reject: ejection not confirmed", WhatTo: "clear the cause, then release: the controller's button or linesman line release"},
	} {
		if r.From == "" {
			r.From = "watch/" + r.Camera
		}
		id, err := s.desk.Raise(ctx, r)
		if err != nil {
			return err
		}
		standing[r.Key] = id
	}
	if err := s.desk.Acknowledge(ctx, standing["watch/camera sees nothing/"+string(dock)], "user:eva", "the electrician is on the way"); err != nil {
		return err
	}
	if err := s.desk.Clear(ctx, "line/tablets-1/held", "released", "system", ""); err != nil {
		return err
	}
	if err := s.desk.Shelve(ctx, "watch/too long at the dock/"+string(dock), time.Now().Add(2*time.Hour), "lorry with a broken lift, until the fitter is done", "user:li"); err != nil {
		return err
	}
	if err := s.desk.Suppress(ctx, "stocktaking", []string{"watch/no vest/*"}, "visitors wear none", "system", ""); err != nil {
		return err
	}
	if s.plant.scene != Flood {
		return nil
	}
	for i := range 200 {
		text := fmt.Sprintf("person %d in the zone where nobody may be while the conveyor between hall 3 and the north loading dock runs", i)
		if _, err := s.desk.Raise(ctx, alarm.Raise{Key: fmt.Sprintf("watch/in the zone/yard/person %d", i), From: "watch/yard", Camera: string(yard), Zone: "walkway", Severity: event.Severity(1 + i%3), Text: text, WhatTo: "Leave the zone."}); err != nil {
			return err
		}
	}
	return nil
}

// look draws the yard as it is now. The dock's camera is down.
func (s *Safety) look(n uint64) {
	f := walkers(s.plant.pool, yard, n)
	f.At = time.Now()
	s.plant.mu.Lock()
	defer s.plant.mu.Unlock()
	if old := s.frames[yard]; old != nil {
		old.Release()
	}
	s.frames[yard] = f
}

// walkers draws a yard with two people who go to and fro.
func walkers(pool *camera.Pool, id part.CameraID, n uint64) *camera.Frame {
	const w, h = 640, 360
	f := pool.Get(w, h, camera.RGB)
	f.Camera, f.Seq = id, n
	for y := range h {
		for x := range w {
			v := 70 + float64(y)/4
			if y < 130 {
				v = 120 - float64(y)/4
			}
			put(f, x, y, v, v+4, v+6)
		}
	}
	for _, b := range stands(n) {
		for y := max(int(b.Y0), 0); y < min(int(b.Y1), h); y++ {
			for x := max(int(b.X0), 0); x < min(int(b.X1), w); x++ {
				head := float64(y) < b.Y0+(b.Y1-b.Y0)/6
				if head {
					put(f, x, y, 205, 170, 140)
				} else {
					put(f, x, y, 40, 60, 110)
				}
			}
		}
	}
	return f
}

// stands are the boxes of the two people, pixels.
func stands(n uint64) [2]vision.Box {
	x := float64(n%40) * 2
	return [2]vision.Box{{X0: 300 + x, Y0: 150, X1: 345 + x, Y1: 290}, {X0: 70, Y0: 170, X1: 112, Y1: 300}}
}

// Statuses is of api.Watches.
func (s *Safety) Statuses() []watch.Status {
	now := time.Now()
	return []watch.Status{
		{Camera: dock, Frames: 4100, Looked: 4000, WantedFPS: 5, At: now.Add(-40 * time.Second), Why: "down: no answer from rtsp://192.168.1.21/stream2", Zones: []scene.Count{{Zone: "ramp where lorries turn"}}},
		{Camera: yard, Frames: 8200, Looked: 8100, WantedFPS: 5, SeenFPS: 4.9, LookMS: 62, At: now, People: 2, Tamper: []tamper.Reading{blurred}, Zones: []scene.Count{{Zone: "crane", People: 1}, {Zone: "walkway", People: 1}}},
	}
}

// blurred is wrong with a camera that still sees.
var blurred = tamper.Reading{Fault: tamper.Blurred, Raised: true, Since: time.Now().Add(-20 * time.Minute), Value: 0.62, Limit: 0.5, Unit: "share of the sharpness lost", Text: "0.62 of the sharpness is lost (limit 0.50): clean the lens, then focus it"}

// View is of api.Watches.
func (s *Safety) View(id part.CameraID) (watch.View, bool) {
	s.plant.mu.Lock()
	defer s.plant.mu.Unlock()
	f := s.frames[id]
	if f == nil {
		return watch.View{}, false
	}
	sc := &scene.Scene{Camera: id, Seq: f.Seq, At: f.At, Width: f.Width, Height: f.Height}
	for i, b := range stands(f.Seq) {
		worn := scene.Dress{Item: "helmet", Worn: scene.Worn(1 + i)}
		sc.Tracks = append(sc.Tracks, scene.Track{Number: uint64(i + 1), Label: "person", State: scene.Confirmed, Box: b, First: s.began, Dress: []scene.Dress{worn}})
	}
	return watch.View{Frame: f.Retain(), Scene: sc}, true
}

// Places is of api.Watches.
func (s *Safety) Places(id part.CameraID) *scene.Settings { return s.places[id] }

// Standing is of api.Watches.
func (s *Safety) Standing() []watch.Stands {
	alerts := []rules.Alert{
		{Rule: "person under the crane", Key: "person under the crane/yard", Severity: event.High, Camera: yard, Zone: "crane", Object: "person", Text: "person under the crane while it may move", Say: "Stop the crane.", Began: s.began, Raised: s.began},
		{Rule: "no helmet", Key: "no helmet/yard/person 7", Severity: event.Medium, Camera: yard, Zone: "walkway", Object: "person", Text: "person without a helmet", Say: "Put a helmet on.", Began: s.began, Raised: s.began},
		{Rule: "somebody on the walkway", Key: "somebody on the walkway/yard", Severity: event.High, Camera: yard, Zone: "walkway", Object: "person", Text: "person on the walkway while the gate is open", Say: "Leave the walkway.", Began: s.began, Raised: s.began},
	}
	out := make([]watch.Stands, len(alerts))
	for i, a := range alerts {
		out[i].Alert = a
	}
	out[2].Withheld = s.withheld()
	return out
}

// withheld is what the last alert that stands says of its second look.
func (s *Safety) withheld() *watch.Withheld {
	s.plant.mu.Lock()
	defer s.plant.mu.Unlock()
	if s.pillar == "" {
		s.pillar = s.plant.keep(pillar())
	}
	return &watch.Withheld{ID: withheldID, Since: s.began, Model: "20261127.140500",
		Sights: []event.AlarmSight{{Label: "person", Score: 0.61, Box: event.PictureBox{X0: 0.1, Y0: 0.47, X1: 0.17, Y1: 0.83}, Crop: s.pillar}}}
}

const withheldID = "019abcde-0000-7000-8000-000000000001"

// pillar draws what was taken for a person.
func pillar() []byte {
	const side = 128
	rgb := make([]byte, 3*side*side)
	for i := range side * side {
		grey := byte(110 + i/side/4)
		if x := i % side; x > 44 && x < 84 {
			grey = byte(205 - (x-44)*2)
		}
		rgb[3*i], rgb[3*i+1], rgb[3*i+2] = grey, grey, grey
	}
	png, err := evidence.PNG(side, side, rgb)
	must(err)
	return png
}

// SecondLooks shows one candidate that withholds.
type secondLooks struct{ s *Safety }

var _ api.SecondLooks = secondLooks{}

func (l secondLooks) State(context.Context) (api.SecondLook, error) {
	w := l.s.withheld()
	made := event.SecondLookMade{Version: w.Model, Hash: hash(nil), Alarms: 412, Withheld: 31, False: 28, Price: 1, Reals: 44, Unlabelled: 2, Mistaken: 30, Real: 44}
	what := event.AlarmWithheld{Key: "watch/somebody on the walkway/yard", Rule: "somebody on the walkway", Camera: string(yard), Zone: "walkway", Severity: "high",
		Text: "person on the walkway while the gate is open", Model: w.Model, Hash: hash(nil), Looks: 3, Sights: w.Sights, Like: []event.AlarmLike{}}
	return api.SecondLook{Active: w.Model, Since: &l.s.began, By: "user:eva", CanGoBack: true, Withheld: 1,
		Candidates: []api.SecondLookCandidate{{At: l.s.began, By: "learning", Made: made}}, Last: []api.SecondLookWithheld{{ID: w.ID, At: w.Since, What: what}}}, nil
}

func (l secondLooks) Report(string) (page, report []byte, err error) { return nil, nil, fs.ErrNotExist }
func (l secondLooks) Shadow(context.Context, string, string) error   { return fs.ErrNotExist }
func (l secondLooks) Activate(context.Context, string, string) error { return fs.ErrNotExist }
func (l secondLooks) Back(context.Context, string) error             { return fs.ErrNotExist }

// Heads is of api.Watches.
func (s *Safety) Heads() []scene.Heads {
	return []scene.Heads{{Space: "hall", Now: 12, In: 41, Out: 29, Since: s.began.Add(-3 * time.Hour)}, {Space: "cold store with the door to the ramp", Now: 0, In: 3, Out: 4, Short: 1}}
}

// SetHeads is of api.Watches.
func (s *Safety) SetHeads(space string, people int, _ string) (event.ZoneCount, error) {
	return event.ZoneCount{Zone: space, People: people, SetTo: true}, nil
}

// AcceptView is of api.Watches.
func (s *Safety) AcceptView(id part.CameraID, _, _ string) error {
	if s.Places(id) == nil {
		return watch.ErrNoCamera
	}
	return nil
}

// Hours is of api.Watches.
func (s *Safety) Hours() (out []rules.HourCell, since time.Time) {
	for i := range 9 {
		out = append(out, rules.HourCell{Hour: s.began.Truncate(time.Hour).Add(-time.Duration(i) * time.Hour), Camera: yard, Zone: "crane", Object: "person", Raised: i % 4, Seconds: float64(i*i) * 20})
	}
	out[0].Withheld = 5
	return append(out, rules.HourCell{Hour: s.began.Truncate(time.Hour), Camera: dock, Object: "camera sees nothing", Raised: 1, Seconds: 40}), s.began.Add(-31 * 24 * time.Hour)
}

package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"image/jpeg"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"linesman/access"
	"linesman/api"
	"linesman/api/apitest"
	"linesman/camera"
	"linesman/event"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
	"linesman/vision"
	"linesman/watch"
)

// yard is one safety camera whose view a test sets by hand.
type yard struct {
	mu    sync.Mutex
	view  watch.View
	shown *camera.Frame // what everybody may see; may be a frame ahead of view

	stands   []watch.Stands
	accepted []string
	counted  []string // by whom
}

func (y *yard) Statuses() []watch.Status { return []watch.Status{{Camera: "yard", WantedFPS: 5}} }

func (y *yard) View(part.CameraID) (watch.View, bool) {
	y.mu.Lock()
	defer y.mu.Unlock()
	v := y.view
	if v.Frame != nil {
		v.Frame.Retain()
	}
	return v, true
}

func (y *yard) latest(part.CameraID) *camera.Frame {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.shown == nil {
		return nil
	}
	return y.shown.Retain()
}

func (y *yard) see(view watch.View, shown *camera.Frame) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.view, y.shown = view, shown
}

func (y *yard) Places(part.CameraID) *scene.Settings { return nil }
func (y *yard) Standing() []watch.Stands             { return y.stands }
func (y *yard) Heads() []scene.Heads                 { return nil }
func (y *yard) SetHeads(space string, people int, actor string) (event.ZoneCount, error) {
	if space != "hall" {
		return event.ZoneCount{}, errors.New("there is no such space")
	}
	y.counted = append(y.counted, actor)
	return event.ZoneCount{Zone: space, People: people, SetTo: true, Off: 2}, nil
}
func (y *yard) Hours() ([]rules.HourCell, time.Time) { return nil, time.Time{} }

func (y *yard) AcceptView(id part.CameraID, reason, actor string) error {
	if id != "yard" {
		return watch.ErrNoCamera
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.accepted = append(y.accepted, reason+"|"+actor)
	return nil
}

// TestWithheld: an alert that a second look keeps back says so, with what a person
// needs to call it real.
func TestWithheld(t *testing.T) {
	sights := []event.AlarmSight{{Label: "person", Crop: strings.Repeat("a", 64)}}
	y := &yard{stands: []watch.Stands{{Alert: rules.Alert{Key: "a/yard"}}, {Alert: rules.Alert{Key: "b/yard"}, Withheld: &watch.Withheld{ID: oneID, Model: "20261127.140500", Sights: sights}}}}
	_, h := proven(t, func(c *api.Config) { c.Watches = y })
	var got api.Watched
	if w := call(h, "", "GET", "/api/v1/watches", "", ""); w.Code != 200 || json.Unmarshal(w.Body.Bytes(), &got) != nil {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	if len(got.Alerts) != 2 || got.Alerts[0].Withheld != nil {
		t.Fatalf("got %+v, want the first without and the second with what keeps it back", got.Alerts)
	}
	if w := got.Alerts[1].Withheld; w == nil || w.ID != oneID || w.By != "20261127.140500" || !slices.Equal(w.Sights, sights) {
		t.Errorf("it is kept back by %+v", w)
	}
}

// TestAcceptView: who may acknowledge may say that a camera shows what it should, and
// the camera hears who it was.
func TestAcceptView(t *testing.T) {
	y := &yard{}
	_, h := proven(t, func(c *api.Config) {
		known := maps.Clone(labellers)
		known["crane"] = access.Identity{Actor: "token:crane", Append: []event.Type{event.CameraAccepted{}.EventType()}}
		c.Access, c.Watches = known, y
	})
	ok := `{"reason":"hung anew"}`
	for _, c := range []struct {
		token, camera, body string
		want                int
	}{
		{"", "yard", ok, 401},
		{"viewer", "yard", ok, 403},
		{"mes", "yard", ok, 403},
		{"operator", "gate", ok, 404},
		{"operator", "yard", `{}`, 422},
		{"operator", "yard", `{"reason":"    "}`, 422},
		{"operator", "yard", ok, 200},
		{"crane", "yard", ok, 200},
	} {
		if w := call(h, c.token, "POST", "/api/v1/watches/"+c.camera+"/view", "application/json", c.body); w.Code != c.want {
			t.Errorf("%s of %s: %s: status %d, want %d: %s", c.token, c.camera, c.body, w.Code, c.want, w.Body)
		}
	}
	if want := []string{"hung anew|user:o", "hung anew|token:crane"}; !slices.Equal(y.accepted, want) {
		t.Errorf("the camera heard %q, want %q", y.accepted, want)
	}
	e := `{"specversion":"1.0","id":"` + oneID + `","time":"2026-03-01T08:00:00Z","source":"/demo/camera/yard","type":"linesman.camera.accepted.v1","data":{"camera":"yard","reason":"hung anew"}}`
	if w := call(h, "crane", "POST", "/api/v1/events", "application/json", e); w.Code != 403 || !strings.Contains(w.Body.String(), "/view") {
		t.Errorf("past the camera: status %d: %s", w.Code, w.Body)
	}
}

// TestSetHeads: the log is told who counted, and the answer says by how many the
// count was off.
func TestSetHeads(t *testing.T) {
	y := &yard{}
	_, h := proven(t, func(c *api.Config) { c.Access, c.Watches = labellers, y })
	for _, c := range []struct {
		token, space, body string
		want               int
	}{
		{"", "hall", `{"people":3}`, 401},
		{"viewer", "hall", `{"people":3}`, 403},
		{"operator", "attic", `{"people":3}`, 404},
		{"operator", "hall", `{"people":-1}`, 422},
		{"operator", "hall", `{"people":3}`, 200},
	} {
		w := call(h, c.token, "PUT", "/api/v1/spaces/"+c.space+"/heads", "application/json", c.body)
		if w.Code != c.want {
			t.Errorf("%s of %s: %s: status %d, want %d: %s", c.token, c.space, c.body, w.Code, c.want, w.Body)
		}
		var got api.HeadsSet
		if c.want == 200 && (json.Unmarshal(w.Body.Bytes(), &got) != nil || got.Set.People != 3 || got.Set.Off != 2 || got.Set.Zone != "hall" || len(got.Watch) != 1) {
			t.Errorf("the answer is %s", w.Body)
		}
	}
	if !slices.Equal(y.counted, []string{"user:o"}) {
		t.Errorf("who counted: %q", y.counted)
	}
}

// TestWatchesLive: pictures come with who is in them, each once, and never with
// the tracks of another picture.
func TestWatchesLive(t *testing.T) {
	pool, y := camera.NewPool(4), &yard{}
	frame := func(seq uint64, level byte) *camera.Frame {
		f := pool.Get(64, 36, camera.RGB)
		f.Camera, f.Seq, f.At = "yard", seq, time.Now()
		for i := range f.Pix {
			f.Pix[i] = level
		}
		return f
	}
	view := func(f *camera.Frame, number uint64) watch.View {
		box := vision.Box{X0: 16, Y0: 9, X1: 32, Y1: 27}
		return watch.View{Frame: f, Scene: &scene.Scene{At: f.At, Width: 64, Height: 36, Tracks: []scene.Track{{Number: number, Label: "person", Box: box, State: scene.Confirmed, First: f.At}}}}
	}
	_, h := site(t, apitest.Running, func(c *api.Config) { c.Watches, c.Latest = y, y.latest })
	url, stop := serve(t, h)
	messages, leave := listen(t, url+"/api/v1/watches/live", "")
	if m := <-messages; m.name != "state" {
		t.Fatalf("first came %q, want state", m.name)
	}
	// next is the picture after so many states at most; nil if none came.
	next := func(states int) *api.WatchPicture {
		for m := range messages {
			switch {
			case m.name == "picture":
				var p api.WatchPicture
				if err := json.Unmarshal([]byte(m.data), &p); err != nil {
					t.Fatal(err)
				}
				return &p
			case states == 0:
				return nil
			}
			states--
		}
		t.Fatal("the stream ended")
		return nil
	}
	one := frame(1, 40)
	y.see(view(one, 1), one)
	p := next(20)
	if p == nil || p.Seq != 1 || len(p.Tracks) != 1 || p.Tracks[0].Box != [4]float64{0.25, 0.25, 0.5, 0.75} {
		t.Fatalf("picture of frame 1: %+v", p)
	}
	if picture, err := jpeg.Decode(bytes.NewReader(p.JPEG)); err != nil || picture.Bounds().Dx() != 64 {
		t.Errorf("its JPEG: %v %v", picture, err)
	}
	if p := next(3); p != nil {
		t.Errorf("frame %d came again", p.Seq)
	}
	two, three := frame(2, 80), frame(3, 120)
	y.see(view(two, 2), three) // the camera is ahead of what was seen
	if p := next(3); p != nil {
		t.Errorf("frame %d came with tracks of another one", p.Seq)
	}
	y.see(view(three, 3), three)
	if p := next(20); p == nil || p.Seq != 3 || p.Tracks[0].Number != 3 {
		t.Errorf("after it: %+v, want frame 3 with its own track", p)
	}
	leave()
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestWatchesLiveWithout: a site without safety cameras says which setting makes some.
func TestWatchesLiveWithout(t *testing.T) {
	_, h := site(t, apitest.Running, nil)
	if w := ask(h, "/api/v1/watches/live"); w.Code != 404 || !bytes.Contains(w.Body.Bytes(), []byte("watches of the site file")) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

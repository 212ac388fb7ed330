package api

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/event"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
	"linesman/vision"
	"linesman/watch"
)

// viewType is the event by which a person accepts what a safety camera shows.
var viewType = event.CameraAccepted{}.EventType()

// Watches are the site's safety cameras; watch.Guard and its stations are made
// for this. Every method is called from many goroutines and must not block.
type Watches interface {
	Statuses() []watch.Status
	View(id part.CameraID) (watch.View, bool)
	Places(id part.CameraID) *scene.Settings
	Standing() []watch.Stands
	Heads() []scene.Heads
	SetHeads(space string, people int, actor string) (event.ZoneCount, error)
	Hours() (cells []rules.HourCell, since time.Time)
	AcceptView(id part.CameraID, reason, actor string) error
}

// Watched is how the safety cameras stand.
type Watched struct {
	Now    time.Time    `json:"now" doc:"the appliance's clock"`
	Watch  []Watch      `json:"watches" doc:"the safety cameras, by name"`
	Spaces []WatchSpace `json:"spaces" doc:"closed spaces whose heads are counted"`
	Alerts []WatchAlert `json:"alerts" doc:"rules of place and dress that hold now"`
}

// Watch is one safety camera.
type Watch struct {
	Camera    string         `json:"camera"`
	State     string         `json:"state" enum:"seeing,resting,blind,short" doc:"resting: nothing moves, so it looks now and then; blind: its zones are not empty but unknown; short: fewer than 4 in 5 of the frames asked for are seen"`
	ShortBy   string         `json:"short_by,omitempty" enum:"box,camera" doc:"who is behind that: the box has not the cores, or the camera sends too few frames"`
	Why       string         `json:"why,omitempty" doc:"why it is blind"`
	At        *time.Time     `json:"at,omitempty" doc:"exposure of the last picture seen; absent before the first"`
	AgeMS     int64          `json:"age_ms" doc:"how old that was when it was sent; 0 before the first"`
	WantedFPS float64        `json:"wanted_fps"`
	SeenFPS   float64        `json:"seen_fps" doc:"over the last ten seconds"`
	LookMS    float64        `json:"look_ms" doc:"of the last look, the wait for a core included"`
	Frames    uint64         `json:"frames"`
	Skipped   uint64         `json:"skipped" doc:"pushed out by newer ones"`
	Looked    uint64         `json:"looked"`
	Rested    uint64         `json:"rested" doc:"the motion gate saw that nothing moved"`
	Blind     uint64         `json:"blind" doc:"frames that could not be judged"`
	People    int            `json:"people" doc:"in the picture"`
	Vehicles  int            `json:"vehicles" doc:"in the picture"`
	Zones     []WatchZone    `json:"zones"`
	Lines     []WatchLine    `json:"lines"`
	Tracks    []WatchTrack   `json:"tracks" doc:"who is followed, in the picture of at"`
	Faults    []WatchFault   `json:"faults" doc:"what is wrong with the picture"`
	Sights    []WatchSight   `json:"sights" doc:"fire and smoke that is believed"`
	Size      [2]int         `json:"size" doc:"width and height of the picture in pixels; 0 before the first"`
	Pixels    *WatchedPixels `json:"people_px,omitempty" doc:"how tall people are in the picture; absent until somebody was seen"`
}

// WatchZone is one zone with who is in it.
type WatchZone struct {
	Name     string       `json:"name"`
	Corners  [][2]float64 `json:"corners" doc:"shares of the picture's width and height"`
	People   int          `json:"people"`
	Vehicles int          `json:"vehicles"`
}

// WatchLine is a line people go over.
type WatchLine struct {
	Name string        `json:"name"`
	Ends [2][2]float64 `json:"ends" doc:"shares of the picture's width and height"`
	In   string        `json:"in" enum:"up,down,left,right" doc:"the way one goes in the picture who goes in"`
}

// WatchTrack is somebody who is followed.
type WatchTrack struct {
	Number  uint64       `json:"number"`
	Label   string       `json:"label"`
	Box     [4]float64   `json:"box" doc:"x0, y0, x1, y1 in shares of the picture"`
	Seen    bool         `json:"seen" doc:"false: hidden, this is where it should be"`
	Seconds float64      `json:"seconds" doc:"since it was first seen"`
	Dress   []WatchDress `json:"dress" doc:"of a person; what nobody could see is unknown"`
}

// WatchDress is one item of dress.
type WatchDress struct {
	Item string `json:"item" enum:"helmet,vest,mask"`
	Worn string `json:"worn" enum:"unknown,worn,missing"`
}

// WatchFault is what is wrong with a picture.
type WatchFault struct {
	What  string    `json:"what" enum:"covered,moved,blurred,dark,frozen"`
	Since time.Time `json:"since"`
	Text  string    `json:"text" doc:"what was seen and what to do"`
}

// WatchSight is fire or smoke.
type WatchSight struct {
	What  string     `json:"what" enum:"fire,smoke"`
	Box   [4]float64 `json:"box" doc:"x0, y0, x1, y1 in shares of the picture"`
	Since time.Time  `json:"since"`
}

// WatchedPixels is how tall people are in a picture.
type WatchedPixels struct {
	Height   float64 `json:"height" doc:"median in pixels"`
	TooSmall float64 `json:"too_small" doc:"share of person-seconds in which dress could not be told"`
}

// WatchSpace is a head count.
type WatchSpace struct {
	Space string     `json:"space"`
	Now   int        `json:"now" doc:"the fewest there can be where it is unknown"`
	In    int        `json:"in" doc:"since it was last set"`
	Out   int        `json:"out"`
	Short int        `json:"short" doc:"went out of a space that was empty by the count: it is in doubt"`
	Since *time.Time `json:"since,omitempty" doc:"when somebody counted; absent if nobody has"`

	Unknown string `json:"unknown,omitempty" doc:"why nobody can tell how many are in; absent if it is known"`
}

// WatchAlert is a rule that holds.
type WatchAlert struct {
	Key      string    `json:"key" doc:"its alarm's key is watch/ and this"`
	Rule     string    `json:"rule"`
	Camera   string    `json:"camera,omitempty"`
	Zone     string    `json:"zone,omitempty"`
	Severity string    `json:"severity" enum:"low,medium,high,critical"`
	Text     string    `json:"text"`
	Say      string    `json:"say" doc:"what to do"`
	Raised   time.Time `json:"raised"`
	Unseen   string    `json:"unseen,omitempty" doc:"why nobody can tell whether it is still the case"`

	Withheld *WatchWithheld `json:"withheld,omitempty" doc:"a second look keeps it back: nobody is called, and it is no standing alarm; absent where it is raised"`
}

// WatchWithheld is what a second look says of an alert that it keeps back.
type WatchWithheld struct {
	ID     string             `json:"id" doc:"POST /alarms/{id}/label with real: it is raised while it stands, and learned from"`
	Since  time.Time          `json:"since"`
	By     string             `json:"by" doc:"version of the second look"`
	Sights []event.AlarmSight `json:"sights" doc:"what it is about; see /api/v1/evidence"`
}

// WatchHours is the table of alarm hours.
type WatchHours struct {
	Since time.Time   `json:"since" doc:"how far back they are counted: 31 days, less where the log does not reach so far or has not been read yet"`
	Cells []WatchHour `json:"cells" doc:"by hour, camera, zone and object; what never was is left out"`
}

// WatchHour is one cell of it.
type WatchHour struct {
	Hour    time.Time `json:"hour" doc:"its beginning"`
	Camera  string    `json:"camera"`
	Zone    string    `json:"zone"`
	Object  string    `json:"object"`
	Raised  int       `json:"raised"`
	Seconds float64   `json:"seconds" doc:"in which an alert stood"`

	Withheld int `json:"withheld" doc:"times that a second look kept an alert back; these are not in raised and seconds"`
}

// HeadsSet is what somebody's count changed, and how all stands after it.
type HeadsSet struct {
	Watched
	Set event.ZoneCount `json:"set" doc:"what the log keeps of it, in zone.count: people as set, off by how many the count was too high, in, out and short since it was last set"`
}

type headsAnswer struct{ Body HeadsSet }

type watchedAnswer struct{ Body Watched }

type hoursAnswer struct{ Body WatchHours }

func (s *server) registerWatches(a huma.API) {
	huma.Register(a, get("/watches", "watches", "The safety cameras: who is seen where, which rules hold, what is wrong with a picture"), func(context.Context, *struct{}) (*watchedAnswer, error) {
		return &watchedAnswer{s.watchedNow()}, nil
	})
	huma.Register(a, get("/watches/hours", "watch-hours", "Alarm hours by camera, zone and object, over the last 31 days by the log"), func(context.Context, *struct{}) (*hoursAnswer, error) {
		out := &hoursAnswer{WatchHours{Since: time.Now().UTC(), Cells: []WatchHour{}}}
		if s.Watches == nil {
			return out, nil
		}
		cells, since := s.Watches.Hours()
		out.Body.Since = since.UTC()
		for _, c := range cells {
			out.Body.Cells = append(out.Body.Cells, WatchHour{c.Hour.UTC(), string(c.Camera), c.Zone, c.Object, c.Raised, c.Seconds, c.Withheld})
		}
		return out, nil
	})
	huma.Register(a, huma.Operation{
		Method: http.MethodPut, Path: "/api/v1/spaces/{space}/heads", OperationID: "set-heads", Summary: "Say how many are in a space",
		Description:  "By somebody who counted, as at the end of a shift. The event zone.count keeps who said so and by how many the count was off; the answer has it as set. It wants the right \"acknowledge\", or a token that may append linesman.zone.count.v1.",
		MaxBodyBytes: 4 << 10, Errors: []int{401, 403, 404, 422},
	}, s.setHeads)
	huma.Register(a, huma.Operation{
		Method: http.MethodPost, Path: "/api/v1/watches/{camera}/view", OperationID: "accept-view", Summary: "Take what a safety camera shows now for right",
		Description: "After a camera was turned on purpose: its scene is learnt anew, which takes half a minute, and what was raised against the one before (moved, covered, blurred) is cleared then. Zones stay where they were drawn. " +
			"camera.accepted says who and why. It wants the right \"acknowledge\", or a token that may append linesman.camera.accepted.v1.",
		MaxBodyBytes: 16 << 10, Errors: []int{401, 403, 404, 422},
	}, s.acceptView)
	s.registerWatchesLive(a)
}

func (s *server) acceptView(ctx context.Context, in *struct {
	Camera string `path:"camera"`
	Body   struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500" doc:"why what is seen now is right, for a person: hung higher for the new rack"`
	}
}) (*watchedAnswer, error) {
	who := identity(ctx)
	if err := mayAct(who, event.CameraAccepted{}); err != nil {
		return nil, err
	}
	if s.Watches == nil {
		return nil, huma.Error404NotFound("this site has no safety cameras")
	}
	if len(strings.TrimSpace(in.Body.Reason)) < 3 {
		return nil, huma.Error422UnprocessableEntity("reason: say why what is seen now is right")
	}
	if err := s.Watches.AcceptView(part.CameraID(in.Camera), in.Body.Reason, who.Actor); err != nil {
		return nil, huma.Error404NotFound(err.Error())
	}
	return &watchedAnswer{s.watchedNow()}, nil
}

func (s *server) setHeads(ctx context.Context, in *struct {
	Space string `path:"space"`
	Body  struct {
		People int `json:"people" minimum:"0" maximum:"100000"`
	}
}) (*headsAnswer, error) {
	who := identity(ctx)
	if err := mayAct(who, event.ZoneCount{}); err != nil {
		return nil, err
	}
	if s.Watches == nil {
		return nil, huma.Error404NotFound("this site watches no space")
	}
	said, err := s.Watches.SetHeads(in.Space, in.Body.People, who.Actor)
	if err != nil {
		return nil, huma.Error404NotFound("space " + strconv.Quote(in.Space) + ": " + err.Error())
	}
	return &headsAnswer{HeadsSet{s.watchedNow(), said}}, nil
}

// watchedNow is all that is known now.
func (s *server) watchedNow() Watched {
	out := Watched{Now: time.Now().UTC(), Watch: []Watch{}, Spaces: []WatchSpace{}, Alerts: []WatchAlert{}}
	if s.Watches == nil {
		return out
	}
	for _, st := range s.Watches.Statuses() {
		out.Watch = append(out.Watch, s.watchOf(&st, out.Now))
	}
	for _, h := range s.Watches.Heads() {
		w := WatchSpace{Space: h.Space, Now: h.Now, In: h.In, Out: h.Out, Short: h.Short, Unknown: h.Unknown}
		if !h.Since.IsZero() {
			at := h.Since.UTC()
			w.Since = &at
		}
		out.Spaces = append(out.Spaces, w)
	}
	for _, a := range s.Watches.Standing() {
		alert := WatchAlert{a.Key, a.Rule, string(a.Camera), a.Zone, a.Severity.String(), a.Text, a.Say, a.Raised.UTC(), a.Unseen, nil}
		if w := a.Withheld; w != nil {
			alert.Withheld = &WatchWithheld{w.ID, w.Since, w.Model, w.Sights}
		}
		out.Alerts = append(out.Alerts, alert)
	}
	return out
}

// watchOf is one camera.
func (s *server) watchOf(st *watch.Status, now time.Time) Watch {
	w := Watch{Camera: string(st.Camera), State: stateOf(st), Why: st.Why, ShortBy: st.Short, WantedFPS: st.WantedFPS, SeenFPS: round(st.SeenFPS, 10), LookMS: round(st.LookMS, 10),
		Frames: st.Frames, Skipped: st.Skipped, Looked: st.Looked, Rested: st.Rested, Blind: st.Blind, People: st.People, Vehicles: st.Vehicles,
		Zones: []WatchZone{}, Lines: []WatchLine{}, Tracks: []WatchTrack{}, Faults: []WatchFault{}, Sights: []WatchSight{}}
	if !st.At.IsZero() {
		at := st.At.UTC()
		w.At, w.AgeMS = &at, max(now.Sub(at).Milliseconds(), 0)
	}
	if st.Pixels.N > 0 {
		w.Pixels = &WatchedPixels{round(st.Pixels.Height, 1), round(st.Pixels.TooSmall, 100)}
	}
	places(&w, s.Watches.Places(st.Camera), st.Zones)
	for _, r := range st.Tamper {
		if r.Raised {
			w.Faults = append(w.Faults, WatchFault{r.Fault.String(), r.Since.UTC(), r.Text})
		}
	}
	v, ok := s.Watches.View(st.Camera)
	if !ok || v.Frame == nil {
		return w
	}
	w.Size = [2]int{v.Frame.Width, v.Frame.Height}
	v.Frame.Release()
	if v.Scene != nil {
		tracks(&w, v.Scene)
	}
	return w
}

// stateOf is the camera's state in a word.
func stateOf(st *watch.Status) string {
	switch {
	case st.Why != "":
		return "blind"
	case st.Short != "":
		return "short"
	case st.Resting:
		return "resting"
	}
	return "seeing"
}

// places are the zones and lines as they were drawn.
func places(w *Watch, set *scene.Settings, counts []scene.Count) {
	if set == nil {
		return
	}
	for _, z := range set.DrawnZones() {
		out := WatchZone{Name: z.Name, Corners: [][2]float64{}}
		for _, p := range z.Points {
			out.Corners = append(out.Corners, [2]float64{round(p.X, 1e4), round(p.Y, 1e4)})
		}
		for _, c := range counts {
			if c.Zone == z.Name {
				out.People, out.Vehicles = c.People, c.Vehicles
			}
		}
		w.Zones = append(w.Zones, out)
	}
	for _, l := range set.DrawnLines() {
		p, q := l.Points[0], l.Points[1]
		w.Lines = append(w.Lines, WatchLine{l.Name, [2][2]float64{{round(p.X, 1e4), round(p.Y, 1e4)}, {round(q.X, 1e4), round(q.Y, 1e4)}}, set.Lines[l.Name].In})
	}
}

// tracks are who and what the picture shows.
func tracks(w *Watch, sc *scene.Scene) {
	for i := range sc.Tracks {
		t := &sc.Tracks[i]
		out := WatchTrack{Number: t.Number, Label: t.Label, Box: shareOf(t.Box, sc), Seen: t.State == scene.Confirmed, Seconds: round(sc.At.Sub(t.First).Seconds(), 10), Dress: []WatchDress{}}
		for _, d := range t.Dress {
			out.Dress = append(out.Dress, WatchDress{string(d.Item), d.Worn.String()})
		}
		w.Tracks = append(w.Tracks, out)
	}
	for _, g := range sc.Sights {
		if g.Confirmed {
			w.Sights = append(w.Sights, WatchSight{g.Label, shareOf(g.Box, sc), g.Since.UTC()})
		}
	}
}

func shareOf(b vision.Box, sc *scene.Scene) [4]float64 {
	width, height := float64(max(sc.Width, 1)), float64(max(sc.Height, 1))
	return [4]float64{round(b.X0/width, 1e4), round(b.Y0/height, 1e4), round(b.X1/width, 1e4), round(b.Y1/height, 1e4)}
}

// round keeps so many steps of one; what is no number is 0.
func round(v, steps float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return math.Round(v*steps) / steps
}

package api

import (
	"context"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/line"
	"linesman/part"
)

// Shot is one judged frame with all that belongs to it in one message, so that
// boxes and heat maps can not fall out of step with their picture.
type Shot struct {
	Line   string    `json:"line"`
	Camera string    `json:"camera"`
	Seq    uint64    `json:"seq" doc:"of the frame"`
	At     time.Time `json:"at" doc:"exposure"`
	Now    time.Time `json:"now" doc:"the appliance's clock when this was sent"`
	AgeMS  int64     `json:"age_ms" doc:"how old the picture was then"`
	Width  int       `json:"width" doc:"of the sensor; boxes are in its pixels"`
	Height int       `json:"height"`
	JPEG   []byte    `json:"jpeg"`
	Marks  []Mark    `json:"marks"`
}

// Mark is one judged part on its frame.
type Mark struct {
	Part    string     `json:"part"`
	Box     [4]float64 `json:"box" doc:"left, top, right, bottom in pixels of the sensor"`
	Lane    int        `json:"lane"`
	Outcome string     `json:"outcome" enum:"pass,fail,inconclusive"`
	Score   float64    `json:"score" doc:"1 = threshold"`
	Reasons []Reason   `json:"reasons"`
	Heat    []byte     `json:"heat,omitempty" doc:"one byte a cell over the box, row by row: 255 r/(1+r), r = score over threshold"`
	HeatW   int        `json:"heat_width,omitempty"`
	HeatH   int        `json:"heat_height,omitempty"`
}

// Picture is the newest frame of a camera beside the line.
type Picture struct {
	Camera string    `json:"camera"`
	Seq    uint64    `json:"seq"`
	At     time.Time `json:"at"`
	Now    time.Time `json:"now"`
	AgeMS  int64     `json:"age_ms"`
	Width  int       `json:"width" doc:"of the sensor"`
	Height int       `json:"height"`
	JPEG   []byte    `json:"jpeg"`
}

// State is the rest of the page, twice a second and without fail: a page that
// misses it for three seconds has lost the appliance and says so.
type State struct {
	Now     time.Time `json:"now" doc:"the appliance's clock when this was sent"`
	Line    Line      `json:"line"`
	Cameras []Camera  `json:"cameras" doc:"beside the line"`
	Strip   []Brief   `json:"strip" doc:"the last verdicts, oldest first"`
	Rejects []Verdict `json:"rejects" doc:"the last parts not passed, newest first"`
}

// Brief is a verdict in the strip.
type Brief struct {
	Part       string `json:"part"`
	Seq        string `json:"seq" doc:"of its event"`
	Lane       int    `json:"lane"`
	Outcome    string `json:"outcome" enum:"pass,fail,inconclusive"`
	Collateral bool   `json:"collateral,omitempty"`
}

type liveQuery struct {
	Line string `path:"line"`
}

func (s *server) registerLive(a huma.API) {
	op := streaming(a, get("/live/{line}", "live", "The line as it runs: state, judged frames, cameras beside it"),
		map[string]any{"state": State{}, "shot": Shot{}, "picture": Picture{}})
	huma.Register(a, op, func(_ context.Context, q *liveQuery) (*huma.StreamResponse, error) {
		id := part.LineID(q.Line)
		if _, ok := s.find(id); !ok {
			return nil, huma.Error404NotFound("line " + strconv.Quote(q.Line) + " is not of this site; see /api/v1/lines")
		}
		return &huma.StreamResponse{Body: func(h huma.Context) { s.view(h, id) }}, nil
	})
}

// view writes whatever is newest until the viewer leaves.
func (s *server) view(h huma.Context, id part.LineID) {
	gallery := s.galleries.of(id)
	box := gallery.enter()
	defer gallery.leave(box)
	out := open(h)
	for {
		select {
		case <-h.Context().Done():
			return
		case <-box.ready:
		}
		for _, m := range box.take() {
			if err := out.send("", m.name, m.data); err != nil {
				s.Logger.Debug("a viewer left", "line", id, "err", err)
				return
			}
		}
	}
}

func wireMark(m line.Mark) Mark {
	out := Mark{
		Part: string(m.ID), Box: [4]float64{m.Box.X0, m.Box.Y0, m.Box.X1, m.Box.Y1}, Lane: m.Lane,
		Outcome: m.Outcome.String(), Score: number(m.Score), Reasons: wireReasons(m.Reasons),
	}
	if m.HeatWidth > 0 && m.HeatHeight > 0 && len(m.Heat) == m.HeatWidth*m.HeatHeight {
		out.Heat, out.HeatW, out.HeatH = m.Heat, m.HeatWidth, m.HeatHeight
	}
	return out
}

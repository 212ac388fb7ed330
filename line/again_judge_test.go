package line

import (
	"context"
	"errors"
	"strings"
	"testing"

	"linesman/event"
	"linesman/event/evidence"
	"linesman/models"
	"linesman/part"
	"linesman/proof"
	"linesman/recipe"
	"linesman/rules"
	"linesman/vision"
)

// bright scores a crop by its first pixel, 100 being the limit; 7 breaks it.
type bright struct{}

func (bright) Model() models.Model { return models.Model{Name: "bright"} }
func (bright) Close() error        { return nil }
func (bright) Detect(_ context.Context, crops []vision.Crop, _ models.Ask, out []models.Result) error {
	for i, c := range crops {
		if c.Pix[0] == 7 {
			return errors.New("it broke")
		}
		out[i] = models.Result{Anomaly: float64(c.Pix[0]) / 100}
		if c.Surround[0] == 9 {
			out[i] = models.Result{Anomaly: 1e38, Unanswered: "too dark"}
		}
	}
	return nil
}

// What was a fact of the moment counts as it was recorded; what the model can
// say again it is asked again.
func TestAgainJudges(t *testing.T) {
	rec := &recipe.Recipe{Limits: rules.Limits{Anomaly: 1, MinFocus: 50, MaxClipped: 0.5}}
	sharp := event.Quality{Focus: 60, Mean: 80}
	picture := func(size int, first byte, surround float32) []byte {
		rgb := make([]byte, 3*size*size)
		rgb[0] = first
		file, err := evidence.PartPNG(size, rgb, &evidence.Crop{Surround: [3]float32{surround}})
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	top := func(v event.View) event.View { v.Name, v.Camera = "top", "c1"; return v }
	for name, c := range map[string]struct {
		views    []event.View
		pictures [][]byte
		doubts   []string
		outcome  part.Outcome
		score    float64
		says     string // in the first reason; empty: no reason
		broken   bool
	}{
		"good":            {[]event.View{top(event.View{Quality: sharp})}, [][]byte{picture(4, 40, 0)}, nil, part.Pass, 0.4, "", false},
		"bad":             {[]event.View{top(event.View{Quality: sharp})}, [][]byte{picture(4, 140, 0)}, nil, part.Fail, 1.4, "score 1.40", false},
		"blurred":         {[]event.View{top(event.View{Quality: event.Quality{Focus: 49}})}, [][]byte{picture(4, 40, 0)}, nil, part.Inconclusive, 0.4, "focus 49", false},
		"clipped":         {[]event.View{top(event.View{Quality: event.Quality{Focus: 60, Clipped: 0.6}})}, [][]byte{picture(4, 40, 0)}, nil, part.Inconclusive, 0.4, "60 %", false},
		"covered":         {[]event.View{top(event.View{Quality: event.Quality{Focus: 60, Covered: true}})}, [][]byte{picture(4, 40, 0)}, nil, part.Inconclusive, 0.4, "covered", false},
		"late":            {[]event.View{top(event.View{Quality: sharp})}, [][]byte{picture(4, 40, 0)}, []string{"late"}, part.Inconclusive, 0.4, "late", false},
		"worst of two":    {[]event.View{top(event.View{Quality: sharp}), {Name: "side", Quality: sharp}}, [][]byte{picture(4, 40, 0), picture(6, 90, 0)}, nil, part.Pass, 0.9, "", false},
		"one not seen":    {[]event.View{top(event.View{Quality: sharp}), {Name: "side", Missing: notSeen}}, [][]byte{picture(4, 40, 0), nil}, nil, part.Inconclusive, 0.4, "view side: no frame showed this part", false},
		"model broke":     {[]event.View{top(event.View{Missing: noAnswer + "it broke", Quality: sharp})}, [][]byte{picture(4, 40, 0)}, nil, part.Inconclusive, 0, "it broke", false},
		"no answer":       {[]event.View{top(event.View{Missing: noAnswer + "too dark", Unanswered: true, Quality: sharp})}, [][]byte{picture(4, 40, 9)}, nil, part.Inconclusive, 0, "too dark", false},
		"an answer now":   {[]event.View{top(event.View{Missing: noAnswer + "too dark", Unanswered: true, Quality: sharp})}, [][]byte{picture(4, 40, 0)}, nil, part.Pass, 0.4, "", false},
		"no answer now":   {[]event.View{top(event.View{Quality: sharp})}, [][]byte{picture(4, 40, 9)}, nil, part.Inconclusive, 0, "too dark", false},
		"model breaks":    {[]event.View{top(event.View{Quality: sharp})}, [][]byte{picture(4, 7, 0)}, nil, 0, 0, "", true},
		"another picture": {[]event.View{top(event.View{Quality: sharp})}, [][]byte{[]byte("no PNG")}, nil, 0, 0, "", true},
	} {
		got := Again{rec, bright{}}.Judge(context.Background(), []proof.Case{{Part: "p", Judged: event.PartJudged{Views: c.views}, Doubts: c.doubts, Pictures: c.pictures}})[0]
		if (got.Err != nil) != c.broken {
			t.Errorf("%s: %v", name, got.Err)
		}
		if c.broken {
			continue
		}
		says := ""
		if len(got.Reasons) > 0 {
			says = got.Reasons[0].Text
		}
		if got.Outcome != c.outcome.String() || got.Score != c.score || !strings.Contains(says, c.says) || (says == "") != (c.says == "") {
			t.Errorf("%s: %s, score %v, %q; want %s, %v, %q", name, got.Outcome, got.Score, says, c.outcome, c.score, c.says)
		}
	}
}

// A picture that breaks the model does not take those judged beside it along.
func TestAgainBreaksAlone(t *testing.T) {
	var cases []proof.Case
	for _, first := range []byte{40, 7, 60} {
		file, err := evidence.PartPNG(1, []byte{first, 0, 0}, &evidence.Crop{})
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, proof.Case{Judged: event.PartJudged{Views: []event.View{{Name: "top"}}}, Pictures: [][]byte{file}})
	}
	got := Again{&recipe.Recipe{Limits: rules.Limits{Anomaly: 1, MaxClipped: 1}}, bright{}}.Judge(context.Background(), cases)
	if got[0].Score != 0.4 || got[0].Err != nil || got[1].Err == nil || got[2].Score != 0.6 || got[2].Err != nil {
		t.Errorf("answers %+v", got)
	}
}

package rules

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/quick"

	"linesman/models"
	"linesman/part"
	"linesman/vision"
)

func TestJudge(t *testing.T) {
	ten := 10.0
	sharp := vision.Quality{Focus: 100, Clipped: 0.01}
	view := func(score float64) View {
		return View{Name: "top", Camera: "top", Quality: sharp, Result: models.Result{Anomaly: score,
			Findings: []models.Finding{{Class: "print", Score: score, Measured: 0.2 * score, Limit: 0.2, Unit: "contrast"}}}}
	}
	tests := []struct {
		name   string
		in     Input
		limits Limits
		want   part.Outcome
		says   string
	}{
		{"good", Input{Views: []View{view(0.5)}}, Limits{}, part.Pass, ""},
		{"bad", Input{Views: []View{view(1.5)}}, Limits{}, part.Fail, "print 0.3 contrast (limit 0.2 contrast)"},
		{"exactly at the limit fails", Input{Views: []View{view(1)}}, Limits{}, part.Fail, "print"},
		{"a wider limit", Input{Views: []View{view(1.5)}}, Limits{Anomaly: 2}, part.Pass, ""},
		{"unsure band", Input{Views: []View{view(0.95)}}, Limits{Unsure: 0.1}, part.Inconclusive, "print"},
		{"no views", Input{}, Limits{}, part.Inconclusive, "no view"},
		{"missing view", Input{Views: []View{view(0.1), {Name: "side", Missing: "the model failed"}}}, Limits{}, part.Inconclusive, "view side: the model failed"},
		{"missing view beside a fault", Input{Views: []View{view(3), {Name: "side", Missing: "late"}}}, Limits{}, part.Fail, "late"},
		{"doubt", Input{Views: []View{view(0.1)}, Doubt: []string{"double triggered"}}, Limits{}, part.Inconclusive, "double triggered"},
		{"not a number", Input{Views: []View{view(math.NaN())}}, Limits{}, part.Inconclusive, "no number"},
		{"infinite", Input{Views: []View{view(math.Inf(-1))}}, Limits{}, part.Inconclusive, "no number"},
		{"blurred", Input{Views: []View{view(0.1)}}, Limits{MinFocus: 200}, part.Inconclusive, "blurred"},
		{"focus not a number", Input{Views: []View{{Quality: vision.Quality{Focus: math.NaN()}}}}, Limits{MinFocus: 1}, part.Inconclusive, "blurred"},
		{"covered", Input{Views: []View{{Quality: vision.Quality{Covered: true}}}}, Limits{}, part.Inconclusive, "covered"},
		{"clipped", Input{Views: []View{{Quality: vision.Quality{Clipped: 0.9}}}}, Limits{}, part.Inconclusive, "90 % of pixels"},
		{"measure missing", Input{Views: []View{view(0.1)}}, Limits{Measures: []Bound{{Measure: "size.area", Max: &ten}}}, part.Inconclusive, "size.area was not measured"},
		{"measure above", Input{Views: []View{{Measurements: []vision.Measurement{{Tool: "size", Name: "area", Value: 11}}}}}, Limits{Measures: []Bound{{Measure: "size.area", Max: &ten, Unit: "mm2"}}}, part.Fail, "size.area 11 mm2 is above 10"},
		{"measure below", Input{Views: []View{{Measurements: []vision.Measurement{{Tool: "size", Name: "area", Value: 9}}}}}, Limits{Measures: []Bound{{Measure: "size.area", Min: &ten}}}, part.Fail, "below 10"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.limits.Validate(); err != nil {
				t.Fatal(err)
			}
			got := Judge(tt.in, tt.limits, "hash")
			var text strings.Builder
			for _, r := range got.Reasons {
				text.WriteString(r.Text + "; ")
			}
			if got.Outcome != tt.want || !strings.Contains(text.String(), tt.says) {
				t.Errorf("got %v (%s), want %v saying %q", got.Outcome, text.String(), tt.want, tt.says)
			}
			if got.Outcome != part.Pass && len(got.Reasons) == 0 {
				t.Error("not a pass, and no reason given")
			}
		})
	}
}

// Whatever comes in: a pass needs every view present and below the limit, and
// judging again gives the same.
func TestJudgeNeverPassesByAccident(t *testing.T) {
	limits := Limits{}
	if err := limits.Validate(); err != nil {
		t.Fatal(err)
	}
	check := func(scores []float64, missing []bool, doubts uint8) bool {
		in := Input{Doubt: make([]string, doubts%3)}
		clean := doubts%3 == 0 && len(scores) > 0
		for i, s := range scores {
			v := View{Name: "v", Result: models.Result{Anomaly: s}}
			if i < len(missing) && missing[i] {
				v.Missing = "gone"
			}
			clean = clean && v.Missing == "" && s < 1 && !math.IsInf(s, 0) && !math.IsNaN(s)
			in.Views = append(in.Views, v)
		}
		got := Judge(in, limits, "h")
		return (got.Outcome == part.Pass) == clean && reflect.DeepEqual(got, Judge(in, limits, "h"))
	}
	if err := quick.Check(check, nil); err != nil {
		t.Error(err)
	}
}

func TestLimitsRefuseWhatCannotBeMeant(t *testing.T) {
	one, two := 1.0, 2.0
	for says, l := range map[string]Limits{
		"limits.anomaly is -1":    {Anomaly: -1},
		"limits.unsure is 2":      {Unsure: 2},
		"limits.max_clipped is 3": {MaxClipped: 3},
		"names no measure":        {Measures: []Bound{{Max: &one}}},
		"neither min nor max":     {Measures: []Bound{{Measure: "size.area"}}},
		"min 2 is above max 1":    {Measures: []Bound{{Measure: "a.b", Min: &two, Max: &one}}},
	} {
		if err := l.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
}

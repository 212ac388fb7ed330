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

// about is a box of a size around a place, both in mm of the part's frame.
func about(x, y, size float64) vision.Box {
	return vision.Box{X0: x - size/2, Y0: y - size/2, X1: x + size/2, Y1: y + size/2}
}

func TestZoneCovers(t *testing.T) {
	ring := Zone{RingMM: []float64{5, 10}}
	// An L: the corner from 0 to 4 each way is missing from a square of 8.
	corner := Zone{PolygonMM: [][]float64{{0, 0}, {0, -4}, {-4, -4}, {-4, 4}, {4, 4}, {4, 0}}}
	for _, tt := range []struct {
		name string
		zone Zone
		box  vision.Box
		want cover
	}{
		{"in the ring", ring, about(7, 0, 1), within},
		{"in the ring, turned", ring, about(-5, 5, 1), within},
		{"on its inner edge", ring, about(5, 0, 1), partly},
		{"on its outer edge", ring, about(0, -10, 1), partly},
		{"a corner sticks out", ring, vision.Box{X0: -2, Y0: 8, X1: 9, Y1: 9.9}, partly},
		{"in the hole", ring, about(0, 0, 4), apart},
		{"beyond it", ring, about(9, 9, 1), apart},
		{"all of it", ring, about(0, 0, 40), partly},
		{"a disc", Zone{RingMM: []float64{0, 5}}, about(0, 0, 4), within},
		{"in the L", corner, about(-2, 0, 1), within},
		{"in its other leg", corner, about(2, 2, 1), within},
		{"in its notch", corner, about(2, -2, 1), apart},
		{"across the notch's edge", corner, about(0, -2, 1), partly},
		{"around the L", corner, about(0, 0, 20), partly},
		{"beside it", corner, about(-9, 0, 1), apart},
		{"level with a corner", corner, about(-2, -4.5, 0.5), apart},
	} {
		if got := tt.zone.cover(tt.box); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// placedLimits excuse small spots, spots in the mark up to twice that size, and all
// spots at the rim; scratches count there alone, and at half the usual score.
func placedLimits(t *testing.T) Limits {
	t.Helper()
	l := Limits{Guided: true,
		Zones: map[string]Zone{"rim": {RingMM: []float64{10, 14}}, "mark": {PolygonMM: [][]float64{{2, 2}, {6, 2}, {6, 6}, {2, 6}}}},
		Classes: map[string]Class{
			"spot":    {MinMM: 1, MinAreaMM2: 0.5, Zones: []InZone{{Zone: "mark", Factor: 2}, {Zone: "rim", Ignore: true}}},
			"scratch": {Zones: []InZone{{Zone: "rim", Factor: 0.5}, {Zone: "rim", Outside: true, Ignore: true}}},
		}}
	if err := l.Validate(); err != nil {
		t.Fatal(err)
	}
	return l
}

// scale is what the sensor's pixels are in these tests: a tenth of a mm, the part's
// centre at 200, 100.
var toMM = vision.Affine{A: 0.1, C: -20, E: 0.1, F: -10}

// onPart is a finding of a size at a place of the part, in mm, its box filled to
// a share.
func onPart(class, name string, score, x, y, size, share float64) models.Finding {
	px, _ := toMM.Inverse()
	return models.Finding{Class: class, Name: name, Score: score, Measured: 3 * score, Limit: 3, Box: px.ApplyBox(about(x, y, size)), Area: share * size * size * 100}
}

func TestJudgePlaces(t *testing.T) {
	spot := func(score, x, y, size float64) models.Finding {
		return onPart("texture", "spot", score, x, y, size, 0.8)
	}
	scratch := func(score, x, y float64) models.Finding { return onPart("texture", "scratch", score, x, y, 1, 0.1) }
	plain := onPart("texture", "", 1.2, 0, 0, 0.1, 1)
	nowhere := models.Finding{Class: "texture", Name: "spot", Score: 1.5}
	for _, tt := range []struct {
		name     string
		findings []models.Finding
		listed   float64
		toPart   vision.Affine
		want     part.Outcome
		says     string
	}{
		{"nothing", nil, 0.5, toMM, part.Pass, ""},
		{"a small spot", []models.Finding{spot(3, 0, 0, 0.5)}, 0.5, toMM, part.Pass, ""},
		{"a long one, of little area", []models.Finding{onPart("texture", "spot", 2, 0, 0, 1.5, 0.1)}, 0.5, toMM, part.Fail, "spot: texture 6 (limit 3), 0.225 mm2 (limit 0.5 mm2), 1.5 mm (limit 1 mm)"},
		{"a large one", []models.Finding{spot(2, 0, 0, 1.5)}, 0.5, toMM, part.Fail, "1.8 mm2 (limit 0.5 mm2), 1.5 mm (limit 1 mm)"},
		{"as large in the mark", []models.Finding{spot(3, 4, 4, 1.05)}, 0.5, toMM, part.Pass, ""},
		{"larger in the mark", []models.Finding{spot(3, 4, 4, 2.5)}, 0.5, toMM, part.Fail, "spot: texture 9 (limit 6), 5 mm2 (limit 1 mm2), 2.5 mm (limit 2 mm) in zone mark"},
		{"larger in the mark, below its limit", []models.Finding{spot(1.9, 4, 4, 2.5)}, 0.5, toMM, part.Pass, ""},
		{"across the mark's edge", []models.Finding{spot(3, 6, 4, 1.05)}, 0.5, toMM, part.Fail, "(limit 1 mm)"},
		{"at the rim", []models.Finding{spot(9, 12, 0, 3)}, 0.5, toMM, part.Pass, ""},
		{"partly at the rim", []models.Finding{spot(9, 10, 0, 3)}, 0.5, toMM, part.Fail, "3 mm (limit 1 mm)"},
		{"a weak scratch at the rim", []models.Finding{scratch(0.6, 12, 0)}, 0.5, toMM, part.Fail, "scratch: texture 1.8 (limit 1.5) in zone rim"},
		{"a scratch elsewhere", []models.Finding{scratch(4, 0, 0)}, 0.5, toMM, part.Pass, ""},
		{"a scratch across the rim's edge", []models.Finding{scratch(0.6, 10, 0)}, 0.5, toMM, part.Fail, "in zone rim"},
		{"another class, however small", []models.Finding{plain}, 0.5, toMM, part.Fail, "texture 3.6 (limit 3)"},
		{"another class below its limit", []models.Finding{onPart("print", "", 0.9, 12, 0, 1, 1)}, 0.5, toMM, part.Pass, ""},
		{"a large spot behind a small one", []models.Finding{spot(3, 0, 0, 0.5), spot(2, -3, 0, 2)}, 0.5, toMM, part.Fail, "2 mm (limit 1 mm)"},
		{"other places are not named", []models.Finding{spot(3, 0, 0, 0.5)}, 0, toMM, part.Fail, "does not name every place"},
		{"named down to too high a score", []models.Finding{spot(3, 0, 0, 0.5)}, 0.9, toMM, part.Fail, "does not name every place"},
		{"weak, and other places are not named", []models.Finding{onPart("print", "", 0.6, 0, 0, 1, 1)}, 0, toMM, part.Fail, "score 0.60 (limit 0.50); the model does not name every place"},
		{"scale not known", []models.Finding{spot(3, 0, 0, 0.5)}, 0.5, vision.Affine{}, part.Fail, "not known"},
		{"place not known", []models.Finding{nowhere}, 0.5, toMM, part.Fail, "not known"},
		{"a score of its own", nil, 0.5, toMM, part.Fail, "score 1.50"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := models.Result{Findings: tt.findings, Listed: tt.listed}
			for _, f := range tt.findings {
				r.Anomaly = max(r.Anomaly, f.Score)
			}
			if tt.name == "a score of its own" {
				r.Anomaly = 1.5
			}
			in := Input{Views: []View{{Name: "top", Result: r, ToPart: tt.toPart}}}
			got := Judge(in, placedLimits(t), "hash")
			var text strings.Builder
			for _, r := range got.Reasons {
				text.WriteString(r.Text + "; ")
			}
			if got.Outcome != tt.want || !strings.Contains(text.String(), tt.says) || tt.says == "" && len(got.Reasons) > 0 {
				t.Errorf("got %v (%s), want %v saying %q", got.Outcome, text.String(), tt.want, tt.says)
			}
		})
	}
}

// Within the band below a zone's own limit a part is inconclusive.
func TestJudgePlacesUnsure(t *testing.T) {
	l := placedLimits(t)
	l.Unsure = 0.2
	for score, want := range map[float64]part.Outcome{1.7: part.Pass, 1.9: part.Inconclusive, 2: part.Fail} {
		f := onPart("texture", "spot", score, 4, 4, 2.5, 1)
		in := Input{Views: []View{{Result: models.Result{Anomaly: score, Findings: []models.Finding{f}, Listed: l.Places()}, ToPart: toMM}}}
		if got := Judge(in, l, ""); got.Outcome != want {
			t.Errorf("score %v: %v %v, want %v", score, got.Outcome, got.Reasons, want)
		}
	}
}

// Whatever classes a recipe has: a part passes only if it would pass without them,
// or if every finding is in a class that excuses it, its size and place are known
// and so is every other place.
func TestJudgePlacesNeverPassesByAccident(t *testing.T) {
	limits, bare := placedLimits(t), Limits{}
	if err := bare.Validate(); err != nil {
		t.Fatal(err)
	}
	names := []string{"", "spot", "scratch", "dent"}
	check := func(scores [3]uint8, named [3]uint8, x, y [3]int8, sizes [3]uint8, listed, scaled bool) bool {
		v := View{Name: "v"}
		if listed {
			v.Result.Listed = limits.Places()
		}
		if scaled {
			v.ToPart = toMM
		}
		excusable := listed
		for i := range scores {
			f := onPart("texture", names[named[i]%4], float64(scores[i])/64, float64(x[i])/8, float64(y[i])/8, float64(sizes[i])/100, 0.7)
			v.Result.Findings = append(v.Result.Findings, f)
			v.Result.Anomaly = max(v.Result.Anomaly, f.Score)
			if f.Score >= 1 {
				excusable = excusable && scaled && (f.Name == "spot" || f.Name == "scratch")
			}
		}
		in := Input{Views: []View{v}}
		got := Judge(in, limits, "h")
		without := Judge(in, bare, "h")
		if got.Outcome == part.Pass && without.Outcome != part.Pass && !excusable {
			return false
		}
		return reflect.DeepEqual(got, Judge(in, limits, "h")) && (got.Outcome == part.Pass) == (len(got.Reasons) == 0)
	}
	if err := quick.Check(check, &quick.Config{MaxCount: 5000}); err != nil {
		t.Error(err)
	}
}

func TestLimitsRefusePlacesThatCannotBeMeant(t *testing.T) {
	rim := map[string]Zone{"rim": {RingMM: []float64{1, 2}}}
	spot := func(c Class) Limits { return Limits{Zones: rim, Classes: map[string]Class{"spot": c}} }
	for says, l := range map[string]Limits{
		"limits.zones.rim: want one of ring_mm":           {Zones: map[string]Zone{"rim": {}}},
		"limits.zones.rim: ring_mm is [2 1]":              {Zones: map[string]Zone{"rim": {RingMM: []float64{2, 1}}}},
		"limits.zones.rim: ring_mm is [NaN 1]":            {Zones: map[string]Zone{"rim": {RingMM: []float64{math.NaN(), 1}}}},
		"limits.zones.rim: polygon_mm has 2 corners":      {Zones: map[string]Zone{"rim": {PolygonMM: [][]float64{{0, 0}, {1, 1}}}}},
		"limits.zones.rim: polygon_mm[1] is [1]":          {Zones: map[string]Zone{"rim": {PolygonMM: [][]float64{{0, 0}, {1}, {1, 1}}}}},
		"limits.zones.rim: polygon_mm covers nothing":     {Zones: map[string]Zone{"rim": {PolygonMM: [][]float64{{0, 0}, {1, 1}, {2, 2}}}}},
		"say limits.guided: true":                         {Zones: map[string]Zone{"rim": {PolygonMM: [][]float64{{0, 0}, {1, 1}, {2, 0}}}}},
		"limits.classes.spot: it says nothing":            spot(Class{}),
		"limits.classes.spot: min_mm is -1":               spot(Class{MinMM: -1}),
		"limits.classes.spot: min_area_mm2 is +Inf":       spot(Class{MinAreaMM2: math.Inf(1)}),
		`zones[0] names zone "edge", which limits.zones`:  spot(Class{Zones: []InZone{{Zone: "edge"}}}),
		"zones[0] has both ignore and factor":             spot(Class{Zones: []InZone{{Zone: "rim", Ignore: true, Factor: 2}}}),
		"zones[0].factor is -2: want a number above 0":    spot(Class{Zones: []InZone{{Zone: "rim", Factor: -2}}}),
		"zones[0].factor 0.1 leaves a limit of 0.1, not ": {Unsure: 0.2, Zones: rim, Classes: map[string]Class{"spot": {Zones: []InZone{{Zone: "rim", Factor: 0.1}}}}},
	} {
		if err := l.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
}

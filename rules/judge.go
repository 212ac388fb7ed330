package rules

import (
	"cmp"
	"fmt"
	"math"

	"linesman/models"
	"linesman/part"
)

// Judge decides one part. Anything that speaks against trusting what was seen
// makes the outcome inconclusive, whatever the score: a part is passed only if
// every view was there, sharp enough, measured, and within every limit. A part
// that is both doubtful and faulty is a fail: the fault was seen.
func Judge(in Input, limits Limits, recipe string) Verdict {
	v := Verdict{Part: in.Part, Recipe: recipe, Outcome: part.Pass}
	doubt := func(r Reason) {
		v.Reasons = append(v.Reasons, r)
		if v.Outcome == part.Pass {
			v.Outcome = part.Inconclusive
		}
	}
	fail := func(r Reason) {
		v.Reasons = append(v.Reasons, r)
		v.Outcome = part.Fail
	}
	for _, why := range in.Doubt {
		doubt(Reason{Rule: "doubt", Text: why})
	}
	if len(in.Views) == 0 {
		doubt(Reason{Rule: "view", Text: "no view of this part"})
	}
	for _, view := range in.Views {
		if view.Missing != "" {
			doubt(Reason{Rule: "view", Camera: view.Camera, Text: fmt.Sprintf("view %s: %s", view.Name, view.Missing)})
			continue
		}
		judgeQuality(view, limits, doubt)
		judgeScore(view, limits, doubt, fail)
		judgeMeasures(view, limits, doubt, fail)
	}
	return v
}

func judgeQuality(view View, limits Limits, doubt func(Reason)) {
	q := view.Quality
	if q.Covered {
		doubt(Reason{Rule: "quality", Camera: view.Camera, Text: "the picture shows nothing: camera covered or light failed"})
	}
	if limits.MinFocus > 0 && !(q.Focus >= limits.MinFocus) {
		doubt(Reason{Rule: "quality", Camera: view.Camera, Measured: q.Focus, Limit: limits.MinFocus, Text: fmt.Sprintf("the picture is blurred: focus %.3g (at least %.3g)", q.Focus, limits.MinFocus)})
	}
	if !(q.Clipped <= limits.MaxClipped) {
		doubt(Reason{Rule: "quality", Camera: view.Camera, Measured: q.Clipped, Limit: limits.MaxClipped, Text: fmt.Sprintf("the picture is clipped: %.0f %% of pixels black or white (at most %.0f %%)", 100*q.Clipped, 100*limits.MaxClipped)})
	}
}

func judgeScore(view View, limits Limits, doubt, fail func(Reason)) {
	score := view.Result.Anomaly
	if math.IsNaN(score) || math.IsInf(score, 0) {
		doubt(Reason{Rule: "anomaly", Camera: view.Camera, Limit: limits.Anomaly, Text: "the model gave no number"})
		return
	}
	if len(limits.Classes) > 0 {
		judgePlaces(view, limits, doubt, fail)
		return
	}
	if score < limits.Anomaly-limits.Unsure {
		return
	}
	report := doubt
	if score >= limits.Anomaly {
		report = fail
	}
	said := false
	for _, f := range view.Result.Findings {
		if f.Score < limits.Anomaly-limits.Unsure {
			continue
		}
		report(findingReason(view.Camera, f, limits.Anomaly))
		said = true
	}
	if !said {
		report(Reason{Rule: "anomaly", Camera: view.Camera, Measured: score, Limit: limits.Anomaly, Text: fmt.Sprintf("unlike the good parts: score %.2f (limit %.2f)", score, limits.Anomaly)})
	}
}

// findingReason says what was found, held against the score at which it fails.
func findingReason(cam part.CameraID, f models.Finding, limit float64) Reason {
	return Reason{Rule: "anomaly", Class: cmp.Or(f.Name, f.Class), Camera: cam, Measured: f.Measured, Limit: f.Limit * limit, Unit: f.Unit,
		Text: findingText(f, f.Measured, f.Limit*limit, f.Unit)}
}

func findingText(f models.Finding, measured, limit float64, unit string) string {
	if unit != "" {
		unit = " " + unit
	}
	class := f.Class
	if f.Name != "" {
		class = f.Name + ": " + class
	}
	return fmt.Sprintf("%s %.3g%s (limit %.3g%s)", class, measured, unit, limit, unit)
}

func judgeMeasures(view View, limits Limits, doubt, fail func(Reason)) {
	for _, bound := range limits.Measures {
		value, found := math.NaN(), false
		for _, m := range view.Measurements {
			if m.Tool+"."+m.Name == bound.Measure {
				value, found = m.Value, true
			}
		}
		reason := Reason{Rule: "measure", Class: bound.Measure, Camera: view.Camera, Measured: value, Unit: bound.Unit}
		switch {
		case !found || math.IsNaN(value):
			reason.Measured = 0 // JSON has no NaN
			reason.Text = bound.Measure + " was not measured"
			doubt(reason)
		case bound.Min != nil && value < *bound.Min:
			reason.Limit = *bound.Min
			reason.Text = fmt.Sprintf("%s %.4g %s is below %.4g", bound.Measure, value, bound.Unit, *bound.Min)
			fail(reason)
		case bound.Max != nil && value > *bound.Max:
			reason.Limit = *bound.Max
			reason.Text = fmt.Sprintf("%s %.4g %s is above %.4g", bound.Measure, value, bound.Unit, *bound.Max)
			fail(reason)
		}
	}
}

package proof

import (
	"fmt"
	"math"
	"regexp"

	"linesman/event"
)

// Tolerance is how far a score, or a number behind a reason, may be off and
// still count as the same; for numbers above 1 it is their share.
const Tolerance = 1e-4

func near(a, b float64) bool {
	return math.Abs(a-b) <= Tolerance*max(1, math.Abs(a), math.Abs(b))
}

// compare names every difference between a verdict as recorded and as reached
// again. The order of reasons is no difference.
func (r *Replayed) compare() {
	r.Difference = math.Abs(r.Is.Score - r.Was.Score)
	if r.Outcome = r.Is.Outcome != r.Was.Outcome; r.Outcome {
		r.Changes = append(r.Changes, fmt.Sprintf("outcome was %s, is %s", r.Was.Outcome, r.Is.Outcome))
	}
	if r.Score = !near(r.Was.Score, r.Is.Score); r.Score {
		r.Changes = append(r.Changes, fmt.Sprintf("score was %.6f, is %.6f", r.Was.Score, r.Is.Score))
	}
	left := append([]event.Reason(nil), r.Is.Reasons...)
	for _, was := range r.Was.Reasons {
		at := -1
		for i, is := range left {
			if sameReason(was, is) {
				at = i
				break
			}
		}
		if at < 0 {
			r.Changes = append(r.Changes, "no longer a reason: "+sentence(was))
			r.Reasons = true
			continue
		}
		left = append(left[:at], left[at+1:]...)
	}
	for _, is := range left {
		r.Changes = append(r.Changes, "a new reason: "+sentence(is))
		r.Reasons = true
	}
}

// sameReason reports whether two reasons say the same. A number that is off by
// less than Tolerance may be rounded to another digit in the text.
func sameReason(a, b event.Reason) bool {
	if a.Rule != b.Rule || a.Class != b.Class || a.Camera != b.Camera || a.Unit != b.Unit || !near(a.Measured, b.Measured) || !near(a.Limit, b.Limit) {
		return false
	}
	if a.Measured == b.Measured && a.Limit == b.Limit {
		return a.Text == b.Text
	}
	return digits.ReplaceAllString(a.Text, "#") == digits.ReplaceAllString(b.Text, "#")
}

var digits = regexp.MustCompile(`-?\d+(\.\d+)?(e[+-]?\d+)?`)

func sentence(r event.Reason) string {
	if r.Class != "" {
		return fmt.Sprintf("%s (%s): %s", r.Rule, r.Class, r.Text)
	}
	return fmt.Sprintf("%s: %s", r.Rule, r.Text)
}

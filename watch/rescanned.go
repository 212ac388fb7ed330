package watch

import (
	"fmt"
	"slices"
	"time"

	"linesman/part"
)

// LoggedAlarm is one alarm as the log has it: from when it was raised, or came
// back, until it was cleared.
type LoggedAlarm struct {
	ID      string        `json:"id"`
	Rule    string        `json:"rule"`
	Camera  part.CameraID `json:"camera"`
	Text    string        `json:"text"`
	Raised  time.Time     `json:"raised"`
	Cleared time.Time     `json:"cleared,omitzero"` // zero: it stands
	Picture string        `json:"picture_sha256,omitempty"`
}

// Answer is what a rescan says of an alarm.
type Answer string

// The answers.
const (
	AnswerStays     Answer = "stays"      // it is in the log and would be raised now
	AnswerGone      Answer = "gone"       // it is in the log and would not be raised now
	AnswerNew       Answer = "new"        // it would be raised now and is not in the log
	AnswerNotJudged Answer = "not judged" // the recording can not tell
)

// Answered is one alarm with its answer.
type Answered struct {
	Answer Answer
	Why    string          // of gone and not judged
	Was    *LoggedAlarm    // nil for one that is not in the log
	Is     *RescannedAlert // nil for one that would not be raised now
	Shown  []byte          // what was seen when it was raised, where it would not be: JPEG, veiled
}

// nearby is by how much two alarms of one rule may miss each other and still be of
// the same thing: another network sees somebody a little sooner or later.
const nearby = 2 * time.Second

// Against holds a recording against the log's alarms of its camera. Those that
// neither were raised within the recording nor have a match in it are left out.
func (r *Rescanned) Against(log []LoggedAlarm) (out []Answered) {
	taken := map[int]bool{}
	for i := range r.Raised {
		a := &r.Raised[i]
		best := r.match(a, log, taken)
		switch {
		case a.Unsure != "":
			out = append(out, Answered{Answer: AnswerNotJudged, Why: a.Unsure, Is: a, Was: at(log, best)})
		case best < 0 && !r.again(a, log, taken):
			out = append(out, Answered{Answer: AnswerNew, Is: a})
		case best >= 0:
			out = append(out, Answered{Answer: AnswerStays, Is: a, Was: &log[best]})
		}
		if best >= 0 {
			taken[best] = true
		}
	}
	for i := range log {
		was := &log[i]
		if taken[i] || was.Camera != r.Camera || was.Raised.Before(r.From) || was.Raised.After(r.To) {
			continue
		}
		answer := Answered{Answer: AnswerNotJudged, Was: was, Shown: r.shown(was.Raised)}
		silent := false
		if answer.Why, silent = r.silent(was.Rule, was.Raised); silent {
			answer.Answer = AnswerGone
		}
		out = append(out, answer)
	}
	slices.SortStableFunc(out, func(a, b Answered) int { return a.When().Compare(b.When()) })
	return out
}

// When is when the alarm was raised: in the log, or else now.
func (a *Answered) When() time.Time {
	if a.Was != nil {
		return a.Was.Raised
	}
	return a.Is.Raised
}

func at(log []LoggedAlarm, i int) *LoggedAlarm {
	if i < 0 {
		return nil
	}
	return &log[i]
}

// match returns the alarm of the log that an alert is, -1 for none: of the same
// rule, at the same time, and of those the nearest.
func (r *Rescanned) match(a *RescannedAlert, log []LoggedAlarm, taken map[int]bool) int {
	best, least := -1, time.Duration(0)
	for i := range log {
		off := log[i].Raised.Sub(a.Raised).Abs()
		if !taken[i] && r.overlap(a, &log[i]) && (best < 0 || off < least) {
			best, least = i, off
		}
	}
	return best
}

// overlap reports whether both may be of the same thing.
func (r *Rescanned) overlap(a *RescannedAlert, l *LoggedAlarm) bool {
	if l.Rule != a.Rule || l.Camera != r.Camera {
		return false
	}
	end := a.Ended
	if end.IsZero() {
		end = r.To
	}
	return !l.Raised.Add(-r.reaches[a.Rule].For-nearby).After(end) && (l.Cleared.IsZero() || !a.Began.Add(-nearby).After(l.Cleared))
}

// again reports whether an alert is one more spell of an alarm of the log that has
// its match: it was one there all along. A rule about each of several people has
// one alarm for each of them.
func (r *Rescanned) again(a *RescannedAlert, log []LoggedAlarm, taken map[int]bool) bool {
	for i := range log {
		if !taken[i] || !r.overlap(a, &log[i]) {
			continue
		}
		apart := true // from every other alert of this alarm
		for k := range r.Raised {
			o := &r.Raised[k]
			if o != a && o.Rule == a.Rule && !o.Raised.After(a.Raised) && (o.Ended.IsZero() || o.Ended.After(a.Began)) {
				apart = false
			}
		}
		if apart {
			return true
		}
	}
	return false
}

// shown is the picture of a moment that was asked for.
func (r *Rescanned) shown(moment time.Time) []byte {
	for _, s := range r.Shown {
		if s.Moment.Equal(moment) {
			return s.Picture
		}
	}
	return nil
}

// silent reports whether a rule would have been silent at a time, and why, or why
// nobody can tell. It did not speak in the recording.
func (r *Rescanned) silent(rule string, at time.Time) (why string, silent bool) {
	reach, ok := r.reaches[rule]
	from := at.Add(-reach.Back)
	switch {
	case !ok:
		return "the rules have no such rule for this camera any more", true
	case reach.Never != "":
		return reach.Never, false
	case reach.Silent != "":
		return reach.Silent, false
	case from.Before(r.From):
		return fmt.Sprintf("the rule looks %v back, and the recording begins %.1f s before the alarm", reach.Back, at.Sub(r.From).Seconds()), false
	case reach.Came && r.early:
		return "the rule asks which way somebody came in, and somebody was there when the recording began", false
	}
	for _, b := range r.Blind {
		if !b.From.After(at) && !b.To.Before(from) {
			return fmt.Sprintf("nothing could be judged for %.1f s: %s", b.To.Sub(b.From).Seconds(), b.Why), false
		}
	}
	for _, w := range r.waiting {
		if w.Rule == rule && !w.Began.After(at.Add(nearby)) {
			return fmt.Sprintf("at the recording's end it had been so for %.1f s, and the rule waits %v", r.To.Sub(w.Began).Seconds(), reach.For), false
		}
	}
	for _, item := range reach.Items {
		if slices.ContainsFunc(r.unsure[item], func(t time.Time) bool { return !t.Before(at.Add(-reach.For)) && !t.After(at) }) {
			return fmt.Sprintf("of somebody in the picture nobody could tell the %s", item), false
		}
	}
	return "it is not so for as long as the rule asks", true
}

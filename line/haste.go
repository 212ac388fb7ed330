package line

import (
	"fmt"
	"slices"
	"time"

	"linesman/camera"
)

// haste keeps a worker from spending the cores on parts that are late whatever the
// model says. Without it one stall makes all that follows late: each picture waits
// for the one before, and every answer comes too late for its gate.
type haste struct {
	setup  *setup
	recent [5]time.Duration // of one core, a part; the newest first
	known  int
}

// took notes how long parts took on so many cores.
func (h *haste) took(d time.Duration, parts, cores int) {
	copy(h.recent[1:], h.recent[:])
	h.recent[0] = d * time.Duration(cores) / time.Duration(parts)
	h.known = min(h.known+1, len(h.recent))
}

// expects returns what parts take on so many cores by the median of the last ones, so
// that a stall that made one or two of them slow does not count; 0 while nobody knows.
func (h *haste) expects(parts, cores int) time.Duration {
	if h.known == 0 {
		return 0
	}
	sorted := h.recent
	slices.Sort(sorted[:h.known])
	return sorted[(h.known-1)/2] * time.Duration(parts) / time.Duration(cores)
}

// tooLate returns why the model need not be asked about the parts of a frame: its
// answer would come after the deadline. "" if there is time. Each such frame makes
// what is known of the model's pace count less, so that a slow spell ends.
//
// A part's deadline runs from its newest view's exposure. What a view further on is
// still to show has at least the time that the fastest belt takes to there. Whether the
// part is late in the end is the owner's to say.
func (w *worker) tooLate(f *camera.Frame, cores int) string {
	if w.haste.setup != w.setup {
		w.haste = haste{setup: w.setup}
	}
	limit := w.s.cfg.Settings.Deadline.D() + w.s.cfg.Settings.toLastView(w.view, w.setup.required)
	since, needs := w.s.now().Sub(f.At), w.haste.expects(len(w.owned), cores)
	if since+needs <= limit {
		return ""
	}
	w.haste.known = max(0, w.haste.known-1)
	return fmt.Sprintf("late: %.0f ms after exposure the model had not been asked, and would take %.0f more (at most %.0f)", ms(since), ms(needs), ms(limit))
}

// toLastView is the least time from a part's exposure in a view to that in the last of
// those that a verdict needs: wherever in both pictures it stands, and the belt at its
// fastest. 0 for the last one, and where two see the same place.
func (s *Settings) toLastView(view int, required []string) time.Duration {
	if !(s.MaxSpeed > 0) {
		return 0
	}
	from, most := &s.Views[view], 0.0
	for i := range s.Views {
		if v := &s.Views[i]; slices.Contains(required, v.Name) {
			most = max(most, v.AtMM-from.AtMM-(v.StepMM+from.StepMM)/2)
		}
	}
	return time.Duration(most / s.MaxSpeed * float64(time.Second))
}

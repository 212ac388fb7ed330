package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/expr-lang/expr/vm"

	"linesman/part"
	"linesman/scene"
)

// Engine holds the rules of a site against what happens, and keeps the alerts
// that stand. It is pure: the same moments and events give the same changes. It
// belongs to one goroutine.
type Engine struct {
	site    Site
	rules   []Rule
	env     *terms
	machine vm.VM                  // reused: it keeps its stack
	held    map[shelf][]*condition // in the order in which they began

	turn uint64 // steps so far

	heads    map[string]scene.Heads
	supposed map[string]int // heads of spaces of which nobody can tell, while a rule is tried
	heard    map[heardKey]said
	running  map[string]ran // line -> state, as the log last said
}

// shelf is where the conditions of one rule and one camera are kept.
type shelf struct {
	rule   *Rule
	camera part.CameraID // "" for a rule of the site
}

// condition is one rule's of one camera and, where it is about each, of one
// track.
type condition struct {
	rule   *Rule
	alert  Alert
	track  uint64 // it is about; 0 where it is not about each
	began  time.Time
	seen   time.Time // the track's last sight
	raised bool
	ended  time.Time // since when it is no longer true; zero while it is
	at     member    // as it last was
	turn   uint64    // the step in which it was last judged
}

// Rules returns the rules in force.
func (e *Engine) Rules() []Rule { return e.rules }

// Standing returns the alerts that stand, by key.
func (e *Engine) Standing() []Alert {
	var out []Alert
	for _, hs := range e.held {
		for _, h := range hs {
			if h.raised {
				out = append(out, h.alert)
			}
		}
	}
	slices.SortFunc(out, func(a, b Alert) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// Restore takes up alerts that stood when the process before ended: what is still
// the case goes on as the same alert, what is not is cleared after the rule's keep.
// It returns those of rules or cameras that are no more; nobody will clear them.
// An alert needs Rule, Key and Camera; call Restore before the first Step.
func (e *Engine) Restore(alerts []Alert) (orphans []Alert) {
	for _, a := range alerts {
		i := slices.IndexFunc(e.rules, func(r Rule) bool { return r.Name == a.Rule })
		if i < 0 || a.Camera != "" && !e.rules[i].cameras[a.Camera] {
			orphans = append(orphans, a)
			continue
		}
		r := &e.rules[i]
		a.Severity, a.Say, a.Actions = r.severity, r.Say, r.Then
		at := shelf{r, a.Camera}
		e.held[at] = append(e.held[at], &condition{rule: r, alert: a, began: a.Began, raised: true})
	}
	return orphans
}

// Step takes what is known at one time and returns what became of alerts.
func (e *Engine) Step(m Moment) []Change {
	for _, h := range m.Heads {
		e.heads[h.Space] = h
	}
	e.turn++
	e.env.fill(&m, e.site.Cameras[m.Camera])
	var changes []Change
	for i := range e.rules {
		r := &e.rules[i]
		switch {
		case !r.uses.picture && !r.uses.camera:
			changes = append(changes, e.ofSite(r, &m)...)
		case r.cameras[m.Camera]:
			changes = append(changes, e.ofCamera(r, &m)...)
		}
	}
	return changes
}

// ofSite holds a rule that no camera has a part in against the time.
func (e *Engine) ofSite(r *Rule, m *Moment) []Change {
	at := shelf{rule: r}
	return e.judge(at, m, e.only(at), nil, r.Name)
}

// only is the one condition of a shelf, nil if there is none.
func (e *Engine) only(at shelf) *condition {
	if hs := e.held[at]; len(hs) > 0 {
		return hs[0]
	}
	return nil
}

// ofCamera holds one rule against a camera's moment.
func (e *Engine) ofCamera(r *Rule, m *Moment) []Change {
	at, key := shelf{r, m.Camera}, r.Name+"/"+string(m.Camera)
	blind := m.Blind
	if m.Scene != nil && m.Scene.Blind != "" {
		blind = m.Scene.Blind
	}
	switch {
	case r.uses.picture && (blind != "" || m.Scene == nil):
		return e.unseen(at, m, blind)
	case r.Each == "":
		return e.judge(at, m, e.only(at), nil, key)
	}
	return e.ofEach(at, m, key)
}

// unseen keeps what stands of a camera that shows nothing: nobody can tell
// whether it is still the case. What was not yet raised begins anew.
func (e *Engine) unseen(at shelf, m *Moment, why string) (changes []Change) {
	if why == "" {
		return nil // a moment of the camera without a picture
	}
	e.held[at] = slices.DeleteFunc(e.held[at], func(h *condition) bool { return !h.raised })
	for _, h := range e.held[at] {
		h.ended = time.Time{}
		if h.alert.Unseen != why {
			h.alert.Unseen = why
			changes = append(changes, Change{Updated, m.At, h.alert})
		}
	}
	return changes
}

// drop forgets a condition.
func (e *Engine) drop(at shelf, h *condition) {
	e.held[at] = slices.DeleteFunc(e.held[at], func(o *condition) bool { return o == h })
}

// judge evaluates a rule, of one or of all, and moves its alert on. h is what is
// held of it so far, nil if nothing.
func (e *Engine) judge(at shelf, m *Moment, h *condition, one *member, key string) []Change {
	r := at.rule
	is, unknown := false, ""
	if r.During.Covers(m.At.In(e.site.Zone)) {
		is, unknown = e.supposing(r)
	}
	switch {
	case unknown != "":
		return e.untold(at, m, h, one, unknown)
	case !is && h == nil:
		return nil
	case !is:
		h.follow(one, e.turn)
		return e.isNot(at, m, h)
	case h == nil:
		h = &condition{rule: r, began: m.At, alert: Alert{Rule: r.Name, Key: e.free(at, key), Severity: r.severity, Camera: at.camera, Say: r.Say, Actions: r.Then}}
		e.held[at] = append(e.held[at], h)
	}
	h.follow(one, e.turn)
	return e.isSo(m, h)
}

// answer evaluates a rule's condition.
func (e *Engine) answer(r *Rule) (is bool) {
	e.env.hits, e.env.notes, e.env.untold = nil, nil, false
	answer, err := e.machine.Run(r.program, e.env)
	switch a := answer.(type) {
	case bool:
		is = a
	case group:
		is = len(a) > 0
		e.env.hits = append(e.env.hits, a...)
	}
	if err != nil { // a rule that can not be told is not one that holds
		is, e.env.untold = true, true
		e.env.notes = append(e.env.notes, "the rule can not be told: "+err.Error())
	}
	return is
}

// free is a key that no alert of the shelf has: one whose number went over to
// another may come back beside it.
func (e *Engine) free(at shelf, key string) string {
	free := key
	for n := 2; slices.ContainsFunc(e.held[at], func(h *condition) bool { return h.alert.Key == free }); n++ {
		free = fmt.Sprintf("%s-%d", key, n)
	}
	return free
}

// follow takes where the one that it is about is now.
func (h *condition) follow(one *member, turn uint64) {
	h.turn = turn
	if one == nil {
		return
	}
	h.at = *one
	if one.track != nil {
		h.track, h.seen = one.track.Number, one.track.Last
	}
	h.at.track = nil // it belongs to the scene
}

// isSo takes that a rule's condition is the case.
func (e *Engine) isSo(m *Moment, h *condition) []Change {
	h.ended = time.Time{}
	was := h.alert
	e.describe(h)
	switch {
	case !h.raised && m.At.Sub(h.began) >= h.rule.For:
		h.raised = true
		h.alert.Began, h.alert.Raised = h.began, m.At
		return []Change{{Raised, m.At, h.alert}}
	case h.raised && (!slices.Equal(was.Tracks, h.alert.Tracks) || was.Unseen != ""):
		return []Change{{Updated, m.At, h.alert}}
	}
	return nil
}

// isNot takes that a rule's condition is not the case.
func (e *Engine) isNot(at shelf, m *Moment, h *condition) []Change {
	if !h.raised {
		e.drop(at, h)
		return nil
	}
	var changes []Change
	if h.alert.Unseen != "" {
		h.alert.Unseen = ""
		changes = append(changes, Change{Updated, m.At, h.alert})
	}
	if h.ended.IsZero() {
		h.ended = m.At
	}
	if m.At.Sub(h.ended) < h.rule.keep {
		return changes
	}
	e.drop(at, h)
	return append(changes, Change{Cleared, m.At, h.alert})
}

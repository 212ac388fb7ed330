package rules

import (
	"fmt"
	"math"
	"slices"
	"time"

	"linesman/scene"
)

// Somebody whose number changes is not two people: what was held of the old
// number goes over to the new one if that appears within adoptFor of the last
// sight, and as near as one may have gone meanwhile.
const (
	adoptFor     = 5 * time.Second
	adoptReach   = 1.0 // heights, at once
	adoptSpeed   = 1.5 // and more of them a second
	adoptResized = 1.6
)

// ofEach holds a rule against each of a group.
func (e *Engine) ofEach(at shelf, m *Moment, key string) (changes []Change) {
	all := *e.env.group(at.rule.Each)
	for i := range all {
		one := &all[i]
		h := e.heldOf(at, m, one)
		if h == nil && one.track != nil && one.track.State != scene.Confirmed {
			continue // who is not seen begins nothing: it may be another's old number
		}
		*e.env.group(at.rule.Each) = group{*one}
		changes = append(changes, e.judge(at, m, h, one, key+"/"+nameOf(one))...)
	}
	*e.env.group(at.rule.Each) = all
	for _, h := range slices.Clone(e.held[at]) {
		if h.turn != e.turn {
			changes = append(changes, e.isNot(at, m, h)...)
		}
	}
	return changes
}

// heldOf is what is held of one: under its number, or under that of one it is
// taken to be; nil if nothing.
func (e *Engine) heldOf(at shelf, m *Moment, one *member) *condition {
	for _, h := range e.held[at] {
		switch {
		case one.track != nil && h.track == one.track.Number:
			return h
		case one.track == nil && h.at.label == one.label && h.at.box.Overlap(one.box) > 0.1:
			return h // fire and things stay where they are
		}
	}
	for _, h := range e.held[at] {
		if passes(h, m, one) {
			h.track = one.track.Number
			return h
		}
	}
	return nil
}

// nameOf is the part of a key that names one.
func nameOf(one *member) string {
	if one.track != nil {
		return fmt.Sprintf("%s-%d", one.label, one.track.Number)
	}
	c := one.box.Centre()
	return fmt.Sprintf("%s-%d-%d", one.label, int(c.X), int(c.Y))
}

// passes reports whether what is held of one that is no longer seen goes over to
// another, who appeared since and near.
func passes(h *condition, m *Moment, one *member) bool {
	if one.track == nil || h.track == 0 || one.track.State != scene.Confirmed || h.at.label != one.label {
		return false
	}
	if t := m.Scene.Track(h.track); t != nil && t.State == scene.Confirmed {
		return false
	}
	gap, tall := one.track.First.Sub(h.seen), h.at.box.Height()
	if gap < 0 || gap > adoptFor || !(tall > 0) {
		return false
	}
	resized := one.box.Height() / tall
	far := math.Hypot(one.box.Centre().X-h.at.box.Centre().X, one.box.Y1-h.at.box.Y1) / tall
	return far <= adoptReach+adoptSpeed*gap.Seconds() && resized < adoptResized && resized > 1/adoptResized
}

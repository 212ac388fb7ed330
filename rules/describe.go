package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"linesman/vision"
)

// describe says of an alert whom and what it is about now.
func (e *Engine) describe(h *condition) {
	a := &h.alert
	a.Unseen, a.Tracks, a.Boxes, a.Things, a.Zone, a.Object = "", nil, nil, nil, "", ""
	var zones, words []string
	for i := range e.env.hits {
		m := &e.env.hits[i]
		if m.track != nil && slices.Contains(a.Tracks, m.track.Number) {
			continue
		}
		if m.track != nil {
			a.Tracks = append(a.Tracks, m.track.Number)
		}
		if a.Object == "" {
			a.Object = m.label
		}
		if zone := cmp.Or(m.zone, m.beside); zone != "" && !slices.Contains(zones, zone) {
			zones = append(zones, zone)
		}
		a.Boxes = append(a.Boxes, m.box)
		a.Things = append(a.Things, m.thing())
		words = append(words, m.words())
	}
	if len(zones) == 1 {
		a.Zone = zones[0]
	}
	a.Subject, a.Firm = subject(a), h.rule.firm.of(a)
	if e.env.untold {
		a.Firm = "its rule can not be told"
	}
	a.Text = a.Rule
	if words = append(words, e.env.notes...); len(words) > 0 {
		a.Text += ": " + list(words)
	}
}

// subject names what an alert is about in the form that the log uses.
func subject(a *Alert) string {
	switch {
	case a.Camera == "":
		return "site"
	case a.Zone == "":
		return string(a.Camera)
	}
	return string(a.Camera) + "/" + a.Zone
}

// mostWords bounds how many are named in a text.
const mostWords = 4

func list(words []string) string {
	text := ""
	for i, w := range words[:min(len(words), mostWords)] {
		if i > 0 {
			text += "; "
		}
		text += w
	}
	if more := len(words) - mostWords; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// words say one of a group for a person.
func (m *member) words() string {
	text := who(m)
	if m.zone != "" {
		text += " in zone " + m.zone
	}
	if s := m.stays.Round(time.Second); s >= time.Second {
		text += fmt.Sprintf(" for %v", s)
	}
	if m.note != "" {
		text += ", " + m.note
	}
	return text
}

// Box returns the smallest box around all of an alert's things, in pixels of the
// picture; ok is false if it is about none.
func (a *Alert) Box() (b vision.Box, ok bool) {
	if len(a.Boxes) == 0 {
		return b, false
	}
	b = a.Boxes[0]
	for _, o := range a.Boxes[1:] {
		b = vision.Box{X0: min(b.X0, o.X0), Y0: min(b.Y0, o.Y0), X1: max(b.X1, o.X1), Y1: max(b.Y1, o.Y1)}
	}
	return b, true
}

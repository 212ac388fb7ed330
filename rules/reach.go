package rules

import (
	"cmp"
	"slices"
	"time"

	"linesman/event"
	"linesman/part"
)

// Reach is how far back a rule looks from a moment of a camera: who judges a
// recording must know it, since what was before the recording is not seen.
type Reach struct {
	For time.Duration // the rule's own
	// Back is what must have been seen before a moment, For included, for it to be
	// told that the rule is silent then.
	Back time.Duration
	// Items of dress that the rule asks for.
	Items []string
	// Lack says that the rule speaks of what is not there or not known. Before Back
	// less For is over it may speak only because nothing is known yet.
	Lack bool
	// Came says that the rule asks which way somebody came in: of who was there
	// before nobody can tell.
	Came bool
	// Never says why a recording can not be held against the rule at all, Silent why
	// none can show that it would not have spoken; "" if it can.
	Never, Silent string
}

// Settle is how long a camera must look before who is there is known with how they
// move: a track's birth, and a second of motion.
const Settle = 1300 * time.Millisecond

// Reach returns how far back a rule looks at a camera; ok is false if the camera
// has no such rule.
func (e *Engine) Reach(rule string, camera part.CameraID) (reach Reach, ok bool) {
	i := slices.IndexFunc(e.rules, func(r Rule) bool { return r.Name == rule })
	if i < 0 {
		return reach, false
	}
	r := &e.rules[i]
	reach = Reach{For: r.For, Items: r.uses.items, Lack: r.uses.lack, Came: r.uses.came}
	switch {
	case r.uses.camera:
		reach.Never = "it is about the camera itself, whose usual picture is learnt over longer than a recording"
	case len(r.uses.spaces) > 0:
		reach.Never = "heads are counted over all doors and all day, not within a recording"
	case !r.uses.picture:
		reach.Never = "it speaks of nothing that a camera shows"
	}
	set := e.site.Cameras[camera]
	if ofSite := !r.uses.picture && !r.uses.camera; ofSite || set == nil || !r.cameras[camera] {
		return reach, ofSite
	}
	within := Settle + r.uses.longest
	if len(r.uses.items) > 0 {
		within = max(within, set.Dress.Window)
	}
	for _, g := range r.uses.groups {
		switch g {
		case "fire", "smoke":
			within = max(within, time.Duration(set.Fire.Of)*time.Second)
		case "goods":
			reach.Silent = "what was left behind is told from how the place used to look, which is learnt over longer than a recording"
		}
	}
	reach.Back = r.For + within
	return reach, true
}

// Waiting returns the alerts of which the condition is the case, and not yet for as
// long as the rule asks for; Began says since when.
func (e *Engine) Waiting() (out []Alert) {
	for _, hs := range e.held {
		for _, h := range hs {
			if !h.raised {
				a := h.alert
				a.Began = h.began
				out = append(out, a)
			}
		}
	}
	slices.SortFunc(out, func(a, b Alert) int { return cmp.Or(a.Began.Compare(b.Began), cmp.Compare(a.Key, b.Key)) })
	return out
}

// Fact is one kind of event that rules read of one subject; no subject: of all.
type Fact struct {
	Type    event.Type
	Subject string
}

// Facts returns what Hear makes use of.
func (e *Engine) Facts() []Fact {
	out := []Fact{{Type: event.LineState{}.EventType()}}
	for i := range e.rules {
		for _, k := range e.rules[i].uses.heard {
			if f := (Fact{k.typ, k.subject}); !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return out
}

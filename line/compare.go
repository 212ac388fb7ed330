package line

import (
	"time"

	"linesman/part"
	"linesman/rules"
	"linesman/vision"
)

// note is the line's verdict on one part, and where its views showed it.
type note struct {
	at      time.Time
	id      part.ID
	outcome part.Outcome
	score   float64
	doubts  []string
	views   []noted
}

// noted is where one view showed a part.
type noted struct {
	place
	camera part.CameraID
	centre vision.Point
}

// verdict tells the shadow what the line says of a part. It is called by the owner.
func (sh *shadow) verdict(t *tracked) {
	if t.Seen.Before(sh.began) || t.setup.Recipe.Name != sh.by.Recipe.Name {
		return
	}
	n := note{at: sh.s.now(), id: t.ID, outcome: t.Outcome, score: t.verdict.score}
	for _, r := range t.verdict.Reasons {
		if r.Rule == "doubt" {
			n.doubts = append(n.doubts, r.Text)
		}
	}
	for i := range t.views {
		v := &t.views[i]
		n.views = append(n.views, noted{place{v.view, v.frame.ticket}, v.frame.camera, v.centre})
	}
	select {
	case sh.notes <- n:
	default:
		sh.missed.Add(1)
	}
}

// note takes the line's verdict on a part.
func (sh *shadow) note(n note) {
	if !sh.compare(&n) {
		sh.waiting = append(sh.waiting, n)
	}
}

// compareThose compares the parts that a frame was waited for.
func (sh *shadow) compareThose(at place) {
	left := sh.waiting[:0]
	for _, n := range sh.waiting {
		of := false
		for _, v := range n.views {
			of = of || v.place == at
		}
		if !of || !sh.compare(&n) {
			left = append(left, n)
		}
	}
	clear(sh.waiting[len(left):])
	sh.waiting = left
}

// compare judges a part by the candidate and counts both verdicts; false if not all
// of its frames are there.
func (sh *shadow) compare(n *note) bool {
	in := rules.Input{Part: n.id, Doubt: n.doubts}
	var seen []*shadowed
	var shown *shadowed // the picture that speaks most against the part
	var of noted
	for _, name := range sh.by.required {
		view := rules.View{Name: name, Missing: notSeen}
		for _, v := range n.views {
			if sh.s.cfg.Settings.Views[v.view].Name != name {
				continue
			}
			t := sh.judged[v.place]
			if t == nil {
				return false
			}
			view.Camera, view.Quality, view.Missing = v.camera, t.quality, t.why
			p := t.nearest(v.centre, 0.4*sh.by.Recipe.Part.DiameterMM/sh.s.cfg.Settings.Views[v.view].MMPerPx)
			switch {
			case p == nil && view.Missing == "":
				view.Missing = "the candidate finds no part there"
			case p != nil:
				view.Missing, view.Result = p.failed, p.result
				shows := &sh.s.cfg.Settings.Views[v.view]
				view.ToPart = toPart(shows.MMPerPx, shows.Belt, p.centre)
				seen = append(seen, p)
				if shown == nil || p.result.Anomaly > shown.result.Anomaly {
					shown, of = p, v
				}
			}
		}
		in.Views = append(in.Views, view)
	}
	v := decide(in, sh.by.Recipe)
	sh.tally.count(n, &v, shown, of)
	for _, p := range seen {
		p.crop.free()
		p.crop = nil
	}
	return true
}

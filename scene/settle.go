package scene

import (
	"math"
	"slices"
	"time"
)

// settle moves every track on in its life, and tells what came of it.
func (f *Follower) settle(at time.Time, s *Scene) {
	kept := f.tracks[:0]
	for _, t := range f.tracks {
		was := t.State
		t.State = f.state(t, at)
		if t.State == Gone {
			if was != Tentative {
				f.end(t, at, s)
			}
			continue
		}
		kept = append(kept, t)
	}
	clear(f.tracks[len(kept):])
	f.tracks = kept
	f.lost = slices.DeleteFunc(f.lost, func(t *follow) bool { return at.Sub(t.Last) > f.set.Follow.Remember })
	for _, t := range f.tracks {
		if t.State != Tentative && t.Number == 0 {
			f.name(t)
		}
	}
	f.tracks = slices.DeleteFunc(f.tracks, func(t *follow) bool { return t.passed })
	for _, t := range f.tracks {
		if t.seen {
			f.walk(t, at)
		}
		if t.State == Tentative {
			s.Tentative++
			f.place(t, at, nil) // the stay counts from here, once it is believed
			continue
		}
		f.place(t, at, s)
		f.cross(t, at, s)
		s.Tracks = append(s.Tracks, f.told(t, at))
	}
	slices.SortFunc(s.Tracks, func(a, b Track) int {
		if a.Number < b.Number {
			return -1
		}
		return 1
	})
	f.count(s)
}

// state says how far a track is to be believed now.
func (f *Follower) state(t *follow, at time.Time) State {
	unseen := at.Sub(t.Last)
	switch {
	case t.lapsed:
		return Gone
	case t.State == Tentative && t.hits >= 3 && t.seen && at.Sub(t.First) >= f.set.Follow.Birth:
		return Confirmed
	case t.State == Tentative:
		return Tentative
	case t.seen:
		return Confirmed
	case unseen > beyondPicture && f.outside(t):
		return Gone
	}
	return Coasting
}

// outside reports whether a track has left the picture, or is on its way out by
// more than a third of itself.
func (f *Follower) outside(t *follow) bool {
	b, w, h := t.Box, float64(f.width), float64(f.height)
	return t.x.Speed < 0 && b.X0 < -t.width/3 || t.x.Speed > 0 && b.X1 > w+t.width/3 ||
		t.y.Speed < 0 && b.Y0 < -t.height/3 || t.y.Speed > 0 && b.Y1 > h+t.height/3 ||
		t.x.At < 0 || t.y.At < 0 || t.x.At > w || t.y.At > h
}

// name gives a track that is now believed its number: that of one who is not
// seen any more, if it can only be that one, or the next.
func (f *Follower) name(t *follow) {
	old := f.comesBack(t)
	if old == nil {
		f.number++
		f.totals.Tracks++
		t.Number = f.number
		return
	}
	t.Number, t.First, t.Again = old.Number, old.First, old.Again+1
	for k := range t.sides {
		t.sides[k] = old.sides[k]
	}
	for k := range t.stays {
		now, was := &t.stays[k], &old.stays[k]
		switch {
		case now.in && was.in:
			now.since, now.heading = was.since, was.heading
			now.told = was.told && old.State != Gone // of one gone it has been told that it left
		case was.in && old.State != Gone:
			*now = *was
			now.out = t.Last
		}
	}
	f.totals.Again++
	old.passed = true
	f.lost = slices.DeleteFunc(f.lost, func(o *follow) bool { return o.passed })
}

// comesBack finds the one, lost or not seen now, that a fresh track must be; nil
// if none fits, or more than one pair does.
func (f *Follower) comesBack(t *follow) (found *follow) {
	for _, olds := range [2][]*follow{f.lost, f.tracks} {
		for _, old := range olds {
			if old.Number == 0 || old.seen || old.passed || !returns(t, old) {
				continue
			}
			if found != nil {
				return nil
			}
			found = old
		}
	}
	if found == nil {
		return nil
	}
	for _, other := range f.tracks {
		if other != t && other.Number == 0 && returns(other, found) {
			found.passed = found.State == Gone // nobody will ever know
			f.lost = slices.DeleteFunc(f.lost, func(o *follow) bool { return o.passed })
			return nil
		}
	}
	return found
}

// returns reports whether a fresh track may be one that was lost: both within the
// picture, as tall, and near enough to where it was last seen to have come from
// there.
func returns(t, old *follow) bool {
	gap := t.First.Sub(old.Last).Seconds()
	if t.kind != old.kind || gap < 0 || t.bornAtEdge || old.lastAtEdge {
		return false
	}
	ratio := t.height / old.height
	far := math.Hypot(t.Foot.X-old.lastFoot.X, t.Foot.Y-old.lastFoot.Y) / old.scale()
	return ratio < 1.5 && ratio > 1/1.5 && far <= min(0.5+gap, 2.5)
}

// end tells of a track that is gone.
func (f *Follower) end(t *follow, at time.Time, s *Scene) {
	for k := range t.stays {
		if st := &t.stays[k]; st.in && st.told {
			s.Passages = append(s.Passages, Passage{Zone: f.areas[k].name, Track: t.Number, Label: t.Label, At: at, For: t.Last.Sub(st.since), Lost: !f.outside(t), Heading: t.Motion.Heading})
		}
	}
	for k := range t.sides {
		sd := &t.sides[k]
		if sd.known && (f.barriers[k].inward(t.Foot) > 0) != sd.inner && f.barriers[k].between(sd.foot, t.Foot, lineSlack) {
			f.totals.Unsure++
		}
	}
	s.Ended = append(s.Ended, f.told(t, at))
	if len(f.lost) >= f.set.Follow.MaxTracks {
		f.lost = slices.Delete(f.lost, 0, 1)
	}
	f.lost = append(f.lost, t)
}

// told is a track as it is handed out.
func (f *Follower) told(t *follow, at time.Time) Track {
	out := t.Track
	out.Stays = nil
	for k := range t.stays {
		if st := &t.stays[k]; st.in {
			out.Stays = append(out.Stays, Stay{Zone: f.areas[k].name, Since: st.since, For: at.Sub(st.since), Heading: st.heading})
		}
	}
	if t.kind == person {
		out.Dress = make([]Dress, len(Items))
		for i := range Items {
			out.Dress[i] = t.votes[i].verdict(Items[i], at, &f.set.Dress)
		}
	}
	return out
}

// count tells how many are in each zone.
func (f *Follower) count(s *Scene) {
	s.Counts = make([]Count, len(f.areas))
	for k := range f.areas {
		s.Counts[k].Zone = f.areas[k].name
		for _, t := range f.tracks {
			if t.State == Tentative || !t.stays[k].in {
				continue
			}
			if t.kind == person {
				s.Counts[k].People++
			} else {
				s.Counts[k].Vehicles++
			}
		}
	}
}

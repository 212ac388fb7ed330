package bench

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"linesman/part"
	"linesman/scene"
)

// Who is whom: what is followed is held against the hand's people, picture by
// picture, as in CLEAR MOT (Bernardin and Stiefelhagen, 2008): a person keeps the
// track of the picture before while that is near enough; of the others, those that
// together are nearest belong together. A person whose track is another one than
// the last has changed identity; a track that goes over to another person has mixed
// two.
const nearHeights = 0.4 // between the hand's place of a person and a track's foot, in heights of the track

// Places between two of the hand's sightings are known where the hand looked at
// least once a second, or where the person did not move by more than standing
// between them.
const (
	sightingsApart = 1.   // seconds
	standing       = 0.03 // shares of the picture
)

// Identity says how well people were kept apart.
type Identity struct {
	People     int      `json:"people"`   // visits by hand, of whom places are known
	Tracks     int      `json:"tracks"`   // people that were followed
	Sightings  int      `json:"pictures"` // of a person each, where the hand knows the place
	Found      int      `json:"found"`    // of these
	Switches   []string `json:"switches"` // a person's track is another one than before
	Mixed      []string `json:"mixed"`    // a track is another person than before
	Unfollowed []string `json:"unfollowed"`
	Nobody     []string `json:"nobody"` // tracks that were nobody whose place the hand knows
}

func (d *Identity) join(o *Identity) {
	d.People, d.Tracks, d.Sightings, d.Found = d.People+o.People, d.Tracks+o.Tracks, d.Sightings+o.Sightings, d.Found+o.Found
	d.Switches, d.Mixed = append(d.Switches, o.Switches...), append(d.Mixed, o.Mixed...)
	d.Unfollowed, d.Nobody = append(d.Unfollowed, o.Unfollowed...), append(d.Nobody, o.Nobody...)
}

// whereabouts says who is where in a frame: of each, how far a track is from it,
// from 0, the very place; beyond 1 it is another.
type whereabouts func(frame int) map[string]func(t *seenTrack) float64

// whoIs is who each track was, picture by picture.
type whoIs struct {
	people [][]string        // of each picture, by the place in its tracks; "" nobody
	placed []int             // of each picture, of how many the place is known
	spans  map[uint64][2]int // first and last frame of a track
	where  map[uint64]string // where a track began
	known  map[string]bool   // people whose places are ever known
}

// whoIsWho matches tracks and people.
func whoIsWho(pictures []seenPicture, truth whereabouts) *whoIs {
	w := &whoIs{spans: map[uint64][2]int{}, where: map[uint64]string{}, known: map[string]bool{}}
	last := map[string]uint64{} // a person's track
	for i := range pictures {
		p := &pictures[i]
		free := truth(p.frame)
		w.placed = append(w.placed, len(free))
		for name := range free {
			w.known[name] = true
		}
		names := make([]string, len(p.tracks))
		for j := range p.tracks { // who keeps his track
			for _, name := range slices.Sorted(maps.Keys(free)) {
				if last[name] == p.tracks[j].number && names[j] == "" && free[name](&p.tracks[j]) <= 1 {
					names[j] = name
					delete(free, name)
				}
			}
		}
		matchFree(p, free, names)
		w.people = append(w.people, names)
		for j, t := range p.tracks {
			if names[j] != "" {
				last[names[j]] = t.number
			}
			span, seen := w.spans[t.number]
			if !seen {
				span[0] = p.frame
				w.where[t.number] = fmt.Sprintf("(%.2f, %.2f)", t.foot.X, t.foot.Y)
			}
			span[1] = p.frame
			w.spans[t.number] = span
		}
	}
	return w
}

// matchFree gives the tracks that are nobody yet to people who are free.
func matchFree(p *seenPicture, free map[string]func(*seenTrack) float64, names []string) {
	people := slices.Sorted(maps.Keys(free))
	var tracks []int
	for j := range p.tracks {
		if names[j] == "" {
			tracks = append(tracks, j)
		}
	}
	if len(people) == 0 || len(tracks) == 0 {
		return
	}
	cost := make([][]float64, len(people))
	for i, name := range people {
		cost[i] = make([]float64, len(tracks))
		for k, j := range tracks {
			if cost[i][k] = free[name](&p.tracks[j]); cost[i][k] > 1 {
				cost[i][k] = math.Inf(1)
			}
		}
	}
	for i, k := range part.Assign(cost) {
		if k >= 0 {
			names[tracks[k]] = people[i]
		}
	}
}

// whereabouts are the hand's.
func (h *SceneHand) whereabouts(frame int) map[string]func(*seenTrack) float64 {
	out := map[string]func(*seenTrack) float64{}
	for name, at := range h.places(frame) {
		out[name] = func(t *seenTrack) float64 {
			return math.Hypot((at.X-t.foot.X)*float64(h.Width), (at.Y-t.foot.Y)*float64(h.Height)) / t.box.Height() / nearHeights
		}
	}
	return out
}

// places are where people are in a frame, as far as the hand knows.
func (h *SceneHand) places(frame int) map[string]HandPoint {
	before, after := map[string]HandSighting{}, map[string]HandSighting{}
	for _, s := range h.Sightings {
		if b, ok := before[s.Person]; s.Frame <= frame && (!ok || s.Frame > b.Frame) {
			before[s.Person] = s
		}
		if a, ok := after[s.Person]; s.Frame >= frame && (!ok || s.Frame < a.Frame) {
			after[s.Person] = s
		}
	}
	at := map[string]HandPoint{}
	for name, b := range before {
		a, ok := after[name]
		switch {
		case !ok:
		case a.Frame == b.Frame:
			at[name] = b.At
		case float64(a.Frame-b.Frame)/h.Rate <= sightingsApart || math.Hypot(a.At.X-b.At.X, a.At.Y-b.At.Y) <= standing:
			t := float64(frame-b.Frame) / float64(a.Frame-b.Frame)
			at[name] = HandPoint{b.At.X + t*(a.At.X-b.At.X), b.At.Y + t*(a.At.Y-b.At.Y)}
		}
	}
	return at
}

// identity counts. People are those who may be asked for.
func (w *whoIs) identity(pictures []seenPicture) Identity {
	d := Identity{People: len(w.known), Tracks: len(w.spans), Switches: []string{}, Mixed: []string{}, Unfollowed: []string{}, Nobody: []string{}}
	last, ever := map[string]uint64{}, map[uint64]string{}
	for i, p := range pictures {
		d.Sightings += w.placed[i]
		for j, t := range p.tracks {
			name := w.people[i][j]
			if name == "" {
				continue
			}
			d.Found++
			if was := last[name]; was != 0 && was != t.number {
				d.Switches = append(d.Switches, fmt.Sprintf("%s from track %d to %d at %d", name, was, t.number, p.frame))
			}
			if was := ever[t.number]; was != "" && was != name {
				d.Mixed = append(d.Mixed, fmt.Sprintf("track %d from %s to %s at %d", t.number, was, name, p.frame))
			}
			last[name], ever[t.number] = t.number, name
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.known)) {
		if last[name] == 0 {
			d.Unfollowed = append(d.Unfollowed, name)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(w.spans)) {
		if ever[n] == "" {
			d.Nobody = append(d.Nobody, fmt.Sprintf("track %d, %d to %d, from %s", n, w.spans[n][0], w.spans[n][1], w.where[n]))
		}
	}
	return d
}

// dress holds what stood of each person's dress, at any time, against the hand.
func (w *whoIs) dress(s *sceneSeen, h *SceneHand) DressScore {
	b := dressBook{}
	for i, p := range s.pictures {
		for j, t := range p.tracks {
			if name := w.people[i][j]; name != "" {
				b.see(name, t.dress)
			}
		}
	}
	var out DressScore
	for _, d := range h.Dress {
		for item, says := range map[scene.Item]string{scene.Helmet: d.Helmet, scene.Vest: d.Vest, scene.Mask: d.Mask} {
			if says != "unclear" && w.known[d.Person] {
				out.of(item).take(b.said(d.Person, item), map[string]scene.Worn{"yes": scene.Yes, "no": scene.No}[says], fmt.Sprintf("%s %s", h.Video, d.Person))
			}
		}
	}
	out.sort()
	return out
}

// alarms tells true alerts from false ones.
func (w *whoIs) alarms(s *sceneSeen, h *SceneHand, seconds float64) AlarmScore {
	a := AlarmScore{Hours: seconds / 3600, False: []string{}}
	for _, al := range s.alerts {
		switch verdict, why := w.holds(s, h, &al); verdict {
		case 1:
			a.True++
		case 0:
			a.Unsure++
		default:
			a.False = append(a.False, fmt.Sprintf("%s: %q at %d: %s", h.Video, al.rule, al.at, why))
		}
	}
	a.rate()
	return a
}

// holds reports whether an alert is true (1), false (-1), or the hand does not
// know (0).
func (w *whoIs) holds(s *sceneSeen, h *SceneHand, al *seenAlert) (verdict int, why string) {
	switch {
	case al.zone != "" && al.rule == ruleZone+al.zone:
		for _, st := range h.Stays {
			in, out := h.seconds(max(st.In, 1)), h.seconds(h.Frames)
			if st.Out > 0 {
				out = h.seconds(st.Out)
			}
			if at := h.seconds(al.began); st.Zone == al.zone && at >= in-pairedWithin && at <= out+pairedWithin {
				return 1, ""
			}
		}
		return -1, "nobody is in it"
	case al.rule == ruleDress+string(scene.Helmet), al.rule == ruleDress+string(scene.Vest):
		return w.dressHolds(s, h, al)
	}
	return -1, "nothing of the kind is in the video"
}

func (w *whoIs) dressHolds(s *sceneSeen, h *SceneHand, al *seenAlert) (verdict int, why string) {
	name := w.nearestName(s, al)
	if name == "" {
		return -1, fmt.Sprintf("track %v is nobody", al.tracks)
	}
	for _, d := range h.Dress {
		if d.Person != name {
			continue
		}
		says := d.Helmet
		if al.rule == ruleDress+string(scene.Vest) {
			says = d.Vest
		}
		switch says {
		case "no":
			return 1, ""
		case "yes":
			return -1, name + " wears it"
		}
	}
	return 0, ""
}

// nearestName is who an alert's track was in the picture nearest to it in which it
// was somebody.
func (w *whoIs) nearestName(s *sceneSeen, al *seenAlert) (name string) {
	best := math.MaxInt
	for i, p := range s.pictures {
		for j, t := range p.tracks {
			off := max(p.frame-al.at, al.at-p.frame)
			if slices.Contains(al.tracks, t.number) && w.people[i][j] != "" && off < best {
				name, best = w.people[i][j], off
			}
		}
	}
	return name
}

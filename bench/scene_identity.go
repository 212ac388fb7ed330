package bench

import (
	"fmt"
	"math"
	"slices"

	"linesman/part"
	"linesman/scene"
)

// Who is whom: what is followed is held against the hand's people, picture by
// picture, as in CLEAR MOT (Bernardin and Stiefelhagen, 2008): a person keeps the
// track of the picture before while that is near enough; of the others, those that
// together are nearest belong together. A person whose track is another one than
// the last has changed identity.
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
	Unfollowed []string `json:"unfollowed"`
	Nobody     []string `json:"nobody"` // tracks that were nobody whose place the hand knows
}

func (d *Identity) join(o *Identity) {
	d.People, d.Tracks, d.Sightings, d.Found = d.People+o.People, d.Tracks+o.Tracks, d.Sightings+o.Sightings, d.Found+o.Found
	d.Switches, d.Unfollowed, d.Nobody = append(d.Switches, o.Switches...), append(d.Unfollowed, o.Unfollowed...), append(d.Nobody, o.Nobody...)
}

// whoIs is who each track was, picture by picture.
type whoIs struct {
	people [][]string        // of each picture, by the place in its tracks; "" nobody
	placed []map[string]bool // of each picture, whose place the hand knows
	spans  map[uint64][2]int // first and last frame of a track
	where  map[uint64]string // where a track began
	known  map[string]bool   // people whose places the hand ever knows
}

// whoIsWho matches tracks and people.
func (s *sceneSeen) whoIsWho(h *SceneHand) *whoIs {
	w := &whoIs{spans: map[uint64][2]int{}, where: map[uint64]string{}, known: map[string]bool{}}
	last := map[string]uint64{} // a person's track
	for _, p := range s.pictures {
		placed := h.places(p.frame)
		names := make([]string, len(p.tracks))
		free := map[string]bool{}
		for name := range placed {
			free[name], w.known[name] = true, true
		}
		for j, t := range p.tracks { // who keeps his track
			for name, at := range placed {
				if last[name] == t.number && free[name] && h.apart(at, &t) <= nearHeights {
					names[j] = name
					delete(free, name)
				}
			}
		}
		h.matchFree(&p, placed, free, names)
		known := map[string]bool{}
		for name := range placed {
			known[name] = true
		}
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
		w.people, w.placed = append(w.people, names), append(w.placed, known)
	}
	return w
}

// matchFree gives the tracks that are nobody yet to people that are free.
func (h *SceneHand) matchFree(p *seenPicture, placed map[string]HandPoint, free map[string]bool, names []string) {
	var people []string
	for name := range free {
		people = append(people, name)
	}
	slices.Sort(people)
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
			if cost[i][k] = h.apart(placed[name], &p.tracks[j]); cost[i][k] > nearHeights {
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

// apart is how far a track stands from a place, in its heights.
func (h *SceneHand) apart(at HandPoint, t *seenTrack) float64 {
	return math.Hypot((at.X-t.foot.X)*float64(h.Width), (at.Y-t.foot.Y)*float64(h.Height)) / t.height
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

// identity counts.
func (w *whoIs) identity(s *sceneSeen, h *SceneHand) Identity {
	d := Identity{People: len(w.known), Tracks: len(w.spans), Switches: []string{}, Unfollowed: []string{}, Nobody: []string{}}
	last, ever := map[string]uint64{}, map[uint64]bool{}
	for i, p := range s.pictures {
		d.Sightings += len(w.placed[i])
		for j, t := range p.tracks {
			name := w.people[i][j]
			if name == "" {
				continue
			}
			d.Found++
			ever[t.number] = true
			if was := last[name]; was != 0 && was != t.number {
				d.Switches = append(d.Switches, fmt.Sprintf("%s from track %d to %d at %d", name, was, t.number, p.frame))
			}
			last[name] = t.number
		}
	}
	for _, v := range h.People {
		if w.known[v.Name] && last[v.Name] == 0 {
			d.Unfollowed = append(d.Unfollowed, v.Name)
		}
	}
	for _, n := range sortedNumbers(w.spans) {
		if !ever[n] {
			d.Nobody = append(d.Nobody, fmt.Sprintf("track %d, %d to %d, from %s", n, w.spans[n][0], w.spans[n][1], w.where[n]))
		}
	}
	return d
}

func sortedNumbers(spans map[uint64][2]int) (all []uint64) {
	for n := range spans {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
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

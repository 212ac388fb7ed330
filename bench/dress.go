package bench

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"linesman/scene"
)

// DressScore holds what was decided of people's dress against what they wear. It
// is strict: a verdict is right if the right one stood at some time and the wrong
// one never did, wrong if the wrong one ever stood, and else undecided.
type DressScore struct {
	Items []ItemScore `json:"items"` // helmet, vest, mask, as far as asked
}

// ItemScore is of one item of dress.
type ItemScore struct {
	Item      scene.Item `json:"item"`
	People    int        `json:"people"` // n
	Right     int        `json:"right"`
	Wrong     []string   `json:"wrong"`
	Undecided []string   `json:"undecided"`
}

func (d *DressScore) of(item scene.Item) *ItemScore {
	for i := range d.Items {
		if d.Items[i].Item == item {
			return &d.Items[i]
		}
	}
	d.Items = append(d.Items, ItemScore{Item: item, Wrong: []string{}, Undecided: []string{}})
	return &d.Items[len(d.Items)-1]
}

func (d *DressScore) sort() {
	slices.SortFunc(d.Items, func(a, b ItemScore) int { return cmp.Compare(a.Item, b.Item) })
}

func (d *DressScore) join(o *DressScore) {
	for i := range o.Items {
		x, y := d.of(o.Items[i].Item), &o.Items[i]
		x.People, x.Right = x.People+y.People, x.Right+y.Right
		x.Wrong, x.Undecided = append(x.Wrong, y.Wrong...), append(x.Undecided, y.Undecided...)
	}
	d.sort()
}

// All is the sum over the items.
func (d *DressScore) All() (people, right, wrong, undecided int) {
	for _, i := range d.Items {
		people, right, wrong, undecided = people+i.People, right+i.Right, wrong+len(i.Wrong), undecided+len(i.Undecided)
	}
	return people, right, wrong, undecided
}

func (i *ItemScore) take(said saidOf, truth scene.Worn, who string) {
	i.People++
	other := scene.Yes
	if truth == scene.Yes {
		other = scene.No
	}
	switch {
	case said.stood[other]:
		i.Wrong = append(i.Wrong, fmt.Sprintf("%s: %s", who, other))
	case said.stood[truth]:
		i.Right++
	default:
		i.Undecided = append(i.Undecided, fmt.Sprintf("%s: %s", who, said.why()))
	}
}

// dressBook keeps what was said of each person's items.
type dressBook map[string]map[scene.Item]*saidOf

// saidOf is what ever stood of one item of one person.
type saidOf struct {
	stood    [3]bool // by scene.Worn
	pictures int
	small    int
	votes    int // the most of a picture
}

func (b dressBook) see(name string, dress []scene.Dress) {
	for _, d := range dress {
		if b[name] == nil {
			b[name] = map[scene.Item]*saidOf{}
		}
		if b[name][d.Item] == nil {
			b[name][d.Item] = &saidOf{}
		}
		s := b[name][d.Item]
		s.stood[d.Worn] = true
		s.pictures++
		s.votes = max(s.votes, d.Votes)
		if d.Small {
			s.small++
		}
	}
}

func (b dressBook) said(name string, item scene.Item) saidOf {
	if s := b[name][item]; s != nil {
		return *s
	}
	return saidOf{}
}

// why says why nothing was decided.
func (s *saidOf) why() string {
	switch {
	case s.pictures == 0:
		return "not followed"
	case 2*s.small > s.pictures:
		return "too small in the picture"
	}
	return fmt.Sprintf("at most %d votes", s.votes)
}

// AlarmScore counts alerts by whether they were true.
type AlarmScore struct {
	True   int      `json:"true"`
	Unsure int      `json:"unsure"` // the hand does not know
	False  []string `json:"false"`
	Hours  float64  `json:"hours"` // watched
	// PerHour are false ones an hour; Upper95 the one-sided exact 95 % bound on it, if
	// they come by chance alone (Garwood, 1936).
	PerHour float64 `json:"per_hour"`
	Upper95 float64 `json:"upper_95"`
}

func (a *AlarmScore) rate() {
	n := float64(len(a.False))
	a.PerHour = n / a.Hours
	a.Upper95 = distuv.ChiSquared{K: 2 * (n + 1)}.Quantile(0.95) / 2 / a.Hours
}

func (a *AlarmScore) join(o *AlarmScore, seconds float64) {
	a.True, a.Unsure, a.False, a.Hours = a.True+o.True, a.Unsure+o.Unsure, append(a.False, o.False...), seconds/3600
	a.rate()
}

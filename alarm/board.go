package alarm

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"linesman/event"
)

// keepClosed is how many alarms that are normal again the board still shows.
const keepClosed = 500

// keepClosedFor is how long a receipt may come after an alarm is normal again.
const keepClosedFor = time.Hour

// Board holds every alarm that stands. It is pure: time comes in with each
// call, what happens goes out as events, and what it knows comes from events
// alone, so that reading them again gives the same board. It belongs to one
// goroutine.
type Board struct {
	set    *Settings
	source string // of its events: "/demo"
	zone   *time.Location

	alarms     map[string]*standing // by id
	open       map[string]*standing // of these, those that are not normal
	byKey      map[string]*standing // the newest of each key
	shelves    map[string]said[Shelf]
	silenced   map[string]said[event.AlarmSuppressed] // by condition
	out        map[string]said[event.AlarmService]    // by key or pattern
	deliveries map[string]*delivery
	live       map[string]*delivery // of these, those that something is still to be done for
	prunedAt   time.Time
	floods     map[string]*flood // by roster
	groups     map[string]*group // alarms that wait to be told together
	drills     map[string]*drill // by id of the staged alarm
	answers    lastAnswers
	lastSeq    uint64 // the newest event known
	marked     uint64 // where the last AlarmStanding says to begin
	markedAt   time.Time
	box        []event.Event // what happened and is not taken yet
}

// standing is an alarm with what only its calls need.
type standing struct {
	Alarm
	seq    uint64 // of its first event; 0 while unknown
	untold uint64 // repeats not yet told
	told   time.Time
	closed bool

	round  int       // the roster is gone through for the so-manieth time
	step   int       // of the roster, that was begun last in this round; 0 is none
	stepAt time.Time // when it began; of step 0: when the round may begin
	empty  bool      // nobody could be called by that step
	called time.Time // when a round last began
	group  string    // waits in this group
	calls  []*delivery

	asked []string             // beacons that light while it is active, by channel
	lamps map[string]*delivery // the last lighting of each; none of one that is to be lit
	lit   int                  // lightings so far
}

// said is something that stands, with the event that said so.
type said[T any] struct {
	What T
	id   string // of the event
	seq  uint64
}

// group are alarms that are to be told together.
type group struct {
	due    time.Time
	roster *Roster
	step   int
	place  string
	alarms []string
}

// NewBoard returns an empty board. The settings must be valid. source is the
// site's ("/demo"), duty hours are in zone.
func NewBoard(set *Settings, source string, zone *time.Location) *Board {
	return &Board{
		set: set, source: source, zone: zone,
		alarms: map[string]*standing{}, open: map[string]*standing{}, live: map[string]*delivery{}, byKey: map[string]*standing{}, shelves: map[string]said[Shelf]{},
		silenced: map[string]said[event.AlarmSuppressed]{}, out: map[string]said[event.AlarmService]{},
		deliveries: map[string]*delivery{}, floods: map[string]*flood{}, groups: map[string]*group{}, drills: map[string]*drill{}, answers: lastAnswers{},
	}
}

// say makes one event, with an id of its own, and lets the board take it in.
func (b *Board) say(now time.Time, alarm, actor, cause string, p event.Payload) {
	subject := alarm
	if subject == "" {
		subject = "alarms"
	}
	e := event.New(b.sourceOf(alarm, p), subject, now, p)
	e.ID, e.Cause = event.MakeID(now).String(), cause
	if r, ok := p.(event.AlarmRaised); ok && r.Again == 0 {
		e.ID = alarm // what names the alarm as its cause finds the event
	}
	if actor != "" {
		e.Actor = actor
	}
	if err := b.Apply(e); err != nil { // the board's own events are well formed
		panic("alarm: " + err.Error())
	}
	b.box = append(b.box, e)
}

// sourceOf names the line that an alarm is of, as all events of a line do: by
// that its rights and its certificates are told from others'.
func (b *Board) sourceOf(alarm string, p event.Payload) string {
	line := ""
	if a := b.alarms[alarm]; a != nil {
		line = a.Line
	}
	if r, ok := p.(event.AlarmRaised); ok {
		line = r.Line
	}
	if line == "" {
		return b.source
	}
	return b.source + "/line/" + line
}

// Take returns what happened since the last call, in order. The caller appends
// it to the log, all of it and in this order.
func (b *Board) Take() []event.Event {
	out := b.box
	b.box = nil
	return out
}

// Stored tells the board where its events stand in the log.
func (b *Board) Stored(events []event.Event) {
	for _, e := range events {
		b.lastSeq = max(b.lastSeq, e.Seq)
		if a := b.alarms[e.Subject]; a != nil && a.seq == 0 {
			a.seq = e.Seq
		}
		for key, s := range b.shelves {
			if s.id == e.ID {
				s.seq = e.Seq
				b.shelves[key] = s
			}
		}
		for name, s := range b.silenced {
			if s.id == e.ID {
				s.seq = e.Seq
				b.silenced[name] = s
			}
		}
		for key, s := range b.out {
			if s.id == e.ID {
				s.seq = e.Seq
				b.out[key] = s
			}
		}
	}
}

// state is the alarm's state after ISA-18.2; what keeps it silent comes first.
func (b *Board) state(a *standing) State {
	switch {
	case a.closed:
		return Normal
	case b.outReason(a.Key) != "":
		return OutOfService
	case b.condition(a.Key) != "":
		return Suppressed
	case !b.shelves[a.Key].What.Until.IsZero():
		return Shelved
	case a.Active && a.Acked.By != "":
		return Acknowledged
	case a.Active:
		return Unacknowledged
	}
	return Returned
}

func (b *Board) outReason(key string) string {
	if len(b.out) == 0 {
		return ""
	}
	for _, pattern := range slices.Sorted(maps.Keys(b.out)) {
		if fits(pattern, key) {
			return cmp.Or(b.out[pattern].What.Reason, "out of service")
		}
	}
	return ""
}

func (b *Board) condition(key string) string {
	if len(b.silenced) == 0 {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(b.silenced)) {
		if slices.ContainsFunc(b.silenced[name].What.Keys, func(p string) bool { return fits(p, key) }) {
			return name
		}
	}
	return ""
}

// silent says whether nobody is to be told of an alarm now.
func (b *Board) silent(a *standing) bool {
	switch b.state(a) {
	case Unacknowledged, Returned:
		return a.Drill
	}
	return true
}

// wants says whether somebody still has to acknowledge an alarm, and is to be
// called for that.
func (b *Board) wants(a *standing) bool { return !b.silent(a) && a.Severity >= b.set.push }

// view is the alarm as others see it.
func (b *Board) view(a *standing) Alarm {
	out := a.Alarm
	out.State = b.state(a)
	out.Count += a.untold
	out.Shelved = b.shelves[a.Key].What
	out.Silenced = b.condition(a.Key)
	out.Out = b.outReason(a.Key)
	return out
}

// List returns the alarms that stand, the gravest first, and behind them up to
// closed ones that are normal again, the newest first.
func (b *Board) List(closed int) []Alarm {
	var stand, normal []Alarm
	for _, a := range b.alarms {
		if v := b.view(a); v.State != Normal {
			stand = append(stand, v)
		} else {
			normal = append(normal, v)
		}
	}
	slices.SortFunc(stand, func(a, b Alarm) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), b.Opened.Compare(a.Opened), strings.Compare(a.ID, b.ID))
	})
	slices.SortFunc(normal, func(a, b Alarm) int {
		return cmp.Or(b.Cleared.Compare(a.Cleared), strings.Compare(b.ID, a.ID))
	})
	return append(stand, normal[:min(closed, len(normal))]...)
}

// Alarm returns one alarm; ok is false where the board has none of that id.
func (b *Board) Alarm(id string) (a Alarm, ok bool) {
	s := b.alarms[id]
	if s == nil {
		return a, false
	}
	return b.view(s), true
}

// Shelves returns what is shelved, by key.
func (b *Board) Shelves() []Shelf {
	var out []Shelf
	for _, key := range slices.Sorted(maps.Keys(b.shelves)) {
		out = append(out, b.shelves[key].What)
	}
	return out
}

// Suppressions returns the conditions that keep alarms silent by design.
func (b *Board) Suppressions() []event.AlarmSuppressed {
	var out []event.AlarmSuppressed
	for _, name := range slices.Sorted(maps.Keys(b.silenced)) {
		out = append(out, b.silenced[name].What)
	}
	return out
}

// OutOfService returns what is out of service.
func (b *Board) OutOfService() []event.AlarmService {
	var out []event.AlarmService
	for _, key := range slices.Sorted(maps.Keys(b.out)) {
		out = append(out, b.out[key].What)
	}
	return out
}

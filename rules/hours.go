package rules

import (
	"cmp"
	"slices"
	"time"

	"linesman/part"
)

// Hours counts alarms by the hour, zone and object: how often one was raised, and
// how long one stood. It belongs to one goroutine; it is given changes, or what
// the log says of them, in order of time.
type Hours struct {
	cells map[hourKey]*HourCell
	open  map[string]openAlert // by the alert's key
}

type hourKey struct {
	hour int64 // since 1970
	camera, zone,
	object string
}

type openAlert struct {
	key   hourKey
	since time.Time
}

// HourCell is one hour of one zone and object.
type HourCell struct {
	Hour    time.Time // UTC, its beginning
	Camera  part.CameraID
	Zone    string // "" where the alert is about no single one
	Object  string // "person", "fire"...; the rule's name where it is about no thing
	Raised  int
	Seconds float64 // in which an alert stood; of two at once, both count
	// Withheld is how often a second look kept an alert back. It is neither raised
	// nor counted by the second, unless it is raised after all.
	Withheld int
}

// mostOpen bounds how many alerts are held open at once; the others count as
// raised, without their seconds.
const mostOpen = 10000

// NewHours returns an empty table.
func NewHours() *Hours { return &Hours{cells: map[hourKey]*HourCell{}, open: map[string]openAlert{}} }

// Take counts one change of an alert.
func (h *Hours) Take(c Change) {
	a := &c.Alert
	switch c.Kind {
	case Raised:
		key := keyOf(a, c.At)
		h.cell(key).Raised++
		if _, twice := h.open[a.Key]; !twice && len(h.open) < mostOpen {
			h.open[a.Key] = openAlert{key, c.At}
		}
	case Cleared:
		if o, ok := h.open[a.Key]; ok {
			h.spread(h.cell, o, c.At)
			delete(h.open, a.Key)
		}
	}
}

// Join puts the table of a time before in front of this one, and takes it over. What
// stood at its end goes on standing, unless cleared has when it was over meanwhile, or
// it was raised anew here.
func (h *Hours) Join(older *Hours, cleared map[string]time.Time) {
	for alert, o := range older.open {
		again, twice := h.open[alert]
		over, is := cleared[alert]
		switch {
		case is && (!twice || over.Before(again.since)):
			older.spread(older.cell, o, over)
		case twice:
			older.spread(older.cell, o, again.since)
		case len(h.open) < mostOpen:
			h.open[alert] = o
		}
	}
	for key, c := range older.cells {
		into := h.cell(key)
		into.Raised, into.Seconds, into.Withheld = into.Raised+c.Raised, into.Seconds+c.Seconds, into.Withheld+c.Withheld
	}
}

// Withhold counts an alert that is the case and was kept back at a time.
func (h *Hours) Withhold(a *Alert, at time.Time) { h.cell(keyOf(a, at)).Withheld++ }

func keyOf(a *Alert, at time.Time) hourKey {
	return hourKey{hourOf(at), string(a.Camera), a.Zone, cmp.Or(a.Object, a.Rule)}
}

// spread adds the time of an alert to every hour it stood in.
func (h *Hours) spread(cell func(hourKey) *HourCell, o openAlert, until time.Time) {
	for at := o.since; at.Before(until); {
		key := o.key
		key.hour = hourOf(at)
		next := time.Unix((key.hour+1)*3600, 0)
		if next.After(until) {
			next = until
		}
		cell(key).Seconds += next.Sub(at).Seconds()
		at = next
	}
}

func hourOf(at time.Time) int64 { return at.Truncate(time.Hour).Unix() / 3600 }

func (h *Hours) cell(key hourKey) *HourCell {
	c := h.cells[key]
	if c == nil {
		c = newCell(key)
		h.cells[key] = c
	}
	return c
}

func newCell(key hourKey) *HourCell {
	return &HourCell{Hour: time.Unix(key.hour*3600, 0).UTC(), Camera: part.CameraID(key.camera), Zone: key.zone, Object: key.object}
}

// Rows returns the hours from a time up to another one, oldest first, those alerts
// that still stand counted up to it.
func (h *Hours) Rows(from, to time.Time) []HourCell {
	all := map[hourKey]*HourCell{}
	for key, c := range h.cells {
		copied := *c
		all[key] = &copied
	}
	at := func(key hourKey) *HourCell {
		if all[key] == nil {
			all[key] = newCell(key)
		}
		return all[key]
	}
	for _, o := range h.open {
		h.spread(at, o, to)
	}
	var rows []HourCell
	for _, c := range all {
		if !c.Hour.Before(time.Unix(hourOf(from)*3600, 0)) && c.Hour.Before(to) {
			rows = append(rows, *c)
		}
	}
	slices.SortFunc(rows, func(a, b HourCell) int {
		return cmp.Or(a.Hour.Compare(b.Hour), cmp.Compare(a.Camera, b.Camera), cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Object, b.Object))
	})
	return rows
}

// ByHourOfDay sums rows up by the hour of the day in a time zone: the table that
// tells when in the day a place is dangerous. Each row has 24 columns.
func ByHourOfDay(rows []HourCell, zone *time.Location) []DayRow {
	var out []DayRow
	for _, c := range rows {
		i := slices.IndexFunc(out, func(d DayRow) bool {
			return d.Camera == c.Camera && d.Zone == c.Zone && d.Object == c.Object
		})
		if i < 0 {
			i = len(out)
			out = append(out, DayRow{Camera: c.Camera, Zone: c.Zone, Object: c.Object})
		}
		hour := c.Hour.In(zone).Hour()
		out[i].Raised[hour] += c.Raised
		out[i].Seconds[hour] += c.Seconds
	}
	slices.SortFunc(out, func(a, b DayRow) int {
		return cmp.Or(cmp.Compare(a.Camera, b.Camera), cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Object, b.Object))
	})
	return out
}

// DayRow is one zone and object over the hours of the day.
type DayRow struct {
	Camera  part.CameraID
	Zone    string
	Object  string
	Raised  [24]int
	Seconds [24]float64
}

// Forget drops the hours before a time, whole hours as a rule.
func (h *Hours) Forget(before time.Time) {
	for key := range h.cells {
		if key.hour < hourOf(before) {
			delete(h.cells, key)
		}
	}
	for key, o := range h.open {
		if o.since.Before(before) {
			o.since = before
			h.open[key] = o
		}
	}
}

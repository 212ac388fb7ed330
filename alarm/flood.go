package alarm

import "time"

// flood tells whether alarms come faster than a person can take them in, after
// EEMUA 191 and ISA-18.2: it begins with more than limit alarms in the time
// within, and ends when fewer than half of that are left.
type flood struct {
	limit  int
	within time.Duration
	recent []time.Time
	on     bool
}

// add counts one alarm.
func (f *flood) add(at time.Time) {
	f.at(at)
	f.recent = append(f.recent, at)
	f.on = f.on || len(f.recent) > f.limit
}

// at says whether there is a flood at a time not before the last.
func (f *flood) at(now time.Time) bool {
	n := 0
	for n < len(f.recent) && !f.recent[n].After(now.Add(-f.within)) {
		n++
	}
	f.recent = f.recent[n:]
	if len(f.recent)*2 < f.limit {
		f.on = false
	}
	return f.on
}

// ends returns when the flood ends if no further alarm comes.
func (f *flood) ends() time.Time {
	i := len(f.recent) - (f.limit+1)/2 // once this one has gone, fewer than half of the limit are left
	if !f.on || i < 0 {
		return time.Time{}
	}
	return f.recent[i].Add(f.within)
}

package alarm

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"linesman/event"
)

// TestKPI counts a morning that was written down by hand.
func TestKPI(t *testing.T) {
	set := site(t)
	k := NewKPI(set.Flood, noon)
	add := func(at time.Duration, id string, p event.Payload) {
		t.Helper()
		e := event.New("/demo", id, noon.Add(at), p)
		if err := k.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	raise := func(at time.Duration, id, key string, again uint64) {
		add(at, id, event.AlarmRaised{Key: key, Severity: "high", Text: "t", Again: again})
	}
	raise(time.Minute, "a", "door", 0)
	add(time.Minute+30*time.Second, "a", event.AlarmAcked{Key: "door", By: "user:li"})
	for i := range 12 { // a burst of 12 within 11 s: a flood from the eleventh on
		raise(30*time.Minute+time.Duration(i)*time.Second, fmt.Sprint("b", i), "yard", 0)
	}
	add(31*time.Minute, "b0", event.AlarmAcked{Key: "yard", By: "user:li"})
	raise(50*time.Minute, "c", "lamp", 0)
	raise(50*time.Minute+10*time.Second, "c", "lamp", 1)
	raise(50*time.Minute+20*time.Second, "c", "lamp", 2)
	add(51*time.Minute, "d", event.AlarmRaised{Key: "drill", Severity: "high", Text: "t", Drill: true})

	r := k.Report(noon.Add(time.Hour))
	if r.Raised != 16 || math.Abs(r.PerTenMinutes-16.0/6) > 1e-9 || r.MostInTen != 12 || r.Target != 1 {
		t.Errorf("rates %+v", r)
	}
	// It began with the eleventh, at 30:10, and ended when fewer than five of the
	// last ten minutes were left: when the eighth had gone, at 40:07.
	if want := (9*time.Minute + 57*time.Second).Hours(); r.Floods != 1 || math.Abs(r.FloodShare-want) > 1e-9 {
		t.Errorf("%d floods, share %.6f, want 1 and %.6f", r.Floods, r.FloodShare, want)
	}
	if !reflect.DeepEqual(r.Chattering, []KPICount{{"lamp", 2}}) || !reflect.DeepEqual(r.Top, []KPICount{{"yard", 12}, {"lamp", 3}, {"door", 1}}) {
		t.Errorf("chattering %v, top %v", r.Chattering, r.Top)
	}
	if r.Acknowledged != 2 || r.MedianAcked != 45 || r.BySeverity["high"] != 16 {
		t.Errorf("acknowledged %d, median %g s, %v", r.Acknowledged, r.MedianAcked, r.BySeverity)
	}
}

// TestFloodAgrees holds the flood's end, which is computed, against asking at
// every moment.
func TestFloodAgrees(t *testing.T) {
	f := flood{limit: 10, within: 10 * time.Minute}
	for i := range 15 {
		f.add(noon.Add(time.Duration(i*i) * time.Second))
	}
	ends := f.ends()
	asked := flood{limit: f.limit, within: f.within, on: true, recent: append([]time.Time(nil), f.recent...)}
	for at := noon.Add(4 * time.Minute); ; at = at.Add(time.Second) {
		if !asked.at(at) {
			if !at.Equal(ends) {
				t.Errorf("ends at %s, computed %s", at, ends)
			}
			return
		}
	}
}

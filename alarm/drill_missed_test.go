package alarm

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"linesman/event"
	"linesman/event/eventtest"
)

// TestMissedDrill ends a desk, lets set times go by or not, and starts another.
func TestMissedDrill(t *testing.T) {
	for _, c := range []struct {
		name  string
		days  []string
		off   time.Duration // from 06:00 on a Monday
		runs  time.Duration // after that
		fresh bool          // the site is new: its log is empty
		want  int
	}{
		{"07:00 went by", nil, 2 * time.Hour, 10 * time.Minute, false, 1},
		{"not yet", nil, 30 * time.Minute, 10 * time.Minute, false, 0},
		{"three weeks went by: once", nil, 21*24*time.Hour + 2*time.Hour, 10 * time.Minute, false, 1},
		{"it is due in a minute: once", nil, 24*time.Hour + 59*time.Minute, 10 * time.Minute, false, 1},
		{"another day's", []string{"thu"}, 2 * time.Hour, 10 * time.Minute, false, 0},
		{"the day before's", []string{"thu"}, 4 * 24 * time.Hour, 10 * time.Minute, false, 1},
		{"a new site", nil, 2 * time.Hour, 10 * time.Minute, true, 0},
		{"and the next day's", nil, 2 * time.Hour, 25 * time.Hour, false, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				monday := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
				log := eventtest.NewMemory()
				time.Sleep(time.Until(monday))
				run := func(long time.Duration) {
					set := &Settings{
						Channels: map[string]Channel{"push": {Driver: "peer"}}, People: map[string]*Person{"li": {Reach: map[string]string{"push": ""}}},
						Rosters: []Roster{{Name: "all", Duty: []Duty{{Who: []string{"li"}}}, Steps: []Step{{By: []string{"push"}}}}},
						Drill:   DrillSettings{At: "07:00", Days: c.days},
					}
					if err := set.Validate(); err != nil {
						t.Fatal(err)
					}
					desk, err := New(Config{Settings: set, Site: "demo", Log: log, Deliverers: map[string]Deliverer{"push": newPeer(false)}, Key: make([]byte, 32)})
					if err != nil {
						t.Fatal(err)
					}
					ctx, cancel := context.WithTimeout(t.Context(), long)
					defer cancel()
					if err := desk.Run(ctx); err != nil {
						t.Error(err)
					}
				}
				if !c.fresh { // the log begins a week before
					first := event.New("/demo", "demo", monday.AddDate(0, 0, -7), event.AlarmDrilled{Alarm: "before", Passed: true})
					first.ID = event.MakeID(first.Time).String()
					yesterday := event.New("/demo", "demo", monday.AddDate(0, 0, -1).Add(time.Hour+time.Minute), event.AlarmDrilled{Alarm: "yesterday's", Passed: true})
					yesterday.ID = event.MakeID(yesterday.Time).String()
					if _, err := log.Append(t.Context(), []event.Event{first, yesterday}); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(c.off)
				run(c.runs)
				drilled, err := log.Read(t.Context(), event.Filter{Types: []event.Type{event.AlarmDrilled{}.EventType()}})
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				for _, e := range drilled {
					if e.Time.After(monday) {
						n++
					}
				}
				if n != c.want {
					t.Errorf("%d drills, want %d", n, c.want)
				}
			})
		})
	}
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/event/disk"
	"linesman/event/eventtest"
	"linesman/models/anomaly"
	"linesman/proof"
	"linesman/recipe"
)

// scheduled plant: caps@1 by the site file, caps@2 and caps@3 signed, caps@4 tested.
func scheduledPlant(t *testing.T, schedule string) (*desk, *eventtest.Proven) {
	t.Helper()
	model := taught(t)
	v := &victim{t: t, model: model, dir: t.TempDir(), plcAddress: "127.0.0.1:1", framesAddress: "127.0.0.1:2"}
	v.writeSite()
	file := filepath.Join(v.dir, "site.yaml")
	text, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(file, append(text, schedule...), 0o644))
	site, err := config.Load(file)
	must(t, err)
	log := eventtest.NewProven()
	d := &desk{site: site, read: func(with func(proof.Log) error) error { return with(log) },
		tell: func(ctx context.Context, e event.Event) error {
			_, err := log.Append(ctx, []event.Event{e})
			return err
		}}
	for version := 2; version <= 4; version++ {
		stock(t, d, v.dir, model, "caps", version, version < 4)
	}
	return d, log
}

// stock puts a version onto the shelf, with a model beside it, tested and perhaps signed.
func stock(t *testing.T, d *desk, dir, model, name string, version int, signed bool) {
	t.Helper()
	shelf := recipe.Shelf{Dir: d.site.Shelf().Dir, Write: disk.Write}
	m, err := anomaly.Read(model)
	must(t, err)
	rec, err := draft(dir, name, version)
	must(t, err)
	k, err := shelf.Add(rec.File(), rec, m.Card.SHA256)
	must(t, err)
	report, err := json.Marshal(tried{Recipe: rec.ID()})
	must(t, err)
	k, err = shelf.SetTested(k.Recipe, recipe.Tested{Report: sha256Of(report), Judged: 1}, report, nil)
	must(t, err)
	if !signed {
		return
	}
	e := event.New("/plant", "li", time.Now(), event.AuditSigned{SHA256: sha256Of([]byte(k.Bill()))})
	e.ID = event.NewID()
	_, err = shelf.SetSigned(k.Recipe, recipe.Approval{At: e.Time, User: "li", Event: e.ID, Over: k.Bill()})
	must(t, err)
	must(t, d.tell(t.Context(), e))
}

// TestScheduleFollowed: what is due is made active, and what was due while no
// appliance ran is made up for; what somebody chose since stands until the next is
// due, and what is not signed is refused once.
func TestScheduleFollowed(t *testing.T) {
	taught(t) // outside the bubble: it runs a program
	synctest.Test(t, func(t *testing.T) {
		// The bubble's clock begins on Saturday, 2000-01-01, at midnight.
		d, log := scheduledPlant(t, `schedule:
  - {at: "06:00", days: [sat, sun], line: caps-1, recipe: caps@2}
  - {at: "14:00", line: caps-1, recipe: caps@3}
  - {at: "22:00", line: caps-1, recipe: caps@4}
`)
		var end context.CancelFunc
		ended := make(chan error, 1)
		start := func() {
			var ctx context.Context
			ctx, end = context.WithCancel(t.Context())
			go func() { ended <- d.followSchedule(ctx, "caps-1", time.UTC, slog.New(slog.DiscardHandler)) }()
		}
		stop := func() {
			end()
			must(t, <-ended)
		}
		at := func(clock, want string) {
			t.Helper()
			until, err := time.Parse("2006-01-02 15:04:05", "2000-01-"+clock)
			must(t, err)
			time.Sleep(time.Until(until))
			synctest.Wait()
			rec, err := d.site.Recipe("caps-1")
			must(t, err)
			if rec.ID() != want {
				t.Fatalf("on %s the line is to judge by %s, want %s", clock, rec.ID(), want)
			}
		}
		start()
		at("01 05:59:59", "caps@1") // what was due yesterday is not signed
		at("01 06:00:01", "caps@2")
		at("01 14:00:01", "caps@3")
		_, err := d.back(t.Context(), "caps-1", "", "user:li")
		must(t, err)
		at("01 21:00:00", "caps@2") // somebody chose
		stop()
		start()
		at("01 21:59:00", "caps@2") // and a restart changes nothing
		at("01 23:00:00", "caps@2") // caps@4 is not signed
		stop()
		at("02 15:00:00", "caps@2") // no appliance ran
		start()
		at("02 15:00:01", "caps@3")
		stop()

		var told []string
		for _, e := range log.Events() {
			if p, err := event.As[event.RecipeChanged](e); err == nil {
				told = append(told, fmt.Sprintf("%s %s %s %s by %s", e.Time.UTC().Format("02 15:04"), p.State, p.Recipe, p.Why, e.Actor))
			}
			if p, err := event.As[event.RecipeRefused](e); err == nil {
				told = append(told, fmt.Sprintf("%s refused %s due %s by %s", e.Time.UTC().Format("02 15:04"), p.Recipe, p.Due.Format("02 15:04"), e.Actor))
				if !strings.Contains(p.Cause, "tested and not signed: linesman recipe sign caps@4") || p.Judges == "" || e.Severity != event.High {
					t.Errorf("refused: %+v", p)
				}
			}
		}
		want := []string{"01 00:00 refused caps@4 due 31 22:00 by schedule", "01 06:00 active caps@2 schedule by schedule", "01 14:00 active caps@3 schedule by schedule",
			"01 14:00 active caps@2 back by user:li", "01 22:00 refused caps@4 due 01 22:00 by schedule", "02 15:00 active caps@3 schedule by schedule"}
		if !slices.Equal(told, want) {
			t.Errorf("the log tells of\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
		}
	})
}

// TestScheduleMeans: an entry without a version is what judges already of its product,
// and check names the entry that can not be kept.
func TestScheduleMeans(t *testing.T) {
	d, _ := scheduledPlant(t, `schedule: [{at: "06:00", line: caps-1, recipe: caps@4}]
`)
	for name, want := range map[string]string{"caps": "caps@1", "caps@3": "caps@3"} {
		if rec, err := scheduled(d.site, "caps-1", name); err != nil || rec.ID() != want {
			t.Errorf("%s means %v (%v), want %s", name, rec, err, want)
		}
	}
	for name, want := range map[string]string{"caps@9": "not on the shelf", "other": "no signed recipe of other"} {
		if _, err := scheduled(d.site, "caps-1", name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if err := checkSchedule(d.site); err == nil || !strings.Contains(err.Error(), "schedule, entry 1 (06:00 each day, line caps-1): recipe caps@4 is tested and not signed") {
		t.Errorf("checked: %v", err)
	}
}

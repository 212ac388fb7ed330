//go:build cgo

package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/sim/rtsp"
)

// demoSafety prepares the demo's safety cameras in a site of their own, on free
// ports; film is that of the second camera.
func demoSafety(t *testing.T, dir, film string) (*safetyDemo, *config.Site) {
	t.Helper()
	d := &safetyDemo{walkers: film, cameras: freePair(t), phoneAt: freeAddress(t)}
	cameras, parts, err := d.prepare(dir, "127.0.0.1:0")
	must(t, err)
	path := filepath.Join(dir, "site.yaml")
	must(t, os.WriteFile(path, []byte("site: demo\nlisten: 127.0.0.1:0\ndata: data\ncameras:\n"+cameras+parts), 0o600))
	return d, mustLoad(t, path)
}

// freePair returns an address of this host that nobody listens on, nor on the port
// behind it.
func freePair(t *testing.T) string {
	t.Helper()
	for range 50 {
		first := freeAddress(t)
		second, err := portBehind(first, 1)
		if err != nil {
			continue
		}
		if l, err := net.Listen("tcp", second); err == nil {
			l.Close()
			return first
		}
	}
	t.Fatal("no two free ports beside each other")
	return ""
}

// What the demo writes loads as a site, with the second camera's film and without
// it; each zone and each space that it draws is in a rule.
func TestDemoSafetyPrepares(t *testing.T) {
	film := filepath.Join(t.TempDir(), "vtest.avi")
	must(t, os.WriteFile(film, []byte("its pictures are not looked at here"), 0o600))
	common := []string{"somebody on the hatched floor", "no helmet on the hatched floor", "no vest on the hatched floor", "somebody in the hall", "fire or smoke", "camera sees nothing", "camera is gone", "camera out of place"}
	for name, c := range map[string]struct {
		film    string
		cameras string
		rules   []string
		told    string
	}{
		"with the film":    {film, "floor walk", append([]string{"somebody on the lawn", "no vest on the lawn"}, common...), "floor, walk, alarms at"},
		"without the film": {filepath.Join(t.TempDir(), "none.avi"), "floor", common, "apt-get install opencv-doc"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			d, site := demoSafety(t, dir, c.film)
			var watched []string
			for _, id := range site.WatchIDs() {
				watched = append(watched, string(id))
			}
			if got := strings.Join(watched, " "); got != c.cameras {
				t.Errorf("it watches %q, want %q", got, c.cameras)
			}
			engine, err := site.SafetyRules()
			must(t, err)
			var named []string
			for _, r := range engine.Rules() {
				named = append(named, r.Name)
			}
			slices.Sort(named)
			slices.Sort(c.rules)
			if !slices.Equal(named, c.rules) {
				t.Errorf("its rules are %q, want %q", named, c.rules)
			}
			text, err := os.ReadFile(filepath.Join(dir, "rules.yaml"))
			must(t, err)
			for _, id := range site.WatchIDs() {
				for zone := range site.Watches[id].Scene.Zones {
					if !strings.Contains(string(text), `zone("`+zone+`")`) {
						t.Errorf("zone %s of camera %s is in no rule", zone, id)
					}
				}
			}
			for space := range site.Spaces {
				if !strings.Contains(string(text), `headcount("`+space+`")`) {
					t.Errorf("space %s is in no rule", space)
				}
			}
			if said := d.told("127.0.0.1:8080"); !strings.Contains(said, c.told) {
				t.Errorf("it says %q, want %q", said, c.told)
			}
			for _, v := range d.videos {
				_, path, _ := strings.Cut(v, "=")
				if _, err := os.Stat(path); err != nil {
					t.Errorf("the recording of %s: %v", v, err)
				}
			}
		})
	}
}

// playDemo runs the demo's safety cameras: an appliance of their own, the
// recordings as network cameras, and the phone.
func playDemo(t *testing.T, film string) *yard {
	t.Helper()
	d, site := demoSafety(t, t.TempDir(), film)
	y := &yard{t: t, done: make(chan error, 1)}
	var err error
	y.a, err = openAppliance(site, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, len(d.videos))
	for i, v := range d.videos {
		name, path, _ := strings.Cut(v, "=")
		address, err := portBehind(d.cameras, i)
		must(t, err)
		go func() {
			ended <- rtsp.PublishFile(ctx, path, rtsp.Playing{Options: rtsp.Options{Address: address, Name: name, KeyEvery: netcamKeys}, Realtime: true, Loop: true})
		}()
	}
	must(t, d.phone(ctx, y.a, "127.0.0.1:0"))
	go d.count(y.a)
	go func() { y.done <- y.a.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-y.done; err != nil {
			t.Errorf("the appliance ended with %v", err)
		}
		y.a.close()
		for range d.videos {
			<-ended
		}
	})
	return y
}

// rang waits until an alarm of a rule is raised and the demo's phone has answered
// that it got it.
func (y *yard) rang(rule string, within time.Duration) event.Event {
	y.t.Helper()
	raised := y.await(rule, event.AlarmRaised{}.EventType(), 0, within, about(rule))
	y.await("the phone's answer of "+rule, event.NotifyReceived{}.EventType(), raised.Seq, 20*time.Second, func(e event.Event) bool {
		return e.Subject == raised.Subject
	})
	return raised
}

// The worker of the film that ships is on the hatched floor and in the hall; he
// wears helmet and vest. Both alarms reach the phone.
func TestDemoSafetyPlays(t *testing.T) {
	y := playDemo(t, "")
	y.rang("somebody on the hatched floor", 40*time.Second)
	if e := y.rang("somebody in the hall", 40*time.Second); strings.Contains(string(e.Data), "at least") {
		t.Errorf("the hall was counted at the start, and yet: %s", e.Data)
	}
	y.raisesNothingOf("no helmet on the hatched floor", "no vest on the hatched floor", "fire or smoke", "camera is gone")
}

// raisesNothingOf fails if an alarm of one of the rules is in the log.
func (y *yard) raisesNothingOf(rules ...string) {
	y.t.Helper()
	all, err := y.a.store.Read(context.Background(), event.Filter{Types: []event.Type{event.AlarmRaised{}.EventType()}})
	must(y.t, err)
	for _, rule := range rules {
		if i := slices.IndexFunc(all, about(rule)); i >= 0 {
			y.t.Errorf("%s was raised: %s", rule, all[i].Data)
		}
	}
}

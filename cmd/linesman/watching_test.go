//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/camera/codec"
	"linesman/config"
	"linesman/event"
	"linesman/sim/rtsp"
)

// yard is an appliance with one safety camera: the example's, on free ports.
type yard struct {
	t      *testing.T
	a      *appliance
	camera string // address of the camera
	stop   func()
	done   chan error
}

// openYard starts the example site with its data in dir; other replaces words of
// its site file, by pairs.
func openYard(t *testing.T, dir, camera string, other ...string) *yard {
	t.Helper()
	text, err := os.ReadFile("../../examples/safety/site.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := os.ReadFile("../../examples/safety/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	site := strings.NewReplacer(append(other, "127.0.0.1:8555", camera, "127.0.0.1:8080", "127.0.0.1:0", "../../data/safety", "data", "{before: 10s, after: 20s}", "{before: 2s, after: 2s}")...).Replace(string(text))
	for name, data := range map[string][]byte{"site.yaml": []byte(site), "rules.yaml": rules} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := config.Load(filepath.Join(dir, "site.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	y := &yard{t: t, camera: camera, done: make(chan error, 1)}
	if y.a, err = openAppliance(loaded, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { y.done <- y.a.run(ctx) }()
	closed := false
	y.stop = func() {
		if closed {
			return
		}
		closed = true
		cancel()
		if err := <-y.done; err != nil {
			t.Errorf("the appliance ended with %v", err)
		}
		y.a.close()
	}
	t.Cleanup(y.stop)
	return y
}

// play publishes the example's recording over and over until the returned
// function is called.
func play(t *testing.T, address string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- rtsp.PublishFile(ctx, "../../sim/footage/workers.mp4", rtsp.Playing{Options: rtsp.Options{Address: address, Name: "floor", KeyEvery: 12}, Realtime: true, Loop: true})
	}()
	once := false
	stop = func() {
		if !once {
			once = true
			cancel()
			<-ended
		}
	}
	t.Cleanup(stop)
	return stop
}

// freeAddress returns an address of this host that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// await returns the first event of a type after seq for which ok, and fails if
// none comes in time.
func (y *yard) await(what string, typ event.Type, after uint64, within time.Duration, ok func(event.Event) bool) event.Event {
	y.t.Helper()
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		events, err := y.a.store.Read(context.Background(), event.Filter{Types: []event.Type{typ}, After: after, Limit: 1000})
		if err != nil {
			y.t.Fatal(err)
		}
		for _, e := range events {
			if ok(e) {
				return e
			}
		}
	}
	events, _ := y.a.store.Read(context.Background(), event.Filter{Newest: true, Limit: 30})
	var tail strings.Builder
	for _, e := range events {
		fmt.Fprintf(&tail, "\n%d %s %s %.300s", e.Seq, e.Type, e.Subject, e.Data)
	}
	y.t.Fatalf("%s: nothing within %v; the newest events are%s", what, within, tail.String())
	return event.Event{}
}

// is reports whether an event's payload is about a rule.
func about(rule string) func(event.Event) bool {
	return func(e event.Event) bool { return strings.Contains(string(e.Data), rule) }
}

// TestSafetyCamera lets a worker walk over the hatched floor: from the camera's
// stream to the alarm in the log, its picture and its clip. Then the camera is
// pulled: that is an alarm of its own, and the floor is not called empty. The
// process ends and begins again: what stands is the same alarm.
func TestSafetyCamera(t *testing.T) {
	dir, camera := t.TempDir(), freeAddress(t)
	pull := play(t, camera)
	y := openYard(t, dir, camera)
	const floor, blind = "somebody on the hatched floor", "camera is gone"
	raised, cleared := event.AlarmRaised{}.EventType(), event.AlarmCleared{}.EventType()

	e := y.await("somebody on the floor", raised, 0, 30*time.Second, about(floor))
	entered := y.await("who entered", event.ZoneEntered{}.EventType(), 0, time.Second, about("hatched"))
	if wait := e.Time.Sub(entered.Time); wait < 500*time.Millisecond || wait > 10*time.Second {
		t.Errorf("the alarm came %v after somebody entered; the rule waits 1 s", wait)
	}
	recorded := func(e event.Event) event.AlarmRecorded {
		p, err := event.As[event.AlarmRecorded](e)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	shown := recorded(y.await("the alarm's picture", event.AlarmRecorded{}.EventType(), e.Seq, 10*time.Second, func(r event.Event) bool {
		return r.Subject == e.Subject && strings.Contains(string(r.Data), "picture_sha256")
	}))
	if picture, err := y.a.evidence.Get(shown.Picture); err != nil || len(picture) < 5000 {
		t.Errorf("the alarm's picture has %d bytes: %v", len(picture), err)
	}
	clipped := recorded(y.await("the alarm's clip", event.AlarmRecorded{}.EventType(), e.Seq, 20*time.Second, func(r event.Event) bool { return r.Subject == e.Subject && strings.Contains(string(r.Data), "clips") }))
	if len(clipped.Clips) != 1 {
		t.Fatalf("the clip is %+v, want one file", clipped)
	}
	checkClip(t, y, clipped.Clips[0])
	if _, err := y.a.openEvidence(t.Context(), clipped.Clips[0].SHA256); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a clip with faces, its alarm not acknowledged: %v, want that it may not be shown", err)
	}
	if f, err := y.a.openEvidence(t.Context(), shown.Picture); err != nil {
		t.Errorf("a veiled picture: %v", err)
	} else {
		f.Close()
	}
	if err := y.a.alarms.Acknowledge(t.Context(), e.Subject, "user:li", ""); err != nil {
		t.Fatal(err)
	}
	if f, err := y.a.openEvidence(t.Context(), clipped.Clips[0].SHA256); err != nil {
		t.Errorf("the clip of an acknowledged alarm: %v", err)
	} else {
		f.Close()
	}

	last := e.Seq
	pull()
	b := y.await("a pulled camera", raised, last, 20*time.Second, about(blind))
	down := y.await("the camera's state", event.CameraState{}.EventType(), last, time.Second, func(e event.Event) bool { return !strings.Contains(string(e.Data), `"live"`) })
	if wait := b.Time.Sub(down.Time); wait > 10*time.Second {
		t.Errorf("the alarm came %v after the camera was known to be down, want under 10 s", wait)
	}
	time.Sleep(2 * time.Second) // longer than the rule would keep an alert of an empty floor at this pace
	if cleared, err := y.a.store.Read(context.Background(), event.Filter{Types: []event.Type{cleared}, After: b.Seq}); err != nil || len(cleared) > 0 {
		t.Errorf("while nobody sees the floor %d alarms were cleared (%v): %+v", len(cleared), err, cleared)
	}

	y.stop()
	again := openYard(t, dir, camera)
	play(t, camera)
	again.await("the camera is back", cleared, b.Seq, 40*time.Second, func(e event.Event) bool { return e.Subject == b.Subject })
	all, err := again.a.store.Read(context.Background(), event.Filter{Types: []event.Type{raised}})
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, r := range all {
		p, err := event.As[event.AlarmRaised](r)
		if err != nil {
			t.Fatal(err)
		}
		n[p.Key]++
	}
	if n["watch/"+blind+"/floor"] != 1 {
		t.Errorf("the pulled camera was raised %d times over a restart, want once: %v", n["watch/"+blind+"/floor"], n)
	}
}

// checkClip holds a clip against what the log says of it, by decoding it.
func checkClip(t *testing.T, y *yard, c event.AlarmClip) {
	t.Helper()
	data, err := y.a.evidence.Get(c.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "clip.mp4")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := codec.OpenRecording(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	frames := 0
	for {
		p, err := r.Next()
		if err != nil {
			break
		}
		if p.Width != c.Width || p.Height != c.Height {
			t.Fatalf("picture %d is %d x %d, the log says %d x %d", frames, p.Width, p.Height, c.Width, c.Height)
		}
		frames++
	}
	if span := c.To.Sub(c.From); frames != c.Frames || span < 2*time.Second || span > 8*time.Second {
		t.Errorf("the clip has %d pictures over %v, the log says %d; asked for 2 s before and 2 s after", frames, span, c.Frames)
	}
}

//go:build cgo

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"linesman/access"
	"linesman/api"
	"linesman/camera/codec"
	"linesman/event"
	"linesman/sim/rtsp"
)

// scenery is a camera that shows a floor with nobody, somebody or something on its
// left, and somebody on its right: out of the example's recording, each as often as
// the test asks.
type scenery struct {
	w, h  int
	floor []byte // RGB

	mu  sync.Mutex
	now []byte
}

// openScenery reads the recording: its worker enters on the right and stands on the
// left at last, so that the two pictures make an empty floor.
func openScenery(t *testing.T) (s *scenery, left, right func([]byte)) {
	t.Helper()
	r, err := codec.OpenRecording("../../sim/footage/workers.mp4")
	must(t, err)
	defer r.Close()
	var first, last []byte
	for {
		p, err := r.Next()
		if err != nil {
			break
		}
		pix := make([]byte, 3*p.Width*p.Height)
		must(t, p.RGB(pix))
		if first == nil {
			first, s = pix, &scenery{w: p.Width, h: p.Height}
		}
		last = pix
	}
	const middle = 164
	s.floor = slices.Clone(last)
	for y := range s.h {
		row := 3 * y * s.w
		copy(s.floor[row:row+3*middle], first[row:row+3*middle])
	}
	each := func(do func(x, y, at int)) {
		for y := 30; y < s.h; y++ {
			for x := 70; x < middle; x++ {
				do(x, y, 3*(y*s.w+x))
			}
		}
	}
	left = func(pix []byte) {
		each(func(_, _, at int) { copy(pix[at:at+3], last[at:at+3]) })
	}
	right = func(pix []byte) { // turned round, and in other colours, a part of the floor with him
		each(func(x, y, at int) {
			to := 3 * (y*s.w + 420 - x + 70)
			pix[to], pix[to+1], pix[to+2] = last[at+2], last[at+1], last[at]
		})
	}
	s.show()
	return s, left, right
}

// show has the camera show the floor with what is given on it, from now on.
func (s *scenery) show(what ...func([]byte)) {
	pix := slices.Clone(s.floor)
	for _, put := range what {
		put(pix)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = pix
}

// play publishes it with a sensor's noise until the test ends.
func (s *scenery) play(t *testing.T, address string) {
	t.Helper()
	p, err := rtsp.Listen(rtsp.Options{Address: address, Name: "floor", KeyEvery: 10})
	must(t, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		rng := rand.New(rand.NewPCG(1, 2))
		pix := make([]byte, len(s.floor))
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-tick.C:
				s.mu.Lock()
				copy(pix, s.now)
				s.mu.Unlock()
				for i := range pix {
					pix[i] = byte(min(max(int(pix[i])+rng.IntN(9)-4, 0), 255))
				}
				_ = p.Publish(pix, s.w, s.h, now) // with nobody watching it does nothing
			}
		}
	}()
	t.Cleanup(func() { stop(); <-done; p.Close() })
}

// stageRules raise three alarms about whoever stands on either side.
func stageRules() string {
	var out strings.Builder
	out.WriteString("rules:\n")
	for _, side := range []string{"left", "right"} {
		for n := range 3 {
			fmt.Fprintf(&out, "  - {name: %s %d, when: 'person in zone(%q)', for: 500ms, keep: 1s, severity: high, say: Leave the floor.}\n", side, n, side)
		}
	}
	return out.String()
}

// TestSecondLookInService goes the whole way in an appliance that runs, as the page
// does: alarms are raised and called mistaken or real, a second look is learned,
// judges beside them, and is made active; what looks like a mistake is withheld,
// over a restart, and stands in the log so; one step back raises it.
func TestSecondLookInService(t *testing.T) {
	dir, camera, listen := t.TempDir(), freeAddress(t), free(t)
	must(t, os.WriteFile(filepath.Join(dir, "stage.yaml"), []byte(stageRules()), 0o600))
	s, left, right := openScenery(t)
	s.play(t, camera)
	start := func() *yard {
		y := openYard(t, dir, camera, "127.0.0.1:8080", listen, "rules: rules.yaml", "rules: stage.yaml", "chattering: 60s", "chattering: 1s",
			"hatched: {polygon: [[0.2, 0.55], [0.95, 0.45], [0.98, 0.98], [0.2, 0.98]]}", "left: {polygon: [[0, 0.3], [0.5, 0.3], [0.5, 1], [0, 1]]}\n      right: {polygon: [[0.5, 0.3], [1, 0.3], [1, 1], [0.5, 1]]}")
		for { // until the page is served, or the appliance says why it is not
			c, err := net.Dial("tcp", listen)
			if err == nil {
				must(t, c.Close())
				return y
			}
			select {
			case err := <-y.done:
				t.Fatal(err)
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	y := start()
	text, _, err := y.a.access.AddToken(t.Context(), "test", access.NewToken{Name: "page", Read: []event.Type{"*"}, Append: []event.Type{"linesman.alarm.*", "linesman.secondlook.*"}})
	must(t, err)
	page := &remoteLog{url: "http://" + listen, token: text}
	ask := func(method, path, body string, out any) {
		t.Helper()
		if err := page.ask(t.Context(), method, "/api/v1"+path, []byte(body), out); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	look := func() (l api.SecondLook) {
		t.Helper()
		ask(http.MethodGet, "/secondlook", "", &l)
		return l
	}
	order := func(path string) (l api.SecondLook) {
		t.Helper()
		ask(http.MethodPost, "/secondlook/"+path, "{}", &l)
		return l
	}
	until := func(what string, met func() bool) {
		t.Helper()
		for began := time.Now(); !met(); time.Sleep(50 * time.Millisecond) {
			if time.Since(began) > 40*time.Second {
				all, _ := y.a.store.Read(t.Context(), event.Filter{Newest: true, Limit: 12})
				told, _ := json.MarshalIndent(look(), "", " ")
				t.Fatalf("%s: not in time; it says %s\nand the log %+v", what, told, all)
			}
		}
	}
	// alarms are those that stand, by key.
	alarms := func(side string) map[string]string {
		t.Helper()
		var got api.Alarms
		ask(http.MethodGet, "/alarms", "", &got)
		out := map[string]string{}
		for _, a := range got.Alarms {
			if a.Active && strings.HasPrefix(a.Key, "watch/"+side) {
				out[a.Key] = a.ID
			}
		}
		return out
	}
	alerts := func(withheld bool) (n int) {
		t.Helper()
		var got api.Watched
		ask(http.MethodGet, "/watches", "", &got)
		for _, a := range got.Alerts {
			if (a.Withheld != nil) == withheld {
				n++
			}
		}
		return n
	}
	hours := func() (raised, withheld int) {
		t.Helper()
		var got api.WatchHours
		ask(http.MethodGet, "/watches/hours", "", &got)
		for _, c := range got.Cells {
			raised, withheld = raised+c.Raised, withheld+c.Withheld
		}
		return raised, withheld
	}
	empty := func() {
		t.Helper()
		s.show()
		until("an empty floor", func() bool { return alerts(false)+alerts(true) == 0 })
	}
	raised := func(where string) (n int) {
		t.Helper()
		all, err := y.a.store.Read(t.Context(), event.Filter{Types: []event.Type{event.AlarmRaised{}.EventType()}, Limit: 1000})
		must(t, err)
		for _, e := range all {
			if about("watch/" + where)(e) {
				n++
			}
		}
		return n
	}

	s.show(left, right)
	until("six alarms", func() bool { return len(alarms("left")) == 3 && len(alarms("right")) == 3 })
	for side, label := range map[string]string{"left": "nothing there", "right": "real"} {
		for _, id := range alarms(side) {
			var said api.AlarmLabel
			ask(http.MethodPost, "/alarms/"+id+"/label", fmt.Sprintf(`{"label":%q}`, label), &said)
			if said.Label != label || said.Unlearned != "" || len(said.Sights) == 0 {
				t.Fatalf("said of an alarm on the %s: %+v", side, said)
			}
		}
	}
	empty()

	learn := &lookLearner{looks: y.a.looks, set: y.a.site.Learning, log: y.a.store, idle: func() (float64, error) { return 1, nil },
		make: func(ctx context.Context, threads int) error { // a process of its own elsewhere
			_, err := (&lookMaker{looks: y.a.looks, log: y.a.store, get: y.a.evidence.Get, threads: threads, last: 100, by: learning}).make(ctx)
			return err
		}}
	must(t, learn.look(t.Context(), time.Now().Add(time.Hour))) // it has been quiet
	l := look()
	if len(l.Candidates) != 1 || l.Failed != "" || l.Active != "" || l.CanGoBack {
		t.Fatalf("after learning it says %+v, want one candidate and none active", l)
	}
	made := l.Candidates[0].Made
	if made.Mistaken != 3 || made.Real < 3 || made.Withheld != made.False || made.Price != 0 || l.Shadow != made.Version {
		t.Fatalf("made is %+v, beside judges %q", made, l.Shadow)
	}
	var report lookReport
	ask(http.MethodGet, "/secondlook/"+made.Version+"/report?format=json", "", &report)
	if len(report.Alarms) != 6 {
		t.Errorf("the report is of %d alarms, want 6", len(report.Alarms))
	}

	if l = order("unshadow"); l.Shadow != "" {
		t.Errorf("ended, %q judges beside the alarms", l.Shadow)
	}
	if l = order(made.Version + "/shadow"); l.Shadow != made.Version {
		t.Errorf("ordered, %q judges beside the alarms", l.Shadow)
	}
	s.show(left)
	until("alarms while it judges beside them", func() bool { return len(alarms("left")) == 3 })
	until("what it would have withheld", func() bool { l = look(); return l.Looked >= 3 && l.Would == 3 })
	if n := alerts(true); n != 0 || l.Withheld != 0 {
		t.Errorf("beside the alarms it withheld %d", n)
	}
	empty()

	if l = order(made.Version + "/activate"); l.Active != made.Version || l.By != "token:page" || !l.CanGoBack || l.Shadow != "" {
		t.Fatalf("made active, it says %+v", l)
	}
	y.stop()
	y = start()
	if l = look(); l.Active != made.Version || l.Refused != "" || !l.CanGoBack {
		t.Fatalf("after a restart it says %+v", l)
	}
	before, everywhere := raised("left"), raised("")
	s.show(left)
	until("three alerts that are withheld", func() bool { return alerts(true) == 3 })
	if n, now := raised("left"), alarms("left"); n != before || len(now) != 0 || alerts(false) != 0 {
		t.Errorf("%d alarms were raised and %v stand while they are withheld", n-before, now)
	}
	until("the alarm hours as the log has them, over the restart", func() bool {
		raised, withheld := hours()
		return raised == everywhere && withheld == 3
	})
	until("all three in the log", func() bool { l = look(); return l.Withheld == 3 && len(l.Last) == 3 })
	kept, err := y.a.store.Read(t.Context(), event.Filter{Types: []event.Type{event.AlarmWithheld{}.EventType()}})
	must(t, err)
	if len(kept) != 3 {
		t.Fatalf("the log has %d withheld alarms, want 3", len(kept))
	}
	for _, e := range kept {
		w, err := event.As[event.AlarmWithheld](e)
		must(t, err)
		if w.Model != made.Version || w.Hash != made.Hash || w.Looks < 3 || len(w.Sights) != 1 || len(w.Like) != 1 {
			t.Errorf("the log says of a withheld alarm %+v", w)
			continue
		}
		if _, err := y.a.evidence.Get(w.Sights[0].Crop); err != nil {
			t.Errorf("its picture: %v", err)
		}
	}

	ask(http.MethodPost, "/alarms/"+kept[0].Subject+"/label", `{"label":"real"}`, &api.AlarmLabel{})
	until("the one that was called real", func() bool { return len(alarms("left")) == 1 && alerts(true) == 2 })
	if l = order("back"); l.Active != "" || l.CanGoBack {
		t.Errorf("one step back it says %+v", l)
	}
	until("what was withheld", func() bool { return len(alarms("left")) == 3 && alerts(true) == 0 })
	if raised, withheld := hours(); raised != everywhere+3 || withheld != 3 {
		t.Errorf("the alarm hours have %d raised and %d withheld after all, want %d and 3", raised, withheld, everywhere+3)
	}
	checkSteps(t, y, made.Version)
}

// checkSteps holds the log against what was done to the second look.
func checkSteps(t *testing.T, y *yard, version string) {
	t.Helper()
	told, err := y.a.store.Read(t.Context(), event.Filter{Types: []event.Type{event.SecondLookMade{}.EventType(), event.SecondLookActivated{}.EventType(), event.SecondLookShadowed{}.EventType()}})
	must(t, err)
	var steps []string
	for _, e := range told {
		step := strings.TrimSuffix(strings.TrimPrefix(string(e.Type), "linesman.secondlook."), ".v1")
		if p, err := event.As[event.SecondLookActivated](e); err == nil && p.Back {
			step = "back from " + strings.ReplaceAll(p.Was, version, "it")
		}
		if p, err := event.As[event.SecondLookShadowed](e); err == nil && p.Ended != "" {
			step = "shadow ended"
		}
		steps = append(steps, step+" by "+e.Actor)
	}
	want := []string{"made by " + learning, "shadowed by " + learning, "shadow ended by token:page", "shadowed by token:page", "shadow ended by token:page", "activated by token:page", "back from it by token:page"}
	if !slices.Equal(steps, want) {
		t.Errorf("the log tells of %q, want %q", steps, want)
	}
}

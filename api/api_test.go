package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"linesman/api"
	"linesman/api/apitest"
	"linesman/event"
)

var update = flag.Bool("update", false, "write the golden files")

func site(t *testing.T, scene apitest.Scene, change func(*api.Config)) (*apitest.Plant, http.Handler) {
	t.Helper()
	plant := apitest.New(scene, 1)
	config := plant.Config()
	config.Addr = "127.0.0.1:8080"
	if change != nil {
		change(&config)
	}
	h, err := api.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return plant, h
}

func ask(h http.Handler, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "127.0.0.1:8080"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func answer[T any](t *testing.T, h http.Handler, path string) T {
	t.Helper()
	var out T
	w := ask(h, path)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d: %s", path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return out
}

// TestDocument holds ui/openapi.json, from which the page's types are made,
// equal to what is served.
func TestDocument(t *testing.T) {
	_, h := site(t, apitest.Running, nil)
	var got bytes.Buffer
	if err := json.Indent(&got, ask(h, "/api/v1/openapi.json").Body.Bytes(), "", " "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	golden := filepath.Join("..", "ui", "openapi.json")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("ui/openapi.json is not what the api serves: go test ./api -run TestDocument -update && npm --prefix ui run client")
	}
}

func TestReads(t *testing.T) {
	plant, h := site(t, apitest.Running, nil)
	s := answer[api.Site](t, h, "/api/v1/status")
	if s.Site != "demo" || s.Zone != "Asia/Shanghai" || len(s.Lines) != 1 || s.Lines[0].State != "running" || len(s.Cameras) != 1 {
		t.Errorf("status: got %+v", s)
	}

	first := answer[api.Rejects](t, h, "/api/v1/lines/tablets-1/rejects?limit=3")
	if len(first.Rejects) != 3 || first.Next == "" {
		t.Fatalf("rejects: got %d, next %q; want 3 and a next", len(first.Rejects), first.Next)
	}
	second := answer[api.Rejects](t, h, "/api/v1/lines/tablets-1/rejects?limit=3&before="+first.Next)
	if len(second.Rejects) == 0 || second.Rejects[0].Part == first.Rejects[2].Part {
		t.Errorf("second page begins with %+v", second.Rejects)
	}
	for _, r := range append(first.Rejects, second.Rejects...) {
		if r.Outcome == "pass" || len(r.Reasons) == 0 || r.Picture == "" {
			t.Errorf("reject without reason or picture: %+v", r)
		}
	}

	p := answer[api.Part](t, h, "/api/v1/parts/"+plant.Part())
	if p.Verdict == nil || p.Verdict.Outcome != "fail" || len(p.Events) != 3 {
		t.Fatalf("part: got %+v", p)
	}
	picture := ask(h, "/api/v1/evidence/"+p.Verdict.Picture)
	if picture.Code != 200 || picture.Header().Get("Content-Type") != "image/png" || picture.Header().Get("Cache-Control") != "private, max-age=31536000, immutable" {
		t.Errorf("evidence: status %d, headers %v", picture.Code, picture.Header())
	}

	some := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/api/v1/evidence/"+p.Verdict.Picture, nil)
	some.Header.Set("Range", "bytes=1-3")
	some.Header.Set("If-Range", picture.Header().Get("ETag"))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, some)
	if w.Code != http.StatusPartialContent || w.Body.String() != picture.Body.String()[1:4] || picture.Header().Get("Accept-Ranges") != "bytes" {
		t.Errorf("three bytes of a picture: status %d, %q, headers %v", w.Code, w.Body, w.Header())
	}

	e := answer[api.Events](t, h, "/api/v1/events?type=linesman.part.confirmed.v1,linesman.part.gated.*&limit=4&newest=true")
	if len(e.Events) != 4 || e.Events[0].SpecVersion != "1.0" || e.Events[0].Seq == "" {
		t.Errorf("events: got %+v", e.Events)
	}
	if got := ask(h, "/healthz"); got.Body.String() != "ok\n" {
		t.Errorf("healthz: %q", got.Body)
	}
}

func TestRefuses(t *testing.T) {
	_, h := site(t, apitest.Running, nil)
	for name, c := range map[string]struct {
		path string
		want int
		text string
	}{
		"unknown line":      {"/api/v1/lines/nine/rejects", 404, "nine"},
		"unknown live line": {"/api/v1/live/nine", 404, "nine"},
		"unknown part":      {"/api/v1/parts/01890000-0000-7000-8000-000000000000", 404, "no event"},
		"no part id":        {"/api/v1/parts/7", 422, "pattern"},
		"unknown evidence":  {"/api/v1/evidence/" + strings.Repeat("0", 64), 404, "never kept"},
		"evidence by path":  {"/api/v1/evidence/..%2f..%2fetc%2fpasswd", 404, ""},
		"bad last event id": {"/api/v1/events/stream?after=18446744073709551615", 400, "decimal seq"},
		"limit too large":   {"/api/v1/events?limit=1000000", 422, "1000"},
		"unknown api path":  {"/api/v1/gates/open", 404, "openapi"},
		"hidden file":       {"/.keep", 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := ask(h, c.path)
			if w.Code != c.want || !strings.Contains(w.Body.String(), c.text) {
				t.Errorf("%s: got %d %s, want %d with %q", c.path, w.Code, w.Body, c.want, c.text)
			}
		})
	}
}

func TestGuards(t *testing.T) {
	_, loopback := site(t, apitest.Running, func(c *api.Config) { c.Hosts = []string{"panel.local"} })
	_, open := site(t, apitest.Running, func(c *api.Config) { c.Addr = "0.0.0.0:8080" })
	for name, c := range map[string]struct {
		h    http.Handler
		host string
		verb string
		want int
	}{
		"own address":             {loopback, "127.0.0.1:8080", "GET", 200},
		"localhost":               {loopback, "localhost:8080", "GET", 200},
		"ipv6":                    {loopback, "[::1]:8080", "GET", 200},
		"a name that was allowed": {loopback, "panel.local", "GET", 200},
		"a rebound name":          {loopback, "attacker.example:8080", "GET", 421},
		"no host":                 {loopback, "", "GET", 421},
		"on the plant network":    {open, "linesman.plant:8080", "GET", 200},
		"a write":                 {loopback, "127.0.0.1", "POST", 403},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(c.verb, "/api/v1/status", nil)
			r.Host = c.host
			w := httptest.NewRecorder()
			c.h.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("got %d, want %d", w.Code, c.want)
			}
			if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") {
				t.Errorf("policy %q", got)
			}
		})
	}
}

func TestPage(t *testing.T) {
	_, without := site(t, apitest.Running, nil)
	if w := ask(without, "/"); w.Code != 200 || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("without a page: %d %s", w.Code, w.Body)
	}
	_, with := site(t, apitest.Running, func(c *api.Config) {
		c.UI = fstest.MapFS{"index.html": {Data: []byte("<p>page")}, "phone.html": {Data: []byte("<p>phone")}, "phone.webmanifest": {Data: []byte("{}")}, "worker.js": {Data: []byte("1")}, "assets/a-1.js": {Data: []byte("1")}}
	})
	if w := ask(with, "/"); w.Body.String() != "<p>page" || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("page: %s %v", w.Body, w.Header())
	}
	if w := ask(without, "/phone"); w.Code != 200 || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("without a phone's page: %d %s", w.Code, w.Body)
	}
	if w := ask(with, "/phone"); w.Body.String() != "<p>phone" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Errorf("a phone's page: %s %v", w.Body, w.Header())
	}
	if w := ask(with, "/phone.webmanifest"); w.Header().Get("Content-Type") != "application/manifest+json" {
		t.Errorf("its manifest: %v", w.Header())
	}
	if w := ask(with, "/worker.js"); w.Header().Get("Cache-Control") != "no-cache" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
		t.Errorf("its worker: %v", w.Header())
	}
	if w := ask(with, "/assets/a-1.js"); !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
		t.Errorf("asset: %v", w.Header())
	}
}

// message is one SSE message as a browser sees it.
type message struct{ id, name, data string }

// listen opens a stream and returns its messages; leave ends it.
func listen(t *testing.T, url, lastEventID string) (messages <-chan message, leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastEventID != "" {
		r.Header.Set("Last-Event-ID", lastEventID)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || kind != "text/event-stream" {
		t.Fatalf("%s: %d %s", url, answer.StatusCode, kind)
	}
	out := make(chan message, 100)
	go func() {
		defer close(out)
		defer answer.Body.Close()
		in, m := bufio.NewReader(answer.Body), message{}
		for {
			text, err := in.ReadString('\n')
			if err != nil {
				return
			}
			key, value, _ := strings.Cut(strings.TrimSuffix(text, "\n"), ": ")
			switch key {
			case "id":
				m.id = value
			case "event":
				m.name = value
			case "data":
				m.data = value
			case "":
				if m.data != "" {
					out <- m
				}
				m = message{}
			}
		}
	}()
	return out, func() {
		cancel()
		for range out {
		}
	}
}

// serve runs the handler on a free port until the test's end.
func serve(t *testing.T, h http.Handler) (url string, stop func() error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- api.Serve(ctx, ln, h) }()
	return "http://" + ln.Addr().String(), func() error { cancel(); return <-served }
}

func TestLive(t *testing.T) {
	plant, h := site(t, apitest.Running, nil)
	url, stop := serve(t, h)
	messages, leave := listen(t, url+"/api/v1/live/tablets-1", "")
	var state api.State
	for m := range messages { // the first state may come before the log is read
		if m.name != "state" {
			continue
		}
		if err := json.Unmarshal([]byte(m.data), &state); err != nil {
			t.Fatal(err)
		}
		if len(state.Strip) > 0 {
			break
		}
	}
	if len(state.Strip) != 40 || len(state.Rejects) == 0 || state.Line.Line != "tablets-1" {
		t.Errorf("state: strip %d, rejects %d, line %q", len(state.Strip), len(state.Rejects), state.Line.Line)
	}
	at := time.Now()
	plant.Step(at)
	shot := nextShot(t, messages)
	leave()
	if !shot.At.Equal(at) || len(shot.Marks) < 40 {
		t.Fatalf("shot of %s with %d marks, want %s", shot.At, len(shot.Marks), at)
	}
	picture, err := jpeg.Decode(bytes.NewReader(shot.JPEG))
	if err != nil || picture.Bounds().Dx() != 1000 || shot.Width != 1000 {
		t.Fatalf("picture: %v %v", picture, err)
	}
	// In step: every mark has its bright part under it in the very picture it came with.
	for _, m := range shot.Marks {
		r, _, _, _ := picture.At(int(m.Box[0]+m.Box[2])/2, int(m.Box[1]+m.Box[3])/2).RGBA()
		if r < 0x4000 {
			t.Errorf("mark %v lies on bare belt (%04x)", m.Box, r)
		}
	}

	// Who comes later is shown the last picture, with its age.
	later, leave := listen(t, url+"/api/v1/live/tablets-1", "")
	if again := nextShot(t, later); again.Seq != shot.Seq || again.Now.Equal(shot.Now) {
		t.Errorf("latecomer got frame %d of %s, want %d", again.Seq, again.Now, shot.Seq)
	}
	leave()
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func nextShot(t *testing.T, messages <-chan message) (shot api.Shot) {
	t.Helper()
	for m := range messages {
		if m.name == "shot" {
			if err := json.Unmarshal([]byte(m.data), &shot); err != nil {
				t.Fatal(err)
			}
			return shot
		}
	}
	t.Fatal("the stream ended without a shot")
	return shot
}

func TestFollow(t *testing.T) {
	plant, h := site(t, apitest.Running, nil)
	url, stop := serve(t, h)
	before, err := plant.Log.Read(t.Context(), event.Filter{Newest: true, Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	want := answer[api.Events](t, h, "/api/v1/events?limit=2&newest=true").Events
	messages, leave := listen(t, url+"/api/v1/events/stream", answer[api.Events](t, h, "/api/v1/events?limit=3&newest=true").Events[2].Seq)
	for i := range 2 {
		if m := <-messages; m.id != want[1-i].Seq || m.name != "event" {
			t.Errorf("message %d: id %s %s, want %s", i, m.id, m.name, want[1-i].Seq)
		}
	}
	leave()
	messages, leave = listen(t, url+"/api/v1/events/stream?type=linesman.line.*", "")
	held := event.New("/demo/line/tablets-1", "tablets-1", time.Now(), event.LineHeld{Line: "tablets-1", Held: true})
	stored, err := plant.Log.Append(t.Context(), []event.Event{before[0], held})
	if err != nil {
		t.Fatal(err)
	}
	line := (<-messages).data
	var got api.Event
	if err := json.Unmarshal([]byte(line), &got); err != nil || got.ID != stored[1].ID || got.Severity != "high" {
		t.Errorf("got %+v %v, want %s", got, err, stored[1].ID)
	}
	if want := string(event.AppendLine(nil, stored[1])); line != want {
		t.Errorf("the stream says\n%s\nand not what is hashed:\n%s", line, want)
	}
	asked := ask(h, "/api/v1/events?limit=1&newest=true&type=linesman.line.*").Body.Bytes()
	var page struct{ Events []map[string]any }
	var streamed map[string]any
	if err := errors.Join(json.Unmarshal(asked, &page), json.Unmarshal([]byte(line), &streamed)); err != nil || len(page.Events) != 1 || !reflect.DeepEqual(page.Events[0], streamed) {
		t.Errorf("the log answers\n%v\nand streams\n%v (%v)", page.Events, streamed, err)
	}
	if err := stop(); err != nil { // with the stream still open
		t.Error(err)
	}
	leave()
}

// TestSlowViewer holds the line to its pace while a viewer reads nothing.
func TestSlowViewer(t *testing.T) {
	plant, h := site(t, apitest.Running, func(c *api.Config) { c.LiveFPS = 30 })
	url, stop := serve(t, h)
	hung, err := http.Get(url + "/api/v1/live/tablets-1")
	if err != nil {
		t.Fatal(err)
	}
	defer hung.Body.Close()
	messages, leave := listen(t, url+"/api/v1/live/tablets-1", "")
	for range 6 {
		plant.Step(time.Now())
		nextShot(t, messages)
	}
	leave()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := io.Copy(io.Discard, hung.Body); err != nil && !strings.Contains(err.Error(), "EOF") {
		t.Logf("the hung viewer was cut off: %v", err)
	}
}

func TestConfigLacks(t *testing.T) {
	for name, spoil := range map[string]func(*api.Config){
		"Lines": func(c *api.Config) { c.Lines = nil }, "Shots": func(c *api.Config) { c.Shots = nil },
		"Log": func(c *api.Config) { c.Log = nil }, "LiveFPS": func(c *api.Config) { c.LiveFPS = 1000 },
	} {
		config := apitest.New(apitest.Untaught, 1).Config()
		spoil(&config)
		if _, err := api.New(config); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

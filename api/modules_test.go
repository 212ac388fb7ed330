package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"golang.org/x/mod/sumdb/tlog"

	"linesman/api"
	"linesman/api/apitest"
	"linesman/event"
	"linesman/event/eventtest"
)

func must[T any](t testing.TB, w *httptest.ResponseRecorder) (out T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 {
		t.Fatalf("got %d %s (%v)", w.Code, w.Body, err)
	}
	return out
}

func get(h http.Handler, token, path string) *httptest.ResponseRecorder {
	return call(h, token, "GET", "/api/v1"+path, "", "")
}

// put stores an event as a line would.
func put(log *eventtest.Proven, kind event.Type, source string, s event.Severity) {
	log.Emit(event.Event{Type: kind, Source: source, Severity: s, Data: json.RawMessage("{}")})
}

// TestPages reads a log page by page, both ways, by severity.
func TestPages(t *testing.T) {
	log, h := proven(t, nil)
	for i := range 50 {
		put(log, "example.rejects.v1", "/demo/line/tablets-1", event.Severity(i%5))
	}
	for name, c := range map[string]struct {
		query string
		want  int
	}{
		"all":             {"limit=7", 50},
		"high":            {"limit=4&severity=high", 20},
		"newest":          {"limit=7&newest=true", 50},
		"newest critical": {"limit=3&newest=true&severity=critical", 10},
	} {
		t.Run(name, func(t *testing.T) {
			next, got, last := "", 0, ""
			for range 60 {
				way := "&after="
				if strings.Contains(c.query, "newest") {
					way = "&before="
				}
				path := "/events?" + c.query
				if next != "" {
					path += way + next
				}
				page := must[api.Events](t, get(h, "other", path))
				for _, e := range page.Events {
					if e.Seq == last {
						t.Errorf("seq %s comes twice", last)
					}
					last, got = e.Seq, got+1
				}
				if page.Next == "" || page.Next == next {
					break
				}
				next = page.Next
			}
			if got != c.want {
				t.Errorf("%d events over all pages, want %d", got, c.want)
			}
		})
	}
}

// TestWait polls: an answer comes when the event does, or after the time.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, h := proven(t, nil)
		put(log, "example.other.v1", "/demo", event.Info)
		began := time.Now()
		go func() {
			time.Sleep(10 * time.Second)
			put(log, "example.other.v1", "/demo", event.Info)
			time.Sleep(2 * time.Second)
			put(log, "example.rejects.v1", "/demo", event.Info)
		}()
		page := must[api.Events](t, get(h, "other", "/events?type=example.rejects.v1&after=1&wait=30s"))
		if len(page.Events) != 1 || page.Next != "3" || time.Since(began) != 12*time.Second {
			t.Errorf("after %v: %+v", time.Since(began), page)
		}
		began = time.Now()
		page = must[api.Events](t, get(h, "other", "/events?type=example.rejects.v1&after=3&wait=5s"))
		if len(page.Events) != 0 || page.Next != "3" || time.Since(began) != 5*time.Second {
			t.Errorf("after %v: %+v", time.Since(began), page)
		}
		for _, query := range []string{"wait=61s", "wait=5s&newest=true", "wait=5", "wait=-5s"} {
			if w := get(h, "other", "/events?after=99&"+query); w.Code != 422 {
				t.Errorf("%s: got %d", query, w.Code)
			}
		}
	})
}

// TestSight: a token sees the types and the lines it is for, whatever it asks.
func TestSight(t *testing.T) {
	log, h := proven(t, nil)
	put(log, "linesman.part.seen.v1", "/demo/line/tablets-1", event.Info)
	put(log, "linesman.audit.user.v1", "/demo", event.Info)
	put(log, "linesman.part.seen.v1", "/demo/line/caps-1", event.Info)
	page := must[api.Events](t, get(h, "rejects", "/events"))
	if len(page.Events) != 1 || page.Events[0].Seq != "1" || page.Next != "3" {
		t.Errorf("got %+v", page)
	}
	if w := get(h, "rejects", "/events/2/proof"); w.Code != 403 {
		t.Errorf("proof of what it may not read: %d %s", w.Code, w.Body)
	}
}

func TestCursors(t *testing.T) {
	log, h := proven(t, nil)
	for range 5 {
		put(log, "example.rejects.v1", "/demo/line/tablets-1", event.Info)
	}
	set := func(token, name, body string) int {
		return call(h, token, "PUT", "/api/v1/cursors/"+name, "application/json", body).Code
	}
	if got := must[api.Cursor](t, get(h, "rejects", "/cursors/a")); got.Seq != "0" {
		t.Errorf("a fresh cursor: %+v", got)
	}
	if code := set("rejects", "a", `{"seq":"3"}`); code != 200 {
		t.Errorf("set: %d", code)
	}
	if got := must[api.Cursor](t, get(h, "rejects", "/cursors/a")); got.Seq != "3" {
		t.Errorf("set cursor: %+v", got)
	}
	if got := must[api.Cursor](t, get(h, "other", "/cursors/a")); got.Seq != "0" {
		t.Errorf("another token's cursor: %+v", got)
	}
	for name, c := range map[string]struct {
		token, cursor, body string
		want                int
	}{
		"no token":   {"", "a", `{"seq":"3"}`, 401},
		"beyond":     {"rejects", "a", `{"seq":"6"}`, 422},
		"no number":  {"rejects", "a", `{"seq":"x"}`, 422},
		"a number":   {"rejects", "a", `{"seq":3}`, 422},
		"odd name":   {"rejects", "A%20b", `{"seq":"3"}`, 422},
		"other's":    {"rejects", "..%2Ftoken:other%2Fa", `{"seq":"3"}`, 404},
		"no body":    {"rejects", "a", ``, 400},
		"long name":  {"rejects", strings.Repeat("a", 65), `{"seq":"3"}`, 422},
		"too large":  {"rejects", "a", `{"seq":"` + strings.Repeat("1", 5000) + `"}`, 413},
		"more in it": {"rejects", "a", `{"seq":"3","x":1}`, 422},
	} {
		if code := set(c.token, c.cursor, c.body); code != c.want {
			t.Errorf("%s: got %d, want %d", name, code, c.want)
		}
	}
}

// TestGap: whoever asks from before the oldest event is told so, and a cursor
// says where a stream begins.
func TestGap(t *testing.T) {
	log, h := proven(t, nil)
	for range 9 {
		put(log, "example.rejects.v1", "/demo/line/tablets-1", event.Info)
	}
	log.Expire(4)
	if err := log.SetCursor(t.Context(), "token:other/late", 7); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	for query, want := range map[string][]string{
		"after=2":     {`event: gap`, `data: {"after":"2","oldest":"5","newest":"9"}`},
		"after=4":     {`id: 5`, `event: event`},
		"after=900":   {`event: gap`, `data: {"after":"900","oldest":"5","newest":"9"}`},
		"cursor=late": {`id: 8`, `event: event`},
	} {
		t.Run(query, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/api/v1/events/stream?"+query, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer other")
			answer, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			lines := bufio.NewScanner(answer.Body)
			var got []string
			for len(got) < len(want) && lines.Scan() {
				if text := lines.Text(); text != "" && !strings.HasPrefix(text, ":") {
					got = append(got, text)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestProofs takes what the api says and checks it as a stranger would.
func TestProofs(t *testing.T) {
	log, h := proven(t, nil)
	for range 11 {
		put(log, "example.rejects.v1", "/demo/line/tablets-1", event.Info)
	}
	early := must[api.LogHead](t, get(h, "other", "/log/head"))
	head, err := event.OpenHead(early.Head, early.Verifier)
	if err != nil || head.Seq != 11 || early.Newest != "11" || early.Oldest != "1" {
		t.Fatalf("head: %+v (%v)", head, err)
	}
	for range 8 {
		put(log, "example.rejects.v1", "/demo/line/tablets-1", event.Info)
	}
	p := must[event.Inclusion](t, get(h, "other", "/events/5/proof"))
	if err := p.Check(early.Verifier); err != nil || p.Index != 4 || p.Size != 19 {
		t.Errorf("inclusion %+v: %v", p, err)
	}
	p.Line = strings.Replace(p.Line, "tablets-1", "tablets-2", 1)
	if p.Check(early.Verifier) == nil {
		t.Error("an altered event is proven")
	}
	c := must[event.Consistency](t, get(h, "other", "/log/consistency?file="+eventtest.ProvenFile+"&from=11"))
	if err := c.Check(head.Files[0].Root, early.Verifier); err != nil || c.To != 19 {
		t.Errorf("consistency %+v: %v", c, err)
	}
	if c.Check(tlog.Hash{1}, early.Verifier) == nil {
		t.Error("another past is proven")
	}
	for path, want := range map[string]int{
		"/events/99/proof": 404, "/events/0/proof": 422, "/log/consistency?file=nothing&from=1": 404, "/log/consistency?file=record-memory": 422,
		"/schemas/linesman.part.judged.v1": 200, "/schemas/linesman.nothing.v1": 404, "/schemas/..%2Fx": 404,
	} {
		if w := get(h, "other", path); w.Code != want {
			t.Errorf("%s: got %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
	names := must[api.Schemas](t, get(h, "", "/schemas"))
	if len(names.Schemas) != len(event.Payloads()) {
		t.Errorf("%d schemas, want %d", len(names.Schemas), len(event.Payloads()))
	}
}

// TestMetrics holds what is served against Prometheus' own rules, and docs
// against what is served.
func TestMetrics(t *testing.T) {
	_, h := site(t, apitest.Running, func(c *api.Config) {
		c.Watches = &yard{}
		c.LogState = func() api.LogState {
			return api.LogState{Oldest: 1, Newest: 9, Bytes: 100, Free: 1000, Sealed: time.Now(), RingSize: 16, RingUsed: 4}
		}
	})
	w := ask(h, "/metrics")
	problems, err := promlint.New(strings.NewReader(w.Body.String())).Lint()
	if err != nil || len(problems) > 0 || w.Code != 200 {
		t.Errorf("status %d, %v: %+v", w.Code, err, problems)
	}
	docs, err := os.ReadFile(filepath.Join("..", "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	served := 0
	for text := range strings.Lines(w.Body.String()) {
		if name, is := strings.CutPrefix(text, "# TYPE "); is {
			name, _, _ = strings.Cut(name, " ")
			served++
			if !strings.Contains(string(docs), "| `"+name) {
				t.Errorf("docs/metrics.md does not tell of %s", name)
			}
		}
	}
	if documented := strings.Count(string(docs), "| `linesman_"); documented != served {
		t.Errorf("docs/metrics.md tells of %d metrics, %d are served", documented, served)
	}
	if !strings.Contains(w.Body.String(), `linesman_line_parts{line="tablets-1",outcome="pass"} 4`) {
		t.Errorf("no count of parts:\n%s", w.Body)
	}
}

// FuzzQuery: whatever is asked, nothing panics, and a refusal says why.
func FuzzQuery(f *testing.F) {
	f.Add("after=1&limit=3", "linesman.*", "2026-03-01T00:00:00Z")
	f.Add("severity=low&newest=true", "example.rejects.v1,x*", "yesterday")
	f.Add("before=18446744073709551615&after=-1", "*", "")
	log, h := proven(f, nil)
	put(log, "example.rejects.v1", "/demo/line/tablets-1", event.Low)
	f.Fuzz(func(t *testing.T, query, kind, from string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		q.Del("wait") // would only wait
		q.Set("type", kind)
		q.Set("from", from)
		w := get(h, "other", "/events?"+q.Encode())
		if w.Code != 200 {
			refused(t, w)
			return
		}
		if page := must[api.Events](t, w); len(page.Events) > 1 {
			t.Errorf("got %+v", page)
		}
	})
}

// FuzzCursor: whatever a cursor is called and set to, nothing panics, none of
// another token moves, and a refusal says why.
func FuzzCursor(f *testing.F) {
	f.Add("rejects", `{"seq":"1"}`)
	f.Add("../token:other/a", `{"seq":"1"}`)
	f.Add("a", `{"seq":1e999}`)
	log, h := proven(f, nil)
	put(log, "example.rejects.v1", "/demo/line/tablets-1", event.Low)
	f.Fuzz(func(t *testing.T, name, body string) {
		w := call(h, "rejects", "PUT", "/api/v1/cursors/"+url.PathEscape(name), "application/json", body)
		if w.Code != 200 && w.Code != 301 && w.Code != 307 && w.Code != 308 {
			refused(t, w)
		}
		if seq, err := log.Cursor(t.Context(), "token:other/a"); err != nil || seq != 0 {
			t.Errorf("another's cursor stands at %d (%v)", seq, err)
		}
	})
}

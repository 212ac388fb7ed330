package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"linesman/access"
	"linesman/api"
	"linesman/api/apitest"
	"linesman/event"
	"linesman/proof"
)

// signedLog is a log that signs how far it has come.
type signedLog struct {
	*apitest.Log
	event.Proving
	key      note.Signer
	verifier string
}

func newSignedLog(t *testing.T, log *apitest.Log) signedLog {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, "demo")
	if err != nil {
		t.Fatal(err)
	}
	key, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return signedLog{Log: log, key: key, verifier: public}
}

func (l signedLog) Head(ctx context.Context) (signed, verifier string, err error) {
	newest, err := l.Read(ctx, event.Filter{Newest: true, Limit: 1})
	if err != nil {
		return "", "", err
	}
	signed, err = event.Head{Site: "demo", Seq: newest[0].Seq, Time: newest[0].Time.Add(time.Second).UTC().Truncate(time.Second)}.Sign(l.key)
	return signed, l.verifier, err
}

func TestCertificate(t *testing.T) {
	var log signedLog
	_, h := site(t, apitest.Running, func(c *api.Config) {
		log = newSignedLog(t, c.Log.(*apitest.Log))
		c.Log, c.Proving = log, log
	})
	events, err := log.Read(t.Context(), event.Filter{Types: []event.Type{event.PartJudged{}.EventType()}, Limit: 1})
	if err != nil || len(events) == 0 {
		t.Fatalf("the plant's log has no verdict: %v", err)
	}
	first, err := event.As[event.PartJudged](events[0])
	if err != nil {
		t.Fatal(err)
	}
	span := "line=" + first.Line + "&from=" + events[0].Time.Add(-time.Hour).UTC().Format(time.RFC3339) + "&to=" + events[0].Time.Add(time.Hour).UTC().Format(time.RFC3339)
	for _, tc := range []struct{ format, kind string }{{"", "text/html; charset=utf-8"}, {"html", "text/html; charset=utf-8"}, {"pdf", "application/pdf"}, {"json", "application/json"}} {
		path := "/api/v1/certificate?" + span
		if tc.format != "" {
			path += "&format=" + tc.format
		}
		w := ask(h, path)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != tc.kind {
			t.Fatalf("%s: status %d, %s: %.300s", path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		c, err := proof.ReadCertificate(bytes.NewReader(w.Body.Bytes()))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if c.Line != first.Line || c.Counts.Judged() == 0 || c.Verifier != log.verifier || len(c.Accounts) == 0 {
			t.Errorf("%s: line %s, %d parts, %d accounts; want %s, some, the present one", path, c.Line, c.Counts.Judged(), len(c.Accounts), first.Line)
		}
		if diff, err := proof.Recount(t.Context(), log, c); err != nil || len(diff) != 0 {
			t.Errorf("%s: counted again: %q, %v", path, diff, err)
		}
	}
	for _, tc := range []struct {
		query, want string
		status      int
	}{
		{"batch=none", "knows no batch", http.StatusUnprocessableEntity},
		{"line=" + first.Line, "want a batch, or a time", http.StatusUnprocessableEntity},
		{"line=x&shift=noon", "is not among", http.StatusUnprocessableEntity},
		{"line=x&shift=early&day=monday", "2026-03-01", http.StatusUnprocessableEntity},
		{"shift=early&batch=b", "give one of", http.StatusUnprocessableEntity},
		{"batch=none&format=docx", "format", http.StatusUnprocessableEntity},
	} {
		if w := ask(h, "/api/v1/certificate?"+tc.query); w.Code != tc.status || !strings.Contains(w.Body.String(), tc.want) {
			t.Errorf("%s: status %d, %s; want %d and %q", tc.query, w.Code, w.Body, tc.status, tc.want)
		}
	}
	_, unsigned := site(t, apitest.Running, nil)
	if w := ask(unsigned, "/api/v1/certificate?"+span); w.Code != http.StatusNotImplemented {
		t.Errorf("a log without heads: status %d, want 501", w.Code)
	}
}

// A part's answer tells its story.
func TestStory(t *testing.T) {
	_, h := site(t, apitest.Running, nil)
	rejects := answer[api.Rejects](t, h, "/api/v1/lines/"+firstLine(t, h)+"/rejects").Rejects
	if len(rejects) == 0 {
		t.Fatal("no reject to tell of")
	}
	v := rejects[0]
	p := answer[api.Part](t, h, "/api/v1/parts/"+v.Part)
	if p.Story == nil || p.Story.Outcome != v.Outcome || len(p.Story.Steps) < 8 || len(p.Story.Verdicts) == 0 || len(p.Story.Reasons) != len(v.Reasons) {
		t.Errorf("part %s: story %+v, want the verdict %s told", v.Part, p.Story, v.Outcome)
	}
}

func firstLine(t *testing.T, h http.Handler) string {
	t.Helper()
	return answer[api.Site](t, h, "/api/v1/status").Lines[0].Line
}

// narrow lets a token in that may read some types on one line.
type narrow struct{ access.Identity }

func (n narrow) Bearer(context.Context, string) (access.Identity, error) { return n.Identity, nil }

// Neither a certificate nor a story tells somebody what the events would not.
func TestNarrowToken(t *testing.T) {
	plant, _ := site(t, apitest.Running, nil)
	log := newSignedLog(t, plant.Config().Log.(*apitest.Log))
	events, err := log.Read(t.Context(), event.Filter{Types: []event.Type{event.PartJudged{}.EventType()}, Limit: 1})
	if err != nil || len(events) == 0 {
		t.Fatalf("no verdict: %v", err)
	}
	ask := func(who access.Identity, path string) *httptest.ResponseRecorder {
		_, h := site(t, apitest.Running, func(c *api.Config) { c.Log, c.Proving, c.Access = log, log, narrow{who} })
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = "127.0.0.1:8080"
		r.Header.Set("Authorization", "Bearer lm_x_y")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, tc := range []struct {
		name, path, want string
		who              access.Identity
	}{
		{"some types", "/api/v1/certificate?line=caps-1&shift=early", "may not read", access.Identity{Actor: "token:mes", Role: access.Viewer, Read: []event.Type{"linesman.part.*"}}},
		{"another line", "/api/v1/certificate?line=caps-1&shift=early", "not for line caps-1", access.Identity{Actor: "token:mes", Role: access.Viewer, Read: []event.Type{"*"}, Lines: []string{"caps-9"}}},
	} {
		if w := ask(tc.who, tc.path); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), tc.want) {
			t.Errorf("%s: status %d, %s; want 403 and %q", tc.name, w.Code, w.Body, tc.want)
		}
	}
	verdict, err := event.As[event.PartJudged](events[0])
	if err != nil {
		t.Fatal(err)
	}
	gated := event.New(events[0].Source, "gate", events[0].Time, event.PartGated{Line: verdict.Line, Outcome: verdict.Outcome, Result: "kept"})
	gated.Part = events[0].Part
	if _, err := log.Append(t.Context(), []event.Event{gated}); err != nil {
		t.Fatal(err)
	}
	for read, told := range map[event.Type]bool{"linesman.part.*": true, "linesman.part.gated.v1": false} {
		w := ask(access.Identity{Actor: "token:mes", Role: access.Viewer, Read: []event.Type{read}}, "/api/v1/parts/"+events[0].Part)
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), verdict.ModelHash) != told {
			t.Errorf("who may read %s: status %d, told of the verdict %v, want %v: %s", read, w.Code, !told, told, w.Body)
		}
	}
}

package webhook

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"linesman/alarm"
	"linesman/alarm/alarmtest"
)

// peer takes what is posted, and answers as a service does.
func peer(answer string, seen func(r *http.Request, body []byte)) func(t *testing.T) (string, func() []string) {
	return func(t *testing.T) (string, func() []string) {
		var mu sync.Mutex
		var got []string
		address := alarmtest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			got = append(got, r.Header.Get("Idempotency-Key")+"\n"+r.URL.Path+"\n"+string(body))
			if seen != nil {
				seen(r, body)
			}
			_, _ = io.WriteString(w, answer)
		}))
		return address, func() []string { mu.Lock(); defer mu.Unlock(); return got }
	}
}

func channel(t *testing.T, options string) *Channel {
	t.Helper()
	c, err := alarm.ParseChannel([]byte("driver: webhook\n" + options))
	if err != nil {
		t.Fatal(err)
	}
	ch, err := New("hook", c, alarm.Means{})
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

const secret = "s3cret-s3cret"

func TestConformance(t *testing.T) {
	for name, c := range map[string]struct {
		options, answer string
		any             bool
	}{
		"json":   {"format: json\nsecret: " + secret, "", true},
		"ntfy":   {"format: ntfy\ntopic: alarms\ntoken: " + secret, `{"id":"a1","event":"message"}`, false},
		"gotify": {"format: gotify\ntoken: " + secret, `{"id":25,"appid":5}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			alarmtest.Run(t, alarmtest.Kit{HTTP: true, Secret: secret, AnyAnswer: c.any, Answer: c.answer, Peer: peer(c.answer, nil),
				New: func(t *testing.T, address string) alarm.Deliverer {
					return channel(t, "url: http://"+address+"/hooks/"+secret+"\n"+c.options)
				}})
		})
	}
}

func TestSignature(t *testing.T) {
	n := alarmtest.Notice()
	var checked bool
	address, _ := peer("", func(r *http.Request, body []byte) {
		sign := r.Header.Get("Linesman-Signature")
		if want := Sign(secret, time.Unix(1772452800, 0), body); sign != want {
			t.Errorf("signature %q, want %q", sign, want)
		}
		var m Message
		if err := json.Unmarshal(body, &m); err != nil {
			t.Error(err)
		}
		if m.ID != n.ID || m.Alarm != n.Alarm.ID || m.Severity != "high" || m.State != "unacknowledged" || m.Token != n.Token || m.Receipt != n.Receipt || !m.Raised.Equal(n.Alarm.Raised) {
			t.Errorf("message %+v", m)
		}
		checked = true
	})(t)
	ch := channel(t, "url: http://"+address+"/x\nsecret: "+secret)
	ch.now = func() time.Time { return time.Unix(1772452800, 0) }
	if _, err := ch.Deliver(t.Context(), n); err != nil || !checked {
		t.Fatal(err, checked)
	}
	// As Python's hmac has it.
	if got, want := Sign("key", time.Unix(1, 0), []byte("{}")), "t=1,v1=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224"; got != want {
		t.Errorf("signed %q, want %q", got, want)
	}
}

func TestWords(t *testing.T) {
	n := alarmtest.Notice()
	n.To = "li-alarms"
	var body map[string]any
	address, _ := peer(`{"id":"a1"}`, func(r *http.Request, text []byte) {
		if err := json.Unmarshal(text, &body); err != nil {
			t.Error(err)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer tk" {
			t.Errorf("Authorization %q", got)
		}
	})(t)
	if _, err := channel(t, "url: http://"+address+"\nformat: ntfy\ntopic: all\ntoken: tk").Deliver(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if body["topic"] != "li-alarms" || body["priority"] != 4.0 || body["click"] != n.Link || !strings.Contains(body["message"].(string), "Go and look") {
		t.Errorf("ntfy got %v", body)
	}
}

// TestElsewhere holds that a host that nobody named is not contacted.
func TestElsewhere(t *testing.T) {
	ch := channel(t, "url: http://localhost.invalid:1/x")
	for _, address := range []string{"http://127.0.0.1:22/", "http://169.254.169.254/latest/meta-data/", "http://[::1]:80/", "http://0.0.0.0:80/"} {
		_, err := ch.door.Post(t.Context(), address, "application/json", nil, nil)
		if err == nil || !strings.Contains(err.Error(), "alarms.hosts") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for options, says := range map[string]string{
		"url: ftp://x":                                   "want http",
		"url: http://li:pw@x/":                           "no user",
		"url: http://x\nformat: xml":                     "want json, ntfy or gotify",
		"url: http://x\nformat: gotify":                  "gotify wants",
		"url: http://x\nformat: ntfy\nreceipts: true":    "posts none",
		"url: http://x\ncolour: red":                     "colour",
		"url: http://x\nsecret: a\nsecret_file: b":       "leave these away",
		"url: http://x\nsecret_file: /does/not/exist-at": "no such file",
	} {
		c, err := alarm.ParseChannel([]byte("driver: webhook\n" + options))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New("hook", c, alarm.Means{}); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "alarms.channels.hook") {
			t.Errorf("%q: %v, want %q", options, err, says)
		}
	}
}

func TestSecretFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("abc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if ch := channel(t, "url: http://x\nsecret_file: "+path); ch.secret != "abc" {
		t.Errorf("secret %q", ch.secret)
	}
}

// TestSample reads the README's samples as a site file would.
func TestSample(t *testing.T) {
	alarmtest.Samples(t, func(c alarm.Channel) error { _, err := New("x", c, alarm.Means{}); return err })
}

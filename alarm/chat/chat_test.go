package chat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"linesman/alarm"
	"linesman/alarm/alarmtest"
)

// posted is one request that a robot's service took.
type posted struct {
	path  string
	query url.Values
	body  map[string]any
	text  string
}

func peer(answer string, each func(p posted)) func(t *testing.T) (string, func() []string) {
	return func(t *testing.T) (string, func() []string) {
		var mu sync.Mutex
		var got []string
		address := alarmtest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			p := posted{path: r.URL.Path, query: r.URL.Query(), text: string(text)}
			if err := json.Unmarshal(text, &p.body); err != nil {
				t.Errorf("%q: %v", text, err)
			}
			mu.Lock()
			defer mu.Unlock()
			got = append(got, r.Header.Get("Idempotency-Key")+"\n"+p.text)
			if each != nil {
				each(p)
			}
			_, _ = io.WriteString(w, answer)
		}))
		return address, func() []string { mu.Lock(); defer mu.Unlock(); return got }
	}
}

func channel(t *testing.T, options string) *Channel {
	t.Helper()
	c, err := alarm.ParseChannel([]byte("driver: chat\n" + options))
	if err != nil {
		t.Fatal(err)
	}
	ch, err := New("group", c, alarm.Means{})
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

const token = "t0ken-t0ken"

// robots are the services with what they answer.
var robots = map[string]struct {
	options, path, answer string
	any                   bool
}{
	"dingtalk": {"service: dingtalk\nsecret: " + token, "/robot/send?access_token=" + token, `{"errcode":0,"errmsg":"ok"}`, false},
	"wecom":    {"service: wecom", "/cgi-bin/webhook/send?key=" + token, `{"errcode":0,"errmsg":"ok"}`, false},
	"feishu":   {"service: feishu\nsecret: " + token, "/open-apis/bot/v2/hook/" + token, `{"code":0,"msg":"success"}`, false},
	"telegram": {"service: telegram\nchat: \"-100\"\ntoken: " + token, "", `{"ok":true,"result":{}}`, false},
	"slack":    {"service: slack", "/services/" + token, "ok", false},
	"teams":    {"service: teams", "/workflows/" + token, "", true},
}

func TestConformance(t *testing.T) {
	for name, c := range robots {
		t.Run(name, func(t *testing.T) {
			alarmtest.Run(t, alarmtest.Kit{HTTP: true, Secret: token, AnyAnswer: c.any, Answer: c.answer, Peer: peer(c.answer, nil),
				New: func(t *testing.T, address string) alarm.Deliverer {
					return channel(t, c.options+"\nurl: http://"+address+c.path)
				}})
		})
	}
	t.Run("mattermost by shoutrrr", func(t *testing.T) {
		alarmtest.Run(t, alarmtest.Kit{HTTP: true, Secret: token, AnyAnswer: true, Answer: "ok", Peer: peer("ok", nil),
			ID: func(string) string { return "zone yard" }, // the library has no place for an id
			New: func(t *testing.T, address string) alarm.Deliverer {
				return channel(t, "service: shoutrrr\nurl: mattermost://"+address+"/"+token+"?disabletls=yes")
			}})
	})
}

// TestWords holds what each service is told against its own document.
func TestWords(t *testing.T) {
	n := alarmtest.Notice()
	n.To = ""
	get := func(v any, path ...string) string {
		for _, p := range path {
			m, ok := v.(map[string]any)
			if !ok {
				return ""
			}
			v = m[p]
		}
		s, _ := v.(string)
		return s
	}
	for name, check := range map[string]func(p posted) string{
		"dingtalk": func(p posted) string {
			m := hmac.New(sha256.New, []byte(token))
			m.Write([]byte(p.query.Get("timestamp") + "\n" + token))
			if p.query.Get("sign") != base64.StdEncoding.EncodeToString(m.Sum(nil)) || p.query.Get("access_token") != token {
				t.Errorf("dingtalk: signed %v", p.query)
			}
			return get(p.body, "text", "content")
		},
		"wecom": func(p posted) string { return get(p.body, "text", "content") },
		"feishu": func(p posted) string {
			m := hmac.New(sha256.New, []byte(get(p.body, "timestamp")+"\n"+token))
			if get(p.body, "sign") != base64.StdEncoding.EncodeToString(m.Sum(nil)) {
				t.Errorf("feishu: signed %v", p.body)
			}
			return get(p.body, "content", "text")
		},
		"telegram": func(p posted) string {
			if p.path != "/bot"+token+"/sendMessage" || get(p.body, "chat_id") != "-100" {
				t.Errorf("telegram: %+v", p)
			}
			return get(p.body, "text")
		},
		"slack": func(p posted) string { return get(p.body, "text") },
		"teams": func(p posted) string { return p.text },
	} {
		c := robots[name]
		var text string
		address, _ := peer(c.answer, func(p posted) { text = check(p) })(t)
		if _, err := channel(t, c.options+"\nurl: http://"+address+c.path).Deliver(t.Context(), n); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, want := range []string{n.Title, n.Text, n.Alarm.WhatTo, n.Link} {
			if !strings.Contains(text, want) {
				t.Errorf("%s was told %q, without %q", name, text, want)
			}
		}
	}
}

// TestSaysNo has a service that answers 200 and refuses.
func TestSaysNo(t *testing.T) {
	for name, answer := range map[string]string{"dingtalk": `{"errcode":310000,"errmsg":"sign not match"}`, "feishu": `{"code":19021,"msg":"sign not match"}`,
		"telegram": `{"ok":false,"description":"chat not found"}`, "wecom": `{}`, "slack": "no_service"} {
		c := robots[name]
		address, _ := peer(answer, nil)(t)
		if _, err := channel(t, c.options+"\nurl: http://"+address+c.path).Deliver(t.Context(), alarmtest.Notice()); err == nil {
			t.Errorf("%s: %s is a delivery", name, answer)
		}
	}
}

func TestRefused(t *testing.T) {
	for options, says := range map[string]string{
		"service: icq":                                 "want dingtalk",
		"service: wecom":                               "robot's address",
		"service: telegram":                            "token",
		"service: slack\nurl: slack://x":               "http or https",
		"service: shoutrrr\nurl: discord://tok@1":      "mattermost://",
		"service: shoutrrr\nurl: mattermost://h":       "",
		"service: wecom\nurl_file: /not/there":         "no such file",
		"service: wecom\nurl: http://x\ncolour: green": "colour",
	} {
		c, err := alarm.ParseChannel([]byte("driver: chat\n" + options))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New("group", c, alarm.Means{}); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "alarms.channels.group") {
			t.Errorf("%q: %v, want %q", options, err, says)
		}
	}
}

func TestSample(t *testing.T) {
	alarmtest.Samples(t, func(c alarm.Channel) error { _, err := New("x", c, alarm.Means{}); return err })
}

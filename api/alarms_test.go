package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/access"
	"linesman/alarm"
	"linesman/alarm/webpush"
	"linesman/alarm/webpush/receiver"
	"linesman/api"
	"linesman/api/apitest"
	"linesman/event"
	"linesman/event/eventtest"
)

// alarmKeys are who acts on alarms.
var alarmKeys = keys{
	"li":       {Actor: "user:li", Role: access.Operator, Read: []event.Type{"*"}, Append: []event.Type{"*"}},
	"safety":   {Actor: "user:eva", Role: access.Safety, Read: []event.Type{"*"}, Append: []event.Type{"*"}},
	"viewer":   {Actor: "user:bo", Role: access.Viewer, Read: []event.Type{"*"}},
	"engineer": {Actor: "user:kim", Role: access.Engineer, Read: []event.Type{"*"}, Append: []event.Type{"*"}},
	"caps":     {Actor: "user:cap", Role: access.Operator, Lines: []string{"caps-9"}, Read: []event.Type{"*"}},
	"mes":      {Actor: "token:mes", Read: []event.Type{"mes.*"}, Append: []event.Type{"mes.*"}},
}

// paper is a channel that keeps what it is given.
type paper chan alarm.Notice

func (p paper) Proves() bool { return false }

func (p paper) Deliver(_ context.Context, n alarm.Notice) (alarm.Proof, error) {
	p <- n
	return alarm.Taken, nil
}

// calling is a site with a desk that calls li by letter, page and push.
type calling struct {
	t      *testing.T
	h      http.Handler
	desk   *alarm.Desk
	letter paper
	log    *eventtest.Memory
	pushed chan receiver.Push
	push   *receiver.Service
}

func newCalling(t *testing.T) *calling {
	c := &calling{t: t, letter: make(paper, 64), log: eventtest.NewMemory(), pushed: make(chan receiver.Push, 64)}
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.push.ServeHTTP(w, r) }))
	t.Cleanup(far.Close)
	c.push = receiver.New(far.URL, "", func(p receiver.Push) { c.pushed <- p })
	raw, err := alarm.ParseChannel([]byte("driver: webpush\ncontact: a@b.example\npush_hosts: ['" + far.Listener.Addr().String() + "']"))
	if err != nil {
		t.Fatal(err)
	}
	push, err := webpush.New("push", raw, alarm.Means{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	set := &alarm.Settings{
		Link:     "http://127.0.0.1:8080",
		Channels: map[string]alarm.Channel{"letter": {Driver: "paper"}, "page": {Driver: "page"}, "push": {Driver: "webpush"}},
		People:   map[string]*alarm.Person{"li": {Reach: map[string]string{"letter": "", "page": "", "push": ""}}, "bo": {Reach: map[string]string{"page": ""}}},
		Rosters:  []alarm.Roster{{Name: "all", Duty: []alarm.Duty{{Who: []string{"li"}}}, Steps: []alarm.Step{{By: []string{"letter", "page", "push"}, Within: time.Hour}}}},
	}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	phones := alarm.NewPhones()
	c.desk, err = alarm.New(alarm.Config{Settings: set, Site: "demo", Log: c.log, Key: make([]byte, 32),
		Deliverers: map[string]alarm.Deliverer{"letter": c.letter, "page": phones, "push": push}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.desk.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	_, c.h = site(t, apitest.Running, func(cfg *api.Config) {
		cfg.Access, cfg.Alarms, cfg.Phones, cfg.Push = alarmKeys, c.desk, phones, push
	})
	return c
}

// ask sends a request as somebody, and reads the answer into out.
func (c *calling) ask(who, method, path, body string, want int, out any) string {
	c.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8080"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+who)
	}
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	if w.Code != want {
		c.t.Fatalf("%s %s as %q: %d %.400s, want %d", method, path, who, w.Code, w.Body, want)
	}
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			c.t.Fatal(err)
		}
	}
	return w.Body.String()
}

func (c *calling) raise(key string) string {
	c.t.Helper()
	id, err := c.desk.Raise(c.t.Context(), alarm.Raise{Key: key, From: "line/tablets-1", Line: "tablets-1", Severity: event.High, Text: "the feed is empty", WhatTo: "fill it"})
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

// notice waits until li has a letter about an alarm.
func (c *calling) notice(id string) alarm.Notice {
	c.t.Helper()
	for {
		select {
		case n := <-c.letter:
			if n.Alarm.ID == id {
				return n
			}
		case <-time.After(30 * time.Second):
			c.t.Fatal("no letter")
		}
	}
}

func TestAlarms(t *testing.T) {
	c := newCalling(t)
	id := c.raise("line/tablets-1/feed")
	var all api.Alarms
	c.ask("", "GET", "/api/v1/alarms", "", 200, &all)
	if len(all.Alarms) != 1 || all.Alarms[0].State != "unacknowledged" || all.Alarms[0].WhatTo != "fill it" || all.Alarms[0].Severity != "high" || !all.Alarms[0].Latched {
		t.Fatalf("alarms %+v", all)
	}
	path := "/api/v1/alarms/" + id
	c.ask("", "POST", path+"/acknowledge", "{}", 401, nil)
	c.ask("viewer", "POST", path+"/acknowledge", "{}", 403, nil)
	c.ask("caps", "POST", path+"/acknowledge", "{}", 403, nil)
	c.ask("mes", "GET", "/api/v1/alarms", "", 403, nil)
	c.ask("li", "POST", path+"/acknowledge", `{"actor":"user:boss"}`, 422, nil)
	c.ask("li", "POST", "/api/v1/alarms/019cae6b-6600-7000-8082-236964f49ee1/acknowledge", "{}", 404, nil)
	var one api.Alarm
	c.ask("li", "POST", path+"/acknowledge", `{"note":"on my way"}`, 200, &one)
	if one.State != "acknowledged" || one.Acked == nil || one.Acked.By != "user:li" || one.Acked.Note != "on my way" {
		t.Errorf("acknowledged %+v", one)
	}

	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	c.ask("li", "POST", path+"/shelve", `{"until":"`+until+`"}`, 422, nil)
	c.ask("li", "POST", path+"/shelve", `{"reason":"painter","until":"2036-01-01T00:00:00Z"}`, 422, nil)
	c.ask("li", "POST", path+"/shelve", `{"reason":"painter","until":"`+until+`"}`, 200, &one)
	if one.State != "shelved" || one.Shelved == nil || one.Shelved.Reason != "painter" {
		t.Errorf("shelved %+v", one)
	}
	c.ask("li", "POST", path+"/unshelve", `{}`, 200, &one)
	if one.State != "acknowledged" {
		t.Errorf("unshelved %+v", one)
	}
	c.ask("li", "POST", path+"/unshelve", `{}`, 404, nil)

	c.ask("li", "POST", "/api/v1/alarms/service", `{"key":"line/*","out_of_service":true,"reason":"maintenance"}`, 403, nil)
	c.ask("safety", "POST", "/api/v1/alarms/service", `{"key":"line/*","out_of_service":true}`, 422, nil)
	c.ask("safety", "POST", "/api/v1/alarms/service", `{"key":"line/*","out_of_service":true,"reason":"maintenance"}`, 200, &all)
	if len(all.Out) != 1 || all.Alarms[0].State != "out of service" || all.Out[0].By != "user:eva" {
		t.Errorf("out of service %+v", all)
	}
	c.ask("safety", "POST", "/api/v1/alarms/service", `{"key":"line/*","out_of_service":false}`, 200, &all)

	var detail api.AlarmDetail
	c.ask("", "GET", path, "", 200, &detail)
	if detail.Alarm.ID != id || len(detail.Deliveries) != 3 || len(detail.Events) < 5 {
		t.Errorf("detail %+v", detail)
	}
	c.ask("caps", "GET", path, "", 403, nil)
	if err := c.desk.Clear(t.Context(), "line/tablets-1/feed", "filled", "user:li", ""); err != nil {
		t.Fatal(err)
	}
	c.raise("line/tablets-1/jam")
	var history api.AlarmHistory
	c.ask("", "GET", "/api/v1/alarms/history?limit=1", "", 200, &history)
	if len(history.Alarms) != 1 || history.Alarms[0].Alarm.Key != "line/tablets-1/jam" || history.Next == "" {
		t.Fatalf("history %+v", history)
	}
	c.ask("", "GET", "/api/v1/alarms/history?limit=5&before="+history.Next, "", 200, &history)
	if len(history.Alarms) != 1 || history.Alarms[0].Alarm.State != "normal" || history.Alarms[0].Alarm.Acked == nil {
		t.Errorf("history's second page %+v", history)
	}
	var kpis api.AlarmKPIs
	c.ask("", "GET", "/api/v1/alarms/kpis", "", 200, &kpis)
	if kpis.Raised != 2 || kpis.Acknowledged != 1 || kpis.Target != 1 || len(kpis.Top) != 2 {
		t.Errorf("figures %+v", kpis)
	}
	c.ask("", "GET", "/api/v1/alarms/kpis?from=2020-01-01T00:00:00Z", "", 422, nil)
	c.ask("viewer", "POST", "/api/v1/alarms/drill", "{}", 403, nil)
	var drill api.Drill
	c.ask("li", "POST", "/api/v1/alarms/drill", "{}", 200, &drill)
	c.ask("", "GET", "/api/v1/alarms", "", 200, &all)
	if slices.ContainsFunc(all.Alarms, func(a api.Alarm) bool { return a.ID == drill.Alarm }) {
		t.Error("a drill stands among the alarms")
	}
	c.ask("li", "POST", "/api/v1/alarms/drill", "{}", 422, nil)
}

// TestReceipts takes receipts by the token in the path, and by nothing else.
func TestReceipts(t *testing.T) {
	c := newCalling(t)
	id := c.raise("k")
	n := c.notice(id)
	path := "/api/v1/receipts/" + n.Token
	var told api.Told
	for range 3 { // a mail scanner looks
		c.ask("", "GET", path, "", 200, &told)
		c.ask("", "GET", "/a/"+n.Token, "", 200, nil)
	}
	if told.Recipient != "li" || told.Channel != "letter" || len(told.Alarms) != 1 || told.Alarms[0].State != "unacknowledged" || told.State == "acknowledged" {
		t.Fatalf("looking changed something: %+v", told)
	}
	if !strings.HasSuffix(n.Receipt, path) || n.Link != "http://127.0.0.1:8080/a/"+n.Token {
		t.Errorf("links %s, %s", n.Receipt, n.Link)
	}
	c.ask("", "POST", "/api/v1/receipts/eA.eA", `{"what":"acknowledged"}`, 404, nil)
	c.ask("safety", "POST", "/api/v1/receipts/eA.eA", `{"what":"acknowledged"}`, 404, nil) // a sign-in is no token either
	c.ask("", "POST", path, `{"what":"sent"}`, 422, nil)
	for _, step := range []string{"received", "received", "opened"} {
		c.ask("", "POST", path, `{"what":"`+step+`"}`, 200, &told)
		if told.State != step {
			t.Errorf("%s: %+v", step, told)
		}
	}
	page := c.ask("", "GET", "/a/"+n.Token, "", 200, nil)
	for _, want := range []string{"the feed is empty", "fill it", `<form method="post">`} {
		if !strings.Contains(page, want) {
			t.Errorf("the link's page lacks %q: %s", want, page)
		}
	}
	page = c.ask("", "POST", "/a/"+n.Token, "", 200, nil)
	if strings.Contains(page, "<form") || !strings.Contains(page, "recipient:li") {
		t.Errorf("after the button: %s", page)
	}
	if a, _, err := c.desk.Alarm(t.Context(), id); err != nil || a.State != alarm.Acknowledged || a.Acked.By != "recipient:li" || a.Acked.Channel != "letter" {
		t.Errorf("alarm %+v, %v", a, err)
	}
	if page := c.ask("", "GET", "/a/"+url.PathEscape("<script>"), "", 404, nil); strings.Contains(page, "<script") {
		t.Errorf("the page repeats its path: %s", page)
	}
}

// TestPhone holds a phone's stream open over a real connection, and answers as
// the page does.
func TestPhone(t *testing.T) {
	c := newCalling(t)
	s := httptest.NewServer(c.h)
	defer s.Close()
	get := func(who, query string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/v1/alarms/stream?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+who)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	for name, q := range map[string][2]string{"another's": {"viewer", "device=phone-0001&recipient=li"}, "nobody's": {"safety", "device=phone-0001"}} {
		if resp := get(q[0], q[1]); resp.StatusCode != 403 {
			t.Errorf("%s stream: %d", name, resp.StatusCode)
		}
	}
	resp := get("li", "device=phone-0001")
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	message := func() (name, data string) {
		for lines.Scan() && lines.Text() != "" {
			if s, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = s
			}
			if s, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				data = s
			}
		}
		return name, data
	}
	if name, data := message(); name != "alive" {
		t.Fatalf("the stream begins with %s %s", name, data)
	}
	c.ask("li", "POST", "/api/v1/alarms/heartbeat", `{"device":"phone-0001"}`, 204, nil)
	c.ask("li", "POST", "/api/v1/alarms/heartbeat", `{"device":"phone-0002"}`, 404, nil)
	id := c.raise("k")
	name, data := message()
	var n api.Notice
	if err := json.Unmarshal([]byte(data), &n); err != nil || name != "notice" || n.Alarm != id || n.Title != "HIGH alarm: line tablets-1" || n.Token == "" {
		t.Fatalf("told %s %s, %v", name, data, err)
	}
	c.ask("", "POST", "/api/v1/receipts/"+n.Token, `{"what":"received"}`, 200, nil)
	var detail api.AlarmDetail
	c.ask("", "GET", "/api/v1/alarms/"+id, "", 200, &detail)
	for _, d := range detail.Deliveries {
		if d.Channel == "page" && (d.State != "received" || d.Sent == nil || d.Received == nil) {
			t.Errorf("delivery %+v", d)
		}
	}
	var phones api.Phones
	c.ask("li", "GET", "/api/v1/alarms/phones", "", 200, &phones)
	if len(phones.Phones) != 1 || !phones.Phones[0].Connected || phones.Phones[0].Silent || phones.Phones[0].HeardAgoS > 10 || !phones.Recipients[1].Mine || phones.Recipients[0].Mine {
		t.Errorf("phones %+v", phones)
	}
}

// TestPush subscribes a browser, is told by Web Push, and answers as the
// service worker does.
func TestPush(t *testing.T) {
	c := newCalling(t)
	var phones api.Phones
	c.ask("li", "GET", "/api/v1/alarms/phones", "", 200, &phones)
	if len(phones.PushKey) < 80 {
		t.Fatalf("public key %q", phones.PushKey)
	}
	device, err := c.push.Subscribe("phone")
	if err != nil {
		t.Fatal(err)
	}
	body := func(endpoint string) string {
		return fmt.Sprintf(`{"endpoint":%q,"expirationTime":null,"keys":{"p256dh":%q,"auth":%q}}`, endpoint, device.P256dh, device.Auth)
	}
	c.ask("", "POST", "/api/v1/push/subscriptions", body(device.Endpoint), 401, nil)
	c.ask("safety", "POST", "/api/v1/push/subscriptions", body(device.Endpoint), 403, nil)
	c.ask("li", "POST", "/api/v1/push/subscriptions", body("https://push.evil.example/x"), 422, nil)
	c.ask("li", "POST", "/api/v1/push/subscriptions", body("http://169.254.169.254/x"), 422, nil)
	var sub api.Subscribed
	c.ask("li", "POST", "/api/v1/push/subscriptions", body(device.Endpoint), 200, &sub)
	if sub.Recipient != "li" || sub.Device == "" {
		t.Errorf("subscribed %+v", sub)
	}
	id := c.raise("k")
	p := <-c.pushed
	var m webpush.Message
	if err := json.Unmarshal(p.Data, &m); err != nil || m.Alarm != id {
		t.Fatalf("pushed %s, %v", p.Data, err)
	}
	c.ask("", "POST", "/api/v1/receipts/"+m.Token, `{"what":"acknowledged"}`, 200, nil)
	if a, _, err := c.desk.Alarm(t.Context(), id); err != nil || a.Acked.By != "recipient:li" || a.Acked.Channel != "push" {
		t.Errorf("alarm %+v, %v", a, err)
	}
	c.ask("li", "DELETE", "/api/v1/push/subscriptions", fmt.Sprintf(`{"endpoint":%q}`, device.Endpoint), 204, nil)
	c.ask("li", "GET", "/api/v1/alarms/phones", "", 200, &phones)
	if len(phones.Recipients[1].Devices) != 0 {
		t.Errorf("devices %+v", phones.Recipients)
	}
}

// TestPhonesThatAnswered: of each device it is known when it last had a message, by
// its own word; of one that says nothing it is not.
func TestPhonesThatAnswered(t *testing.T) {
	c := newCalling(t)
	names := map[string]bool{}
	for _, phone := range []string{"one", "two", "mute"} {
		device, err := c.push.Subscribe(phone)
		if err != nil {
			t.Fatal(err)
		}
		var sub api.Subscribed
		c.ask("li", "POST", "/api/v1/push/subscriptions", fmt.Sprintf(`{"endpoint":%q,"keys":{"p256dh":%q,"auth":%q}}`, device.Endpoint, device.P256dh, device.Auth), 200, &sub)
		names[sub.Device] = phone != "mute"
	}
	c.raise("k")
	token := ""
	for range names {
		p := <-c.pushed
		var m webpush.Message
		if err := json.Unmarshal(p.Data, &m); err != nil {
			t.Fatal(err)
		}
		if token = m.Token; names[m.Device] {
			c.ask("", "POST", "/api/v1/receipts/"+m.Token, fmt.Sprintf(`{"what":"received","device":%q}`, m.Device), 200, nil)
			c.ask("", "POST", "/api/v1/receipts/"+m.Token, fmt.Sprintf(`{"what":"received","device":%q}`, m.Device), 200, nil)
		}
	}
	c.ask("", "POST", "/api/v1/receipts/"+token, `{"what":"received","device":"a name with spaces"}`, 422, nil)
	var phones api.Phones
	c.ask("li", "GET", "/api/v1/alarms/phones", "", 200, &phones)
	got := map[string]bool{}
	for _, a := range phones.Recipients[1].Answers {
		got[a.Device] = true
		if a.Driver != "webpush" || a.Channel != "push" || a.AgoS > 60 || a.AfterS > 60 || a.At.IsZero() {
			t.Errorf("an answer is %+v", a)
		}
	}
	for name, answers := range names {
		if got[name] != answers {
			t.Errorf("device %s: answered %v, want %v: %+v", name, got[name], answers, phones.Recipients[1].Answers)
		}
	}
	received, err := c.log.Read(t.Context(), event.Filter{Types: []event.Type{event.NotifyReceived{}.EventType()}})
	if err != nil || len(received) != 2 {
		t.Errorf("%d answers in the log (%v), want one of each device that answered", len(received), err)
	}
}

// lookDesk says who asked it for what.
type lookDesk struct{ asked []string }

func (l *lookDesk) State(context.Context) (api.SecondLook, error) {
	return api.SecondLook{Candidates: []api.SecondLookCandidate{}, Last: []api.SecondLookWithheld{}}, nil
}
func (l *lookDesk) Report(string) (page, report []byte, err error) { return nil, nil, nil }
func (l *lookDesk) Shadow(_ context.Context, version, actor string) error {
	l.asked = append(l.asked, "shadow "+version+" "+actor)
	return nil
}
func (l *lookDesk) Activate(_ context.Context, version, actor string) error {
	l.asked = append(l.asked, "activate "+version+" "+actor)
	return nil
}
func (l *lookDesk) Back(_ context.Context, actor string) error {
	l.asked = append(l.asked, "back "+actor)
	return nil
}

// TestWhoMayLookAgain: a person by the role, and the web page by a token of its own,
// since it has no sign-in; a token for alarms alone makes nothing active.
func TestWhoMayLookAgain(t *testing.T) {
	known := maps.Clone(alarmKeys)
	known["page"] = access.Identity{Actor: "token:page", Read: []event.Type{"*"}, Append: []event.Type{"linesman.secondlook.*"}}
	known["beside"] = access.Identity{Actor: "token:beside", Read: []event.Type{"*"}, Append: []event.Type{event.SecondLookShadowed{}.EventType()}}
	l := &lookDesk{}
	_, h := site(t, apitest.Running, func(c *api.Config) { c.Access, c.SecondLooks = known, l })
	c := &calling{t: t, h: h}
	const v = "/20261127.140500"
	for _, step := range []struct {
		who, path string
		want      int
	}{
		{"", v + "/activate", 401},
		{"viewer", v + "/activate", 403},
		{"li", v + "/activate", 403},
		{"mes", v + "/activate", 403},
		{"beside", v + "/activate", 403},
		{"beside", "/back", 403},
		{"beside", v + "/shadow", 200},
		{"beside", "/unshadow", 200},
		{"safety", v + "/activate", 200},
		{"engineer", v + "/activate", 200},
		{"page", v + "/activate", 200},
		{"page", "/back", 200},
	} {
		c.ask(step.who, "POST", "/api/v1/secondlook"+step.path, "{}", step.want, nil)
	}
	want := []string{"shadow 20261127.140500 token:beside", "shadow  token:beside", "activate 20261127.140500 user:eva", "activate 20261127.140500 user:kim", "activate 20261127.140500 token:page", "back token:page"}
	if !slices.Equal(l.asked, want) {
		t.Errorf("asked for %q, want %q", l.asked, want)
	}
}

// TestNoAlarms is an appliance without a desk.
func TestNoAlarms(t *testing.T) {
	_, h := site(t, apitest.Running, func(c *api.Config) { c.Access = alarmKeys })
	c := &calling{t: t, h: h}
	for _, path := range []string{"/api/v1/alarms", "/api/v1/alarms/kpis", "/api/v1/alarms/history", "/api/v1/alarms/phones", "/api/v1/receipts/x.y", "/a/x.y"} {
		c.ask("li", "GET", path, "", 404, nil)
	}
	c.ask("li", "POST", "/api/v1/alarms/drill", "{}", 404, nil)
}

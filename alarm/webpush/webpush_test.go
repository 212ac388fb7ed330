package webpush

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"linesman/alarm"
	"linesman/alarm/alarmtest"
	"linesman/alarm/webpush/receiver"
	"linesman/event"
)

// pushes is a push service on this machine and what its devices got.
type pushes struct {
	*receiver.Service
	address string
	mu      sync.Mutex
	got     []receiver.Push
	each    func(receiver.Push)
}

func newPushes(t testing.TB) *pushes {
	p := &pushes{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	p.address = s.Listener.Addr().String()
	p.Service = receiver.New("http://"+p.address, "", func(push receiver.Push) {
		p.mu.Lock()
		p.got = append(p.got, push)
		each := p.each
		p.mu.Unlock()
		if each != nil {
			each(push)
		}
	})
	return p
}

func (p *pushes) texts() (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range p.got {
		out = append(out, string(g.Data))
	}
	return out
}

func subscription(t testing.TB, p *pushes, name string) alarm.Subscription {
	t.Helper()
	d, err := p.Subscribe(name)
	if err != nil {
		t.Fatal(err)
	}
	return alarm.Subscription{Endpoint: d.Endpoint, P256dh: d.P256dh, Auth: d.Auth}
}

// told is what the channel told the log.
type told struct {
	mu  sync.Mutex
	all []event.NotifySubscribed
}

func (l *told) tell(_ string, p event.Payload) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, p.(event.NotifySubscribed))
}

func channel(t testing.TB, dir string, log *told, hosts ...string) *Channel {
	t.Helper()
	c, err := alarm.ParseChannel([]byte("driver: webpush\ncontact: safety@plant.example\npush_hosts: ['" + strings.Join(hosts, "', '") + "']"))
	if err != nil {
		t.Fatal(err)
	}
	ch, err := New("push", c, alarm.Means{Dir: dir, Tell: log.tell})
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func TestConformance(t *testing.T) {
	peers := map[string]*pushes{}
	alarmtest.Run(t, alarmtest.Kit{HTTP: true, AnyAnswer: true, Gone: true, Secret: "device-of-li",
		Peer: func(t *testing.T) (string, func() []string) {
			p := newPushes(t)
			peers[p.address] = p
			return p.address, p.texts
		},
		New: func(t *testing.T, address string) alarm.Deliverer {
			ch := channel(t, t.TempDir(), &told{}, address)
			var s alarm.Subscription
			if p := peers[address]; p != nil {
				s = subscription(t, p, "device-of-li")
			} else { // a hostile peer: any keys will do
				s = subscription(t, newPushes(t), "device-of-li")
				s.Endpoint = "http://" + address + "/push/device-of-li"
			}
			if _, err := ch.Subscribe("li", s); err != nil {
				t.Fatal(err)
			}
			return ch
		}})
}

func TestMessage(t *testing.T) {
	p, log := newPushes(t), &told{}
	ch := channel(t, t.TempDir(), log, p.address)
	p.Service = receiver.New("http://"+p.address, ch.PublicKey(), func(push receiver.Push) { p.got = append(p.got, push) })
	if _, err := ch.Subscribe("li", subscription(t, p, "phone")); err != nil {
		t.Fatal(err)
	}
	n := alarmtest.Notice()
	n.Alarm.WhatTo = strings.Repeat("去看看。", 300) // more than a message holds
	if _, err := ch.Deliver(t.Context(), n); err != nil {
		t.Fatal(err, p.Refused())
	}
	var m Message
	if len(p.got) != 1 || json.Unmarshal(p.got[0].Data, &m) != nil {
		t.Fatalf("got %+v", p.got)
	}
	if m.ID != n.ID || m.Alarm != n.Alarm.ID || m.Severity != "high" || m.Title != n.Title || m.Text != n.Text || m.Token != n.Token || !strings.HasPrefix(n.Alarm.WhatTo, strings.TrimSuffix(m.WhatTo, "…")) {
		t.Errorf("message %+v", m)
	}
	if p.got[0].Urgency != "high" || p.got[0].TTL != "900" || len(p.got[0].Topic) != 32 {
		t.Errorf("headers %+v", p.got[0])
	}
}

// TestGone removes devices of which the push service says that they are gone,
// and no others.
func TestGone(t *testing.T) {
	p, log, dir := newPushes(t), &told{}, t.TempDir()
	ch := channel(t, dir, log, p.address)
	gone := subscription(t, newPushes(t), "old")
	gone.Endpoint = "http://" + p.address + "/push/nobody" // answers 410
	for _, s := range []alarm.Subscription{gone, subscription(t, p, "phone")} {
		if _, err := ch.Subscribe("li", s); err != nil {
			t.Fatal(err)
		}
	}
	if proof, err := ch.Deliver(t.Context(), alarmtest.Notice()); err != nil || proof != alarm.Taken {
		t.Errorf("one of two devices has it: %d, %v", proof, err)
	}
	if got := ch.Devices("li"); len(got) != 1 {
		t.Errorf("devices %v", got)
	}
	if last := log.all[len(log.all)-1]; last.Subscribed || last.Recipient != "li" || !strings.Contains(last.Why, "410") {
		t.Errorf("told %+v", log.all)
	}
	p.Answer(503)
	if _, err := ch.Deliver(t.Context(), alarmtest.Notice()); err == nil || errors.Is(err, alarm.ErrNever) || len(ch.Devices("li")) != 1 {
		t.Errorf("a service that is down: %v, devices %v", err, ch.Devices("li"))
	}
	p.Answer(404)
	if _, err := ch.Deliver(t.Context(), alarmtest.Notice()); !errors.Is(err, alarm.ErrNever) || len(ch.Devices("li")) != 0 {
		t.Errorf("the last device is gone: %v", err)
	}
	if _, err := ch.Deliver(t.Context(), alarmtest.Notice()); !errors.Is(err, alarm.ErrNever) || !strings.Contains(err.Error(), "has subscribed") {
		t.Errorf("nobody subscribed: %v", err)
	}
}

func TestKept(t *testing.T) {
	p, dir := newPushes(t), t.TempDir()
	ch := channel(t, dir, &told{}, p.address)
	key := ch.PublicKey()
	s := subscription(t, p, "phone")
	for range 2 { // the same browser again is the same device
		if _, err := ch.Subscribe("li", s); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "webpush-push.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	again := channel(t, dir, &told{}, p.address)
	if again.PublicKey() != key || len(again.Devices("li")) != 1 {
		t.Errorf("after a restart: key %t, devices %v", again.PublicKey() == key, again.Devices("li"))
	}
	for i := range 15 {
		if _, err := again.Subscribe("li", subscription(t, p, fmt.Sprint("phone-", i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(again.Devices("li")); n != mostDevices {
		t.Errorf("%d devices of one person", n)
	}
	if err := again.Unsubscribe("eva", s.Endpoint); err != nil || len(again.Devices("li")) != mostDevices {
		t.Errorf("eva ended li's device: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "webpush-push.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _ := alarm.ParseChannel([]byte("driver: webpush\ncontact: a@b.example"))
	if _, err := New("push", c, alarm.Means{Dir: dir}); err == nil || !strings.Contains(err.Error(), "backup") {
		t.Errorf("a damaged file: %v", err)
	}
}

func TestSubscriptionsRefused(t *testing.T) {
	p := newPushes(t)
	ch := channel(t, t.TempDir(), &told{}, KnownHosts...)
	good := subscription(t, p, "x")
	good.Endpoint = "https://fcm.googleapis.com/fcm/send/abc"
	if err := ch.check(good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]func(s *alarm.Subscription){
		"a service nobody listed":  func(s *alarm.Subscription) { s.Endpoint = "https://push.evil.example/x" },
		"a listed name's suffix":   func(s *alarm.Subscription) { s.Endpoint = "https://evilfcm.googleapis.com/x" },
		"a listed name in front":   func(s *alarm.Subscription) { s.Endpoint = "https://fcm.googleapis.com.evil.example/x" },
		"a listed name as user":    func(s *alarm.Subscription) { s.Endpoint = "https://fcm.googleapis.com@10.0.0.1/x" },
		"this box":                 func(s *alarm.Subscription) { s.Endpoint = "https://127.0.0.1/x" },
		"this box, without TLS":    func(s *alarm.Subscription) { s.Endpoint = "http://127.0.0.1/x" },
		"the cloud's own":          func(s *alarm.Subscription) { s.Endpoint = "https://169.254.169.254/x" },
		"no TLS":                   func(s *alarm.Subscription) { s.Endpoint = "http://fcm.googleapis.com/x" },
		"no address":               func(s *alarm.Subscription) { s.Endpoint = "::" },
		"an endless address":       func(s *alarm.Subscription) { s.Endpoint += strings.Repeat("x", 2000) },
		"no key":                   func(s *alarm.Subscription) { s.P256dh = "" },
		"a point off the curve":    func(s *alarm.Subscription) { s.P256dh = "BAAA" + s.P256dh[4:] },
		"a secret of other length": func(s *alarm.Subscription) { s.Auth = s.Auth[:8] },
	} {
		s := good
		c(&s)
		if _, err := ch.Subscribe("li", s); !errors.Is(err, alarm.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReceiver holds that the receiver takes nothing that is not meant for it:
// a test that it always passes would prove nothing.
func TestReceiver(t *testing.T) {
	p := newPushes(t)
	ch := channel(t, t.TempDir(), &told{}, p.address)
	p.Service = receiver.New("http://"+p.address, ch.PublicKey(), nil)
	s := subscription(t, p, "phone")
	other := subscription(t, newPushes(t), "phone")
	for name, c := range map[string]struct {
		s    alarm.Subscription
		says string
	}{
		"encrypted for another device": {alarm.Subscription{Endpoint: s.Endpoint, P256dh: other.P256dh, Auth: s.Auth}, "does not open"},
		"another secret":               {alarm.Subscription{Endpoint: s.Endpoint, P256dh: s.P256dh, Auth: other.Auth}, "does not open"},
	} {
		if _, err := ch.Subscribe("li", c.s); err != nil {
			t.Fatal(err)
		}
		if _, err := ch.Deliver(t.Context(), alarmtest.Notice()); err == nil || !strings.Contains(fmt.Sprint(p.Refused()), c.says) {
			t.Errorf("%s: %v; refused %v", name, err, p.Refused())
		}
	}
	p.Service = receiver.New("http://"+p.address, other.P256dh, nil)
	fresh := subscription(t, p, "fresh")
	if _, err := ch.Subscribe("eva", fresh); err != nil {
		t.Fatal(err)
	}
	n := alarmtest.Notice()
	n.Recipient = "eva"
	if _, err := ch.Deliver(t.Context(), n); err == nil || !strings.Contains(fmt.Sprint(p.Refused()), "another key") {
		t.Errorf("signed by another box: %v, %v", err, p.Refused())
	}
}

func TestRefused(t *testing.T) {
	for options, says := range map[string]string{"contact: nobody": "e-mail", "contact: a@b\nttl: 48h": "1s to 24h", "contact: a@b\npush_hosts: [\"*\"]": "push_hosts", "contact: a@b\nhosts: []": "hosts"} {
		c, err := alarm.ParseChannel([]byte("driver: webpush\n" + options))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New("push", c, alarm.Means{Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", options, err)
		}
	}
}

func TestSample(t *testing.T) {
	alarmtest.Samples(t, func(c alarm.Channel) error { _, err := New("x", c, alarm.Means{Dir: t.TempDir()}); return err })
}

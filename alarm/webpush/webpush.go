// Package webpush calls browsers and installed pages by Web Push (RFC 8030),
// encrypted for the device alone (RFC 8291) and signed by this box (VAPID, RFC
// 8292).
package webpush

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	push "github.com/SherClockHolmes/webpush-go"

	"linesman/alarm"
	"linesman/event"
)

var _ alarm.Subscriber = (*Channel)(nil)

// Settings are the options of a channel with driver webpush.
type Settings struct {
	Contact string        `yaml:"contact"`    // e-mail address that push services may write to
	Hosts   []string      `yaml:"push_hosts"` // of push services; default those of the known browsers
	TTL     time.Duration `yaml:"ttl"`        // a push service gives up after this; default 15m
}

// KnownHosts are the push services of Google, Mozilla, Apple and Microsoft.
var KnownHosts = []string{"fcm.googleapis.com", "*.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com"}

// Validate fills defaults and refuses what can not be meant.
func (s *Settings) Validate() error {
	if !strings.Contains(s.Contact, "@") {
		return fmt.Errorf("contact %q: push services want an e-mail address of who answers for the messages", s.Contact)
	}
	if s.Hosts == nil {
		s.Hosts = KnownHosts
	}
	if s.TTL == 0 {
		s.TTL = 15 * time.Minute
	}
	if s.TTL < time.Second || s.TTL > 24*time.Hour {
		return fmt.Errorf("ttl %s: want 1s to 24h", s.TTL)
	}
	return nil
}

// Channel is one channel with the devices that subscribed to it.
type Channel struct {
	name string
	set  Settings
	door *alarm.Door
	tell func(subject string, p event.Payload)
	book book
}

// New opens a channel; its key pair is made at the first start. Keys and
// subscriptions are kept in the folder of means.
func New(name string, c alarm.Channel, m alarm.Means) (*Channel, error) {
	var set Settings
	if err := c.Options(&set); err != nil {
		return nil, fmt.Errorf("alarms.channels.%s: %w", name, err)
	}
	if err := set.Validate(); err != nil {
		return nil, fmt.Errorf("alarms.channels.%s: %w", name, err)
	}
	m.Hosts = nil // a browser names the host: the list is the push services', and no other
	door, err := m.Door(set.Hosts...)
	if err != nil {
		return nil, fmt.Errorf("alarms.channels.%s.push_hosts: %w", name, err)
	}
	ch := &Channel{name: name, set: set, door: door, tell: m.Tell}
	if ch.book.path = filepath.Join(m.Dir, "webpush-"+name+".json"); m.Dir == "" {
		return nil, fmt.Errorf("alarms.channels.%s: there is no folder to keep subscriptions in", name)
	}
	if err := ch.book.open(); err != nil {
		return nil, fmt.Errorf("alarms.channels.%s: %w", name, err)
	}
	return ch, nil
}

// Proves is true: the service worker answers.
func (c *Channel) Proves() bool { return true }

// PublicKey is the VAPID key a browser subscribes with, base64url.
func (c *Channel) PublicKey() string { return c.book.public() }

// Message is what the service worker gets, as JSON.
type Message struct {
	ID       string    `json:"id"` // the same in every attempt
	Attempt  int       `json:"attempt"`
	Alarm    string    `json:"alarm"`
	More     int       `json:"more,omitempty"` // further alarms it tells of
	Severity string    `json:"severity"`
	Title    string    `json:"title"`
	Text     string    `json:"text"`
	WhatTo   string    `json:"what_to_do,omitempty"`
	Raised   time.Time `json:"raised"`
	Drill    bool      `json:"drill,omitempty"`
	Token    string    `json:"token"`  // POST it to receipts
	Device   string    `json:"device"` // the short name of the one it is sent to: to be said with the receipt
}

// Deliver sends to every device of the recipient, and has succeeded when one
// push service took it. A device that is gone (404, 410) is removed.
func (c *Channel) Deliver(ctx context.Context, n alarm.Notice) (alarm.Proof, error) {
	devices := c.book.of(n.Recipient)
	if len(devices) == 0 {
		return 0, fmt.Errorf("no device of %s has subscribed: open the alarm page on it and allow notifications: %w", n.Recipient, alarm.ErrNever)
	}
	m := Message{ID: n.ID, Attempt: n.Attempt, Alarm: n.Alarm.ID, More: n.More, Severity: n.Alarm.Severity.String(),
		Title: clip(n.Title, 200), Text: clip(n.Text, 1200), WhatTo: clip(n.Alarm.WhatTo, 800), Raised: n.Alarm.Opened.UTC(), Drill: n.Alarm.Drill, Token: n.Token}
	type answer struct {
		taken bool
		err   error
	}
	answers := make(chan answer, len(devices))
	for _, d := range devices {
		go func() {
			err := c.send(ctx, n, d, m)
			answers <- answer{err == nil, err}
		}()
	}
	var errs []error
	never, taken := true, false
	for range devices {
		a := <-answers
		if taken = taken || a.taken; a.err != nil {
			errs = append(errs, a.err)
			never = never && errors.Is(a.err, alarm.ErrNever)
		}
	}
	switch {
	case taken:
		return alarm.Taken, nil
	case never:
		return 0, errors.Join(errs...)
	}
	return 0, fmt.Errorf("%s: %v", n.Recipient, errors.Join(errs...)) // one of them may still be reached: not ErrNever
}

func (c *Channel) send(ctx context.Context, n alarm.Notice, d device, m Message) error {
	m.Device = d.name()
	body, err := json.Marshal(m) // of its own: the library pads in place
	if err != nil {
		return fmt.Errorf("device %s of %s: %w: %w", d.name(), n.Recipient, err, alarm.ErrNever)
	}
	public, private := c.book.keys()
	urgency := push.UrgencyNormal
	if n.Alarm.Severity >= event.High {
		urgency = push.UrgencyHigh
	}
	var caught alarm.Caught
	_, err = push.SendNotificationWithContext(ctx, body, &push.Subscription{Endpoint: d.Endpoint, Keys: push.Keys{Auth: d.Auth, P256dh: d.P256dh}},
		&push.Options{HTTPClient: &caught, Subscriber: c.set.Contact, TTL: int(c.set.TTL.Seconds()), Urgency: urgency, Topic: topic(n.ID),
			VAPIDPublicKey: public, VAPIDPrivateKey: private})
	if err != nil {
		return fmt.Errorf("device %s of %s: encrypting: %w: %w", d.name(), n.Recipient, err, alarm.ErrNever)
	}
	a, err := c.door.Do(ctx, caught.Request)
	if a.Status == http.StatusNotFound || a.Status == http.StatusGone {
		if errRemove := c.remove(d, fmt.Sprintf("its push service says that it is gone (%d)", a.Status)); errRemove != nil {
			return errors.Join(err, errRemove)
		}
	}
	if err != nil {
		return fmt.Errorf("device %s: %w", d.name(), err)
	}
	return nil
}

// topic lets a push service replace a notice that still waits by its next
// attempt: at most 32 characters of base64url (RFC 8030, 5.4).
func topic(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

// clip bounds a text in bytes, at a character's edge: an encrypted message has
// at most 4 KiB.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len("…")], "") + "…"
}

// Package webhook tells other programs of alarms by HTTP: as JSON with a
// signature, or in the words of a self-hosted ntfy or Gotify.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"linesman/alarm"
)

var _ alarm.Deliverer = (*Channel)(nil)

// Settings are the options of a channel with driver webhook.
type Settings struct {
	URL      string            `yaml:"url"`
	Format   string            `yaml:"format"`      // json, ntfy or gotify; default json
	Secret   string            `yaml:"secret"`      // json: signs each message
	Token    string            `yaml:"token"`       // ntfy: access token; gotify: of the application
	File     string            `yaml:"secret_file"` // holds secret or token instead
	Topic    string            `yaml:"topic"`       // ntfy: where a recipient has none of his own
	Headers  map[string]string `yaml:"headers"`
	Receipts bool              `yaml:"receipts"` // json: the other side posts receipts; default no
}

// Validate fills defaults and refuses what can not be meant.
func (s *Settings) Validate() error {
	if s.Format == "" {
		s.Format = "json"
	}
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil:
		return fmt.Errorf("url: want http or https with a host, and no user in it")
	case s.Format != "json" && s.Format != "ntfy" && s.Format != "gotify":
		return fmt.Errorf("format %q: want json, ntfy or gotify", s.Format)
	case s.Format == "gotify" && s.Token == "" && s.File == "":
		return fmt.Errorf("token: gotify wants the application's")
	case s.Format != "json" && s.Receipts:
		return fmt.Errorf("receipts: %s posts none", s.Format)
	case s.File != "" && (s.Secret != "" || s.Token != ""):
		return fmt.Errorf("secret_file: it holds secret or token, so leave these away")
	}
	return nil
}

// Channel is one webhook.
type Channel struct {
	set    Settings
	secret string
	door   *alarm.Door
	now    func() time.Time
}

// New opens a channel.
func New(name string, c alarm.Channel, m alarm.Means) (*Channel, error) {
	var set Settings
	if err := c.Options(&set); err != nil {
		return nil, fmt.Errorf("alarms.channels.%s: %w", name, err)
	}
	if err := set.Validate(); err != nil {
		return nil, fmt.Errorf("alarms.channels.%s.%w", name, err)
	}
	secret := set.Secret + set.Token // one of them is empty
	if set.File != "" {
		data, err := os.ReadFile(set.File)
		if err != nil {
			return nil, fmt.Errorf("alarms.channels.%s.secret_file: %w", name, err)
		}
		secret = strings.TrimSpace(string(data))
	}
	u, err := url.Parse(set.URL)
	if err != nil {
		return nil, fmt.Errorf("alarms.channels.%s.url: %w", name, err)
	}
	door, err := m.Door(u.Host)
	if err != nil {
		return nil, fmt.Errorf("alarms.channels.%s: %w", name, err)
	}
	return &Channel{set: set, secret: secret, door: door, now: time.Now}, nil
}

// Proves says whether the other side posts receipts.
func (c *Channel) Proves() bool { return c.set.Receipts }

// Message is the body of a generic webhook.
type Message struct {
	ID        string    `json:"id"`      // of the delivery: the same in every attempt, to drop doubles by
	Attempt   int       `json:"attempt"` // 1 is the first
	Site      string    `json:"site"`
	Recipient string    `json:"recipient,omitempty"`
	Alarm     string    `json:"alarm"`  // id
	Alarms    []string  `json:"alarms"` // ids of all that it tells of
	Key       string    `json:"key"`
	Severity  string    `json:"severity"`
	State     string    `json:"state"`
	Title     string    `json:"title"`
	Text      string    `json:"text"`
	WhatTo    string    `json:"what_to_do,omitempty"`
	Camera    string    `json:"camera,omitempty"`
	Zone      string    `json:"zone,omitempty"`
	Line      string    `json:"line,omitempty"`
	Raised    time.Time `json:"raised"`
	Drill     bool      `json:"drill,omitempty"`
	Token     string    `json:"token"`             // proves receipt
	Receipt   string    `json:"receipt,omitempty"` // address that takes {"what":"received"}
	Link      string    `json:"link,omitempty"`    // page that takes the acknowledgement
}

// Deliver posts one notice.
func (c *Channel) Deliver(ctx context.Context, n alarm.Notice) (alarm.Proof, error) {
	body, headers, err := c.write(n)
	if err != nil {
		return 0, err
	}
	for name, value := range c.set.Headers {
		headers[name] = value
	}
	address := c.set.URL
	if c.set.Format == "gotify" {
		address = strings.TrimSuffix(address, "/") + "/message"
	}
	a, err := c.door.Post(ctx, address, "application/json", body, headers)
	if err != nil {
		return 0, err
	}
	return alarm.Taken, c.check(a)
}

func (c *Channel) write(n alarm.Notice) (body []byte, headers map[string]string, err error) {
	headers = map[string]string{"Idempotency-Key": n.ID}
	switch c.set.Format {
	case "ntfy":
		if c.secret != "" {
			headers["Authorization"] = "Bearer " + c.secret
		}
		body, err = c.ntfy(n)
	case "gotify":
		headers["X-Gotify-Key"] = c.secret
		body, err = c.gotify(n)
	default:
		body, err = json.Marshal(message(n))
		if c.secret != "" {
			headers["Linesman-Signature"] = Sign(c.secret, c.now(), body)
		}
	}
	return body, headers, err
}

func message(n alarm.Notice) Message {
	a := n.Alarm
	return Message{ID: n.ID, Attempt: n.Attempt, Site: n.Site, Recipient: n.Recipient, Alarm: a.ID, Alarms: n.Alarms, Key: a.Key,
		Severity: a.Severity.String(), State: string(a.State), Title: n.Title, Text: n.Text, WhatTo: a.WhatTo, Camera: a.Camera, Zone: a.Zone, Line: a.Line,
		Raised: a.Opened.UTC(), Drill: a.Drill, Token: n.Token, Receipt: n.Receipt, Link: n.Link}
}

// Sign is the header Linesman-Signature: "t=" and Unix seconds, ",v1=" and the
// HMAC-SHA256 over these seconds, a dot and the body, in hex.
func Sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(t + "."))
	m.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(m.Sum(nil))
}

// check holds an answer against what the format promises: a page of somebody
// else's that answers 200 to everything is no delivery.
func (c *Channel) check(a alarm.Answer) error {
	if c.set.Format == "json" {
		return nil
	}
	var said struct {
		ID json.RawMessage `json:"id"`
	}
	if err := json.Unmarshal(a.Body, &said); err != nil || len(said.ID) == 0 || a.Status != http.StatusOK {
		return fmt.Errorf("%s answers %d, but not as %s does: is the url right?", host(c.set.URL), a.Status, c.set.Format)
	}
	return nil
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the server"
	}
	return u.Host
}

// Package chat tells groups in chat services of alarms: DingTalk, WeCom, Feishu
// (Lark), Telegram, Slack and Teams in words of our own, and
// Mattermost and Rocket.Chat as the library shoutrrr writes them.
// Whatever writes a message, the room's door sends it.
package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"linesman/alarm"
)

var _ alarm.Deliverer = (*Channel)(nil)

// Settings are the options of a channel with driver chat.
type Settings struct {
	Service string `yaml:"service"`  // dingtalk, wecom, feishu, lark, telegram, slack, teams, or shoutrrr
	URL     string `yaml:"url"`      // the robot's whole address as the service shows it, or shoutrrr's
	File    string `yaml:"url_file"` // holds the address instead, since it is a secret
	Secret  string `yaml:"secret"`   // dingtalk, feishu, lark: signs each message
	Token   string `yaml:"token"`    // telegram: the bot's
	Chat    string `yaml:"chat"`     // telegram: where a recipient has none of his own
	Keyword string `yaml:"keyword"`  // put before each text, for robots that want one
}

// services are those whose messages are written here.
var services = map[string]struct {
	url   string // default
	write func(c *Channel, n alarm.Notice, now time.Time) (address string, body any)
	check func(a alarm.Answer) error
}{
	"dingtalk": {"", dingtalk, errcode},
	"wecom":    {"", wecom, errcode},
	"feishu":   {"", feishu, code},
	"lark":     {"", feishu, code},
	"telegram": {"https://api.telegram.org", telegram, ok},
	"slack":    {"", slack, plainOK},
	"teams":    {"", teams, anything},
}

// Validate fills defaults and refuses what can not be meant.
func (s *Settings) Validate() error {
	svc, own := services[s.Service]
	if !own && s.Service != "shoutrrr" {
		return fmt.Errorf("service %q: want %s or shoutrrr", s.Service, strings.Join(slices.Sorted(maps.Keys(services)), ", "))
	}
	if s.URL == "" && s.File == "" {
		s.URL = svc.url
	}
	switch {
	case s.URL == "" && s.File == "":
		return fmt.Errorf("url: want the robot's address as %s shows it, or url_file", s.Service)
	case s.Service == "telegram" && s.Token == "":
		return fmt.Errorf("token: telegram wants the bot's")
	}
	return nil
}

// Channel is one group, or one robot.
type Channel struct {
	set  Settings
	door *alarm.Door
	lib  *library // of service shoutrrr
}

// New opens a channel.
func New(name string, c alarm.Channel, m alarm.Means) (*Channel, error) {
	ch := &Channel{}
	if err := c.Options(&ch.set); err != nil {
		return nil, fmt.Errorf("alarms.channels.%s: %w", name, err)
	}
	if err := ch.set.Validate(); err != nil {
		return nil, fmt.Errorf("alarms.channels.%s.%w", name, err)
	}
	if ch.set.File != "" {
		data, err := os.ReadFile(ch.set.File)
		if err != nil {
			return nil, fmt.Errorf("alarms.channels.%s.url_file: %w", name, err)
		}
		ch.set.URL = strings.TrimSpace(string(data))
	}
	u, err := url.Parse(ch.set.URL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("alarms.channels.%s.url is no address", name)
	}
	host := u.Host
	if ch.set.Service == "shoutrrr" {
		if ch.lib, err = newLibrary(u); err != nil {
			return nil, fmt.Errorf("alarms.channels.%s.url: %w", name, err)
		}
		host = ch.lib.host
	} else if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("alarms.channels.%s.url: want http or https", name)
	}
	if ch.door, err = m.Door(host); err != nil {
		return nil, fmt.Errorf("alarms.channels.%s: %w", name, err)
	}
	return ch, nil
}

// Proves is false: a group has read it or has not, and nobody says so.
func (c *Channel) Proves() bool { return false }

// Deliver posts one notice.
func (c *Channel) Deliver(ctx context.Context, n alarm.Notice) (alarm.Proof, error) {
	if c.lib != nil {
		r, err := c.lib.write(c.text(n))
		if err != nil {
			return 0, err
		}
		if _, err := c.door.Do(ctx, r); err != nil {
			return 0, err
		}
		return alarm.Taken, nil
	}
	svc := services[c.set.Service]
	address, content := svc.write(c, n, time.Now())
	body, err := json.Marshal(content)
	if err != nil {
		return 0, err
	}
	a, err := c.door.Post(ctx, address, "application/json", body, map[string]string{"Idempotency-Key": n.ID})
	if err != nil {
		return 0, err
	}
	if err := svc.check(a); err != nil {
		return 0, fmt.Errorf("%s: %w", c.set.Service, err)
	}
	return alarm.Taken, nil
}

// text is a notice in words.
func (c *Channel) text(n alarm.Notice) string {
	lines := []string{n.Title, n.Text, n.Alarm.WhatTo, n.Site + ", " + n.Alarm.Opened.UTC().Format("2006-01-02 15:04:05 UTC")}
	if n.Link != "" {
		lines = append(lines, n.Link)
	}
	lines = slices.DeleteFunc(lines, func(s string) bool { return s == "" })
	return strings.TrimSpace(c.set.Keyword + " " + strings.Join(lines, "\n"))
}

// The checks below hold an answer against what the service promises: a 200 with
// something else in it is no delivery.

func errcode(a alarm.Answer) error {
	var said struct {
		Code *int   `json:"errcode"`
		Msg  string `json:"errmsg"`
	}
	return check(a, &said, func() (bool, string) { return said.Code != nil && *said.Code == 0, said.Msg })
}

func code(a alarm.Answer) error {
	var said struct {
		Code *int   `json:"code"`
		Msg  string `json:"msg"`
	}
	return check(a, &said, func() (bool, string) { return said.Code != nil && *said.Code == 0, said.Msg })
}

func ok(a alarm.Answer) error {
	var said struct {
		OK          bool   `json:"ok"`
		Description string `json:"description"`
	}
	return check(a, &said, func() (bool, string) { return said.OK, said.Description })
}

func check(a alarm.Answer, said any, good func() (bool, string)) error {
	if err := json.Unmarshal(a.Body, said); err != nil {
		return fmt.Errorf("its answer is none of this service: is the url right?")
	}
	if taken, why := good(); !taken {
		return fmt.Errorf("it refuses the message: %.200q", why)
	}
	return nil
}

func plainOK(a alarm.Answer) error {
	if strings.TrimSpace(string(a.Body)) != "ok" {
		return fmt.Errorf("its answer is none of this service: is the url right?")
	}
	return nil
}

func anything(a alarm.Answer) error {
	if a.Status != http.StatusOK && a.Status != http.StatusAccepted {
		return fmt.Errorf("it answers %d", a.Status)
	}
	return nil
}

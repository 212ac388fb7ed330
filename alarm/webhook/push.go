package webhook

import (
	"cmp"
	"encoding/json"

	"linesman/alarm"
	"linesman/event"
)

// ntfy writes a message as https://docs.ntfy.sh/publish/#publish-as-json has
// it: to the server's root, with the topic in the body.
func (c *Channel) ntfy(n alarm.Notice) ([]byte, error) {
	type action struct {
		Action string `json:"action"`
		Label  string `json:"label"`
		URL    string `json:"url"`
	}
	out := struct {
		Topic    string   `json:"topic"`
		Title    string   `json:"title"`
		Message  string   `json:"message"`
		Priority int      `json:"priority"`
		Tags     []string `json:"tags,omitempty"`
		Click    string   `json:"click,omitempty"`
		Actions  []action `json:"actions,omitempty"`
	}{Topic: cmp.Or(n.To, c.set.Topic), Title: n.Title, Message: text(n), Priority: 2 + min(int(n.Alarm.Severity), 4)*3/4, Click: n.Link}
	if n.Alarm.Severity >= event.High && !n.Alarm.Drill {
		out.Tags = []string{"rotating_light"}
	}
	if n.Link != "" {
		out.Actions = []action{{"view", "Acknowledge", n.Link}} // opens the page, which asks first
	}
	return json.Marshal(out)
}

// gotify writes a message as https://gotify.net/api-docs has it.
func (c *Channel) gotify(n alarm.Notice) ([]byte, error) {
	out := map[string]any{"title": n.Title, "message": text(n), "priority": 2 + 2*min(int(n.Alarm.Severity), 4)}
	if n.Link != "" {
		out["extras"] = map[string]any{"client::notification": map[string]any{"click": map[string]any{"url": n.Link}}}
	}
	return json.Marshal(out)
}

func text(n alarm.Notice) string {
	if n.Alarm.WhatTo == "" {
		return n.Text
	}
	return n.Text + "\n" + n.Alarm.WhatTo
}

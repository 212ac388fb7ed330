package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/access"
	"linesman/alarm"
)

// Phone is one page on one device that holds a stream open, or did.
type Phone struct {
	Recipient string    `json:"recipient"`
	Device    string    `json:"device"`
	Connected bool      `json:"connected" doc:"its stream is open"`
	Since     time.Time `json:"since"`
	Heard     time.Time `json:"heard" doc:"its last answer"`
	HeardAgoS float64   `json:"heard_ago_s" doc:"seconds, by the appliance's clock"`
	Silent    bool      `json:"silent" doc:"not heard for too long to count on it"`
}

// Reach is how one person can be reached.
type Reach struct {
	Recipient string   `json:"recipient"`
	Name      string   `json:"name"`
	Channels  []string `json:"channels"`
	Devices   []string `json:"push_devices" doc:"that subscribed to Web Push, by their short names"`
	Mine      bool     `json:"mine" doc:"whoever asks is this person"`

	Answers []PhoneAnswer `json:"answers" doc:"when each device last said that it has a message, as far back as the log goes; one that is not here never did"`
}

// PhoneAnswer is the last time that a device said that it has a message.
type PhoneAnswer struct {
	Channel string    `json:"channel"`
	Driver  string    `json:"driver" doc:"of the channel: page, webpush...; empty where the site file has it no more"`
	Device  string    `json:"device,omitempty" doc:"as in push_devices and phones; absent where it did not tell"`
	At      time.Time `json:"at"`
	AgoS    float64   `json:"ago_s" doc:"seconds, by the appliance's clock"`
	AfterS  float64   `json:"after_s" doc:"seconds from the alarm to that answer"`
	Drill   bool      `json:"drill" doc:"the alarm was staged"`
}

// Phones is who can be reached, and by which phones.
type Phones struct {
	Now        time.Time `json:"now"`
	Recipients []Reach   `json:"recipients"`
	Phones     []Phone   `json:"phones"`
	PushKey    string    `json:"push_public_key,omitempty" doc:"VAPID, base64url: what a browser subscribes with; absent where there is no Web Push"`
}

// Notice is what a phone is told.
type Notice struct {
	ID       string    `json:"id" doc:"of the delivery; the same when it is sent again: show it once"`
	Attempt  int       `json:"attempt"`
	Alarm    string    `json:"alarm" doc:"id of the gravest"`
	Alarms   []string  `json:"alarms" doc:"ids of all that it tells of"`
	Severity string    `json:"severity" enum:"info,low,medium,high,critical"`
	Title    string    `json:"title"`
	Text     string    `json:"text"`
	WhatTo   string    `json:"what_to_do,omitempty"`
	Raised   time.Time `json:"raised"`
	Drill    bool      `json:"drill"`
	Token    string    `json:"token" doc:"POST /receipts/{token} with received as soon as it is here, then opened and acknowledged"`
}

// Alive comes every ten seconds; answer each with POST /alarms/heartbeat.
type Alive struct {
	Now time.Time `json:"now"`
}

type phonesAnswer struct{ Body Phones }

func (s *server) registerPhones(a huma.API) {
	huma.Register(a, get("/alarms/phones", "alarm-phones", "Who can be reached, and when each phone was last heard"), s.phones)
	op := streaming(a, get("/alarms/stream", "alarm-stream", "What a phone is told, as it is told: for plants without internet"),
		map[string]any{"notice": Notice{}, "alive": Alive{}})
	op.Description = "It wants a token of the recipient's own: people.NAME.sign_in of the site file. A delivery is sent when it is written here, and received when the page says so at /receipts/{token}."
	huma.Register(a, op, func(ctx context.Context, q *struct {
		Recipient string `query:"recipient" doc:"default: the one whom the token is of"`
		Device    string `query:"device" pattern:"^[a-zA-Z0-9-]{8,64}$" required:"true" doc:"an id that the page made up once and keeps"`
	}) (*huma.StreamResponse, error) {
		recipient, err := s.recipient(ctx, q.Recipient)
		if err != nil {
			return nil, err
		}
		if s.Phones == nil {
			return nil, huma.Error404NotFound("alarms.channels has none with driver page")
		}
		return &huma.StreamResponse{Body: func(h huma.Context) { s.tellPhone(h, recipient, q.Device) }}, nil
	})
	huma.Register(a, huma.Operation{Method: http.MethodPost, Path: "/api/v1/alarms/heartbeat", OperationID: "alarm-heartbeat", Summary: "A phone says that it is there",
		Description: "Every ten seconds. 404: its stream is not open, so nothing would reach it; open it again.", MaxBodyBytes: 4 << 10, Errors: []int{401, 403, 404}}, s.heartbeat)
	huma.Register(a, huma.Operation{Method: http.MethodPost, Path: "/api/v1/push/subscriptions", OperationID: "subscribe-push", Summary: "A browser subscribed to Web Push",
		Description: "With what its PushManager gave. Its push service must be one that the site file allows.", MaxBodyBytes: 8 << 10, Errors: []int{401, 403, 404, 422}}, s.subscribe)
	huma.Register(a, huma.Operation{Method: http.MethodDelete, Path: "/api/v1/push/subscriptions", OperationID: "unsubscribe-push", Summary: "A browser is not to be reached any more",
		MaxBodyBytes: 8 << 10, Errors: []int{401, 403, 404, 422}}, s.unsubscribe)
}

// mine are the recipients that whoever asks signs in for.
func (s *server) mine(who access.Identity) []string {
	_, name, _ := strings.Cut(who.Actor, ":")
	if s.Alarms == nil || name == "" {
		return nil
	}
	return s.Alarms.Settings().Recipients(name)
}

// recipient says for whom somebody asks: for himself, or for another where he
// may change what is installed.
func (s *server) recipient(ctx context.Context, given string) (string, error) {
	d, err := s.desk()
	if err != nil {
		return "", err
	}
	who := identity(ctx)
	mine := s.mine(who)
	switch {
	case given == "" && len(mine) > 0:
		return mine[0], nil
	case slices.Contains(mine, given):
		return given, nil
	case given != "" && d.Settings().People[given] == nil:
		return "", huma.Error404NotFound("nobody of alarms.people is called " + given)
	case given != "" && who.Role != "" && who.May(access.Site):
		return given, nil
	}
	return "", huma.Error403Forbidden(who.Actor + " is nobody's sign-in: name it in alarms.people, sign_in, of the person whose phone this is")
}

func (s *server) phones(ctx context.Context, _ *struct{}) (*phonesAnswer, error) {
	d, err := s.desk()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	out := Phones{Now: now.UTC(), Recipients: []Reach{}, Phones: []Phone{}}
	answers, err := d.Answers(ctx)
	if err != nil {
		return nil, s.alarmed(err)
	}
	people, mine := d.Settings().People, s.mine(identity(ctx))
	for name, p := range people {
		r := Reach{Recipient: name, Name: p.Name, Channels: []string{}, Devices: []string{}, Mine: slices.Contains(mine, name), Answers: []PhoneAnswer{}}
		for channel := range p.Reach {
			r.Channels = append(r.Channels, channel)
		}
		slices.Sort(r.Channels)
		if s.Push != nil {
			r.Devices = append(r.Devices, s.Push.Devices(name)...)
		}
		for _, a := range answers {
			if a.Recipient == name {
				r.Answers = append(r.Answers, PhoneAnswer{a.Channel, d.Settings().Channels[a.Channel].Driver, a.Device, a.At, max(now.Sub(a.At).Seconds(), 0), a.After.Seconds(), a.Drill})
			}
		}
		out.Recipients = append(out.Recipients, r)
	}
	slices.SortFunc(out.Recipients, func(a, b Reach) int { return strings.Compare(a.Recipient, b.Recipient) })
	if s.Push != nil {
		out.PushKey = s.Push.PublicKey()
	}
	if s.Phones != nil {
		for _, p := range s.Phones.List() {
			out.Phones = append(out.Phones, Phone{p.Recipient, p.Device, p.Connected, p.Since, p.Heard, max(now.Sub(p.Heard).Seconds(), 0), p.Silent(now)})
		}
	}
	return &phonesAnswer{out}, nil
}

// tellPhone writes notices until the phone leaves.
func (s *server) tellPhone(h huma.Context, recipient, device string) {
	ctx := h.Context()
	stream := s.Phones.Connect(recipient, device)
	defer stream.Close()
	out := open(h)
	alive := time.NewTicker(keepAlive)
	defer alive.Stop()
	say := func(name string, what any) error {
		data, err := json.Marshal(what)
		if err != nil {
			return err
		}
		return out.send("", name, data)
	}
	err := say("alive", Alive{time.Now().UTC()})
	for err == nil {
		select {
		case <-ctx.Done():
			return
		case <-stream.Closed():
			return
		case w := <-stream.Notices:
			err = say("notice", wireNotice(w.Notice))
			w.Done(err)
		case <-alive.C:
			err = say("alive", Alive{time.Now().UTC()})
		}
	}
	s.Logger.Debug("a phone left", "recipient", recipient, "err", err)
}

func wireNotice(n alarm.Notice) Notice {
	return Notice{ID: n.ID, Attempt: n.Attempt, Alarm: n.Alarm.ID, Alarms: n.Alarms, Severity: n.Alarm.Severity.String(), Title: n.Title, Text: n.Text,
		WhatTo: n.Alarm.WhatTo, Raised: n.Alarm.Opened.UTC(), Drill: n.Alarm.Drill, Token: n.Token}
}

func (s *server) heartbeat(ctx context.Context, in *struct {
	Body struct {
		Recipient string `json:"recipient,omitempty"`
		Device    string `json:"device" pattern:"^[a-zA-Z0-9-]{8,64}$"`
	}
}) (*struct{}, error) {
	recipient, err := s.recipient(ctx, in.Body.Recipient)
	if err != nil {
		return nil, err
	}
	if s.Phones == nil || !s.Phones.Heard(recipient, in.Body.Device) {
		return nil, huma.Error404NotFound("this phone's stream is not open: open /alarms/stream again")
	}
	return nil, nil
}

// subscriptionBody is a PushSubscription as its toJSON writes it.
type subscriptionBody struct {
	Recipient string `json:"recipient,omitempty" doc:"default: the one whom the token is of"`
	Endpoint  string `json:"endpoint" minLength:"1" maxLength:"1024"`
	Expires   *int64 `json:"expirationTime,omitempty" doc:"as the browser gives it; not used"`
	Keys      struct {
		P256dh string `json:"p256dh" maxLength:"200"`
		Auth   string `json:"auth" maxLength:"100"`
	} `json:"keys,omitempty"`
}

// Subscribed is a device that Web Push reaches.
type Subscribed struct {
	Recipient string `json:"recipient"`
	Device    string `json:"device" doc:"its short name"`
}

func (s *server) subscriber(ctx context.Context, given string) (alarm.Subscriber, string, error) {
	recipient, err := s.recipient(ctx, given)
	if err == nil && s.Push == nil {
		err = huma.Error404NotFound("alarms.channels has none with driver webpush")
	}
	return s.Push, recipient, err
}

func (s *server) subscribe(ctx context.Context, in *struct{ Body subscriptionBody }) (*struct{ Body Subscribed }, error) {
	push, recipient, err := s.subscriber(ctx, in.Body.Recipient)
	if err != nil {
		return nil, err
	}
	device, err := push.Subscribe(recipient, alarm.Subscription{Endpoint: in.Body.Endpoint, P256dh: in.Body.Keys.P256dh, Auth: in.Body.Keys.Auth})
	if err != nil {
		return nil, s.alarmed(err)
	}
	return &struct{ Body Subscribed }{Subscribed{recipient, device}}, nil
}

func (s *server) unsubscribe(ctx context.Context, in *struct{ Body subscriptionBody }) (*struct{}, error) {
	push, recipient, err := s.subscriber(ctx, in.Body.Recipient)
	if err != nil {
		return nil, err
	}
	if err := push.Unsubscribe(recipient, in.Body.Endpoint); err != nil {
		return nil, s.alarmed(err)
	}
	return nil, nil
}

package api

import (
	"time"

	"linesman/access"
	"linesman/alarm"
)

// Alarms is what stands at one moment.
type Alarms struct {
	Now          time.Time     `json:"now" doc:"the appliance's clock, UTC"`
	Alarms       []Alarm       `json:"alarms" doc:"the gravest first, then the newest; those that are normal again behind"`
	Shelves      []Shelf       `json:"shelves"`
	Suppressions []Suppression `json:"suppressions"`
	Out          []OutService  `json:"out_of_service"`
	Flood        []string      `json:"flood" doc:"rosters whose alarms come faster than a person can take them in"`
	Unsaved      int           `json:"unsaved" doc:"events that the log refuses to take; people are called all the same"`
}

// Alarm is one thing that wants a person.
type Alarm struct {
	ID         string        `json:"id"`
	Key        string        `json:"key" doc:"what it is about: the same key is the same alarm while it stands"`
	From       string        `json:"from" doc:"who raised it: watch/yard, line/caps-1"`
	Camera     string        `json:"camera,omitempty"`
	Zone       string        `json:"zone,omitempty"`
	Line       string        `json:"line,omitempty"`
	Severity   string        `json:"severity" enum:"info,low,medium,high,critical"`
	State      string        `json:"state" enum:"normal,unacknowledged,acknowledged,returned,shelved,suppressed,out of service" doc:"after ISA-18.2; returned: the cause is gone, and it waits for somebody to acknowledge it"`
	Active     bool          `json:"active" doc:"its cause is there"`
	Text       string        `json:"text"`
	WhatTo     string        `json:"what_to_do,omitempty"`
	Latched    bool          `json:"latched" doc:"cleared without acknowledgement it stays"`
	Drill      bool          `json:"drill" doc:"staged: nothing is wrong"`
	Cause      string        `json:"cause,omitempty" doc:"id of the event it was raised over"`
	Raised     time.Time     `json:"raised" doc:"the first time"`
	Opened     time.Time     `json:"opened" doc:"raised, or came back, last"`
	Last       time.Time     `json:"last_seen" doc:"its cause was seen last"`
	Cleared    *time.Time    `json:"cleared,omitempty"`
	Count      uint64        `json:"count" doc:"times it was raised since it began"`
	Again      uint64        `json:"came_back" doc:"times it came back soon after clearing"`
	Acked      *Acknowledged `json:"acknowledged,omitempty"`
	Shelved    *Shelf        `json:"shelved,omitempty"`
	Suppressed string        `json:"suppressed_by,omitempty" doc:"the condition of the plant"`
	OutOf      string        `json:"out_of_service_why,omitempty"`
}

// Acknowledged is who takes care of an alarm.
type Acknowledged struct {
	By      string    `json:"by" doc:"user:li, or recipient:li by a link that was sent to li"`
	Channel string    `json:"channel,omitempty" doc:"whose link it was; absent at a screen"`
	Note    string    `json:"note,omitempty"`
	At      time.Time `json:"at"`
}

// Shelf is a key that is kept silent for some time.
type Shelf struct {
	Key    string    `json:"key"`
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
}

// Suppression is a condition of the plant that keeps alarms silent by design.
type Suppression struct {
	Condition string   `json:"condition"`
	Keys      []string `json:"keys" doc:"exact, or a prefix ending in *"`
	Reason    string   `json:"reason,omitempty"`
}

// OutService is a key that is out of service.
type OutService struct {
	Key    string `json:"key" doc:"exact, or a prefix ending in *"`
	Reason string `json:"reason"`
	By     string `json:"by"`
}

// AlarmDelivery is one call of one recipient by one channel. A step not reached
// is absent.
type AlarmDelivery struct {
	ID        string     `json:"id"`
	Recipient string     `json:"recipient,omitempty" doc:"absent where the channel calls nobody in particular"`
	Channel   string     `json:"channel"`
	Roster    string     `json:"roster,omitempty"`
	Step      int        `json:"step" doc:"of the roster, 1 is the first; 0 is a lamp that a rule lights while the alarm is active"`
	Round     int        `json:"round" doc:"the roster begins anew until somebody acknowledges; a lamp is lit for the so-manieth time"`
	State     string     `json:"state" enum:"pending,sent,received,opened,acknowledged,failed"`
	Attempts  int        `json:"attempts"`
	Why       string     `json:"why,omitempty" doc:"it failed, or its last attempt did"`
	Withdrawn bool       `json:"withdrawn" doc:"failed since it was not needed any more"`
	Together  int        `json:"alarms" doc:"alarms it tells of"`
	Pending   time.Time  `json:"pending"`
	Sent      *time.Time `json:"sent,omitempty"`
	Received  *time.Time `json:"received,omitempty"`
	Opened    *time.Time `json:"opened,omitempty"`
	Acked     *time.Time `json:"acknowledged,omitempty"`
	Failed    *time.Time `json:"failed,omitempty"`
}

// AlarmDetail is one alarm with all that is known of it.
type AlarmDetail struct {
	Alarm      Alarm           `json:"alarm"`
	Deliveries []AlarmDelivery `json:"deliveries" doc:"oldest first"`
	Events     []Event         `json:"events" doc:"oldest first"`
}

// AlarmPast is an alarm of the history.
type AlarmPast struct {
	Alarm      Alarm           `json:"alarm"`
	Deliveries []AlarmDelivery `json:"deliveries" doc:"oldest first"`
}

// AlarmHistory is one page of the history.
type AlarmHistory struct {
	Alarms []AlarmPast `json:"alarms" doc:"newest first"`
	Next   string      `json:"next,omitempty" doc:"before= of the next page; absent at the end"`
}

// Drill is a drill that began.
type Drill struct {
	Alarm   string  `json:"alarm" doc:"id of the staged alarm: GET /alarms/{id} says how it fares"`
	WithinS float64 `json:"within_s" doc:"it is over by then, seconds"`
}

func wireAlarms(p alarm.Picture, who access.Identity, drills bool) Alarms {
	out := Alarms{Now: p.At, Alarms: []Alarm{}, Shelves: []Shelf{}, Suppressions: []Suppression{}, Out: []OutService{}, Flood: p.Flood, Unsaved: p.Unsaved}
	for _, a := range p.Alarms {
		if (drills || !a.Drill) && mayAlarm(who, a) == nil {
			out.Alarms = append(out.Alarms, wireAlarm(a))
		}
	}
	for _, s := range p.Shelves {
		out.Shelves = append(out.Shelves, Shelf(s))
	}
	for _, s := range p.Suppressions {
		out.Suppressions = append(out.Suppressions, Suppression{s.Condition, s.Keys, s.Reason})
	}
	for _, o := range p.Out {
		out.Out = append(out.Out, OutService{o.Key, o.Reason, o.By})
	}
	if out.Flood == nil {
		out.Flood = []string{}
	}
	return out
}

func wireAlarm(a alarm.Alarm) Alarm {
	out := Alarm{ID: a.ID, Key: a.Key, From: a.From, Camera: a.Camera, Zone: a.Zone, Line: a.Line, Severity: a.Severity.String(), State: string(a.State), Active: a.Active,
		Text: a.Text, WhatTo: a.WhatTo, Latched: a.Latched, Drill: a.Drill, Cause: a.Cause, Raised: a.Raised.UTC(), Opened: a.Opened.UTC(), Last: a.Last.UTC(),
		Cleared: moment(a.Cleared), Count: a.Count, Again: a.Again, Suppressed: a.Silenced, OutOf: a.Out}
	if a.Acked.By != "" {
		out.Acked = &Acknowledged{a.Acked.By, a.Acked.Channel, a.Acked.Note, a.Acked.At.UTC()}
	}
	if !a.Shelved.Until.IsZero() {
		out.Shelved = &Shelf{a.Shelved.Key, a.Shelved.Until.UTC(), a.Shelved.Reason, a.Shelved.By}
	}
	return out
}

func wireDeliveries(all []alarm.Delivery) []AlarmDelivery {
	out := make([]AlarmDelivery, 0, len(all))
	for _, d := range all {
		out = append(out, AlarmDelivery{ID: d.ID, Recipient: d.Recipient, Channel: d.Channel, Roster: d.Roster, Step: d.Step, Round: d.Round, State: string(d.State),
			Attempts: d.Attempts, Why: d.Why, Withdrawn: d.Withdrawn, Together: len(d.Alarms), Pending: d.Pending.UTC(),
			Sent: moment(d.Sent), Received: moment(d.Received), Opened: moment(d.Opened), Acked: moment(d.Acked), Failed: moment(d.Failed)})
	}
	return out
}

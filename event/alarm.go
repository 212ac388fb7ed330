package event

import "time"

// AlarmRaised says that something wants a person, after ISA-18.2. The event's
// subject is the alarm's id, its cause what the alarm was raised over.
type AlarmRaised struct {
	Key      string   `json:"key"`                                           // what it is about: while it stands, the same key is the same alarm
	From     string   `json:"from"`                                          // who raised it: "watch/yard", "line/caps-1"
	Camera   string   `json:"camera,omitempty"`                              // the site file's name of it
	Zone     string   `json:"zone,omitempty"`                                // the site file's name of it
	Line     string   `json:"line,omitempty"`                                // the site file's name of it
	Object   string   `json:"object,omitempty"`                              // what a camera saw that it is about: "person", "fire"...
	Severity string   `json:"severity" enum:"info,low,medium,high,critical"` // its priority
	Text     string   `json:"text"`                                          // what is wrong, for a person
	WhatTo   string   `json:"what_to_do,omitempty"`                          // for whoever is called
	Latched  bool     `json:"latched,omitempty"`                             // it stays until somebody acknowledges it, even when its cause is gone
	Again    uint64   `json:"again,omitempty"`                               // times it came back so far: the same alarm, opened anew
	Drill    bool     `json:"drill,omitempty"`                               // staged, to see whether it arrives: nothing is wrong
	Lamps    []string `json:"lamps,omitempty"`                               // channels of beacons that light for as long as its cause is there
}

// AlarmRepeated says that a standing alarm was raised again: how often until
// now, at most once a minute. A grave rise of its severity takes the acknowledgement away.
type AlarmRepeated struct {
	Key      string    `json:"key"`                                           // of the alarm
	Count    uint64    `json:"count"`                                         // times it was raised since it began
	Last     time.Time `json:"last"`                                          // the last of these, UTC
	Severity string    `json:"severity" enum:"info,low,medium,high,critical"` // from now on
	Text     string    `json:"text,omitempty"`                                // from now on; empty: as before
	Worse    bool      `json:"worse,omitempty"`                               // its severity rose: it wants to be acknowledged anew
	Lamps    []string  `json:"lamps,omitempty"`                               // beacons that it asks for from now on; absent: as before
}

// AlarmCleared says that an alarm's cause is gone.
type AlarmCleared struct {
	Key     string  `json:"key"`             // of the alarm
	Why     string  `json:"why,omitempty"`   // for a person
	Seconds float64 `json:"seconds"`         // since it was raised, or came back
	Waits   bool    `json:"waits,omitempty"` // it is latched and stays until somebody acknowledges it
	Drill   bool    `json:"drill,omitempty"` // it was staged
	Count   uint64  `json:"count,omitempty"` // times it was raised since it began, where more than once
}

// AlarmAcked says that a person takes care. Who it was is the actor.
type AlarmAcked struct {
	Key     string  `json:"key"`               // of the alarm
	By      string  `json:"by"`                // who: "user:li", or "recipient:li" by a link that was sent to li
	Channel string  `json:"channel,omitempty"` // whose link it was; empty at a screen
	Note    string  `json:"note,omitempty"`    // for a person
	Seconds float64 `json:"seconds"`           // since it was raised, or came back
}

// AlarmShelved says that a person wants to hear nothing of a key for some time,
// or that this time ended.
type AlarmShelved struct {
	Key     string    `json:"key"`              // every alarm of this key
	Shelved bool      `json:"shelved"`          // false is the end of it
	Until   time.Time `json:"until,omitzero"`   // it ends by itself then, UTC
	Reason  string    `json:"reason,omitempty"` // why, for a person
	By      string    `json:"by"`               // who: "user:li"; "system" where the time was over
}

// AlarmSuppressed says that a condition of the plant keeps alarms silent by
// design, or that the condition ended.
type AlarmSuppressed struct {
	Keys       []string `json:"keys"`             // exact, or a prefix ending in "*"
	Condition  string   `json:"condition"`        // its name: "line caps-1 stopped"
	Suppressed bool     `json:"suppressed"`       // false is the end of it
	Reason     string   `json:"reason,omitempty"` // why, for a person
}

// AlarmService says that alarms were taken out of service, for maintenance, or
// were put back into it.
type AlarmService struct {
	Key    string `json:"key"`              // exact, or a prefix ending in "*"
	Out    bool   `json:"out_of_service"`   // false: back in service
	Reason string `json:"reason,omitempty"` // why, for a person
	By     string `json:"by"`               // who: "user:li"
}

// AlarmStanding says from where on the log tells everything that stands now: a
// start reads from there, not from the beginning.
type AlarmStanding struct {
	From uint64 `json:"from"` // seq; nothing that stands was said before it
	Open int    `json:"open"` // alarms that stand
}

// AlarmDrilled says whether a staged alarm arrived by each path.
type AlarmDrilled struct {
	Alarm  string        `json:"alarm"`  // id of the staged alarm
	Passed bool          `json:"passed"` // it arrived by every path
	Paths  []AlarmArrive `json:"paths"`  // each that is configured
}

// AlarmArrive is how a staged alarm fared on one path.
type AlarmArrive struct {
	Recipient string  `json:"recipient"`         // the roster's name; empty where the channel calls nobody in particular
	Channel   string  `json:"channel"`           // the site file's name of it
	Arrived   bool    `json:"arrived"`           // in time
	State     string  `json:"state"`             // how far it came: "pending", "sent", "received"...
	Seconds   float64 `json:"seconds,omitempty"` // until it arrived
	Why       string  `json:"why,omitempty"`     // why it did not
}

// EventType returns linesman.alarm.raised.v1.
func (AlarmRaised) EventType() Type { return "linesman.alarm.raised.v1" }

// EventType returns linesman.alarm.repeated.v1.
func (AlarmRepeated) EventType() Type { return "linesman.alarm.repeated.v1" }

// EventType returns linesman.alarm.cleared.v1.
func (AlarmCleared) EventType() Type { return "linesman.alarm.cleared.v1" }

// EventType returns linesman.alarm.acked.v1.
func (AlarmAcked) EventType() Type { return "linesman.alarm.acked.v1" }

// EventType returns linesman.alarm.shelved.v1.
func (AlarmShelved) EventType() Type { return "linesman.alarm.shelved.v1" }

// EventType returns linesman.alarm.suppressed.v1.
func (AlarmSuppressed) EventType() Type { return "linesman.alarm.suppressed.v1" }

// EventType returns linesman.alarm.service.v1.
func (AlarmService) EventType() Type { return "linesman.alarm.service.v1" }

// EventType returns linesman.alarm.standing.v1.
func (AlarmStanding) EventType() Type { return "linesman.alarm.standing.v1" }

// EventType returns linesman.alarm.drilled.v1.
func (AlarmDrilled) EventType() Type { return "linesman.alarm.drilled.v1" }

// EventSeverity is the alarm's own; a drill is info.
func (a AlarmRaised) EventSeverity() Severity {
	s, err := ParseSeverity(a.Severity)
	if err != nil || a.Drill {
		return Info
	}
	return s
}

// EventSeverity is the alarm's own.
func (a AlarmRepeated) EventSeverity() Severity {
	s, _ := ParseSeverity(a.Severity)
	return s
}

// EventSeverity is info.
func (AlarmCleared) EventSeverity() Severity { return Info }

// EventSeverity is info.
func (AlarmAcked) EventSeverity() Severity { return Info }

// EventSeverity is low while an alarm is kept silent, info for the end of it.
func (a AlarmShelved) EventSeverity() Severity { return silent(a.Shelved) }

// EventSeverity is info: it is by design.
func (AlarmSuppressed) EventSeverity() Severity { return Info }

// EventSeverity is low while an alarm is kept silent, info for the end of it.
func (a AlarmService) EventSeverity() Severity { return silent(a.Out) }

// EventSeverity is info.
func (AlarmStanding) EventSeverity() Severity { return Info }

// EventSeverity is high for a path that does not arrive: an alarm would not either.
func (a AlarmDrilled) EventSeverity() Severity {
	if !a.Passed {
		return High
	}
	return Info
}

func silent(is bool) Severity {
	if is {
		return Low
	}
	return Info
}

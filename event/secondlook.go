package event

import "time"

// AlarmSight is one thing that an alarm was about, as a second look sees it.
type AlarmSight struct {
	Label string     `json:"label"`           // what the detector took it for: "person"
	Box   PictureBox `json:"box"`             // where it was
	Track uint64     `json:"track,omitempty"` // of a person or vehicle that is followed
	Score float64    `json:"score,omitempty"` // of its last sight, 0.5 is what the model asks
	Crop  string     `json:"crop_sha256"`     // PNG, faces veiled
}

// AlarmLabelled is what a person says of an alarm about something seen, or of one
// that was withheld. The last label of an alarm counts, "none" takes it back. It
// repeats what the alarm was about, since a label outlives it.
type AlarmLabelled struct {
	Alarm    string       `json:"alarm"`                                           // its id, or that of what was withheld
	Label    string       `json:"label" enum:"real,nothing there,not wanted,none"` // what it is held to be from now on; "not wanted": the thing was there, and no alarm was wanted
	Note     string       `json:"note,omitempty"`                                  // for a person
	Camera   string       `json:"camera"`                                          // that saw it
	Rule     string       `json:"rule,omitempty"`                                  // that raised it
	Key      string       `json:"key,omitempty"`                                   // of the alarm
	Firm     string       `json:"firm,omitempty"`                                  // why its rule's alarms are always raised; then nothing is learned from it
	Withheld bool         `json:"withheld,omitempty"`                              // it was not raised
	Sights   []AlarmSight `json:"sights,omitempty"`                                // what it was about, held for as long as the label stands; none: it counts, but nothing can be learned from it
}

// AlarmWithheld says that an alert was not raised as an alarm, since all it is
// about looks like what people called mistaken at its place. The event's subject is
// an id by which it can be labelled, as an alarm can.
type AlarmWithheld struct {
	Key      string       `json:"key"`                                           // that the alarm would have had
	Rule     string       `json:"rule"`                                          // that the alert is of
	Camera   string       `json:"camera"`                                        // that saw it
	Zone     string       `json:"zone,omitempty"`                                // the site file's name of it
	Severity string       `json:"severity" enum:"info,low,medium,high,critical"` // that the alarm would have had
	Text     string       `json:"text"`                                          // of the alert
	Model    string       `json:"model"`                                         // version of the second look
	Hash     string       `json:"model_sha256"`                                  // of the second look
	Looks    int          `json:"looks"`                                         // how often it was looked at, over more than a second; all agreed
	Sights   []AlarmSight `json:"sights"`                                        // what it is about, at the last look
	Like     []AlarmLike  `json:"like"`                                          // what each of them is most like, in the same order
}

// AlarmLike is what a thing that was taken away is most like.
type AlarmLike struct {
	Alarm string  `json:"alarm"`       // in which nothing was there
	Crop  string  `json:"crop_sha256"` // of it
	Apart float64 `json:"apart"`       // how unlike the thing is, 0 is the same
	Limit float64 `json:"limit"`       // how unlike it may be
	Real  string  `json:"real"`        // the alarm called real that it is most like
	Far   float64 `json:"far"`         // how unlike that it is
}

// SecondLookMade says that a second look was learned from what people said of
// alarms, and what it would have changed. Nothing changes by it.
type SecondLookMade struct {
	Version    string   `json:"version"`             // of the candidate
	Hash       string   `json:"sha256"`              // of its file
	Through    uint64   `json:"through"`             // seq of the newest label that it knows of
	Mistaken   uint64   `json:"mistaken"`            // sights called mistaken that it knows again
	Real       uint64   `json:"real"`                // sights called real that it compares with
	LeftOut    []string `json:"left_out,omitempty"`  // what could not be learned from, and why
	Alarms     uint64   `json:"alarms"`              // the last ones about something seen that it was tried on
	Withheld   uint64   `json:"withheld"`            // of these, those it would not have raised
	False      uint64   `json:"withheld_mistaken"`   // of withheld: called mistaken, each judged by what the others taught
	Unlabelled uint64   `json:"withheld_unlabelled"` // of withheld: nobody said anything of them, so somebody has to look
	Price      uint64   `json:"withheld_real"`       // of withheld: a person called the thing real
	Reals      uint64   `json:"labelled_real"`       // of alarms: a person called the thing real
	Upper      float64  `json:"upper_95,omitempty"`  // bound on the share of price in reals, one-sided; absent where there are none
	Report     string   `json:"report_sha256"`       // of the whole report, kept beside it
	Page       string   `json:"page_sha256"`         // of the page a person reads, kept beside it
}

// SecondLookFailed says that a second look could not be learned.
type SecondLookFailed struct {
	Through uint64 `json:"through,omitempty"` // seq of the newest label that there was to learn from
	Cause   string `json:"cause"`             // what speaks against it, and the cure where one is known
}

// SecondLookActivated says by which second look alarms are withheld from now on.
// Who had it so is the actor.
type SecondLookActivated struct {
	Version string `json:"version"`          // empty: by none, everything is raised
	Hash    string `json:"sha256,omitempty"` // of its file
	Was     string `json:"was,omitempty"`    // version of the one before; absent where there was none
	Back    bool   `json:"back,omitempty"`   // a step back was asked for
	Why     string `json:"why,omitempty"`    // for a person
}

// SecondLookShadowed says what a candidate would have withheld of the alarms that
// were raised: when it begins, each hour, and once more when it ends. Nothing acts
// on it.
type SecondLookShadowed struct {
	Version  string           `json:"version"`            // of the candidate
	Hash     string           `json:"sha256"`             // of its file
	From     time.Time        `json:"from"`               // UTC; the counts are of the alarms since
	To       time.Time        `json:"to"`                 // UTC; up to here
	Looked   uint64           `json:"looked"`             // alarms that it looked at
	Withheld uint64           `json:"would_withhold"`     // of these, those it would not have raised
	Examples []ShadowWithheld `json:"examples,omitempty"` // the first of these
	Began    bool             `json:"began,omitempty"`    // it begins now: nothing is counted yet
	Ended    string           `json:"ended,omitempty"`    // why it ended; absent while it goes on
}

// ShadowWithheld is an alarm that a candidate would not have raised.
type ShadowWithheld struct {
	Key    string      `json:"key"`    // of the alarm
	Camera string      `json:"camera"` // that saw it
	Like   []AlarmLike `json:"like"`   // what each thing it is about is most like
}

// EventType returns linesman.alarm.labelled.v1.
func (AlarmLabelled) EventType() Type { return "linesman.alarm.labelled.v1" }

// EventType returns linesman.alarm.withheld.v1.
func (AlarmWithheld) EventType() Type { return "linesman.alarm.withheld.v1" }

// EventType returns linesman.secondlook.made.v1.
func (SecondLookMade) EventType() Type { return "linesman.secondlook.made.v1" }

// EventType returns linesman.secondlook.failed.v1.
func (SecondLookFailed) EventType() Type { return "linesman.secondlook.failed.v1" }

// EventType returns linesman.secondlook.activated.v1.
func (SecondLookActivated) EventType() Type { return "linesman.secondlook.activated.v1" }

// EventType returns linesman.secondlook.shadowed.v1.
func (SecondLookShadowed) EventType() Type { return "linesman.secondlook.shadowed.v1" }

// EventSeverity is high where what was withheld was real: an alarm was missed.
func (a AlarmLabelled) EventSeverity() Severity {
	if a.Withheld && a.Label == "real" {
		return High
	}
	return Info
}

// EventSeverity is low: an alarm was kept silent.
func (AlarmWithheld) EventSeverity() Severity { return Low }

// EventSeverity is info.
func (SecondLookMade) EventSeverity() Severity { return Info }

// EventSeverity is low: what people said was not learned yet.
func (SecondLookFailed) EventSeverity() Severity { return Low }

// EventSeverity is low while alarms may be withheld, info for the end of it.
func (a SecondLookActivated) EventSeverity() Severity { return silent(a.Version != "") }

// EventSeverity is info.
func (SecondLookShadowed) EventSeverity() Severity { return Info }

package event

// A delivery is one call of one recipient by one channel. It goes from pending
// to sent, received, opened and acknowledged, or to failed; each step is one of
// the events below. The event's subject is the alarm's id. Seconds count from
// the moment the alarm was raised, or came back.

// NotifyPending says that somebody is about to be called.
type NotifyPending struct {
	Delivery  string   `json:"delivery"`            // its id, the same in every step and every attempt
	Alarms    []string `json:"alarms"`              // ids; several where they are told together
	Recipient string   `json:"recipient,omitempty"` // the roster's name; empty where the channel calls nobody in particular
	Channel   string   `json:"channel"`             // the site file's name of it
	Roster    string   `json:"roster,omitempty"`    // the site file's name of it
	Step      int      `json:"step"`                // of the roster, 1 is the first; 0 is a rule's lamp
	Round     int      `json:"round"`               // the roster is gone through again until somebody acknowledges; of a lamp: it is lit for the so-manieth time
	Lamp      bool     `json:"lamp,omitempty"`      // a beacon that a rule lights for as long as its alarm is active, by no roster
	Seconds   float64  `json:"seconds"`             // since the alarm was raised
	Drill     bool     `json:"drill,omitempty"`     // staged
}

// NotifySent says that the channel's next hand took it.
type NotifySent struct {
	Delivery  string   `json:"delivery"`                 // its id
	Alarms    []string `json:"alarms"`                   // ids
	Recipient string   `json:"recipient,omitempty"`      // the roster's name
	Channel   string   `json:"channel"`                  // the site file's name of it
	Attempts  int      `json:"attempts"`                 // so many until it was taken
	Awaits    bool     `json:"awaits_receipt,omitempty"` // the channel answers with receipts: sent is not yet arrived
	Seconds   float64  `json:"seconds"`                  // since the alarm was raised
	Drill     bool     `json:"drill,omitempty"`          // staged
}

// NotifyReceived says that the recipient's own device answered that it has it. Of a
// delivery to several devices each that says which one it is has its own.
type NotifyReceived struct {
	Delivery  string   `json:"delivery"`            // its id
	Alarms    []string `json:"alarms"`              // ids
	Recipient string   `json:"recipient,omitempty"` // the roster's name
	Channel   string   `json:"channel"`             // the site file's name of it
	Device    string   `json:"device,omitempty"`    // which one answered, by its short name or the page's own id; empty where it did not say
	Seconds   float64  `json:"seconds"`             // since the alarm was raised
	Drill     bool     `json:"drill,omitempty"`     // staged
}

// NotifyOpened says that somebody looked at it.
type NotifyOpened struct {
	Delivery  string   `json:"delivery"`            // its id
	Alarms    []string `json:"alarms"`              // ids
	Recipient string   `json:"recipient,omitempty"` // the roster's name
	Channel   string   `json:"channel"`             // the site file's name of it
	Seconds   float64  `json:"seconds"`             // since the alarm was raised
	Drill     bool     `json:"drill,omitempty"`     // staged
}

// NotifyAcknowledged says that the alarm was acknowledged by this delivery.
type NotifyAcknowledged struct {
	Delivery  string   `json:"delivery"`            // its id
	Alarms    []string `json:"alarms"`              // ids
	Recipient string   `json:"recipient,omitempty"` // the roster's name
	Channel   string   `json:"channel"`             // the site file's name of it
	Seconds   float64  `json:"seconds"`             // since the alarm was raised
	Drill     bool     `json:"drill,omitempty"`     // staged
}

// NotifyFailed says that a delivery ended without having arrived.
type NotifyFailed struct {
	Delivery  string   `json:"delivery"`            // its id; empty where nobody could be called at all
	Alarms    []string `json:"alarms"`              // ids
	Recipient string   `json:"recipient,omitempty"` // the roster's name
	Channel   string   `json:"channel,omitempty"`   // the site file's name of it
	Step      int      `json:"step,omitempty"`      // of the roster, where nobody could be called
	Round     int      `json:"round,omitempty"`     // of the roster, where nobody could be called
	Attempts  int      `json:"attempts"`            // so many were made
	Why       string   `json:"why"`                 // what failed, never with credentials
	Withdrawn bool     `json:"withdrawn,omitempty"` // it was not needed any more: somebody acknowledged before
	Seconds   float64  `json:"seconds"`             // since the alarm was raised
	Drill     bool     `json:"drill,omitempty"`     // staged
}

// NotifySubscribed says that a recipient's device will be reached by a channel
// from now on, or no longer.
type NotifySubscribed struct {
	Recipient  string `json:"recipient"`     // the roster's name
	Channel    string `json:"channel"`       // the site file's name of it
	Device     string `json:"device"`        // a short hash of its address; the address is a secret
	Subscribed bool   `json:"subscribed"`    // false: removed
	Why        string `json:"why,omitempty"` // why it was removed
}

// EventType returns linesman.notify.pending.v1.
func (NotifyPending) EventType() Type { return "linesman.notify.pending.v1" }

// EventType returns linesman.notify.sent.v1.
func (NotifySent) EventType() Type { return "linesman.notify.sent.v1" }

// EventType returns linesman.notify.received.v1.
func (NotifyReceived) EventType() Type { return "linesman.notify.received.v1" }

// EventType returns linesman.notify.opened.v1.
func (NotifyOpened) EventType() Type { return "linesman.notify.opened.v1" }

// EventType returns linesman.notify.acknowledged.v1.
func (NotifyAcknowledged) EventType() Type { return "linesman.notify.acknowledged.v1" }

// EventType returns linesman.notify.failed.v1.
func (NotifyFailed) EventType() Type { return "linesman.notify.failed.v1" }

// EventType returns linesman.notify.subscribed.v1.
func (NotifySubscribed) EventType() Type { return "linesman.notify.subscribed.v1" }

// EventSeverity is info.
func (NotifyPending) EventSeverity() Severity { return Info }

// EventSeverity is info.
func (NotifySent) EventSeverity() Severity { return Info }

// EventSeverity is info.
func (NotifyReceived) EventSeverity() Severity { return Info }

// EventSeverity is info.
func (NotifyOpened) EventSeverity() Severity { return Info }

// EventSeverity is info.
func (NotifyAcknowledged) EventSeverity() Severity { return Info }

// EventSeverity is medium for a delivery that did not arrive.
func (n NotifyFailed) EventSeverity() Severity {
	if n.Withdrawn || n.Drill {
		return Info
	}
	return Medium
}

// EventSeverity is info.
func (NotifySubscribed) EventSeverity() Severity { return Info }

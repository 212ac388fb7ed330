package alarm

import (
	"context"
	"errors"
	"time"

	"linesman/event"
)

// Deliverer hands notices to one kind of outside thing. A driver makes it from
// a channel's settings; cmd plugs it in.
type Deliverer interface {
	// Deliver makes one attempt to hand a notice over and says how far that is
	// proven. It honours ctx and returns within its deadline. The same notice
	// comes again with the same ID and another Attempt when an attempt failed or
	// no receipt came, so that the far end can drop doubles. An error that wraps
	// ErrNever says that no further attempt can help. An error names the peer
	// and the cure, and never carries a secret. Calls come from several
	// goroutines at once.
	Deliver(ctx context.Context, n Notice) (Proof, error)
	// Proves says whether the far end answers with receipts. Where it does not,
	// sent is all that will ever be known.
	Proves() bool
}

// Rester is a Deliverer that goes on calling by itself, as a beacon does, until
// Rest ends it. Rest may be called when nothing calls.
type Rester interface {
	Deliverer
	Rest(ctx context.Context) error
}

// Subscriber is a Deliverer whose recipients subscribe their own devices, as
// browsers do for Web Push.
type Subscriber interface {
	Deliverer
	// PublicKey is the key a browser subscribes with.
	PublicKey() string
	// Subscribe adds a device of a recipient, on disk when it returns. device is a
	// short name for it that is no secret. The error wraps ErrRefused.
	Subscribe(recipient string, s Subscription) (device string, err error)
	// Unsubscribe removes a device; one that is not there is no error.
	Unsubscribe(recipient, endpoint string) error
	// Devices are a recipient's, by their short names.
	Devices(recipient string) []string
}

// Subscription is what a browser's PushManager gives (W3C Push API).
type Subscription struct {
	Endpoint string // a secret: who has it can reach the device
	P256dh   string // base64url
	Auth     string // base64url
}

// Proof says how far an attempt came.
type Proof uint8

// The proofs.
const (
	Taken   Proof = iota + 1 // the next hand took it
	Arrived                  // the far end itself says that it has it
)

// ErrNever is wrapped by the error of an attempt that need not be repeated: the
// address is gone, the message is refused as such.
var ErrNever = errors.New("no further attempt can help")

// Notice is what one recipient is told by one channel.
type Notice struct {
	ID        string // of the delivery: the same in every attempt, for the far end to drop doubles
	Attempt   int    // 1 is the first
	Recipient string // the roster's name; empty where the channel calls nobody in particular
	To        string // the recipient's address on this channel, where it needs one
	Alarm     Alarm  // the gravest, where there are several
	Alarms    []string
	More      int    // alarms besides that one
	Place     string // where these are: a zone, a line
	Site      string
	Title     string // one line: severity and place
	Text      string // what is wrong, one line; of several: how many more
	Step      int    // of the roster
	Round     int
	Token     string // proves receipt: POST it to Receipt
	Receipt   string // address that takes received and opened; empty where the box has no link
	Link      string // page that shows the alarm and takes the acknowledgement; empty where the box has no link
}

// Delivery is one call of one recipient by one channel, as far as it came.
type Delivery struct {
	ID        string
	Alarms    []string
	Recipient string
	Channel   string
	Roster    string
	Step      int
	Round     int
	Drill     bool
	Lamp      bool // a beacon that lights while the alarm is active, by no roster; Step is 0
	State     DeliveryState
	Attempts  int
	Why       string // it failed, or the last attempt did
	Withdrawn bool   // failed, since it was not needed any more
	From      time.Time
	Pending   time.Time
	Sent      time.Time
	Received  time.Time
	Opened    time.Time
	Acked     time.Time
	Failed    time.Time
}

// DeliveryState is how far a delivery came.
type DeliveryState string

// The states of a delivery. A failed one goes on when a receipt comes late.
const (
	Pending       DeliveryState = "pending"
	SentOut       DeliveryState = "sent"
	Received      DeliveryState = "received"
	Opened        DeliveryState = "opened"
	AckedDelivery DeliveryState = "acknowledged"
	Failed        DeliveryState = "failed"
)

// rank orders the states in which a delivery arrives.
func (s DeliveryState) rank() int {
	switch s {
	case SentOut:
		return 1
	case Received:
		return 2
	case Opened:
		return 3
	case AckedDelivery:
		return 4
	}
	return 0
}

// title is a notice's first line.
func title(a Alarm, place string) string {
	word := map[event.Severity]string{event.Info: "Note", event.Low: "Low alarm", event.Medium: "Alarm", event.High: "HIGH alarm", event.Critical: "CRITICAL alarm"}[a.Severity]
	if a.Drill {
		word = "DRILL"
	}
	if place == "" {
		return word
	}
	return word + ": " + place
}

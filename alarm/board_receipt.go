package alarm

import (
	"cmp"
	"fmt"
	"time"

	"linesman/event"
)

// Receipt takes what the far end says of a delivery: received, opened or
// acknowledged, and which device says so, "" where it does not tell. What is said
// twice, or late, changes nothing.
func (b *Board) Receipt(now time.Time, id string, s DeliveryState, device string) error {
	d := b.deliveries[id]
	if d == nil {
		return fmt.Errorf("%w: this notice is too old, or is not of this appliance", ErrUnknown)
	}
	if s.rank() < Received.rank() {
		return fmt.Errorf("%w: %q is no receipt: want received, opened or acknowledged", ErrRefused, s)
	}
	b.receipt(now, d, s, device)
	return nil
}

func (b *Board) receipt(now time.Time, d *delivery, s DeliveryState, device string) {
	b.sent(now, d, false)
	lead, who := d.Alarms[0], "recipient:"+cmp.Or(d.Recipient, d.Channel)
	if d.State.rank() < Received.rank() || device != "" && !d.answered[device] && len(d.answered) < mostAnswering {
		b.say(now, lead, who, "", event.NotifyReceived{Delivery: d.ID, Alarms: d.Alarms, Recipient: d.Recipient, Channel: d.Channel, Device: device, Seconds: seconds(d.From, now), Drill: d.Drill})
	}
	if s.rank() >= Opened.rank() && d.State.rank() < Opened.rank() {
		b.say(now, lead, who, "", event.NotifyOpened{Delivery: d.ID, Alarms: d.Alarms, Recipient: d.Recipient, Channel: d.Channel, Seconds: seconds(d.From, now), Drill: d.Drill})
	}
	if s != AckedDelivery {
		return
	}
	if d.State != AckedDelivery {
		b.say(now, lead, who, "", event.NotifyAcknowledged{Delivery: d.ID, Alarms: d.Alarms, Recipient: d.Recipient, Channel: d.Channel, Seconds: seconds(d.From, now), Drill: d.Drill})
	}
	for _, id := range d.Alarms {
		if a := b.alarms[id]; a != nil && !a.Drill {
			b.acknowledge(now, a, who, d.Channel, "", "")
		}
	}
}

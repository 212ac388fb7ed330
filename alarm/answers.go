package alarm

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"linesman/event"
)

// LastAnswer is when a device last said that it has a notice.
type LastAnswer struct {
	Recipient string
	Channel   string        // the site file's name of it
	Device    string        // by its short name or the page's own id; "" where it did not tell
	At        time.Time     // UTC
	After     time.Duration // since the alarm was raised
	Drill     bool          // it was of a staged alarm
}

// lastAnswers are the last ones, by who gave them.
type lastAnswers map[answering]LastAnswer

type answering struct{ recipient, channel, device string }

const (
	mostAnswers   = 1000 // kept; the oldest makes room
	mostAnswering = 32   // devices of one delivery whose answers are told
)

// take keeps an answer, unless a newer one is known.
func (all lastAnswers) take(a LastAnswer) {
	by := answering{a.Recipient, a.Channel, a.Device}
	if known, ok := all[by]; ok && known.At.After(a.At) {
		return
	}
	if all[by] = a; len(all) <= mostAnswers {
		return
	}
	oldest := by
	for by, a := range all {
		if a.At.Before(all[oldest].At) {
			oldest = by
		}
	}
	delete(all, oldest)
}

func answerOf(e event.Event, p event.NotifyReceived) LastAnswer {
	return LastAnswer{p.Recipient, p.Channel, p.Device, e.Time.UTC(), time.Duration(p.Seconds * float64(time.Second)), p.Drill}
}

// received takes that a device has a delivery.
func (b *Board) received(e event.Event, p event.NotifyReceived) {
	b.answers.take(answerOf(e, p))
	if d := b.deliveries[p.Delivery]; d != nil && p.Device != "" {
		if d.answered == nil {
			d.answered = map[string]bool{}
		}
		d.answered[p.Device] = true
	}
	b.reached(p.Delivery, Received, e.Time, 0)
}

// Answers returns when each device last said that it has a notice, by recipient,
// channel and device; those that never did are not among them.
func (b *Board) Answers() []LastAnswer {
	return slices.SortedFunc(maps.Values(b.answers), func(a, b LastAnswer) int {
		return cmp.Or(cmp.Compare(a.Recipient, b.Recipient), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Device, b.Device))
	})
}

// Answers is Board.Answers.
func (d *Desk) Answers(ctx context.Context) (out []LastAnswer, err error) {
	err = d.read(ctx, func(b *Board, _ time.Time) error {
		out = b.Answers()
		return nil
	})
	return out, err
}

// pastAnswers takes the last answers from the log: what stands begins later than
// they do.
func (d *Desk) pastAnswers(ctx context.Context, b *Board) error {
	events, err := d.cfg.Log.Read(ctx, event.Filter{Types: []event.Type{event.NotifyReceived{}.EventType()}, Newest: true, Limit: mostAnswers})
	if err != nil {
		return fmt.Errorf("alarm: reading the last answers of phones from the log: %w", err)
	}
	for _, e := range events {
		p, err := event.As[event.NotifyReceived](e)
		if err != nil {
			d.cfg.Logger.Error("an answer of a phone can not be read", "seq", e.Seq, "err", err)
			continue
		}
		b.answers.take(answerOf(e, p))
	}
	return nil
}

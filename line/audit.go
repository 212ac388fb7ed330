package line

import (
	"strings"
	"time"

	"linesman/event"
	"linesman/part"
)

// audit remembers which difference was reported last, and since when the
// account has been open.
type audit struct {
	open     time.Time // zero while the account closes
	reported string
}

// auditPatience is how long the columns may differ: readings, frames and
// acknowledgements arrive by different ways.
const auditPatience = 1500 * time.Millisecond

// balance returns a batch's ledger with what is on its way filled in.
func (o *owner) balance(b *batch) part.Ledger {
	l := b.ledger
	for i := range o.lanes {
		for _, t := range o.lanes[i].expected {
			if t.batch != b {
				continue
			}
			l.Travelling++
			if t.State == part.Seen {
				l.Awaiting++
			}
		}
		for _, t := range o.lanes[i].landing {
			if t.batch == b {
				l.Landing++
			}
		}
	}
	for i := range o.ctl.frames.triggers {
		if o.ctl.frames.triggers[i].batch == b {
			l.Exposing++
		}
	}
	return l
}

// auditLedgers looks at the account of every batch that is not closed.
func (o *owner) auditLedgers(now time.Time) {
	for _, b := range o.batches {
		o.auditLedger(b, now)
	}
}

// auditLedger raises a mismatch that lasts.
func (o *owner) auditLedger(b *batch, now time.Time) {
	l := o.balance(b)
	text := strings.Join(l.Check(), "; ")
	switch {
	case text == "":
		b.audit = audit{}
	case b.audit.open.IsZero():
		b.audit.open = now
	case now.Sub(b.audit.open) > auditPatience && text != b.audit.reported:
		b.audit.reported, o.said, b.audit.open = text, text, now
		o.emitOf(b.id, "line", event.LedgerMismatch{Line: string(o.s.cfg.Line), What: text, Ours: l.Found, Controller: l.AtGate,
			From: eventTick(o.cover.from), To: eventTick(o.ctl.status.Now), Account: accountOf(l), WhatTo: "count the parts between camera and exit by hand; then close the batch"})
	}
}

// accountOf returns a ledger as the log writes it.
func accountOf(l part.Ledger) event.Account {
	return event.Account{FramesReceived: l.FramesReceived, FramesTriggered: l.FramesTriggered, Found: l.Found, AtGate: l.AtGate, Verdicts: l.Verdicts,
		Ejected: l.Ejected, Exited: l.Exited, Passes: l.Passes, Rejects: l.Rejects, Collateral: l.Collateral, Travelling: l.Travelling, Lost: l.Lost}
}

// BeltStands is why a line is stopped that is neither held nor blind: nobody wants it to run.
const BeltStands = "the belt stands"

// lineState is what the line says it is doing.
type lineState struct{ name, why, whatTo string }

// judgeState says in one word what the line is doing.
func (o *owner) judgeState() {
	switch {
	case !o.ctl.link.Connected:
		why := "the controller does not answer"
		if o.ctl.link.Error != "" {
			why += ": " + o.ctl.link.Error
		}
		o.setState("blind", why, "check the controller's power, cable and address; the gates rest in reject")
	case !o.ctl.known:
		o.setState("blind", "the controller was not read yet", "")
	case o.wish.refused != "":
		o.setState("held", o.wish.refused, o.wish.whatTo)
	case o.ctl.status.Held:
		o.setState("held", "gates in reject: "+o.holdWhy(&o.ctl.status), "clear the cause, then release: the controller's button or linesman line release")
	case o.camerasDown() != "":
		o.setState("blind", o.camerasDown(), "check the camera's power, cable and lens")
	case !o.ctl.status.Running:
		o.setState("stopped", BeltStands, "")
	default:
		o.setState("running", "", "")
	}
}

func (o *owner) setState(name, why, whatTo string) {
	was := o.state
	o.state = lineState{name, why, whatTo}
	if was.name != name {
		o.emit("line", event.LineState{Line: string(o.s.cfg.Line), State: name, Was: was.name, Why: why, WhatTo: whatTo})
	}
}

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
	said     string // for the screen
}

// auditPatience is how long the columns may differ: readings, frames and
// acknowledgements arrive by different ways.
const auditPatience = 1500 * time.Millisecond

// balance returns the ledger with what is on its way filled in.
func (o *owner) balance() part.Ledger {
	l := o.ledger
	l.Travelling, l.Landing, l.Awaiting = 0, 0, 0
	for i := range o.lanes {
		l.Travelling += uint64(len(o.lanes[i].expected))
		for _, t := range o.lanes[i].expected {
			if t.State == part.Seen {
				l.Awaiting++
			}
		}
		l.Landing += uint64(len(o.lanes[i].landing))
	}
	l.Exposing = uint64(len(o.ctl.frames.triggers))
	return l
}

// auditLedger raises a mismatch that lasts.
func (o *owner) auditLedger(now time.Time) {
	differences := o.balance().Check()
	text := strings.Join(differences, "; ")
	switch {
	case text == "":
		o.audit.open, o.audit.reported = time.Time{}, ""
	case o.audit.open.IsZero():
		o.audit.open = now
	case now.Sub(o.audit.open) > auditPatience && text != o.audit.reported:
		o.audit.reported, o.audit.said, o.audit.open = text, text, now
		o.emit("line", event.LedgerMismatch{Line: string(o.s.cfg.Line), What: text, Ours: o.ledger.Found, Controller: o.ledger.AtGate,
			From: eventTick(o.cover.from), To: eventTick(o.ctl.status.Now), Account: o.account(), WhatTo: "count the parts between camera and exit by hand; then close the batch"})
	}
}

// account returns the ledger as the log writes it.
func (o *owner) account() event.Account {
	l := o.balance()
	return event.Account{FramesReceived: l.FramesReceived, FramesTriggered: l.FramesTriggered, Found: l.Found, AtGate: l.AtGate, Verdicts: l.Verdicts,
		Ejected: l.Ejected, Exited: l.Exited, Passes: l.Passes, Rejects: l.Rejects, Collateral: l.Collateral, Travelling: l.Travelling, Lost: l.Lost}
}

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
	case o.ctl.status.Held:
		o.setState("held", "gates in reject: "+o.ctl.status.Why.String(), "clear the cause, then release: the controller's button or linesman line release")
	case o.camerasDown() != "":
		o.setState("blind", o.camerasDown(), "check the camera's power, cable and lens")
	case !o.ctl.status.Running:
		o.setState("stopped", "the belt stands", "")
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

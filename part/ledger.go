package part

import "fmt"

// Ledger is the account of parts of one batch: two columns counted by
// different hands. Found, Verdicts and what follows from them is ours; what
// the controller's sensors counted is the other. What is still on its way is
// named, so that the account closes at any moment.
type Ledger struct {
	FramesReceived  uint64 `json:"frames_received"`
	FramesTriggered uint64 `json:"frames_triggered"` // controller
	Found           uint64 `json:"found"`
	AtGate          uint64 `json:"at_gate"` // controller: gate sensors
	Verdicts        uint64 `json:"verdicts"`
	Passes          uint64 `json:"passes"`
	Rejects         uint64 `json:"rejects"`    // fail and inconclusive
	Ejected         uint64 `json:"ejected"`    // controller: ejection sensors
	Exited          uint64 `json:"exited"`     // controller: exit sensors
	Collateral      uint64 `json:"collateral"` // passes rejected beside a reject

	Awaiting   uint64 `json:"awaiting"`   // found, another view of it still to come
	Travelling uint64 `json:"travelling"` // found, not yet at the gate
	Landing    uint64 `json:"landing"`    // past the gate, not yet at an exit or ejection sensor
	Exposing   uint64 `json:"exposing"`   // triggered, the frame still on its way
	Unseen     uint64 `json:"unseen"`     // at the gate without a picture since the batch began, rejected
	Lost       uint64 `json:"lost"`       // judged, never at the gate; each named by an event
	Blind      uint64 `json:"blind"`      // triggers without a usable frame; each named by an event

	Mismatch string `json:"mismatch,omitempty"` // what does not add up, in words
}

// Check returns the differences between the two columns, in words; none when
// the account closes.
func (l Ledger) Check() []string {
	var out []string
	compare := func(ours uint64, what string, theirs uint64, counted string) {
		if ours != theirs {
			out = append(out, fmt.Sprintf("%s %d, %s %d", what, ours, counted, theirs))
		}
	}
	compare(l.FramesReceived+l.Exposing+l.Blind, "frames received or accounted for", l.FramesTriggered, "triggered")
	compare(l.Found, "parts found", l.Verdicts+l.Awaiting, "verdicts or awaited")
	compare(l.Found+l.Unseen, "parts found or known unseen", l.AtGate+l.Travelling+l.Lost, "at the gate, travelling or lost")
	compare(l.AtGate, "parts at the gate", l.Ejected+l.Exited+l.Landing, "ejected, exited or landing")
	return out
}

package event

// Account is the account of parts of one batch: what we counted and what the
// controller counted, side by side.
type Account struct {
	FramesReceived  uint64 `json:"frames_received"`  // by us
	FramesTriggered uint64 `json:"frames_triggered"` // by the controller
	Found           uint64 `json:"found"`            // parts located, by us
	AtGate          uint64 `json:"at_gate"`          // gate sensors, by the controller
	Verdicts        uint64 `json:"verdicts"`         // by us
	Ejected         uint64 `json:"ejected"`          // ejection sensors, by the controller
	Exited          uint64 `json:"exited"`           // exit sensors, by the controller
	Passes          uint64 `json:"passes"`           // by us
	Rejects         uint64 `json:"rejects"`          // by us: fail and inconclusive
	Collateral      uint64 `json:"collateral"`       // good, rejected with a neighbour
	Travelling      uint64 `json:"travelling"`       // judged, between camera and gate
	Lost            uint64 `json:"lost"`             // named in part.lost
}

// BatchOpened begins a batch.
type BatchOpened struct {
	Line   string `json:"line"`   // the line it runs on
	Recipe string `json:"recipe"` // name@version
	Tick   Tick   `json:"tick"`   // first tick of the batch, at the camera
}

// BatchClosed ends a batch with its account.
type BatchClosed struct {
	Line     string  `json:"line"`     // the line it ran on
	Recipe   string  `json:"recipe"`   // name@version
	Tick     Tick    `json:"tick"`     // last tick of the batch, at the camera
	Account  Account `json:"account"`  // as it stood when the last part had left
	Balanced bool    `json:"balanced"` // both columns agree
}

// LedgerMismatch says that what we counted and what the controller counted
// differ, and between which ticks.
type LedgerMismatch struct {
	Line       string  `json:"line"`                 // the line concerned
	Lane       int     `json:"lane,omitempty"`       // 0 is every lane
	What       string  `json:"what"`                 // the two columns that differ
	Ours       uint64  `json:"ours"`                 // as we counted
	Controller uint64  `json:"controller"`           // as the controller counted
	From       Tick    `json:"from"`                 // the account still balanced here, at the gate
	To         Tick    `json:"to"`                   // the difference was there by here, at the gate
	Account    Account `json:"account"`              // the whole of it
	WhatTo     string  `json:"what_to_do,omitempty"` // where to look and what to do
}

// EventType returns linesman.batch.opened.v1.
func (BatchOpened) EventType() Type { return "linesman.batch.opened.v1" }

// EventType returns linesman.batch.closed.v1.
func (BatchClosed) EventType() Type { return "linesman.batch.closed.v1" }

// EventType returns linesman.ledger.mismatch.v1.
func (LedgerMismatch) EventType() Type { return "linesman.ledger.mismatch.v1" }

// EventSeverity is info.
func (BatchOpened) EventSeverity() Severity { return Info }

// EventSeverity is medium for a batch whose account does not balance.
func (b BatchClosed) EventSeverity() Severity {
	if !b.Balanced {
		return Medium
	}
	return Info
}

// EventSeverity is high: a part is not where the account has it.
func (LedgerMismatch) EventSeverity() Severity { return High }

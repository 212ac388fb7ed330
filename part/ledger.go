package part

// Ledger is the account of parts of one batch: two columns counted by
// different hands. Ours on the left, the controller's on the right.
type Ledger struct {
	FramesReceived  uint64 `json:"frames_received"`
	FramesTriggered uint64 `json:"frames_triggered"` // controller
	Found           uint64 `json:"found"`
	AtGate          uint64 `json:"at_gate"` // controller: gate sensors
	Verdicts        uint64 `json:"verdicts"`
	Ejected         uint64 `json:"ejected"` // controller: ejection sensors
	Exited          uint64 `json:"exited"`  // controller: exit sensors
	Passes          uint64 `json:"passes"`
	Rejects         uint64 `json:"rejects"`
	Collateral      uint64 `json:"collateral"`
	Travelling      uint64 `json:"travelling"` // judged, between camera and gate
	Lost            uint64 `json:"lost"`       // named in events
	Mismatch        string `json:"mismatch,omitempty"`
}

package event

// SamplesJudged says how a line's limit samples, stored parts of which people said
// whether they are good, were judged again by what judges the line now.
type SamplesJudged struct {
	Line       string        `json:"line"`                                    // the line concerned
	Recipe     string        `json:"recipe"`                                  // name@version that judged
	RecipeHash string        `json:"recipe_sha256"`                           // of that recipe
	Model      string        `json:"model"`                                   // name@version that judged
	ModelHash  string        `json:"model_sha256"`                            // of that model
	Why        string        `json:"why" enum:"activation,schedule,operator"` // what made it happen
	Good       SampleTally   `json:"good"`                                    // labelled good or a false reject; wrong: rejected
	Bad        SampleTally   `json:"bad"`                                     // labelled a missed defect or a defect; wrong: let through
	Unjudged   uint64        `json:"unjudged"`                                // labelled parts without a picture, or that could not be judged
	Wrong      []WrongSample `json:"wrong,omitempty"`                         // those judged against their label, bad ones first; at most 50
}

// SampleTally counts limit samples of one kind.
type SampleTally struct {
	Parts       uint64  `json:"parts"`                  // judged
	Wrong       uint64  `json:"wrong"`                  // of these: judged against their label
	Taught      uint64  `json:"taught,omitempty"`       // of parts: the model was taught from them, so they prove nothing
	TaughtWrong uint64  `json:"taught_wrong,omitempty"` // of wrong: taught from
	Upper       float64 `json:"upper_95,omitempty"`     // one-sided 95 % bound of the share of such parts judged wrong (Clopper and Pearson), by those not taught from; absent where the counts allow none
}

// WrongSample is one limit sample judged against its label.
type WrongSample struct {
	Part    string   `json:"part"`              // its id
	Label   string   `json:"label"`             // what people said
	Class   string   `json:"class,omitempty"`   // of a missed defect or a defect
	Outcome string   `json:"outcome"`           // now
	Score   float64  `json:"score"`             // now, 1 = threshold
	Reasons []Reason `json:"reasons,omitempty"` // now
	Picture string   `json:"picture_sha256"`    // of it
}

// EventType returns linesman.samples.judged.v1.
func (SamplesJudged) EventType() Type { return "linesman.samples.judged.v1" }

// EventSeverity is high where a part known to be bad would pass, medium where a
// good one would be rejected.
func (s SamplesJudged) EventSeverity() Severity {
	switch {
	case s.Bad.Wrong > 0:
		return High
	case s.Good.Wrong > 0:
		return Medium
	}
	return Info
}

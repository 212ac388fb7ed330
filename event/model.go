package event

import "time"

// ModelActivated says that a model was loaded, answered its parity samples, and
// now judges.
type ModelActivated struct {
	Line    string  `json:"line"`            // the line concerned
	View    string  `json:"view,omitempty"`  // the recipe's view it judges
	Name    string  `json:"name"`            // of the model
	Version string  `json:"version"`         // of the model
	Hash    string  `json:"sha256"`          // over every file that can change an answer
	Parity  float64 `json:"parity_max_diff"` // largest difference of a parity sample's score from its card
	Build   string  `json:"build,omitempty"` // the program it judges in: version and revision
	CPU     string  `json:"cpu,omitempty"`   // the class of processor it judges on: where it is another, rounding may be
}

// EventType returns linesman.model.activated.v1.
func (ModelActivated) EventType() Type { return "linesman.model.activated.v1" }

// EventSeverity is info.
func (ModelActivated) EventSeverity() Severity { return Info }

// ModelShadowed says how a candidate would have judged the parts that a line
// judged: when it begins, each minute, and once more when it ends. Nothing acts on it.
type ModelShadowed struct {
	Line        string     `json:"line"`               // the line concerned
	Recipe      string     `json:"recipe"`             // name@version of the candidate
	RecipeHash  string     `json:"recipe_sha256"`      // of the candidate
	Model       string     `json:"model"`              // name@version of the candidate's
	ModelHash   string     `json:"model_sha256"`       // of the candidate's
	Was         string     `json:"was"`                // name@version of the recipe that judged
	WasModel    string     `json:"was_model_sha256"`   // of the model that judged
	From        time.Time  `json:"from"`               // UTC; the counts are of the parts since
	To          time.Time  `json:"to"`                 // UTC; up to here
	Judged      uint64     `json:"judged"`             // parts judged by both
	Skipped     uint64     `json:"skipped"`            // parts the candidate did not get to, for the line goes first
	Agreed      uint64     `json:"agreed"`             // both let the part through, or both reject it
	WouldReject uint64     `json:"would_reject"`       // parts that passed and that it would reject
	WouldPass   uint64     `json:"would_pass"`         // parts that were rejected and that it would let through
	Examples    []Shadowed `json:"examples,omitempty"` // the first parts that change
	Began       bool       `json:"began,omitempty"`    // it begins now: nothing is counted yet
	Ended       string     `json:"ended,omitempty"`    // why it ended; absent while it goes on
}

// Shadowed is a part that a candidate would have sent the other way.
type Shadowed struct {
	Part     string   `json:"part"`                                   // its id
	Outcome  string   `json:"outcome" enum:"pass,fail,inconclusive"`  // as it was judged
	Score    float64  `json:"score"`                                  // as it was judged, 1 = threshold
	Would    string   `json:"would_be" enum:"pass,fail,inconclusive"` // by the candidate
	Its      float64  `json:"its_score"`                              // by the candidate, 1 = threshold
	Reasons  []Reason `json:"reasons,omitempty"`                      // why the candidate would reject it
	Evidence string   `json:"evidence_sha256,omitempty"`              // of the picture the candidate judged; empty if it was not kept
}

// EventType returns linesman.model.shadowed.v1.
func (ModelShadowed) EventType() Type { return "linesman.model.shadowed.v1" }

// EventSeverity is info.
func (ModelShadowed) EventSeverity() Severity { return Info }

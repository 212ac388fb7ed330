package event

// RecipeChanged says that a version of a recipe came a step further on its way to a
// line: it was put on the shelf, tested on recorded parts, signed, or made active.
// What is made active judges once recipe.activated says so.
type RecipeChanged struct {
	Line      string `json:"line"`                                    // the line it is meant for
	Recipe    string `json:"recipe"`                                  // name@version
	Hash      string `json:"sha256"`                                  // of the recipe's file
	ModelHash string `json:"model_sha256"`                            // of the model that it names
	State     string `json:"state" enum:"draft,tested,signed,active"` // from now on
	Was       string `json:"was,omitempty"`                           // name@version that was active before; of one that was made active
	Why       string `json:"why,omitempty"`                           // "operator", "schedule", "back" or "cancelled"; of one that was made active
	From      Tick   `json:"from,omitzero"`                           // place of its first part, where it was stated; of one that was made active
	Report    string `json:"report_sha256,omitempty"`                 // of the replay on recorded parts
	Judged    uint64 `json:"judged,omitempty"`                        // parts judged again by it
	Reject    uint64 `json:"would_reject,omitempty"`                  // of these: passes that it would reject
	Pass      uint64 `json:"would_pass,omitempty"`                    // of these: rejects that it would let through
	Signature string `json:"signature,omitempty"`                     // id of the audit.signed event
}

// EventType returns linesman.recipe.changed.v1.
func (RecipeChanged) EventType() Type { return "linesman.recipe.changed.v1" }

// EventSeverity is info.
func (RecipeChanged) EventSeverity() Severity { return Info }

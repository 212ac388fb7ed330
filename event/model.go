package event

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

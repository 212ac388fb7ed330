package event

// CandidateMade says that a model was taught anew, labelled samples included,
// and waits beside the one that judges. Nothing changes by it.
type CandidateMade struct {
	Line       string   `json:"line"`                 // the line it is meant for
	Model      string   `json:"model"`                // name@version of the candidate
	ModelHash  string   `json:"model_sha256"`         // of the candidate
	Recipe     string   `json:"recipe"`               // name@version of the draft that names it
	RecipeHash string   `json:"recipe_sha256"`        // of the draft
	Was        string   `json:"was"`                  // name@version of the model that judges
	WasHash    string   `json:"was_sha256"`           // of the model that judges
	GoodFrom   string   `json:"good_from"`            // where the good parts come from, for a person
	Good       uint64   `json:"good"`                 // good parts it was taught from, labelled ones among them
	Labelled   uint64   `json:"labelled"`             // of these: labelled false reject or good
	Passed     uint64   `json:"labelled_passed"`      // of these: those it lets through
	Missed     uint64   `json:"missed_defects"`       // missed defects it was shown as such, and asked about; none was taught as good
	Found      uint64   `json:"missed_defects_found"` // of these: those it rejects
	Unfound    []string `json:"unfound,omitempty"`    // parts with a missed defect that it lets through too
}

// EventType returns linesman.candidate.made.v1.
func (CandidateMade) EventType() Type { return "linesman.candidate.made.v1" }

// EventSeverity is info.
func (CandidateMade) EventSeverity() Severity { return Info }

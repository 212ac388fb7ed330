package event

import "time"

// CandidateMade says that a model was taught anew, labelled samples included,
// and waits beside the one that judges. Nothing changes by it.
type CandidateMade struct {
	Line       string   `json:"line"`                       // the line it is meant for
	Model      string   `json:"model"`                      // name@version of the candidate
	ModelHash  string   `json:"model_sha256"`               // of the candidate
	Recipe     string   `json:"recipe"`                     // name@version of the draft that names it
	RecipeHash string   `json:"recipe_sha256"`              // of the draft
	Was        string   `json:"was"`                        // name@version of the model that judges
	WasHash    string   `json:"was_sha256"`                 // of the model that judges
	GoodFrom   string   `json:"good_from"`                  // where the good parts come from, for a person
	Good       uint64   `json:"good"`                       // good parts it was taught from, labelled ones among them
	Labelled   uint64   `json:"labelled"`                   // of these: labelled false reject or good
	Passed     uint64   `json:"labelled_passed"`            // of these: those it lets through
	Missed     uint64   `json:"missed_defects"`             // missed defects it was shown as such, and asked about; none was taught as good
	Found      uint64   `json:"missed_defects_found"`       // of these: those it rejects
	Defects    uint64   `json:"defects,omitempty"`          // rejects labelled a defect that it was shown as such, and asked about
	Rejected   uint64   `json:"defects_rejected,omitempty"` // of these: those it rejects too
	Unfound    []string `json:"unfound,omitempty"`          // parts with a missed defect or a defect that it lets through
	Through    uint64   `json:"through,omitempty"`          // seq of the newest label that it knows of; absent where there was none
}

// CandidateTried says how many of a line's last verdicts would be others if a
// candidate had judged: its report, in figures. Nothing changes by it.
type CandidateTried struct {
	Line       string    `json:"line"`                     // the line concerned
	Model      string    `json:"model"`                    // name@version of the candidate
	ModelHash  string    `json:"model_sha256"`             // of the candidate
	Recipe     string    `json:"recipe"`                   // name@version of the draft that it judged by
	RecipeHash string    `json:"recipe_sha256"`            // of the draft
	From       time.Time `json:"from,omitzero"`            // UTC, of the verdicts; absent for the log's beginning
	To         time.Time `json:"to"`                       // UTC, of the verdicts
	Verdicts   uint64    `json:"verdicts"`                 // reached in that time
	Judged     uint64    `json:"judged"`                   // of these, parts with pictures that the candidate judged again
	Reject     uint64    `json:"would_reject"`             // of these, passes that it would reject
	Pass       uint64    `json:"would_pass"`               // of these, rejects that it would let through
	Other      uint64    `json:"other"`                    // of these, rejected either way, and for something else
	Unlabelled uint64    `json:"unlabelled_passed"`        // of would_pass: nobody labelled them, so somebody has to look
	Defects    uint64    `json:"defects_passed,omitempty"` // of would_pass: labelled a defect, so each is an escape
	Passes     uint64    `json:"passes"`                   // passes among them that count for the price: neither taught from nor labelled a missed defect
	Price      uint64    `json:"price"`                    // of these, those it would reject
	Upper      float64   `json:"upper_95,omitempty"`       // bound on the share of price in passes, one-sided; absent where the counts allow none
	Report     string    `json:"report_sha256"`            // of the report beside the candidate, report.json
	Page       string    `json:"page_sha256"`              // of the page that shows each part that changes, report.html
}

// CandidateFailed says that a candidate that was due could not be made, or that one
// could not be put beside its line. The line judges as before.
type CandidateFailed struct {
	Line    string `json:"line"`                     // the line concerned
	Recipe  string `json:"recipe"`                   // name@version that judges
	Step    string `json:"step" enum:"teach,shadow"` // what failed
	Through uint64 `json:"through"`                  // seq of the newest label that it was to learn from
	Cause   string `json:"cause"`                    // what speaks against it, and the cure where one is known
}

// CandidateRemoved says that a candidate that was made in the background, and that
// nobody took further, gave way to later ones. Its figures stay in the log.
type CandidateRemoved struct {
	Line      string `json:"line"`         // the line concerned
	Model     string `json:"model"`        // name@version of the candidate
	ModelHash string `json:"model_sha256"` // of the candidate
	Folder    string `json:"folder"`       // that it lay in, beside the recipe
	Why       string `json:"why"`          // for a person
}

// EventType returns linesman.candidate.made.v1.
func (CandidateMade) EventType() Type { return "linesman.candidate.made.v1" }

// EventType returns linesman.candidate.tried.v1.
func (CandidateTried) EventType() Type { return "linesman.candidate.tried.v1" }

// EventType returns linesman.candidate.failed.v1.
func (CandidateFailed) EventType() Type { return "linesman.candidate.failed.v1" }

// EventType returns linesman.candidate.removed.v1.
func (CandidateRemoved) EventType() Type { return "linesman.candidate.removed.v1" }

// EventSeverity is info.
func (CandidateMade) EventSeverity() Severity { return Info }

// EventSeverity is info.
func (CandidateTried) EventSeverity() Severity { return Info }

// EventSeverity is low: what people said was not learned yet.
func (CandidateFailed) EventSeverity() Severity { return Low }

// EventSeverity is info.
func (CandidateRemoved) EventSeverity() Severity { return Info }

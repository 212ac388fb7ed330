package event

// SampleLabelled is what a person says of one judged part. The last label of a
// part counts, "none" takes it back. It repeats what the verdict was reached
// from, since a label outlives the verdict of a pass.
type SampleLabelled struct {
	Line       string   `json:"line"`                                                     // the line it was on
	Label      string   `json:"label" enum:"missed defect,defect,false reject,good,none"` // what it is held to be from now on
	Class      string   `json:"class,omitempty"`                                          // of a missed defect or a defect: "crack", "stain"...
	Note       string   `json:"note,omitempty"`                                           // for a person
	Outcome    string   `json:"outcome" enum:"pass,fail,inconclusive"`                    // of the verdict that is spoken of
	Recipe     string   `json:"recipe"`                                                   // name@version it was judged by
	RecipeHash string   `json:"recipe_sha256"`                                            // of that recipe
	Model      string   `json:"model"`                                                    // name@version it was judged by
	ModelHash  string   `json:"model_sha256"`                                             // of that model
	Lane       int      `json:"lane"`                                                     // 1 is nearest the picture's top edge
	Evidence   []string `json:"evidence_sha256,omitempty"`                                // pictures held for as long as the label stands; none: it counts, but nothing can be learned from it
	Views      []View   `json:"views,omitempty"`                                          // what the verdict was reached from, in the recipe's order
}

// EventType returns linesman.sample.labelled.v1.
func (SampleLabelled) EventType() Type { return "linesman.sample.labelled.v1" }

// EventSeverity is medium for a missed defect: a defective part was let
// through, and it is known too late to stop it.
func (s SampleLabelled) EventSeverity() Severity {
	if s.Label == "missed defect" {
		return Medium
	}
	return Info
}

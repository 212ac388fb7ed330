package event

// RecipeCancelled says that somebody took a changeover back that waited for its place on
// the belt: no part was judged by it.
type RecipeCancelled struct {
	Line   string `json:"line"`          // the line concerned
	Recipe string `json:"recipe"`        // name@version that it would have been to
	Judges string `json:"judges"`        // name@version that goes on
	From   Tick   `json:"from"`          // place that its first part would have had
	Why    string `json:"why,omitempty"` // of the changeover: "operator", "controller", "schedule", "back"
}

// EventType returns linesman.recipe.cancelled.v1.
func (RecipeCancelled) EventType() Type { return "linesman.recipe.cancelled.v1" }

// EventSeverity is info.
func (RecipeCancelled) EventSeverity() Severity { return Info }

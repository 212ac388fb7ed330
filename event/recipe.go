package event

// RecipeActivated says from which tick on a line judges by which recipe.
type RecipeActivated struct {
	Line   string `json:"line"`          // the line concerned
	Recipe string `json:"recipe"`        // name@version
	Hash   string `json:"sha256"`        // of the recipe as signed
	Was    string `json:"was,omitempty"` // name@version before
	From   Tick   `json:"from"`          // place of its first part: the tick at which that part is at the line's zero
	Why    string `json:"why,omitempty"` // "start", "operator", "controller", "schedule", "back"
}

// EventType returns linesman.recipe.activated.v1.
func (RecipeActivated) EventType() Type { return "linesman.recipe.activated.v1" }

// EventSeverity is info.
func (RecipeActivated) EventSeverity() Severity { return Info }

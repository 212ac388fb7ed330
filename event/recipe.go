package event

// RecipeActivated says from which tick on a line judges by which recipe.
type RecipeActivated struct {
	Line   string `json:"line"`          // the line concerned
	Recipe string `json:"recipe"`        // name@version
	Hash   string `json:"sha256"`        // of the recipe as signed
	Was    string `json:"was,omitempty"` // name@version before
	From   Tick   `json:"from"`          // parts exposed at or after this tick are judged by it
	Why    string `json:"why,omitempty"` // "start", "operator", "controller", "schedule"
}

// EventType returns linesman.recipe.activated.v1.
func (RecipeActivated) EventType() Type { return "linesman.recipe.activated.v1" }

// EventSeverity is info.
func (RecipeActivated) EventSeverity() Severity { return Info }

package event

import "time"

// RecipeRefused says that a line was to change over to a recipe and did not: by the
// schedule, because its controller asks for it, or because it was made active. It goes
// on by the recipe before.
type RecipeRefused struct {
	Line   string    `json:"line"`   // the line concerned
	Recipe string    `json:"recipe"` // as it was asked for: name@version, or name
	Judges string    `json:"judges"` // name@version that goes on
	Due    time.Time `json:"due"`    // UTC, when it was to change
	Cause  string    `json:"cause"`  // what speaks against it, and the cure
}

// EventType returns linesman.recipe.refused.v1.
func (RecipeRefused) EventType() Type { return "linesman.recipe.refused.v1" }

// EventSeverity is high: the line may judge a product by the recipe of another.
func (RecipeRefused) EventSeverity() Severity { return High }

package api

import (
	"strconv"
	"strings"
	"time"

	"linesman/line"
	"linesman/recipe"
)

// RecipeShelf is every version that was tested, signed or active, and by which of
// them the lines judge.
type RecipeShelf struct {
	Recipes []RecipeVersion `json:"recipes" doc:"by name, newest version first"`
	Lines   []RecipeLine    `json:"lines"`
}

// RecipeVersion is how far one version has come.
type RecipeVersion struct {
	Recipe   string          `json:"recipe" doc:"name@version"`
	Name     string          `json:"name" doc:"of the product"`
	Version  int             `json:"version"`
	SHA256   string          `json:"sha256" doc:"of the recipe's file"`
	Model    string          `json:"model_sha256"`
	State    string          `json:"state" enum:"draft,tested,signed,active" doc:"active: a line is to judge by it"`
	ActiveOn []string        `json:"active_on" doc:"the lines"`
	Tested   *RecipeTested   `json:"tested,omitempty"`
	Signed   *RecipeApproval `json:"signed,omitempty"`
	Missing  string          `json:"missing,omitempty" doc:"why it can not be made active, and the cure; absent where nothing is missing"`
}

// RecipeTested is what the version would change of recorded parts.
type RecipeTested struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Report string    `json:"report_sha256"`
	Judged uint64    `json:"judged" doc:"recorded parts judged again"`
	Reject uint64    `json:"would_reject" doc:"of these, passes that it would reject"`
	Pass   uint64    `json:"would_pass" doc:"of these, rejects that it would let through"`
}

// RecipeApproval is the signature under recipe, model, report and page.
type RecipeApproval struct {
	At    time.Time `json:"at"`
	User  string    `json:"user"`
	Name  string    `json:"name"`
	Event string    `json:"event" doc:"id of audit.signed"`
}

// RecipeLine is by what a line is to judge. It does once the status of the line
// says so.
type RecipeLine struct {
	Line   string       `json:"line"`
	Recipe string       `json:"recipe" doc:"name@version that was made active"`
	Judges string       `json:"judges" doc:"name@version that judges at this moment"`
	Since  *time.Time   `json:"since,omitempty" doc:"when it was made active; absent where its site file says"`
	By     string       `json:"by,omitempty" doc:"who asked"`
	Why    string       `json:"why,omitempty" doc:"operator, schedule, back or cancelled"`
	Before string       `json:"before,omitempty" doc:"name@version to which one step leads back"`
	From   *Tick        `json:"from_tick,omitempty" doc:"place of its first part, where one was stated; until the appliance starts anew"`
	Waits  *RecipeWaits `json:"waits,omitempty" doc:"the changeover that waits for its place on the belt"`
	Belt   Tick         `json:"belt" doc:"where the belt is now: the tick at the line's zero"`
	Shadow *Shadow      `json:"shadow,omitempty" doc:"what judges beside the line"`
	Next   *RecipeDue   `json:"next,omitempty" doc:"what the schedule makes active next"`

	hash string
}

// RecipeWaits is a changeover on its way to its place. It can be taken back until that is
// near.
type RecipeWaits struct {
	Recipe string `json:"recipe" doc:"name@version"`
	From   Tick   `json:"from_tick" doc:"place of its first part"`
}

// RecipeDue is a change by the schedule.
type RecipeDue struct {
	Recipe string    `json:"recipe" doc:"name@version, or name: its version last active on the line"`
	At     time.Time `json:"at"`
}

// Shadow is what a candidate beside the line has come to. The line acts on none of it.
type Shadow struct {
	Recipe      string    `json:"recipe" doc:"name@version of the candidate"`
	Model       string    `json:"model"`
	Since       time.Time `json:"since"`
	Judged      uint64    `json:"judged" doc:"parts judged by both"`
	Skipped     uint64    `json:"skipped" doc:"parts it did not get to: the line goes first"`
	Agreed      uint64    `json:"agreed"`
	WouldReject uint64    `json:"would_reject" doc:"passed, and it would reject"`
	WouldPass   uint64    `json:"would_pass" doc:"rejected, and it would let through"`
}

// RecipeText is a version with its file.
type RecipeText struct {
	RecipeVersion
	Text string `json:"text" doc:"the recipe's file, YAML"`
}

// RecipeDiff is what differs between two versions.
type RecipeDiff struct {
	From string   `json:"from" doc:"name@version"`
	To   string   `json:"to" doc:"name@version"`
	Rows []string `json:"rows" doc:"a row a setting: + added, - gone, else before -> after; (in brackets) of the model. Empty: no difference"`
}

func wireRecipe(k *recipe.Kept, lines []RecipeLine) RecipeVersion {
	name, number, _ := strings.Cut(k.Recipe, "@")
	version, _ := strconv.Atoi(number) // the shelf takes no other
	out := RecipeVersion{Recipe: k.Recipe, Name: name, Version: version, SHA256: k.Hash, Model: k.ModelHash, State: k.State(), ActiveOn: activeOn(k.Hash, lines)}
	if len(out.ActiveOn) > 0 {
		out.State = "active"
	}
	if t := k.Tested; t != nil {
		out.Tested = &RecipeTested{At: t.At, By: t.By, Report: t.Report, Judged: t.Judged, Reject: t.Reject, Pass: t.Pass}
	}
	if a := k.Signed; a != nil {
		out.Signed = &RecipeApproval{At: a.At, User: a.User, Name: a.Name, Event: a.Event}
	}
	if err := k.Ready(); err != nil {
		out.Missing = err.Error()
	}
	return out
}

func (s *server) wireRecipeLine(st line.Status, a recipe.Active) RecipeLine {
	out := RecipeLine{Line: string(st.Line), Recipe: a.Recipe, Judges: st.Recipe, By: a.By, Why: a.Why, Belt: Tick(st.Belt), Shadow: wireShadow(st.Shadow), hash: a.Hash}
	if !a.Since.IsZero() {
		out.Since = &a.Since
	}
	if name, at, ok := s.Recipes.Next(st.Line); ok {
		out.Next = &RecipeDue{Recipe: name, At: at.UTC()}
	}
	if n := st.Next; n != nil {
		out.Waits = &RecipeWaits{n.Recipe, Tick(n.From)}
	}
	if a.From != nil {
		from := Tick(*a.From)
		out.From = &from
	}
	if a.Before != nil {
		out.Before = a.Before.Recipe
	}
	return out
}

func wireShadow(s *line.ShadowState) *Shadow {
	if s == nil {
		return nil
	}
	return &Shadow{Recipe: s.Recipe, Model: s.Model, Since: s.Since, Judged: s.Judged, Skipped: s.Skipped, Agreed: s.Agreed, WouldReject: s.WouldReject, WouldPass: s.WouldPass}
}

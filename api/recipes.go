package api

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/access"
	"linesman/part"
	"linesman/recipe"
)

// Recipes takes versions of recipes to the lines, by the same rules as linesman
// recipe does. Its errors name the thing, the setting and the cure; they wrap
// fs.ErrNotExist for what is not there. Shadow and ShadowModel load a model and may
// take seconds.
type Recipes interface {
	// Shelf is where the versions are kept; it is only read here.
	Shelf() recipe.Shelf
	// Judging returns by what a line is to judge; Since is zero where nothing was
	// ever made active and its site file says.
	Judging(line part.LineID) (recipe.Active, error)
	// Next returns what the schedule names for a line next, and when; false if it
	// names nothing.
	Next(line part.LineID) (name string, at time.Time, ok bool)
	// Diff compares two versions, on the shelf or by the site file, a row a setting.
	Diff(before, after string) ([]string, error)
	// Activate has a line judge by a version that is tested and signed, from a place on
	// the belt on: a tick at the line's zero (epoch 0 is the belt's own), or the zero
	// tick for the next place. With a tick it loads a model and may take seconds; Active
	// has the tick as taken on. Back has it judge by the one before, if from is what
	// judges now.
	Activate(ctx context.Context, line part.LineID, id, actor string, from part.Tick) (recipe.Active, error)
	Back(ctx context.Context, line part.LineID, from, actor string) (recipe.Active, error)
	// Cancel takes back the changeover that a line waits for, to a version or, with "", to
	// whatever it is; refused once it has begun.
	Cancel(ctx context.Context, line part.LineID, id, actor string) (recipe.Active, error)
	// Shadow has a version on the shelf judge beside a line, ShadowModel a candidate's
	// model by its folder; EndShadow ends either.
	Shadow(line part.LineID, id, actor string) error
	ShadowModel(line part.LineID, folder, actor string) error
	EndShadow(line part.LineID, actor string) error
}

func (s *server) registerRecipes(a huma.API) {
	writes := "It wants the right \"recipe\"."
	huma.Register(a, get("/recipes", "recipes", "Versions of recipes on the shelf, and by which the lines judge"), s.recipes)
	huma.Register(a, get("/recipes/{name}/{version}", "recipe", "One version: its text, and how far it has come"), s.recipe)
	huma.Register(a, get("/recipes/{name}/{version}/diff", "recipeDiff", "What differs from another version, the models too"), s.recipeDiff)
	op := get("/recipes/{name}/{version}/report", "recipeReport", "What the version would change of recorded parts: the report that is signed")
	op.Responses = map[string]*huma.Response{"200": {
		Description: "One page that carries its pictures; as JSON the report alone",
		Content: map[string]*huma.MediaType{"text/html": {Schema: &huma.Schema{Type: huma.TypeString}},
			"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}},
	}}
	huma.Register(a, op, s.recipeReport)
	huma.Register(a, huma.Operation{
		Method: http.MethodPost, Path: "/api/v1/recipes/{name}/{version}/activate", OperationID: "activateRecipe", Summary: "Have a line judge by a version",
		Description:  "It must be tested and signed. The line changes over at the next place on the belt, within about a second, or at from_tick, which must lie ahead; recipe.activated says where. " + writes,
		MaxBodyBytes: 16 << 10, Errors: []int{401, 403, 404, 409, 422, 503},
	}, s.activateRecipe)
	huma.Register(a, huma.Operation{
		Method: http.MethodPost, Path: "/api/v1/recipes/{name}/{version}/back", OperationID: "recipeBack", Summary: "Leave a version: the one before judges again",
		Description:  "One step. Refused where the line judges by another version by now. " + writes,
		MaxBodyBytes: 16 << 10, Errors: []int{401, 403, 404, 409, 422, 503},
	}, s.recipeBack)
	huma.Register(a, huma.Operation{
		Method: http.MethodDelete, Path: "/api/v1/lines/{line}/changeover", OperationID: "cancelChangeover", Summary: "Take a changeover back that waits for its place",
		Description: "What was active before is again, and the line goes on as if nobody had asked; recipe.cancelled says by whom. Refused once a camera may have anything of the new version's stretch of belt in view, and while the controller asks for it. " + writes,
		Errors:      []int{401, 403, 404, 409, 422, 503},
	}, s.cancelChangeover)
}

// RecipePath names a version.
type RecipePath struct {
	Name    string `path:"name" pattern:"^[^/@]+$" maxLength:"200" doc:"of the product"`
	Version int    `path:"version" minimum:"1"`
}

func (p RecipePath) id() string { return p.Name + "@" + strconv.Itoa(p.Version) }

type recipesAnswer struct{ Body RecipeShelf }

func (s *server) recipes(ctx context.Context, _ *struct{}) (*recipesAnswer, error) {
	out := &recipesAnswer{RecipeShelf{Recipes: []RecipeVersion{}, Lines: []RecipeLine{}}}
	if s.Recipes == nil {
		return out, nil
	}
	shelf := s.Recipes.Shelf()
	all, err := shelf.List()
	if err != nil {
		return nil, s.recipeRefused("reading the shelf", err)
	}
	lines, err := s.judging()
	if err != nil {
		return nil, s.recipeRefused("reading what is active", err)
	}
	for i := range all {
		out.Body.Recipes = append(out.Body.Recipes, wireRecipe(&all[i], lines))
	}
	slices.SortFunc(out.Body.Recipes, func(a, b RecipeVersion) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(b.Version, a.Version))
	})
	who := identity(ctx)
	for _, l := range lines {
		if who.OnLine(l.Line) {
			out.Body.Lines = append(out.Body.Lines, l)
		}
	}
	return out, nil
}

// judging returns by what each line is to judge, in the site's order.
func (s *server) judging() (all []RecipeLine, err error) {
	for _, st := range s.Lines() {
		active, err := s.Recipes.Judging(st.Line)
		if err != nil {
			return nil, err
		}
		all = append(all, s.wireRecipeLine(st, active))
	}
	return all, nil
}

type recipeAnswer struct{ Body RecipeText }

func (s *server) recipe(_ context.Context, q *RecipePath) (*recipeAnswer, error) {
	k, err := s.version(q)
	if err != nil {
		return nil, err
	}
	shelf := s.Recipes.Shelf()
	if _, _, err := shelf.Load(k.Recipe); err != nil { // an altered one is not shown
		return nil, s.recipeRefused("reading a recipe", err)
	}
	text, err := os.ReadFile(shelf.File(k.Recipe))
	if err != nil {
		return nil, s.broken("reading a recipe", err)
	}
	lines, err := s.judging()
	if err != nil {
		return nil, s.recipeRefused("reading what is active", err)
	}
	return &recipeAnswer{RecipeText{RecipeVersion: wireRecipe(k, lines), Text: string(text)}}, nil
}

// version looks a version up.
func (s *server) version(q *RecipePath) (*recipe.Kept, error) {
	if s.Recipes == nil {
		return nil, huma.Error404NotFound("recipe " + q.id() + ": this appliance has no shelf of recipes")
	}
	shelf := s.Recipes.Shelf()
	k, err := shelf.Get(q.id())
	if err != nil {
		return nil, s.recipeRefused("reading the shelf", err)
	}
	return k, nil
}

type recipeDiffAnswer struct{ Body RecipeDiff }

func (s *server) recipeDiff(_ context.Context, q *struct {
	RecipePath
	From string `query:"from" required:"true" pattern:"^[^/@]+@[0-9]+$" doc:"name@version to compare with, on the shelf or by the site file"`
}) (*recipeDiffAnswer, error) {
	k, err := s.version(&q.RecipePath)
	if err != nil {
		return nil, err
	}
	rows, err := s.Recipes.Diff(q.From, k.Recipe)
	if err != nil {
		return nil, s.recipeRefused("comparing recipes", err)
	}
	if rows == nil {
		rows = []string{}
	}
	return &recipeDiffAnswer{RecipeDiff{From: q.From, To: k.Recipe, Rows: rows}}, nil
}

func (s *server) recipeReport(_ context.Context, q *struct {
	RecipePath
	Format string `query:"format" enum:"html,json" default:"html"`
}) (*huma.StreamResponse, error) {
	k, err := s.version(&q.RecipePath)
	if err != nil {
		return nil, err
	}
	if k.Tested == nil {
		return nil, huma.Error404NotFound(k.Ready().Error())
	}
	shelf := s.Recipes.Shelf()
	report, page, err := shelf.Report(k.Recipe)
	if err != nil {
		return nil, s.recipeRefused("reading a report", err)
	}
	kind, body := "application/json", report
	if q.Format == "html" {
		kind, body = htmlKind, page
	}
	if body == nil {
		return nil, huma.Error404NotFound("recipe " + k.Recipe + " was tested before there were pages: test it again with linesman recipe test " + k.Recipe)
	}
	return s.report(kind, body), nil
}

// recipeOrder names the line that is meant.
type recipeOrder struct {
	Line  string `json:"line" minLength:"1" doc:"the line"`
	Actor string `json:"actor,omitempty" doc:"who asks, where a command of the box speaks for somebody"`
}

// activateOrder names the line that is meant, and the place.
type activateOrder struct {
	Line     string `json:"line" minLength:"1" doc:"the line"`
	Actor    string `json:"actor,omitempty" doc:"who asks, where a command of the box speaks for somebody"`
	FromTick *Tick  `json:"from_tick,omitempty" doc:"place of the first part to be judged by it: the tick at which that part is at the line's zero. epoch 0 is the belt's own. It must lie ahead, an hour of belt at most. Default: the next place"`
}

type recipeLineAnswer struct{ Body RecipeLine }

func (s *server) activateRecipe(ctx context.Context, in *struct {
	RecipePath
	Body activateOrder
}) (*recipeLineAnswer, error) {
	var from part.Tick
	if t := in.Body.FromTick; t != nil {
		if from = part.Tick(*t); from == (part.Tick{}) {
			return nil, huma.Error422UnprocessableEntity("from_tick: tick 0:0 is no place: leave from_tick away for the next one")
		}
	}
	return s.order(ctx, recipeOrder{in.Body.Line, in.Body.Actor}, func(line part.LineID, actor string) (recipe.Active, error) {
		return s.Recipes.Activate(ctx, line, in.id(), actor, from)
	})
}

func (s *server) recipeBack(ctx context.Context, in *struct {
	RecipePath
	Body recipeOrder
}) (*recipeLineAnswer, error) {
	return s.order(ctx, in.Body, func(line part.LineID, actor string) (recipe.Active, error) {
		return s.Recipes.Back(ctx, line, in.id(), actor)
	})
}

func (s *server) cancelChangeover(ctx context.Context, in *struct {
	Line   string `path:"line"`
	Recipe string `query:"recipe" pattern:"^[^/@]+@[0-9]+$" doc:"name@version that it is to; another is refused. Default: whatever waits"`
	Actor  string `query:"actor" doc:"who asks, where a command of the box speaks for somebody"`
}) (*recipeLineAnswer, error) {
	return s.order(ctx, recipeOrder{in.Line, in.Actor}, func(line part.LineID, actor string) (recipe.Active, error) {
		return s.Recipes.Cancel(ctx, line, in.Recipe, actor)
	})
}

// order has a line judge by another version.
func (s *server) order(ctx context.Context, o recipeOrder, do func(part.LineID, string) (recipe.Active, error)) (*recipeLineAnswer, error) {
	actor, err := s.mayChange(ctx, o.Line, o.Actor)
	if err != nil {
		return nil, err
	}
	active, err := do(part.LineID(o.Line), actor)
	if err != nil {
		return nil, s.recipeRefused("making a recipe active", err)
	}
	st, _ := s.find(part.LineID(o.Line))
	return &recipeLineAnswer{s.wireRecipeLine(st, active)}, nil
}

// mayChange proves who may change by what a line judges, and returns who it is by.
func (s *server) mayChange(ctx context.Context, line, given string) (actor string, err error) {
	who := identity(ctx)
	if err := need(ctx, access.Recipe); err != nil {
		return "", err
	}
	if !who.OnLine(line) {
		return "", huma.Error403Forbidden(who.Actor + " is not for line " + line)
	}
	if _, ok := s.find(part.LineID(line)); !ok || s.Recipes == nil {
		return "", huma.Error404NotFound("there is no line " + strconv.Quote(line) + " here with recipes: GET /api/v1/lines names those there are")
	}
	return speaker(who, given)
}

// recipeRefused tells a refusal, which is for whoever asked, from what is broken.
func (s *server) recipeRefused(doing string, err error) error {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return huma.Error404NotFound(err.Error())
	case errors.As(err, &path):
		return s.broken(doing, err)
	}
	return huma.Error409Conflict(err.Error())
}

// activeOn are the lines that are to judge by a version.
func activeOn(hash string, lines []RecipeLine) []string {
	out := []string{}
	for _, l := range lines {
		if l.hash == hash {
			out = append(out, l.Line)
		}
	}
	slices.Sort(out)
	return out
}

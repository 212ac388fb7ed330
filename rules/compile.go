package rules

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
)

// groupNames are the people and things that rules speak of.
var groupNames = []string{"bicycle", "bus", "car", "fire", "forklift", "goods", "motorcycle", "person", "smoke", "truck", "vehicle"}

func isGroupName(name string) bool { return slices.Contains(groupNames, name) }

// kind is what an argument of a term has to be.
type kind uint8

const (
	aGroup kind = iota
	aPlace      // a group, or zone("...")
	aZone
	aLine
	aSpace
	aBelt // a production line
	aDuration
	aPace
	aDistance
	aHeading
	aWay
	anItem
	aType
	aText
)

// term is one function that rules may call.
type term struct {
	args  []kind
	group bool // it answers with people or things
	like  string
}

var termsByName = map[string]term{
	"zone":      {args: []kind{aZone}, like: `zone("dock")`},
	"longer":    {args: []kind{aGroup, aDuration}, group: true, like: `longer(person in zone("dock"), "60s")`},
	"heading":   {args: []kind{aGroup, aHeading}, group: true, like: `heading(person in zone("ramp"), "down")`},
	"came":      {args: []kind{aGroup, aHeading}, group: true, like: `came(person in zone("ramp"), "down")`},
	"running":   {args: []kind{aGroup}, group: true, like: `running(person)`},
	"faster":    {args: []kind{aGroup, aPace}, group: true, like: `faster(forklift, "2 m/s")`},
	"without":   {args: []kind{aGroup, anItem}, group: true, like: `without(person in zone("hall"), "helmet")`},
	"wearing":   {args: []kind{aGroup, anItem}, group: true, like: `wearing(person, "vest")`},
	"unsure":    {args: []kind{aGroup, anItem}, group: true, like: `unsure(person, "helmet")`},
	"near":      {args: []kind{aGroup, aPlace, aDistance}, group: true, like: `near(person, forklift, "3 m")`},
	"crossed":   {args: []kind{aGroup, aLine, aWay}, group: true, like: `crossed(person, "door", "out")`},
	"number":    {args: []kind{aGroup}, like: `number(person in zone("dock"))`},
	"headcount": {args: []kind{aSpace}, like: `headcount("cell")`},
	"runs":      {args: []kind{aBelt}, like: `runs("caps-1")`},
	"last":      {args: []kind{aType, aText, aText}, like: `last("plc.state", "plc-1", "state")`},
}

// compile makes a program of when.
func (r *Rule) compile(site *Site) []error {
	if strings.TrimSpace(r.When) == "" {
		return []error{errors.New(`when is empty: say what must not be, such as person in zone("dock")`)}
	}
	v := &reader{site: site, uses: &r.uses}
	program, err := expr.Compile(r.When, expr.Env(terms{}), expr.AsAny(), expr.DisableAllBuiltins(), expr.Patch(v))
	if len(v.errs) > 0 {
		return v.errs
	}
	var at *file.Error
	if errors.As(err, &at) {
		return []error{fmt.Errorf("when, column %d: %s", at.Column+1, at.Message)}
	}
	if err != nil {
		return []error{fmt.Errorf("when: %w", err)}
	}
	r.uses.beyond, r.uses.counts = beyond(program.Node()), numbers(program.Node())
	if t := program.Node().Type(); t != reflect.TypeFor[bool]() && t != reflect.TypeFor[group]() {
		return []error{fmt.Errorf(`when is a %v, not something that is the case or not: compare it, as in number(person) > 4`, t)}
	}
	if r.uses.camera && r.uses.picture {
		return []error{errors.New("when: what is wrong with the camera and what its picture shows do not go into one rule: make two")}
	}
	r.program = program
	return nil
}

package rules

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"linesman/event"
	"linesman/part"
	"linesman/scene"
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

// uses is what a rule speaks of.
type uses struct {
	groups  []string
	zones   []named
	lines   []named
	picture bool // what a camera's picture shows
	camera  bool // what is wrong with a camera
	instant bool // a crossing
	floor   bool // metres a second
	heard   []heardKey
}

// named is a name in a rule, and where it stands.
type named struct {
	name   string
	column int
}

// heardKey is one kind of event that a rule reads of one subject.
type heardKey struct {
	typ     event.Type
	subject string
}

// fit refuses a camera that lacks what a rule names.
func (u *uses) fit(id part.CameraID, s *scene.Settings) error {
	for _, z := range u.zones {
		if _, ok := s.Zones[z.name]; !ok {
			return fmt.Errorf("when, column %d: camera %s has no zone %q%s", z.column, id, z.name, meant(z.name, slices.Sorted(maps.Keys(s.Zones))))
		}
	}
	for _, l := range u.lines {
		if _, ok := s.Lines[l.name]; !ok {
			return fmt.Errorf("when, column %d: camera %s has no line %q%s", l.column, id, l.name, meant(l.name, slices.Sorted(maps.Keys(s.Lines))))
		}
	}
	if u.floor && !s.Floor.Known() {
		return fmt.Errorf("camera %s has no floor, so m/s are not to be had: add floor: with four points, or say heights/s", id)
	}
	return nil
}

// nowhere says why no camera fits: of names that no camera has, with the nearest
// one.
func (u *uses) nowhere(site *Site, missing error) error {
	zones, lines := map[string]bool{}, map[string]bool{}
	for _, s := range site.Cameras {
		for z := range s.Zones {
			zones[z] = true
		}
		for l := range s.Lines {
			lines[l] = true
		}
	}
	for _, z := range u.zones {
		if !zones[z.name] {
			return fmt.Errorf("when, column %d: no camera has a zone %q%s", z.column, z.name, meant(z.name, slices.Sorted(maps.Keys(zones))))
		}
	}
	for _, l := range u.lines {
		if !lines[l.name] {
			return fmt.Errorf("when, column %d: no camera has a line %q%s", l.column, l.name, meant(l.name, slices.Sorted(maps.Keys(lines))))
		}
	}
	return missing
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
	if t := program.Node().Type(); t != reflect.TypeFor[bool]() && t != reflect.TypeFor[group]() {
		return []error{fmt.Errorf(`when is a %v, not something that is the case or not: compare it, as in number(person) > 4`, t)}
	}
	if r.uses.camera && r.uses.picture {
		return []error{errors.New("when: what is wrong with the camera and what its picture shows do not go into one rule: make two")}
	}
	r.program = program
	return nil
}

// reader goes through the terms of a rule: it checks names, reads what stands in
// quotes, and turns people and things into yes or no where that is asked for.
type reader struct {
	site *Site
	uses *uses
	errs []error
}

func (v *reader) refuse(n ast.Node, format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf("when, column %d: "+format, append([]any{n.Location().From + 1}, args...)...))
}

// Visit takes a node whose children have been visited.
func (v *reader) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		v.name(n)
	case *ast.MemberNode:
		v.member(n)
	case *ast.CallNode:
		v.call(n)
	case *ast.BuiltinNode:
		v.refuse(n, "nobody knows what %q is%s", n.Name, meant(n.Name, slices.Sorted(maps.Keys(termsByName))))
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			v.not(node, n)
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&", "or", "||":
			v.truth(&n.Left)
			v.truth(&n.Right)
		case "in":
			v.within(node, n)
		default:
			for _, side := range []ast.Node{n.Left, n.Right} {
				if isGroup(side) {
					v.refuse(side, "people can not be compared by %s; number(...) counts them", n.Operator)
				}
			}
		}
	}
}

// isGroup reports whether a node stands for people or things.
func isGroup(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return isGroupName(n.Value)
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.IdentifierNode)
		return ok && (callee.Value == withinName || callee.Value == outsideName || termsByName[callee.Value].group)
	}
	return false
}

// The terms that a reader puts in by itself.
const (
	withinName  = "in_zone"
	outsideName = "out_of_zone"
	truthName   = "any_of"
)

func (v *reader) name(n *ast.IdentifierNode) {
	_, isTerm := termsByName[n.Value]
	switch {
	case isGroupName(n.Value):
		v.uses.picture = true
		if !slices.Contains(v.uses.groups, n.Value) {
			v.uses.groups = append(v.uses.groups, n.Value)
		}
	case n.Value == "camera":
		v.uses.camera = true
	case !isTerm:
		names := append(slices.Sorted(maps.Keys(termsByName)), groupNames...)
		v.refuse(n, "nobody knows what %q is%s", n.Value, meant(n.Value, append(names, "camera", "and", "or", "not")))
	}
}

func (v *reader) member(n *ast.MemberNode) {
	of, ok := n.Node.(*ast.IdentifierNode)
	field, named := n.Property.(*ast.StringNode)
	if !ok || of.Value != "camera" || !named {
		v.refuse(n, "only camera has something after a dot, such as camera.covered")
		return
	}
	var fields []string
	for f := range reflect.TypeFor[CameraState]().Fields() {
		fields = append(fields, f.Tag.Get("expr"))
	}
	if !slices.Contains(fields, field.Value) {
		v.refuse(n, "a camera is not %q%s: want %s", field.Value, meant(field.Value, fields), strings.Join(fields, ", "))
	}
}

// within turns person in zone("dock") into a call.
func (v *reader) within(node *ast.Node, n *ast.BinaryNode) {
	if right, ok := n.Right.(*ast.CallNode); !isGroup(n.Left) || !ok || right.Callee.String() != "zone" {
		v.refuse(n, `in stands between people or things and a zone, as in person in zone("dock")`)
		return
	}
	ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: withinName}, Arguments: []ast.Node{n.Left, n.Right}})
}

// not tells person not in zone("dock"), those who are elsewhere, from
// not (person in zone("dock")), nobody there: the word stands after the person, or
// before.
func (v *reader) not(node *ast.Node, n *ast.UnaryNode) {
	call, ok := n.Node.(*ast.CallNode)
	if ok && call.Callee.String() == withinName && n.Location().From > call.Arguments[0].Location().From {
		ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: outsideName}, Arguments: call.Arguments})
		return
	}
	v.truth(&n.Node)
}

// truth makes people or things a yes if there are any.
func (v *reader) truth(node *ast.Node) {
	if isGroup(*node) {
		ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: truthName}, Arguments: []ast.Node{*node}})
	}
}

func (v *reader) call(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		v.refuse(n, "this can not be called")
		return
	}
	t, ok := termsByName[callee.Value]
	if !ok {
		return // the name itself has been refused
	}
	if len(n.Arguments) != len(t.args) {
		v.refuse(n, "%s takes %d things in its brackets, not %d: %s", callee.Value, len(t.args), len(n.Arguments), t.like)
		return
	}
	for i, k := range t.args {
		v.argument(&n.Arguments[i], k, callee.Value, t.like)
	}
	switch callee.Value {
	case "crossed":
		v.uses.instant = true
	case "last":
		v.heard(n)
	}
}

// argument checks one argument, and reads what stands in quotes.
func (v *reader) argument(node *ast.Node, k kind, callee, like string) {
	n := *node
	switch k {
	case aGroup:
		if !isGroup(n) {
			v.refuse(n, "%s wants people or things first: %s", callee, like)
		}
		return
	case aPlace:
		if call, ok := n.(*ast.CallNode); !isGroup(n) && !(ok && call.Callee.String() == "zone") {
			v.refuse(n, `%s wants people, things or zone("...") second: %s`, callee, like)
		}
		return
	}
	s, ok := n.(*ast.StringNode)
	if !ok {
		v.refuse(n, "%s wants this in quotes: %s", callee, like)
		return
	}
	if err := v.quoted(node, k, s.Value); err != nil {
		v.refuse(n, "%w", err)
	}
}

// quoted reads what stands in quotes.
func (v *reader) quoted(node *ast.Node, k kind, text string) error {
	choose := func(what string, names []string) error {
		if slices.Contains(names, text) {
			return nil
		}
		return fmt.Errorf("there is no %s %q%s: there are %s", what, text, meant(text, names), strings.Join(names, ", "))
	}
	constant := func(value any, err error) error {
		ast.Patch(node, &ast.ConstantNode{Value: value})
		return err
	}
	switch k {
	case aZone:
		v.uses.picture = true
		v.uses.zones = append(v.uses.zones, named{text, (*node).Location().From + 1})
	case aLine:
		v.uses.picture = true
		v.uses.lines = append(v.uses.lines, named{text, (*node).Location().From + 1})
	case aSpace:
		return choose("closed space", v.site.Spaces)
	case aBelt:
		if v.site.Lines != nil {
			return choose("line", texts(v.site.Lines))
		}
	case aHeading:
		return choose("way", []string{"up", "down", "left", "right"})
	case aWay:
		return choose("way over a line", []string{"in", "out"})
	case anItem:
		return choose("item of dress", []string{"helmet", "vest", "mask"})
	case aDuration:
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 || d > longestTime {
			err = fmt.Errorf("%q is no time: want such as 30s or 5m", text)
		}
		return constant(d, err)
	case aDistance:
		d, unit, err := quantity(text, "m")
		_ = unit
		return constant(d, err)
	case aPace:
		p, unit, err := quantity(text, "m/s", "heights/s")
		v.uses.floor = v.uses.floor || unit == "m/s"
		return constant(pace{p, unit == "m/s"}, err)
	case aType:
		return choose("event", eventTypes())
	}
	return nil
}

// quantity reads a number with one of the units.
func quantity(text string, units ...string) (value float64, unit string, err error) {
	for _, u := range units {
		number, ok := strings.CutSuffix(text, u)
		if !ok {
			continue
		}
		value, err = strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err == nil && value > 0 && value < 1000 {
			return value, u, nil
		}
	}
	return 0, "", fmt.Errorf("%q: want a number and its unit, %s, such as 2 %s", text, strings.Join(units, " or "), units[0])
}

// eventTypes are the types of events by the names that people use.
func eventTypes() (names []string) {
	for _, p := range event.Payloads() {
		names = append(names, shortType(p.EventType()))
	}
	return names
}

func shortType(t event.Type) string {
	return strings.TrimSuffix(strings.TrimPrefix(string(t), "linesman."), ".v1")
}

// heard notes which event a rule reads.
func (v *reader) heard(n *ast.CallNode) {
	typ, ok1 := n.Arguments[0].(*ast.StringNode)
	subject, ok2 := n.Arguments[1].(*ast.StringNode)
	if ok1 && ok2 {
		v.uses.heard = append(v.uses.heard, heardKey{event.Type("linesman." + typ.Value + ".v1"), subject.Value})
	}
}

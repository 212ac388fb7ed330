package rules

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

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
			v.uses.lack = v.uses.lack || !(n.Operator == ">" || n.Operator == ">=")
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
	v.uses.lack = true
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
	case "came":
		v.uses.came = true
	case "unsure":
		v.uses.lack = true
	case "last":
		v.told(n)
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

package rules

import (
	"cmp"
	"slices"

	"github.com/expr-lang/expr/ast"

	"linesman/event"
)

// firm is why a rule's alerts are raised even where what they are about was known
// to be mistaken; "" where they need not be.
type firm string

// firmly says it of a rule: a line that is held, or whose parts are marked, is not
// let run by what people said of other pictures, and neither is what is critical
// left out. A rule that holds because something is not there holds the more when a
// thing is taken away.
func (r *Rule) firmly() firm {
	switch {
	case slices.ContainsFunc(r.Then, func(a Action) bool { return a.Do == "hold" || a.Do == "suspect" }):
		return "its rule asks something of a line"
	case r.severity >= event.Critical:
		return "its rule is critical"
	case !r.uses.picture:
		return "it is about nothing that a camera shows"
	}
	return r.uses.beyond
}

// of says it of an alert.
func (f firm) of(a *Alert) string {
	switch {
	case f != "":
		return string(f)
	case len(a.Things) == 0:
		return "it is about nothing that can be looked at"
	case slices.ContainsFunc(a.Things, func(t Thing) bool { return t.Label == "fire" || t.Label == "smoke" }):
		return "it is about fire or smoke"
	}
	return ""
}

// Why a condition may hold though nothing is there of what an alert says that it is
// about.
const (
	maybeLacking firm = "its rule may hold because something is not there"
	maybeOther   firm = "its rule has an or: it may hold for something else, too"
)

// beyond says how a condition may be the case without the things that an alert
// names, "" if it can not. Only what is known to grow with what is there, and with
// nothing else, can not: people or things, how many are more than a number, and
// these by and. Of an or that holds by its first half the second was never looked at.
func beyond(node ast.Node) firm {
	switch n := node.(type) {
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&":
			return cmp.Or(beyond(n.Left), beyond(n.Right))
		case "or", "||":
			return maybeOther
		case ">", ">=":
			if _, least := n.Right.(*ast.IntegerNode); least {
				return beyond(n.Left)
			}
		}
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.IdentifierNode)
		if ok && (callee.Value == truthName || callee.Value == "number" || callee.Value == "runs" || isGroup(n)) {
			return ""
		}
	case *ast.IdentifierNode:
		if isGroup(n) {
			return ""
		}
	}
	return maybeLacking
}

// thing is a member as an alert tells of it.
func (m *member) thing() Thing {
	t := Thing{Label: m.label, Box: m.box}
	if m.track != nil {
		t.Track, t.Score = m.track.Number, m.track.Score
	}
	return t
}

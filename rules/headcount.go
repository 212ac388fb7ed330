package rules

import (
	"math"
	"slices"
	"time"

	"github.com/expr-lang/expr/ast"
)

// mostSupposed bounds with how many counts a rule is tried while nobody can tell how
// many are in its spaces; one that would need more can not be told.
const mostSupposed = 4096

// supposing evaluates a rule's condition. While nobody can tell how many are in a
// closed space that it speaks of, it is tried with every count that could make a
// difference, from the fewest there can be: where all give the same answer that is
// the answer, else unknown says why there is none.
func (e *Engine) supposing(r *Rule) (is bool, unknown string) {
	var dark []string
	for _, s := range r.uses.spaces {
		if why := e.heads[s].Unknown; why != "" && !slices.Contains(dark, s) {
			dark, unknown = append(dark, s), "how many are in "+s+" is not known: "+why
		}
	}
	if len(dark) == 0 {
		return e.answer(r), ""
	}
	defer clear(e.supposed)
	counts, tries := make([][]int, len(dark)), 1
	for i, s := range dark {
		counts[i] = e.counts(r, s)
		if tries *= len(counts[i]); tries > mostSupposed {
			return false, unknown
		}
	}
	for n := range tries { // the fewest of all come last: an alert's words are of them
		rest := tries - 1 - n
		for i, s := range dark {
			e.supposed[s] = counts[i][rest%len(counts[i])]
			rest /= len(counts[i])
		}
		answer := e.answer(r)
		if n > 0 && answer != is {
			return false, unknown
		}
		is = answer
	}
	return is, ""
}

// counts are those of a space that could make a difference to a rule, the fewest
// first: those around each number that it names or may hold the count against.
func (e *Engine) counts(r *Rule, space string) []int {
	least := e.heads[space].Now
	out := []int{least, least + 1}
	around := slices.Clone(r.uses.counts)
	for _, s := range r.uses.spaces {
		around = append(around, e.heads[s].Now)
	}
	for _, n := range around {
		for _, c := range []int{n - 1, n, n + 1} {
			if c > least {
				out = append(out, c)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// numbers are the numbers that stand in a condition, rounded down.
func numbers(node ast.Node) (out []int) {
	ast.Walk(&node, visit(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.IntegerNode:
			out = append(out, n.Value)
		case *ast.FloatNode:
			if v := math.Floor(n.Value); v > -1e6 && v < 1e6 {
				out = append(out, int(v))
			}
		}
	}))
	slices.Sort(out)
	return slices.Compact(out)
}

// visit is a visitor of an expression's nodes.
type visit func(ast.Node)

// Visit looks at one node.
func (v visit) Visit(node *ast.Node) { v(*node) }

// untold keeps what stands of a rule of which nobody can tell whether it holds, and
// says why. What was not yet raised begins anew.
func (e *Engine) untold(at shelf, m *Moment, h *condition, one *member, why string) []Change {
	if h == nil {
		return nil
	}
	h.follow(one, e.turn)
	if !h.raised {
		e.drop(at, h)
		return nil
	}
	h.ended = time.Time{}
	if h.alert.Unseen == why {
		return nil
	}
	h.alert.Unseen = why
	return []Change{{Updated, m.At, h.alert}}
}

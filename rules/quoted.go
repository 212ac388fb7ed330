package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"linesman/event"
)

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
		v.uses.spaces = append(v.uses.spaces, text)
		return choose("closed space", v.site.Spaces)
	case aBelt:
		if m, ok := v.site.Machines[text]; ok {
			v.uses.heard = append(v.uses.heard, m.about)
		}
		return v.site.checkBelt(text)
	case aHeading:
		return choose("way", []string{"up", "down", "left", "right"})
	case aWay:
		return choose("way over a line", []string{"in", "out"})
	case anItem:
		v.uses.items = append(v.uses.items, text)
		return choose("item of dress", []string{"helmet", "vest", "mask"})
	case aDuration:
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 || d > longestTime {
			err = fmt.Errorf("%q is no time: want such as 30s or 5m", text)
		}
		v.uses.longest = max(v.uses.longest, d)
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
		t, err := EventType(text)
		ast.Patch(node, &ast.StringNode{Value: string(t)})
		return err
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

// told notes which event a rule reads.
func (v *reader) told(n *ast.CallNode) {
	typ, ok1 := n.Arguments[0].(*ast.StringNode)
	subject, ok2 := n.Arguments[1].(*ast.StringNode)
	if ok1 && ok2 {
		v.uses.heard = append(v.uses.heard, heardKey{event.Type(typ.Value), subject.Value})
	}
}

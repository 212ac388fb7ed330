package alarm

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Channel is one way to reach people: a driver and its options, which only the
// driver reads.
type Channel struct {
	Driver string

	options *ast.MappingNode
}

// UnmarshalYAML takes the options as they stand in the file.
func (c *Channel) UnmarshalYAML(node ast.Node) error {
	at := node.GetToken().Position
	rest := ast.Mapping(node.GetToken(), false)
	var values []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		return fmt.Errorf("[%d:%d] want a mapping with driver: and its options", at.Line, at.Column)
	}
	for _, v := range values {
		if v.Key.String() != "driver" {
			rest.Values = append(rest.Values, v)
		} else if err := yaml.NodeToValue(v.Value, &c.Driver); err != nil {
			return err
		}
	}
	if c.Driver == "" {
		return fmt.Errorf("[%d:%d] driver: is missing", at.Line, at.Column)
	}
	c.options = rest
	return nil
}

// Options reads the driver's options into its own type. Unknown keys are
// refused with line and column.
func (c Channel) Options(into any) error {
	if c.options == nil || len(c.options.Values) == 0 {
		return nil
	}
	if err := yaml.NodeToValue(c.options, into, yaml.Strict()); err != nil {
		return errors.New(yaml.FormatError(err, false, true))
	}
	return nil
}

// ParseChannel reads a channel from YAML by itself, as the samples of drivers
// are.
func ParseChannel(text []byte) (Channel, error) {
	var c Channel
	err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict())
	return c, err
}

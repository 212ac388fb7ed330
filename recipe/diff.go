package recipe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Diff says what differs between two recipes, a row a setting: its name as in the
// file, with dots, what it was and what it is. Comments are no difference.
func Diff(before, after []byte) ([]string, error) {
	was, err := settings(before)
	if err != nil {
		return nil, err
	}
	is, err := settings(after)
	if err != nil {
		return nil, err
	}
	names := maps.Clone(was)
	maps.Copy(names, is)
	var rows []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, had := was[name]
		b, has := is[name]
		switch {
		case !had:
			rows = append(rows, fmt.Sprintf("+ %s: %s", name, b))
		case !has:
			rows = append(rows, fmt.Sprintf("- %s: %s", name, a))
		case a != b:
			rows = append(rows, fmt.Sprintf("  %s: %s -> %s", name, a, b))
		}
	}
	return rows, nil
}

// settings lists a file's values by their dotted names.
func settings(text []byte) (map[string]string, error) {
	var all map[string]any
	if err := yaml.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s", yaml.FormatError(err, false, true))
	}
	out := map[string]string{}
	flatten(out, "", all)
	return out, nil
}

func flatten(out map[string]string, name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			flatten(out, strings.TrimPrefix(name+"."+k, "."), inner)
		}
	case []any:
		for i, inner := range v {
			flatten(out, fmt.Sprintf("%s[%d]", name, i), inner)
		}
	default:
		out[name] = fmt.Sprint(v)
	}
}

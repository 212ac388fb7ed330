package event

import (
	"embed"
	"strings"
)

// The schemas are drawn from the payload types by the package's tests:
// go test ./event -run TestSchemas -update
//
//go:generate go test . -run TestSchemas -update
//go:embed schema
var schemas embed.FS

// Schema returns the JSON Schema (2020-12) of a type's data; ok is false for a
// type that is not ours.
func Schema(t Type) (schema []byte, ok bool) {
	name := string(t)
	if !strings.HasPrefix(name, "linesman.") || strings.ContainsAny(name, "/\\") {
		return nil, false
	}
	schema, err := schemas.ReadFile("schema/" + name + ".json")
	return schema, err == nil
}

// SchemaID is the $id of a type's schema, and the dataschema of its events.
func SchemaID(t Type) string { return "urn:linesman:schema:" + string(t) }

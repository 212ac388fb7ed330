package event_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"linesman/event"
)

var update = flag.Bool("update", false, "write the schemas anew")

// node is one JSON Schema; its fields stand in the order they are printed.
type node struct {
	Schema      string           `json:"$schema,omitempty"`
	ID          string           `json:"$id,omitempty"`
	Title       string           `json:"title,omitempty"`
	Description string           `json:"description,omitempty"`
	Type        string           `json:"type"`
	Format      string           `json:"format,omitempty"`
	Enum        []string         `json:"enum,omitempty"`
	Minimum     *int             `json:"minimum,omitempty"`
	Required    []string         `json:"required,omitempty"`
	Properties  map[string]*node `json:"properties,omitempty"`
	Items       *node            `json:"items,omitempty"`
}

// comments are what the source says of each type and field, by "Type" and
// "Type.Field".
func comments(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range decl.Specs {
				spec, ok := s.(*ast.TypeSpec)
				if !ok {
					continue
				}
				out[spec.Name.Name] = strings.Join(strings.Fields(decl.Doc.Text()), " ")
				fields, ok := spec.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, f := range fields.Fields.List {
					for _, name := range f.Names {
						out[spec.Name.Name+"."+name.Name] = strings.TrimSpace(f.Doc.Text() + f.Comment.Text())
					}
				}
			}
		}
	}
	return out
}

// draw makes the schema of a Go type.
func draw(t *testing.T, typ reflect.Type, says map[string]string) *node {
	t.Helper()
	zero := 0
	switch typ.Kind() {
	case reflect.String:
		return &node{Type: "string"}
	case reflect.Bool:
		return &node{Type: "boolean"}
	case reflect.Float32, reflect.Float64:
		return &node{Type: "number"}
	case reflect.Int, reflect.Int64, reflect.Int32:
		return &node{Type: "integer"}
	case reflect.Uint, reflect.Uint64, reflect.Uint32:
		return &node{Type: "integer", Minimum: &zero}
	case reflect.Slice:
		return &node{Type: "array", Items: draw(t, typ.Elem(), says)}
	}
	if typ == reflect.TypeFor[time.Time]() {
		return &node{Type: "string", Format: "date-time"}
	}
	if typ.Kind() != reflect.Struct {
		t.Fatalf("%s: a payload holds only plain types", typ)
	}
	n := &node{Type: "object", Description: says[typ.Name()], Properties: map[string]*node{}}
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || !f.IsExported() {
			t.Fatalf("%s.%s has no JSON name", typ, f.Name)
		}
		child := draw(t, f.Type, says)
		if child.Description = says[typ.Name()+"."+f.Name]; child.Description == "" {
			t.Errorf("%s.%s: say what it is, beside it", typ, f.Name)
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			child.Enum = strings.Split(enum, ",")
		}
		if !strings.Contains(options, "omit") {
			n.Required = append(n.Required, name)
		}
		n.Properties[name] = child
	}
	return n
}

// TestSchemas holds the committed schemas equal to the Go types. A change that
// takes a field away or narrows it needs a new version of the type.
func TestSchemas(t *testing.T) {
	says := comments(t)
	want := map[string]bool{}
	for _, p := range event.Payloads() {
		typ := p.EventType()
		n := draw(t, reflect.TypeOf(p), says)
		n.Schema, n.ID, n.Title = "https://json-schema.org/draft/2020-12/schema", event.SchemaID(typ), string(typ)
		text, err := json.MarshalIndent(n, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, '\n')
		path := filepath.Join("schema", string(typ)+".json")
		want[filepath.Base(path)] = true
		if *update {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s differs from %T: go generate ./event, and look at the difference (%v)", path, p, err)
		}
	}
	files, err := os.ReadDir("schema")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !want[f.Name()] {
			t.Errorf("schema/%s belongs to no payload", f.Name())
		}
	}
}

// fill sets every field of a payload to something.
func fill(v reflect.Value, enum string) {
	switch v.Kind() {
	case reflect.String:
		first, _, _ := strings.Cut(enum, ",")
		v.SetString(first)
		if enum == "" {
			v.SetString("x")
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Int, reflect.Int64:
		v.SetInt(-1)
	case reflect.Uint64:
		v.SetUint(1 << 63)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), "")
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1, 5).UTC()))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Tag.Get("enum"))
		}
	}
}

// TestPayloads holds that every payload, full or as empty as may be, obeys its
// schema and comes back as it went.
func TestPayloads(t *testing.T) {
	for _, p := range event.Payloads() {
		t.Run(string(p.EventType()), func(t *testing.T) {
			text, ok := event.Schema(p.EventType())
			if !ok {
				t.Fatal("no schema")
			}
			parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			c := jsonschema.NewCompiler()
			c.AssertFormat()
			if err := c.AddResource(event.SchemaID(p.EventType()), parsed); err != nil {
				t.Fatal(err)
			}
			schema, err := c.Compile(event.SchemaID(p.EventType()))
			if err != nil {
				t.Fatal(err)
			}
			check := func(data []byte) error {
				value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
				if err != nil {
					t.Fatal(err)
				}
				return schema.Validate(value)
			}
			full := reflect.New(reflect.TypeOf(p)).Elem()
			fill(full, "")
			e := event.New("/demo", "s", time.Unix(1, 0), full.Interface().(event.Payload))
			if err := check(e.Data); err != nil {
				t.Errorf("full: %v\n%s", err, e.Data)
			}
			back := reflect.New(reflect.TypeOf(p))
			if err := json.Unmarshal(e.Data, back.Interface()); err != nil || !reflect.DeepEqual(back.Elem().Interface(), full.Interface()) {
				t.Errorf("came back as %+v, %v", back.Elem(), err)
			}
			if err := check([]byte(`{}`)); err == nil {
				t.Error("the schema takes an empty object")
			}
			if err := e.Check(); err != nil {
				t.Errorf("the log would refuse it: %v", err)
			}
		})
	}
}

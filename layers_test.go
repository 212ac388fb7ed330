package linesman

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "linesman"

type row struct {
	room string
	may  []string
}

// house is the table of rooms in the order data flows, each with the rooms it
// may import. A room's name stands for all its packages except its drivers.
var house = []row{
	{"part", nil},
	{"camera", words("part")},
	{"vision", words("camera part")},
	{"models", words("vision part")},
	{"scene", words("part camera vision models")},
	{"event", nil},
	{"rules", words("part vision models scene event")},
	{"plc", words("part")},
	{"recipe", words("part vision models rules plc")},
	{"access", words("event")},
	{"people", words("event models")},
	{"alarm", words("event access")},
	{"proof", words("event part rules recipe access")},
	{"line", words("part camera vision models rules recipe plc alarm event access proof")},
	{"watch", words("part camera vision models scene people rules plc alarm event")},
	{"plant", words("event part")},
	{"config", words("part camera vision models scene event rules plc recipe access people alarm proof line watch plant")},
	{"ui", nil},
	{"api", words("part camera vision models scene event rules plc recipe access people alarm proof line watch plant config ui")},
	{"sim", words("camera part plc")},
	{"bench", words("part camera vision models scene event rules plc recipe access people alarm proof line watch plant config api ui sim")},
	{"cmd", words("part camera vision models scene event rules plc recipe access people alarm proof line watch plant config api ui sim bench")},
	{"examples", nil},
	{"scripts", nil},
}

// exceptions are arrows of single packages, beyond what their room may.
var exceptions = map[string][]string{
	"camera/sim":   {"sim"},
	"alarm/beacon": {"plc"},
	// The painter says where each part is in the words the locator uses.
	"sim/draw": {"vision"},
	// The codec is C, so it is a driver to everybody but these, which share it.
	"camera/rtsp": {"camera/codec"},
	"camera/file": {"camera/codec"},
	"sim/rtsp":    {"camera/codec"},
}

// drivers speak to one kind of outside thing. cmd and bench plug them in;
// nobody else may know that they exist.
var drivers = words(`camera/codec camera/rtsp camera/gige camera/usb camera/file camera/sim
	vision/cv models/onnx event/sqlite
	plc/modbus plc/opcua plc/s7 plc/gpio plc/off
	alarm/webpush alarm/webhook alarm/mail alarm/chat alarm/beacon
	sim/rtsp`)

// foreign says which packages may import other people's modules that decide
// how we build (C) or how we look from outside. "C" is cgo of our own.
var foreign = []struct {
	prefix string
	only   []string
}{
	{"C", words("vision/cv models/onnx event/sqlite event/sqlite/powertest camera/codec camera/rtsp camera/file camera/gige camera/usb sim/rtsp")},
	{"gocv.io/x/gocv", words("vision/cv")},
	{"github.com/yalue/onnxruntime_go", words("models/onnx")},
	{"github.com/mattn/go-sqlite3", words("event/sqlite")},
	{"github.com/asticode/go-astiav", words("camera/codec camera/rtsp camera/file sim/rtsp")},
	{"github.com/simonvetter/modbus", words("plc/modbus sim/controller")},
	{"github.com/gin-gonic/gin", words("api")},
	{"github.com/danielgtaylor/huma", words("api")},
}

// TestLayers reads the imports of every package and holds them against the
// table above. Test files may import what they need.
func TestLayers(t *testing.T) {
	packages := readPackages(t)
	if len(packages) < 5 {
		t.Fatalf("found %d packages, so this test is not looking at the tree", len(packages))
	}
	for from, imports := range packages {
		if !slices.ContainsFunc(house, func(r row) bool { return r.room == room(from) }) {
			t.Errorf("%s: room %q is not in the house; add a row to layers_test.go and a line to doc.go, or move the code to the room it belongs to", from, room(from))
			continue
		}
		for to, file := range imports {
			if why := forbidden(from, to); why != "" {
				t.Errorf("%s imports %q: %s", file, to, why)
			}
		}
	}
}

// TestForbidden shows that the table bites: a test of arrows alone would stay
// green if the check let everything through.
func TestForbidden(t *testing.T) {
	for _, c := range []struct {
		from, to string
		allowed  bool
	}{
		{"camera", "linesman/part", true},
		{"part", "linesman/camera", false},
		{"rules", "linesman/plc", false},
		{"plc", "linesman/rules", false},
		{"line", "linesman/plc", true},
		{"line", "linesman/plc/modbus", false},
		{"line", "linesman/event/evidence", true},
		{"line", "linesman/event/sqlite", false},
		{"config", "linesman/camera/rtsp", false},
		{"cmd/linesman", "linesman/camera/rtsp", true},
		{"bench", "linesman/event/sqlite", true},
		{"event", "linesman/part", false},
		{"event/sqlite", "linesman/event", true},
		{"plc/modbus", "linesman/plc", true},
		{"plc/modbus", "linesman/plc/off", false},
		{"models/teach", "linesman/models/anomaly", true},
		{"models/teach", "linesman/models/onnx", false},
		{"models/onnx", "linesman/vision", true},
		{"camera/sim", "linesman/sim/draw", true},
		{"camera/file", "linesman/sim", false},
		{"camera/file", "linesman/camera/codec", true},
		{"camera", "linesman/camera/codec", false},
		{"alarm/beacon", "linesman/plc", true},
		{"alarm/mail", "linesman/plc", false},
		{"line", "linesman/sim", false},
		{"sim/controller", "linesman/plc", true},
		{"sim/controller", "linesman/rules", false},
		{"plc", "linesman/plc/plctest", false},
		{"api/apitest/canned", "linesman/api/apitest", true},
		{"api", "linesman/line", true},
		{"line", "linesman/api", false},
		{"vision/cv", "gocv.io/x/gocv", true},
		{"vision", "gocv.io/x/gocv", false},
		{"models/teach", "github.com/yalue/onnxruntime_go", false},
		{"line", "C", false},
		{"line", "github.com/google/uuid", true},
		{"line", "os/exec", true},
	} {
		if why := forbidden(c.from, c.to); (why == "") != c.allowed {
			t.Errorf("%s -> %s: allowed is %t (%s), want %t", c.from, c.to, why == "", why, c.allowed)
		}
	}
}

// TestDocNamesTheRooms keeps doc.go, which people read, equal to the table,
// which the computer reads.
func TestDocNamesTheRooms(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range house {
		if row.room != "scripts" && !strings.Contains(string(doc), "//\t"+row.room+" ") {
			t.Errorf("doc.go has no line for room %q", row.room)
		}
	}
}

// forbidden says why a package (by its folder) may not import a path; empty if
// it may.
func forbidden(from, to string) string {
	for _, f := range foreign {
		if (to == f.prefix || strings.HasPrefix(to, f.prefix+"/")) && !slices.Contains(f.only, from) && room(from) != "scripts" {
			return fmt.Sprintf("only %s may", strings.Join(f.only, ", "))
		}
	}
	to, ours := strings.CutPrefix(to, module+"/")
	switch {
	case !ours:
		return ""
	case slices.ContainsFunc(exceptions[from], func(e string) bool { return to == e || room(to) == e && !slices.Contains(drivers, to) }):
		return ""
	case forTests(to) && !forTests(from):
		return "a package for tests is imported by tests alone"
	case slices.Contains(drivers, to):
		if r := room(from); r != "cmd" && r != "bench" {
			return "a driver is known to cmd and bench alone; let cmd hand it in"
		}
		return ""
	case room(to) == room(from):
		return ""
	}
	for _, row := range house {
		if row.room == room(from) && !slices.Contains(row.may, room(to)) {
			return fmt.Sprintf("%s may import %s; if %s is really needed, perhaps the code stands in the wrong room", row.room, list(row.may), room(to))
		}
	}
	return ""
}

// readPackages returns, for every folder with Go code, what it imports and one
// file that does, tests left out. It reads the files itself: the go command's
// answer would depend on build tags, and on what its cache remembers.
func readPackages(t *testing.T) map[string]map[string]string {
	t.Helper()
	packages := map[string]map[string]string{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); file != "." && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules" || name == "dist") {
				return fs.SkipDir
			}
			return nil
		}
		folder := filepath.ToSlash(filepath.Dir(file))
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || folder == "." {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		if packages[folder] == nil {
			packages[folder] = map[string]string{}
		}
		for _, i := range parsed.Imports {
			to, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return fmt.Errorf("%s: import %s: %w", file, i.Path.Value, err)
			}
			packages[folder][to] = file
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

// room is the first folder of a path.
func room(folder string) string {
	first, _, _ := strings.Cut(folder, "/")
	return first
}

// forTests tells a package that serves tests, such as plc/plctest, by its name.
func forTests(folder string) bool {
	return slices.ContainsFunc(strings.Split(folder, "/"), func(name string) bool { return strings.HasSuffix(name, "test") })
}

func words(s string) []string { return strings.Fields(s) }

func list(rooms []string) string {
	if len(rooms) == 0 {
		return "no room of ours"
	}
	return "only " + strings.Join(rooms, ", ")
}

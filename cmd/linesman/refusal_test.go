package main

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"linesman/config"
	"linesman/models/weights"
)

// TestRefusals gives run and check sites that can not work: each ends with one
// error that names the thing and the cure, and leaves nothing open behind it.
func TestRefusals(t *testing.T) {
	model := taught(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	replace := func(file, from, to string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			alter(t, filepath.Join(dir, file), func(text string) string { return strings.Replace(text, from, to, 1) })
		}
	}
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, dir string)
		says  []string
		late  bool // found when it opens, not when it is checked
	}{
		{"unknown key of the site", replace("site.yaml", "min_pitch_mm", "min_pich_mm"), []string{"site.yaml", "[7:5]", "min_pich_mm"}, false},
		{"unknown key of the camera", replace("site.yaml", "product: caps", "produkt: caps"), []string{"[3:30]", "produkt"}, false},
		{"unknown key of the recipe", replace("recipe.yaml", "model:", "modell:"), []string{"recipe.yaml", "[4:1]"}, false},
		{"exposure x speed", replace("site.yaml", "exposure: 40us", "exposure: 4ms"), []string{"smears the picture over 40.00 pixels", "expose no longer than"}, false},
		{"encoder uncertainty", replace("site.yaml", "per_mm: 4", "per_mm: 4, uncertainty: 60"), []string{"uncertainty of 15.00 mm", "use a finer encoder"}, false},
		{"no model", func(t *testing.T, dir string) { must(t, os.RemoveAll(filepath.Join(dir, "model"))) }, []string{"no card.yaml there", "linesman teach"}, false},
		{"a truncated network", func(t *testing.T, dir string) {
			alter(t, filepath.Join(dir, "model", "model.onnx"), func(text string) string { return text[:len(text)/2] })
		}, []string{"model.onnx was altered or damaged", "teach it anew"}, false},
		{"another network", func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "model", "model.onnx"), weights.Quick.Graph, 0o644))
		}, []string{"model.onnx was altered or damaged", "copy the folder again"}, false},
		{"a threshold raised by hand", func(t *testing.T, dir string) {
			alter(t, filepath.Join(dir, "model", "card.yaml"), func(text string) string { return strings.Replace(text, "threshold:", "threshold: 9 #", 1) })
		}, []string{"card.yaml was altered"}, false},
		{"a log that another appliance writes", func(t *testing.T, dir string) {
			a, err := openAppliance(load(t, dir), slog.New(slog.DiscardHandler))
			must(t, err)
			t.Cleanup(a.close)
		}, []string{"in use by process"}, true},
		{"an address that is taken", replace("site.yaml", "127.0.0.1:0", taken.Addr().String()), []string{taken.Addr().String(), "change listen"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			v := victim{t: t, model: "model", mode: "queue", dir: dir, plcAddress: "127.0.0.1:1", framesAddress: "127.0.0.1:2"}
			v.writeSite()
			must(t, os.CopyFS(filepath.Join(dir, "model"), os.DirFS(model)))
			path := SiteFlag{filepath.Join(dir, "site.yaml")}
			if err := (&CheckCmd{SiteFlag: path}).Run(t.Context()); err != nil {
				t.Fatalf("before anything was spoilt: %v", err)
			}
			c.spoil(t, dir)
			errs := map[string]error{"run": (&RunCmd{SiteFlag: path}).Run(t.Context())}
			if !c.late {
				errs["check"] = (&CheckCmd{SiteFlag: path}).Run(t.Context())
			}
			for command, err := range errs {
				if err == nil {
					t.Errorf("%s took it", command)
					continue
				}
				for _, says := range c.says {
					if !strings.Contains(err.Error(), says) {
						t.Errorf("%s says %q; want %q in it", command, err, says)
					}
				}
			}
		})
	}
}

// alter changes a text file, and fails where that changes nothing.
func alter(t *testing.T, path string, change func(string) string) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	changed := change(string(text))
	if changed == string(text) {
		t.Fatalf("nothing to alter in %s", path)
	}
	must(t, os.WriteFile(path, []byte(changed), 0o644))
}

func load(t *testing.T, dir string) *config.Site {
	t.Helper()
	site, err := config.Load(filepath.Join(dir, "site.yaml"))
	must(t, err)
	return site
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

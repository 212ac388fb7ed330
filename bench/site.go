package bench

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"linesman/config"
	"linesman/line"
	"linesman/part"
	"linesman/recipe"
	"linesman/sim"
)

// response is that of a drawn line's valves.
const response = 12 * time.Millisecond

// DrawnSite is what a drawn line's site file says beside the line.
type DrawnSite struct {
	Name    string
	Listen  string // "host:port" of the page
	Cameras string // further rows under cameras:, indented
	More    string // further parts of the file, from the first column
	// SpeedMMs is the belt's; at most fastest unless set.
	SpeedMMs float64
}

// Write writes site.yaml and recipe.yaml of a drawn line into dir, which is
// made if absent. The recipe's model is dir/model.
func (d DrawnSite) Write(dir string, l sim.Layout) error {
	lanes := make([]string, l.Lanes)
	for i := range lanes {
		lanes[i] = fmt.Sprint(i + 1)
	}
	window, pitch := 14.0, 0.8*l.PitchMM
	if l.StepMM > 0 {
		window, pitch = 8, l.DiameterMM
	}
	most := max(fastest, 100*math.Ceil(d.SpeedMMs/95)) // with room for a belt that gains a little
	deadline := min(250*time.Millisecond, time.Duration((l.GateMM-l.CameraMM)/most*float64(time.Second))-response).Truncate(time.Millisecond)
	site := fmt.Sprintf(`site: %s
listen: %s
cameras:
  top: {driver: sim, product: %s}
%scontrollers:
  plc-1: {driver: modbus, url: "tcp://127.0.0.1:1502", lanes: %d}
lines:
  %s-1:
    zero: trigger            # all distances are from here
    min_pitch_mm: %g
    max_mm_s: %g
    deadline: %v
    encoder: {controller: plc-1, point: encoder, per_mm: %g, bits: 32}
    views: [{camera: top, at_mm: %g, mm_per_px: %g, belt: +x, step_mm: %g, exposure: %v}]
    gates: [{at_mm: %g, lanes: [%s], controller: plc-1, mode: queue, point: pass, response: %v, window_mm: %g, confirm: ejected, confirm_mm: 40, exit: good_count, exit_mm: 60}]
    recipe: recipe.yaml
%s`, d.Name, d.Listen, l.Product, d.Cameras, l.Lanes, l.Product, pitch, most, deadline, l.PerMM, l.CameraMM, l.MMPerPx, l.StepMM, exposureAt(most), l.GateMM, strings.Join(lanes, ", "), response, window, d.More)
	rec := fmt.Sprintf("recipe: %s\nversion: 1\npart: {diameter_mm: %g, lanes: %d, lane_mm: %g}\nmodel: model\n", l.Product, l.DiameterMM, l.Lanes, l.LaneMM)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "recipe.yaml"), []byte(rec), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(site), 0o644)
}

// benchSite is the drawn line that a bench runs; its page is never opened.
var benchSite = DrawnSite{Name: "bench", Listen: "127.0.0.1:8080"}

// site is one line with its recipe, as a site file describes it.
type site struct {
	line     part.LineID
	settings line.Settings
	recipe   *recipe.Recipe
}

// loadSite reads a folder's site.yaml, which must have one line, and its recipe.
func loadSite(dir string) (site, error) {
	c, err := config.Load(filepath.Join(dir, "site.yaml"))
	if err != nil {
		return site{}, err
	}
	ids := c.LineIDs()
	if len(ids) != 1 {
		return site{}, fmt.Errorf("%s: a bench runs one line, the site has %v", dir, ids)
	}
	s := site{line: ids[0], settings: *c.Lines[ids[0]]}
	s.settings.Views = slices.Clone(s.settings.Views)
	if s.recipe, err = c.Recipe(s.line); err != nil {
		return site{}, err
	}
	if len(s.settings.Views) != 1 || s.settings.Gates[0].Mode != line.ModeQueue {
		return site{}, fmt.Errorf("%s: line %s: a bench runs one view and gates in queue mode", dir, s.line)
	}
	return s, nil
}

// retaught returns the site with its recipe reading the model taught in dir.
func (s site) retaught(dir string) site {
	r := *s.recipe
	r.Model = dir
	s.recipe = &r
	return s
}

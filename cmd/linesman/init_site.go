package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
)

// siteText is the site file: what was answered, what was found, and what is assumed,
// each row says which.
func (c *InitCmd) siteText(s found) []byte {
	lanes := make([]string, s.lanes)
	for i := range lanes {
		lanes[i] = fmt.Sprint(i + 1)
	}
	trigger := "each part triggers"
	if s.stepMM > 0 {
		trigger = "found: belt from picture to picture"
	}
	fastest := 100 * math.Ceil(headroom*s.mmS/100)
	speed := fmt.Sprintf("found: it ran at %.0f; the fastest it may run", s.mmS)
	if s.mmS < 1 {
		fastest, speed = 1000, "assumed: the fastest it may run"
	}
	dir, err := filepath.Abs(filepath.Dir(c.Site))
	name := plainPart(filepath.Base(dir))
	if err != nil || name == "" {
		name = "plant"
	}
	cam, _ := cameraAt(c.Camera) // was looked through
	return aligned(`# Written by linesman init. "given" was answered, "found" was measured at the
# line; look at what is "assumed". linesman check -c says what can not work.

site: %s
listen: %s # the page, for this box alone; 0.0.0.0:8080 lets the plant look
data: data                       # log and pictures; give it a disk of 100 GB

cameras:
  top:
    driver: %s
    %s

controllers:
  plc-1:
    driver: modbus
    url: %s
    lanes: %d                      # found

lines:
  %s-1:
    zero: trigger                # all distances are from here, with the belt
    min_pitch_mm: %g             # assumed: parts come no closer than they are long
    max_mm_s: %g                 # %s
    encoder:
      controller: plc-1
      point: encoder
      per_mm: %g                 # given
      bits: 32                   # assumed: of the counter
    views:
      - camera: top
        at_mm: %g                # given
        mm_per_px: %g            # found: %d x %d pixels, parts of %g mm
        belt: %s                 # given
        step_mm: %g              # %s
        exposure: %s             # given
    gates:
      - at_mm: %g                # given
        lanes: [%s]
        controller: plc-1
        mode: queue
        point: pass
        response: 12ms           # assumed: from output to moved valve
        window_mm: %g            # found: the controller's own
        confirm: ejected
        confirm_mm: 40           # assumed: bin sensor behind the gate (docs/plc.md)
        exit: good_count
        exit_mm: 60              # assumed: exit sensor behind the gate
    recipe: %s
`, name, c.Listen, cam.Name, cam.Options, c.Controller, s.lanes, c.Product, c.PartMM, fastest, speed, c.PerMM, c.CameraMM, s.mmPerPx, s.width, s.height, c.PartMM,
		c.Belt, s.stepMM, trigger, c.Exposure, c.GateMM, strings.Join(lanes, ", "), s.windowMM, filepath.Base(c.recipe()))
}

// recipeText is the recipe before anything was taught.
func (c *InitCmd) recipeText(s found) []byte {
	lane := ""
	if s.lanes > 1 {
		lane = fmt.Sprintf("\n  lane_mm: %g                    # found: from lane to lane", s.laneMM)
	}
	return aligned(`# What is a good part. Written by linesman init; its hash stands in every verdict,
# so each change is a new version.

recipe: %s
version: 1                       # raise it with every change
part:
  diameter_mm: %g                # given: largest extent
  lanes: %d                       # found: side by side across the belt%s
model: models/%s  # folder that linesman teach writes, from this file's folder
`, c.Product, c.PartMM, s.lanes, lane, c.Product)
}

// aligned fills in a text of YAML and sets the remarks behind its values in one column.
func aligned(format string, a ...any) []byte {
	lines := strings.Split(fmt.Sprintf(format, a...), "\n")
	for i, line := range lines {
		if value, remark, ok := strings.Cut(line, " # "); ok {
			lines[i] = fmt.Sprintf("%-32s # %s", strings.TrimRight(value, " "), remark)
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// plainPart is what of a folder's name may stand in a site's.
func plainPart(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", r) {
			return r
		}
		return '-'
	}, name), "-")
}

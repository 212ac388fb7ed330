package line

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"time"

	"linesman/part"
	"linesman/vision"
)

// Validate fills defaults and refuses what can not be meant.
func (s *Settings) Validate() error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Zero == "" {
		s.Zero = "trigger"
	}
	if s.Encoder.Bits == 0 {
		s.Encoder.Bits = 32
	}
	if s.Encoder.Uncertainty == 0 {
		s.Encoder.Uncertainty = 1
	}
	if s.Deadline == 0 {
		s.Deadline = Duration(250 * time.Millisecond)
	}
	if s.Workers == 0 {
		s.Workers = runtime.NumCPU()
	}
	if s.Recipe == "" {
		refuse("recipe is missing: name the recipe's file")
	}
	if s.Encoder.Bits != 16 && s.Encoder.Bits != 32 {
		refuse("encoder.bits is %d: want 16 or 32", s.Encoder.Bits)
	}
	if !(s.Encoder.PerMM > 0) {
		refuse("encoder.per_mm is %v: count the encoder's ticks over a metre of belt and divide by 1000", s.Encoder.PerMM)
	}
	if !(s.MinPitchMM > 0) {
		refuse("min_pitch_mm is %v: want the least distance from part to part in a lane", s.MinPitchMM)
	}
	if s.MaxSpeed == 0 {
		s.MaxSpeed = 2000
	}
	if s.Deadline < 0 || s.Workers < 0 || s.MaxSpeed < 0 {
		refuse("deadline, workers and max_mm_s must not be negative")
	}
	if len(s.Views) == 0 {
		refuse("views is empty: a line without a camera judges nothing")
	}
	if len(s.Gates) == 0 {
		refuse("gates is empty: nothing would ever be rejected")
	}
	for n, name := range s.Products {
		if n < 1 || n > math.MaxUint16 {
			refuse("products: %d is no number a register can ask by: count from 1 to %d", n, math.MaxUint16)
		}
		if name == "" || strings.Contains(name, "@") {
			refuse("products: %d is %q: want the name of a recipe, without a version", n, name)
		}
	}
	names := map[string]bool{}
	for i := range s.Views {
		errs = append(errs, s.validateView(i, names)...)
	}
	lanes := map[int]bool{}
	for i := range s.Gates {
		errs = append(errs, s.validateGate(i, lanes)...)
	}
	return errors.Join(errs...)
}

func (s *Settings) validateView(i int, names map[string]bool) (errs []error) {
	v := &s.Views[i]
	refuse := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("views[%d]: "+format, append([]any{i}, args...)...))
	}
	if v.Name == "" {
		v.Name = string(v.Camera)
	}
	if v.Belt == "" {
		v.Belt = "+x"
	}
	if v.Camera == "" {
		refuse("camera is missing")
	}
	if names[v.Name] {
		refuse("the name %q is taken by another view", v.Name)
	}
	names[v.Name] = true
	if !(v.MMPerPx > 0) {
		refuse("mm_per_px is %v: lay a ruler on the belt and divide", v.MMPerPx)
	}
	switch v.Belt {
	case "+x", "-x", "+y", "-y":
	default:
		refuse("belt is %q: want +x, -x, +y or -y, the direction of travel in the picture", v.Belt)
	}
	// The limits a site must keep, or no verdict could be trusted.
	if blur := time.Duration(v.Exposure).Seconds() * s.MaxSpeed / v.MMPerPx; blur > 0.5 {
		refuse("exposure %v at %.0f mm/s smears the picture over %.2f pixels (at most 0.5): expose no longer than %v, or lower max_mm_s",
			time.Duration(v.Exposure), s.MaxSpeed, blur, time.Duration(0.5*v.MMPerPx/s.MaxSpeed*1e9).Round(time.Microsecond))
	}
	return errs
}

func (s *Settings) validateGate(i int, lanes map[int]bool) (errs []error) {
	g := &s.Gates[i]
	refuse := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("gates[%d]: "+format, append([]any{i}, args...)...))
	}
	if g.Mode == "" {
		g.Mode = ModeQueue
	}
	if g.Mode != ModeQueue && g.Mode != ModePulse {
		refuse("mode is %q: want queue or pulse", g.Mode)
	}
	if g.Controller == "" {
		refuse("controller is missing")
	}
	if g.Mode == ModePulse && g.Point == "" {
		refuse("point is missing: pulse mode sets it")
	}
	if len(g.Lanes) == 0 {
		refuse("lanes is empty: list the lanes this gate closes")
	}
	for _, n := range g.Lanes {
		if n < 1 || n > 64 {
			refuse("lane %d: lanes count from 1 to 64", n)
		}
		if lanes[n] {
			refuse("lane %d has another gate", n)
		}
		lanes[n] = true
	}
	for _, v := range s.Views {
		if g.AtMM <= v.AtMM {
			refuse("at_mm %.0f is not beyond view %s at %.0f mm: a part must be seen before its gate", g.AtMM, v.Name, v.AtMM)
		}
		if room := (g.AtMM - v.AtMM) / s.MaxSpeed; room < s.Deadline.D().Seconds()+g.Response.D().Seconds() {
			refuse("from view %s a part takes %.0f ms to the gate at %.0f mm/s, less than deadline %v + response %v: move the gate, slow the belt or shorten the deadline",
				v.Name, 1000*room, s.MaxSpeed, s.Deadline.D(), g.Response.D())
		}
	}
	if !(g.WindowMM > 0) {
		refuse("window_mm is %v: want the belt travel a pass stays open", g.WindowMM)
	}
	// Two parts a pitch apart must never share one opening, however wrong the
	// positions are: the gap is what the window leaves of the pitch.
	if s.Encoder.PerMM > 0 {
		if gap, off := s.MinPitchMM-g.WindowMM, s.Encoder.Uncertainty/s.Encoder.PerMM; off > gap/2 {
			refuse("the encoder's uncertainty of %.2f mm is more than half the %.2f mm that window_mm %.1f leaves of min_pitch_mm %.1f: narrow the window or use a finer encoder",
				off, math.Max(gap, 0), g.WindowMM, s.MinPitchMM)
		}
	}
	return errs
}

// gateOf returns the gate of a lane, or nil.
func (s *Settings) gateOf(lane int) *Gate {
	for i := range s.Gates {
		for _, n := range s.Gates[i].Lanes {
			if n == lane {
				return &s.Gates[i]
			}
		}
	}
	return nil
}

// lanes returns the highest lane that has a gate.
func (s *Settings) lanes() int {
	n := 0
	for _, g := range s.Gates {
		for _, l := range g.Lanes {
			n = max(n, l)
		}
	}
	return n
}

// gateTick returns where a part is due whose centre stands offset mm ahead of
// the picture's centre, in the direction of travel, at the given position.
func (s *Settings) gateTick(v *View, g *Gate, at part.Tick, offsetMM float64) part.Tick {
	return at.Add(int64(math.Round((g.AtMM - v.AtMM - offsetMM) * s.Encoder.PerMM)))
}

// ahead returns how far a place in the picture lies ahead of its centre, mm.
func (v *View) ahead(x, y float64, width, height int) float64 {
	dx, dy := (x-float64(width)/2)*v.MMPerPx, (y-float64(height)/2)*v.MMPerPx
	switch v.Belt {
	case "-x":
		return -dx
	case "+y":
		return dy
	case "-y":
		return -dy
	default:
		return dx
	}
}

// toPart maps a picture's pixels to mm from a part's centre, x in the direction of
// travel, y to the right of it; see rules.View. The zero map where scale or belt are
// not known.
func toPart(mmPerPx float64, belt string, centre vision.Point) vision.Affine {
	var along [2]float64 // of the belt, in the picture
	switch belt {
	case "+x":
		along = [2]float64{mmPerPx, 0}
	case "-x":
		along = [2]float64{-mmPerPx, 0}
	case "+y":
		along = [2]float64{0, mmPerPx}
	case "-y":
		along = [2]float64{0, -mmPerPx}
	}
	t := vision.Affine{A: along[0], B: along[1], D: -along[1], E: along[0]}
	t.C, t.F = -(t.A*centre.X + t.B*centre.Y), -(t.D*centre.X + t.E*centre.Y)
	return t
}

package vision

import (
	"fmt"
	"math"
	"slices"
)

// belts are the ways a belt can run in the picture.
var belts = []string{"+x", "-x", "+y", "-y"}

// Limits of what can be located: below MinDiameterPx a part has no outline to
// speak of, above MaxDiameterPx a crop no longer fits a frame of any camera.
const (
	MinDiameterPx = 12
	MaxDiameterPx = 4096
)

// Validate fills in what was left out and refuses what cannot be meant. Every
// error names the setting and the cure.
func (s *LocateSettings) Validate() error {
	switch {
	case !(s.MMPerPx > 0) || math.IsInf(s.MMPerPx, 0):
		return fmt.Errorf("mm_per_px is %v: give the millimetres one pixel covers on the belt, for example 0.1", s.MMPerPx)
	case !(s.DiameterMM > 0) || math.IsInf(s.DiameterMM, 0):
		return fmt.Errorf("diameter_mm is %v: give the largest extent of a good part in millimetres", s.DiameterMM)
	case s.DiameterPx() < MinDiameterPx:
		return fmt.Errorf("diameter_mm %v is %.1f pixels at %v mm a pixel: a part needs %d or more; move the camera nearer or check mm_per_px", s.DiameterMM, s.DiameterPx(), s.MMPerPx, MinDiameterPx)
	case s.DiameterPx() > MaxDiameterPx:
		return fmt.Errorf("diameter_mm %v is %.0f pixels at %v mm a pixel, more than %d: check mm_per_px", s.DiameterMM, s.DiameterPx(), s.MMPerPx, MaxDiameterPx)
	case s.MinAreaMM2 < 0 || math.IsNaN(s.MinAreaMM2):
		return fmt.Errorf("min_area_mm2 is %v: leave it out for a tenth of the part's area", s.MinAreaMM2)
	case s.MinAreaMM2 > s.areaMM2():
		return fmt.Errorf("min_area_mm2 %v is more than a part of diameter_mm %v covers (%.1f): no part would be found", s.MinAreaMM2, s.DiameterMM, s.areaMM2())
	case s.Lanes < 0:
		return fmt.Errorf("lanes is %d: give the number of lanes, or leave it out for one", s.Lanes)
	case s.LaneMM < 0 || math.IsNaN(s.LaneMM):
		return fmt.Errorf("lane_mm is %v: give the millimetres from lane to lane", s.LaneMM)
	case s.Lanes > 1 && s.LaneMM == 0:
		return fmt.Errorf("lanes is %d but lane_mm is missing: give the millimetres from lane to lane", s.Lanes)
	case s.Belt != "" && !slices.Contains(belts, s.Belt):
		return fmt.Errorf("belt is %q: give the direction of travel in the picture, one of +x, -x, +y, -y", s.Belt)
	}
	if s.MinAreaMM2 == 0 {
		s.MinAreaMM2 = s.areaMM2() / 10
	}
	if s.Lanes == 0 {
		s.Lanes = 1
	}
	if s.Belt == "" {
		s.Belt = "+x"
	}
	return nil
}

// DiameterPx is the part's largest extent in pixels of the sensor.
func (s LocateSettings) DiameterPx() float64 { return s.DiameterMM / s.MMPerPx }

// AlongX reports whether the belt runs along the picture's rows.
func (s LocateSettings) AlongX() bool { return s.Belt != "+y" && s.Belt != "-y" }

// CropSize is the side of every crop of this product in pixels: the diameter,
// a margin of a tenth of it or 12 pixels in all, rounded up to a multiple of 16
// so that networks of stride 16 divide it evenly.
func (s LocateSettings) CropSize() int {
	d := s.DiameterPx()
	return int(math.Ceil((d+math.Max(12, d/10))/16)) * 16
}

// Lane returns the lane, from 1, of a part whose centre stands across pixels
// from the picture's top edge (left edge for a belt that runs along y), in a
// picture extent pixels wide across the belt. The lanes stand in its middle.
func (s LocateSettings) Lane(across, extent float64) int {
	n := max(s.Lanes, 1)
	width := s.LaneMM / s.MMPerPx
	if width == 0 {
		width = extent / float64(n)
	}
	first := (extent - float64(n)*width) / 2
	return min(max(1+int(math.Floor((across-first)/width)), 1), n)
}

func (s LocateSettings) areaMM2() float64 { return math.Pi / 4 * s.DiameterMM * s.DiameterMM }

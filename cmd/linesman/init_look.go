package main

import (
	"fmt"
	"math"
	"slices"

	"linesman/camera"
	"linesman/vision"
	"linesman/vision/cv"
)

// scaleFrom finds what one pixel covers on the belt, from parts of a known extent.
// The parts measured at roughly the right scale say it exactly. mm is the largest
// extent of a good part.
func scaleFrom(frames []*camera.Frame, mm float64) (mmPerPx float64, err error) {
	frames = frames[:min(len(frames), 8)]
	shrink := max(1, max(frames[0].Width, frames[0].Height)/coarseSide)
	best, err := roughScale(frames, mm, shrink)
	if err == nil && best == 0 && shrink > 1 { // small parts
		best, err = roughScale(frames, mm, 1)
	}
	if err != nil {
		return 0, err
	}
	for range 2 {
		var extents []float64
		if best > 0 {
			if extents, err = extentsAt(frames, mm, best); err != nil {
				return 0, err
			}
		}
		if len(extents) == 0 {
			return 0, fmt.Errorf("no parts of one size were found in %d pictures of %d x %d pixels; are there parts on the belt, and does the picture show each whole? Else give --mm-per-px: lay a ruler on the belt and divide", len(frames), frames[0].Width, frames[0].Height)
		}
		slices.Sort(extents)
		best = mm / extents[len(extents)/2]
	}
	return math.Round(best*1e5) / 1e5, nil
}

// roughScale tries every scale at which a part would fit the picture, and returns
// the one at which most of the pictures is covered by parts that come out as large as
// they are; 0 where none does. shrink brings the pictures down before.
func roughScale(frames []*camera.Frame, mm float64, shrink int) (best float64, err error) {
	const step, within = 1.12, 0.13 // from one scale to the next, and how far beside its size a part is still found
	var few []*camera.Frame
	for _, f := range frames[:min(len(frames), 3)] {
		few = append(few, smaller(f, shrink))
	}
	covered := 0.0
	for px := float64(vision.MinDiameterPx); px < 0.95*float64(min(few[0].Width, few[0].Height)); px *= step {
		extents, err := extentsAt(few, mm, mm/px)
		if err != nil {
			return 0, err
		}
		area := 0.0
		for _, e := range extents {
			if math.Abs(e/px-1) < within {
				area += e * e
			}
		}
		if area > covered {
			covered, best = area, mm/px/float64(shrink)
		}
	}
	return best, nil
}

// coarseSide is how large pictures are, in pixels, in which scales are tried.
const coarseSide = 200

// smaller is a frame of a k-th of the size, each pixel the mean of k x k.
func smaller(f *camera.Frame, k int) *camera.Frame {
	n := f.Format.Channels()
	s := camera.NewPool(0).Get(f.Width/k, f.Height/k, f.Format)
	for y := range s.Height {
		for x := range s.Width {
			for c := range n {
				sum := 0
				for v := range k {
					at := (y*k+v)*f.Stride + x*k*n + c
					for u := range k {
						sum += int(f.Pix[at+u*n])
					}
				}
				s.Pix[y*s.Stride+x*n+c] = byte(sum / (k * k))
			}
		}
	}
	return s
}

// extentsAt locates the parts of frames at a scale and returns the largest extent of
// each that lies by itself, in pixels.
func extentsAt(frames []*camera.Frame, mm, mmPerPx float64) (extents []float64, err error) {
	err = locateAll(frames, vision.LocateSettings{MMPerPx: mmPerPx, DiameterMM: mm, Lanes: 1, Belt: "+x"}, func(_ *camera.Frame, c *vision.Crop) {
		if !c.Touching {
			extents = append(extents, extent(c))
		}
	})
	return extents, err
}

// locateAll finds the parts of frames, in their order. The crop is lent for the call.
func locateAll(frames []*camera.Frame, set vision.LocateSettings, each func(*camera.Frame, *vision.Crop)) error {
	locator, err := cv.NewLocator(set)
	if err != nil {
		return err
	}
	defer locator.Close()
	var found vision.Crops
	for _, f := range frames {
		if err := locator.Locate(f, &found); err != nil {
			return err
		}
		for i := range found.Items {
			each(f, &found.Items[i])
		}
	}
	return nil
}

// extent is the largest extent of a part's mask in any direction, pixels.
func extent(c *vision.Crop) float64 {
	const turns = 36 // of 5 degrees: too short by a thousandth at most
	var low, high [turns]float64
	var cos, sin [turns]float64
	for k := range turns {
		sin[k], cos[k] = math.Sincos(math.Pi * float64(k) / turns)
		low[k], high[k] = math.Inf(1), math.Inf(-1)
	}
	for y := range c.Size {
		row := c.Mask[y*c.Size : (y+1)*c.Size]
		first := slices.Index(row, 255)
		if first < 0 {
			continue
		}
		last := len(row) - 1
		for row[last] == 0 {
			last--
		}
		for k := range turns {
			for _, x := range [2]int{first, last} {
				at := float64(x)*cos[k] + float64(y)*sin[k]
				low[k], high[k] = min(low[k], at), max(high[k], at)
			}
		}
	}
	largest := 0.0
	for k := range turns {
		largest = max(largest, high[k]-low[k]+1)
	}
	return largest
}

// stepFrom finds the belt travel from picture to picture, from the encoder latched
// at each; 0 where it differs from one to the next, because each part triggers by
// itself.
func stepFrom(frames []*camera.Frame, perMM float64) (mm float64) {
	var steps []float64
	for i, f := range frames[1:] {
		if f.Trigger != frames[i].Trigger+1 {
			continue
		}
		// Half way round the counter is far beyond any picture.
		steps = append(steps, float64(uint32(f.Position.Tick.Count-frames[i].Position.Tick.Count)))
	}
	if len(steps) < 3 {
		return 0
	}
	low, high := slices.Min(steps), slices.Max(steps)
	if high-low > max(3, 0.01*low) {
		return 0
	}
	slices.Sort(steps)
	return math.Round(10*steps[len(steps)/2]/perMM) / 10
}

// laneFrom finds the distance from lane to lane, mm, from where parts stand across
// the belt; off is how far the middle of all lanes lies beside the picture's middle.
func laneFrom(frames []*camera.Frame, set vision.LocateSettings, lanes int) (mm, off float64, err error) {
	var across []float64
	err = locateAll(frames, set, func(f *camera.Frame, c *vision.Crop) {
		at := c.Centre.Y - float64(f.Height)/2
		if !set.AlongX() {
			at = c.Centre.X - float64(f.Width)/2
		}
		across = append(across, at*set.MMPerPx)
	})
	if err != nil {
		return 0, 0, err
	}
	return rows(across, lanes)
}

// rows splits places across the belt, mm, at the widest gaps into so many rows.
func rows(across []float64, lanes int) (mm, off float64, err error) {
	unlike := fmt.Errorf("the controller has %d lanes, and the parts seen do not lie in so many rows; let parts into all of them, turn the camera straight, or give --lane-mm", lanes)
	if len(across) < 3*lanes {
		return 0, 0, unlike
	}
	slices.Sort(across)
	gaps := make([]float64, len(across)-1)
	for i := range gaps {
		gaps[i] = across[i+1] - across[i]
	}
	wide := slices.Clone(gaps)
	slices.Sort(wide)
	least, next := wide[len(wide)-(lanes-1)], wide[len(wide)-lanes]
	if least < 2*next {
		return 0, 0, unlike
	}
	var middles []float64
	from := 0
	for i := range across {
		if i == len(gaps) || gaps[i] >= least {
			sum := 0.0
			for _, at := range across[from : i+1] {
				sum += at
			}
			middles = append(middles, sum/float64(i+1-from))
			from = i + 1
		}
	}
	first, last := middles[0], middles[lanes-1]
	mm = (last - first) / float64(lanes-1)
	for i, at := range middles {
		if math.Abs(at-first-float64(i)*mm) > mm/4 {
			return 0, 0, unlike
		}
	}
	return math.Round(10*mm) / 10, (first + last) / 2, nil
}

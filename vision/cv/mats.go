//go:build matprofile

package cv

import "gocv.io/x/gocv"

// OpenMats returns how many of OpenCV's matrices this process holds open; they
// are counted in this build.
func OpenMats() (n int, counted bool) { return gocv.MatProfile.Count(), true }

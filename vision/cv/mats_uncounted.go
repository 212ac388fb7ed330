//go:build !matprofile

package cv

// OpenMats would return how many of OpenCV's matrices this process holds open;
// they are counted only in a build with -tags matprofile.
func OpenMats() (n int, counted bool) { return 0, false }

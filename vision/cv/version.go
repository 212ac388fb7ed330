package cv

import "gocv.io/x/gocv"

// Version returns the version of the OpenCV that is linked.
func Version() string { return gocv.OpenCVVersion() }

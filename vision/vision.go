// Package vision prepares: it finds the parts in a frame, cuts each out as an
// upright crop of known size, measures what can be measured, and says how good
// the picture is. This package is plain Go; vision/cv does the work with OpenCV.
//
// Coordinates: pixels of the sensor, x to the right, y down, the centre of the
// first pixel at (0.5, 0.5).
package vision

import "linesman/camera"

// Point is a place in pixels of the sensor.
type Point struct{ X, Y float64 }

// Box is an axis-parallel rectangle in pixels of the sensor.
type Box struct {
	X0 float64 `json:"x0"`
	Y0 float64 `json:"y0"`
	X1 float64 `json:"x1"`
	Y1 float64 `json:"y1"`
}

// Affine maps a crop's pixels to the sensor's: X = A x + B y + C, Y = D x + E y + F.
type Affine struct{ A, B, C, D, E, F float64 }

// Apply maps one point.
func (t Affine) Apply(p Point) Point {
	return Point{t.A*p.X + t.B*p.Y + t.C, t.D*p.X + t.E*p.Y + t.F}
}

// Crop is one located part, cut out of its frame at full resolution. Its
// buffers belong to the Crops it came in and live until the next Locate.
type Crop struct {
	Size int    // the crop is Size x Size pixels, the part's centre in its middle
	Pix  []byte // RGB, 3*Size*Size bytes
	// Mask is Size*Size bytes, 255 on the part, 0 beside it. Nil for a whole
	// picture that was never located: then every pixel counts.
	Mask []byte

	ToSensor Affine
	Centre   Point // of the part, pixels of the sensor
	Box      Box   // of the part, pixels of the sensor
	Area     float64
	Lane     int  // 1 is nearest the top edge; 0 when lanes are not known
	Touching bool // was cut apart from a neighbour
	// Surround is the mean colour (R, G, B) of the belt around this part in
	// this frame, the reference that cancels the light's drift.
	Surround [3]float32
}

// Crops is what one Locate found. Reuse one value: its buffers are recycled.
type Crops struct {
	Items   []Crop
	Cut     int // parts that stand across the frame's edge; another frame shows them whole
	Quality Quality
	buffers [][]byte
}

// Quality says whether the picture itself can be trusted.
type Quality struct {
	Focus   float64 `json:"focus"`   // variance of the Laplacian over grey 0..255, on parts and belt
	Mean    float64 `json:"mean"`    // mean grey, 0..255
	Clipped float64 `json:"clipped"` // share of pixels at 0 or 255
	Covered bool    `json:"covered"` // no structure at all: lens cap, hand, failed lamp
}

// Locator finds parts in frames. It is used by one goroutine at a time and
// must be closed. An error means the frame could not be looked at; no parts
// and no error means the belt is empty there.
type Locator interface {
	Locate(f *camera.Frame, into *Crops) error
	Close() error
}

// Measurement is one measured value of a part, as a rule reads it.
type Measurement struct {
	Tool  string  `json:"tool"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Text  string  `json:"text,omitempty"`
	Unit  string  `json:"unit"`
}

// LocateSettings is the recipe's part of finding parts; zero values are learned
// or defaulted by Validate.
type LocateSettings struct {
	MMPerPx    float64 `yaml:"-"`            // from the site's view
	DiameterMM float64 `yaml:"diameter_mm"`  // the part's largest extent
	MinAreaMM2 float64 `yaml:"min_area_mm2"` // smaller blobs are dirt; default a tenth of the part's
	Lanes      int     `yaml:"lanes"`        // 1 unless told otherwise
	LaneMM     float64 `yaml:"lane_mm"`      // from lane to lane, across the belt
	Belt       string  `yaml:"-"`            // "+x", "-x", "+y" or "-y": travel in the picture
}

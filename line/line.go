// Package line runs one belt: it takes frames from the cameras, has each part
// located, recognised and judged, sends the verdict ahead to the controller
// that owns the gate, and accounts for every part until a sensor confirms
// where it went. Read this package first.
//
// The path of a part, and who walks it:
//
//	Frame          the camera's goroutine hands a frame to the intake and is gone
//	look           a worker locates the parts, cuts them out, has them recognised
//	order          the owner puts the workers' answers back into the order of exposure
//	decide         the owner judges, gives the part its due tick, submits the entry
//	Controller     the owner compares what the sensors counted with its own account
//	keep           pictures and events leave by bounded queues
//
// One goroutine, the owner, holds all state of the belt; everything else
// passes values in and out. Nothing between exposure and gate waits for a
// disk, a browser, a lock or the log.
//
// Every queue states what happens when it is full: the intake counts the frame
// as blind, so its parts have no entry and the resting gate rejects them; the
// controller's queue leaves the entry out, which rejects the part; the keeper
// drops the picture and says so; a viewer gets the newest frame only.
package line

import (
	"time"

	"linesman/part"
)

// Settings is a line as the site file describes it. Distances are millimetres
// from the line's zero, in the direction of travel.
type Settings struct {
	Zero       string  `yaml:"zero"`         // what stands at zero: "trigger"
	MinPitchMM float64 `yaml:"min_pitch_mm"` // closer triggers are double triggers
	MaxSpeed   float64 `yaml:"max_mm_s"`     // the fastest the belt can move
	Encoder    Encoder `yaml:"encoder"`
	Views      []View  `yaml:"views"`
	Gates      []Gate  `yaml:"gates"`
	Recipe     string  `yaml:"recipe"` // the recipe's file, relative to the site file
	// Products names the products that the controller asks for by number, from 1:
	// the names of recipes, without a version.
	Products map[int]string `yaml:"products"`
	Deadline Duration       `yaml:"deadline"` // from exposure to the acknowledged entry; default 250ms
	Workers  int            `yaml:"workers"`  // frames looked at side by side; default the number of cores
}

// Encoder says where the belt's position comes from.
type Encoder struct {
	Controller string  `yaml:"controller"`
	Point      string  `yaml:"point"`
	PerMM      float64 `yaml:"per_mm"` // counts a millimetre
	Bits       int     `yaml:"bits"`   // 16 or 32; default 32
	// Uncertainty is how far, in counts, a latched position may be off; default 1.
	Uncertainty float64 `yaml:"uncertainty"`
}

// View is one camera's look at the belt.
type View struct {
	Name     string        `yaml:"name"` // default the camera's id
	Camera   part.CameraID `yaml:"camera"`
	AtMM     float64       `yaml:"at_mm"`     // the picture's centre
	MMPerPx  float64       `yaml:"mm_per_px"` // scale on the belt
	Belt     string        `yaml:"belt"`      // direction of travel in the picture: +x, -x, +y, -y
	StepMM   float64       `yaml:"step_mm"`   // belt travel from trigger to trigger; 0: every part triggers
	Exposure Duration      `yaml:"exposure"`  // shutter time, for the motion blur check
}

// Gate is one gate, or one row of gates, across the belt.
type Gate struct {
	AtMM       float64  `yaml:"at_mm"`
	Lanes      []int    `yaml:"lanes"`
	Controller string   `yaml:"controller"`
	Mode       string   `yaml:"mode"`      // "queue" (preferred) or "pulse"
	Point      string   `yaml:"point"`     // of the pass output
	Response   Duration `yaml:"response"`  // from command to moved valve
	WindowMM   float64  `yaml:"window_mm"` // how long, in belt travel, a pass stays open
	Confirm    string   `yaml:"confirm"`   // point of the ejection sensor
	ConfirmMM  float64  `yaml:"confirm_mm"`
	Exit       string   `yaml:"exit"` // point of the exit sensor
	ExitMM     float64  `yaml:"exit_mm"`
}

// Modes of a gate.
const (
	ModeQueue = "queue"
	ModePulse = "pulse"
)

// Duration reads "250ms" from YAML.
type Duration time.Duration

// UnmarshalText parses a duration with its unit.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// MarshalText writes the duration with its unit.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// D returns the time.Duration.
func (d Duration) D() time.Duration { return time.Duration(d) }

package anomaly

import (
	"encoding/json"
	"fmt"
	"math"
)

// The files of a model folder that hold its eyes, and what judges blurred pictures.
const (
	EyesFile         = "eyes.json"
	SoftGraphFile    = "soft.onnx"
	SoftContrastFile = "soft-contrast.bin"
)

// softContrast names the one channel of the soft state.
const softContrast = "contrast"

// Blurred is the state of a model that judges blurred pictures: a graph with a bank,
// and contrast, of good parts brought to the look of Soften.
type Blurred struct {
	Graph    []byte
	Contrast ChannelFile
}

func (e *Eyes) save() ([]byte, error) { return json.Marshal(e) }

// readEyes reads what save wrote.
func readEyes(data []byte) (*Eyes, error) {
	e := new(Eyes)
	if err := json.Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("%s: %w", EyesFile, err)
	}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", EyesFile, err)
	}
	if e.Place != nil {
		e.Place.prepare(e.W, e.H)
	}
	return e, nil
}

// check refuses what could not measure.
func (e *Eyes) check() error {
	if e.W < 0 || e.H < 0 || e.W > 16*gridSide*gridSide || e.H > 16*gridSide*gridSide {
		return fmt.Errorf("a grid of %d x %d", e.W, e.H)
	}
	n := e.W * e.H
	if len(e.Mean) != 3*n || n == 0 && (e.Light != nil || e.Place != nil) {
		return fmt.Errorf("a mean picture of %d numbers for a grid of %d x %d", len(e.Mean), e.W, e.H)
	}
	if p := e.Place; p != nil && (len(p.Slopes) != 2*n || len(p.Weight) != n || e.W < 2 || e.H < 2) {
		return fmt.Errorf("%d slopes and %d weights for a grid of %d x %d", len(p.Slopes), len(p.Weight), e.W, e.H)
	}
	if m := e.Light; m != nil && !(m.Tolerance > 0) {
		return fmt.Errorf("a tolerance of light of %v", m.Tolerance)
	}
	if f := e.Focus; f != nil && (!(f.Gap > 0) || !(f.Threshold > 0) || math.IsInf(f.Threshold, 0) || len(f.Curve) == 0) {
		return fmt.Errorf("sharpness with a gap of %v, a threshold of %v and a curve of %d", f.Gap, f.Threshold, len(f.Curve))
	}
	return nil
}

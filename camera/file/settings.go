package file

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
)

// Settings are the options of one file camera in the site file.
type Settings struct {
	// Driver may stand among the options, as it does in the site file.
	Driver string `yaml:"driver,omitempty"`
	// Path is a video, a GIF, a picture, or a folder of pictures, which are shown
	// in the order of their names.
	Path string `yaml:"path"`
	// Realtime shows the pictures at the pace they were taken; otherwise they
	// come as fast as they can be read. True unless set.
	Realtime *bool `yaml:"realtime,omitempty"`
	// Loop begins again at the end.
	Loop bool `yaml:"loop,omitempty"`
	// FPS is the pace of a folder of pictures, frames a second; 10 unless set.
	// Videos and GIFs know their own.
	FPS float64 `yaml:"fps,omitempty"`
}

// Decode reads the options. Unknown keys are refused with line and column.
func Decode(raw []byte) (Settings, error) {
	var s Settings
	if err := yaml.UnmarshalWithOptions(raw, &s, yaml.Strict()); err != nil {
		return s, fmt.Errorf("file camera: %w", err)
	}
	return s, s.Validate()
}

// Validate refuses settings that can not work.
func (s Settings) Validate() error {
	switch {
	case s.Driver != "" && s.Driver != "file":
		return fmt.Errorf("file camera: driver is %q; want file", s.Driver)
	case s.Path == "":
		return errors.New("file camera: path is missing; name a video, a GIF or a folder of pictures")
	case s.FPS < 0 || s.FPS > 10000:
		return fmt.Errorf("file camera: fps is %g; give 0 to 10000 frames a second", s.FPS)
	}
	return nil
}

func (s Settings) realtime() bool { return s.Realtime == nil || *s.Realtime }

package clip

import (
	"fmt"
	"time"
)

// Settings bound a Recorder. Zero fields take the defaults named beside them.
type Settings struct {
	// Ring is what is kept of the stream, for the seconds before an alarm (30 s,
	// 32 MiB).
	Ring Limits `yaml:"ring,omitempty"`
	// Longest bounds a clip from the first second asked for to the last, extended
	// or not (10 min).
	Longest time.Duration `yaml:"longest,omitempty"`
	// Bytes bounds the compressed data of a clip (64 MiB).
	Bytes int64 `yaml:"bytes,omitempty"`
	// AtOnce is how many clips may be recorded or on their way (4).
	AtOnce int `yaml:"at_once,omitempty"`
}

func (s Settings) withDefaults() Settings {
	if s.Ring.For == 0 {
		s.Ring.For = 30 * time.Second
	}
	if s.Ring.Bytes == 0 {
		s.Ring.Bytes = 32 << 20
	}
	if s.Longest == 0 {
		s.Longest = 10 * time.Minute
	}
	if s.Bytes == 0 {
		s.Bytes = 64 << 20
	}
	if s.AtOnce == 0 {
		s.AtOnce = 4
	}
	return s
}

// Validate refuses settings that can not work.
func (s Settings) Validate() error {
	d := s.withDefaults()
	switch err := d.Ring.Validate(); {
	case err != nil:
		return fmt.Errorf("ring: %w", err)
	case d.Longest < 0:
		return fmt.Errorf("longest is %v; give it as 10m", d.Longest)
	case d.Bytes < 0 || d.Bytes > maxBytes:
		return fmt.Errorf("bytes is %d; give 1 to %d", d.Bytes, int64(maxBytes))
	case d.AtOnce < 0:
		return fmt.Errorf("at_once is %d; give 1 or more", d.AtOnce)
	}
	return nil
}

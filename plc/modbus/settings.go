package modbus

import (
	"fmt"
	"net/url"
	"time"

	"linesman/plc"
)

// WordOrder says which word of a two-word value has the lower address.
type WordOrder string

// The word orders.
const (
	Big    WordOrder = "big"    // high word first
	Little WordOrder = "little" // low word first
)

// Settings are a Modbus controller's entry in the site file.
type Settings struct {
	URL       string        `yaml:"url"`                  // "tcp://192.168.0.10:502"
	Unit      uint8         `yaml:"unit,omitempty"`       // default 1
	Base      uint16        `yaml:"base,omitempty"`       // first register and coil of the map; default 0
	Lanes     int           `yaml:"lanes,omitempty"`      // at least so many are needed; 0: as the controller says
	WordOrder WordOrder     `yaml:"word_order,omitempty"` // default big
	Timeout   time.Duration `yaml:"timeout,omitempty"`    // of one request; default 500ms
	// MaxSpeed, in counts a second, is the fastest the belt can move: a larger
	// jump of the encoder begins a new epoch. Default 1,000,000.
	MaxSpeed float64 `yaml:"max_speed,omitempty"`
	// Points maps the site's names to coils, from base. "pass-1", "pass-2"... for
	// the gates of pulse mode are there without being listed, and "pass" is
	// "pass-1".
	Points map[string]uint16 `yaml:"points,omitempty"`
}

func (s *Settings) defaults() {
	if s.Unit == 0 {
		s.Unit = 1
	}
	if s.WordOrder == "" {
		s.WordOrder = Big
	}
	if s.Timeout == 0 {
		s.Timeout = 500 * time.Millisecond
	}
	if s.MaxSpeed == 0 {
		s.MaxSpeed = 1e6
	}
}

// Validate refuses settings that can not work, naming setting and cure. Fields
// left empty have defaults.
func (s Settings) Validate() error {
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || u.Scheme != "tcp" || u.Port() == "":
		return fmt.Errorf(`controller url %q: want "tcp://host:port", for example tcp://192.168.0.10:502`, s.URL)
	case u.User != nil:
		return fmt.Errorf("controller url of host %s: Modbus knows no user; take it out", u.Host)
	case s.Lanes < 0 || s.Lanes > plc.MaxLanes:
		return fmt.Errorf("controller %s: lanes is %d: the register map has room for 1 to %d", s.URL, s.Lanes, plc.MaxLanes)
	case s.WordOrder != "" && s.WordOrder != Big && s.WordOrder != Little:
		return fmt.Errorf("controller %s: word_order is %q: want big or little", s.URL, s.WordOrder)
	case s.Timeout < 0:
		return fmt.Errorf("controller %s: timeout is %v: want a time above 0", s.URL, s.Timeout)
	case s.MaxSpeed < 0:
		return fmt.Errorf("controller %s: max_speed is %v: want counts a second", s.URL, s.MaxSpeed)
	case int(s.Base)+plc.EchoBase+plc.EchoSlots*plc.EchoWords > 0x10000:
		return fmt.Errorf("controller %s: base is %d: the map ends at register %d, beyond 65535", s.URL, s.Base, int(s.Base)+plc.EchoBase+plc.EchoSlots*plc.EchoWords-1)
	}
	for name, coil := range s.Points {
		if coil >= plc.Coils {
			return fmt.Errorf("controller %s: point %q is coil %d: the map has 0 to %d", s.URL, name, coil, plc.Coils-1)
		}
	}
	return nil
}

// coil returns the coil of a point.
func (s Settings) coil(point string) (uint16, error) {
	if c, ok := s.Points[point]; ok {
		return c, nil
	}
	if point == "pass" {
		return plc.PassCoil, nil
	}
	var lane uint16
	if n, err := fmt.Sscanf(point, "pass-%d", &lane); err == nil && n == 1 && lane >= 1 && lane <= plc.MaxLanes {
		return plc.PassCoil + lane - 1, nil
	}
	return 0, fmt.Errorf("controller %s: %w: point %q is not known; add it to points", s.URL, plc.ErrRefused, point)
}

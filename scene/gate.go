package scene

import (
	"fmt"
	"time"

	"linesman/vision"
)

// Grey is a small grey picture for the motion gate, such as 160 x 90 pixels out
// of 1280 x 720. It is read, not kept.
type Grey struct {
	Width, Height, Stride int
	Pix                   []byte
}

// GateSettings say when the detector must look. Zero fields take the defaults
// named beside them.
type GateSettings struct {
	// Floor is the longest between two looks, whatever the picture does (5 s).
	Floor time.Duration `yaml:"floor,omitempty"`
	// Hold is how long it goes on looking after the last motion (2 s).
	Hold time.Duration `yaml:"hold,omitempty"`
	// Least is the smallest change of grey, of 255, that may be motion (12); above
	// it, what stands out of each place's own noise by Noises times counts (5).
	Least  float64 `yaml:"least,omitempty"`
	Noises float64 `yaml:"noises,omitempty"`
	// Blocks is how many blocks of 4 x 4 pixels must move at once, each beside
	// another one (2).
	Blocks int `yaml:"blocks,omitempty"`
}

// Validate fills defaults and refuses what can not be meant.
func (g *GateSettings) Validate() error {
	or(&g.Floor, 5*time.Second)
	or(&g.Hold, 2*time.Second)
	or(&g.Least, 12)
	or(&g.Noises, 5)
	or(&g.Blocks, 2)
	switch {
	case g.Floor < 0 || g.Floor > time.Minute:
		return fmt.Errorf("gate.floor is %v: want up to 1m, or a fire is seen too late", g.Floor)
	case g.Hold < 0 || g.Hold > time.Minute:
		return fmt.Errorf("gate.hold is %v: want up to 1m", g.Hold)
	case !(g.Least >= 1 && g.Least <= 255), !(g.Noises >= 1 && g.Noises <= 100):
		return fmt.Errorf("gate.least is %v and gate.noises %v: want 1 to 255 and 1 to 100", g.Least, g.Noises)
	case g.Blocks < 1 || g.Blocks > 100:
		return fmt.Errorf("gate.blocks is %d: want 1 to 100", g.Blocks)
	}
	return nil
}

// Reason says why the detector must look, or need not.
type Reason uint8

// The reasons of a gate.
const (
	Still    Reason = iota // nothing moves: need not look
	First                  // nothing is known yet, or the picture's size changed
	Moving                 // something moves, or did a moment ago
	Busy                   // somebody is being followed
	Due                    // the floor rate
	Upheaval               // most of the picture changed at once: a lamp, or the camera itself
)

// String returns the reason's word.
func (r Reason) String() string {
	return [...]string{"still", "first", "moving", "busy", "due", "upheaval"}[min(int(r), 5)]
}

// Glance is what the gate says of one picture.
type Glance struct {
	Look  bool
	Why   Reason
	Moved int // blocks that moved
}

// Gate is the motion gate of one camera: it lets the detector rest while
// nothing moves. Each place has a mean and a noise of its own (after the
// sigma-delta background of Manzanera and Richefeu, 2007); what all places have
// in common, the light, is taken out as the median ratio. A second, slow mean
// tells what stands still but used not to be there (two backgrounds: Porikli,
// 2007). After the first picture Glance allocates nothing. It belongs to one
// goroutine.
type Gate struct {
	set           GateSettings
	width, height int // of the picture
	across, down  int // blocks

	fast, slow, noise []float32
	moved             []uint8
	changed           []uint8
	queue             []int32
	boxes             []vision.Box
	turn              int // of settleSlow

	began, last, looked, motion time.Time
}

// NewGate checks the settings and returns a gate that has seen nothing.
func NewGate(s GateSettings) (*Gate, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return &Gate{set: s}, nil
}

// Glance takes a small picture and says whether the detector must look at the
// large one. busy says that somebody is being followed. A picture that is none
// must be looked at.
func (g *Gate) Glance(p Grey, at time.Time, busy bool) Glance {
	if p.Width < 2*block || p.Height < 2*block || p.Stride < p.Width || len(p.Pix) < (p.Height-1)*p.Stride+p.Width {
		return Glance{Look: true, Why: First}
	}
	if p.Width != g.width || p.Height != g.height {
		g.start(p, at)
		return g.look(at, First, 0)
	}
	dt := min(max(at.Sub(g.last), time.Millisecond), 2*time.Second)
	g.last = at
	gain := g.gain(p)
	learning := at.Sub(g.began) < settling
	moved := g.compare(p, gain, dt, learning)
	if float64(moved) > upheavalAt*float64(len(g.moved)) {
		g.adopt(p, at)
		return g.look(at, Upheaval, moved)
	}
	if !learning && g.together() >= g.set.Blocks {
		g.motion = at
	}
	switch {
	case !g.motion.IsZero() && at.Sub(g.motion) <= g.set.Hold:
		return g.look(at, Moving, moved)
	case learning:
		return g.look(at, First, moved)
	case busy:
		return g.look(at, Busy, moved)
	case at.Sub(g.looked) >= g.set.Floor || at.Before(g.looked):
		return g.look(at, Due, moved)
	}
	return Glance{Why: Still, Moved: moved}
}

func (g *Gate) look(at time.Time, why Reason, moved int) Glance {
	g.looked = at
	return Glance{Look: true, Why: why, Moved: moved}
}

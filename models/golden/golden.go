package golden

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"linesman/vision"
)

// The channels, in the order of their readings.
const (
	Surface  = iota // strange places: spots, cracks, stains, dents, wrong print
	Outline         // chips and burrs
	Size            // diameter
	Colour          // of the whole part
	Place           // of the print on the part
	channels        // how many
)

// ErrNotLocated is returned for a crop without a mask: a whole picture that was
// never located has no outline to compare.
var ErrNotLocated = errors.New("the crop was not located: golden pictures need located parts; give the recipe a locate section")

// Reading is what one channel says of one part. Box and Area are pixels of the
// sensor; Measured and Limit are the plain numbers behind the score, in Unit.
type Reading struct {
	Score    float64 // unclamped, 1 = threshold
	Box      vision.Box
	Area     float64
	Measured float64
	Limit    float64
	Unit     string
	Text     string
}

// Model is what was learned of one product. It is safe for use from several
// goroutines at once; nothing changes it.
type Model struct {
	mmPerPx  float64
	size     int        // side of the crops
	radius   float64    // median of the good parts
	ratio    [3]float32 // colour of a part over that of the belt around it
	surround [3]float32 // colour of the belt, the common reference
	rays     int        // directions in which the outline is measured
	// edgeShare is where between the belt's colour and the part's the edge is
	// looked for: where good parts are most nearly round.
	edgeShare float64

	body   field
	turned bool
	print  field
	spread [widths]field   // of the difference, by width, in the part's own turn
	least  [widths]float32 // of the spread

	strength span // of the print
	slope    span // of brightness across a part
	shape    []float32
	turnedBy []float32 // outline that turns with the part; empty if it does not turn
	outline  [arcs][]float32
	colour   shade
	diameter normal
	shift    [2]float64 // of the print from the part's centre, mean

	limit [channels]float64

	long *long // of a part that is not round, which is all that is known of it then

	rings *rings // of the print, made from it
	sites sites
	pool  sync.Pool
}

// span is a range that good parts keep within.
type span struct{ Low, High float64 }

func (s span) hold(v float64) float64 { return math.Min(math.Max(v, s.Low), s.High) }

// normal is a mean and a deviation.
type normal struct{ Mean, Deviation float64 }

var (
	plainChannels   = []string{"surface", "outline", "size", "colour"}
	printedChannels = []string{"print", "outline", "size", "colour", "print place"}
)

// Channels returns the names of the readings, in order: the classes a verdict
// names. A product without print has no place of print. The slice is shared:
// only read it.
func (m *Model) Channels() []string {
	if m.turned {
		return printedChannels
	}
	return plainChannels
}

// Score judges one part: one reading for each of Channels, appended to into,
// whose memory is used again. An error means that the part could not be
// judged, which is never a pass.
func (m *Model) Score(crop *vision.Crop, into []Reading) ([]Reading, error) {
	if err := m.fits(crop); err != nil {
		return into, err
	}
	var err error
	if m.long != nil {
		into, err = m.long.score(crop, into)
	} else {
		into, err = m.scoreRound(crop, into)
	}
	if err != nil {
		return into, err
	}
	for i, r := range into {
		if math.IsNaN(r.Score) || math.IsInf(r.Score, 0) {
			return into, fmt.Errorf("golden channel %d: the score is no number", i)
		}
	}
	return into, nil
}

// scoreRound is Score for round parts.
func (m *Model) scoreRound(crop *vision.Crop, into []Reading) ([]Reading, error) {
	s, _ := m.pool.Get().(*scratch)
	if s == nil {
		s = newScratch(m)
	}
	defer m.pool.Put(s)
	if err := m.examine(crop, s); err != nil {
		return into, err
	}
	into = append(into, m.surfaceReading(crop, s), m.outlineReading(crop, s), m.sizeReading(crop, s), m.colourReading(crop, s))
	if m.turned {
		into = append(into, m.placeReading(crop, s))
	}
	return into, nil
}

// Worst judges one part and returns the reading of its worst channel with the
// channel's name.
func (m *Model) Worst(crop *vision.Crop) (name string, worst Reading, err error) {
	var keep [channels]Reading
	all, err := m.Score(crop, keep[:0])
	if err != nil {
		return "", Reading{}, err
	}
	at := worstOf(all)
	return m.Channels()[at], all[at], nil
}

// worstOf returns which of the readings scores most; of equals the first.
func worstOf(all []Reading) (at int) {
	for i := range all {
		if all[i].Score > all[at].Score {
			at = i
		}
	}
	return at
}

// examine measures everything the readings need.
func (m *Model) examine(crop *vision.Crop, s *scratch) error {
	s.load(crop, m.ratio)
	if err := s.findOutline(crop, m.radius, m.edgeShare, m.rays); err != nil {
		return err
	}
	s.pose.scale = s.pose.radius / m.radius
	s.pose.strength, s.pose.zoom = 1, 1
	if s.pose.scale < 0.5 || s.pose.scale > 1.6 {
		// Nothing of this product: the size says so; do not compare further.
		s.strange = true
		return nil
	}
	s.strange = false
	s.evenOut(m, false)
	if m.turned {
		s.turn(m)
		s.evenOut(m, true)
	}
	s.difference(m)
	s.smooth()
	return nil
}

func (m *Model) fits(crop *vision.Crop) error {
	n := crop.Size * crop.Size
	switch {
	case crop.Mask == nil:
		return ErrNotLocated
	case crop.Size != m.size:
		return fmt.Errorf("the crop is %d pixels, the model was taught with %d: teach it anew for this view", crop.Size, m.size)
	case len(crop.Pix) != 3*n || len(crop.Mask) != n:
		return fmt.Errorf("the crop of %d pixels has %d bytes of picture and %d of mask", crop.Size, len(crop.Pix), len(crop.Mask))
	}
	return nil
}

// String says in a line what was learned.
func (m *Model) String() string {
	if m.long != nil {
		return m.long.String()
	}
	what := "no print that turns"
	if m.turned {
		what = "print that turns with the part"
	}
	return fmt.Sprintf("golden picture: diameter %.2f mm, %s", 2*m.diameter.Mean*m.mmPerPx, what)
}

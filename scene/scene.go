// Package scene follows: from what a detector finds in one picture after the
// other to people and vehicles with a name of their own, what they wear, where
// they are and how long, what was left behind, and what burns. It is pure: time
// comes in with each observation, and the same observations give the same scenes.
//
// Places are pixels of the picture, x to the right, y down, or shares of its
// width and height, or metres on the floor where a Floor is known. A person or
// vehicle stands at its foot: the middle of its box's lower edge.
package scene

import (
	"time"

	"linesman/models/detect"
	"linesman/part"
	"linesman/vision"
)

// Observation is what one picture showed.
type Observation struct {
	Camera        part.CameraID
	Seq           uint64
	At            time.Time      // of exposure
	Width, Height int            // of the picture, pixels
	Detections    []detect.Found // pixels of the picture; read, not kept
	// Changed are the places that the motion gate's background says differ from
	// what used to be there and stand still, in shares of the picture.
	Changed []vision.Box
}

// State is how far a track is to be believed.
type State uint8

// The states of a track, in the order of its life.
const (
	Tentative State = iota // seen too shortly to be believed; in no Scene
	Confirmed              // believed, and seen in this picture
	Coasting               // believed, not seen in this picture: where it should be
	Gone                   // not seen for too long, or out of the picture
)

// String returns the state's word.
func (s State) String() string {
	return [...]string{"tentative", "confirmed", "coasting", "gone"}[min(int(s), 3)]
}

// Track is one person or vehicle as it is followed, after a picture.
type Track struct {
	Number uint64 // 1, 2, 3... within its camera; never given to another
	Label  string // what it was most often found to be
	State  State
	Box    vision.Box // pixels: measured and smoothed if seen, else where it should be
	Score  float64    // of the last sight
	First  time.Time  // the first sight
	Last   time.Time  // the last one
	Again  int        // how often it was lost and taken for the same afterwards

	Foot    vision.Point // pixels
	Floor   vision.Point // metres, if OnFloor
	OnFloor bool
	// Cut says that the box ends at the picture's lower edge: the feet are not seen,
	// and Floor and Speed are not to be had.
	Cut bool
	// Motion is over about the last second; zero until there is enough of it.
	Motion Motion
	Stays  []Stay  // zones it is in, by name
	Dress  []Dress // of a person: helmet, vest, mask, in this order
}

// Motion is how a track moves.
type Motion struct {
	Known bool
	// Heights is its speed in its own heights a second; Metres in m/s, where the
	// floor is known (MetresKnown).
	Heights     float64
	Metres      float64
	MetresKnown bool
	// Heading is the way it goes in the picture: "up", "down", "left", "right"; ""
	// while it stands.
	Heading string
}

// Stay is a track in a zone.
type Stay struct {
	Zone    string
	Since   time.Time
	For     time.Duration
	Heading string // the way it went when it came in, "" if it stood
}

// Passage is a track that came into a zone or left it.
type Passage struct {
	Zone    string
	Track   uint64
	Label   string
	At      time.Time
	Entered bool
	For     time.Duration // of the stay that ended
	Lost    bool          // it did not walk out: it was lost from sight within
	Heading string        // the way it went
}

// Crossing is a track that went over a line.
type Crossing struct {
	Line  string
	Track uint64
	Label string
	At    time.Time
	In    bool
}

// Count is how many are in a zone now.
type Count struct {
	Zone     string
	People   int
	Vehicles int
}

// Scene is what is known after one picture. It belongs to who asked for it.
type Scene struct {
	Camera        part.CameraID
	Seq           uint64
	At            time.Time
	Width, Height int
	Tracks        []Track // confirmed and coasting, by number
	Ended         []Track // gone since the picture before
	Tentative     int     // seen too shortly to be believed
	Passages      []Passage
	Crossings     []Crossing
	Counts        []Count // of every zone, by name
	Sights        []Sight // fire and smoke
	Left          []Left  // things left behind
	Loose         []detect.Found
	Totals        Totals
	// Blind says why the picture could not be read at all; then nothing moved on.
	Blind string
}

// Totals are counts since the follower began.
type Totals struct {
	Pictures uint64
	Tracks   uint64 // believed
	Again    uint64 // lost tracks taken up again
	Unsure   uint64 // tracks lost on their way over a line: its counts may lack as many
	Refused  uint64 // tracks not begun, since Follow.MaxTracks were there
	Ignored  uint64 // detections that are no box, or beyond the strongest maxDetections
}

// Busy reports whether the detector must keep looking: somebody is followed, may
// be somebody, or something may burn.
func (s *Scene) Busy() bool {
	return len(s.Tracks) > 0 || s.Tentative > 0 || len(s.Sights) > 0
}

// Track returns the track with that number, nil if it is not there.
func (s *Scene) Track(number uint64) *Track {
	for i := range s.Tracks {
		if s.Tracks[i].Number == number {
			return &s.Tracks[i]
		}
	}
	return nil
}

// In returns the track's stay in a zone, nil if it is not there.
func (t *Track) In(zone string) *Stay {
	for i := range t.Stays {
		if t.Stays[i].Zone == zone {
			return &t.Stays[i]
		}
	}
	return nil
}

// Wears returns what is known of one item of dress.
func (t *Track) Wears(item Item) Dress {
	for _, d := range t.Dress {
		if d.Item == item {
			return d
		}
	}
	return Dress{Item: item}
}

// Height is the box's height in pixels.
func (t *Track) Height() float64 { return t.Box.Height() }

package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/scene"
	"linesman/vision"
)

// Moment is what is known at one time: of one camera, and of the site.
type Moment struct {
	At     time.Time
	Camera part.CameraID // "" for a moment of the site alone
	// Scene is what the camera's picture showed; nil if there was none.
	Scene *scene.Scene
	// Blind says why the camera's picture can not be judged now. Rules about what it
	// shows then hold still: nothing is raised by what nobody saw, and nothing that
	// is raised is cleared.
	Blind string
	State CameraState
	// Heads are the head counts of closed spaces; nil leaves them as they were.
	Heads []scene.Heads
}

// CameraState is what is wrong with a camera itself.
type CameraState struct {
	Covered bool `expr:"covered"`
	Moved   bool `expr:"moved"`
	Blurred bool `expr:"blurred"`
	Dark    bool `expr:"dark"`
	Frozen  bool `expr:"frozen"`
	Down    bool `expr:"down"`
}

// Set notes one thing that is wrong, by its word in rules.
func (c *CameraState) Set(word string) error {
	flags := map[string]*bool{"covered": &c.Covered, "moved": &c.Moved, "blurred": &c.Blurred, "dark": &c.Dark, "frozen": &c.Frozen, "down": &c.Down}
	flag, ok := flags[word]
	if !ok {
		words := slices.Sorted(maps.Keys(flags))
		return fmt.Errorf("a camera is not %q%s: want %s", word, meant(word, words), strings.Join(words, ", "))
	}
	*flag = true
	return nil
}

// Alert is one thing that a rule says somebody must look at.
type Alert struct {
	Rule string
	// Key names it for as long as it stands: of the rule, the camera, the zone, and
	// where the rule is about each person, the number of the person it began with.
	Key      string
	Severity event.Severity
	Camera   part.CameraID // "" where it is of the site
	Zone     string        // "" unless the rule is about one
	Object   string        // "person", "fire"...; "" where it is about no thing
	Tracks   []uint64
	Boxes    []vision.Box // of the things, pixels of the picture
	Things   []Thing      // the same things, in the same order
	// Firm says why the alert has to be raised even if its things were known to be
	// mistaken; "" where it need not.
	Firm    string
	Subject string // "yard/ejector"
	Text    string // what is the case
	Say     string // what to do
	Actions []Action
	Began   time.Time // since when it is the case
	Raised  time.Time
	// Unseen says why nobody can tell whether it is still the case.
	Unseen string
}

// Thing is what an alert is about, or one of them.
type Thing struct {
	Label string
	Track uint64  // 0 for fire and goods, which are not followed
	Score float64 // of the last sight; 0 where it has none
	Box   vision.Box
}

// ChangeKind is what happened to an alert.
type ChangeKind uint8

// The changes of an alert.
const (
	Raised  ChangeKind = iota
	Updated            // other people, or nobody can see it any more
	Cleared
)

// String returns the change's word.
func (k ChangeKind) String() string {
	return [...]string{"raised", "updated", "cleared"}[min(int(k), 2)]
}

// Change is an alert as it stands after something happened to it.
type Change struct {
	Kind  ChangeKind
	At    time.Time
	Alert Alert
}

// Site is what rules may speak of.
type Site struct {
	// Cameras are the validated settings of every camera that is watched.
	Cameras map[part.CameraID]*scene.Settings
	Spaces  []string      // closed spaces whose heads are counted
	Lines   []part.LineID // production lines that can be held; nil: any
	// Beacons are the channels whose lamp a rule may light; nil: any.
	Beacons []string
	// Machines are those that are no inspection line and of which the log says
	// whether they run, by name.
	Machines map[string]Machine
	Zone     *time.Location
}

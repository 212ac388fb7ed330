package event

import "time"

// AlarmRecorded says what is kept of an alarm: its picture when it was raised,
// and later its clip. Both are evidence.
type AlarmRecorded struct {
	Alarm   string       `json:"alarm"`                    // its id
	Camera  string       `json:"camera"`                   // that saw it
	Picture string       `json:"picture_sha256,omitempty"` // JPEG with what it is about marked, faces veiled
	Clips   []AlarmClip  `json:"clips,omitempty"`          // MP4, in order; they show faces
	Missing []string     `json:"missing,omitempty"`        // what was asked for and is not there
	Rule    string       `json:"rule,omitempty"`           // that raised it, where it is about things seen
	Key     string       `json:"key,omitempty"`            // of the alarm, where it is about things seen
	Firm    string       `json:"firm,omitempty"`           // why its rule's alarms are always raised, whatever people say of them
	Sights  []AlarmSight `json:"sights,omitempty"`         // what it is about, when it was raised
}

// AlarmClip is one file of an alarm's seconds. The picture at second s of the
// file was exposed at from + s.
type AlarmClip struct {
	SHA256 string    `json:"sha256"`                 // of the file
	From   time.Time `json:"from"`                   // exposure of its first picture, UTC
	To     time.Time `json:"to"`                     // exposure of its last picture, UTC
	Frames int       `json:"frames"`                 // pictures in it
	Width  int       `json:"width"`                  // pixels
	Height int       `json:"height"`                 // pixels
	Codec  string    `json:"codec" enum:"h264,h265"` // as the camera sent it
}

// EventType returns linesman.alarm.recorded.v1.
func (AlarmRecorded) EventType() Type { return "linesman.alarm.recorded.v1" }

// EventSeverity is info: the alarm has its own.
func (AlarmRecorded) EventSeverity() Severity { return Info }

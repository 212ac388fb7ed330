package event

// CameraState says that a camera went live, was lost, froze or came back.
type CameraState struct {
	Camera  string `json:"camera"`                                                         // the site file's name of it
	State   string `json:"state" enum:"connecting,live,stalled,frozen,down,ended,changed"` // what it is doing now
	Was     string `json:"was,omitempty"`                                                  // what it was doing before
	Why     string `json:"why,omitempty"`                                                  // what broke, never with credentials
	WhatTo  string `json:"what_to_do,omitempty"`                                           // the cure, for whoever stands there
	Frames  uint64 `json:"frames"`                                                         // frames received since it was opened
	Dropped uint64 `json:"dropped"`                                                        // frames known to be lost since it was opened
	Damaged uint64 `json:"damaged"`                                                        // frames the decoder saw loss in, since it was opened
}

// EventType returns linesman.camera.state.v1.
func (CameraState) EventType() Type { return "linesman.camera.state.v1" }

// EventSeverity is high for a camera that shows nothing: the line is blind.
func (c CameraState) EventSeverity() Severity {
	switch c.State {
	case "stalled", "frozen", "down", "changed":
		return High
	}
	return Info
}

// CameraAccepted says that a person takes what a safety camera shows now for right:
// its scene is learnt anew, and what was raised against the scene before is cleared
// once that is done. Who it was is the actor.
type CameraAccepted struct {
	Camera string   `json:"camera"`           // the site file's name of it
	Reason string   `json:"reason"`           // why, for a person
	Faults []string `json:"faults,omitempty"` // what was raised then: moved, covered
}

// EventType returns linesman.camera.accepted.v1.
func (CameraAccepted) EventType() Type { return "linesman.camera.accepted.v1" }

// EventSeverity is medium: the camera watches other places from now on.
func (CameraAccepted) EventSeverity() Severity { return Medium }

// CameraShort says that fewer frames of a safety camera are seen than the site file
// asks for, less than 4 in 5 over ten seconds, and by whom; or that enough are again.
type CameraShort struct {
	Camera    string  `json:"camera"`                         // the site file's name of it
	Short     bool    `json:"short"`                          // false: it is over
	By        string  `json:"by,omitempty" enum:"box,camera"` // the box has not the cores, or the camera sends too few
	WantedFPS float64 `json:"wanted_fps"`                     // frames a second asked for
	SeenFPS   float64 `json:"seen_fps"`                       // frames a second seen, over the last ten seconds
	CameFPS   float64 `json:"came_fps"`                       // frames a second that came, in the same time
	PushedFPS float64 `json:"pushed_fps"`                     // of these, pushed out by newer ones before anybody had time for them
	Why       string  `json:"why,omitempty"`                  // in words
	WhatTo    string  `json:"what_to_do,omitempty"`           // the cure
}

// EventType returns linesman.camera.short.v1.
func (CameraShort) EventType() Type { return "linesman.camera.short.v1" }

// EventSeverity is medium while people are seen later than was asked for.
func (c CameraShort) EventSeverity() Severity {
	if c.Short {
		return Medium
	}
	return Info
}

package event

import "time"

// ZoneEntered says that a person or vehicle came into a zone of a camera.
type ZoneEntered struct {
	Camera  string `json:"camera"`            // the site file's name of it
	Zone    string `json:"zone"`              // of the camera
	Track   uint64 `json:"track"`             // its number within the camera since the watch began
	Label   string `json:"label"`             // "person", "forklift"...
	Heading string `json:"heading,omitempty"` // the way it went in the picture: up, down, left or right
	Now     int    `json:"now"`               // how many of its kind, people or vehicles, are in the zone with it
}

// ZoneLeft says that a person or vehicle left a zone, or was lost from sight
// within.
type ZoneLeft struct {
	Camera  string  `json:"camera"`            // the site file's name of it
	Zone    string  `json:"zone"`              // of the camera
	Track   uint64  `json:"track"`             // its number within the camera since the watch began
	Label   string  `json:"label"`             // "person", "forklift"...
	Heading string  `json:"heading,omitempty"` // the way it went in the picture: up, down, left or right
	Seconds float64 `json:"seconds"`           // how long it was in the zone
	Lost    bool    `json:"lost,omitempty"`    // it was not seen to leave: it was lost from sight
	Now     int     `json:"now"`               // how many of its kind, people or vehicles, are left in the zone
}

// ZoneCount is one minute of a zone in figures, or a head count that was put
// right.
type ZoneCount struct {
	Camera   string    `json:"camera,omitempty"`     // the site file's name of it; none for a space with several doors
	Zone     string    `json:"zone"`                 // the zone, or the closed space whose doors are counted
	From     time.Time `json:"from"`                 // UTC, the beginning of what is counted
	People   int       `json:"people"`               // in it at the end
	Vehicles int       `json:"vehicles,omitempty"`   // in it at the end
	Most     int       `json:"most_people"`          // at once
	In       uint64    `json:"in"`                   // people who came in
	Out      uint64    `json:"out"`                  // people who went out
	Short    uint64    `json:"short,omitempty"`      // people who went out of a space that was empty by the count: as many were missed on their way in
	SetTo    bool      `json:"set,omitempty"`        // somebody has looked and put the count right; People is what it was set to
	Off      int       `json:"off,omitempty"`        // by how many people the count was too high when it was set
	Unknown  bool      `json:"unknown,omitempty"`    // nobody could tell how many were in it before it was set: off says nothing
	WhatTo   string    `json:"what_to_do,omitempty"` // for whoever stands there
}

// LineCrossed says that a person or vehicle went over a line of a camera.
type LineCrossed struct {
	Camera string `json:"camera"`            // the site file's name of it
	Line   string `json:"line"`              // of the camera
	Track  uint64 `json:"track"`             // its number within the camera since the watch began
	Label  string `json:"label"`             // "person", "forklift"...
	Way    string `json:"way" enum:"in,out"` // as the line's setting says
	In     uint64 `json:"in"`                // of its label, over this line inwards since the watch began
	Out    uint64 `json:"out"`               // of its label, over this line outwards since the watch began
	Unsure uint64 `json:"unsure,omitempty"`  // tracks lost from sight on their way over a line of this camera: the counts may lack as many
}

// EventType returns linesman.zone.entered.v1.
func (ZoneEntered) EventType() Type { return "linesman.zone.entered.v1" }

// EventType returns linesman.zone.left.v1.
func (ZoneLeft) EventType() Type { return "linesman.zone.left.v1" }

// EventType returns linesman.zone.count.v1.
func (ZoneCount) EventType() Type { return "linesman.zone.count.v1" }

// EventType returns linesman.line.crossed.v1.
func (LineCrossed) EventType() Type { return "linesman.line.crossed.v1" }

// EventSeverity is info: a rule says where it is more.
func (ZoneEntered) EventSeverity() Severity { return Info }

// EventSeverity is info.
func (ZoneLeft) EventSeverity() Severity { return Info }

// EventSeverity is low for a count that was off, info otherwise.
func (z ZoneCount) EventSeverity() Severity {
	if z.Off != 0 || z.Short > 0 {
		return Low
	}
	return Info
}

// EventSeverity is info.
func (LineCrossed) EventSeverity() Severity { return Info }

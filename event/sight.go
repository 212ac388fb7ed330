package event

import "time"

// PictureBox is a place in a picture, in shares of its width and height from the
// left and from the top.
type PictureBox struct {
	X0 float64 `json:"x0"` // left edge
	Y0 float64 `json:"y0"` // upper edge
	X1 float64 `json:"x1"` // right edge
	Y1 float64 `json:"y1"` // lower edge
}

// GoodsLeft says that a thing lies where nobody is near it, or that it is gone.
type GoodsLeft struct {
	Camera  string     `json:"camera"`          // the site file's name of it
	Zones   []string   `json:"zones,omitempty"` // that it lies in
	Label   string     `json:"label"`           // what it was found to be; "thing" where only the picture has changed
	Box     PictureBox `json:"box"`             // where
	Since   time.Time  `json:"since"`           // it lies there, UTC
	Seconds float64    `json:"seconds"`         // without a person near
	Gone    bool       `json:"gone,omitempty"`  // it was taken away
}

// DressMissing says that a person was seen for seconds without something that is
// to be worn, or that the person wears it now. It never rests on one picture.
type DressMissing struct {
	Camera  string     `json:"camera"`                       // the site file's name of it
	Zones   []string   `json:"zones,omitempty"`              // that the person is in
	Track   uint64     `json:"track"`                        // the person's number within the camera since the watch began
	Item    string     `json:"item" enum:"helmet,vest,mask"` // what is missing
	Share   float64    `json:"share"`                        // of the pictures counted, by score, that say it is missing
	Votes   int        `json:"votes"`                        // pictures counted
	Seconds float64    `json:"seconds"`                      // between the first and the last of them
	Height  float64    `json:"height_px"`                    // of the person
	Box     PictureBox `json:"box"`                          // where
	Ended   bool       `json:"ended,omitempty"`              // it is worn now
}

// FireSeen says that fire or smoke was seen in one place for seconds, or no
// longer.
type FireSeen struct {
	Camera string     `json:"camera"`                 // the site file's name of it
	Zones  []string   `json:"zones,omitempty"`        // that it is in
	What   string     `json:"what" enum:"fire,smoke"` // which of the two
	Box    PictureBox `json:"box"`                    // where
	Score  float64    `json:"score"`                  // the most of the last seconds
	Seen   int        `json:"seen_seconds"`           // of the last seconds, in how many it was seen
	Of     int        `json:"of_seconds"`             // of how many
	Since  time.Time  `json:"since"`                  // first seen, UTC
	Ended  bool       `json:"ended,omitempty"`        // it is seen no longer
	WhatTo string     `json:"what_to_do,omitempty"`   // for whoever stands there
}

// EventType returns linesman.goods.left.v1.
func (GoodsLeft) EventType() Type { return "linesman.goods.left.v1" }

// EventType returns linesman.dress.missing.v1.
func (DressMissing) EventType() Type { return "linesman.dress.missing.v1" }

// EventType returns linesman.fire.seen.v1.
func (FireSeen) EventType() Type { return "linesman.fire.seen.v1" }

// EventSeverity is low, info when it is gone.
func (g GoodsLeft) EventSeverity() Severity {
	if g.Gone {
		return Info
	}
	return Low
}

// EventSeverity is medium, info when it is worn.
func (d DressMissing) EventSeverity() Severity {
	if d.Ended {
		return Info
	}
	return Medium
}

// EventSeverity is critical, info at the end.
func (f FireSeen) EventSeverity() Severity {
	if f.Ended {
		return Info
	}
	return Critical
}

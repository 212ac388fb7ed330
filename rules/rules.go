// Package rules decides: from what models and measuring tools say of a part to
// one verdict with reasons. It is pure: no clock, no input or output. The same
// input under the same recipe gives the same answer.
package rules

import (
	"linesman/models"
	"linesman/part"
	"linesman/vision"
)

// Reason is one sentence of a verdict, with the numbers behind it.
type Reason struct {
	Rule     string        `json:"rule"`
	Class    string        `json:"class,omitempty"`
	Camera   part.CameraID `json:"camera,omitempty"`
	Measured float64       `json:"measured"`
	Limit    float64       `json:"limit"`
	Unit     string        `json:"unit,omitempty"`
	Text     string        `json:"text"`
}

// Verdict is the outcome with its reasons. At and Late are stamped by line.
type Verdict struct {
	Part    part.ID      `json:"part"`
	Outcome part.Outcome `json:"outcome"`
	Reasons []Reason     `json:"reasons"`
	Recipe  string       `json:"recipe"` // hash
}

// View is what one camera contributed. A view that is missing, late, blurred,
// frozen or damaged says so in Missing, and its Result is not looked at.
type View struct {
	Name         string
	Camera       part.CameraID
	Missing      string // why there is nothing to judge; empty if there is
	Quality      vision.Quality
	Result       models.Result
	Measurements []vision.Measurement
	// ToPart maps pixels of the sensor to the part's own frame: mm from its centre,
	// x in the direction of travel, y to the right of it. The zero value: nobody knows.
	ToPart vision.Affine
}

// Input is everything known of one part when it is judged.
type Input struct {
	Part  part.ID
	Views []View
	// Doubt names what speaks against trusting any verdict on this part:
	// double triggered, position unknown, late. Any doubt is inconclusive.
	Doubt []string
}

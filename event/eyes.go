package event

import "time"

// EyesReference says what a view looked like when its eyes began to be watched:
// the origin that drift is measured from.
type EyesReference struct {
	Line       string    `json:"line"`              // the site file's name of it
	View       string    `json:"view"`              // of the line
	Camera     string    `json:"camera"`            // the site file's name of it
	Recipe     string    `json:"recipe"`            // name@version
	RecipeHash string    `json:"recipe_sha256"`     // of the recipe's file
	ModelHash  string    `json:"model_sha256"`      // of the model whose verdicts said which parts are good
	From       time.Time `json:"from"`              // exposure of the first frame it was learned from
	To         time.Time `json:"to"`                // exposure of the last frame
	Frames     uint64    `json:"frames"`            // measured
	Parts      uint64    `json:"parts"`             // good parts measured
	Part       []float64 `json:"part_rgb"`          // mean level of the parts' faces, 0 to 255
	Belt       []float64 `json:"belt_rgb"`          // mean level of the belt around them, 0 to 255
	Edge       float64   `json:"edge_px"`           // pixels that a part's edge takes from its level to the belt's; less is sharper
	Across     float64   `json:"across_mm"`         // of the parts' centres from their lanes' middles, across the belt
	Along      float64   `json:"along_mm"`          // of the parts' centres from the picture's middle, along the belt
	Diameter   float64   `json:"diameter_mm"`       // of a circle of the parts' area
	Score      float64   `json:"score"`             // mean of the parts, 1 = threshold
	Room       float64   `json:"room_px"`           // the least between parts and the picture's edge across the belt, pixels
	Carried    bool      `json:"carried,omitempty"` // found in the log at a start: the origin of an earlier run with the same recipe and model
}

// EyesMinute is one minute of a view's eyes in figures: how far each measure has
// come from the reference, as an exponentially weighted mean at the minute's end.
type EyesMinute struct {
	Line    string    `json:"line"`                 // the site file's name of it
	View    string    `json:"view"`                 // of the line
	Camera  string    `json:"camera"`               // the site file's name of it
	From    time.Time `json:"from"`                 // UTC, whole minute
	Frames  uint64    `json:"frames"`               // measured in this minute
	Parts   uint64    `json:"parts"`                // parts measured in this minute
	Light   float64   `json:"light_pct"`            // what parts and belt have in common: the lamps, the exposure; share of the brighter of now and then
	Part    float64   `json:"part_light_pct"`       // of the parts' level
	Belt    float64   `json:"belt_light_pct"`       // of the belt's level
	PartA   float64   `json:"part_a"`               // shift in a* that the light seems to give a grey card, by the parts
	PartB   float64   `json:"part_b"`               // shift in b* that the light seems to give a grey card, by the parts
	BeltA   float64   `json:"belt_a"`               // shift in a* that the light seems to give a grey card, by the belt
	BeltB   float64   `json:"belt_b"`               // shift in b* that the light seems to give a grey card, by the belt
	Edge    float64   `json:"edge_px"`              // pixels that a part's edge takes from its level to the belt's
	Focus   float64   `json:"edge_pct"`             // by how much edges are wider than at first
	Across  float64   `json:"across_mm"`            // shift across the belt
	Along   float64   `json:"along_mm"`             // shift along the belt; 0 where parts do not trigger the camera
	Scale   float64   `json:"scale_pct"`            // of the parts' diameter
	Dirt    float64   `json:"dirt_pct"`             // how much darker (below 0) or brighter the oddest place is than at first
	DirtX   float64   `json:"dirt_x"`               // that place, pixels of the sensor
	DirtY   float64   `json:"dirt_y"`               // that place, pixels of the sensor
	Balance float64   `json:"balance_de,omitempty"` // how differently parts and belt have changed in colour
	Score   float64   `json:"score"`                // mean of the parts, 1 = threshold
	Drifted []string  `json:"drifted,omitempty"`    // what is beyond its warning at the minute's end
}

// EyesDrift says that what a camera shows has changed since the reference, and
// is about to change verdicts; or that it has come back.
type EyesDrift struct {
	Line   string  `json:"line"`                                                           // the site file's name of it
	View   string  `json:"view"`                                                           // of the line
	Camera string  `json:"camera"`                                                         // the site file's name of it
	What   string  `json:"what" enum:"light,cast,balance,focus,position,scale,dirt,score"` // which measure
	State  string  `json:"state" enum:"warning,limit,ended"`                               // beyond the warning, beyond the limit, or back within the warning
	Drift  float64 `json:"drift"`                                                          // how far it has come, in unit
	WarnAt float64 `json:"warn_at"`                                                        // in unit, either way
	Limit  float64 `json:"limit"`                                                          // in unit, either way: verdicts can no longer be trusted to stay as they were
	Unit   string  `json:"unit"`                                                           // "%", "dE", "mm" or "score"
	X      float64 `json:"x,omitempty"`                                                    // of the dirt, pixels of the sensor
	Y      float64 `json:"y,omitempty"`                                                    // of the dirt, pixels of the sensor
	Frames uint64  `json:"frames"`                                                         // measured since the reference
	Why    string  `json:"why"`                                                            // what was seen, for a person
	WhatTo string  `json:"what_to_do,omitempty"`                                           // the cure, for whoever stands there
}

// EyesAccepted says that a person takes what a view shows now for right: its next
// frames make a new reference, whose cause is this event. Who it was is the actor.
type EyesAccepted struct {
	Line       string   `json:"line"`              // the site file's name of it
	View       string   `json:"view"`              // of the line
	Camera     string   `json:"camera"`            // the site file's name of it
	Recipe     string   `json:"recipe"`            // name@version that judges now
	RecipeHash string   `json:"recipe_sha256"`     // of the recipe's file; other recipes keep their reference
	ModelHash  string   `json:"model_sha256"`      // of the model that judges now
	Reason     string   `json:"reason"`            // why, for a person
	Drifted    []string `json:"drifted,omitempty"` // what was beyond its warning then
}

// EventType returns linesman.eyes.accepted.v1.
func (EyesAccepted) EventType() Type { return "linesman.eyes.accepted.v1" }

// EventSeverity is info.
func (EyesAccepted) EventSeverity() Severity { return Info }

// EventType returns linesman.eyes.reference.v1.
func (EyesReference) EventType() Type { return "linesman.eyes.reference.v1" }

// EventType returns linesman.eyes.minute.v1.
func (EyesMinute) EventType() Type { return "linesman.eyes.minute.v1" }

// EventType returns linesman.eyes.drift.v1.
func (EyesDrift) EventType() Type { return "linesman.eyes.drift.v1" }

// EventSeverity is info.
func (EyesReference) EventSeverity() Severity { return Info }

// EventSeverity is info.
func (EyesMinute) EventSeverity() Severity { return Info }

// EventSeverity is medium for a warning, high for a limit, info for the end.
func (e EyesDrift) EventSeverity() Severity {
	switch e.State {
	case "warning":
		return Medium
	case "limit":
		return High
	}
	return Info
}

package event

import "time"

// Tick is a place on the belt in encoder counts; ticks of different epochs
// (before and after an encoder reset) can not be compared.
type Tick struct {
	Epoch int64 `json:"epoch"` // grows by one at every encoder reset
	Count int64 `json:"count"` // encoder counts, widened to 64 bits
}

// Reason is one sentence of a verdict, with the numbers behind it.
type Reason struct {
	Rule     string  `json:"rule"`             // the rule's name in the recipe
	Class    string  `json:"class,omitempty"`  // what was found: "size", "print", "crack"...
	Camera   string  `json:"camera,omitempty"` // the camera that showed it
	Measured float64 `json:"measured"`         // in Unit
	Limit    float64 `json:"limit"`            // in Unit
	Unit     string  `json:"unit,omitempty"`   // "mm", "dE", "1 = threshold"...
	Text     string  `json:"text"`             // for a person to read
}

// PartSeen says that a part was located in a frame. It is stored beside the
// passes and expires with them: part.judged repeats all it says.
type PartSeen struct {
	Line    string    `json:"line"`              // the line it is on
	Camera  string    `json:"camera"`            // the camera that showed it first
	Trigger uint64    `json:"trigger,omitempty"` // in the controller's counting; 0 without a trigger
	Lane    int       `json:"lane"`              // 1 is nearest the picture's top edge
	Tick    Tick      `json:"tick"`              // part centre at exposure
	Seen    time.Time `json:"seen"`              // exposure, UTC
}

// PartJudged is the verdict on one part and all that is needed to reach it
// again: model, recipe and, where it was kept, the picture.
type PartJudged struct {
	Line       string   `json:"line"`                                  // the line it is on
	Outcome    string   `json:"outcome" enum:"pass,fail,inconclusive"` // inconclusive is rejected like fail
	Reasons    []Reason `json:"reasons,omitempty"`                     // why it is no pass; empty for a pass
	Score      float64  `json:"score"`                                 // the strongest finding's, unclamped, 1 = threshold
	Model      string   `json:"model"`                                 // name@version
	ModelHash  string   `json:"model_sha256"`                          // over every file of the model that can change an answer
	Recipe     string   `json:"recipe"`                                // name@version at exposure
	RecipeHash string   `json:"recipe_sha256"`                         // of the recipe as signed
	Lane       int      `json:"lane"`                                  // 1 is nearest the picture's top edge
	Trigger    uint64   `json:"trigger,omitempty"`                     // in the controller's counting; 0 without a trigger
	Tick       Tick     `json:"tick"`                                  // part centre at exposure
	Due        Tick     `json:"due"`                                   // part centre at the gate
	Late       bool     `json:"late"`                                  // the entry was not acknowledged in time: rejected
	Evidence   string   `json:"evidence_sha256,omitempty"`             // of the kept picture, the first view's that has one; empty if none was kept
	Heatmap    string   `json:"heatmap_sha256,omitempty"`              // of the kept heat map, over the same extent as the picture
	Views      []View   `json:"views,omitempty"`                       // what the verdict was reached from, in the recipe's order; only where pictures are kept
	Timing     Timing   `json:"timing"`                                // when each stage was done
	Collateral bool     `json:"collateral,omitempty"`                  // good, but rejected with a touching neighbour
}

// View is what one camera contributed to a verdict, as far as it is needed to
// reach it again; the rest lies in its picture.
type View struct {
	Name       string  `json:"name"`                      // the recipe's view
	Camera     string  `json:"camera,omitempty"`          // absent if no frame showed the part
	Evidence   string  `json:"evidence_sha256,omitempty"` // of the kept picture; empty if none was kept
	Heatmap    string  `json:"heatmap_sha256,omitempty"`  // of the kept heat map, over the same extent as the picture
	Missing    string  `json:"missing,omitempty"`         // why there was nothing to judge
	Unanswered bool    `json:"unanswered,omitempty"`      // it is missing because the model itself had no answer for this picture
	Quality    Quality `json:"quality,omitzero"`          // of the frame
	MMPerPx    float64 `json:"mm_per_px,omitempty"`       // scale on the belt; absent if it was not recorded
	Belt       string  `json:"belt,omitempty"`            // direction of travel in the picture: +x, -x, +y or -y
}

// Quality says how good a frame was.
type Quality struct {
	Focus   float64 `json:"focus"`             // variance of the Laplacian over grey 0..255
	Mean    float64 `json:"mean"`              // mean grey, 0..255
	Clipped float64 `json:"clipped"`           // share of pixels at 0 or 255
	Covered bool    `json:"covered,omitempty"` // it showed nothing at all
}

// Timing is when each stage of a part was done, UTC. A stage that was never
// reached is absent.
type Timing struct {
	Exposure time.Time `json:"exposure"`          // the camera's shutter
	Located  time.Time `json:"located,omitzero"`  // found in the frame
	Judged   time.Time `json:"judged,omitzero"`   // verdict reached
	Acked    time.Time `json:"acked,omitzero"`    // entry acknowledged by the controller
	Deadline time.Time `json:"deadline,omitzero"` // latest time for the acknowledgement
}

// PartGated says what the controller did with a part's entry at the gate.
type PartGated struct {
	Line    string `json:"line"`                                                     // the line it is on
	Outcome string `json:"outcome" enum:"pass,fail,inconclusive"`                    // of its verdict
	Lane    int    `json:"lane"`                                                     // of the gate
	Due     Tick   `json:"due"`                                                      // part centre at the gate, as entered
	Fired   Tick   `json:"fired,omitzero"`                                           // when the gate was commanded; absent unless opened
	Result  string `json:"result" enum:"opened,kept,too late,refused,vetoed,absent"` // all but opened are rejects
}

// PartConfirmed says where a part went, as a sensor of the controller saw it.
type PartConfirmed struct {
	Line    string `json:"line"`                                  // the line it is on
	Outcome string `json:"outcome" enum:"pass,fail,inconclusive"` // of its verdict
	Lane    int    `json:"lane"`                                  // of the sensor
	Went    string `json:"went" enum:"ejected,exited"`            // reject bin or good side
	Tick    Tick   `json:"tick"`                                  // of the sensor's edge
}

// PartLost names a part, or a range of ticks, of which nobody can say where it
// went. The envelope's part is empty when only the range is known.
type PartLost struct {
	Line  string `json:"line"`           // the line it was on
	Lane  int    `json:"lane,omitempty"` // 0 is every lane
	From  Tick   `json:"from"`           // first tick concerned, at the gate
	To    Tick   `json:"to"`             // last tick concerned, at the gate
	Count uint64 `json:"count"`          // parts concerned; 0 if nobody knows
	Why   string `json:"why"`            // what happened
}

// PartSuspect names a part on the good side that may not belong there, or a
// range of ticks in which there may be one: somebody has to look. Of a range that
// goes on, such as while somebody stands at the gate, one event tells when it
// begins, and one of what began when it is over.
type PartSuspect struct {
	Line   string `json:"line"`                 // the line it is on
	Lane   int    `json:"lane,omitempty"`       // 0 is every lane
	From   Tick   `json:"from"`                 // first tick concerned, at the gate
	To     Tick   `json:"to"`                   // last tick concerned, at the gate; of an open range how far the belt has come
	Open   bool   `json:"open,omitempty"`       // the range goes on
	Began  string `json:"began,omitempty"`      // id of the event that said that the range began; empty where this one does
	Why    string `json:"why"`                  // what speaks against it
	WhatTo string `json:"what_to_do,omitempty"` // where to look and what to do
}

// EventType returns linesman.part.seen.v1.
func (PartSeen) EventType() Type { return "linesman.part.seen.v1" }

// EventType returns linesman.part.judged.v1.
func (PartJudged) EventType() Type { return "linesman.part.judged.v1" }

// EventType returns linesman.part.gated.v1.
func (PartGated) EventType() Type { return "linesman.part.gated.v1" }

// EventType returns linesman.part.confirmed.v1.
func (PartConfirmed) EventType() Type { return "linesman.part.confirmed.v1" }

// EventType returns linesman.part.lost.v1.
func (PartLost) EventType() Type { return "linesman.part.lost.v1" }

// EventType returns linesman.part.suspect.v1.
func (PartSuspect) EventType() Type { return "linesman.part.suspect.v1" }

// EventSeverity is info: parts are seen all the time.
func (PartSeen) EventSeverity() Severity { return Info }

// EventSeverity is info for any verdict in time and low for a late one.
func (p PartJudged) EventSeverity() Severity {
	if p.Late {
		return Low
	}
	return Info
}

// EventSeverity is low when a pass was not let through.
func (p PartGated) EventSeverity() Severity {
	if p.Outcome == "pass" && p.Result != "opened" || p.Outcome != "pass" && p.Result == "too late" {
		return Low
	}
	return Info
}

// EventSeverity is critical for a reject on the good side.
func (p PartConfirmed) EventSeverity() Severity {
	if p.Outcome != "pass" && p.Went == "exited" {
		return Critical
	}
	return Info
}

// EventSeverity is medium: a part is missing from the account.
func (PartLost) EventSeverity() Severity { return Medium }

// EventSeverity is high: it may be an escape. What is only said more of a range
// that goes on is no news.
func (p PartSuspect) EventSeverity() Severity {
	if p.Open && p.Began != "" {
		return Info
	}
	return High
}

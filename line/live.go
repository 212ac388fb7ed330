package line

import (
	"time"

	"linesman/camera"
	"linesman/part"
	"linesman/rules"
	"linesman/vision"
)

// Status is what a line's page shows. It is a copy: readers own it.
type Status struct {
	Line    part.LineID    `json:"line"`
	At      time.Time      `json:"at"`
	Recipe  string         `json:"recipe"`
	Batch   string         `json:"batch"`
	State   string         `json:"state"` // "running", "held", "stopped", "blind"
	Why     string         `json:"why,omitempty"`
	WhatTo  string         `json:"what_to_do,omitempty"`
	PerMin  float64        `json:"parts_per_minute"`
	Counts  Counts         `json:"counts"`
	Ledger  part.Ledger    `json:"ledger"`
	PLC     PLCState       `json:"plc"`
	Belt    part.Tick      `json:"belt"` // what is at the line's zero now; epoch 0 before the first reading
	Cameras []camera.State `json:"cameras"`
	Latency Latency        `json:"latency"`
	Model   string         `json:"model"`
	Shadow  *ShadowState   `json:"shadow,omitempty"` // what judges beside the line, if anything does
	Next    *Changeover    `json:"next,omitempty"`   // taken on, its first part not yet at the line's zero
}

// Counts are outcomes since the batch began.
type Counts struct {
	Pass         uint64 `json:"pass"`
	Fail         uint64 `json:"fail"`
	Inconclusive uint64 `json:"inconclusive"`
	Late         uint64 `json:"late"`
}

// Latency is trigger to acknowledged entry, in milliseconds, over the last minute.
type Latency struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// PLCState is what the controller says, and whether it says anything.
type PLCState struct {
	Name      string    `json:"name"`
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since"`
	Error     string    `json:"error,omitempty"`
	Held      bool      `json:"held"`
	Running   bool      `json:"running"`
	SpeedMMs  float64   `json:"speed_mm_s"`
	Mode      string    `json:"mode"` // "queue" or "pulse"
}

// Shot is one judged frame for the live picture: boxes in step with their
// frame. Whoever receives it releases Frame.
type Shot struct {
	Line  part.LineID
	Frame *camera.Frame
	Parts []Mark
}

// Mark is one judged part on its frame.
type Mark struct {
	ID      part.ID        `json:"id"`
	Box     vision.Box     `json:"box"`
	Lane    int            `json:"lane"`
	Outcome part.Outcome   `json:"outcome"`
	Score   float64        `json:"score"` // 1 = threshold
	Reasons []rules.Reason `json:"reasons"`
	// Heat is the part's heat map over Box, one byte a cell (255 r/(1+r), r =
	// score over threshold), row by row; empty for a part far from its limit.
	Heat       []byte `json:"heat,omitempty"`
	HeatWidth  int    `json:"heat_width,omitempty"`
	HeatHeight int    `json:"heat_height,omitempty"`
}

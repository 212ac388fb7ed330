package apitest

import (
	"time"

	"linesman/camera"
	"linesman/line"
	"linesman/part"
)

// status is what the canned line says of itself.
func (p *Plant) status() line.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.scene == Stale {
		now = p.start
	}
	c := p.counts
	found := c.Pass + c.Fail + c.Inconclusive
	travelling, landing := min(found, 432), min(found, 25)
	rejected := c.Fail + c.Inconclusive
	s := line.Status{
		Line: lineID, At: now, Recipe: "tab-9@12", Batch: "B-1107", Model: model, State: "running", PerMin: 6667, Counts: c,
		Ledger: part.Ledger{
			FramesReceived: p.n + 800, FramesTriggered: p.n + 800, Found: found, AtGate: found - travelling, Verdicts: found,
			Passes: c.Pass, Rejects: rejected, Ejected: rejected - min(rejected, 6), Exited: found - travelling - landing - (rejected - min(rejected, 6)),
			Travelling: travelling, Landing: landing,
		},
		PLC:     line.PLCState{Name: "plc-1", Connected: true, Since: p.start.Add(-3 * time.Hour), Running: true, SpeedMMs: 166.7, Mode: "queue"},
		Cameras: []camera.State{{Camera: top, Status: camera.Live, Since: p.start.Add(-3 * time.Hour), Frames: p.n + 800, FPS: 2, Width: beltWidth, Height: beltHeight}},
		Latency: line.Latency{P50: 41.2, P99: 58.7, Max: 83.1},
	}
	stand := func(state, why, what string) {
		s.State, s.Why, s.WhatTo, s.PerMin = state, why, what, 0
		s.PLC.Running, s.PLC.SpeedMMs = false, 0
	}
	switch p.scene {
	case Held:
		stand("held", "gates in reject: ejection not confirmed", "clear the cause, then release: the controller's button or linesman line release")
		s.PLC.Held = true
	case Camera:
		stand("blind", "camera top is down: dial tcp 192.168.10.21:554: no route to host", "check the camera's power, cable and lens")
		s.Cameras[0].Status, s.Cameras[0].FPS, s.Cameras[0].Since = camera.Down, 0, now.Add(-12*time.Second)
		s.Cameras[0].Error = "dial tcp 192.168.10.21:554: no route to host"
	case PLC:
		stand("blind", "the controller does not answer: modbus tcp://192.168.10.5:502: i/o timeout", "check the controller's power, cable and address; the gates rest in reject")
		s.PLC.Connected, s.PLC.Since, s.PLC.Error = false, now.Add(-41*time.Second), "modbus tcp://192.168.10.5:502: i/o timeout"
	case Ledger:
		s.Ledger.Exited++
		s.Ledger.Mismatch = "parts at the gate 48314, ejected, exited or landing 48315"
	case Stopped:
		stand("stopped", "the belt stands", "")
	case Untaught:
		stand("stopped", "no part has come yet", "")
		s.Ledger.FramesReceived, s.Ledger.FramesTriggered = 0, 0
		s.Latency = line.Latency{}
	}
	return s
}

// beside are the cameras beside the line.
func (p *Plant) beside() []camera.State {
	c := camera.State{Camera: gate, Status: camera.Live, Since: p.start, FPS: 5, Width: 640, Height: 360}
	if p.scene == Frozen {
		c.Status, c.FPS = camera.Frozen, 5
	}
	return []camera.State{c}
}

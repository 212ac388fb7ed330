package rules_test

import (
	"fmt"
	"log"
	"time"

	"linesman/models/detect"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
	"linesman/vision"
)

// The way of one camera's pictures: the gate says whether to look, the follower
// who is where, the rules what must not be.
func Example() {
	yard := scene.Settings{Zones: map[string]scene.Zone{"ejector": {Polygon: [][]float64{{0.4, 0.4}, {0.7, 0.4}, {0.7, 0.95}, {0.4, 0.95}}}}}
	if err := yard.Validate(); err != nil {
		log.Fatal(err)
	}
	gate, err := scene.NewGate(yard.Gate)
	if err != nil {
		log.Fatal(err)
	}
	follower, err := scene.NewFollower(yard)
	if err != nil {
		log.Fatal(err)
	}
	engine, err := rules.Load([]byte(`
rules:
  - {name: person in ejector zone, when: person in zone("ejector"), for: 1s, severity: critical, say: Leave., then: [hold caps-1]}
`), rules.Site{Cameras: map[part.CameraID]*scene.Settings{"yard": &yard}})
	if err != nil {
		log.Fatal(err)
	}

	start, busy := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), false
	grey := scene.Grey{Width: 160, Height: 90, Stride: 160, Pix: make([]byte, 160*90)} // out of a frame, as tamper.Reducer makes it
	for n := range 100 {
		at := start.Add(time.Duration(n) * 200 * time.Millisecond)
		if !gate.Glance(grey, at, busy).Look {
			continue
		}
		var found []detect.Found // the detector's answer
		if n < 20 {
			found = []detect.Found{{Label: scene.Person, Score: 0.9, Box: vision.Box{X0: 600, Y0: 340, X1: 660, Y1: 500}}}
		}
		s := follower.Step(scene.Observation{Camera: "yard", Seq: uint64(n), At: at, Width: 1280, Height: 720, Detections: found, Changed: gate.Changed()})
		busy = s.Busy()
		for _, c := range engine.Step(rules.Moment{At: at, Camera: "yard", Scene: &s}) {
			fmt.Println(c.At.Sub(start), c.Kind, c.Alert.Key, c.Alert.Actions)
		}
	}
	// Output:
	// 1.4s raised person in ejector zone/yard [hold caps-1]
	// 12s cleared person in ejector zone/yard [hold caps-1]
}

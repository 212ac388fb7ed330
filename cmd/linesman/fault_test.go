package main

import (
	"strings"
	"testing"

	"linesman/sim"
	"linesman/sim/belt"
	"linesman/sim/draw"
)

// Every fault there is stands in the help with a word on what it does.
func TestFaultHelp(t *testing.T) {
	help := (&FaultCmd{}).Help()
	for _, k := range belt.Kinds() {
		if faultWords[k] == "" || !strings.Contains(help, string(k)) {
			t.Errorf("%s: %q in the help", k, faultWords[k])
		}
		if !strings.Contains(","+faultKinds()+",", ","+string(k)+",") {
			t.Errorf("%s is not among %s", k, faultKinds())
		}
	}
	if len(faultWords) != len(belt.Kinds()) {
		t.Errorf("%d kinds have words, there are %d", len(faultWords), len(belt.Kinds()))
	}
}

// The network camera's pictures are small, even-sided and of one shape.
func TestNetcamLayout(t *testing.T) {
	for _, p := range []sim.Product{sim.Caps, sim.Tablets} {
		w, h := draw.NewPainter(netcamLayout(p.Layout()), 1, draw.Options{}).Size()
		if w != 512 || h != 288 {
			t.Errorf("%s: %d x %d pixels, want 512 x 288", p, w, h)
		}
	}
}

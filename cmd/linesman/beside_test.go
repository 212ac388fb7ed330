package main

import (
	"testing"

	"linesman/camera"
	"linesman/line"
	"linesman/part"
)

// The newest frame is lent with a hold of its own, and every frame goes back.
func TestNewest(t *testing.T) {
	pool, n := camera.NewPool(2), &newest{}
	if f := n.hold(); f != nil {
		t.Errorf("frame %d before any came", f.Seq)
	}
	frame := func(seq uint64) *camera.Frame {
		f := pool.Get(2, 2, camera.Grey)
		f.Seq = seq
		return f.Retain() // ours, to see it come back
	}
	first, second := frame(1), frame(2)
	n.Frame(first)
	lent := n.hold()
	n.Frame(second)
	if lent.Seq != 1 || n.hold().Seq != 2 {
		t.Errorf("lent frame %d, then not frame 2", lent.Seq)
	}
	lent.Release()
	n.drop()
	n.drop() // a second time does nothing
	if f := n.hold(); f != nil {
		t.Errorf("frame %d after the drop", f.Seq)
	}
	second.Release() // the hold that was lent
	for _, f := range []*camera.Frame{first, second} {
		f.Release()
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("frame %d is still held", f.Seq)
				}
			}()
			f.Release()
		}()
	}
}

// A triggered camera owes a frame from its trigger on until one comes, also
// when the line has given the first up; an empty belt owes nothing.
func TestOwing(t *testing.T) {
	var l part.Ledger
	owes := owing(func() line.Status { return line.Status{Ledger: l} })
	for _, step := range []struct {
		name                      string
		received, exposing, blind uint64
		want                      bool
	}{
		{"nothing came yet", 0, 0, 0, false},
		{"triggered", 0, 1, 0, true},
		{"its frame came", 1, 0, 0, false},
		{"the next is on its way", 1, 1, 0, true},
		{"and is given up", 1, 0, 1, true},
		{"still nothing", 1, 0, 1, true},
		{"one came after all", 2, 0, 1, false},
		{"the belt runs empty", 2, 0, 1, false},
	} {
		l.FramesReceived, l.Exposing, l.Blind = step.received, step.exposing, step.blind
		if got := owes(); got != step.want {
			t.Errorf("%s: owes %v, want %v", step.name, got, step.want)
		}
	}
}

//go:build cgo

package line_test

import (
	"slices"
	"testing"
	"time"

	"linesman/event"
	"linesman/line"
)

// TestEyesInTheLog dims the lamps of a whole line: the log says from what, and how
// far, while the line goes on.
func TestEyesInTheLog(t *testing.T) {
	t.Parallel()
	p := newPlant(t, build{seed: *seed, defects: -1, eyes: line.Watch{Every: time.Millisecond, Learn: 16, Memory: 8}})
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	said := func(typ event.Type) func(record) bool {
		return func(r record) bool {
			p.release()
			return slices.ContainsFunc(r.events, func(e event.Event) bool { return e.Type == typ })
		}
	}
	if !p.await(patience, said(event.EyesReference{}.EventType())) {
		t.Fatal("no reference" + p.describe())
	}
	p.cameras[0].cover(func(pic *picture) bool {
		for i, v := range pic.pix {
			pic.pix[i] = byte(int(v) * 3 / 4)
		}
		return true
	})
	if !p.await(patience, said(event.EyesDrift{}.EventType())) {
		t.Fatal("no drift" + p.describe())
	}
	p.finish()
	r, _ := p.record()
	for _, e := range r.events {
		d, err := event.As[event.EyesDrift](e)
		if err != nil {
			continue
		}
		if d.What != "light" || d.State != "warning" || d.Drift > -13 || d.WhatTo == "" || e.Severity != event.Medium || e.Subject != "top" || e.Batch != "b1" {
			t.Errorf("the first drift is %v of %s in batch %s: %s", e.Severity, e.Subject, e.Batch, e.Data)
		}
		return
	}
}

//go:build cgo

package line_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/models"
	"linesman/part"
	"linesman/sim"
	"linesman/vision"
)

// spoilt remembers where the belt was at the pictures that were spoilt.
type spoilt struct {
	mu    sync.Mutex
	ticks []int64
}

func (s *spoilt) at(tick uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ticks = append(s.ticks, int64(tick))
}

// TestBadPictures spoils what one camera sends, in each way a camera can, for a
// second on a running line. Every part so shown is rejected, has no verdict that
// passes it, and is named; the camera's fault is told; the line goes on.
func TestBadPictures(t *testing.T) {
	var kept []byte
	for _, c := range []struct {
		name string
		hood func(*picture) bool
		told func([]event.Event) bool
	}{
		{"stops", func(*picture) bool { return false },
			both(says[event.PartLost]("its frame never came"), says[event.CameraState](`"stalled"`))},
		{"freezes", func(p *picture) bool {
			if kept == nil {
				kept = slices.Clone(p.pix)
			}
			p.pix = kept
			return true
		}, both(says[event.PartJudged]("the picture is damaged"), says[event.CameraState](`"frozen"`))},
		{"changes size", func(p *picture) bool {
			p.width, p.pix = p.width+20, append(slices.Clone(p.pix), make([]byte, 20*p.height)...)
			return true
		}, both(says[event.PartLost]("not of the size"), says[event.CameraState](`"changed"`))},
		{"sends noise", func(p *picture) bool {
			for i := range p.pix {
				p.pix[i] = byte(i * i * int(p.trigger.N) >> 3)
			}
			return true
		}, says[event.LedgerMismatch]("no picture showed")},
		{"is covered", func(p *picture) bool { clear(p.pix); return true },
			says[event.LedgerMismatch]("no picture showed")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPlant(t, build{seed: *seed, defects: -1, watch: camera.Watch{Stall: 300 * time.Millisecond, FrozenFrames: 5}})
			spoil(t, p, c.told, func(bad *spoilt) func() {
				p.cameras[0].cover(func(pic *picture) bool {
					painted := slices.Clone(pic.pix)
					sent := c.hood(pic)
					if !sent || !slices.Equal(painted, pic.pix) { // the first of a frozen camera is a good one
						bad.at(pic.trigger.Tick)
					}
					return sent
				})
				return func() { p.cameras[0].cover(nil) }
			})
		})
	}
}

// spoil begins what the caller breaks on a running line, ends it a second later,
// and holds the gate to it.
func spoil(t *testing.T, p *plant, told func([]event.Event) bool, begin func(*spoilt) (end func())) {
	t.Helper()
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	from := p.mark()
	var bad spoilt
	end := begin(&bad)
	for enough := time.Now().Add(time.Second); !p.await(time.Second, func(record) bool { return time.Now().After(enough) }); {
	}
	if !p.await(8*time.Second, func(r record) bool { return told(r.events[from:]) }) {
		t.Errorf("the log says nothing of it%s", p.describe())
	}
	end()
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	p.finish()
	got := p.truth()
	if len(got.silent)+got.unjudged > 0 {
		t.Errorf("on the good side without a verdict: %d; not named: %v", got.unjudged, got.silent)
	}
	r, _ := p.record()
	if len(bad.ticks) < 5 {
		t.Fatalf("only %d pictures were spoilt", len(bad.ticks))
	}
	met := 0
	for _, f := range r.fates {
		for _, tick := range bad.ticks {
			gate := tick + int64((p.layout.GateMM-p.layout.CameraMM)*p.layout.PerMM)
			if d := f.tick.Count - gate; max(d, -d) > 4 {
				continue
			}
			met++
			if f.Side != sim.Rejected {
				t.Errorf("part %d, of a spoilt picture, went %v", f.Part.N, f.Side)
			}
			if outcome := r.outcome(f); outcome == "" && !r.named(f) {
				t.Errorf("part %d, of a spoilt picture, has no verdict and is not named", f.Part.N)
			} else if outcome == "pass" {
				t.Errorf("part %d, of a spoilt picture, was passed", f.Part.N)
			}
		}
	}
	if met < len(bad.ticks)/2 {
		t.Errorf("of %d spoilt pictures only %d parts came to the gate", len(bad.ticks), met)
	}
}

// outcome returns the log's last word on the part of a fate; empty if none.
func (r record) outcome(f fate) (outcome string) {
	for _, e := range r.events {
		if j, err := event.As[event.PartJudged](e); err == nil {
			if d, ok := part.Tick(j.Due).Sub(f.tick); ok && max(d, -d) <= 12 {
				outcome = j.Outcome
			}
		}
	}
	return outcome
}

// moody is a detector that can be made to fail.
type moody struct {
	models.Detector
	mu   sync.Mutex
	fail func([]vision.Crop) error
}

func (m *moody) Detect(ctx context.Context, crops []vision.Crop, ask models.Ask, out []models.Result) error {
	m.mu.Lock()
	fail := m.fail
	m.mu.Unlock()
	if fail != nil {
		if err := fail(crops); err != nil {
			return err
		}
	}
	return m.Detector.Detect(ctx, crops, ask, out)
}

// TestBadModel has the model fail, break down and sleep on a running line.
func TestBadModel(t *testing.T) {
	for _, c := range []struct {
		name, says string
		fail       func([]vision.Crop) error
	}{
		{"gives no answer", "the model gave no answer", func([]vision.Crop) error { return errors.New("out of memory") }},
		{"breaks down", "broke down", func(crops []vision.Crop) error { panic("index out of range") }},
		{"is late", "late", func([]vision.Crop) error { time.Sleep(300 * time.Millisecond); return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := &moody{Detector: spots{}}
			p := newPlant(t, build{seed: *seed, defects: -1, detector: m})
			told := func(events []event.Event) bool {
				return says[event.PartJudged](c.says)(events) || says[event.PartLost](c.says)(events)
			}
			spoil(t, p, told, func(bad *spoilt) func() {
				m.mu.Lock()
				defer m.mu.Unlock()
				m.fail = c.fail
				p.cameras[0].cover(func(pic *picture) bool { bad.at(pic.trigger.Tick); return true })
				return func() {
					p.cameras[0].cover(nil)
					p.await(time.Second, func(record) bool { return p.station.Backlog() == 0 })
					m.mu.Lock()
					defer m.mu.Unlock()
					m.fail = nil
				}
			})
		})
	}
}

// TestCameraThatIsNotThere runs a line whose camera can not be reached: it lives,
// says so, and every part is rejected and named.
func TestCameraThatIsNotThere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there now
	p := newPlant(t, build{seed: *seed, defects: -1, camera: l.Addr().String()})
	if !p.await(patience, func(r record) bool { p.release(); return len(r.fates) >= 15 }) {
		t.Fatal("no part came to the gate" + p.describe())
	}
	st := p.station.Status()
	if st.State != "blind" || st.WhatTo == "" {
		t.Errorf("the line is %q: %s", st.State, st.Why)
	}
	p.finish()
	r, _ := p.record()
	if !says[event.CameraState](`"down"`)(r.events) || !says[event.CameraState]("start linesman sim, or correct the camera's address")(r.events) {
		t.Error("no event says that the camera is down, and what to do")
	}
	for _, f := range r.fates {
		if f.Side != sim.Rejected || !r.named(f) {
			t.Errorf("part %d went %v, named in time %v", f.Part.N, f.Side, r.named(f))
		}
	}
}

//go:build cgo

package line_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/file"
	"linesman/camera/rtsp"
	camerasim "linesman/camera/sim"
	"linesman/event"
	"linesman/models"
	"linesman/part"
	"linesman/sim"
	publisher "linesman/sim/rtsp"
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

// TestCameraThatShowsNothing runs lines whose camera can not work from the start:
// the line lives, says which camera and what to do, and every part is rejected
// and named.
func TestCameraThatShowsNothing(t *testing.T) {
	const password = "Sesame-1234"
	for _, c := range []struct {
		name  string
		state string
		says  string
		open  func(t *testing.T) (camera.Driver, error)
	}{
		{"nobody there", "down", "start linesman sim, or correct the camera's address", func(t *testing.T) (camera.Driver, error) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return nil, err
			}
			defer l.Close()
			return camerasim.New("top", camerasim.Settings{Address: l.Addr().String()})
		}},
		{"wrong password", "down", "correct username and password", func(t *testing.T) (camera.Driver, error) {
			p, err := publisher.Listen(publisher.Options{Address: "127.0.0.1:0", Username: "admin", Password: password})
			if err != nil {
				return nil, err
			}
			t.Cleanup(func() { p.Close() })
			return rtsp.New("top", rtsp.Settings{URL: p.URL(), Username: "admin", Password: password + "x", Timeout: 2 * time.Second})
		}},
		{"another protocol", "down", "not a frame of the drawn line", func(t *testing.T) (camera.Driver, error) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return nil, err
			}
			var talking sync.WaitGroup
			talking.Go(func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					_, _ = conn.Write([]byte("220 mail.example ESMTP ready, and so on\r\n"))
					conn.Close()
				}
			})
			t.Cleanup(func() { l.Close(); talking.Wait() })
			return camerasim.New("top", camerasim.Settings{Address: l.Addr().String()})
		}},
		{"empty video", "down", "empty.mp4", func(t *testing.T) (camera.Driver, error) { return recording(t, "empty.mp4", nil) }},
		{"truncated video", "down", "half.mp4", func(t *testing.T) (camera.Driver, error) {
			whole, err := os.ReadFile("../camera/file/testdata/twelve.mp4")
			if err != nil {
				return nil, err
			}
			return recording(t, "half.mp4", whole[:len(whole)/2])
		}},
		{"video that ends", "ended", "", func(t *testing.T) (camera.Driver, error) {
			return file.New("top", file.Settings{Path: "../camera/file/testdata/twelve.mp4"})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			driver, err := c.open(t)
			if err != nil {
				t.Fatal(err)
			}
			p := newPlant(t, build{seed: *seed, defects: -1, driver: driver})
			if !p.await(patience, func(r record) bool { p.release(); return len(r.fates) >= 15 }) {
				t.Fatal("no part came to the gate" + p.describe())
			}
			if st := p.station.Status(); st.State != "blind" || !strings.Contains(st.Why, "top") || st.WhatTo == "" {
				t.Errorf("the line is %q: %s: %s", st.State, st.Why, st.WhatTo)
			}
			p.finish()
			r, _ := p.record()
			if !says[event.CameraState](`"`+c.state+`"`)(r.events) || !says[event.CameraState](c.says)(r.events) {
				t.Errorf("no event says that the camera is %s, and %q%s", c.state, c.says, p.describe())
			}
			if says[event.CameraState](password)(r.events) {
				t.Error("the log has the camera's password")
			}
			for _, f := range r.fates {
				if f.Side != sim.Rejected || !r.named(f) {
					t.Errorf("part %d went %v, named in time %v", f.Part.N, f.Side, r.named(f))
				}
			}
		})
	}
}

// recording is a driver for a video of these bytes.
func recording(t *testing.T, name string, data []byte) (camera.Driver, error) {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return nil, err
	}
	return file.New("top", file.Settings{Path: path})
}

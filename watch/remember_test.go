package watch

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/part"
)

// scenery paints blocks of grey, upright or, for 2, on their corners.
func scenery(number uint64) func(*camera.Frame) {
	const block = 20
	var grey [32][32]byte
	rng := rand.New(rand.NewPCG(number, 1))
	for i := range grey {
		for j := range grey[i] {
			grey[i][j] = byte(30 + rng.IntN(180))
		}
	}
	var shades []byte
	return func(f *camera.Frame) {
		for i := len(shades); i < len(f.Pix); i++ {
			x, y := i%f.Stride/3, i/f.Stride
			if number == 2 {
				x, y = x+y, x-y+f.Height
			}
			shades = append(shades, grey[y/block%32][x/block%32])
		}
		lay(f.Pix, shades)
	}
}

// lay puts shades under a picture, whose own is left as noise.
//
//go:norace
func lay(pix, shades []byte) {
	for i := range pix {
		pix[i] = pix[i]/16 + shades[i]
	}
}

// album is a memory.
type album struct {
	scene []byte
	at    time.Time
	kept  int
}

func (a *album) Recall(part.CameraID) ([]byte, time.Time) { return a.scene, a.at }

func (a *album) Keep(_ part.CameraID, scene []byte) {
	a.scene, a.at, a.kept = scene, time.Now(), a.kept+1
}

const tamperRules = `rules:
  - {name: turned away, when: camera.moved or camera.covered, severity: high, say: Go to the camera.}
`

// TestViewAccepted turns a camera on purpose: its alarm stands until a person says so.
func TestViewAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := openYardOf(t, tamperRules, nil, func(*GuardConfig) {})
		defer y.stop()
		y.painted = scenery(1)
		y.show(30 * time.Second)
		y.painted = scenery(2)
		y.show(2 * time.Minute)
		if raised, cleared := y.desk.told(); len(raised) == 0 || len(cleared) != 0 {
			t.Fatalf("two minutes after the camera was turned: raised %+v, cleared %q", raised, cleared)
		}
		if err := y.guard.AcceptView("gate", "hung anew", "user:sam"); !errors.Is(err, ErrNoCamera) {
			t.Errorf("a camera that is not there: %v", err)
		}
		if err := y.guard.AcceptView("yard", " ", "user:sam"); err == nil {
			t.Error("no reason was asked for")
		}
		if err := y.guard.AcceptView("yard", "hung anew", "user:sam"); err != nil {
			t.Fatal(err)
		}
		y.show(40 * time.Second)
		if _, cleared := y.desk.told(); len(cleared) != 1 {
			t.Errorf("40 s after a person said that the view is right: cleared %q", cleared)
		}
		if st := y.station.Status(); st.Why != "" {
			t.Errorf("the camera is still blind: %s", st.Why)
		}
		y.book.mu.Lock()
		said := slices.IndexFunc(y.book.events, func(e event.Event) bool { return e.Type == event.CameraAccepted{}.EventType() })
		if said < 0 {
			t.Fatal("the log does not say who took the view for right")
		}
		e := y.book.events[said]
		y.book.mu.Unlock()
		a, err := event.As[event.CameraAccepted](e)
		if err != nil || e.Actor != "user:sam" || a.Reason != "hung anew" || len(a.Faults) == 0 {
			t.Errorf("the log says %+v by %q, %v", a, e.Actor, err)
		}
	})
}

// TestTurnedWhileNobodyWatched turns a camera between two processes.
func TestTurnedWhileNobodyWatched(t *testing.T) {
	for _, c := range []struct {
		name  string
		later uint64
		moved bool
	}{{"left alone", 1, false}, {"turned", 2, true}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				kept := &album{}
				before := openYardWith(t, tamperRules, nil, func(*GuardConfig) {}, func(s *Config) { s.Memory = kept })
				before.painted = scenery(1)
				before.show(90 * time.Second)
				before.stop()
				if kept.kept == 0 {
					t.Fatal("the scene was not kept")
				}
				after := openYardWith(t, tamperRules, nil, func(*GuardConfig) {}, func(s *Config) { s.Memory = kept })
				defer after.stop()
				after.painted = scenery(c.later)
				after.show(8 * time.Second)
				if raised, _ := after.desk.told(); (len(raised) > 0) != c.moved {
					t.Errorf("8 s after the start: raised %+v", raised)
				}
			})
		})
	}
}

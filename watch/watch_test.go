package watch

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"linesman/alarm"
	"linesman/camera"
	"linesman/event"
	"linesman/models/detect"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
	"linesman/vision"
)

// eyes see what a test says, or fail.
type eyes struct {
	mu    sync.Mutex
	found []detect.Found
	err   error
	looks int
	slow  atomic.Int64 // nanoseconds that a look takes
}

func (e *eyes) Look(_ context.Context, _ detect.Picture, _ float64, found []detect.Found) ([]detect.Found, error) {
	time.Sleep(time.Duration(e.slow.Load()))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.looks++
	return append(found, e.found...), e.err
}

func (e *eyes) see(err error, found ...detect.Found) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.found, e.err = found, err
}

// person stands with the feet at x, y, 60 pixels tall.
func person(x, y float64) detect.Found {
	return detect.Found{Label: "person", Score: 0.9, Box: vision.Box{X0: x - 12, Y0: y - 60, X1: x + 12, Y1: y}}
}

// desk remembers what it was told, and refuses while it is shut.
type desk struct {
	mu     sync.Mutex
	shut   bool
	slow   time.Duration // before it answers
	bad    string        // what it refuses alone begins so
	raised []alarm.Raise
	clear  []string
}

var errShut = errors.New("the log is full")

func (d *desk) Raise(_ context.Context, r alarm.Raise) (string, error) {
	time.Sleep(d.slow)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut || d.bad != "" && strings.HasPrefix(r.Key, d.bad) {
		return "", errShut
	}
	d.raised = append(d.raised, r)
	return "alarm " + r.Key, nil
}

func (d *desk) Clear(_ context.Context, key, _, _, _ string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut {
		return errShut
	}
	d.clear = append(d.clear, key)
	return nil
}

func (d *desk) told() (raised []alarm.Raise, cleared []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]alarm.Raise(nil), d.raised...), append([]string(nil), d.clear...)
}

// book keeps events.
type book struct {
	mu     sync.Mutex
	events []event.Event
}

func (b *book) Emit(e event.Event) { b.mu.Lock(); defer b.mu.Unlock(); b.events = append(b.events, e) }

func (b *book) of(typ event.Type) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if e.Type == typ {
			n++
		}
	}
	return n
}

// line remembers what was asked of it.
type lines struct {
	mu      sync.Mutex
	absent  bool
	said    []string
	because []string // key and alarm
}

var errAbsent = errors.New("there is no such line")

func (l *lines) Trespass(id part.LineID, key, _, _ string, hold bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.absent {
		return errAbsent
	}
	word := "suspect "
	if hold {
		word = "hold "
	}
	l.said = append(l.said, word+string(id))
	return nil
}

func (l *lines) TrespassBecause(id part.LineID, key, cause string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.absent {
		return errAbsent
	}
	l.because = append(l.because, key+": "+cause)
	return nil
}

func (l *lines) TrespassOver(id part.LineID, key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.absent {
		return errAbsent
	}
	l.said = append(l.said, "over "+string(id))
	return nil
}

func (l *lines) heard() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.said, ", ")
}

// yard is one camera under two rules, in the bubble's time.
type yard struct {
	t       *testing.T
	eyes    *eyes
	desk    *desk
	book    *book
	lines   *lines
	station *Station
	guard   *Guard
	seq     uint64
	stop    func()
	painted func(*camera.Frame) // over each frame; nil: nothing
}

const yardRules = `rules:
  - name: somebody in the cell
    when: person in zone("cell")
    for: 1s
    keep: 2s
    severity: high
    say: Leave the cell.
    then: [hold caps-1]
  - name: no camera
    when: camera.down
    for: 1s
    keep: 1s
    severity: high
    say: Go to the camera.
`

func openYard(t *testing.T, standing func(context.Context) ([]alarm.Alarm, error)) *yard {
	t.Helper()
	return openYardOf(t, yardRules, standing, func(*GuardConfig) {})
}

// openYardOf is openYard under other rules, with more for the guard.
func openYardOf(t *testing.T, text string, standing func(context.Context) ([]alarm.Alarm, error), more func(*GuardConfig)) *yard {
	t.Helper()
	return openYardWith(t, text, standing, more, func(*Config) {})
}

// openYardWith is openYardOf with more for the station.
func openYardWith(t *testing.T, text string, standing func(context.Context) ([]alarm.Alarm, error), more func(*GuardConfig), other func(*Config)) *yard {
	t.Helper()
	set := Settings{Scene: scene.Settings{Zones: map[string]scene.Zone{"cell": {Polygon: [][]float64{{0.5, 0}, {1, 0}, {1, 1}, {0.5, 1}}}}}}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	engine, err := rules.Load([]byte(text), rules.Site{Cameras: map[part.CameraID]*scene.Settings{"yard": &set.Scene}})
	if err != nil {
		t.Fatal(err)
	}
	y := &yard{t: t, eyes: &eyes{}, desk: &desk{}, book: &book{}, lines: &lines{}}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	c := GuardConfig{Source: "/test", Rules: engine, Events: y.book, Desk: y.desk, Lines: y.lines, Log: log, Standing: standing}
	more(&c)
	if y.guard, err = NewGuard(c); err != nil {
		t.Fatal(err)
	}
	station := Config{Camera: "yard", Settings: set, Eyes: y.eyes, Guard: y.guard, Log: log}
	other(&station)
	if y.station, err = New(station); err != nil {
		t.Fatal(err)
	}
	y.station.CameraState(camera.State{Camera: "yard", Status: camera.Live})
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { _ = y.guard.Run(ctx) })
	work.Go(func() { _ = y.station.Run(ctx) })
	y.stop = func() { cancel(); work.Wait() }
	return y
}

// frame is a picture with some texture, a little different each time.
//
//go:norace
func (y *yard) frame() *camera.Frame {
	y.seq++
	f := &camera.Frame{Camera: "yard", Seq: y.seq, At: time.Now(), Width: yardWidth, Height: yardHeight, Stride: 3 * yardWidth, Format: camera.RGB, Pix: make([]byte, 3*yardWidth*yardHeight)}
	floor, grain := drawnYard()
	grain = grain[y.seq*977%grains:]
	for i, v := range floor {
		f.Pix[i] = v + grain[i]
	}
	if y.painted != nil {
		y.painted(f)
	}
	return f.Retain()
}

const (
	yardWidth, yardHeight = 320, 240
	grains                = 4096 // places where a picture's noise may begin
)

// drawnYard are a floor of tiles and noise to lay over it, longer than the floor.
var drawnYard = sync.OnceValues(func() (floor, grain []byte) {
	floor, grain = make([]byte, 3*yardWidth*yardHeight), make([]byte, 3*yardWidth*yardHeight+grains)
	for i := range floor {
		floor[i] = byte(60 + (i/3%yardWidth/16+i/3/yardWidth/16)%2*90)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range grain {
		grain[i] = byte(rng.IntN(5))
	}
	return floor, grain
})

// show sends pictures for so long, five a second, while it sees what it sees.
func (y *yard) show(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		y.station.Sink().Frame(y.frame())
	}
	synctest.Wait()
}

func TestFromThePictureToTheDesk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := openYard(t, nil)
		defer y.stop()
		y.show(2 * time.Second)
		y.eyes.see(nil, person(60, 200))
		y.show(3 * time.Second)
		if raised, _ := y.desk.told(); len(raised) != 0 {
			t.Fatalf("raised %+v for a person beside the cell", raised)
		}
		y.eyes.see(nil, person(240, 200))
		y.show(3 * time.Second)
		raised, cleared := y.desk.told()
		if len(raised) != 1 || len(cleared) != 0 || raised[0].Zone != "cell" || raised[0].Camera != "yard" || raised[0].WhatTo != "Leave the cell." || raised[0].Severity != event.High {
			t.Fatalf("raised %+v, cleared %q, want one about the cell", raised, cleared)
		}
		y.eyes.see(nil)
		y.show(12 * time.Second)
		if _, cleared = y.desk.told(); len(cleared) != 1 || cleared[0] != raised[0].Key {
			t.Errorf("cleared %q, want %q", cleared, raised[0].Key)
		}
		if y.lines.mu.Lock(); strings.Join(y.lines.said, ", ") != "hold caps-1, over caps-1" {
			t.Errorf("the line was told %q", y.lines.said)
		}
		if because := strings.Join(y.lines.because, ", "); because != "somebody in the cell/yard/cell: alarm "+raised[0].Key && because != "somebody in the cell/yard: alarm "+raised[0].Key {
			t.Errorf("once the desk has answered the line was told %q, want the alarm's id", because)
		}
		y.lines.mu.Unlock()
		if in, out := y.book.of(event.ZoneEntered{}.EventType()), y.book.of(event.ZoneLeft{}.EventType()); in != 1 || out != 1 {
			t.Errorf("the log says %d times entered, %d left, want 1 and 1", in, out)
		}
	})
}

// A camera that is blind says nothing of its zones: what stands goes on standing.
func TestBlindIsNotEmpty(t *testing.T) {
	for name, blind := range map[string]func(y *yard){
		"the detector fails": func(y *yard) { y.eyes.see(errors.New("out of memory")); y.show(10 * time.Second) },
		"no pictures": func(y *yard) {
			y.station.CameraState(camera.State{Camera: "yard", Status: camera.Down, Error: "pulled"})
			time.Sleep(10 * time.Second)
			synctest.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				y := openYard(t, nil)
				defer y.stop()
				y.eyes.see(nil, person(240, 200))
				y.show(4 * time.Second)
				blind(y)
				raised, cleared := y.desk.told()
				cell, down, unseen := 0, 0, false
				for _, r := range raised {
					switch {
					case strings.Contains(r.Key, "cell"):
						cell, unseen = cell+1, unseen || strings.Contains(r.Text, "not seen now")
					default:
						down++
					}
				}
				if cell == 0 || !unseen || len(cleared) != 0 {
					t.Errorf("raised %+v, cleared %q: want the cell's to stand, and to say that nobody sees it", raised, cleared)
				}
				if name == "no pictures" && down != 1 {
					t.Errorf("a camera that is down was raised %d times, want once", down)
				}
				if st := y.station.Status(); st.Why == "" {
					t.Errorf("the status does not say that the camera is blind: %+v", st)
				}
			})
		})
	}
}

// A desk that refuses is asked again, in order, and nothing is lost.
func TestDeskThatRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := openYard(t, nil)
		defer y.stop()
		y.desk.shut = true
		y.eyes.see(nil, person(240, 200))
		y.show(4 * time.Second)
		y.eyes.see(nil)
		y.show(12 * time.Second)
		if raised, _ := y.desk.told(); len(raised) != 0 {
			t.Fatalf("a shut desk took %+v", raised)
		}
		y.desk.mu.Lock()
		y.desk.shut = false
		y.desk.mu.Unlock()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if raised, cleared := y.desk.told(); len(raised) != 1 || len(cleared) != 1 {
			t.Errorf("raised %+v, cleared %q, want the one that was and is over", raised, cleared)
		}
	})
}

// The line is held at once, whatever the desk does: somebody stands there.
func TestHeldBeforeTheDeskAnswers(t *testing.T) {
	for name, hinder := range map[string]func(*desk){
		"it refuses": func(d *desk) { d.shut = true },
		"it is slow": func(d *desk) { d.slow = time.Minute },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				y := openYard(t, nil)
				defer y.stop()
				hinder(y.desk)
				y.station.CameraState(camera.State{Camera: "yard", Status: camera.Live})
				y.eyes.see(nil, person(240, 200))
				y.show(3 * time.Second)
				if said := y.lines.heard(); said != "hold caps-1" {
					t.Errorf("the line was told %q, want to hold", said)
				}
			})
		})
	}
}

// One alarm that the desk does not take keeps no other from being called.
func TestRefusedAloneStopsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := openYard(t, nil)
		defer y.stop()
		y.desk.bad = "watch/somebody in the cell"
		y.eyes.see(nil, person(240, 200))
		y.show(4 * time.Second)
		y.station.CameraState(camera.State{Camera: "yard", Status: camera.Down, Error: "pulled"})
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if raised, _ := y.desk.told(); len(raised) == 0 || !strings.Contains(raised[0].Key, "no camera") {
			t.Errorf("raised %+v, want that there is no camera", raised)
		}
	})
}

// A line that takes nothing yet is asked again, once what is over is left out.
func TestLineThatBeginsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := openYard(t, nil)
		defer y.stop()
		y.lines.absent = true
		y.eyes.see(nil, person(240, 200))
		y.show(3 * time.Second)
		y.eyes.see(nil)
		y.show(12 * time.Second) // over, never held
		y.eyes.see(nil, person(240, 200))
		y.show(3 * time.Second)
		y.lines.mu.Lock()
		y.lines.absent = false
		y.lines.mu.Unlock()
		y.show(2 * time.Second)
		if said := y.lines.heard(); said != "hold caps-1" {
			t.Errorf("the line was told %q, want to hold once", said)
		}
	})
}

// What the process before has raised is the same alarm, or is cleared.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := []alarm.Alarm{
			{Key: "watch/somebody in the cell/yard", Camera: "yard", Zone: "cell", Active: true, Raised: time.Now().Add(-time.Minute)},
			{Key: "watch/a rule that is gone/yard", Camera: "yard", Active: true},
			{Key: "line/caps-1/held", Active: true},
		}
		y := openYard(t, func(context.Context) ([]alarm.Alarm, error) { return before, nil })
		defer y.stop()
		y.eyes.see(nil, person(240, 200))
		y.show(4 * time.Second)
		raised, cleared := y.desk.told()
		for _, r := range raised {
			if r.Key != before[0].Key {
				t.Errorf("raised %q beside the one that stands", r.Key)
			}
		}
		if len(cleared) != 1 || cleared[0] != before[1].Key {
			t.Errorf("cleared %q, want the one without a rule", cleared)
		}
		if said := y.lines.heard(); said != "hold caps-1" { // it knows nothing of what it was asked before
			t.Errorf("the line was told %q, want to hold while somebody may stand there", said)
		}
		y.eyes.see(nil)
		y.show(12 * time.Second)
		if _, cleared = y.desk.told(); len(cleared) != 2 || cleared[1] != before[0].Key {
			t.Errorf("cleared %q, want the one that is over", cleared)
		}
	})
}

// While nobody moves the network rests, but for the floor rate; frames sooner than
// wanted are left out.
func TestRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := openYard(t, nil)
		defer y.stop()
		y.show(60 * time.Second)
		st := y.station.Status()
		if st.Rested < 200 || y.eyes.looks > 60 || y.eyes.looks < 12 {
			t.Errorf("in a minute of an empty yard %d looks, %d rested: want it to look at least every 5 s, and to rest else", y.eyes.looks, st.Rested)
		}
		if st.SeenFPS < 4.5 || st.SeenFPS > 5.5 || st.Skipped != 0 || st.Short != "" {
			t.Errorf("status %+v, want five frames a second and none skipped", st)
		}
	})
}

// Two frames wait in their order; with a third nobody keeps up, and the newest wins.
func TestIntake(t *testing.T) {
	for _, c := range []struct {
		come    int
		want    []uint64 // that are taken
		skipped uint64   // before the first of them
	}{
		{0, nil, 0}, {1, []uint64{1}, 0}, {2, []uint64{1, 2}, 0}, {3, []uint64{3}, 2}, {4, []uint64{3, 4}, 2}, {5, []uint64{5}, 4},
	} {
		in, pool, took := newIntake(nil, nil), camera.NewPool(4), []uint64(nil)
		for i := range c.come {
			f := pool.Get(8, 8, camera.Grey)
			f.Seq = uint64(i + 1)
			in.Frame(f)
		}
		for range c.want {
			select {
			case <-in.wake:
			default:
				t.Errorf("%d came: nobody is called for the frame after %v", c.come, took)
			}
			f, skipped := in.take()
			if f == nil {
				break
			}
			if want := c.skipped; len(took) == 0 && skipped != want || len(took) > 0 && skipped != 0 {
				t.Errorf("%d came: %d skipped before frame %d", c.come, skipped, f.Seq)
			}
			took = append(took, f.Seq)
			f.Release()
		}
		if f, skipped := in.take(); f != nil || skipped != 0 || !slices.Equal(took, c.want) {
			t.Errorf("%d came: took %v, want %v; then %+v, %d", c.come, took, c.want, f, skipped)
		}
	}
}

func TestSettingsRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		set  Settings
		want string
	}{
		"too fast":     {Settings{FPS: 100}, "0.2 to 60"},
		"faces":        {Settings{Faces: "hidden"}, "blurred or shown"},
		"clip":         {Settings{Clip: ClipSettings{Before: time.Hour}}, "up to 10m"},
		"zone":         {Settings{Scene: scene.Settings{Zones: map[string]scene.Zone{"z": {}}}}, "zones.z"},
		"no gate rate": {Settings{Scene: scene.Settings{Gate: scene.GateSettings{Floor: time.Hour}}}, "fire"},
	} {
		if err := c.set.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	var plain Settings
	if err := plain.Validate(); err != nil || plain.FPS != 5 || plain.Detector.Model != "safety" || plain.Faces != "blurred" {
		t.Errorf("an empty watch is %+v, %v", plain, err)
	}
}

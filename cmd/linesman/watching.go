package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"linesman/alarm"
	"linesman/alarm/beacon"
	"linesman/camera"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/models/detect"
	"linesman/models/face"
	"linesman/models/face/yunet"
	"linesman/models/onnx"
	"linesman/models/secondlook"
	"linesman/part"
	"linesman/plc"
	"linesman/rules"
	"linesman/scene"
	"linesman/vision"
	"linesman/watch"
)

// watching is what an appliance has for its safety cameras.
type watching struct {
	guard     *watch.Guard
	stations  map[part.CameraID]*watch.Station
	detectors map[string]*watch.Detectors // by model and how finely it looks
	faces     *faces
	scenes    *scenes
	rules     *rules.Engine
	eye       *secondlook.Eye // opened once something is to be looked at a second time
}

// openWatches opens the safety cameras of the site, the rules over them and the
// desk that calls. A site without watches has alarms all the same.
func (a *appliance) openWatches() error {
	if err := a.openDesk(); err != nil {
		return err
	}
	if len(a.site.Watches) == 0 {
		return nil
	}
	zone, err := a.site.Location()
	if err != nil {
		return err
	}
	engine, err := a.site.SafetyRules()
	if err != nil {
		return err
	}
	w := &watching{stations: map[part.CameraID]*watch.Station{}, detectors: map[string]*watch.Detectors{}, rules: engine,
		scenes: newScenes(filepath.Join(a.site.Path(a.site.Data), "scenes"), a.log)}
	a.watching = w
	if w.faces, err = openFaces(); err != nil {
		return err
	}
	hears := &hearing{store: a.store, facts: engine.Facts(), lines: a.site.LineIDs(), log: a.log}
	w.guard, err = watch.NewGuard(watch.GuardConfig{
		Source: "/" + a.site.Name, Rules: engine, Spaces: scene.NewSpaces(a.site.Spaces), Past: newPast(a.store, a.ring, a.log), Zone: zone, Events: a.ring, Desk: a.alarms, Lines: trespasses{a}, Second: a.openSecondLook(),
		Keep: func(data []byte) string { return a.evidence.Keep(evidence.Alarm, data) },
		Hold: func(id string, shas ...string) error { return a.evidence.Hold("alarm "+id, shas...) },
		Standing: func(ctx context.Context) ([]alarm.Alarm, error) {
			standing, err := a.alarms.Look(ctx, 0)
			return standing.Alarms, err
		},
		Newest: hears.newest, Log: a.log,
	})
	if err != nil {
		return err
	}
	hears.ears = w.guard
	a.work = append(a.work, w.guard.Run, hears.run, w.scenes.run)
	for _, id := range a.site.WatchIDs() {
		if err := a.openWatch(id); err != nil {
			return fmt.Errorf("watches.%s: %w", id, err)
		}
	}
	return nil
}

func (a *appliance) openWatch(id part.CameraID) error {
	set := *a.site.Watches[id]
	eyes, err := a.watching.eyes(a.site, set.Detector)
	if err != nil {
		return err
	}
	c := watch.Config{Camera: id, Settings: set, Eyes: eyes, Guard: a.watching.guard, Memory: a.watching.scenes, Log: a.log}
	if set.Faces == "blurred" {
		c.Faces = a.watching.faces.find
	}
	s, err := watch.New(c)
	if err != nil {
		return err
	}
	a.watching.stations[id] = s
	driver, err := openCamera(id, a.site.Cameras[id])
	if err != nil {
		return err
	}
	// Whether a still picture is frozen is told by the tamper detector: at night
	// nothing moves.
	a.supervise(id, driver, camera.Watch{Moving: func() bool { return false }}, s.Sink(), s.CameraState)
	a.work = append(a.work, s.Run)
	return nil
}

// eyes returns the networks of a model, opened once for all cameras that look
// alike: one a core.
func (w *watching) eyes(site siteOf, set watch.DetectorSettings) (*watch.Detectors, error) {
	key := fmt.Sprintf("%s %d %v", set.Model, set.Side, set.Far)
	if d := w.detectors[key]; d != nil {
		return d, nil
	}
	dir, only := detectors(set.Model)
	if dir == nil {
		path, ok := detectorFolder(site, set)
		if !ok {
			return nil, fmt.Errorf("detector.model %q is neither one that ships (ppe, fire, safety, coco) nor a folder", set.Model)
		}
		dir = os.DirFS(path)
	}
	folder, err := detect.Read(dir)
	if err != nil {
		return nil, err
	}
	o := detect.Options{Open: onnx.Open, Threads: 1, Once: !set.Far, Only: only}
	if folder.Card.Head.Free { // others take pictures of one size
		o.Side = set.Side
	}
	d, err := watch.NewDetectors(runtime.GOMAXPROCS(0), func() (*detect.Detector, error) { return detect.New(folder, o) })
	if err != nil {
		return nil, err
	}
	w.detectors[key] = d
	return d, nil
}

// detectorFolder is where a watch's model lies; ok is false for one that ships, and
// for one that is not there.
func detectorFolder(site siteOf, set watch.DetectorSettings) (path string, ok bool) {
	if dir, _ := detectors(set.Model); dir != nil {
		return "", false
	}
	path = site.Path(set.Model)
	st, err := os.Stat(path)
	return path, err == nil && st.IsDir()
}

// siteOf is what paths are relative to.
type siteOf interface{ Path(string) string }

func (w *watching) close() {
	for _, d := range w.detectors {
		d.Close()
	}
	if w.faces != nil {
		w.faces.close()
	}
	if w.eye != nil {
		w.eye.Close()
	}
}

// faces find faces for all cameras, one picture at a time.
type faces struct{ free chan *face.Detector }

func openFaces() (*faces, error) {
	f := &faces{free: make(chan *face.Detector, 1)}
	d, err := face.Load(yunet.Folder, face.Options{Open: onnx.Open, Threads: 1})
	if err != nil {
		return nil, fmt.Errorf("the model that finds faces to be veiled: %w", err)
	}
	f.free <- d
	return f, nil
}

func (f *faces) find(p detect.Picture, found []vision.Box) ([]vision.Box, error) {
	d := <-f.free
	defer func() { f.free <- d }()
	seen, err := d.Look(p, d.Score())
	for _, x := range seen {
		found = append(found, x.Box)
	}
	return found, err
}

func (f *faces) close() { d := <-f.free; d.Close() }

// trespasses hands what a rule asks of a line to the line.
type trespasses struct{ a *appliance }

var errNoLine = errors.New("there is no such line")

// Trespass holds a line, or marks what passes it.
func (t trespasses) Trespass(id part.LineID, key, why, cause string, hold bool) error {
	s := t.a.stations[id]
	if s == nil {
		return fmt.Errorf("line %s: %w", id, errNoLine)
	}
	return s.Trespass(key, why, cause, hold)
}

// TrespassBecause says by which alarm somebody stands there.
func (t trespasses) TrespassBecause(id part.LineID, key, cause string) error {
	s := t.a.stations[id]
	if s == nil {
		return fmt.Errorf("line %s: %w", id, errNoLine)
	}
	return s.TrespassBecause(key, cause)
}

// TrespassOver says that it is over.
func (t trespasses) TrespassOver(id part.LineID, key string) error {
	s := t.a.stations[id]
	if s == nil {
		return fmt.Errorf("line %s: %w", id, errNoLine)
	}
	return s.TrespassOver(key)
}

// openDesk opens the desk that keeps the alarms, and the channels by which it
// calls.
func (a *appliance) openDesk() error {
	zone, err := a.site.Location()
	if err != nil {
		return err
	}
	set := &a.site.Alarms
	dir := filepath.Join(a.site.Path(a.site.Data), "alarms")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the folder of alarms: %w", err)
	}
	key, err := alarm.LoadKey(filepath.Join(dir, "receipts.key"))
	if err != nil {
		return err
	}
	a.phones = alarm.NewPhones()
	roots, err := trusted(a.site, set.CA)
	if err != nil {
		return err
	}
	means := alarm.Means{Hosts: set.Hosts, Roots: roots, Dir: dir, Logger: a.log, Tell: func(subject string, p event.Payload) {
		a.ring.Emit(event.New("/"+a.site.Name, subject, time.Now(), p))
	}}
	deliverers := map[string]alarm.Deliverer{}
	for name, c := range set.Channels {
		if deliverers[name], err = openChannel(name, c, means, a.phones, a.beaconOf); err != nil {
			return err
		}
		if s, ok := deliverers[name].(alarm.Subscriber); ok {
			a.push = s
		}
	}
	a.alarms, err = alarm.New(alarm.Config{Settings: set, Site: a.site.Name, Zone: zone, Log: a.store, Deliverers: deliverers, Key: key, Logger: a.log})
	if err != nil {
		return err
	}
	a.work = append(a.work, a.alarms.Run, func(ctx context.Context) error { return a.alarms.Suppressing(ctx, a.store) })
	if len(a.site.Lines) > 0 {
		over := &lineAlarms{log: a.store, desk: a.alarms, logger: a.log, holds: lineHolds{delay: set.Held, same: min(set.Held, set.Chattering)}, has: func(line string) bool { return a.site.Lines[part.LineID(line)] != nil }}
		a.work = append(a.work, over.run)
	}
	return nil
}

// trusted returns the system's certificate authorities and the plant's own; nil,
// which is the system's, where it has none.
func trusted(site siteOf, file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(site.Path(file))
	if err != nil {
		return nil, fmt.Errorf("alarms.ca: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("alarms.ca: %s holds no certificate in PEM", file)
	}
	return roots, nil
}

// beaconOf returns the site's controller of a name for a beacon; one that no line
// hangs on is opened for it. Nil: there is none.
func (a *appliance) beaconOf(name string) beacon.Controller {
	if s := a.outputs[name]; s != nil {
		return s
	}
	set, ok := a.site.Controllers[name]
	if !ok {
		return nil
	}
	dial, err := dialController(name, set)
	if err != nil {
		a.log.Error("a beacon's controller can not be opened", "controller", name, "err", err)
		return nil
	}
	s := plc.NewSupervisor(plc.SupervisorConfig{Name: name, Dial: dial, Room: 16,
		OnStatus: func(plc.Status) {}, OnAck: func(plc.Entry, time.Time, error) {}, OnSignal: func(plc.Ack, error) {}, OnState: func(plc.State) {}})
	a.outputs[name] = s
	a.work = append(a.work, s.Run)
	return s
}

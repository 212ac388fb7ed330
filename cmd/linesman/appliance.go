package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"time"
	_ "time/tzdata" // a box without zone data still shows the site's time

	"github.com/goccy/go-yaml"
	"golang.org/x/sync/errgroup"

	"linesman/access"
	"linesman/alarm"
	"linesman/api"
	"linesman/camera"
	"linesman/config"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/event/sqlite"
	"linesman/line"
	"linesman/part"
	"linesman/plc"
	"linesman/plc/modbus"
	"linesman/recipe"
	"linesman/ui"
)

// version is set when a release is built.
var version = "0.1"

// decodeModbus reads a controller's options; unknown keys are refused.
func decodeModbus(raw []byte) (modbus.Settings, error) {
	var s modbus.Settings
	err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&s)
	if err != nil && !errors.Is(err, io.EOF) {
		return s, errors.New(yaml.FormatError(err, false, true))
	}
	return s, nil
}

// appliance is everything that runs for one site.
type appliance struct {
	site      *config.Site
	log       *slog.Logger
	store     *sqlite.Log
	ring      *event.Ring
	evidence  *evidence.Store
	access    *access.Store
	stations  map[part.LineID]*line.Station
	cameras   map[part.CameraID]*camera.Supervisor
	beside    []part.CameraID // those that no line judges by
	newest    map[part.CameraID]*newest
	judging   map[part.LineID]chan *recipe.Recipe // what became active, for the limit samples
	following map[part.LineID]*following
	desk      *desk
	alarms    *alarm.Desk
	phones    *alarm.Phones
	push      alarm.Subscriber           // nil without a channel that browsers subscribe to
	outputs   map[string]*plc.Supervisor // by the controller's name
	watching  *watching                  // nil without safety cameras
	looks     *secondLooks               // nil without safety cameras
	first     string                     // id of the first event this process logs
	work      []func(context.Context) error
}

// openAppliance opens the log and every line of the site. Close what it
// returns.
func openAppliance(site *config.Site, log *slog.Logger) (a *appliance, err error) {
	a = &appliance{site: site, log: log, stations: map[part.LineID]*line.Station{}, cameras: map[part.CameraID]*camera.Supervisor{}, newest: map[part.CameraID]*newest{}, outputs: map[string]*plc.Supervisor{}, judging: map[part.LineID]chan *recipe.Recipe{}, following: map[part.LineID]*following{}}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	data := site.Path(site.Data)
	if a.store, err = sqlite.Open(sqlite.Settings{Dir: filepath.Join(data, "log"), Site: site.Name, Logger: log}); err != nil {
		return a, err
	}
	if a.access, err = openAccess(site, a.store, log); err != nil {
		return a, err
	}
	if a.ring, err = event.OpenRing(event.RingSettings{Path: filepath.Join(data, "ring"), Source: "/" + site.Name, Logger: log}); err != nil {
		return a, err
	}
	a.evidence, err = evidence.Open(evidence.Settings{Dir: filepath.Join(data, "evidence"), MaxBytes: config.GB(site.Keep.PicturesGB), MinFree: config.GB(site.Keep.FreeGB) / 2, MaxAge: pictureAges(site.Keep), Logger: log, Dropped: func(d event.EvidenceDropped) {
		a.ring.Emit(event.New("/"+site.Name, "evidence", time.Now(), d))
	}})
	if err != nil {
		return a, err
	}
	a.desk = a.ownDesk()
	a.work = append(a.work, a.retain, a.holdLabelled)
	for _, id := range site.LineIDs() {
		if err := a.openLine(id); err != nil {
			return a, err
		}
	}
	if site.Learning.Auto {
		w, err := a.ownLearner()
		if err != nil {
			return a, err
		}
		a.work = append(a.work, w.run)
	}
	if err := a.openWatches(); err != nil {
		return a, err
	}
	return a, a.openBeside()
}

func (a *appliance) openLine(id part.LineID) error {
	set := *a.site.Lines[id]
	rec, begun, err := a.desk.begins(context.Background(), id)
	if err != nil {
		return err
	}
	setup, err := openActive(a.site, rec)
	if err != nil {
		return fmt.Errorf("line %s: %w", id, err)
	}
	name := set.Gates[0].Controller
	dial, err := dialController(name, a.site.Controllers[name])
	if err != nil {
		return err
	}
	batch := line.BatchName(time.Now())
	wanted := make(chan string, 16)
	var station *line.Station
	outputs := plc.NewSupervisor(plc.SupervisorConfig{Name: name, Dial: dial, Room: 2048,
		OnStatus: func(s plc.Status) { station.Controller(s) },
		OnAck:    func(e plc.Entry, at time.Time, err error) { station.Acked(e, at, err) },
		OnSignal: func(plc.Ack, error) {},
		OnState: func(s plc.State) {
			station.Link(line.PLCState{Name: name, Connected: s.Connected, Since: s.Since, Error: s.Error})
		},
	})
	station, err = line.New(line.Config{
		Line: id, Site: "/" + a.site.Name, Batch: batch, Settings: set, Setup: setup,
		Outputs: outputs, Events: a.ring, Log: a.log.With("line", string(id)), Unclosed: a.unclosed(id), Origins: a.origins(id),
		Keep: line.KeepIn(a.evidence), Wanted: func(product string) { newestOf(wanted, product) },
	})
	if err != nil {
		return err
	}
	a.stations[id], a.outputs[name] = station, outputs
	a.activated(id, batch, setup)
	a.judging[id] = make(chan *recipe.Recipe, 1)
	newestOf(a.judging[id], rec)
	a.following[id] = &following{}
	a.work = append(a.work, station.Run, outputs.Run, func(ctx context.Context) error { return a.changeOnDemand(ctx, id, wanted) },
		func(ctx context.Context) error { return a.endTrespasses(ctx, id, batch) },
		func(ctx context.Context) error { return a.prover(id).run(ctx, a.judging[id]) },
		func(ctx context.Context) error { return a.followShelf(ctx, id, begun) },
		func(ctx context.Context) error {
			zone, err := a.site.Location()
			if err != nil {
				return err
			}
			return a.desk.followSchedule(ctx, id, zone, a.log)
		})
	for _, v := range set.Views {
		driver, err := openCamera(v.Camera, a.site.Cameras[v.Camera])
		if err != nil {
			return fmt.Errorf("line %s: %w", id, err)
		}
		a.supervise(v.Camera, driver, camera.Watch{Triggered: true, Moving: station.BeltMoving, Owes: owing(station.Status)}, station.Sink(v.Camera), station.CameraState)
	}
	return nil
}

// activated logs by what a line judges from its first part on.
func (a *appliance) activated(id part.LineID, batch string, setup line.Setup) {
	rec, m := setup.Recipe, setup.Model
	m.Line = string(id)
	for _, p := range []event.Payload{
		event.RecipeActivated{Line: string(id), Recipe: rec.ID(), Hash: rec.Hash(), Why: "start"},
		m,
	} {
		e := event.New("/"+a.site.Name+"/line/"+string(id), "line", time.Now(), p)
		e.Batch, e.ID = batch, event.NewID()
		if a.first == "" {
			a.first = e.ID
		}
		a.ring.Emit(e)
	}
}

// run works until ctx ends or something that can not be mended breaks.
func (a *appliance) run(ctx context.Context) error {
	zone, err := a.site.Location()
	if err != nil {
		return err
	}
	compared := newComparer(a.site, a.evidence.Open)
	defer compared.close()
	pages := &partPages{site: a.site.Name, zone: zone, evidence: a.evidence.Open, nearest: compared.nearest}
	var watches api.Watches
	if a.watching != nil {
		watches = a.watching.guard
	}
	var looks api.SecondLooks
	if a.looks != nil {
		looks = a.looks
	}
	handler, err := api.New(api.Config{Watches: watches, SecondLooks: looks, Alarms: a.alarms, Phones: a.phones, Push: a.push, Site: a.site.Name, Version: version, Zone: zone, Lines: a.status, Shots: a.shots, Cameras: a.besideStates, Latest: a.latest, Log: a.store, LogState: a.logState, Eyes: a.eyes, AcceptOrigin: a.acceptOrigin, Evidence: a.openEvidence, Nearest: compared.nearest, PartPage: pages.page, Holds: a.evidence, Recipes: recipes{a}, Candidates: &candidateDesk{a.site, a.store}, Access: a.access, TokenToRead: a.site.Access.TokenToRead(), Shifts: a.site.Shifts, UI: ui.Files(), Addr: a.site.Listen, Logger: a.log})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", a.site.Listen)
	if err != nil {
		return fmt.Errorf("the page's address %s: %w; change listen: in the site file", a.site.Listen, err)
	}
	// The ring is drained until everything that writes into it has ended.
	draining, stop := context.WithCancel(context.Background())
	drained := make(chan error, 1)
	go func() { drained <- a.ring.Run(draining, a.store) }()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return api.Serve(ctx, listener, handler) })
	g.Go(func() error { a.tellUnwritten(ctx); return nil })
	for _, w := range a.work {
		g.Go(func() error { return w(ctx) })
	}
	fmt.Printf("the page is at http://%s\n", listener.Addr())
	err = g.Wait()
	for _, n := range a.newest {
		n.drop()
	}
	stop()
	<-drained
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (a *appliance) close() {
	if a.watching != nil {
		a.watching.close()
	}
	if a.evidence != nil {
		a.evidence.Close()
	}
	if a.ring != nil {
		a.ring.Close()
	}
	if a.access != nil {
		a.access.Close()
	}
	if a.store != nil {
		a.store.Close()
	}
}

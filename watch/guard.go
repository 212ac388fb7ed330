package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"linesman/alarm"
	"linesman/camera/clip"
	"linesman/event"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
)

// GuardConfig is what a guard is given. Events, Desk and Log are required; Keep
// nil keeps neither pictures nor clips, Lines nil holds none.
type GuardConfig struct {
	Source string        // of its events: "/demo"
	Rules  *rules.Engine // of the site
	Spaces *scene.Spaces // nil: none; the guard's from NewGuard on
	// Past is the log, for what was counted before this process; nil: counts begin with
	// nobody, and alarm hours with none.
	Past   Past
	Zone   *time.Location // in which times of reconcile are; nil: UTC
	Events event.Sink
	Desk   Desk
	Keep   Keeper
	Hold   func(alarm string, sha256s ...string) error // evidence stays while the alarm stands; nil: it may make room
	Lines  Lines
	Second *Second // look, that may withhold an alarm; nil: none
	// Standing returns the alarms that stand when Run begins: what the process before
	// raised goes on as the same alarm, or is cleared. Nil: none.
	Standing func(ctx context.Context) ([]alarm.Alarm, error)
	// Newest reads what the log said last of each of the rules' facts, in the log's
	// order: after a start, and where events were lost. Nil: what was not heard is not
	// known.
	Newest func(ctx context.Context) ([]event.Event, error)
	// Told, if set, is told by Run of what became of every alert: for who measures.
	Told func(rules.Change)
	Log  *slog.Logger
}

// Guard is the site's one place where rules decide over what all cameras saw. One
// goroutine owns it; others, the caller, the holder and the ears, do what takes
// time.
type Guard struct {
	cfg      GuardConfig
	stations map[part.CameraID]*Station
	moments  chan rules.Moment
	ears     *ears
	looks    chan func(*Guard)
	caller   *caller
	holder   *holder
	tally    *tally
	findings *findings
	register *register
	heads    *heads
	ended    chan struct{}
}

// hoursKept is how far back alarm hours are counted.
const hoursKept = 31 * 24 * time.Hour

// momentDepth is how many moments wait for the guard. Stations wait for room: what
// they saw counts crossings and may not be lost.
const momentDepth = 64

// NewGuard returns a guard without cameras; New adds them. All are added before
// Run.
func NewGuard(c GuardConfig) (*Guard, error) {
	if c.Rules == nil || c.Events == nil || c.Desk == nil || c.Log == nil {
		return nil, errors.New("watch: rules, events, desk and log must all be given")
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	g := &Guard{cfg: c, stations: map[part.CameraID]*Station{}, moments: make(chan rules.Moment, momentDepth),
		looks: make(chan func(*Guard)), ended: make(chan struct{})}
	g.caller, g.holder, g.tally, g.findings = newCaller(g), newHolder(g), newTally(g.emit), newFindings(g.emit, g.fireSeconds)
	g.register, g.heads, g.ears = newRegister(), newHeads(g), newEars(g)
	return g, nil
}

func (g *Guard) add(s *Station) { g.stations[s.cfg.Camera] = s }

// moment takes what a station saw.
func (g *Guard) moment(ctx context.Context, m rules.Moment) {
	select {
	case g.moments <- m:
	case <-ctx.Done():
	}
}

// Run works until ctx ends. It returns nil then.
func (g *Guard) Run(ctx context.Context) error {
	began := time.Now()
	if err := g.restore(ctx); err != nil {
		close(g.ended)
		return err
	}
	g.heads.begin(began)
	g.register.begin(began, g.cfg.Past != nil)
	var work sync.WaitGroup
	work.Go(func() { g.caller.run(ctx) })
	work.Go(func() { g.holder.run(ctx) })
	work.Go(func() { g.heads.errand.run(ctx) })
	work.Go(func() { g.heads.read(ctx) })
	work.Go(func() { g.register.fill(ctx, g, began) })
	work.Go(func() { g.ears.run(ctx) })
	defer work.Wait()
	defer close(g.ended)
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-ctx.Done():
			g.tally.end(time.Now())
			return nil
		case m := <-g.moments:
			g.take(m)
		case e := <-g.ears.facts:
			g.cfg.Rules.Hear(e)
			g.caller.hear(e)
		case now := <-second.C:
			g.tally.second(now)
			g.heads.second(now)
			if now.Second() == 0 {
				g.register.forget(now)
			}
			g.take(rules.Moment{At: now})
		case do := <-g.looks:
			do(g)
		}
	}
}

// restore takes up what the process before has raised.
func (g *Guard) restore(ctx context.Context) error {
	if g.cfg.Standing == nil {
		return nil
	}
	standing, err := g.cfg.Standing(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("watch: the alarms that stand: %w", err)
	}
	var alerts []rules.Alert
	ids := map[string]string{} // of alarms, by alert
	for _, a := range standing {
		g.heads.restore(a)
		if alert, ok := alertOf(a); ok && a.Active {
			alerts = append(alerts, alert)
			ids[alert.Key] = a.ID
		}
	}
	for _, a := range g.cfg.Rules.Restore(alerts) {
		a.Text = "its rule or camera is no longer in the site file"
		g.caller.add(rules.Change{Kind: rules.Cleared, At: time.Now(), Alert: a})
	}
	for _, a := range g.cfg.Rules.Standing() { // who stood at the ejector may stand there still
		g.holder.add(&a, begins, ids[a.Key])
		if len(lamps(&a)) > 0 { // the rule may ask for others than it did
			g.caller.add(rules.Change{Kind: rules.Updated, At: time.Now(), Alert: a})
		}
	}
	return nil
}

// take holds one moment against the rules and has done what follows.
func (g *Guard) take(m rules.Moment) {
	if m.Scene != nil {
		g.tally.take(m.Scene)
		g.findings.take(m.Scene)
		if heads := g.heads.take(m.Camera, m.Scene.Crossings); heads != nil {
			m.Heads = heads
		}
	}
	for _, c := range g.cfg.Rules.Step(m) {
		g.change(c)
	}
}

// change has done what a rule asks for.
func (g *Guard) change(c rules.Change) {
	if g.cfg.Told != nil {
		g.cfg.Told(c)
	}
	switch c.Kind {
	case rules.Raised:
		g.holder.add(&c.Alert, begins, "")
	case rules.Cleared:
		g.holder.add(&c.Alert, over, "")
	}
	g.caller.add(c)
}

// fireSeconds is of how many of the last seconds a camera's fire is believed.
func (g *Guard) fireSeconds(id part.CameraID) int {
	if s := g.stations[id]; s != nil {
		return s.cfg.Settings.Scene.Fire.Of
	}
	return 0
}

func (g *Guard) emit(camera, subject string, at time.Time, p event.Payload) {
	g.cfg.Events.Emit(event.New(g.cfg.Source+"/camera/"+camera, subject, at, p))
}

// look has the owner answer a question between two moments.
func (g *Guard) look(ask func(*Guard)) bool {
	done := make(chan struct{})
	select {
	case g.looks <- func(g *Guard) { ask(g); close(done) }:
		<-done
		return true
	case <-g.ended:
		return false
	}
}

// Standing returns the alerts that stand, by key, those that a second look keeps
// back among them; nil once the guard has ended.
func (g *Guard) Standing() (out []Stands) {
	g.look(func(g *Guard) {
		for _, a := range g.cfg.Rules.Standing() {
			out = append(out, Stands{a, g.register.of(a.Key)})
		}
	})
	return out
}

// View returns what a camera's station last saw; ok is false for a camera that is
// not watched. The caller owns one hold of the frame, which may be nil.
func (g *Guard) View(id part.CameraID) (v View, ok bool) {
	s := g.stations[id]
	if s == nil {
		return v, false
	}
	return s.View(), true
}

// Places returns a camera's zones and lines, nil for one that is not watched. They
// are not to be changed.
func (g *Guard) Places(id part.CameraID) *scene.Settings {
	if s := g.stations[id]; s != nil {
		return &s.cfg.Settings.Scene
	}
	return nil
}

// Hours returns the alarm hours by camera, zone and object of up to hoursKept, and from
// when on they are counted: of before the guard began once the log has been read.
func (g *Guard) Hours() (cells []rules.HourCell, since time.Time) { return g.register.rows(time.Now()) }

// Heads returns the head counts of the site's spaces.
func (g *Guard) Heads() (out []scene.Heads) {
	g.look(func(g *Guard) {
		if g.cfg.Spaces != nil {
			out = g.cfg.Spaces.Heads()
		}
	})
	return out
}

// SetHeads takes the word of an actor ("user:li") who counted how many are in a space,
// and returns what the log keeps of it.
func (g *Guard) SetHeads(space string, people int, actor string) (said event.ZoneCount, err error) {
	if !g.look(func(g *Guard) { said, err = g.heads.set(space, people, actor, time.Now()) }) {
		err = errors.New("the cameras are not watched any more")
	}
	return said, err
}

// Statuses returns how all stations stand, by camera.
func (g *Guard) Statuses() (out []Status) {
	for _, s := range g.stations {
		out = append(out, s.Status())
	}
	slices.SortFunc(out, func(a, b Status) int {
		switch {
		case a.Camera < b.Camera:
			return -1
		case a.Camera > b.Camera:
			return 1
		}
		return 0
	})
	return out
}

// clipped takes a finished clip.
func (g *Guard) clipped(c clip.Clip) { g.caller.clipped(c) }

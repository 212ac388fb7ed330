package stage

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Arrive says what `bench arrive` measures.
type Arrive struct {
	Program string
	Dir     string
	Events  int // visits, over all cameras
	Cameras int // at once
	FPS     float64
	Side    int           // of the network's input, pixels
	Rule    time.Duration // the rule's own `for:`
	Seed    uint64
	Say     Say
}

// Spread is how a time was over all events, in seconds.
type Spread struct {
	N    int     `json:"n"`
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	Most float64 `json:"most"`
}

func spreadOf(v []time.Duration) Spread {
	if len(v) == 0 {
		return Spread{}
	}
	slices.Sort(v)
	at := func(share float64) float64 { return v[min(int(share*float64(len(v))), len(v)-1)].Seconds() }
	return Spread{len(v), at(0.5), at(0.99), v[len(v)-1].Seconds()}
}

// ArriveReport is what came of it. Times are from one moment to the next.
type ArriveReport struct {
	Cameras int     `json:"cameras"`
	FPS     float64 `json:"fps"`
	Rule    float64 `json:"rule_s"`
	Seed    uint64  `json:"seed"`
	Visits  Counted `json:"visits"`
	// Believed is from the exposure of the first picture that shows somebody to that
	// of the one by which they are believed; Raised from there to the alarm in the log,
	// less the rule's `for`; Pushed from there to the push, decrypted. Whole is all of
	// it, less the rule's `for`.
	Believed Spread   `json:"believed"`
	Raised   Spread   `json:"raised"`
	Pushed   Spread   `json:"pushed"`
	Whole    Spread   `json:"whole"`
	Proven   Spread   `json:"proven"` // from the alarm in the log to the receipt in it
	Others   []string `json:"others,omitempty"`
}

// A visit's times: how much longer than the rule it lasts, and what lies behind it.
// One who is gone at once may be hidden, and is taken to be there for three seconds;
// then the rule's second, in which it is not cleared; the rest is for a busy box.
const (
	visitFor = 3 * time.Second
	visitGap = 7 * time.Second
)

// RunArrive measures.
func RunArrive(ctx context.Context, o Arrive) (*ArriveReport, error) {
	if o.Cameras < 1 || o.Events < 1 {
		return nil, fmt.Errorf("%d events by %d cameras: want at least one", o.Events, o.Cameras)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	film, err := openFloor(o.Dir)
	if err != nil {
		return nil, err
	}
	program, phone, cams, err := o.open(ctx, film)
	if err != nil {
		return nil, err
	}
	defer phone.close()
	defer program.kill()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	visits, end := o.script(time.Now().Add(5 * time.Second))
	firsts := make([][]time.Time, o.Cameras) // exposures of first pictures, by visit
	for i, c := range cams {
		firsts[i] = make([]time.Time, len(visits[i]))
		c.show = func(n int, at time.Time) shot {
			v := slices.IndexFunc(visits[i], func(v span) bool { return v.has(at) })
			if v >= 0 && firsts[i][v].IsZero() {
				firsts[i][v] = at
			}
			return shot{rgb: film.picture(n, v >= 0)}
		}
	}
	var work sync.WaitGroup
	failed := make(chan error, o.Cameras)
	for _, c := range cams {
		work.Go(func() {
			if err := c.run(ctx); err != nil {
				failed <- err
			}
		})
	}
	o.Say.say("%d visits of %s by %d cameras, until %s", o.Events, o.Rule+visitFor, o.Cameras, end.Format(time.TimeOnly))
	select {
	case <-ctx.Done():
	case err = <-failed:
	case <-time.After(time.Until(end.Add(10 * time.Second))):
		err = program.died()
	}
	if errEnd := program.end(); err == nil {
		err = errEnd
	}
	stop()
	work.Wait()
	if err == nil {
		err = phone.wrong()
	}
	if err != nil {
		return nil, err
	}
	log, err := readLog(context.Background(), o.Dir)
	if err != nil {
		return nil, err
	}
	return o.report(log, phone.pushes(), visits, firsts), nil
}

func (o Arrive) open(ctx context.Context, film *floor) (*program, *phone, []*netcam, error) {
	at := make([]string, o.Cameras+2)
	for i := range at {
		var err error
		if at[i], err = freeAddress(); err != nil {
			return nil, nil, nil, err
		}
	}
	var cams []*netcam
	site := siteParts{listen: at[0], push: at[1], phone: "guard",
		rules: fmt.Sprintf("rules:\n  - {name: somebody on the floor, when: person in zone(\"left\"), for: %s, keep: 1s, severity: critical, say: Leave the floor.}\n", o.Rule)}
	for i := range o.Cameras {
		c := &netcam{name: fmt.Sprintf("floor-%d", i+1), address: at[2+i], width: film.width, height: film.height, step: 100 * time.Millisecond}
		cams = append(cams, c)
		site.cameras += c.row(o.FPS)
		site.watches += fmt.Sprintf("  %s: {fps: %g, detector: {side: %d}, zones: {left: {polygon: %s}}, clip: {before: 1s, after: 1s}}\n", c.name, o.FPS, o.Side, floorZone)
	}
	file, err := site.write(o.Dir)
	if err != nil {
		return nil, nil, nil, err
	}
	p := &program{binary: o.Program, site: file, listen: at[0]}
	token, err := p.token(ctx, "guard")
	if err != nil {
		return nil, nil, nil, err
	}
	if err := p.start(); err != nil {
		return nil, nil, nil, err
	}
	ph := &phone{address: at[1], program: p}
	if err = p.up(ctx); err == nil {
		err = ph.subscribe(ctx, token)
	}
	if err != nil {
		p.kill()
		return nil, nil, nil, err
	}
	return p, ph, cams, nil
}

// script draws when somebody is there, by camera. Cameras take turns, and nothing
// falls on the same part of a second twice.
func (o Arrive) script(from time.Time) (visits [][]span, end time.Time) {
	rng := rand.New(rand.NewPCG(o.Seed, 6))
	cycle := o.Rule + visitFor + visitGap
	visits = make([][]span, o.Cameras)
	for i := range o.Events {
		c := i % o.Cameras
		at := from.Add(time.Duration(i/o.Cameras)*(cycle+time.Second) + time.Duration(c)*cycle/time.Duration(o.Cameras) + time.Duration(rng.Int64N(int64(time.Second))))
		visits[c] = append(visits[c], span{at, at.Add(o.Rule + visitFor)})
		end = at.Add(cycle)
	}
	return visits, end
}

func (o Arrive) report(log *record, pushes []got, visits [][]span, firsts [][]time.Time) *ArriveReport {
	r := &ArriveReport{Cameras: o.Cameras, FPS: o.FPS, Rule: o.Rule.Seconds(), Seed: o.Seed, Visits: Counted{What: "a visit"}}
	received := map[string]time.Time{} // by alarm, the first
	for _, g := range pushes {
		if received[g.alarm].IsZero() {
			received[g.alarm] = g.at
		}
	}
	proofs := map[string]time.Time{}
	for _, d := range log.deliveries {
		for _, id := range d.alarms {
			if !d.received.IsZero() && (proofs[id].IsZero() || d.received.Before(proofs[id])) {
				proofs[id] = d.received
			}
		}
	}
	var believed, rose, pushed, whole, proven []time.Duration
	for i := range visits {
		camera := fmt.Sprintf("floor-%d", i+1)
		key := "watch/somebody on the floor/" + camera
		c := log.hold("a visit", key, visits[i], func(span) bool { return true }, 2*time.Second, time.Now())
		r.Visits.add(c)
		for j, v := range visits[i] {
			for _, a := range log.of(key) {
				if !a.at.After(v.from) || !a.at.Before(v.to.Add(2*time.Second)) {
					continue
				}
				seen := firstAfter(log.entered, camera, v)
				got := received[a.alarm]
				if got.IsZero() || seen.IsZero() || firsts[i][j].IsZero() {
					break // told as not received below
				}
				believed = append(believed, seen.Sub(firsts[i][j]))
				rose = append(rose, a.at.Sub(seen)-o.Rule)
				pushed = append(pushed, got.Sub(a.at))
				whole = append(whole, got.Sub(firsts[i][j])-o.Rule)
				if p := proofs[a.alarm]; !p.IsZero() {
					proven = append(proven, p.Sub(a.at))
				}
				break
			}
		}
	}
	r.Believed, r.Raised, r.Pushed, r.Whole, r.Proven = spreadOf(believed), spreadOf(rose), spreadOf(pushed), spreadOf(whole), spreadOf(proven)
	for _, key := range log.keys() {
		if !strings.HasPrefix(key, "watch/somebody on the floor/") {
			r.Others = append(r.Others, key)
		}
	}
	return r
}

func firstAfter(all []entered, camera string, v span) time.Time {
	for _, e := range all {
		if e.camera == camera && v.has(e.at) {
			return e.at
		}
	}
	return time.Time{}
}

// add takes another camera's account.
func (c *Counted) add(o Counted) {
	c.All, c.Owed, c.Raised, c.Covered = c.All+o.All, c.Owed+o.Owed, c.Raised+o.Raised, c.Covered+o.Covered
	c.Lost, c.Doubled, c.False, c.Stuck = c.Lost+o.Lost, c.Doubled+o.Doubled, c.False+o.False, c.Stuck+o.Stuck
	c.Details = append(c.Details, o.Details...)
}

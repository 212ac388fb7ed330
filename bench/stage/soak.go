package stage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Soak says what `bench soak` does to the program.
type Soak struct {
	Program string        // the binary
	Dir     string        // for site, log and samples; made if absent
	For     time.Duration // in which all of the following happens
	Drops   int           // of the camera: it is gone, or sends nothing
	Kills   int           // of the process, by signal 9, in the first half; the last one near the end
	Down    float64       // share of the time in which the push service is out of reach
	FPS     float64
	Seed    uint64
	// Still is the time at both ends in which nothing is done to the program: a scene is
	// learnt, and what is owed is sent; 20 s unless set.
	Still time.Duration
	Say   Say
}

// SoakReport is what came of it.
type SoakReport struct {
	Seed    uint64  `json:"seed"`
	Seconds float64 `json:"seconds"`
	Drops   int     `json:"drops"`
	Kills   int     `json:"kills"`
	Outages int     `json:"outages"`
	DownS   float64 `json:"down_s"` // of the push service

	Visits Counted `json:"visits"`
	Losses Counted `json:"losses"`
	// Others were raised for what never was.
	Others []string `json:"others,omitempty"`

	Alarms      int        `json:"alarms"` // by id
	Pushes      int        `json:"pushes"` // received, doubles included
	Unreceived  []string   `json:"unreceived,omitempty"`
	Unknown     []string   `json:"unknown,omitempty"` // received, and not in the log
	Unnormal    int        `json:"unnormal"`          // alarms that are not normal again at the end
	Deliveries  Deliveries `json:"deliveries"`
	LostByRing  []string   `json:"lost_by_ring,omitempty"`
	Events      int        `json:"events"`
	StartsS     []float64  `json:"starts_s"` // from a start to its page
	Longest     []Held     `json:"longest"`  // samples of the life that lasted longest
	FirstMB     float64    `json:"first_mb"` // own memory: median of the longest life's second to fourth minute, and of its last three
	LastMB      float64    `json:"last_mb"`
	FirstHeapMB float64    `json:"first_heap_mb"`
	LastHeapMB  float64    `json:"last_heap_mb"`
	MostThreads int        `json:"most_goroutines"`
}

// Err says what is wrong, nil where nothing is.
func (r *SoakReport) Err() error {
	var errs []error
	for _, c := range []Counted{r.Visits, r.Losses} {
		if c.Lost+c.Doubled+c.False+c.Stuck > 0 {
			errs = append(errs, fmt.Errorf("%s: %d lost, %d doubled, %d false, %d stuck", c.What, c.Lost, c.Doubled, c.False, c.Stuck))
		}
	}
	for _, c := range []struct {
		what string
		n    int
	}{{"alarms for what never was", len(r.Others)}, {"alarms that nobody received", len(r.Unreceived)}, {"pushes of alarms that are not in the log", len(r.Unknown)},
		{"alarms that are not normal again", r.Unnormal}, {"deliveries without an end", r.Deliveries.Open}, {"deliveries begun twice", r.Deliveries.Doubled}, {"losses of the ring", len(r.LostByRing)}} {
		if c.n > 0 {
			errs = append(errs, fmt.Errorf("%d %s", c.n, c.what))
		}
	}
	return errors.Join(errs...)
}

const soakRules = `rules:
  - {name: somebody on the floor, when: person in zone("left"), for: 1s, keep: 2s, severity: critical, say: Leave the floor.}
  - {name: camera gone, when: camera.down, for: 3s, keep: 2s, severity: high, say: Go to the camera.}
  - {name: camera tampered, when: camera.covered or camera.moved or camera.blurred or camera.dark or camera.frozen, severity: high, say: Go to the camera.}
`

const (
	visitKey  = "watch/somebody on the floor/floor"
	lossKey   = "watch/camera gone/floor"
	stillness = 20 * time.Second
	// owedAfter is how long somebody must be in sight without a break for an alarm to
	// be owed: the rule's second, half a second until a person is believed, and what a
	// camera that is back needs for its first picture.
	owedAfter = 4 * time.Second
	// overAfter is how long the empty floor must be in sight without a break for the
	// alarm to be over: the three seconds in which one who is hidden is still there,
	// the rule's two, and what a camera that is back needs.
	overAfter = 8 * time.Second
	// lossOwed is how long the camera must be gone while the program runs.
	lossOwed = 10 * time.Second
)

// script is what is done, drawn before it begins.
type script struct {
	visits  []span
	drops   []drop
	kills   []time.Time
	outages []outage
}

type drop struct {
	span
	silent bool // it is there and sends nothing
}

type outage struct {
	span
	kind string
}

// write draws a script. Of the drops one in ten is long enough that its alarm is
// owed.
func (s Soak) write(began time.Time) script {
	rng := rand.New(rand.NewPCG(s.Seed, 5))
	var out script
	from, to := began.Add(s.Still), began.Add(s.For-s.Still)
	between := func(least, most time.Duration) time.Duration {
		return least + time.Duration(rng.Int64N(int64(most-least)))
	}
	for at := from; at.Before(to); {
		end := at.Add(between(8*time.Second, 11*time.Second))
		out.visits = append(out.visits, span{at, end})
		at = end.Add(between(9*time.Second, 13*time.Second))
	}
	every := to.Sub(from) / time.Duration(max(s.Drops, 1))
	for i := range s.Drops {
		long := every / 4
		if i%10 == 9 {
			long = max(every*3/4, 13*time.Second)
		}
		at := from.Add(time.Duration(i)*every + between(0, every/5))
		length := between(200*time.Millisecond, max(long, 300*time.Millisecond))
		if i%10 == 9 {
			length = long
		}
		out.drops = append(out.drops, drop{span{at, at.Add(length)}, rng.IntN(3) == 0})
	}
	half := to.Sub(from) / 2
	for i := range max(s.Kills-1, 0) {
		step := half / time.Duration(s.Kills-1)
		out.kills = append(out.kills, from.Add(time.Duration(i)*step+between(step/4, step)))
	}
	if s.Kills > 0 {
		out.kills = append(out.kills, to.Add(-between(s.Still/4, s.Still)))
	}
	left := time.Duration(float64(s.For) * s.Down)
	n := max(int(left/(90*time.Second)), min(int(left/(5*time.Second)), 4))
	for i := range n {
		length, step := left/time.Duration(n), to.Sub(from)/time.Duration(n)
		at := from.Add(time.Duration(i)*step + between(0, max(step-length, time.Millisecond)))
		out.outages = append(out.outages, outage{span{at, at.Add(length)}, outages[rng.IntN(len(outages))]})
	}
	return out
}

// RunSoak does it, and holds the log against what was done.
func RunSoak(ctx context.Context, s Soak) (*SoakReport, error) {
	s.Still = cmp.Or(s.Still, stillness)
	if s.For < 3*s.Still {
		return nil, fmt.Errorf("a soak of %s: want at least %s", s.For, 3*s.Still)
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, err
	}
	floor, err := openFloor(s.Dir)
	if err != nil {
		return nil, err
	}
	y := &soaked{Soak: s, film: floor}
	if err := y.open(ctx); err != nil {
		return nil, err
	}
	defer y.phone.close()
	defer y.program.kill()
	y.began = time.Now()
	y.script = s.write(y.began)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var work sync.WaitGroup
	failed := make(chan error, 4)
	for _, do := range []func(context.Context) error{y.cam.run, y.killing, y.failing} {
		work.Go(func() {
			if err := do(ctx); err != nil {
				failed <- err
			}
		})
	}
	s.Say.say("for %s: %d visits, %d drops of the camera, %d kills, the push service out of reach %d times; seed %d", s.For, len(y.script.visits), len(y.script.drops), len(y.script.kills), len(y.script.outages), s.Seed)
	err = y.wait(ctx, failed)
	if err == nil {
		err = y.settle(ctx)
	}
	took := time.Since(y.began)
	if errEnd := y.program.end(); err == nil {
		err = errEnd
	}
	stop()
	work.Wait()
	if err != nil {
		return nil, err
	}
	return y.report(took)
}

// soaked is a soak under way.
type soaked struct {
	Soak
	film    *floor
	cam     *netcam
	program *program
	phone   *phone
	token   string
	script  script
	began   time.Time
	starts  []float64
}

func (y *soaked) open(ctx context.Context) error {
	var at [3]string
	for i := range at {
		var err error
		if at[i], err = freeAddress(); err != nil {
			return err
		}
	}
	y.cam = &netcam{name: "floor", address: at[0], width: y.film.width, height: y.film.height, step: 100 * time.Millisecond, show: y.show}
	site := siteParts{listen: at[1], push: at[2], phone: "guard", cameras: y.cam.row(y.FPS), rules: soakRules,
		watches: fmt.Sprintf("  floor: {fps: %g, zones: {left: {polygon: %s}}, clip: {before: 2s, after: 2s}}\n", y.FPS, floorZone)}
	file, err := site.write(y.Dir)
	if err != nil {
		return err
	}
	y.program = &program{binary: y.Program, site: file, listen: at[1]}
	if y.token, err = y.program.token(ctx, "guard"); err != nil {
		return err
	}
	if err := y.program.start(); err != nil {
		return err
	}
	if err := y.program.up(ctx); err != nil {
		y.program.kill()
		return err
	}
	y.phone = &phone{address: at[2], program: y.program}
	if err := y.phone.subscribe(ctx, y.token); err != nil {
		y.program.kill()
		return err
	}
	return nil
}

// show is what the camera sends at a moment.
func (y *soaked) show(n int, at time.Time) shot {
	for _, d := range y.script.drops {
		if d.has(at) {
			return shot{gone: !d.silent}
		}
	}
	occupied := slices.ContainsFunc(y.script.visits, func(v span) bool { return v.has(at) })
	return shot{rgb: y.film.picture(n, occupied)}
}

// killing kills the program and starts it again.
func (y *soaked) killing(ctx context.Context) error {
	for i, at := range y.script.kills {
		if !sleepUntil(ctx, at) {
			return nil
		}
		if err := y.program.died(); err != nil {
			return err
		}
		y.program.kill()
		if err := y.program.start(); err != nil {
			return err
		}
		began := time.Now()
		if i%5 == 4 { // the next one hits its start
			continue
		}
		if err := y.program.up(ctx); err != nil {
			return err
		}
		y.starts = append(y.starts, time.Since(began).Seconds())
		y.Say.say("killed and up again (%d of %d)", i+1, len(y.script.kills))
	}
	return nil
}

// failing puts the push service out of reach and back.
func (y *soaked) failing(ctx context.Context) error {
	for _, o := range y.script.outages {
		if !sleepUntil(ctx, o.from) {
			return nil
		}
		y.phone.fail(o.kind)
		ok := sleepUntil(ctx, o.to)
		if err := y.phone.recover(); err != nil || !ok {
			return err
		}
	}
	return nil
}

func sleepUntil(ctx context.Context, at time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Until(at)):
		return ctx.Err() == nil
	}
}

// wait waits for the soak's end, or for what must not happen.
func (y *soaked) wait(ctx context.Context, failed <-chan error) error {
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	end := time.After(time.Until(y.began.Add(y.For)))
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-failed:
			return err
		case <-end:
			return nil
		case <-minute.C:
			y.Say.say("%d pushes received", len(y.phone.pushes()))
		}
	}
}

// settleWithin is how long alarms may need to be told and taken after the last
// outage: a delivery waits up to a minute between attempts, a round begins anew
// after one.
const settleWithin = 4 * time.Minute

// settle waits until all alarms are normal again.
func (y *soaked) settle(ctx context.Context) error {
	for deadline := time.Now().Add(settleWithin); ; {
		if err := y.program.died(); err != nil {
			return err
		}
		n, err := y.unnormal(ctx)
		if err == nil && n == 0 || time.Now().After(deadline) {
			return err
		}
		if !sleepUntil(ctx, time.Now().Add(time.Second)) {
			return ctx.Err()
		}
	}
}

func (y *soaked) unnormal(ctx context.Context) (n int, err error) {
	var now struct {
		Alarms []struct {
			State string `json:"state"`
		} `json:"alarms"`
	}
	if err := y.program.call(ctx, "/api/v1/alarms", y.token, nil, &now); err != nil {
		return 0, err
	}
	for _, a := range now.Alarms {
		if a.State != "normal" {
			n++
		}
	}
	return n, nil
}

func (y *soaked) report(took time.Duration) (*SoakReport, error) {
	log, err := readLog(context.Background(), y.Dir)
	if err != nil {
		return nil, err
	}
	if err := y.phone.wrong(); err != nil {
		return nil, fmt.Errorf("the phone got what is no message: %w", err)
	}
	r := &SoakReport{Seed: y.Seed, Seconds: took.Seconds(), Drops: len(y.script.drops), Kills: len(y.script.kills), Outages: len(y.script.outages), StartsS: y.starts,
		Deliveries: log.account(), LostByRing: log.ringLost, Events: log.events}
	for _, o := range y.script.outages {
		r.DownS += o.to.Sub(o.from).Seconds()
	}
	end := time.Now()
	served := y.cam.seen()
	r.Visits = log.hold("a visit", visitKey, y.script.visits, func(v span) bool {
		return slices.ContainsFunc(served, func(s span) bool { return s.both(v) >= owedAfter })
	}, 3*time.Second, end)
	r.Visits.stuck(log.of(visitKey), y.empty(served, end), end)
	r.Losses = log.hold("a loss of the camera", lossKey, y.losses(served, end), y.owesLoss, 3*time.Second, end)
	for _, key := range log.keys() {
		if key != visitKey && key != lossKey {
			r.Others = append(r.Others, fmt.Sprintf("%s, %d times, first at %s", key, len(log.of(key)), clock(log.of(key)[0].at)))
		}
	}
	y.received(log, r)
	return r, y.held(r)
}

// empty are the times in which the empty floor was in sight for long enough.
func (y *soaked) empty(served []span, end time.Time) (out []span) {
	from := y.began
	for _, v := range append(slices.Clone(y.script.visits), span{end, end}) {
		for _, s := range served {
			both := span{latest(s.from, from), earliest(s.to, v.from)}
			if both.to.Sub(both.from) > overAfter {
				out = append(out, both)
			}
		}
		from = v.to
	}
	return out
}

// losses are the times in which no picture went out to anybody.
func (y *soaked) losses(served []span, end time.Time) (out []span) {
	last := y.began
	for _, s := range served {
		if s.from.Sub(last) > 500*time.Millisecond {
			out = append(out, span{last, s.from})
		}
		last = s.to
	}
	return append(out, span{last, end})[:len(out)]
}

// owesLoss says whether the program had to tell of a loss: it ran for long enough
// of it.
func (y *soaked) owesLoss(o span) bool {
	for _, l := range y.program.lives {
		to := l.ended
		if to.IsZero() {
			to = o.to
		}
		if !l.up.IsZero() && o.both(span{l.up, to}) >= lossOwed {
			return true
		}
	}
	return false
}

// received holds the phone against the log.
func (y *soaked) received(log *record, r *SoakReport) {
	known, told := map[string]bool{}, map[string]bool{}
	for _, x := range log.raised {
		known[x.alarm] = true
	}
	pushes := y.phone.pushes()
	r.Alarms, r.Pushes = len(known), len(pushes)
	for _, g := range pushes {
		if d := log.deliveries[g.delivery]; d != nil {
			for _, id := range d.alarms {
				told[id] = true
			}
		}
		if !known[g.alarm] {
			r.Unknown = append(r.Unknown, g.alarm)
		}
	}
	open := map[string]bool{}
	for _, x := range log.raised {
		open[x.alarm] = x.cleared.IsZero()
	}
	for id := range known {
		if !told[id] {
			r.Unreceived = append(r.Unreceived, id)
		}
		if open[id] {
			r.Unnormal++
		}
	}
}

// held takes the samples of the life that lasted longest.
func (y *soaked) held(r *SoakReport) error {
	longest := slices.MaxFunc(y.program.lives, func(a, b *life) int { return cmp.Compare(a.ended.Sub(a.began), b.ended.Sub(b.began)) })
	var err error
	if r.Longest, err = longest.held(); err != nil {
		return err
	}
	for _, h := range r.Longest {
		r.MostThreads = max(r.MostThreads, h.Goroutines)
	}
	last := 0.
	if n := len(r.Longest); n > 0 {
		last = r.Longest[n-1].Seconds
	}
	mid := func(from, to float64, of func(Held) float64) float64 {
		var v []float64
		for _, h := range r.Longest {
			if h.Seconds >= from && h.Seconds <= to {
				v = append(v, of(h))
			}
		}
		if len(v) == 0 {
			return 0
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	own, heap := func(h Held) float64 { return h.OwnMB }, func(h Held) float64 { return h.HeapMB }
	r.FirstMB, r.LastMB = mid(60, 240, own), mid(last-180, last, own)
	r.FirstHeapMB, r.LastHeapMB = mid(60, 240, heap), mid(last-180, last, heap)
	return nil
}

// Samples is where a life's samples lie.
func (s Soak) Samples() string { return filepath.Join(s.Dir, "stats-*.jsonl") }

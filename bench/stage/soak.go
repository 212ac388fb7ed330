package stage

import (
	"cmp"
	"context"
	"fmt"
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
	var camera, done sync.WaitGroup
	failed := make(chan error, 3)
	under := func(work *sync.WaitGroup, do func(context.Context) error) {
		work.Go(func() {
			if err := do(ctx); err != nil {
				failed <- err
			}
		})
	}
	under(&camera, y.cam.run)
	under(&done, y.killing)
	under(&done, y.failing)
	s.Say.say("for %s: %d visits, %d drops of the camera, %d kills, the push service out of reach %d times; seed %d", s.For, len(y.script.visits), len(y.script.drops), len(y.script.kills), len(y.script.outages), s.Seed)
	if err = y.wait(ctx, failed); err != nil {
		stop()
	}
	done.Wait() // the last kill's start may take longer than the soak
	if err == nil {
		err = y.settle(ctx, failed)
	}
	took := time.Since(y.began)
	if errEnd := y.program.end(); err == nil {
		err = errEnd
	}
	stop()
	camera.Wait()
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
func (y *soaked) settle(ctx context.Context, failed <-chan error) error {
	for deadline := time.Now().Add(settleWithin); ; {
		select {
		case err := <-failed:
			return err
		default:
		}
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

// Samples is where a life's samples lie.
func (s Soak) Samples() string { return filepath.Join(s.Dir, "stats-*.jsonl") }

package stage

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Faults says what `bench faults` does to cameras that show recordings.
type Faults struct {
	Program string
	Dir     string
	Videos  []string
	Rules   string        // the rules about cameras, as a rules file
	Well    time.Duration // first, with nothing done to them
	Rounds  int           // of all faults, after that
	Only    string        // of these alone, in whose name it stands; "": of all
	FPS     float64
	Side    int
	Say     Say
}

// FaultsReport is what came of it.
type FaultsReport struct {
	Videos []string `json:"videos"`
	// Well is for how long, in seconds, all was well; False what was raised then.
	Well    float64      `json:"well_s"`
	Frames  uint64       `json:"frames"` // sent while all was well, by all cameras together
	False   []string     `json:"false,omitempty"`
	Faults  []FaultFound `json:"faults"`
	Slowest float64      `json:"slowest_s"`
}

// FaultFound is one kind of fault, over all cameras and rounds.
type FaultFound struct {
	Fault  string   `json:"fault"`
	Done   int      `json:"done"`
	Told   int      `json:"told"`  // an alarm within ten seconds
	After  Spread   `json:"after"` // from the exposure of the first bad picture to the alarm in the log, seconds
	Missed []string `json:"missed,omitempty"`
	Stood  int      `json:"stood"` // alarms that were not over when the next fault began
}

// Err says what is wrong.
func (r *FaultsReport) Err() error {
	for _, f := range r.Faults {
		if f.Told < f.Done {
			return fmt.Errorf("%s: told within 10 s in %d of %d: %s", f.Fault, f.Told, f.Done, strings.Join(f.Missed, "; "))
		}
	}
	if len(r.False) > 0 {
		return fmt.Errorf("%d alarms while all was well: %s", len(r.False), strings.Join(r.False, "; "))
	}
	return nil
}

// toldWithin is how long an alarm may take.
const toldWithin = 10 * time.Second

// A fault's times: how long it lasts, and what lies between two of them.
const (
	faultFor  = 14 * time.Second
	faultRest = 24 * time.Second
	learning  = 30 * time.Second // at the start, before anything is done
)

// fault is what can be done to a camera. It changes a picture in place, or says
// that none is sent.
type fault struct {
	name string
	do   func(t *tampered, rgb []byte, noise *rand.Rand) shot
}

// tampered is a camera with what its faults remember.
type tampered struct {
	*reel
	stuck []byte
}

var allFaults = []fault{
	{"covered by cloth", func(t *tampered, rgb []byte, noise *rand.Rand) shot {
		return t.each(rgb, noise, 8, func(x, y int) int { return 60 + int(20*math.Sin(float64(x+y)/90)) })
	}},
	{"covered by white paper", func(t *tampered, rgb []byte, noise *rand.Rand) shot {
		return t.each(rgb, noise, 4, func(int, int) int { return 230 })
	}},
	{"moved by 10 % of the width", func(t *tampered, rgb []byte, _ *rand.Rand) shot { return t.moved(rgb, t.width/10, 0) }},
	{"turned to a wall", func(t *tampered, rgb []byte, noise *rand.Rand) shot {
		return t.each(rgb, noise, 6, func(x, y int) int {
			if y%40 < 4 || (x+y/40%2*35)%70 < 4 {
				return 180
			}
			return 110
		})
	}},
	{"frozen", func(t *tampered, rgb []byte, _ *rand.Rand) shot {
		if t.stuck == nil {
			t.stuck = slices.Clone(rgb)
		}
		return shot{rgb: t.stuck}
	}},
	{"unplugged: nobody answers", func(*tampered, []byte, *rand.Rand) shot { return shot{gone: true} }},
	{"unplugged: silence", func(*tampered, []byte, *rand.Rand) shot { return shot{} }},
}

// each paints every pixel grey by its place, with noise of so many levels.
func (t *tampered) each(rgb []byte, noise *rand.Rand, grain int, value func(x, y int) int) shot {
	out := make([]byte, len(rgb))
	for y := range t.height {
		for x := range t.width {
			v := byte(min(max(value(x, y)+noise.IntN(2*grain+1)-grain, 0), 255))
			i := (y*t.width + x) * 3
			out[i], out[i+1], out[i+2] = v, v, v
		}
	}
	return shot{rgb: out}
}

// moved turns the camera: what comes into view is the mirrored rim.
func (t *tampered) moved(rgb []byte, dx, dy int) shot {
	out := make([]byte, len(rgb))
	for y := range t.height {
		for x := range t.width {
			from := (mirrored(y+dy, t.height)*t.width + mirrored(x+dx, t.width)) * 3
			copy(out[(y*t.width+x)*3:][:3], rgb[from:from+3])
		}
	}
	return shot{rgb: out}
}

func mirrored(v, n int) int {
	if v < 0 {
		v = -v - 1
	}
	if v >= n {
		v = 2*n - 1 - v
	}
	return v
}

// done is one fault of one camera.
type done struct {
	span
	fault  int
	camera string
}

// RunFaults does it.
func RunFaults(ctx context.Context, o Faults) (*FaultsReport, error) {
	if len(o.Videos) == 0 {
		return nil, fmt.Errorf("no video: name recordings of fixed cameras")
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	f := &faulty{Faults: o}
	for k, what := range allFaults {
		if strings.Contains(what.name, o.Only) {
			f.kinds = append(f.kinds, k)
		}
	}
	if len(f.kinds) == 0 {
		return nil, fmt.Errorf("no fault is called %q", o.Only)
	}
	if err := f.open(ctx); err != nil {
		return nil, err
	}
	defer f.program.kill()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	f.began = time.Now()
	end := f.script()
	o.Say.say("%d cameras: nothing is done to them for %s, then %d rounds of %d faults; until %s", len(f.cams), learning+o.Well, o.Rounds, len(f.kinds), end.Format(time.TimeOnly))
	var work sync.WaitGroup
	failed := make(chan error, len(f.cams))
	for _, c := range f.cams {
		work.Go(func() {
			if err := c.run(ctx); err != nil {
				failed <- err
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
		err = ctx.Err()
	case err = <-failed:
	case <-f.program.now().gone:
		err = f.program.died()
	case <-time.After(time.Until(end)):
	}
	if errEnd := f.program.end(); err == nil {
		err = errEnd
	}
	stop()
	work.Wait()
	for _, film := range f.films {
		film.close()
	}
	if err != nil {
		return nil, err
	}
	log, err := readLog(context.Background(), o.Dir)
	if err != nil {
		return nil, err
	}
	return f.report(log), nil
}

// faulty is a run under way.
type faulty struct {
	Faults
	program *program
	cams    []*netcam
	films   []*tampered
	began   time.Time
	kinds   []int
	dones   [][]done // by camera
	first   [][]time.Time
	frames  []uint64
}

// stretch is how far the next camera's faults lie behind.
const stretch = 5 * time.Second

func (f *faulty) open(ctx context.Context) error {
	at, err := freeAddress()
	if err != nil {
		return err
	}
	site := siteParts{listen: at, rules: f.Rules}
	for i, v := range f.Videos {
		film, err := openReel(v, 100*time.Millisecond)
		if err != nil {
			return err
		}
		c := &netcam{name: fmt.Sprintf("camera-%d", i+1), width: film.width, height: film.height, step: film.step.Round(10 * time.Millisecond)}
		if c.address, err = freeAddress(); err != nil {
			return err
		}
		f.cams, f.films = append(f.cams, c), append(f.films, &tampered{reel: film})
		site.cameras += c.row(f.FPS)
		site.watches += fmt.Sprintf("  %s: {fps: %g, detector: {side: %d}}\n", c.name, f.FPS, f.Side)
	}
	file, err := site.write(f.Dir)
	if err != nil {
		return err
	}
	f.program = &program{binary: f.Program, site: file, listen: at}
	if err := f.program.start(); err != nil {
		return err
	}
	if err := f.program.up(ctx); err != nil {
		f.program.kill()
		return err
	}
	return nil
}

// script lays out what is done to each camera, and returns when it ends.
func (f *faulty) script() (end time.Time) {
	end = f.began.Add(learning + f.Well)
	f.frames = make([]uint64, len(f.cams))
	for i, c := range f.cams {
		noise := rand.New(rand.NewPCG(uint64(i), 7))
		at := f.began.Add(learning + f.Well + time.Duration(i)*stretch)
		var list []done
		for range f.Rounds {
			for _, k := range f.kinds {
				list = append(list, done{span{at, at.Add(faultFor)}, k, c.name})
				at = at.Add(faultFor + faultRest)
			}
		}
		if at.After(end) {
			end = at
		}
		first := make([]time.Time, len(list))
		f.dones, f.first = append(f.dones, list), append(f.first, first)
		film := f.films[i]
		c.show = func(n int, at time.Time) shot {
			rgb, err := film.next()
			if err != nil {
				return shot{err: err}
			}
			now := slices.IndexFunc(list, func(d done) bool { return d.has(at) })
			if now < 0 {
				film.stuck = nil
				f.frames[i]++
				return shot{rgb: rgb}
			}
			if first[now].IsZero() {
				first[now] = at
			}
			return allFaults[list[now].fault].do(film, rgb, noise)
		}
	}
	return end
}

func (f *faulty) report(log *record) *FaultsReport {
	r := &FaultsReport{Well: f.Well.Seconds()}
	for _, v := range f.Videos {
		r.Videos = append(r.Videos, filepath.Base(v))
	}
	well := span{f.began, f.began.Add(learning + f.Well)}
	for _, x := range log.raised {
		if well.has(x.at) {
			r.False = append(r.False, fmt.Sprintf("%s at %s", x.key, clock(x.at)))
		}
	}
	for _, n := range f.frames {
		r.Frames += n
	}
	for _, k := range f.kinds {
		found := FaultFound{Fault: allFaults[k].name}
		var after []time.Duration
		for i, list := range f.dones {
			for j, d := range list {
				if d.fault != k {
					continue
				}
				found.Done++
				took, stood := f.took(log, d, f.first[i][j])
				if stood {
					found.Stood++
				}
				if took == 0 || took > toldWithin {
					found.Missed = append(found.Missed, fmt.Sprintf("%s at %s: %s", filepath.Base(f.Videos[i]), clock(d.from), took.Round(10*time.Millisecond)))
				} else {
					found.Told++
				}
				if took > 0 {
					after = append(after, took)
				}
			}
		}
		found.After = spreadOf(after)
		r.Slowest = max(r.Slowest, found.After.Most)
		r.Faults = append(r.Faults, found)
	}
	return r
}

// took is how long it took until the first alarm of a fault; stood says that one
// of its camera stood when it began.
func (f *faulty) took(log *record, d done, first time.Time) (took time.Duration, stood bool) {
	for _, x := range log.raised {
		if !strings.HasSuffix(x.key, "/"+d.camera) {
			continue
		}
		stood = stood || x.stood(time.Now()).has(first)
		if took == 0 && x.at.After(first) && x.at.Before(d.to.Add(faultRest/2)) {
			took = x.at.Sub(first)
		}
	}
	return took, stood
}

package line

import (
	"fmt"
	"slices"
	"time"

	"linesman/camera"
	"linesman/event"
)

// figures are the line's numbers over the last minute.
type figures struct {
	began     time.Time
	verdicts  []time.Time // ring of the last ones
	next      int
	latencies []latencyAt
	nextLat   int
	scratch   []float64
	scores    []float64 // of the passes of this minute
	minuteAt  time.Time
	minuteWas Counts
	// Of all batches.
	lost, lostWas       uint64
	collateral, collWas uint64
}

type latencyAt struct {
	ms float64
	at time.Time
}

func (f *figures) init(now time.Time) {
	f.began, f.minuteAt = now, now.Truncate(time.Minute)
	f.verdicts = make([]time.Time, 0, 4096)
	f.latencies = make([]latencyAt, 0, 4096)
}

func (f *figures) judged(now time.Time) {
	if len(f.verdicts) < cap(f.verdicts) {
		f.verdicts = append(f.verdicts, now)
		return
	}
	f.verdicts[f.next] = now
	f.next = (f.next + 1) % len(f.verdicts)
}

// perMinute is the rate over the last ten seconds.
func (f *figures) perMinute(now time.Time) float64 {
	n, window := 0, min(10*time.Second, now.Sub(f.began))
	oldest := now
	for _, t := range f.verdicts {
		if now.Sub(t) < window {
			n++
			if t.Before(oldest) {
				oldest = t
			}
		}
	}
	if n == len(f.verdicts) && n == cap(f.verdicts) {
		window = now.Sub(oldest) // the ring holds less than ten seconds
	}
	if window <= 0 {
		return 0
	}
	return float64(n) / window.Minutes()
}

func (f *figures) latencyOf(d time.Duration, now time.Time) {
	l := latencyAt{ms(d), now}
	if len(f.latencies) < cap(f.latencies) {
		f.latencies = append(f.latencies, l)
		return
	}
	f.latencies[f.nextLat] = l
	f.nextLat = (f.nextLat + 1) % len(f.latencies)
}

func (f *figures) latency(now time.Time) Latency {
	f.scratch = f.scratch[:0]
	for _, l := range f.latencies {
		if now.Sub(l.at) < time.Minute {
			f.scratch = append(f.scratch, l.ms)
		}
	}
	if len(f.scratch) == 0 {
		return Latency{}
	}
	slices.Sort(f.scratch)
	n := len(f.scratch)
	return Latency{P50: f.scratch[n/2], P99: f.scratch[n*99/100], Max: f.scratch[n-1]}
}

// minute writes line.minute when a minute is over.
func (o *owner) minute(now time.Time) {
	if at := now.Truncate(time.Minute); at.After(o.figures.minuteAt) {
		o.tellMinute(at)
		o.figures.minuteAt = at
	}
}

// tellMinute writes line.minute of what there is of the present minute.
func (o *owner) tellMinute(until time.Time) {
	f := &o.figures
	from := f.minuteAt
	if f.began.After(from) {
		from = f.began
	}
	c, was, l := o.counts, &f.minuteWas, f.latency(until)
	o.emit("line", event.LineMinute{Line: string(o.s.cfg.Line), From: f.minuteAt.UTC(), Seconds: until.Sub(from).Seconds(),
		Pass: grown(c.Pass, &was.Pass), Fail: grown(c.Fail, &was.Fail), Inconclusive: grown(c.Inconclusive, &was.Inconclusive), Late: grown(c.Late, &was.Late),
		Lost: grown(f.lost, &f.lostWas), Collateral: grown(f.collateral, &f.collWas),
		P50MS: l.P50, P99MS: l.P99, MaxMS: l.Max, SpeedMMs: o.ctl.status.Speed / o.set.Encoder.PerMM, Score99: f.score99()})
}

// grown returns by how much a count grew since it was last told. One that went
// back, since passes were overruled, is told once it has grown beyond that.
func grown(now uint64, told *uint64) uint64 {
	if now < *told {
		return 0
	}
	by := now - *told
	*told = now
	return by
}

// passed takes the score of a part that passes.
func (f *figures) passed(score float64) { f.scores = append(f.scores, finite(score)) }

// score99 is the 99th percentile of the passes' scores since it was last asked.
func (f *figures) score99() float64 {
	n := len(f.scores)
	if n == 0 {
		return 0
	}
	slices.Sort(f.scores)
	s := f.scores[n*99/100]
	f.scores = f.scores[:0]
	return s
}

// camerasDown names the first camera that gives no usable picture.
func (o *owner) camerasDown() string {
	for i := range o.set.Views {
		id := o.set.Views[i].Camera
		v, ok := o.s.frozen.Load(id)
		if !ok {
			continue
		}
		switch st := v.(camera.State); st.Status {
		case camera.Live, camera.Connecting:
		case camera.Stalled:
			if o.ctl.status.Running && o.ctl.status.Speed > 0 && len(o.ctl.frames.triggers) > 0 {
				return fmt.Sprintf("camera %s is stalled: triggered, but no frames", id)
			}
		default:
			return fmt.Sprintf("camera %s is %v: %s", id, st.Status, st.Error)
		}
	}
	return ""
}

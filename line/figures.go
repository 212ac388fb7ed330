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
	minuteAt  time.Time
	minuteWas Counts
	lostWas   uint64
	collWas   uint64
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
	f := &o.figures
	at := now.Truncate(time.Minute)
	if !at.After(f.minuteAt) {
		return
	}
	from := f.minuteAt
	if f.began.After(from) {
		from = f.began
	}
	c, l := o.counts, f.latency(now)
	o.emit("line", event.LineMinute{Line: string(o.s.cfg.Line), From: f.minuteAt.UTC(), Seconds: at.Sub(from).Seconds(),
		Pass: c.Pass - f.minuteWas.Pass, Fail: c.Fail - f.minuteWas.Fail, Inconclusive: c.Inconclusive - f.minuteWas.Inconclusive, Late: c.Late - f.minuteWas.Late,
		Lost: o.ledger.Lost - f.lostWas, Collateral: o.ledger.Collateral - f.collWas,
		P50MS: l.P50, P99MS: l.P99, MaxMS: l.Max, SpeedMMs: o.ctl.status.Speed / o.set.Encoder.PerMM})
	f.minuteAt, f.minuteWas, f.lostWas, f.collWas = at, c, o.ledger.Lost, o.ledger.Collateral
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

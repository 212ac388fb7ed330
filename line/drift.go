package line

import (
	"fmt"
	"math"

	"linesman/event"
	"linesman/vision"
)

// measure is one thing that can go wrong with a camera, and how much of it is
// borne. Limits are those of acceptance control: not whether there is any change
// that can be shown, which a plant always has, but whether it is surely more than
// verdicts bear (Montgomery, Introduction to Statistical Quality Control, ch. 10.2).
type measure struct {
	name, unit  string
	warn, limit float64
	whatTo      string
}

// The measures, in the order of the table below.
const (
	light = iota
	cast
	balance
	focus
	position
	scale
	dirt
	score
)

var measures = [...]measure{
	light:    {"light", "%", 13, 20, "check the lamps, their supply and the exposure; clean lens and lamps"},
	cast:     {"cast", "dE", 3, 6, "check the lamps' colour, stray daylight and the camera's white balance"},
	balance:  {"balance", "dE", 1.5, 3, "compare part and belt with those of teaching: clean the belt, or teach anew if the product's colour has changed"},
	focus:    {"focus", "%", 5, 20, "check that the lens is tight, clean and focused on the parts"},
	position: {"position", "px", 4, 8, "check the camera's mount and the lanes' guides; set the view's at_mm anew if the camera is to stay so"},
	scale:    {"scale", "%", 1.5, 3, "check the camera's height and the lens; measure mm_per_px anew if it is to stay so"},
	dirt:     {"dirt", "%", 1.5, 6, "clean the lens and the glass before it"},
	score:    {"score", "score", 0, 0, "look at the lowest passes beside good parts of teaching; teach anew if these are good"},
}

// sure is how many standard errors a drift must be beyond its limit; of the
// oddest of many cells, surely.
const (
	sure       = 3
	surelyCell = 4
	// calm is the share of a limit a drift must come back within, to end.
	calm = 0.7
)

// The states of a measure.
const (
	steady byte = iota
	warned
	beyond
)

// bounds are a measure's limits. That of the score depends on where good parts
// stand: a quarter of the way to the threshold,
// since the highest of them are beyond it when their mean is half way. That of the position
// depends on the room there is before the picture's edge cuts the outermost parts.
func (z *gaze) bounds(what int) (warn, limit float64) {
	warn, limit = measures[what].warn, measures[what].limit
	switch what {
	case score:
		room := max(1-z.seen[scoreMean].mean, 0.1)
		return room / 4, room / 2
	case position:
		return min(warn, max(z.room/2, 1)), min(limit, max(z.room, 2))
	}
	return warn, limit
}

// watch says whether a measure's state has changed in a way to be told.
func (z *gaze) watch(what int) (state string, said bool) {
	drift, noise := z.drift(what)
	warn, limit := z.bounds(what)
	off := math.Abs(drift)
	if what == score {
		off = max(drift, 0) // parts that are better than at first alarm nobody
	}
	switch now := &z.states[what]; {
	case *now < beyond && off-noise > limit:
		*now = beyond
		return "limit", true
	case *now < warned && off-noise > warn:
		*now = warned
		return "warning", true
	case *now == beyond && off < calm*limit:
		*now = warned
	case *now == warned && off < calm*warn:
		*now = steady
		return "ended", true
	}
	return "", false
}

// drift is how far a measure has come from its origin, in its unit, and how far
// chance alone may have carried it.
func (z *gaze) drift(what int) (drift, noise float64) {
	q := &z.seen
	switch what {
	case light:
		part, belt := z.level(partR), z.level(beltR)
		return share(common(part, belt)), 100 * sure * max(q[partG].error, q[beltG].error)
	case cast:
		pa, pb := z.cast(partR)
		ba, bb := z.cast(beltR)
		if pa*ba+pb*bb <= 0 {
			return 0, 0 // not of the light
		}
		return min(math.Hypot(pa, pb), math.Hypot(ba, bb)), z.castNoise(partR, beltR)
	case balance:
		return z.balance(), z.castNoise(partR) + z.castNoise(beltR)
	case focus:
		return percent(q[edgeLog].off()), 100 * sure * q[edgeLog].error
	case position:
		if !z.triggered {
			return math.Abs(q[acrossPx].off()), sure * q[acrossPx].error
		}
		return math.Hypot(q[acrossPx].off(), q[alongPx].off()), sure * math.Hypot(q[acrossPx].error, q[alongPx].error)
	case scale:
		return percent(q[diameterLog].off()), 100 * sure * q[diameterLog].error
	case dirt:
		return 100 * z.cells.oddest, 100 * z.cells.noise
	default:
		return q[scoreMean].off(), sure * q[scoreMean].error
	}
}

// level is the change of a colour's brightness, as a logarithm.
func (z *gaze) level(from int) float64 {
	return (z.seen[from].off() + z.seen[from+1].off() + z.seen[from+2].off()) / 3
}

// cast is what a change of colour makes of a grey card.
func (z *gaze) cast(from int) (a, b float64) {
	green := z.seen[from+1].off()
	return vision.Cast(math.Exp(z.seen[from].off()-green), math.Exp(z.seen[from+2].off()-green))
}

// castNoise is the colour that chance alone may give a grey card. Most of what
// varies in a colour from frame to frame is its level, the same in all three
// channels, so this is on the safe side.
func (z *gaze) castNoise(from ...int) (noise float64) {
	for _, k := range from {
		n := sure * max(z.seen[k].error, z.seen[k+1].error, z.seen[k+2].error)
		noise = max(noise, 100*n/2) // one part in a hundred of red or blue is half a delta E or less
	}
	return noise
}

// balance is the colour difference (delta E) that would be seen on a grey part if
// the belt's light were cancelled: parts and belt have not changed alike.
func (z *gaze) balance() float64 {
	const grey = 160
	var rgb [3]float64
	for c := range rgb {
		rgb[c] = grey * math.Exp(z.seen[partR+c].off()-z.seen[beltR+c].off())
	}
	was, now := vision.Lab([3]float64{grey, grey, grey}), vision.Lab(rgb)
	return math.Sqrt((now[0]-was[0])*(now[0]-was[0]) + (now[1]-was[1])*(now[1]-was[1]) + (now[2]-was[2])*(now[2]-was[2]))
}

// common is what two changes share: the lesser, if they go the same way.
func common(a, b float64) float64 {
	switch {
	case a*b <= 0:
		return 0
	case math.Abs(a) < math.Abs(b):
		return a
	}
	return b
}

// share is a change as a share of the brighter of the two: lamps that come back
// have changed by as much as when they fell.
func share(log float64) float64 { return math.Copysign(-100*math.Expm1(-math.Abs(log)), log) }

func percent(log float64) float64 { return 100 * math.Expm1(log) }

// drift says what has changed.
func (e *eyes) drift(view, what int, state string) event.EyesDrift {
	z, v, m := &e.views[view], &e.s.cfg.Settings.Views[view], &measures[what]
	off, _ := z.drift(what)
	warn, limit := z.bounds(what)
	d := event.EyesDrift{Line: string(e.s.cfg.Line), View: v.Name, Camera: string(v.Camera), What: m.name, State: state,
		Drift: off, WarnAt: warn, Limit: limit, Unit: m.unit, Frames: z.followed, Why: z.why(what, off)}
	if what == dirt {
		d.X, d.Y = z.cells.x, z.cells.y
	}
	if state != "ended" {
		d.WhatTo = m.whatTo
	}
	return d
}

// why says in words what was seen.
func (z *gaze) why(what int, off float64) string {
	way := func(up, down string) string {
		if off < 0 {
			return down
		}
		return up
	}
	at := math.Abs(off)
	switch what {
	case light:
		return fmt.Sprintf("parts and belt are %.0f %% %s than at first", at, way("brighter", "darker"))
	case cast:
		a, b := z.cast(partR)
		return fmt.Sprintf("the light's colour has changed by %.1f dE (a* %+.1f, b* %+.1f)", at, a, b)
	case balance:
		return fmt.Sprintf("parts and belt have not changed alike: %.1f dE between them (parts %+.1f %%, belt %+.1f %%)", at, percent(z.level(partR)), percent(z.level(beltR)))
	case focus:
		return fmt.Sprintf("the parts' edges are %.0f %% %s than at first", at, way("wider", "narrower"))
	case position:
		return fmt.Sprintf("the parts lie %.1f px (%.2f mm) beside where they lay at first", at, at*z.set.MMPerPx)
	case scale:
		return fmt.Sprintf("the parts are %.1f %% %s in the picture than at first", at, way("larger", "smaller"))
	case dirt:
		return fmt.Sprintf("a place at %.0f, %.0f is %.0f %% %s than at first in every picture while the belt moves", z.cells.x, z.cells.y, at, way("brighter", "darker"))
	default:
		return fmt.Sprintf("parts score %.2f on average, at first %.2f (1 is the threshold)", z.seen[scoreMean].now, z.seen[scoreMean].mean)
	}
}

// reference says what drift is measured from.
func (e *eyes) reference(view int) event.EyesReference {
	z, v, q, r := &e.views[view], &e.s.cfg.Settings.Views[view], &e.views[view].seen, e.setup.Recipe
	levels := func(from int) (rgb []float64) {
		for c := range 3 {
			rgb = append(rgb, math.Exp(q[from+c].mean))
		}
		return rgb
	}
	return event.EyesReference{Line: string(e.s.cfg.Line), View: v.Name, Camera: string(v.Camera), Recipe: r.ID(), RecipeHash: r.Hash(), ModelHash: e.setup.Detector.Model().SHA256,
		From: z.from.UTC(), To: z.to.UTC(), Frames: z.frames, Parts: z.parts, Part: levels(partR), Belt: levels(beltR),
		Edge: math.Exp(q[edgeLog].mean), Across: q[acrossPx].mean * z.set.MMPerPx, Along: q[alongPx].mean * z.set.MMPerPx,
		Diameter: math.Exp(q[diameterLog].mean) * z.set.MMPerPx, Score: q[scoreMean].mean, Room: z.room, Carried: z.carried}
}

// tellMinute writes the trend of the minute that ends.
func (e *eyes) tellMinute(view int) {
	z, v, q := &e.views[view], &e.s.cfg.Settings.Views[view], &e.views[view].seen
	if !z.learned || z.minuteFrames == 0 {
		return
	}
	pa, pb := z.cast(partR)
	ba, bb := z.cast(beltR)
	drift := func(what int) float64 { d, _ := z.drift(what); return d }
	m := event.EyesMinute{Line: string(e.s.cfg.Line), View: v.Name, Camera: string(v.Camera), From: z.minute.UTC(), Frames: z.minuteFrames, Parts: z.minuteParts,
		Light: drift(light), Part: percent(z.level(partR)), Belt: percent(z.level(beltR)), PartA: pa, PartB: pb, BeltA: ba, BeltB: bb,
		Edge: math.Exp(q[edgeLog].now), Focus: drift(focus), Across: q[acrossPx].off() * z.set.MMPerPx, Scale: drift(scale),
		Dirt: 100 * z.cells.oddest, DirtX: z.cells.x, DirtY: z.cells.y, Balance: z.balance(), Score: q[scoreMean].now}
	if z.triggered {
		m.Along = q[alongPx].off() * z.set.MMPerPx
	}
	for what, state := range z.states {
		if state != steady {
			m.Drifted = append(m.Drifted, measures[what].name)
		}
	}
	e.emit(view, m)
}

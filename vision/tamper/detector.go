package tamper

import (
	"fmt"
	"math"
	"slices"
	"time"
)

const (
	// found is the agreement from which a place's edges are there, and plain by how
	// much it must exceed what chance gives.
	found = 0.3
	plain = 0.2
	// fewEdges is too few to know a scene by, and fewCells too few places.
	fewEdges = 60
	fewCells = 5
	// better is by how much the scene must be found better elsewhere than in its
	// place, and well how well, to have been moved there.
	better = 0.2
	well   = 0.4
	// settled is the agreement above which nothing is looked for, and from which
	// the scene goes on being learnt.
	settled = 0.6
	// edgeless is the share of edges below which a picture shows nothing, whatever
	// was learnt.
	edgeless = 0.002
	// dimmed is the share of the learnt brightness below which sharpness does not
	// tell: what a camera leaves out of noise in the dark, it leaves out of detail.
	dimmed = 0.5
	// faded is the share of the learnt contrast below which more of the sharpness has to
	// be lost, by this factor: so far out of focus that coarse steps go too, or in
	// other light, without shadows.
	faded, fadedSharp = 0.5, 0.8
	// apart is the time between pictures from which on nothing is said to have
	// lasted.
	apart = 5 * time.Second
	// lookEvery is the least time from one search for a moved scene to the next.
	lookEvery = 300 * time.Millisecond
)

// Detector watches one camera's view. It is used by one goroutine.
type Detector struct {
	set   Settings
	holds [faults]hold
	last  time.Time

	scene    scene
	now      field
	still    still
	rests    rests
	searched time.Time
	shift    [2]int
	there    float64 // agreement at the shift
	readings [faults]Reading
}

// scene is what was learnt.
type scene struct {
	height   int
	mean     field
	fine     [cells]float64 // sharpness
	coarse   [cells]float64 // contrast
	bright   float64
	edgy     float64 // share of edges
	all      float64 // agreement of all edges in their place
	seen     time.Duration
	edges    []edge
	prepared time.Duration // of seen, when edges was made
}

// New returns a detector that knows no scene yet.
func New(s Settings) (*Detector, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("tampering: %w", err)
	}
	return &Detector{set: s.withDefaults()}, nil
}

// Relearn forgets the scene: a person says that the view is as it should be.
// What is raised is cleared once the new scene is learnt.
func (d *Detector) Relearn() { d.scene = scene{} }

// Learnt reports whether the scene is known.
func (d *Detector) Learnt() bool { return d.scene.seen >= d.set.Learn }

// See takes the next picture and returns what is known of each fault, in the
// order of the constants; good until the next See. Pictures a fifth of a second
// apart do; with more than five seconds between them, nothing is said to last.
func (d *Detector) See(s *Sight) []Reading {
	step := s.At.Sub(d.last)
	if d.last.IsZero() || step < 0 || step > apart {
		step = 0
		for i := range d.holds {
			d.holds[i].interrupt()
		}
		d.still, d.rests = still{}, rests{}
	}
	d.last = s.At
	if d.now.height != s.Height {
		d.now = newField(s.Height)
	}
	if d.scene.height != s.Height {
		d.scene = scene{height: s.Height, mean: newField(s.Height)}
	}
	m := d.measure(s)
	d.judge(s, m, step)
	if m.sound(d.set) {
		d.learn(s, m, step)
	}
	return d.readings[:]
}

// measured is what one picture says.
type measured struct {
	bright  float64 // mean grey level
	edgy    float64 // share of edges, at the step at which they are learnt
	all     float64 // agreement of all edges in their place
	gone    float64 // share of places whose edges are gone, or of the agreement, if more is
	known   bool    // the scene has enough edges to be known by
	sharp   float64 // share of the learnt sharpness
	left    float64 // share of the learnt contrast
	coarse  [cells]float64
	learnt  bool
	shifted bool
}

// sound reports whether the picture shows the scene as it was learnt, so that it
// may be learnt from.
func (m *measured) sound(s Settings) bool {
	if m.bright < s.Dark {
		return false
	}
	return !m.learnt || !m.known || m.all >= settled || m.gone < s.Gone/2 && !m.shifted
}

func (d *Detector) measure(s *Sight) measured {
	m := measured{learnt: d.Learnt()}
	var sum int
	for _, v := range s.Grey {
		sum += int(v)
	}
	m.bright = float64(sum) / float64(len(s.Grey))
	m.coarse = contrast(s)
	m.edgy = d.now.of(s.Grey, learnStep)
	if !m.learnt {
		return m
	}
	d.scene.prepare()
	light := min(float32(m.bright/max(d.scene.bright, 1)), 1)
	d.now.of(s.Grey, max(findStep*light, leastFind))
	d.compare(s, &m)
	return m
}

// compare holds a picture against the scene.
func (d *Detector) compare(s *Sight, m *measured) {
	here, chance := byCell(d.scene.edges, &d.now)
	var kept [cells]bool
	places, gone := 0, 0
	for i, a := range here {
		if a < 0 {
			continue
		}
		places++
		m.all += a
		if kept[i] = a >= found && a >= chance[i]+plain; !kept[i] {
			gone++
		}
	}
	if m.known = len(d.scene.edges) >= fewEdges && places >= fewCells; m.known {
		m.all /= float64(places)
		m.gone = float64(gone) / float64(places)
		if d.scene.all > 0 {
			m.gone = max(m.gone, 1-m.all/d.scene.all)
		}
	}
	m.sharp, m.left = d.scene.sharpness(s, m, kept)
	if !m.known || m.all >= settled {
		d.shift, d.there = [2]int{}, m.all
	} else if s.At.Sub(d.searched) >= lookEvery || s.At.Before(d.searched) {
		d.searched = s.At
		d.shift[0], d.shift[1], d.there = shifted(d.scene.edges, &d.now)
	}
	stays, _ := agreement(d.scene.edges, &d.now, 0, 0)
	far := math.Hypot(float64(d.shift[0]), float64(d.shift[1]))
	m.shifted = m.known && far >= d.set.Shift*across && d.there >= well && d.there >= stays+better
}

// judge makes readings of what was measured.
func (d *Detector) judge(s *Sight, m measured, step time.Duration) {
	dark := m.bright < d.set.Dark
	why := ""
	switch {
	case dark:
		why = "it is too dark to tell"
	case !m.learnt:
		why = "the scene is being learnt"
	case !m.known:
		why = "the scene has too few edges to tell"
	}
	d.read(s.At, Dark, "", dark, m.bright, d.set.Dark, "grey levels", "mean brightness %.0f, below %.0f of 255 nothing can be seen: switch on the light, or look whether the lens is covered")

	blank := !dark && m.edgy < edgeless
	gone := m.known && m.gone >= d.set.Gone && !m.shifted
	empty := m.edgy < d.set.Detail*d.scene.edgy
	unless := why
	if blank {
		unless = ""
	}
	d.read(s.At, Covered, unless, blank || gone && empty, m.gone, d.set.Gone, "share of the scene gone", "%.2f of the scene is gone (limit %.2f) and there is little detail: look what is before the lens")
	if blank && why == "" {
		why = "there is nothing to be seen"
	}
	moved := m.shifted || gone && !empty
	far := math.Hypot(float64(d.shift[0]), float64(d.shift[1])) / across
	switch {
	case gone && empty && why == "":
		d.read(s.At, Moved, "it is covered", false, 0, d.set.Shift, "of the width", "")
	case m.shifted || !moved:
		if !m.shifted {
			far = 0
		}
		d.read(s.At, Moved, why, moved, far, d.set.Shift, "of the width", "the scene stands %.2f of the picture's width from where it was (limit %.2f): turn the camera back, or say that the view is right")
	default:
		d.read(s.At, Moved, why, moved, m.gone, d.set.Gone, "share of the scene gone", "%.2f of the scene is gone (limit %.2f) and another one is there: turn the camera back, or say that the view is right")
	}
	d.readSharp(s, m, why, moved || gone)
	d.readStill(s, m, dark || blank, step)
}

func (d *Detector) readSharp(s *Sight, m measured, why string, elsewhere bool) {
	switch {
	case why != "":
	case elsewhere:
		why = "it is another scene"
	case math.IsNaN(m.sharp):
		why = "too little of the scene has fine detail"
	case m.bright < dimmed*d.scene.bright:
		why = "the light has changed"
	}
	limit := d.set.Sharp
	if m.left < faded {
		limit *= fadedSharp
	}
	value := 1 - m.sharp
	if math.IsNaN(value) {
		value = 0
	}
	d.read(s.At, Blurred, why, m.sharp < limit, value, 1-limit, "share of the sharpness lost", "%.2f of the sharpness is lost (limit %.2f): clean the lens, then focus it")
}

// readStill reads what tells most of a picture that stands still: the share of its
// limit that it has come to. The time it takes is in the value, so it is raised at
// once.
func (d *Detector) readStill(s *Sight, m measured, nothing bool, step time.Duration) {
	same, rested := d.still.see(s), 0
	if s.Stream {
		rested = d.rests.see(s, m.bright, step)
		same.known = same.known || !d.rests.quiet.begun() // for seconds it was not at rest
	}
	why := ""
	switch {
	case nothing:
		why = "there is nothing to be seen"
	case !same.known && same.key == 0 && rested == 0:
		why = "no key picture has come since"
	}
	type reading struct {
		value, limit float64
		unit, text   string
	}
	seconds := func(v, limit time.Duration) reading {
		return reading{v.Seconds(), limit.Seconds(), "s", "the same picture to the last bit for %.1f s (limit %.1f s): restart the camera"}
	}
	most := seconds(0, d.set.FrozenAfter)
	if same.known {
		most = seconds(same.each, d.set.FrozenAfter)
	}
	for _, r := range []reading{
		seconds(same.key, d.set.FrozenKeys),
		{float64(rested), float64(d.set.FrozenPictures), "pictures at rest", "%.0f pictures without motion or noise (limit %.0f), where this camera had both: restart it"},
	} {
		if r.value*most.limit > most.value*r.limit {
			most = r
		}
	}
	h := &d.holds[Frozen]
	h.see(s.At, why == "", most.value >= most.limit, 0, d.set.Clear)
	r := &d.readings[Frozen]
	*r = Reading{Fault: Frozen, Raised: h.raised, Since: h.since, Value: most.value, Limit: most.limit, Unit: most.unit, Unknown: why}
	if r.Text = why; why == "" {
		r.Text = fmt.Sprintf(most.text, r.Value, r.Limit)
	}
}

// read notes what a picture says of a fault. form takes the value and the limit.
func (d *Detector) read(at time.Time, f Fault, unknown string, is bool, value, limit float64, unit, form string) {
	h := &d.holds[f]
	h.see(at, unknown == "", is, d.set.After, d.set.Clear)
	r := Reading{Fault: f, Raised: h.raised, Since: h.since, Value: value, Limit: limit, Unit: unit, Unknown: unknown, Text: unknown}
	if unknown == "" {
		r.Text = fmt.Sprintf(form, value, limit)
	}
	d.readings[f] = r
}

// learn takes the picture into the scene.
func (d *Detector) learn(s *Sight, m measured, step time.Duration) {
	c := &d.scene
	c.seen += step
	share := 1.
	if c.seen > 0 && step > 0 {
		share = step.Seconds() / min(c.seen, d.set.Adapt).Seconds()
	} else if c.bright > 0 {
		return
	}
	d.now.of(s.Grey, learnStep)
	c.mean.learn(&d.now, float32(share))
	c.bright += share * (m.bright - c.bright)
	c.edgy += share * (m.edgy - c.edgy)
	if m.known && c.all == 0 {
		c.all = m.all
	} else if m.known {
		c.all += share * (m.all - c.all)
	}
	for i := range cells {
		c.fine[i] += share * (float64(s.Fine[i]) - c.fine[i])
		c.coarse[i] += share * (m.coarse[i] - c.coarse[i])
	}
}

// prepare takes the scene's edges out of the mean, every second of what is seen.
func (c *scene) prepare() {
	if c.edges != nil && c.seen-c.prepared < time.Second {
		return
	}
	c.edges, c.prepared = c.mean.strong(c.edges[:0]), c.seen
}

// contrast is, by cell, the mean step of grey between pixels of the small picture.
func contrast(s *Sight) (out [cells]float64) {
	var sum, n [cells]int
	for y := range s.Height - 1 {
		for x := range across - 1 {
			i := y*across + x
			a := int(s.Grey[i+1]) - int(s.Grey[i])
			b := int(s.Grey[i+across]) - int(s.Grey[i])
			c := cellOf(i, s.Height)
			sum[c] += max(a, -a) + max(b, -b)
			n[c]++
		}
	}
	for i := range out {
		out[i] = float64(sum[i]) / float64(max(n[i], 1))
	}
	return out
}

// sharpness is the share of the learnt fine detail that is left, against that of
// the contrast that is left: medians over the cells whose edges are in their
// place, so that what stands before the others does not count; and the share of
// contrast. sharp is no number where too few cells have fine detail.
func (c *scene) sharpness(s *Sight, m *measured, kept [cells]bool) (sharp, left float64) {
	const least = 1 // grey level of fine detail; less is noise
	var fine, coarse []float64
	for i := range cells {
		if kept[i] && c.fine[i] >= least && c.coarse[i] > 0 {
			fine = append(fine, float64(s.Fine[i])/c.fine[i])
			coarse = append(coarse, m.coarse[i]/c.coarse[i])
		}
	}
	if len(fine) < fewCells {
		return math.NaN(), 1
	}
	left = median(coarse)
	return median(fine) / max(left, 0.01), left
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

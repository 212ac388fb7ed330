package line

import (
	"context"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/plc"
)

// owner holds all that is known of one belt. It is one goroutine; nothing else
// touches its fields.
type owner struct {
	s         *Station
	set       *Settings
	source    string
	order     []order   // by view
	lanes     []lane    // [0] is lane 1
	terms     []*term   // by what is judged, oldest first; the first has no place
	serial    int       // of the newest setup
	cancelled []*setup  // taken back, not yet closed
	batches   []*batch  // not yet closed, oldest first; never empty
	reach     []float64 // by view: half of what a picture shows along the belt, mm
	counts    Counts    // of all batches
	wish      wish
	clock     part.Clock
	ctl       controller
	cover     cover
	dark      stretch    // parts at the gate before the first picture, not yet told
	pending   []*tracked // submitted, not yet acknowledged, oldest first
	pulses    pulses
	figures   figures
	state     lineState
	said      string // what last did not add up, for the screen

	trespasses map[string]*trespass // by key
	unended    []Trespassed         // of earlier runs, to be ended at the first reading
}

// tracked is one part between its picture and its confirmation.
type tracked struct {
	part.Part
	setup     *setup // by which it is judged
	batch     *batch
	views     []sightingOf
	exposed   time.Time // of its newest view
	awaitedAt time.Time // since when every view should be there
	verdict   verdict
	judgedID  string // of its part.judged event; the cause of what follows
	timing    event.Timing
	submitted bool
	acked     bool
	late      bool
	logged    bool // its verdict is in the log
	doubts    []string
	result    plc.EchoResult
	fired     part.Tick
	gatedAt   part.Tick // the gate sensor's edge
	unseen    bool      // no picture ever showed it
}

const ownerTick = 50 * time.Millisecond

func newOwner(s *Station) *owner {
	o := &owner{s: s, set: &s.cfg.Settings, source: s.cfg.Site + "/line/" + string(s.cfg.Line), trespasses: map[string]*trespass{}}
	o.order = make([]order, len(o.set.Views))
	for i := range o.order {
		o.order[i] = order{next: 1, waiting: map[uint64]looked{}}
	}
	o.lanes = make([]lane, o.set.lanes())
	first := &batch{id: s.cfg.Batch, recipe: s.first.id}
	o.batches, o.terms = []*batch{first}, []*term{{setup: s.first, batch: first, told: true}}
	for range o.set.Views {
		o.reach = append(o.reach, s.first.Recipe.Part.DiameterMM)
	}
	o.figures.init(s.now())
	o.pulses.init(s)
	return o
}

func (o *owner) run(ctx context.Context) {
	tick := time.NewTicker(ownerTick)
	defer tick.Stop()
	defer o.pulses.stop()
	o.beginBatch(o.batches[0], event.Tick{})
	for {
		select {
		case <-ctx.Done():
			o.finish()
			return
		case l := <-o.s.looked:
			for _, next := range o.order[l.view].put(l) {
				o.frame(next)
			}
		case a := <-o.s.acks:
			o.acked(a)
		case st := <-o.s.statuses:
			o.reading(st)
		case st := <-o.s.links:
			o.link(st)
		case r := <-o.s.requests:
			r.answer <- r.do(o)
		case <-tick.C:
			o.housekeep(o.s.now())
		}
	}
}

// finish closes the account: what is still on the belt has no gate any more
// but the resting one.
func (o *owner) finish() {
	now := o.s.now()
	for _, t := range o.pending {
		o.logVerdict(t, now)
	}
	o.tellDark()
	for key := range o.trespasses {
		o.trespassOver(key)
	}
	o.tellMinute(now)
	// The controller's triggers of the last frames were not read any more: neither side
	// counts them.
	o.ctl.frames.forget(now.Add(-framePatience))
	for _, b := range o.batches {
		if b.told {
			o.closeBatch(b, eventTick(o.ctl.status.Now))
		}
	}
	o.setState("stopped", "the appliance was stopped", "")
	o.publish(now)
}

// housekeep does what time alone brings about.
func (o *owner) housekeep(now time.Time) {
	o.overdue(now)
	o.awaited(now)
	o.exposed(now)
	if o.dark.count > 0 && now.Sub(o.dark.at) > darkPatience {
		o.tellDark()
	}
	o.turn()
	o.auditLedgers(now)
	o.minute(now)
	o.judgeState()
	o.publish(now)
}

// publish shows the line's state to whoever asks.
func (o *owner) publish(now time.Time) {
	u, b := o.setup(), o.batch()
	st := &Status{
		Line: o.s.cfg.Line, At: now, Recipe: u.id, Batch: b.id,
		State: o.state.name, Why: o.state.why, WhatTo: o.state.whatTo,
		PerMin: o.figures.perMinute(now), Counts: b.counts, Ledger: o.balance(b),
		PLC: o.ctl.link, Belt: o.ctl.status.Now, Latency: o.figures.latency(now), Model: modelName(u.Detector.Model()),
	}
	if c := o.terms[len(o.terms)-1]; !c.told {
		st.Next = &Changeover{Line: o.s.cfg.Line, Recipe: c.setup.id, Was: u.id, From: c.from, Batch: c.batch.id, Why: c.why}
	}
	if sh := o.s.shadow.Load(); sh != nil {
		st.Shadow = sh.sums.Load()
	}
	st.Ledger.Mismatch = o.said
	st.PLC.Held, st.PLC.Running = o.ctl.status.Held, o.ctl.status.Running
	st.PLC.SpeedMMs = o.ctl.status.Speed / o.set.Encoder.PerMM
	st.PLC.Mode = o.set.Gates[0].Mode
	if st.PLC.Name == "" {
		st.PLC.Name = o.set.Gates[0].Controller
	}
	o.s.status.Store(st)
	o.s.unacked.Store(int64(len(o.pending)))
}

// emit sends an event about the line or one of its things.
func (o *owner) emit(subject string, p event.Payload) { o.emitAbout(nil, subject, p) }

// emitOf sends an event about the line in a batch's name.
func (o *owner) emitOf(batch, subject string, p event.Payload) {
	e := event.New(o.source, subject, o.s.now(), p)
	e.Batch = batch
	o.s.cfg.Events.Emit(e)
}

// emitAbout sends an event about a part.
func (o *owner) emitAbout(t *tracked, subject string, p event.Payload) {
	o.s.cfg.Events.Emit(o.about(t, subject, p))
}

// about prepares an event about a part; t may be nil.
func (o *owner) about(t *tracked, subject string, p event.Payload) event.Event {
	e := event.New(o.source, subject, o.s.now(), p)
	if t == nil {
		e.Batch = o.batch().id
		return e
	}
	e.Batch = t.batch.id
	if !t.unseen {
		e.Part, e.Cause = string(t.ID), t.judgedID
	}
	return e
}

func eventTick(t part.Tick) event.Tick { return event.Tick{Epoch: t.Epoch, Count: t.Count} }

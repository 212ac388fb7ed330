package main

import (
	"context"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/part"
	"linesman/proof"
)

// known is what the log says of labels and candidates.
type known struct {
	upTo   uint64 // seq of the newest event that was read
	labels []proof.Labelled
	last   map[product]uint64 // seq of the newest label that the last candidate knows of
	failed map[product]failure
	made   map[string]bool // candidates, by the model's hash
	own    map[string]bool // of those: made by the learner, by recipe and model as a line names what judges beside it
}

// product is what a line judges.
type product struct{ line, name string }

// failure is a candidate that could not be made.
type failure struct {
	through uint64
	at      time.Time
}

// catchUp reads what the log has had to say since the last time.
func (k *known) catchUp(ctx context.Context, log proof.Log) error {
	if k.made == nil {
		k.last, k.failed, k.made, k.own = map[product]uint64{}, map[product]failure{}, map[string]bool{}, map[string]bool{}
	}
	labelled := false
	f := event.Filter{After: k.upTo, Types: []event.Type{event.SampleLabelled{}.EventType(), event.CandidateMade{}.EventType(), event.CandidateFailed{}.EventType()}}
	for {
		events, err := log.Read(ctx, f)
		if err != nil {
			return err
		}
		for _, e := range events {
			switch e.Type {
			case event.CandidateMade{}.EventType():
				p, err := event.As[event.CandidateMade](e)
				if err != nil {
					return err
				}
				k.enter(e, p)
			case event.CandidateFailed{}.EventType():
				p, err := event.As[event.CandidateFailed](e)
				if err != nil {
					return err
				}
				if p.Step == "teach" {
					k.failed[product{p.Line, nameOf(p.Recipe)}] = failure{p.Through, e.Time}
				}
			default:
				labelled = true
			}
			f.After = e.Seq
		}
		if len(events) == 0 {
			break
		}
	}
	if labelled {
		all, err := (&proof.Labels{Log: log}).List(ctx, "", nil)
		if err != nil {
			return err
		}
		k.labels = all.Samples
	}
	k.upTo = f.After
	return nil
}

func (k *known) enter(e event.Event, p event.CandidateMade) {
	of := product{p.Line, nameOf(p.Recipe)}
	through := p.Through
	if through == 0 { // of an earlier version, or without any label
		through = e.Seq
	}
	k.last[of] = max(k.last[of], through)
	k.made[p.ModelHash] = true
	if e.Actor == learning {
		k.own[p.Recipe+" "+p.Model] = true
	}
}

// due says whether a line's product wants a candidate: enough can be learned from
// that was labelled since the last one, the newest label is old enough, and what
// failed may be tried again. newest is that label's seq.
func (k *known) due(id part.LineID, name string, set config.Learning, now time.Time) (newest uint64, ok bool) {
	of := product{string(id), name}
	n, at := 0, time.Time{}
	for i := range k.labels {
		l := &k.labels[i]
		if l.Line != of.line || nameOf(l.Recipe) != name || l.Seq <= k.last[of] || l.Unlearned != "" {
			continue
		}
		n, newest, at = n+1, l.Seq, l.At
	}
	// A clock that was set back must not delay it for years.
	if quiet := now.Sub(at); n < set.After || quiet >= 0 && quiet < set.Quiet.D() {
		return newest, false
	}
	if f, was := k.failed[of]; was && f.through >= newest {
		since := now.Sub(f.at)
		return newest, since < 0 || since >= learnAgain
	}
	return newest, true
}

// nobody is the actor that the log notes where nobody asked.
const nobody = "system"

// lastBeside is the hash of the candidate that judged beside a line when the
// appliance ended, empty where somebody had ended it or there was none.
func lastBeside(ctx context.Context, log proof.Log, id part.LineID) (string, error) {
	f := event.Filter{Types: []event.Type{event.ModelShadowed{}.EventType()}, Newest: true, Limit: 100}
	for range 10 { // some hours of several lines
		events, err := log.Read(ctx, f)
		if err != nil || len(events) == 0 {
			return "", err
		}
		for _, e := range events {
			p, err := event.As[event.ModelShadowed](e)
			if err != nil {
				return "", err
			}
			switch {
			case p.Line != string(id):
				continue
			case p.Ended != "" && e.Actor != nobody:
				return "", nil
			}
			return p.ModelHash, nil
		}
		f.Before = events[len(events)-1].Seq
	}
	return "", nil
}

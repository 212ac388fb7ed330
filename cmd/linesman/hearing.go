package main

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/rules"
)

// hearing tells the rules of place and dress what the log says of lines and
// machines: at first what it said last before the start, then all from there on.
type hearing struct {
	store interface {
		Read(ctx context.Context, f event.Filter) ([]event.Event, error)
		Follow(ctx context.Context, after uint64, fn func(event.Event) error) error
	}
	facts []rules.Fact // that rules speak of
	lines []part.LineID
	ears  interface { // of the guard; set before run
		Hear(event.Event)
		Recall()
	}
	log *slog.Logger
}

// hearAgain is the wait before the log is read again.
const hearAgain = 10 * time.Second

// run works until ctx ends. A log that can not be read ends no line: it is read
// again.
func (h *hearing) run(ctx context.Context) error {
	var heard uint64 // seq; 0: nothing was read yet
	for {
		err := h.follow(ctx, &heard)
		if ctx.Err() != nil {
			return nil
		}
		h.log.Error("rules of place and dress do not hear what the log says; it is read again", "err", err)
		select {
		case <-time.After(hearAgain):
		case <-ctx.Done():
			return nil
		}
	}
}

// follow tells them until the log can not be read. What was said last is read only
// once it is known from where on is followed: nothing lies between.
func (h *hearing) follow(ctx context.Context, heard *uint64) error {
	if *heard == 0 {
		last, err := h.store.Read(ctx, event.Filter{Newest: true, Limit: 1})
		if err != nil {
			return err
		}
		if len(last) > 0 {
			*heard = last[0].Seq
		}
		h.ears.Recall()
	}
	return h.store.Follow(ctx, *heard, func(e event.Event) error {
		*heard = e.Seq
		if e.Part == "" { // parts are many, and no rule is about one
			h.ears.Hear(e)
		}
		return nil
	})
}

// newest reads what the log said last of each fact, in its order.
func (h *hearing) newest(ctx context.Context) (out []event.Event, err error) {
	for _, f := range h.facts {
		if f == (rules.Fact{Type: event.LineState{}.EventType()}) {
			err = h.ofLines(ctx, f, &out)
		} else {
			err = h.back(ctx, f, func(e event.Event) bool {
				if e.Subject != f.Subject { // of one without a subject
					return true
				}
				out = append(out, e)
				return false
			})
		}
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b event.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	return slices.CompactFunc(out, func(a, b event.Event) bool { return a.Seq == b.Seq }), nil
}

// ofLines reads the newest state of each line: one may have stood for weeks while
// another begins and ceases all day.
func (h *hearing) ofLines(ctx context.Context, f rules.Fact, out *[]event.Event) error {
	missing := slices.Clone(h.lines)
	if len(missing) == 0 {
		return nil
	}
	return h.back(ctx, f, func(e event.Event) bool {
		l, err := event.As[event.LineState](e)
		if i := slices.Index(missing, part.LineID(l.Line)); err == nil && i >= 0 {
			missing = slices.Delete(missing, i, i+1)
			*out = append(*out, e)
		}
		return len(missing) > 0
	})
}

// How far back is read: a page at a time, and no further than some. What lies
// beyond is not known.
const (
	backPage  = 100
	backPages = 20
)

// back shows a fact's events, the newest first, until show has enough.
func (h *hearing) back(ctx context.Context, f rules.Fact, show func(event.Event) bool) error {
	filter := event.Filter{Types: []event.Type{f.Type}, Subject: f.Subject, Newest: true, Limit: backPage}
	if f.Subject != "" {
		filter.Limit = 1 // most often enough
	}
	for range backPages {
		page, err := h.store.Read(ctx, filter)
		if err != nil {
			return err
		}
		for _, e := range page {
			if e.Part == "" && !show(e) {
				return nil
			}
		}
		if len(page) < filter.Limit {
			return nil
		}
		filter.Before, filter.Limit = page[len(page)-1].Seq, backPage
	}
	return nil
}

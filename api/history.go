package api

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"linesman/event"
	"linesman/part"
)

const (
	stripLength = 40
	rejectsKept = 24
)

// history is a line's last verdicts, as the log has them. It reads the log
// while somebody watches, and only then.
type history struct {
	config *Config
	id     part.LineID

	mu      sync.Mutex
	strip   []Brief   // oldest first
	rejects []Verdict // newest first
}

func newHistory(c *Config, id part.LineID) *history { return &history{config: c, id: id} }

// now returns copies.
func (h *history) now() ([]Brief, []Verdict) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Brief{}, h.strip...), append([]Verdict{}, h.rejects...)
}

// follow reads the newest verdicts and then every new one until ctx ends. A log
// that can not be read is tried again: the page meanwhile shows what it has.
func (h *history) follow(ctx context.Context) {
	after, read := uint64(0), false
	for ctx.Err() == nil {
		var err error
		if !read {
			after, err = h.begin(ctx)
			read = err == nil
		}
		if err == nil {
			err = h.config.Log.Follow(ctx, after, func(e event.Event) error {
				after = e.Seq
				h.mu.Lock()
				defer h.mu.Unlock()
				h.add(e)
				return nil
			})
		}
		if ctx.Err() != nil {
			return
		}
		h.config.Logger.Warn("the log can not be followed; trying again", "line", h.id, "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(retryLogSoon):
		}
	}
}

// begin fills both lists from the end of the log and returns its last seq.
func (h *history) begin(ctx context.Context) (uint64, error) {
	newest, err := h.config.Log.Read(ctx, event.Filter{Types: []event.Type{judged}, Newest: true, Limit: scanStep})
	if err != nil {
		return 0, err
	}
	h.mu.Lock() // whoever watches sees all of it or nothing
	defer h.mu.Unlock()
	after := uint64(0)
	for _, e := range slices.Backward(newest) {
		h.add(e)
		after = e.Seq
	}
	return after, nil
}

// add takes one event; h.mu is held.
func (h *history) add(e event.Event) {
	if e.Type != judged {
		return
	}
	v, err := wireVerdict(e)
	if err != nil || v.Line != string(h.id) {
		return
	}
	if len(h.strip) == stripLength {
		h.strip = slices.Delete(h.strip, 0, 1)
	}
	h.strip = append(h.strip, Brief{v.Part, strconv.FormatUint(e.Seq, 10), v.Lane, v.Outcome, v.Collateral})
	if v.Outcome == "pass" && !v.Collateral {
		return
	}
	h.rejects = slices.Insert(h.rejects, 0, v)
	h.rejects = h.rejects[:min(len(h.rejects), rejectsKept)]
}

package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"linesman/access"
	"linesman/event"
)

type eventsQuery struct {
	After    uint64    `query:"after" maximum:"9223372036854775807" doc:"seq greater than this; next of the answer before, when oldest come first"`
	Before   uint64    `query:"before" maximum:"9223372036854775807" doc:"seq less than this; next of the answer before, when newest come first"`
	Type     []string  `query:"type" maxItems:"100" doc:"exact, or a prefix ending in *; several by comma"`
	Subject  string    `query:"subject"`
	Part     string    `query:"part"`
	Batch    string    `query:"batch"`
	Severity string    `query:"severity" enum:"info,low,medium,high,critical" doc:"at least this"`
	From     time.Time `query:"from" doc:"not before, RFC 3339"`
	To       time.Time `query:"to" doc:"before, RFC 3339"`
	Limit    int       `query:"limit" default:"100" minimum:"1" maximum:"1000"`
	Newest   bool      `query:"newest" doc:"newest first, and limit counts from the end"`
	Wait     string    `query:"wait" pattern:"^[0-9]{1,2}s$" doc:"where nothing matches yet, wait up to so long for it, 60s at most" example:"30s"`
}

func (q *eventsQuery) filter() event.Filter {
	f := event.Filter{After: q.After, Before: q.Before, Subject: q.Subject, Part: q.Part, Batch: q.Batch, From: q.From, To: q.To, Limit: q.Limit, Newest: q.Newest}
	for _, t := range q.Type {
		f.Types = append(f.Types, event.Type(t))
	}
	return f
}

// waitAtMost bounds a long poll.
const waitAtMost = time.Minute

type eventsAnswer struct{ Body Events }

// Events is one page of the log.
type Events struct {
	Events []Event `json:"events" doc:"by ascending seq, descending when newest was asked"`
	Next   string  `json:"next,omitempty" doc:"after of the next page, always given; with newest, before of the next page, absent at the end. A page may be short, or empty, and have a next"`
}

// sight is what of the log is to be shown: what was asked for, of what who
// asks may read.
type sight struct {
	who    access.Identity
	filter event.Filter
	least  event.Severity
}

func (v sight) shows(e event.Event) bool { return e.Severity >= v.least && mayRead(v.who, e) }

// mayRead says whether an event is among what an identity may read.
func mayRead(who access.Identity, e event.Event) bool {
	return who.MayRead(e.Type) && who.OnSource(e.Source)
}

func (s *server) events(ctx context.Context, q *eventsQuery) (*eventsAnswer, error) {
	least, err := event.ParseSeverity(q.Severity)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	v := sight{identity(ctx), q.filter(), least}
	page, next, err := s.page(ctx, v)
	if err != nil {
		return nil, s.broken("reading the log", err)
	}
	if q.Wait != "" && len(page) == 0 && next < maxSeq {
		wait, err := time.ParseDuration(q.Wait)
		if err != nil || wait > waitAtMost || q.Newest || q.Before > 0 {
			return nil, huma.Error422UnprocessableEntity("wait=" + q.Wait + ": at most 60s, and neither with newest nor with before")
		}
		if next, err = s.await(ctx, v, next, wait); err != nil {
			return nil, s.broken("following the log", err)
		}
		v.filter.After = next
		if page, next, err = s.page(ctx, v); err != nil {
			return nil, s.broken("reading the log", err)
		}
	}
	out := &eventsAnswer{Events{Events: make([]Event, 0, len(page))}}
	for _, e := range page {
		out.Body.Events = append(out.Body.Events, wireEvent(e))
	}
	if !q.Newest || next > 0 {
		out.Body.Next = decimal(next)
	}
	return out, nil
}

const maxSeq = 1<<63 - 1

// page reads until the page is full or the log at its end, and looks through
// no more than scanAtMost events. next is where to go on; 0 when newest came
// first and there is no more.
func (s *server) page(ctx context.Context, v sight) (page []event.Event, next uint64, err error) {
	f := v.filter
	next = f.After
	if f.Newest {
		next = 0
	}
	for scanned := 0; scanned < scanAtMost; scanned += f.Limit {
		if scanned > 0 {
			f.Limit = scanStep
		}
		events, err := s.Log.Read(ctx, f)
		if err != nil {
			return nil, 0, err
		}
		for _, e := range events {
			next = e.Seq
			if v.shows(e) {
				if page = append(page, e); len(page) == v.filter.Limit {
					return page, next, nil
				}
			}
		}
		if len(events) < f.Limit {
			if f.Newest {
				next = 0
			}
			return page, next, nil
		}
		if f.Newest {
			f.Before = next
		} else {
			f.After = next
		}
	}
	return page, next, nil
}

var errArrived = errors.New("arrived")

// await waits until an event that is to be shown has come, and returns the seq
// before it; after the time, the seq up to which there is none. It rides on a
// follower, so that the log's writer knows nothing of it.
func (s *server) await(ctx context.Context, v sight, after uint64, wait time.Duration) (uint64, error) {
	pushDeadlines(ctx, wait)
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	f := v.filter
	f.After = 0
	err := s.Log.Follow(ctx, after, func(e event.Event) error {
		if f.Match(e) && v.shows(e) {
			return errArrived
		}
		after = e.Seq
		return nil
	})
	if errors.Is(err, errArrived) || ctx.Err() != nil {
		err = nil
	}
	return after, err
}

type controlKey struct{}

// keepControl lets a handler that answers late push its connection's deadlines
// out.
func keepControl(h huma.Context, next func(huma.Context)) {
	next(huma.WithValue(h, controlKey{}, http.NewResponseController(humagin.Unwrap(h).Writer)))
}

func pushDeadlines(ctx context.Context, wait time.Duration) {
	if c, ok := ctx.Value(controlKey{}).(*http.ResponseController); ok {
		// An error says that the writer knows no deadlines (a test's recorder).
		_ = c.SetReadDeadline(time.Time{})
		_ = c.SetWriteDeadline(time.Now().Add(wait + answerWithin))
	}
}

package api

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/event"
)

type followQuery struct {
	LastEventID string   `header:"Last-Event-ID" doc:"seq of the last event seen, as a browser sends it when it comes back"`
	After       string   `query:"after" doc:"the same for a first call; without either the stream begins now" pattern:"^[0-9]*$"`
	Type        []string `query:"type" doc:"exact, or a prefix ending in *; several by comma"`
}

// keepAlive is how often a silent stream says that it is there.
const keepAlive = 10 * time.Second

func (s *server) registerFollow(a huma.API) {
	op := streaming(a, get("/events/stream", "follow", "Every event from now, or from where one stopped, as it is stored"),
		map[string]any{"event": Event{}})
	huma.Register(a, op, func(ctx context.Context, q *followQuery) (*huma.StreamResponse, error) {
		after, err := s.begin(ctx, q)
		if err != nil {
			return nil, err
		}
		filter := (&eventsQuery{Type: q.Type}).filter()
		return &huma.StreamResponse{Body: func(h huma.Context) { s.follow(h, after, filter) }}, nil
	})
}

// begin says after which seq the stream begins.
func (s *server) begin(ctx context.Context, q *followQuery) (uint64, error) {
	from := q.LastEventID
	if from == "" {
		from = q.After
	}
	if from != "" {
		after, err := strconv.ParseUint(from, 10, 63)
		if err != nil {
			return 0, huma.Error400BadRequest("Last-Event-ID " + strconv.Quote(from) + ": want the decimal seq of an event")
		}
		return after, nil
	}
	newest, err := s.Log.Read(ctx, event.Filter{Newest: true, Limit: 1})
	switch {
	case err != nil:
		return 0, s.broken("reading the log", err)
	case len(newest) == 0:
		return 0, nil
	}
	return newest[0].Seq, nil
}

// follow writes events until the viewer leaves. The log's follower waits for
// the viewer; the log itself waits for nobody.
func (s *server) follow(h huma.Context, after uint64, filter event.Filter) {
	ctx, cancel := context.WithCancel(h.Context())
	defer cancel()
	out, stored := open(h), make(chan event.Event)
	done := make(chan error, 1)
	go func() {
		done <- s.Log.Follow(ctx, after, func(e event.Event) error {
			if !filter.MatchType(e.Type) {
				return nil
			}
			select {
			case stored <- e:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	defer func() { cancel(); <-done }()

	alive := time.NewTicker(keepAlive)
	defer alive.Stop()
	err := out.comment("following")
	for err == nil {
		select {
		case e := <-stored:
			var data []byte
			if data, err = json.Marshal(wireEvent(e)); err == nil {
				err = out.send(strconv.FormatUint(e.Seq, 10), "event", data)
			}
		case <-alive.C:
			err = out.comment("alive")
		case err = <-done:
			done <- err // for the wait above
			if err == nil {
				return
			}
		}
	}
	if ctx.Err() == nil {
		s.Logger.Debug("a follower of the log left", "err", err)
	}
}

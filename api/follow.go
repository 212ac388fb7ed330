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
	Cursor      string   `query:"cursor" doc:"without the two before: begin behind this cursor of the reader's own; PUT /cursors/{name} moves it" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$"`
	After       string   `query:"after" doc:"the same for a first call; without either the stream begins now" pattern:"^[0-9]*$"`
	Type        []string `query:"type" doc:"exact, or a prefix ending in *; several by comma"`
}

// Gap says that a follower asked for events that are not there: they have
// expired, or it followed another log.
type Gap struct {
	After  string `json:"after" doc:"asked for"`
	Oldest string `json:"oldest" doc:"seq of the oldest event there is"`
	Newest string `json:"newest" doc:"seq of the newest event there is"`
	newest uint64
}

// gap returns what is missing behind a seq, or nil.
func (s *server) gap(after uint64) *Gap {
	if s.Proving == nil {
		return nil
	}
	oldest, newest := s.Proving.Extent()
	if after+1 >= oldest && after <= newest {
		return nil
	}
	return &Gap{decimal(after), decimal(oldest), decimal(newest), newest}
}

// keepAlive is how often a silent stream says that it is there.
const keepAlive = 10 * time.Second

func (s *server) registerFollow(a huma.API) {
	op := streaming(a, get("/events/stream", "follow", "Every event from now, or from where one stopped, as it is stored"),
		map[string]any{"event": Event{}, "gap": Gap{}})
	huma.Register(a, op, func(ctx context.Context, q *followQuery) (*huma.StreamResponse, error) {
		after, err := s.begin(ctx, q)
		if err != nil {
			return nil, err
		}
		v := sight{who: identity(ctx), filter: (&eventsQuery{Type: q.Type}).filter()}
		return &huma.StreamResponse{Body: func(h huma.Context) { s.follow(h, after, v) }}, nil
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
	if q.Cursor != "" {
		return s.cursor(ctx, q.Cursor)
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

// together is how many events may wait for one push over the wire.
const together = 64

// follow writes events until the viewer leaves. The log's follower waits for
// the viewer; the log itself waits for nobody.
func (s *server) follow(h huma.Context, after uint64, v sight) {
	ctx, cancel := context.WithCancel(h.Context())
	defer cancel()
	out, stored := open(h), make(chan event.Event, together)
	gap := s.gap(after)
	if gap != nil && after > gap.newest {
		after = gap.newest
	}
	done := make(chan error, 1)
	go func() {
		done <- s.Log.Follow(ctx, after, func(e event.Event) error {
			if !v.filter.MatchType(e.Type) || !v.shows(e) {
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
	if gap != nil && err == nil {
		var data []byte
		if data, err = json.Marshal(gap); err == nil {
			err = out.send("", "gap", data)
		}
	}
	var line []byte
	for err == nil {
		select {
		case e := <-stored:
			for more := true; more && err == nil; { // what came together goes out together
				line = event.AppendLine(line[:0], e)
				err = out.put(strconv.FormatUint(e.Seq, 10), "event", line)
				select {
				case e = <-stored:
				default:
					more = false
				}
			}
			if err == nil {
				err = out.flush()
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

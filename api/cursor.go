package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"linesman/access"
)

// Cursor is how far a reader has come.
type Cursor struct {
	Seq string `json:"seq" pattern:"^[0-9]{1,19}$" maxLength:"19" doc:"of the last event that is done with; a decimal string, 0 is before the first"`
}

type cursorName struct {
	Name string `path:"name" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$" doc:"the reader's own; every token has names to itself"`
}

type cursorAnswer struct{ Body Cursor }

func (s *server) registerCursors(a huma.API) {
	huma.Register(a, get("/cursors/{name}", "cursor", "How far a reader has come"), func(ctx context.Context, q *cursorName) (*cursorAnswer, error) {
		seq, err := s.cursor(ctx, q.Name)
		if err != nil {
			return nil, err
		}
		return &cursorAnswer{Cursor{decimal(seq)}}, nil
	})
	put := huma.Operation{Method: http.MethodPut, Path: "/api/v1/cursors/{name}", OperationID: "set-cursor",
		Summary: "Remember how far a reader has come", Description: "On disk when it answers. It may go back.", MaxBodyBytes: 4 << 10}
	huma.Register(a, put, func(ctx context.Context, q *struct {
		Name string `path:"name" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$" doc:"the reader's own; every token has names to itself"`
		Body Cursor
	}) (*cursorAnswer, error) {
		if err := need(ctx, access.Read); err != nil {
			return nil, err
		}
		if s.Cursors == nil {
			return nil, huma.Error404NotFound("this log keeps no cursors")
		}
		seq, err := strconv.ParseUint(q.Body.Seq, 10, 63)
		if err != nil {
			return nil, huma.Error422UnprocessableEntity("seq " + strconv.Quote(q.Body.Seq) + ": want the decimal seq of an event")
		}
		if s.Proving != nil {
			if _, newest := s.Proving.Extent(); seq > newest {
				return nil, huma.Error422UnprocessableEntity("seq " + q.Body.Seq + " is beyond the newest event, " + decimal(newest) + ": what comes between would be missed")
			}
		}
		if err := s.Cursors.SetCursor(ctx, own(identity(ctx), q.Name), seq); err != nil {
			return nil, s.unstored(err)
		}
		return &cursorAnswer{Cursor{decimal(seq)}}, nil
	})
}

// cursor reads one of the cursors of who asks.
func (s *server) cursor(ctx context.Context, name string) (uint64, error) {
	if s.Cursors == nil {
		return 0, huma.Error404NotFound("this log keeps no cursors")
	}
	seq, err := s.Cursors.Cursor(ctx, own(identity(ctx), name))
	if err != nil {
		return 0, s.broken("reading a cursor", err)
	}
	return seq, nil
}

// own is a cursor's name in the log: no token reaches another's.
func own(who access.Identity, name string) string { return who.Actor + "/" + name }

func decimal(seq uint64) string { return strconv.FormatUint(seq, 10) }

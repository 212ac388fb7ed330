package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"linesman/event"
	"linesman/proof"
)

type certificateQuery struct {
	Batch  string    `query:"batch" doc:"of this batch"`
	Line   string    `query:"line" doc:"of this line; needed with a time or a shift, and where the batch ran on several"`
	From   time.Time `query:"from" doc:"of the time from here, RFC 3339"`
	To     time.Time `query:"to" doc:"up to here, RFC 3339"`
	Shift  string    `query:"shift" doc:"of this shift, as the site names them: early, late, night"`
	Day    string    `query:"day" doc:"on which the shift began, 2026-03-01; default: the last one that began"`
	Format string    `query:"format" enum:"html,pdf,json" default:"html"`
}

// certificatePolicy is that of a page that needs nothing but its own style.
const certificatePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"

func (s *server) registerCertificate(a huma.API) {
	op := get("/certificate", "certificate", "The page on which a batch or a shift answers for itself")
	text := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "One page that carries its data; as JSON the data alone",
		Content: map[string]*huma.MediaType{"text/html": text, "application/json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}},
			"application/pdf": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	// Counting a shift reads millions of events: one after the other.
	turn := make(chan struct{}, 1)
	huma.Register(a, op, func(ctx context.Context, q *certificateQuery) (*huma.StreamResponse, error) {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		c, err := s.certify(ctx, q)
		if err != nil {
			return nil, err
		}
		kind, write := "text/html; charset=utf-8", c.HTML
		switch q.Format {
		case "pdf":
			kind, write = "application/pdf", c.PDF
		case "json":
			kind, write = "application/json", c.JSON
		}
		var page bytes.Buffer
		if err := write(&page); err != nil {
			return nil, s.broken("writing a certificate", err)
		}
		return &huma.StreamResponse{Body: func(h huma.Context) {
			g := humagin.Unwrap(h)
			deadline(g) // counting may have taken longer than an answer may
			g.Header("Content-Type", kind)
			g.Header("Content-Security-Policy", certificatePolicy)
			g.Status(http.StatusOK)
			if _, err := io.Copy(g.Writer, &page); err != nil {
				s.Logger.Debug("certificate not sent to its end", "err", err)
			}
		}}, nil
	})
}

// certify makes what is asked for.
func (s *server) certify(ctx context.Context, q *certificateQuery) (c proof.Certificate, err error) {
	if s.Proving == nil {
		return c, huma.Error501NotImplemented("this log signs no heads, and a certificate without one proves nothing")
	}
	who := identity(ctx)
	for _, p := range event.Payloads() {
		if !who.MayRead(p.EventType()) {
			return c, huma.Error403Forbidden(who.Actor + " may not read " + string(p.EventType()) + ", and a certificate counts all there is: an admin gives a token the scope to read everything")
		}
	}
	if q.Line != "" && !who.OnLine(q.Line) {
		return c, huma.Error403Forbidden(who.Actor + " is not for line " + q.Line)
	}
	w := proof.Wanted{Line: q.Line, Batch: q.Batch, Shift: q.Shift, From: q.From, To: q.To, Zone: s.Zone, Version: s.Version, Present: s.present}
	if q.Shift != "" {
		if q.Batch != "" || !q.From.IsZero() || !q.To.IsZero() {
			return c, huma.Error422UnprocessableEntity("give one of batch, shift, or from and to")
		}
		var day time.Time
		if q.Day != "" {
			if day, err = time.ParseInLocation(time.DateOnly, q.Day, s.Zone); err != nil {
				return c, huma.Error422UnprocessableEntity("day: want 2026-03-01")
			}
		}
		if w.From, w.To, err = s.Shifts.Find(q.Shift, day, time.Now(), s.Zone); err != nil {
			return c, huma.Error422UnprocessableEntity(err.Error())
		}
	}
	if w.Head, w.Verifier, err = s.Proving.Head(ctx); err != nil {
		return c, s.broken("signing the log's head", err)
	}
	c, err = proof.Certify(ctx, s.Log, w)
	switch {
	case errors.Is(err, proof.ErrWanted):
		return c, huma.Error422UnprocessableEntity(err.Error())
	case err != nil:
		return c, s.broken("counting for a certificate", err)
	}
	if !who.OnLine(c.Line) {
		return c, huma.Error403Forbidden(who.Actor + " is not for line " + c.Line)
	}
	return c, nil
}

// present returns the account of the batch that runs on a line now.
func (s *server) present(id string) (proof.BatchAccount, bool) {
	for _, st := range s.Lines() {
		if string(st.Line) != id || st.Batch == "" {
			continue
		}
		l := st.Ledger
		differences := l.Check()
		return proof.BatchAccount{Batch: st.Batch, At: st.At, Balanced: len(differences) == 0, Differences: differences, Account: event.Account{
			FramesReceived: l.FramesReceived, FramesTriggered: l.FramesTriggered, Found: l.Found, AtGate: l.AtGate, Verdicts: l.Verdicts,
			Ejected: l.Ejected, Exited: l.Exited, Passes: l.Passes, Rejects: l.Rejects, Collateral: l.Collateral, Travelling: l.Travelling, Lost: l.Lost,
		}}, true
	}
	return proof.BatchAccount{}, false
}

package module

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"linesman/access"
	"linesman/api"
	"linesman/event"
	"linesman/event/sqlite"
	"linesman/line"
	"linesman/part"
)

// site is an appliance without lines: the real log, the real api and the real
// tokens, in a folder of their own and on a port that stays the same.
type site struct {
	dir   string
	addr  string // "" until the first start
	token string // of the module; made by the first start
	door  *door
	log   *sqlite.Log

	access *access.Store
	stop   context.CancelFunc
	served chan error
}

// start opens log and api, and at the first time makes a token that may do
// what the manifest says and nothing else.
func (s *site) start(ctx context.Context, m *Manifest) (err error) {
	quiet := slog.New(slog.DiscardHandler)
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("the suite's own appliance: %w", err), s.close())
		}
	}()
	if s.log, err = sqlite.Open(sqlite.Settings{Dir: filepath.Join(s.dir, "log"), Site: "suite", Logger: quiet}); err != nil {
		return err
	}
	tell := func(ctx context.Context, events []event.Event) error { _, err := s.log.Append(ctx, events); return err }
	if s.access, err = access.Open(access.Settings{Dir: filepath.Join(s.dir, "access"), Source: "/suite", Events: tell, Log: s.log, Logger: quiet}); err != nil {
		return err
	}
	if s.token == "" {
		if s.token, _, err = s.access.AddToken(ctx, "suite", access.NewToken{Name: m.Name, Append: m.Writes, Read: m.Reads}); err != nil {
			return err
		}
	}
	at := s.addr
	if at == "" {
		at = "127.0.0.1:0"
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at)
	if err != nil {
		return err
	}
	s.addr = listener.Addr().String()
	handler, err := api.New(api.Config{
		Site: "suite", Version: "suite", Addr: s.addr, Log: s.log, Access: s.access, TokenToRead: true, Logger: quiet,
		Lines: func() []line.Status { return nil },
		Shots: func(id part.LineID) (<-chan line.Shot, func(), error) {
			return nil, nil, fmt.Errorf("line %s: the suite has none", id)
		},
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	s.door.lead(handler)
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop, s.served = stop, make(chan error, 1)
	go func() { s.served <- api.Serve(serving, listener, http.Handler(s.door)) }()
	return nil
}

// close stops the appliance in order. It may be started again.
func (s *site) close() error {
	var errs []error
	if s.stop != nil {
		s.stop()
		errs = append(errs, <-s.served)
		s.stop = nil
	}
	if s.access != nil {
		errs = append(errs, s.access.Close())
		s.access = nil
	}
	if s.log != nil {
		errs = append(errs, s.log.Close())
		s.log = nil
	}
	return errors.Join(errs...)
}

// feed appends events as the line does, past the api.
func (s *site) feed(ctx context.Context, events []event.Event) error {
	_, err := s.log.Append(ctx, events)
	return err
}

// said returns what the module has appended after a seq.
func (s *site) said(ctx context.Context, m *Manifest, after uint64) ([]event.Event, error) {
	var out []event.Event
	for {
		page, err := s.log.Read(ctx, event.Filter{After: after, Limit: 1000})
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			after = e.Seq
			if e.Actor == "token:"+m.Name {
				out = append(out, e)
			}
		}
		if len(page) < 1000 {
			return out, nil
		}
	}
}

// await returns when the module has said all that is wanted, or patience ends.
func (s *site) await(ctx context.Context, m *Manifest, after uint64, want []answer, patience time.Duration) {
	missing := map[answer]bool{}
	for _, a := range want {
		missing[a] = true
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	// What is missing after that is found by reading; the follower's end says nothing.
	_ = s.log.Follow(ctx, after, func(e event.Event) error {
		if e.Actor == "token:"+m.Name {
			delete(missing, answer{e.Type, e.Cause})
		}
		if len(missing) == 0 {
			return errEnough
		}
		return nil
	})
}

var errEnough = errors.New("enough")

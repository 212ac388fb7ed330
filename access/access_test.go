package access_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"linesman/access"
	"linesman/event"
)

// book is a log in memory.
type book struct {
	mu     sync.Mutex
	events []event.Event
	full   bool
}

func (b *book) append(_ context.Context, events []event.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full {
		return event.ErrFull
	}
	for _, e := range events {
		if err := e.Check(); err != nil {
			return err
		}
		if !slices.ContainsFunc(b.events, func(other event.Event) bool { return other.ID == e.ID }) {
			b.events = append(b.events, e)
		}
	}
	return nil
}

func (b *book) Read(_ context.Context, f event.Filter) ([]event.Event, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Clone(b.events)
	out = slices.DeleteFunc(out, func(e event.Event) bool { return !slices.Contains(f.Types, e.Type) })
	slices.Reverse(out)
	return out[:min(f.Limit, len(out))], nil
}

func (b *book) setFull(full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.full = full
}

// of returns the payloads of one type, oldest first.
func of[P event.Payload](t *testing.T, b *book) []P {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []P
	for _, e := range b.events {
		var p P
		if e.Type == p.EventType() {
			p, err := event.As[P](e)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, p)
		}
	}
	return out
}

// clock is set by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

type fixture struct {
	dir   string
	book  *book
	clock *clock
}

func newFixture(t *testing.T) *fixture {
	return &fixture{dir: filepath.Join(t.TempDir(), "access"), book: &book{}, clock: &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
}

func (f *fixture) settings() access.Settings {
	return access.Settings{Dir: f.dir, Source: "/demo", Events: f.book.append, Log: f.book, Now: f.clock.now, Logger: slog.New(slog.DiscardHandler)}
}

func (f *fixture) open(t *testing.T) *access.Store {
	t.Helper()
	s, err := access.Open(f.settings())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

const password = "korrekt-pferd-7"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRoles(t *testing.T) {
	all := []access.Right{access.Read, access.Append, access.Acknowledge, access.Release, access.Sign, access.Recipe, access.Site, access.Users}
	for role, want := range map[access.Role]string{
		access.Viewer:   "read",
		access.Operator: "read append acknowledge release sign",
		access.Quality:  "read append acknowledge release sign recipe",
		access.Safety:   "read append acknowledge sign",
		access.Engineer: "read append acknowledge release sign recipe site",
		access.Admin:    "read append acknowledge release recipe site users",
		"boss":          "",
	} {
		var got []string
		for _, r := range all {
			if role.May(r) {
				got = append(got, string(r))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s may %q, want %q", role, got, want)
		}
		if _, err := access.ParseRole(string(role)); (err == nil) != (want != "") {
			t.Errorf("ParseRole(%s): %v", role, err)
		}
	}
}

func TestScopes(t *testing.T) {
	mes := access.Identity{Actor: "token:mes", Append: []event.Type{"mes.*", "linesman.batch.opened.v1"}, Read: []event.Type{"linesman.part.*"}, Lines: []string{"caps-1"}}
	box := access.Identity{Actor: "token:local", Role: access.Admin, Append: []event.Type{"*"}, Read: []event.Type{"*"}}
	all := access.Identity{Actor: "token:any", Append: []event.Type{"*", "linesman.audit.user.v1"}}
	for _, c := range []struct {
		who    access.Identity
		t      event.Type
		append bool
		read   bool
	}{
		{mes, "mes.order.started.v1", true, false},
		{mes, "mesh.order.v1", false, false},
		{mes, "linesman.batch.opened.v1", true, false},
		{mes, "linesman.batch.opened.v2", false, false},
		{mes, "linesman.part.judged.v1", false, true},
		{box, "linesman.audit.user.v1", true, true},
		{box, "linesman.log.sealed.v1", false, true},
		{all, "linesman.line.state.v1", true, false},
		{all, "linesman.audit.user.v1", false, false},
		{all, "linesman.log.sealed.v1", false, false},
		{access.Identity{}, "mes.order.v1", false, false},
	} {
		if got := c.who.MayAppend(c.t); got != c.append {
			t.Errorf("%s may append %s: %t", c.who.Actor, c.t, got)
		}
		if got := c.who.MayRead(c.t); got != c.read {
			t.Errorf("%s may read %s: %t", c.who.Actor, c.t, got)
		}
	}
	for source, want := range map[string]bool{"/demo/line/caps-1": true, "/demo/line/caps-1/view/top": true, "/demo/line/caps-10": false, "/demo": true, "/demo/line/x": false} {
		if mes.OnSource(source) != want {
			t.Errorf("mes on %s: want %t", source, want)
		}
	}
	if mes.May(access.Users) || mes.May(access.Sign) || !mes.May(access.Append) {
		t.Error("a module has scopes, not a role's rights")
	}
}

func TestTokens(t *testing.T) {
	f := newFixture(t)
	s := f.open(t)
	other := f.open(t) // as the command line beside the appliance
	text, made, err := s.AddToken(t.Context(), "os:root", access.NewToken{Name: "mes", Append: []event.Type{"mes.*"}, Read: []event.Type{"linesman.*"}, Lines: []string{"caps-1"}, Expires: f.clock.now().Add(time.Hour)})
	must(t, err)
	for range 2 {
		who, err := other.Bearer(t.Context(), text)
		if err != nil || who.Actor != "token:mes" || !who.MayAppend("mes.x") || who.OnLine("caps-2") || who.Role != "" {
			t.Fatalf("got %+v, %v", who, err)
		}
	}
	raw, err := os.ReadFile(filepath.Join(f.dir, "access.json"))
	must(t, err)
	if secret := text[strings.LastIndex(text, "_")+1:]; strings.Contains(string(raw), secret) {
		t.Error("the secret stands in the file")
	}
	wrong := text[:len(text)-4] + "aaaa"
	for name, c := range map[string]struct {
		token string
		want  error
	}{
		"nothing":      {"", access.ErrUnknown},
		"no token":     {"hunter2", access.ErrUnknown},
		"unknown id":   {strings.Replace(text, made.ID, "zzzzzzzz", 1), access.ErrUnknown},
		"wrong secret": {wrong, access.ErrUnknown},
		"another's id": {strings.Replace(text, made.ID, "local", 1), access.ErrUnknown},
		"space around": {" " + text, access.ErrUnknown},
	} {
		if who, err := s.Bearer(t.Context(), c.token); !errors.Is(err, c.want) || who.Actor != "" {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
	f.clock.wait(time.Hour)
	if _, err := other.Bearer(t.Context(), text); !errors.Is(err, access.ErrExpired) {
		t.Errorf("after its time: %v", err)
	}
	f.clock.wait(-time.Hour)
	_, err = s.RevokeToken(t.Context(), "os:root", "mes")
	must(t, err)
	if _, err := other.Bearer(t.Context(), text); !errors.Is(err, access.ErrRevoked) {
		t.Errorf("revoked by another process, and still: %v", err)
	}
	list, err := other.Tokens(t.Context())
	must(t, err)
	if len(list) != 2 || list[1].Revoked.IsZero() || list[1].Secret != "" || list[1].Used.IsZero() {
		t.Errorf("list: %+v", list)
	}
	must(t, s.Close()) // a command that used nothing forgets nothing of others
	must(t, other.Close())
	must(t, f.open(t).Close())
	if list, err := f.open(t).Tokens(t.Context()); err != nil || !list[1].Used.Equal(f.clock.now()) {
		t.Errorf("after a restart: %+v, %v", list, err)
	}
	if _, _, err := s.AddToken(t.Context(), "os:root", access.NewToken{Name: "mes", Read: []event.Type{"*"}}); err != nil {
		t.Errorf("a revoked token's name can be used again: %v", err)
	}
	told := of[event.AuditToken](t, f.book)
	if len(told) != 4 || told[0].Name != "local" || told[1].What != "made" || told[2].What != "revoked" || told[2].By != "os:root" || len(told[1].Access) != 64 {
		t.Errorf("told %+v", told)
	}
	for _, r := range of[event.AuditRefused](t, f.book) {
		if strings.Contains(r.Why, text) || strings.Contains(r.Why, wrong) {
			t.Errorf("a secret in the log: %+v", r)
		}
	}
}

func TestTokensRefused(t *testing.T) {
	f := newFixture(t)
	s := f.open(t)
	_, _, err := s.AddToken(t.Context(), "os:root", access.NewToken{Name: "mes", Read: []event.Type{"*"}})
	must(t, err)
	for name, c := range map[string]struct {
		n    access.NewToken
		says string
	}{
		"no name":        {access.NewToken{Read: []event.Type{"*"}}, "want lower-case"},
		"the box's name": {access.NewToken{Name: "local", Read: []event.Type{"*"}}, "local"},
		"no scope":       {access.NewToken{Name: "a"}, "--append or --read"},
		"odd scope":      {access.NewToken{Name: "a", Read: []event.Type{"li*sman"}}, "want an event type"},
		"past":           {access.NewToken{Name: "a", Read: []event.Type{"*"}, Expires: f.clock.now()}, "which is past"},
		"the audit":      {access.NewToken{Name: "a", Append: []event.Type{"linesman.audit.*"}}, "by no module"},
		"taken":          {access.NewToken{Name: "mes", Read: []event.Type{"*"}}, "revoke it first"},
	} {
		if _, _, err := s.AddToken(t.Context(), "os:root", c.n); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
	if _, err := s.RevokeToken(t.Context(), "os:root", "nobody"); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("revoking nobody: %v", err)
	}
}

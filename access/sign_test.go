package access_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linesman/access"
	"linesman/event"
)

var recipe = access.SignRequest{User: "li", Password: password, Meaning: "approved", Subject: "recipe cap-28@3", SHA256: strings.Repeat("0a", 32), Line: "caps-1"}

// ask is the request of the tests with something else in it.
func ask(change func(*access.SignRequest)) access.SignRequest {
	q := recipe
	change(&q)
	return q
}

func withUsers(t *testing.T) (*fixture, *access.Store) {
	f := newFixture(t)
	s := f.open(t)
	for _, n := range []access.NewUser{
		{Name: "li", Display: "Li Wei", Role: access.Quality, Lines: []string{"caps-1"}, Password: password},
		{Name: "eva", Role: access.Viewer, Password: password},
	} {
		must(t, s.AddUser(t.Context(), "os:root", n))
	}
	return f, s
}

func TestSign(t *testing.T) {
	f, s := withUsers(t)
	got, err := s.Sign(t.Context(), recipe)
	must(t, err)
	want := access.Signature{User: "li", Name: "Li Wei", Role: access.Quality, Meaning: "approved", Subject: "recipe cap-28@3", SHA256: recipe.SHA256, At: f.clock.now(), Event: got.Event}
	if got != want || got.Event == "" {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	told := of[event.AuditSigned](t, f.book)
	if len(told) != 1 || told[0].Name != "Li Wei" || told[0].Role != "quality" || told[0].SHA256 != recipe.SHA256 {
		t.Errorf("told %+v", told)
	}
	if e := f.book.events[len(f.book.events)-1]; e.ID != got.Event || e.Actor != "user:li" || e.Subject != "recipe cap-28@3" {
		t.Errorf("the event is %+v", e)
	}

	f.book.setFull(true)
	if got, err := s.Sign(t.Context(), recipe); !errors.Is(err, event.ErrFull) || got != (access.Signature{}) {
		t.Errorf("signed without a log: %+v, %v", got, err)
	}
}

func TestSignRefuses(t *testing.T) {
	f, s := withUsers(t)
	for name, c := range map[string]struct {
		q    access.SignRequest
		want error
		says string
		told bool
	}{
		"no meaning":    {ask(func(q *access.SignRequest) { q.Meaning = "" }), nil, "meaning", false},
		"two lines":     {ask(func(q *access.SignRequest) { q.Subject = "a\nb" }), nil, "one line", false},
		"no hash":       {ask(func(q *access.SignRequest) { q.SHA256 = "abc" }), nil, "64 lower-case hex", false},
		"unknown":       {ask(func(q *access.SignRequest) { q.User = "root" }), access.ErrUnknown, "name or the password", true},
		"wrong":         {ask(func(q *access.SignRequest) { q.Password += "x" }), access.ErrUnknown, "name or the password", true},
		"no right":      {ask(func(q *access.SignRequest) { q.User = "eva" }), access.ErrForbidden, "linesman user role", true},
		"another line":  {ask(func(q *access.SignRequest) { q.Line = "caps-2" }), access.ErrForbidden, "linesman user role", true},
		"name from far": {ask(func(q *access.SignRequest) { q.User = strings.Repeat("x", 1<<16) }), access.ErrUnknown, "name or the password", false},
	} {
		before := len(of[event.AuditRefused](t, f.book))
		got, err := s.Sign(t.Context(), c.q)
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || got.Event != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		f.clock.wait(2 * time.Minute) // so that nothing is counted together
		if told := len(of[event.AuditRefused](t, f.book)) > before; c.told && !told {
			t.Errorf("%s: the log was not told", name)
		}
	}
	if len(of[event.AuditSigned](t, f.book)) != 0 {
		t.Error("something was signed")
	}
}

func TestLock(t *testing.T) {
	f, s := withUsers(t)
	wrong := ask(func(q *access.SignRequest) { q.Password = "falsches-pferd-7" })
	for i := range 4 {
		if _, err := s.Sign(t.Context(), wrong); !errors.Is(err, access.ErrUnknown) {
			t.Fatalf("wrong %d: %v", i, err)
		}
	}
	if _, err := s.Sign(t.Context(), recipe); err != nil {
		t.Fatalf("four wrong ones do not lock: %v", err)
	}
	for range 5 { // the right one began the count anew
		if _, err := s.Sign(t.Context(), wrong); !errors.Is(err, access.ErrUnknown) {
			t.Fatal(err)
		}
	}
	other := f.open(t) // a restart does not help the guesser
	if _, err := other.Sign(t.Context(), recipe); !errors.Is(err, access.ErrLocked) || !strings.Contains(err.Error(), "2026-03-01T12:15:00Z") {
		t.Errorf("after five: %v", err)
	}
	told := of[event.AuditRefused](t, f.book)
	if fifth := told[8]; fifth.Locked.IsZero() || fifth.EventSeverity() != event.High || fifth.Who != "user:li" {
		t.Errorf("told %+v", fifth)
	}
	users, err := s.Users(t.Context())
	must(t, err)
	if users[0].Locked.IsZero() || users[0].Password != "" {
		t.Errorf("list: %+v", users[0])
	}
	f.clock.wait(15 * time.Minute)
	if _, err := s.Sign(t.Context(), recipe); err != nil {
		t.Errorf("15 minutes later: %v", err)
	}
	for range 5 {
		s.Sign(t.Context(), wrong)
	}
	must(t, s.Enable(t.Context(), "os:root", "li"))
	if _, err := s.Sign(t.Context(), recipe); err != nil {
		t.Errorf("after an admin's enable: %v", err)
	}
}

// TestGuessers lets many guess at once: no more of them are heard than may be.
func TestGuessers(t *testing.T) {
	f, s := withUsers(t)
	var heard, busy atomic.Int64
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			_, err := s.Sign(t.Context(), ask(func(q *access.SignRequest) { q.Password = "falsches-pferd-7" }))
			switch {
			case errors.Is(err, access.ErrUnknown):
				heard.Add(1)
			case errors.Is(err, access.ErrBusy):
				busy.Add(1)
			case !errors.Is(err, access.ErrLocked):
				t.Errorf("got %v", err)
			}
		})
	}
	all.Wait()
	if heard.Load() != 5 || busy.Load() == 0 {
		t.Errorf("%d guesses were heard, want 5; %d were sent away", heard.Load(), busy.Load())
	}
	var told uint64
	for _, r := range of[event.AuditRefused](t, f.book) {
		told += r.Count
	}
	if told < 5 {
		t.Errorf("told of %d", told)
	}
}

func TestUsers(t *testing.T) {
	f, s := withUsers(t)
	for name, c := range map[string]struct {
		n    access.NewUser
		says string
	}{
		"taken":          {access.NewUser{Name: "li", Role: access.Viewer, Password: password}, "never given twice"},
		"odd name":       {access.NewUser{Name: "Li Wei", Role: access.Viewer, Password: password}, "--name"},
		"odd print":      {access.NewUser{Name: "wu", Display: "Wu\x00", Role: access.Viewer, Password: password}, "printed name"},
		"no role":        {access.NewUser{Name: "wu", Role: "boss", Password: password}, "want one of viewer"},
		"short password": {access.NewUser{Name: "wu", Role: access.Viewer, Password: "12345678a"}, "fewer than 10"},
		"own name in it": {access.NewUser{Name: "wu", Role: access.Viewer, Password: "my-Wu-password"}, "too easy"},
		"one character":  {access.NewUser{Name: "wu", Role: access.Viewer, Password: strings.Repeat("a", 20)}, "too easy"},
	} {
		if err := s.AddUser(t.Context(), "os:root", c.n); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
	must(t, s.Disable(t.Context(), "user:eva", "li"))
	if _, err := s.Sign(t.Context(), recipe); !errors.Is(err, access.ErrRevoked) {
		t.Errorf("disabled: %v", err)
	}
	must(t, s.Enable(t.Context(), "os:root", "li"))
	must(t, s.SetRole(t.Context(), "os:root", "li", access.Engineer, nil))
	must(t, s.SetPassword(t.Context(), "os:root", "li", "anderes-pferd-8"))
	if _, err := s.Sign(t.Context(), recipe); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("the old password: %v", err)
	}
	got, err := s.Sign(t.Context(), ask(func(q *access.SignRequest) { q.Password = "anderes-pferd-8"; q.Line = "caps-2" }))
	if err != nil || got.Role != access.Engineer {
		t.Errorf("after it all: %+v, %v", got, err)
	}
	var what []string
	for _, u := range of[event.AuditUser](t, f.book) {
		what = append(what, u.What+" "+u.Role+" "+u.Was)
	}
	if got, want := strings.Join(what, ","), "added quality ,added viewer ,disabled quality ,enabled quality ,role engineer quality,password engineer "; got != want {
		t.Errorf("told %s\nwant %s", got, want)
	}
	raw, err := os.ReadFile(filepath.Join(f.dir, "access.json"))
	must(t, err)
	if strings.Contains(string(raw), "pferd") {
		t.Error("a password stands in the file")
	}
	for _, name := range []string{"access.json", "local.token", "lock"} {
		info, err := os.Stat(filepath.Join(f.dir, name))
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %o", name, info.Mode().Perm())
		}
	}
	if info, _ := os.Stat(f.dir); info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: mode %o", info.Mode().Perm())
	}
}

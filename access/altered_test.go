package access_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"linesman/access"
	"linesman/event"
)

// alter changes a file of the folder as an editor does.
func (f *fixture) alter(t *testing.T, from, to string) {
	t.Helper()
	path := filepath.Join(f.dir, "access.json")
	text, err := os.ReadFile(path)
	must(t, err)
	changed := strings.Replace(string(text), from, to, 1)
	if changed == string(text) {
		t.Fatalf("nothing to alter: no %q", from)
	}
	must(t, os.WriteFile(path+".tmp", []byte(changed), 0o600))
	must(t, os.Rename(path+".tmp", path))
}

func TestAltered(t *testing.T) {
	for name, when := range map[string]func(t *testing.T, f *fixture, s *access.Store){
		"while it runs": func(t *testing.T, _ *fixture, s *access.Store) {
			if _, err := s.Users(t.Context()); err != nil {
				t.Error(err)
			}
		},
		"before it starts": func(t *testing.T, f *fixture, _ *access.Store) { f.open(t) },
	} {
		t.Run(name, func(t *testing.T) {
			f, s := withUsers(t)
			s.Users(t.Context())
			if told := of[event.AuditAltered](t, f.book); len(told) != 0 {
				t.Fatalf("told before anything happened: %+v", told)
			}
			f.alter(t, `"role": "viewer"`, `"role": "quality"`)
			when(t, f, s)
			told := of[event.AuditAltered](t, f.book)
			if len(told) != 1 || told[0].EventSeverity() != event.High || told[0].Want == told[0].Have || told[0].Access != told[0].Have {
				t.Fatalf("told %+v", told)
			}
			f.open(t) // it is told once
			must(t, s.Disable(t.Context(), "os:root", "eva"))
			f.open(t)
			if told := of[event.AuditAltered](t, f.book); len(told) != 1 {
				t.Errorf("told again: %+v", told)
			}
		})
	}
}

func TestGone(t *testing.T) {
	f, s := withUsers(t)
	must(t, os.Remove(filepath.Join(f.dir, "access.json")))
	if _, err := s.Users(t.Context()); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "backup") {
		t.Errorf("while it runs: %v", err)
	}
	users, err := f.open(t).Users(t.Context())
	if err != nil || len(users) != 0 {
		t.Errorf("got %v, %v", users, err)
	}
	told := of[event.AuditAltered](t, f.book)
	if len(told) != 1 || told[0].Have != "" || told[0].EventSeverity() != event.High {
		t.Errorf("told %+v", told)
	}
	f.open(t)
	if told := of[event.AuditAltered](t, f.book); len(told) != 1 {
		t.Errorf("told again: %+v", told)
	}
}

// TestRestored is a file that a log knows nothing of.
func TestRestored(t *testing.T) {
	f, _ := withUsers(t)
	f.book = &book{}
	f.open(t)
	told := of[event.AuditAltered](t, f.book)
	if len(told) != 1 || told[0].Want != "" || told[0].EventSeverity() != event.Medium {
		t.Errorf("told %+v", told)
	}
}

// TestDamaged gives a file that no command wrote: nobody gets in.
func TestDamaged(t *testing.T) {
	for name, c := range map[string]struct{ from, to, says string }{
		"torn":             {"}\n", "", "invalid character"},
		"an unknown key":   {`"format"`, `"formats"`, "formats"},
		"a later format":   {`"format": 1`, `"format": 2`, "format 2"},
		"a made-up role":   {`"role": "viewer"`, `"role": "boss"`, "boss"},
		"a token's role":   {`"id": "local"`, `"id": "other"`, "scopes and no role"},
		"a costly hash":    {"m=19456", "m=9999999", "out of bounds"},
		"no hash":          {"$argon2id$v=19$m=19456", "plain", "no argon2id"},
		"a user twice":     {`"name": "eva"`, `"name": "li"`, "li comes twice"},
		"an odd user name": {`"name": "eva"`, `"name": "../eva"`, "../eva"},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := withUsers(t)
			local, err := access.LocalToken(f.dir)
			must(t, err)
			if _, err := s.Bearer(t.Context(), local); err != nil {
				t.Fatal(err)
			}
			f.alter(t, c.from, c.to)
			if _, err := s.Bearer(t.Context(), local); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "backup") {
				t.Errorf("while it runs: %v; want %q", err, c.says)
			}
			if _, err := access.Open(f.settings()); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("at the start: %v; want %q", err, c.says)
			}
		})
	}
}

// TestLogFull changes users while the log takes nothing: it is told later, in
// order, once.
func TestLogFull(t *testing.T) {
	f, s := withUsers(t)
	f.book.setFull(true)
	must(t, s.Disable(t.Context(), "os:root", "eva"))
	must(t, s.Enable(t.Context(), "os:root", "eva"))
	must(t, s.Disable(t.Context(), "os:root", "eva"))
	before := len(of[event.AuditUser](t, f.book))
	f.book.setFull(false)
	f.open(t)
	f.open(t)
	told := of[event.AuditUser](t, f.book)[before:]
	if len(told) != 3 || told[0].What != "disabled" || told[1].What != "enabled" || told[2].What != "disabled" {
		t.Errorf("told %+v", told)
	}
	if told := of[event.AuditAltered](t, f.book); len(told) != 0 {
		t.Errorf("a late event is no alteration: %+v", told)
	}
}

// TestNoLog changes users where there is no log at hand: the next store that
// has one tells of it.
func TestNoLog(t *testing.T) {
	f := newFixture(t)
	f.open(t)
	set := f.settings()
	set.Events, set.Log = nil, nil
	s, err := access.Open(set)
	must(t, err)
	must(t, s.AddUser(t.Context(), "os:root", access.NewUser{Name: "li", Role: access.Quality, Password: password}))
	if _, err := s.Sign(t.Context(), recipe); err == nil || !strings.Contains(err.Error(), "no log") {
		t.Errorf("signed: %v", err)
	}
	must(t, os.WriteFile(filepath.Join(f.dir, ".access.json.part-1"), nil, 0o600)) // of a crash
	f.open(t)
	if told := of[event.AuditUser](t, f.book); len(told) != 1 || told[0].User != "li" {
		t.Errorf("told %+v", told)
	}
	left, err := os.ReadDir(f.dir)
	must(t, err)
	for _, e := range left {
		if strings.HasPrefix(e.Name(), ".") || e.Name() == "pending.json" {
			t.Errorf("%s is left", e.Name())
		}
	}
}

// TestCrash ends the program between the event's being written down and the
// file's change, and between the change and its telling.
func TestCrash(t *testing.T) {
	for name, c := range map[string]struct {
		changed bool
		told    int
	}{"before the change": {false, 0}, "after the change": {true, 1}} {
		t.Run(name, func(t *testing.T) {
			f, s := withUsers(t)
			path := filepath.Join(f.dir, "access.json")
			old, err := os.ReadFile(path)
			must(t, err)
			f.book.setFull(true)
			must(t, s.Disable(t.Context(), "os:root", "eva"))
			f.book.setFull(false)
			before := len(of[event.AuditUser](t, f.book))
			if !c.changed {
				must(t, os.WriteFile(path, old, 0o600))
			}
			users, err := f.open(t).Users(t.Context())
			must(t, err)
			if told := of[event.AuditUser](t, f.book)[before:]; len(told) != c.told || users[1].Disabled != c.changed {
				t.Errorf("told %+v, disabled %t", told, users[1].Disabled)
			}
			if told := of[event.AuditAltered](t, f.book); len(told) != 0 {
				t.Errorf("told %+v", told)
			}
		})
	}
}

// TestLocalToken opens the door from the box, and makes a new key when it is
// lost or readable by others.
func TestLocalToken(t *testing.T) {
	f := newFixture(t)
	s := f.open(t)
	path := filepath.Join(f.dir, "local.token")
	first, err := access.LocalToken(f.dir)
	must(t, err)
	who, err := s.Bearer(t.Context(), first)
	if err != nil || who.Actor != "token:local" || !who.May(access.Users) || !who.MayAppend("linesman.audit.user.v1") {
		t.Fatalf("got %+v, %v", who, err)
	}
	f.open(t)
	if again, _ := access.LocalToken(f.dir); again != first {
		t.Error("a second Open made another token")
	}
	for name, spoil := range map[string]func() error{
		"lost":      func() error { return os.Remove(path) },
		"for all":   func() error { return os.Chmod(path, 0o644) },
		"overdrawn": func() error { return os.WriteFile(path, []byte("lm_local_x"), 0o600) },
	} {
		must(t, spoil())
		s := f.open(t)
		text, err := access.LocalToken(f.dir)
		must(t, err)
		if _, err := s.Bearer(t.Context(), text); err != nil || text == first {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := s.Bearer(t.Context(), first); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("%s: the old one opens still: %v", name, err)
		}
	}
	if _, err := s.RevokeToken(t.Context(), "os:root", "local"); err == nil {
		t.Error("the box locked itself out")
	}
}

// TestTogether changes, reads and proves from many goroutines and two stores.
func TestTogether(t *testing.T) {
	f := newFixture(t)
	stores := []*access.Store{f.open(t), f.open(t)}
	local, err := access.LocalToken(f.dir)
	must(t, err)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			s := stores[i%2]
			name := "m" + string(rune('a'+i))
			text, _, err := s.AddToken(t.Context(), "os:root", access.NewToken{Name: name, Read: []event.Type{"*"}})
			if err != nil {
				t.Error(err)
				return
			}
			for j := range 20 {
				who, err := stores[j%2].Bearer(t.Context(), text)
				if err != nil || who.Actor != "token:"+name {
					t.Errorf("%s: %+v, %v", name, who, err)
				}
				if _, err := s.Bearer(t.Context(), local); err != nil {
					t.Error(err)
				}
			}
			if _, err := s.RevokeToken(t.Context(), "os:root", name); err != nil {
				t.Error(err)
			}
			if _, err := stores[(i+1)%2].Bearer(t.Context(), text); !errors.Is(err, access.ErrRevoked) {
				t.Errorf("%s after it was revoked: %v", name, err)
			}
		})
	}
	all.Wait()
	tokens, err := stores[0].Tokens(t.Context())
	if err != nil || len(tokens) != 9 {
		t.Errorf("%d tokens, %v", len(tokens), err)
	}
	if told := of[event.AuditToken](t, f.book); len(told) != 17 {
		t.Errorf("told of %d deeds, want 17", len(told))
	}
	if told := of[event.AuditAltered](t, f.book); len(told) != 0 {
		t.Errorf("told %+v", told)
	}
	f.open(t)
	if told := of[event.AuditAltered](t, f.book); len(told) != 0 {
		t.Errorf("told at the next start: %+v", told)
	}
}

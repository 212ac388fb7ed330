package access_test

import (
	"strings"
	"testing"

	"linesman/access"
	"linesman/event"
)

func BenchmarkBearer(b *testing.B) {
	book := &book{}
	s, err := access.Open(access.Settings{Dir: b.TempDir(), Events: book.append, Log: book})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	text, made, err := s.AddToken(b.Context(), "os:root", access.NewToken{Name: "mes", Read: []event.Type{"*"}})
	if err != nil {
		b.Fatal(err)
	}
	for name, c := range map[string]struct {
		token string
		good  bool
	}{"known": {text, true}, "unknown-id": {strings.Replace(text, made.ID, "zzzzzzzz", 1), false}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Bearer(b.Context(), c.token); (err == nil) != c.good {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("password", func(b *testing.B) {
		if err := s.AddUser(b.Context(), "os:root", access.NewUser{Name: "li", Role: access.Quality, Password: password}); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := s.Sign(b.Context(), recipe); err != nil {
				b.Fatal(err)
			}
		}
	})
}

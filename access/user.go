package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"linesman/event"
)

// NewUser is who shall be added.
type NewUser struct {
	Name     string // for signing in: "li"
	Display  string // printed under a signature: "Li Wei"; default Name
	Role     Role
	Lines    []string // empty is all
	Password string
}

// MinPassword is the shortest password, in characters.
const MinPassword = 10

// CheckPassword says why a password is none for a user, or nil.
func CheckPassword(user, password string) error {
	distinct := map[rune]bool{}
	for _, c := range password {
		distinct[unicode.ToLower(c)] = true
	}
	switch {
	case !utf8.ValidString(password) || len(password) > 256:
		return fmt.Errorf("the password is no text, or has more than 256 bytes")
	case utf8.RuneCountInString(password) < MinPassword:
		return fmt.Errorf("the password has fewer than %d characters: several words are easy to keep in mind", MinPassword)
	case len(distinct) < 5 || strings.Contains(strings.ToLower(password), user):
		return fmt.Errorf("the password is too easy to guess: it has the user's name in it, or fewer than five different characters")
	}
	return nil
}

// AddUser adds a user; by is who does it.
func (s *Store) AddUser(ctx context.Context, by string, n NewUser) error {
	if n.Display == "" {
		n.Display = n.Name
	}
	if !names.MatchString(n.Name) {
		return fmt.Errorf("user name %.40q: want lower-case letters and digits, at most 32: the full name goes into --name", n.Name)
	}
	if err := checkLine("the printed name", n.Display, 100); err != nil {
		return err
	}
	if _, err := ParseRole(string(n.Role)); err != nil {
		return err
	}
	hash, err := s.hashPassword(ctx, n.Name, n.Password)
	if err != nil {
		return err
	}
	now := s.set.Now().UTC().Truncate(time.Second)
	return s.change(ctx, func(r *roll) (deed, error) {
		if r.user(n.Name) != nil {
			return deed{}, fmt.Errorf("user %s is there already; names are never given twice, since old signatures carry them", n.Name)
		}
		u := User{Name: n.Name, Display: n.Display, Role: n.Role, Lines: n.Lines, Password: hash, PasswordSet: now, Added: now}
		r.Users = append(r.Users, u)
		return userDeed(by, "added", u, ""), nil
	})
}

// SetPassword gives a user another password and ends a lock.
func (s *Store) SetPassword(ctx context.Context, by, name, password string) error {
	hash, err := s.hashPassword(ctx, name, password)
	if err != nil {
		return err
	}
	return s.changeUser(ctx, by, "password", name, func(u *User) error {
		u.Password, u.PasswordSet = hash, s.set.Now().UTC().Truncate(time.Second)
		return nil
	})
}

// SetRole gives a user another role, on the lines given; none is all.
func (s *Store) SetRole(ctx context.Context, by, name string, role Role, lines []string) error {
	if _, err := ParseRole(string(role)); err != nil {
		return err
	}
	return s.changeUser(ctx, by, "role", name, func(u *User) error {
		u.Role, u.Lines = role, lines
		return nil
	})
}

// Disable takes a user all rights and leaves the name.
func (s *Store) Disable(ctx context.Context, by, name string) error {
	return s.changeUser(ctx, by, "disabled", name, func(u *User) error {
		if u.Disabled {
			return fmt.Errorf("user %s is disabled already", name)
		}
		u.Disabled = true
		return nil
	})
}

// Enable gives a user the rights back, and ends a lock after wrong passwords.
func (s *Store) Enable(ctx context.Context, by, name string) error {
	return s.changeUser(ctx, by, "enabled", name, func(u *User) error {
		u.Disabled = false
		return nil
	})
}

func (s *Store) changeUser(ctx context.Context, by, what, name string, fn func(*User) error) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	err = s.changeLocked(ctx, func(r *roll) (deed, error) {
		u := r.user(name)
		if u == nil {
			return deed{}, fmt.Errorf("%w: there is no user %q: see linesman user list", ErrUnknown, name)
		}
		was := u.Role
		if err := fn(u); err != nil {
			return deed{}, err
		}
		if was == u.Role {
			was = ""
		}
		return userDeed(by, what, *u, was), nil
	})
	if err == nil && (what == "password" || what == "enabled") {
		err = s.forgive(name)
	}
	return err
}

// Users returns all users, without their passwords' hashes.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	v, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	wrong, err := s.wrongs()
	if err != nil {
		return nil, err
	}
	out := slices.Clone(v.roll.Users)
	for i := range out {
		out[i].Password = ""
		if until := wrong[out[i].Name].Until; until.After(s.set.Now()) {
			out[i].Locked = until
		}
	}
	return out, nil
}

func (s *Store) hashPassword(ctx context.Context, user, password string) (string, error) {
	if err := CheckPassword(user, password); err != nil {
		return "", err
	}
	leave, err := s.desk.take(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return argon2id.CreateHash(password, passwordCost)
}

func userDeed(by, what string, u User, was Role) deed {
	return deed{by, "user:" + u.Name, func(access string) event.Payload {
		return event.AuditUser{User: u.Name, Name: u.Display, What: what, Role: string(u.Role), Was: string(was), Lines: u.Lines, By: by, Access: access}
	}}
}

// checkLine refuses what can not be printed on one line.
func checkLine(what, text string, most int) error {
	if text == "" || strings.TrimSpace(text) != text || !utf8.ValidString(text) || utf8.RuneCountInString(text) > most || strings.ContainsFunc(text, unicode.IsControl) {
		return fmt.Errorf("%s %.40q: want 1 to %d characters on one line, without space around", what, text, most)
	}
	return nil
}

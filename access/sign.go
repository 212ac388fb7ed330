package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"time"

	"linesman/event"
	"linesman/event/disk"
)

// SignRequest asks for an electronic signature after 21 CFR Part 11: the two
// components of 11.200 are the name and the password, given each time.
type SignRequest struct {
	User     string
	Password string
	Meaning  string // "reviewed", "approved", "responsible", "performed"...
	Subject  string // what is signed, for a person: "recipe cap-28@3"
	SHA256   string // of the bytes that are signed, 64 lower-case hex digits
	Line     string // the line it belongs to; empty if to none
}

// Signature is what is printed under a record: 11.50 asks for the name, date
// and time, and meaning. The hash ties it to the record (11.70), the event's
// id to the log.
type Signature struct {
	User    string    `json:"user"`
	Name    string    `json:"name"` // printed
	Role    Role      `json:"role"`
	Meaning string    `json:"meaning"`
	Subject string    `json:"subject"`
	SHA256  string    `json:"sha256"`
	At      time.Time `json:"at"`    // UTC
	Event   string    `json:"event"` // id of the audit.signed event
}

var sha256Text = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Sign proves the user by the password and puts the signature into the log. It
// counts only when this returns nil: what the log did not take is not signed.
// Each refusal is an event. Errors wrap ErrUnknown (name or password wrong),
// ErrLocked, ErrRevoked, ErrForbidden or ErrBusy.
func (s *Store) Sign(ctx context.Context, q SignRequest) (Signature, error) {
	if s.set.Events == nil {
		return Signature{}, errors.New("access: there is no log, and a signature that no log has proves nothing")
	}
	if err := checkLine("the signature's meaning", q.Meaning, 100); err != nil {
		return Signature{}, err
	}
	if err := checkLine("what is signed", q.Subject, 200); err != nil {
		return Signature{}, err
	}
	if !sha256Text.MatchString(q.SHA256) {
		return Signature{}, fmt.Errorf("signature under %s: sha256 %.70q: want the 64 lower-case hex digits of what is signed", q.Subject, q.SHA256)
	}
	u, err := s.prove(ctx, q.User, q.Password, "signature")
	if err != nil {
		return Signature{}, err
	}
	who := Identity{Actor: "user:" + u.Name, Role: u.Role, Lines: u.Lines}
	if !who.May(Sign) || !who.OnLine(q.Line) {
		err := fmt.Errorf("%w: %s may not sign %s as %s: an admin gives another role or line with linesman user role", ErrForbidden, u.Name, q.Subject, u.Role)
		return Signature{}, s.refuse(ctx, who.Actor, "signature", err)
	}
	e, err := s.tell(ctx, deed{who.Actor, q.Subject, func(access string) event.Payload {
		return event.AuditSigned{User: u.Name, Name: u.Display, Role: string(u.Role), Meaning: q.Meaning, Subject: q.Subject, SHA256: q.SHA256, Access: access}
	}})
	if err != nil {
		return Signature{}, fmt.Errorf("%s is not signed, since the log did not take it: %w", q.Subject, err)
	}
	return Signature{User: u.Name, Name: u.Display, Role: u.Role, Meaning: q.Meaning, Subject: q.Subject, SHA256: q.SHA256, At: e.Time, Event: e.ID}, nil
}

// After so many wrong passwords in a row a user is locked for so long.
const (
	wrongToLock = 5
	lockFor     = 15 * time.Minute
)

// nobodys is the hash that the password of an unknown name is compared with, so
// that guessing names takes as long as guessing passwords.
const nobodys = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cy1zYWx0LTE2$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// prove returns the user of a name and password. One at a time is proven, so
// that no burst of guesses gets past the count.
func (s *Store) prove(ctx context.Context, name, password, what string) (User, error) {
	leave, err := s.desk.take(ctx)
	if err != nil {
		return User{}, err
	}
	defer leave()
	v, err := s.fresh(ctx)
	if err != nil {
		return User{}, err
	}
	wrong, err := s.wrongs()
	if err != nil {
		return User{}, err
	}
	u := v.roll.user(name)
	mistake := fmt.Errorf("%w: the name or the password is wrong", ErrUnknown)
	if u == nil {
		if _, err := match(password, nobodys); err != nil {
			return User{}, err
		}
		return User{}, s.refuse(ctx, "user:?", what, mistake)
	}
	who := "user:" + name
	if until := wrong[name].Until; until.After(s.set.Now()) {
		return User{}, s.refuse(ctx, who, what, fmt.Errorf("%w: too many wrong passwords: wait until %s, or let an admin run linesman user enable %s", ErrLocked, until.Format(time.RFC3339), name))
	}
	good, err := match(password, u.Password)
	switch {
	case err != nil:
		return User{}, err
	case !good:
		return User{}, errors.Join(mistake, s.countWrong(ctx, name, what))
	case u.Disabled:
		return User{}, s.refuse(ctx, who, what, fmt.Errorf("%w: user %s is disabled", ErrRevoked, name))
	}
	if wrong[name].Count > 0 {
		unlock, err := s.lock(ctx)
		if err != nil {
			return User{}, err
		}
		defer unlock()
		return *u, s.forgive(name)
	}
	return *u, nil
}

// guesses are a user's wrong passwords in a row.
type guesses struct {
	Count int       `json:"count"`
	Until time.Time `json:"locked_until,omitzero"` // UTC
}

func (s *Store) wrongs() (map[string]guesses, error) {
	out := map[string]guesses{}
	data, err := readFile(s.path(wrongFile))
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		return nil, fmt.Errorf("access: wrong passwords are counted in %s, which can not be read: %w; remove it", s.path(wrongFile), err)
	}
	return out, nil
}

func (s *Store) writeWrongs(wrong map[string]guesses) error {
	data, err := json.Marshal(wrong)
	if err != nil {
		return err
	}
	return disk.Write(s.path(wrongFile), 0o600, data)
}

// countWrong counts one wrong password and tells of it.
func (s *Store) countWrong(ctx context.Context, name, what string) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	wrong, err := s.wrongs()
	if err != nil {
		return err
	}
	g := guesses{Count: wrong[name].Count + 1}
	why := fmt.Sprintf("wrong password, %d of %d", g.Count, wrongToLock)
	if g.Count >= wrongToLock {
		g = guesses{Until: s.set.Now().UTC().Add(lockFor).Truncate(time.Second)}
		why += ": locked"
	}
	wrong[name] = g
	if err := s.writeWrongs(wrong); err != nil {
		return err
	}
	if _, err := s.tellLocked(ctx, refused("user:"+name, what, why, 1, g.Until)); err != nil {
		s.set.Logger.Error("the log has not been told of a wrong password", "user", name, "why", why, "err", err)
	}
	return nil
}

// forgive forgets a user's wrong passwords. Call with the lock held.
func (s *Store) forgive(name string) error {
	wrong, err := s.wrongs()
	if err != nil {
		return err
	}
	if _, ok := wrong[name]; !ok {
		return nil
	}
	delete(wrong, name)
	return s.writeWrongs(wrong)
}

// Package access says who may do what: the people of the plant with their
// roles and passwords, the tokens by which modules reach the log, and the
// electronic signatures that people put under records. One file holds all of
// it, hashed; each change and each use of a signature is an event.
package access

import (
	"errors"
	"slices"
	"strings"

	"linesman/event"
)

// Identity is who asks, once that has been proven. It is a value: keep it, copy
// it, change nothing in its lists.
type Identity struct {
	Actor  string       // as events name it: "token:mes", "user:li"
	Role   Role         // of a person; empty for a module, which has scopes alone
	Lines  []string     // the lines it is limited to; empty is all
	Append []event.Type // what it may append: exact, or a prefix ending in "*"
	Read   []event.Type // what it may read: exact, or a prefix ending in "*"
}

// Why somebody is refused. Every error of this package that refuses wraps one
// of these.
var (
	ErrUnknown   = errors.New("access: not known")        // no such token or user, or the secret is wrong
	ErrExpired   = errors.New("access: expired")          // the token's time is over
	ErrRevoked   = errors.New("access: revoked")          // the token was revoked, or the user disabled
	ErrLocked    = errors.New("access: locked")           // too many wrong passwords
	ErrForbidden = errors.New("access: not allowed")      // known, but without this right
	ErrBusy      = errors.New("access: too many at once") // ask again in a second
)

// What the log says of itself is appended by nobody else, and what is said of
// users and tokens only by those who may change them.
const (
	ofTheLog   = "linesman.log."
	ofTheAudit = "linesman.audit."
)

// MayAppend says whether the identity may append events of a type.
func (i Identity) MayAppend(t event.Type) bool {
	switch {
	case strings.HasPrefix(string(t), ofTheLog):
		return false
	case strings.HasPrefix(string(t), ofTheAudit) && !i.May(Users):
		return false
	}
	return i.May(Append) && matches(i.Append, t)
}

// MayRead says whether the identity may read events of a type.
func (i Identity) MayRead(t event.Type) bool { return i.May(Read) && matches(i.Read, t) }

// May says whether the identity has a right: a person by the role, a module by
// having any scope to append or to read.
func (i Identity) May(r Right) bool {
	if i.Role != "" {
		return i.Role.May(r)
	}
	return r == Append && len(i.Append) > 0 || r == Read && len(i.Read) > 0
}

// OnLine says whether the identity's rights reach a line. The empty name, what
// belongs to no line, is reached by all.
func (i Identity) OnLine(line string) bool {
	return line == "" || len(i.Lines) == 0 || slices.Contains(i.Lines, line)
}

// matches says whether a type is among scopes.
func matches(scopes []event.Type, t event.Type) bool {
	return slices.ContainsFunc(scopes, func(scope event.Type) bool {
		prefix, open := strings.CutSuffix(string(scope), "*")
		return scope == t || open && strings.HasPrefix(string(t), prefix)
	})
}

// OnSource says whether the identity's rights reach what an event's source
// names: "/site/line/caps-1" is on the line caps-1, what names no line is
// reached by all.
func (i Identity) OnSource(source string) bool {
	_, line, _ := strings.Cut(source, "/line/")
	line, _, _ = strings.Cut(line, "/")
	return i.OnLine(line)
}

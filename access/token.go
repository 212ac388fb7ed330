package access

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"

	"linesman/event"
)

// NewToken is what a module shall be allowed.
type NewToken struct {
	Name    string       // of the module: "mes"
	Append  []event.Type // exact, or a prefix ending in "*"
	Read    []event.Type // exact, or a prefix ending in "*"
	Lines   []string     // empty is all
	Expires time.Time    // zero is never
}

var scopes = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}\*?$|^\*$`)

func checkScopes(types []event.Type) error {
	for _, t := range types {
		if !scopes.MatchString(string(t)) {
			return fmt.Errorf("scope %.40q: want an event type such as linesman.part.judged.v1, or the begin of some and a star: linesman.part.*", t)
		}
	}
	return nil
}

// AddToken makes a token and returns its text, which is kept nowhere: by is who
// makes it.
func (s *Store) AddToken(ctx context.Context, by string, n NewToken) (text string, made Token, err error) {
	switch {
	case !names.MatchString(n.Name) || n.Name == localID:
		return "", Token{}, fmt.Errorf("token name %.40q: want lower-case letters and digits, at most 32, and not %q", n.Name, localID)
	case len(n.Append) == 0 && len(n.Read) == 0:
		return "", Token{}, errors.New("a token that may neither append nor read opens nothing: give it --append or --read")
	case !n.Expires.IsZero() && !n.Expires.After(s.set.Now()):
		return "", Token{}, fmt.Errorf("token %s: it would expire at %s, which is past", n.Name, n.Expires.UTC().Format(time.RFC3339))
	}
	if err := checkScopes(slices.Concat(n.Append, n.Read)); err != nil {
		return "", Token{}, fmt.Errorf("token %s: %w", n.Name, err)
	}
	for _, t := range n.Append {
		if strings.HasPrefix(string(t), ofTheLog) || strings.HasPrefix(string(t), ofTheAudit) {
			return "", Token{}, fmt.Errorf("token %s: %s: what the log says of itself and of its users is appended by no module", n.Name, t)
		}
	}
	secret := newSecret()
	hash, err := argon2id.CreateHash(secret, tokenCost)
	if err != nil {
		return "", Token{}, err
	}
	made = Token{ID: newTokenID(), Name: n.Name, Secret: hash, Append: n.Append, Read: n.Read, Lines: n.Lines,
		Made: s.set.Now().UTC().Truncate(time.Second), Expires: n.Expires.UTC().Truncate(time.Second)}
	err = s.change(ctx, func(r *roll) (deed, error) {
		for _, t := range r.Tokens {
			if t.Name == n.Name && t.Revoked.IsZero() {
				return deed{}, fmt.Errorf("token %s is there already (%s): revoke it first, or choose another name", t.Name, t.ID)
			}
		}
		r.Tokens = append(r.Tokens, made)
		return s.tokenDeed(by, "made", made), nil
	})
	made.Secret = ""
	return tokenText(made.ID, secret), made, err
}

// RevokeToken ends a token for good, by its name or id. Its next request is
// refused, in every process.
func (s *Store) RevokeToken(ctx context.Context, by, nameOrID string) (Token, error) {
	if nameOrID == localID {
		return Token{}, fmt.Errorf("the %s token is this box's own: remove %s and restart the appliance to have another", localID, s.path(localFile))
	}
	var was Token
	err := s.change(ctx, func(r *roll) (deed, error) {
		i := slices.IndexFunc(r.Tokens, func(t Token) bool {
			return (t.ID == nameOrID || t.Name == nameOrID) && t.Revoked.IsZero()
		})
		if i < 0 {
			return deed{}, fmt.Errorf("%w: no token in force has the name or id %q: see linesman token list", ErrUnknown, nameOrID)
		}
		r.Tokens[i].Revoked = s.set.Now().UTC().Truncate(time.Second)
		was = r.Tokens[i]
		return s.tokenDeed(by, "revoked", was), nil
	})
	was.Secret = ""
	return was, err
}

// Tokens returns all tokens there ever were, without their secrets.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	v, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(v.roll.Tokens)
	for i := range out {
		out[i].Secret, out[i].Used = "", s.uses.last(out[i].ID)
	}
	return out, nil
}

func (s *Store) tokenDeed(by, what string, t Token) deed {
	return deed{by, "token:" + t.Name, func(access string) event.Payload {
		return event.AuditToken{ID: t.ID, Name: t.Name, What: what, Append: words(t.Append), Read: words(t.Read), Lines: t.Lines,
			Expires: t.Expires, By: by, Access: access}
	}}
}

func words(types []event.Type) []string {
	var out []string
	for _, t := range types {
		out = append(out, string(t))
	}
	return out
}

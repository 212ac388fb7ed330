package access

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
)

// What a hash costs. A password is guessable and so costs 19 MiB and tens of
// milliseconds; a token's secret is 256 random bits, which no cost improves.
var (
	passwordCost = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	tokenCost    = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
)

// checkHash refuses a hash that would take this box down to compute.
func checkHash(hash string) error {
	p, _, _, err := argon2id.DecodeHash(hash)
	switch {
	case err != nil:
		return errors.New("no argon2id hash")
	case p.Memory < 8 || p.Memory > 64<<10 || p.Iterations < 1 || p.Iterations > 10 || p.Parallelism < 1 || p.Parallelism > 4,
		p.SaltLength < 8 || p.SaltLength > 64 || p.KeyLength < 16 || p.KeyLength > 64:
		return errors.New("its argon2id parameters are out of bounds")
	}
	return nil
}

// desk lets one hash be computed at a time, and few wait: whoever floods it
// with guesses takes no more than a part of one core from the line.
type desk struct {
	seat    chan struct{}
	waiting chan struct{}
}

func newDesk() *desk { return &desk{make(chan struct{}, 1), make(chan struct{}, 16)} }

// take waits for the seat. It refuses with ErrBusy when too many wait.
func (d *desk) take(ctx context.Context) (leave func(), err error) {
	select {
	case d.waiting <- struct{}{}:
	default:
		return nil, fmt.Errorf("%w: many wait to prove themselves; try again in a second", ErrBusy)
	}
	defer func() { <-d.waiting }()
	select {
	case d.seat <- struct{}{}:
		return func() { <-d.seat }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// match compares a secret with its hash, at the desk. A wrong one keeps the
// seat three times as long as it took, asleep: a guesser gets a quarter of a
// core at most.
func match(secret, hash string) (bool, error) {
	began := time.Now()
	good, err := argon2id.ComparePasswordAndHash(secret, hash)
	if !good {
		time.Sleep(min(3*time.Since(began), 200*time.Millisecond))
	}
	return good, err
}

// localID is the id, and the name, of the token by which commands on this box
// reach the appliance that runs.
const localID = "local"

// letters write secrets so that a double click takes a whole token.
var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

const secretLength = 32 // bytes

// newSecret returns 256 random bits as text.
func newSecret() string {
	bits := make([]byte, secretLength)
	rand.Read(bits) // it never fails: the program ends first
	return letters.EncodeToString(bits)
}

// newTokenID returns an id that names a token for ever.
func newTokenID() string {
	bits := make([]byte, 5)
	rand.Read(bits)
	return letters.EncodeToString(bits)
}

func tokenText(id, secret string) string { return "lm_" + id + "_" + secret }

// parseToken takes a token's text apart. There is one text for one token.
func parseToken(text string) (id, secret string, err error) {
	rest, ours := strings.CutPrefix(text, "lm_")
	id, secret, _ = strings.Cut(rest, "_")
	bits, bad := letters.DecodeString(secret)
	if !ours || !ids.MatchString(id) || bad != nil || len(bits) != secretLength || letters.EncodeToString(bits) != secret {
		return "", "", fmt.Errorf("%w: this is no token of this appliance: want lm_ID_SECRET, as linesman token add printed it", ErrUnknown)
	}
	return id, secret, nil
}

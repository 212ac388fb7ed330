package access

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"

	"linesman/event"
	"linesman/event/disk"
)

// LocalToken reads the token by which commands on this box reach the appliance
// that has the folder. Who can read the file owns the box's data anyway.
func LocalToken(dir string) (string, error) {
	data, err := readFile(filepath.Join(dir, localFile))
	return strings.TrimSpace(string(data)), err
}

// admitBox sees to it that the local token is there and opens.
func (s *Store) admitBox(ctx context.Context) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	s.tidy()
	v, err := s.read()
	gone := errors.Is(err, fs.ErrNotExist)
	if err != nil && !gone {
		return err
	}
	if !gone && s.boxMayEnter(v.roll) {
		return nil
	}
	want := ""
	if gone && s.set.Log != nil {
		if want, err = s.told(ctx); err != nil {
			return err
		}
	}
	secret := newSecret()
	hash, err := argon2id.CreateHash(secret, tokenCost)
	if err != nil {
		return err
	}
	if err := disk.Write(s.path(localFile), 0o600, []byte(tokenText(localID, secret)+"\n")); err != nil {
		return err
	}
	err = s.changeLocked(ctx, func(r *roll) (deed, error) {
		all := []event.Type{"*"}
		t := Token{ID: localID, Name: localID, Secret: hash, Role: Admin, Append: all, Read: all, Made: s.set.Now().UTC().Truncate(time.Second)}
		if old := r.token(localID); old != nil {
			*old = t
		} else {
			r.Tokens = append(r.Tokens, t)
		}
		return s.tokenDeed("system", "made", t), nil
	})
	if err != nil || want == "" {
		return err
	}
	s.set.Logger.Warn("the access file is gone: nobody is known any more", "want", want)
	_, err = s.tellLocked(ctx, altered(want, ""))
	return err
}

// boxMayEnter says whether local.token holds the token that the roll knows, for
// nobody else to read.
func (s *Store) boxMayEnter(r *roll) bool {
	info, err := os.Stat(s.path(localFile))
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		return false
	}
	text, err := LocalToken(s.set.Dir)
	if err != nil {
		return false
	}
	id, secret, err := parseToken(text)
	t := r.token(localID)
	if err != nil || id != localID || t == nil || !t.Revoked.IsZero() {
		return false
	}
	good, err := argon2id.ComparePasswordAndHash(secret, t.Secret)
	return good && err == nil
}

// tidy removes what a crash left half written. Call with the lock held.
func (s *Store) tidy() {
	left, _ := filepath.Glob(s.path(newFile))
	for _, path := range left {
		if err := os.Remove(path); err != nil {
			s.set.Logger.Warn("a file that a crash left half written stays", "err", err)
		}
	}
}

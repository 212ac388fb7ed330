package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Bearer returns who holds a token. The first time that costs a hash, and from
// then on microseconds: only the token's SHA-256 is kept, in memory. An
// unknown id is refused without any. What it refuses is told to the log, the
// same refusals at most once a minute.
func (s *Store) Bearer(ctx context.Context, token string) (Identity, error) {
	id, secret, err := parseToken(token)
	if err != nil {
		return Identity{}, s.refuse(ctx, "token:?", "token", err)
	}
	v, err := s.fresh(ctx)
	if err != nil {
		return Identity{}, err
	}
	t := v.roll.token(id)
	if t == nil {
		return Identity{}, s.refuse(ctx, "token:?", "token", fmt.Errorf("%w: no token of this appliance has the id %s", ErrUnknown, id))
	}
	who := "token:" + t.Name
	if !s.memory.knows(t, token) {
		leave, err := s.desk.take(ctx)
		if err != nil {
			return Identity{}, err
		}
		good, err := match(secret, t.Secret)
		leave()
		if err != nil || !good {
			return Identity{}, s.refuse(ctx, who, "token", fmt.Errorf("%w: the secret of token %s is wrong: copy it anew, or have another made", ErrUnknown, id))
		}
		s.memory.keep(t, token)
	}
	now := s.set.Now()
	switch {
	case !t.Revoked.IsZero():
		return Identity{}, s.refuse(ctx, who, "token", fmt.Errorf("%w: token %s (%s) was revoked at %s", ErrRevoked, id, t.Name, t.Revoked.Format(time.RFC3339)))
	case !t.Expires.IsZero() && !now.Before(t.Expires):
		return Identity{}, s.refuse(ctx, who, "token", fmt.Errorf("%w: token %s (%s) ended at %s", ErrExpired, id, t.Name, t.Expires.Format(time.RFC3339)))
	}
	if s.uses.touch(id, now) {
		if err := s.uses.save(s.path(usedFile)); err != nil {
			s.set.Logger.Warn("when tokens were last used is not written down", "err", err)
		}
	}
	return Identity{Actor: who, Role: t.Role, Lines: t.Lines, Append: t.Append, Read: t.Read}, nil
}

// memory holds one proven token an id.
type memory struct {
	mu sync.RWMutex
	by map[string]proven
}

// proven is a token that matched the hash it is kept under.
type proven struct {
	hash string
	sum  [sha256.Size]byte
}

func (m *memory) knows(t *Token, text string) bool {
	m.mu.RLock()
	p, ok := m.by[t.ID]
	m.mu.RUnlock()
	got := sha256.Sum256([]byte(text))
	return ok && p.hash == t.Secret && subtle.ConstantTimeCompare(p.sum[:], got[:]) == 1
}

func (m *memory) keep(t *Token, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.by == nil {
		m.by = map[string]proven{}
	}
	m.by[t.ID] = proven{t.Secret, sha256.Sum256([]byte(text))}
}

// uses is when tokens were last used, to the minute. A crash may cost the last
// minutes of it: it is for people who tidy up.
type uses struct {
	mu     sync.Mutex
	by     map[string]time.Time
	fresh  bool // touched since it was saved
	saving sync.Mutex
}

// touch notes a use, and says whether it is time to save: once a minute and
// token.
func (u *uses) touch(id string, now time.Time) (due bool) {
	minute := now.UTC().Truncate(time.Minute)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.by == nil {
		u.by = map[string]time.Time{}
	}
	if u.by[id].Equal(minute) {
		return false
	}
	u.by[id], u.fresh = minute, true
	return true
}

func (u *uses) last(id string) time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.by[id]
}

// load reads what was saved; a file that can not be read is as none.
func (u *uses) load(path string) {
	data, err := readFile(path)
	if err == nil {
		_ = json.Unmarshal(data, &u.by)
	}
}

// save writes what is new in one piece, and does not wait for the disk.
func (u *uses) save(path string) error {
	u.saving.Lock()
	defer u.saving.Unlock()
	u.mu.Lock()
	by, fresh := maps.Clone(u.by), u.fresh
	u.fresh = false
	u.mu.Unlock()
	if !fresh {
		return nil
	}
	data, err := json.Marshal(by)
	if err != nil {
		return err
	}
	temporary := filepath.Join(filepath.Dir(path), fmt.Sprintf(".used-%d", os.Getpid()))
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

package access

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"linesman/event"
	"linesman/event/disk"
)

// The files of the folder.
const (
	accessFile = "access.json"  // who may do what; secrets hashed
	localFile  = "local.token"  // the token of commands on this box
	outboxFile = "pending.json" // events of the last change, until the log has them
	usedFile   = "used.json"    // when each token was last used
	wrongFile  = "wrong.json"   // wrong passwords in a row, and who is locked
	lockFile   = "lock"         // held while any of them is changed
)

// newFile is one that is being written, until it takes another's name.
const newFile = ".*.part-*"

// format is the access file's.
const format = 1

// maxFile bounds what is read, in bytes: a site has tens of users.
const maxFile = 4 << 20

// roll is the access file: everybody who may do something.
type roll struct {
	Format int     `json:"format"`
	Users  []User  `json:"users"`
	Tokens []Token `json:"tokens"`
}

// User is a person of the plant. Users are never removed, so that a name under
// an old signature keeps its meaning.
type User struct {
	Name        string    `json:"name"`    // for signing in; lower case
	Display     string    `json:"display"` // printed under a signature
	Role        Role      `json:"role"`
	Lines       []string  `json:"lines,omitempty"` // the rights' reach; empty is all lines
	Password    string    `json:"password"`        // argon2id
	PasswordSet time.Time `json:"password_set"`    // UTC
	Added       time.Time `json:"added"`           // UTC
	Disabled    bool      `json:"disabled,omitempty"`
	Locked      time.Time `json:"-"` // after wrong passwords, until then; UTC
}

// Token is a module's key. Revoked tokens stay listed.
type Token struct {
	ID      string       `json:"id"`             // the part of its text that is no secret
	Name    string       `json:"name"`           // of the module: its events have the actor "token:NAME"
	Secret  string       `json:"secret"`         // argon2id
	Role    Role         `json:"role,omitempty"` // of the local token alone
	Append  []event.Type `json:"append,omitempty"`
	Read    []event.Type `json:"read,omitempty"`
	Lines   []string     `json:"lines,omitempty"`  // the rights' reach; empty is all lines
	Made    time.Time    `json:"made"`             // UTC
	Expires time.Time    `json:"expires,omitzero"` // UTC; zero is never
	Revoked time.Time    `json:"revoked,omitzero"` // UTC
	Used    time.Time    `json:"-"`                // last, UTC, to the minute
}

// names of users, modules and lines as they can stand in an actor.
var names = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,31}$`)

// ids of tokens.
var ids = regexp.MustCompile(`^[a-z0-9]{1,16}$`)

// parseRoll reads an access file. It refuses what this program would not have
// written, so that a slip of a hand gives nobody a right.
func parseRoll(data []byte) (*roll, error) {
	var r roll
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows after its end")
	}
	if r.Format != format {
		return nil, fmt.Errorf("format %d: this program reads %d", r.Format, format)
	}
	seen := map[string]bool{}
	for _, u := range r.Users {
		switch {
		case !names.MatchString(u.Name):
			return nil, fmt.Errorf("user %.40q: want a name of %s", u.Name, names)
		case seen["user:"+u.Name]:
			return nil, fmt.Errorf("user %s comes twice", u.Name)
		case u.Role.Rights() == nil:
			return nil, fmt.Errorf("user %s: role %.40q is none", u.Name, u.Role)
		}
		if err := checkHash(u.Password); err != nil {
			return nil, fmt.Errorf("user %s: password: %w", u.Name, err)
		}
		seen["user:"+u.Name] = true
	}
	for _, t := range r.Tokens {
		switch {
		case !ids.MatchString(t.ID):
			return nil, fmt.Errorf("token %.40q: want an id of %s", t.ID, ids)
		case seen["id:"+t.ID]:
			return nil, fmt.Errorf("token %s comes twice", t.ID)
		case !names.MatchString(t.Name):
			return nil, fmt.Errorf("token %s: name %.40q: want %s", t.ID, t.Name, names)
		case t.Revoked.IsZero() && seen["token:"+t.Name]:
			return nil, fmt.Errorf("token %s: another one named %s is in force", t.ID, t.Name)
		case t.Role != "" && t.ID != localID:
			return nil, fmt.Errorf("token %s: a module has scopes and no role", t.ID)
		case t.ID == localID && t.Role != Admin:
			return nil, fmt.Errorf("token %s: its role is %.40q, not %s", t.ID, t.Role, Admin)
		}
		if err := checkScopes(append(t.Append[:len(t.Append):len(t.Append)], t.Read...)); err != nil {
			return nil, fmt.Errorf("token %s: %w", t.ID, err)
		}
		if err := checkHash(t.Secret); err != nil {
			return nil, fmt.Errorf("token %s: secret: %w", t.ID, err)
		}
		seen["id:"+t.ID] = true
		seen["token:"+t.Name] = seen["token:"+t.Name] || t.Revoked.IsZero()
	}
	return &r, nil
}

// text is the file's form, which is what its hash is taken of.
func (r *roll) text() []byte {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil { // our own plain types
		panic("access: " + err.Error())
	}
	return append(text, '\n')
}

// user returns the user of a name, or nil.
func (r *roll) user(name string) *User {
	for i := range r.Users {
		if r.Users[i].Name == name {
			return &r.Users[i]
		}
	}
	return nil
}

// token returns the token of an id, or nil.
func (r *roll) token(id string) *Token {
	for i := range r.Tokens {
		if r.Tokens[i].ID == id {
			return &r.Tokens[i]
		}
	}
	return nil
}

// readFile reads a file whole, up to maxFile bytes.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s has more than %d bytes", path, maxFile)
	}
	return data, err
}

// removeFile removes a file for good; one that is not there is no error.
func removeFile(path string) error {
	if err := os.Remove(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return disk.SyncDir(filepath.Dir(path))
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

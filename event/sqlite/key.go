package sqlite

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"linesman/event/disk"
)

// The files beside the log's own.
const (
	keyFile      = "key"       // the private key that signs heads; its owner's alone
	verifierFile = "verifiers" // the public keys there ever were, one a line, newest last
	headsFile    = "heads"     // signed heads, one after the other; they outlive retention
)

// key signs the heads of one log.
type key struct {
	note.Signer
	verifier string
}

// openKey reads the folder's key. fresh is true when there was none: one was made.
func openKey(dir, site string) (k key, fresh bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, keyFile))
	if errors.Is(err, fs.ErrNotExist) {
		fresh = true
		text, err = makeKey(dir, site)
	}
	if err != nil {
		return k, fresh, fmt.Errorf("event log: the key that signs its heads: %w", wrapFull(err))
	}
	lines := strings.Fields(string(text))
	if len(lines) != 2 {
		return k, fresh, fmt.Errorf("event log: %s is no key; bring it back from a backup, or move it away: a new one is made", filepath.Join(dir, keyFile))
	}
	signer, err := note.NewSigner(lines[0])
	if err != nil {
		return k, fresh, fmt.Errorf("event log: %s: %w; bring it back from a backup", filepath.Join(dir, keyFile), err)
	}
	return key{signer, lines[1]}, fresh, keepVerifier(dir, lines[1])
}

// makeKey writes a new key in place: whole, or not at all.
func makeKey(dir, site string) ([]byte, error) {
	name := strings.Map(func(r rune) rune {
		if r == '+' || r <= ' ' || r == 0x7f {
			return '-'
		}
		return r
	}, strings.ToValidUTF8(site, "-"))
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, err
	}
	text := []byte(private + "\n" + public + "\n")
	return text, disk.Write(filepath.Join(dir, keyFile), 0o600, text)
}

// keepVerifier adds a public key to those there ever were.
func keepVerifier(dir, verifier string) error {
	known, err := Verifiers(dir)
	if err != nil {
		return err
	}
	for _, v := range known {
		if v == verifier {
			return nil
		}
	}
	text := strings.Join(append(known, verifier), "\n") + "\n"
	if err := disk.Write(filepath.Join(dir, verifierFile), 0o640, []byte(text)); err != nil {
		return fmt.Errorf("event log: %w", wrapFull(err))
	}
	return nil
}

// Verifiers returns the public keys of a log's folder, newest last.
func Verifiers(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, verifierFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("event log: %w", err)
	}
	return strings.Fields(string(text)), nil
}

// keepHead adds a signed head to those that outlive retention.
func keepHead(dir, signed string) error {
	path := filepath.Join(dir, headsFile)
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if bytes.HasSuffix(old, []byte(signed)) {
		return nil
	}
	return disk.Write(path, 0o640, append(old, signed...)) // whole: a torn head would look like a forged one
}

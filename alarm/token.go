package alarm

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keySize is the size of the box's key for receipts, in bytes.
const keySize = 32

// LoadKey reads the key by which receipts are proven, made at the first start.
// The file is readable by its owner alone.
func LoadKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	switch {
	case err == nil && len(key) == keySize:
		return key, nil
	case err == nil:
		return nil, fmt.Errorf("receipt key %s has %d bytes, not %d: remove it, and links that were sent before will be refused", path, len(key), keySize)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("receipt key: %w", err)
	}
	key = make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	if err := WriteFile(path, key); err != nil {
		return nil, fmt.Errorf("receipt key: %w", err)
	}
	return key, nil
}

// WriteFile writes a file of this room's in one piece, for its owner alone, and
// returns when it is on disk.
func WriteFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".part-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // of a failure; after the rename there is nothing
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if errClose := f.Close(); err == nil {
		err = errClose
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

var encoding = base64.RawURLEncoding.Strict()

// token proves that who has it was sent this delivery: its id, which holds
// alarm, recipient and channel, and an HMAC-SHA256 over it.
func token(key []byte, delivery string) string {
	return encoding.EncodeToString([]byte(delivery)) + "." + encoding.EncodeToString(mac(key, delivery))
}

func mac(key []byte, delivery string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("linesman receipt\n" + delivery))
	return m.Sum(nil)
}

// readToken returns the delivery that a token proves.
func readToken(key []byte, text string) (delivery string, err error) {
	bad := fmt.Errorf("%w: this receipt token is none of this appliance's", ErrUnknown)
	if len(text) > 1024 {
		return "", bad
	}
	id, sum, ok := strings.Cut(text, ".")
	raw, errID := encoding.DecodeString(id)
	got, errSum := encoding.DecodeString(sum)
	if !ok || errID != nil || errSum != nil || !hmac.Equal(got, mac(key, string(raw))) {
		return "", bad
	}
	return string(raw), nil
}

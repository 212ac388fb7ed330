package alarm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func FuzzToken(f *testing.F) {
	key := make([]byte, keySize)
	good := token(key, "019cae6b-6600-7000-8082-236964f49ee1/1/1/li/push")
	for _, seed := range []string{good, "", ".", "a.b", good + "=", strings.Replace(good, ".", "..", 1), token(make([]byte, 31), "x")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := readToken(key, text)
		if err == nil && token(key, id) != text {
			t.Errorf("%q is taken for the token of %q", text, id)
		}
	})
}

func TestToken(t *testing.T) {
	one, other := make([]byte, keySize), make([]byte, keySize)
	other[0] = 1
	const id = "019cae6b-6600-7000-8082-236964f49ee1/1/1/li/push"
	if got, err := readToken(one, token(one, id)); err != nil || got != id {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := readToken(other, token(one, id)); err == nil {
		t.Error("another box's token is taken")
	}
	_, sum, _ := strings.Cut(token(one, id), ".")
	if _, err := readToken(one, encoding.EncodeToString([]byte(strings.Replace(id, "/li/", "/eva/", 1)))+"."+sum); err == nil {
		t.Error("li's token is taken for eva's")
	}
}

func TestKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "alarm.key")
	key, err := LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := LoadKey(path); err != nil || string(again) != string(key) {
		t.Errorf("another key at the second start: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.WriteFile(path, key[:5], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(path); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("a torn key: %v", err)
	}
}

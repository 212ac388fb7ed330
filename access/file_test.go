package access

import (
	"bytes"
	"testing"

	"github.com/alexedwards/argon2id"
)

func FuzzParseToken(f *testing.F) {
	f.Add("lm_local_" + newSecret())
	f.Add("lm__")
	f.Add("lm_a_b_c\n")
	f.Add("Bearer lm_a_b")
	f.Fuzz(func(t *testing.T, text string) {
		id, secret, err := parseToken(text)
		if err != nil {
			if id != "" || secret != "" {
				t.Errorf("%q is refused and yields %q, %q", text, id, secret)
			}
			return
		}
		if tokenText(id, secret) != text {
			t.Errorf("%q reads as %q: one token has one text", text, tokenText(id, secret))
		}
	})
}

func FuzzParseRoll(f *testing.F) {
	secret, err := argon2id.CreateHash("secret", tokenCost)
	if err != nil {
		f.Fatal(err)
	}
	full := roll{Format: format,
		Users:  []User{{Name: "li", Display: "Li", Role: Quality, Password: secret}},
		Tokens: []Token{{ID: localID, Name: localID, Role: Admin, Secret: secret}, {ID: "a1", Name: "mes", Secret: secret, Read: nil}}}
	f.Add(full.text())
	f.Add([]byte(`{"format":1,"users":[],"tokens":[]}`))
	f.Add([]byte(`{"format":1}{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseRoll(data)
		if err != nil {
			return
		}
		again, err := parseRoll(r.text())
		if err != nil || !bytes.Equal(again.text(), r.text()) {
			t.Fatalf("written and read again: %v", err)
		}
		for _, tk := range r.Tokens {
			if tk.Role != "" && tk.ID != localID {
				t.Errorf("token %s has a role", tk.ID)
			}
			if err := checkHash(tk.Secret); err != nil {
				t.Errorf("token %s: %v", tk.ID, err)
			}
		}
	})
}

func TestSecrets(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		text := tokenText(newTokenID(), newSecret())
		if _, _, err := parseToken(text); err != nil || seen[text] {
			t.Fatalf("%s: %v", text, err)
		}
		seen[text] = true
	}
}

// TestNobodys holds that guessing a name costs what guessing a password does.
func TestNobodys(t *testing.T) {
	p, _, _, err := argon2id.DecodeHash(nobodys)
	if err != nil || p.Memory != passwordCost.Memory || p.Iterations != passwordCost.Iterations || p.Parallelism != passwordCost.Parallelism {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestHashCost(t *testing.T) {
	p, err := argon2id.CreateHash("a password", passwordCost)
	if err != nil || checkHash(p) != nil {
		t.Errorf("%v, %v", err, checkHash(p))
	}
}

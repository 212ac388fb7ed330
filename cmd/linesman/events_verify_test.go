package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What is given from elsewhere reaches the store's check, and what it finds the
// person.
func TestVerify(t *testing.T) {
	signed, key := signHead(t, 5)
	other, otherKey := signHead(t, 7)
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	put("verifiers", key+"\n")
	own := put("own.txt", signed)
	stranger := put("stranger.txt", other)
	alone := put("alone.txt", paper{other, []string{otherKey}}.text())
	forged := put("forged.txt", strings.Replace(signed, "seq 5", "seq 4", 1))
	page := put("page.html", "<!DOCTYPE html>nothing")
	for _, c := range []struct {
		name  string
		cmd   EventsVerifyCmd
		finds []Wrong
		keys  []string
		heads []string
		says  []string
	}{
		{"the folder alone", EventsVerifyCmd{}, nil, []string{key}, nil, []string{"checked  10 events", "note     the keys and heads are those in the log's own folder", "good     nothing"}},
		{"a head that was kept", EventsVerifyCmd{Head: []string{own}}, nil, []string{key}, []string{signed}, []string{"own.txt: seq 5 of demo, signed 2026-03-01 12:00:00 UTC", "good"}},
		{"a head of an unknown key", EventsVerifyCmd{Head: []string{stranger}}, nil, []string{key}, nil, []string{"wrong    head ", "stranger.txt: log head refused"}},
		{"a head with its key", EventsVerifyCmd{Head: []string{alone}}, nil, []string{key, otherKey}, []string{other}, []string{"good"}},
		{"a key known from elsewhere", EventsVerifyCmd{Key: []string{otherKey}, Head: []string{own}}, nil, []string{otherKey}, nil, []string{"own.txt: log head refused"}},
		{"an altered head", EventsVerifyCmd{Head: []string{forged}}, nil, []string{key}, nil, []string{"forged.txt: log head refused"}},
		{"a page that is none", EventsVerifyCmd{Certificate: []string{page}}, nil, []string{key}, nil, []string{"page.html: no certificate"}},
		{"an altered log", EventsVerifyCmd{Show: 2}, []Wrong{{"record-2026-03-01", 7, "019c", "was altered"}, {"parts-2026-03-01", 0, "", "is missing"}, {What: "x"}}, []string{key}, nil,
			[]string{`wrong    record-2026-03-01: seq 7: id "019c": was altered`, "wrong    parts-2026-03-01: is missing", "and 1 more; --show 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := c.cmd.verify(t.Context(), dir, "", func(_ context.Context, in string, keys, heads []string, v *Verified) error {
				if in != dir || !slices.Equal(keys, c.keys) || !slices.Equal(heads, c.heads) {
					t.Errorf("checked %s with keys %q and heads %q; want %q and %q", in, keys, heads, c.keys, c.heads)
				}
				v.checked("10 events")
				v.Findings = append(v.Findings, c.finds...)
				return nil
			})
			must(t, err)
			var out bytes.Buffer
			must(t, c.cmd.print(&out, v))
			for _, want := range c.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("does not say %q:\n%s", want, out.String())
				}
			}
			if v.Good != (len(v.Findings) == 0) || v.Good != strings.Contains(out.String(), "good  ") {
				t.Errorf("good is %t with %d findings:\n%s", v.Good, len(v.Findings), out.String())
			}
			out.Reset()
			c.cmd.JSON = true
			must(t, c.cmd.print(&out, v))
			var again Verified
			if err := json.Unmarshal(out.Bytes(), &again); err != nil || again.Good != v.Good || len(again.Findings) != len(v.Findings) {
				t.Errorf("%s: %v", out.String(), err)
			}
		})
	}
	if _, err := (&EventsVerifyCmd{Head: []string{filepath.Join(dir, "none")}}).verify(t.Context(), dir, "", nil); !os.IsNotExist(err) {
		t.Errorf("a head that is not there: %v", err)
	}
}

// On a real log: sound it is good, an altered event is named, and a log that
// was cut back is good by itself and not by a head that was kept.
func TestVerifyALog(t *testing.T) {
	dir := logOf(t, 60)
	kept, _, err := newestHead(t.Context(), dir)
	must(t, err)
	head := filepath.Join(t.TempDir(), "head.txt")
	must(t, os.WriteFile(head, []byte(kept.text()), 0o600))
	verify := func(in string, c EventsVerifyCmd) *Verified {
		t.Helper()
		v, err := c.verify(t.Context(), in, "", verifyLog)
		must(t, err)
		return v
	}
	if v := verify(dir, EventsVerifyCmd{Head: []string{head}}); !v.Good || !strings.Contains(strings.Join(v.Checked, " "), "signed heads") {
		t.Errorf("%+v", v)
	}
	short := logOf(t, 40)
	must(t, os.Remove(filepath.Join(short, "verifiers")))
	must(t, os.CopyFS(filepath.Join(short, "aside"), os.DirFS(dir)))
	must(t, os.Rename(filepath.Join(short, "aside", "verifiers"), filepath.Join(short, "verifiers")))
	must(t, os.RemoveAll(filepath.Join(short, "aside")))
	if v := verify(short, EventsVerifyCmd{Head: []string{head}}); v.Good {
		t.Error("another log is taken for the one whose head was kept")
	}
	files, err := filepath.Glob(filepath.Join(dir, "record-*.db"))
	must(t, err)
	alter(t, files[0], func(text string) string { return strings.ReplaceAll(text, "wrong print", "right print") })
	v := verify(dir, EventsVerifyCmd{})
	if v.Good || v.Findings[0].Seq == 0 || v.Findings[0].ID == "" || !strings.HasPrefix(v.Findings[0].File, "record-") {
		t.Errorf("an altered event: %+v", v)
	}
}

package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// stock keeps n files of a class and returns their hashes, oldest first.
func stock(t *testing.T, s *Store, class Class, n, bytes int) (shas []string) {
	t.Helper()
	for i := range n {
		data := make([]byte, bytes)
		copy(data, fmt.Sprint(class, i))
		sha := s.Keep(class, data)
		if sha == "" {
			t.Fatalf("%s %d was not kept", class, i)
		}
		shas = append(shas, sha)
	}
	return shas
}

func there(s *Store, sha string) bool { _, err := s.Get(sha); return err == nil }

// What an open alarm, a batch or a person holds stays until all of them let go,
// over restarts and through a torn last line.
func TestHold(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Settings{Dir: dir, Queue: 100})
	passes := stock(t, s, Pass, 10, 1000)
	for who, shas := range map[string][]string{"alarm:1": passes[:2], "batch:B-7": passes[1:3], "user:li": passes[3:4]} {
		if err := s.Hold(who, shas...); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Hold("user:li", passes[4], fmt.Sprintf("%064d", 1)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a picture that is not there is held: %v", err)
	}
	if err := s.Release("user:li", passes[3]); err != nil {
		t.Fatal(err)
	}
	if err := s.Release("alarm:1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Hold("", passes[9]); err == nil {
		t.Error("nobody holds a picture")
	}
	s.Close()
	list, err := os.OpenFile(filepath.Join(dir, holdsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := list.WriteString(`{"who":"user:li","held":["` + passes[8]); err != nil { // the power failed here
		t.Fatal(err)
	}
	list.Close()

	tell := &told{}
	for range 2 { // the second start reads what the first wrote anew
		s = open(t, Settings{Dir: dir, MaxBytes: 1, Dropped: tell.dropped})
		s.Close()
	}
	for i, sha := range passes {
		if want := i == 1 || i == 2 || i == 4; there(s, sha) != want {
			t.Errorf("pass %d is there: %t, want %t", i, !want, want)
		}
	}
	if got := s.Holders(passes[1]); !slices.Equal(got, []string{"batch:B-7"}) {
		t.Errorf("held by %v", got)
	}
	s = open(t, Settings{Dir: dir, MaxBytes: 1, Dropped: tell.dropped})
	if err := s.Release("batch:B-7"); err != nil {
		t.Fatal(err)
	}
	s.Keep(Pass, []byte("one more")) // makes room
	s.Close()
	if there(s, passes[1]) || there(s, passes[2]) || !there(s, passes[4]) {
		t.Error("what was released is there, or what li holds is not")
	}
}

// A list of holds that somebody damaged loses the damaged lines alone.
func TestHoldsDamaged(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Settings{Dir: dir})
	shas := stock(t, s, Reject, 2, 10)
	s.Close()
	text := fmt.Sprintf("{\"who\":\"a\",\"held\":[%q]}\nno JSON\n{\"who\":\"b\",\"held\":[%q]}\n", shas[0], shas[1])
	if err := os.WriteFile(filepath.Join(dir, holdsFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, Settings{Dir: dir})
	if a, b := s.Holders(shas[0]), s.Holders(shas[1]); !slices.Equal(a, []string{"a"}) || !slices.Equal(b, []string{"b"}) {
		t.Errorf("held by %v and %v", a, b)
	}
	s.Close()
	if got, err := os.ReadFile(filepath.Join(dir, holdsFile)); err != nil || string(got) != text {
		t.Errorf("a damaged list was written anew: %q, %v", got, err)
	}
}

// The list does not grow for ever.
func TestHoldsAreWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Settings{Dir: dir})
	sha := stock(t, s, Reject, 1, 10)[0]
	for i := range 200 {
		if err := errors.Join(s.Hold(fmt.Sprint("alarm:", i), sha), s.Release(fmt.Sprint("alarm:", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Hold("user:li", sha); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(t, Settings{Dir: dir})
	defer s.Close()
	info, err := os.Stat(filepath.Join(dir, holdsFile))
	if err != nil || info.Size() > 200 {
		t.Errorf("the list has %d bytes for one hold, %v", info.Size(), err)
	}
	if got := s.Holders(sha); !slices.Equal(got, []string{"user:li"}) {
		t.Errorf("held by %v", got)
	}
}

// Each class has its age; what goes is named in full, a hundred an event.
func TestMaxAge(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Settings{Dir: dir, Queue: 1000})
	passes, rejects := stock(t, s, Pass, 250, 10), stock(t, s, Reject, 3, 10)
	s.Close()
	old := time.Now().Add(-48 * time.Hour)
	for _, sha := range slices.Concat(passes[:230], rejects) {
		class := Pass
		if slices.Contains(rejects, sha) {
			class = Reject
		}
		if err := os.Chtimes(s.folder.path(class, sha, ".bin"), old, old); err != nil {
			t.Fatal(err)
		}
	}
	tell := &told{}
	s = open(t, Settings{Dir: dir, MaxAge: map[Class]time.Duration{Pass: 24 * time.Hour, Reject: 72 * time.Hour}, Dropped: tell.dropped})
	s.Close()
	named := map[string]bool{}
	for _, e := range tell.why("age") {
		if int(e.Count) != len(e.Hashes) || len(e.Hashes) > most || e.Bytes != 10*e.Count || e.Class != "pass" || time.Since(e.To) < 47*time.Hour {
			t.Errorf("told %d pictures, %d named, %d bytes, class %s, to %v", e.Count, len(e.Hashes), e.Bytes, e.Class, e.To)
		}
		for _, sha := range e.Hashes {
			named[sha] = true
		}
	}
	for i, sha := range passes {
		if gone := i < 230; there(s, sha) == gone || named[sha] != gone {
			t.Errorf("pass %d: there %t, named %t", i, !gone, named[sha])
		}
	}
	for _, sha := range rejects {
		if !there(s, sha) {
			t.Error("a reject went before its age")
		}
	}
}

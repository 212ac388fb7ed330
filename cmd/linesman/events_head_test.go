package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"linesman/event"
)

// signHead returns a head and the key that signed it.
func signHead(t *testing.T, seq uint64) (signed, verifier string) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, "demo")
	must(t, err)
	key, err := note.NewSigner(private)
	must(t, err)
	signed, err = event.Head{Site: "demo", Seq: seq, Time: time.Unix(1772366400, 0).UTC(), Files: []event.FileHead{{File: "record-2026-03-01", Size: seq, Root: tlog.Hash{1}}}}.Sign(key)
	must(t, err)
	return signed, public
}

// A head comes back from paper, whatever a mail program did to its line ends.
func TestPaper(t *testing.T) {
	signed, key := signHead(t, 5)
	text := paper{signed, []string{key}}.text()
	for name, changed := range map[string]string{
		"as printed": text, "of another system": strings.ReplaceAll(text, "\n", "\r\n"), "with blanks": strings.ReplaceAll(text, "\n", "  \n"),
		"in a letter": "Dear auditor,\n\n" + text + "\nYours\n", "key below": signed + keyTitle + key + "\n", "no last line end": strings.TrimSuffix(text, "\n"),
	} {
		p, err := readPaper(changed)
		if err != nil || len(p.keys) != 1 {
			t.Errorf("%s: %+v %v", name, p, err)
			continue
		}
		if h, err := event.OpenHead(p.head, p.keys...); err != nil || h.Seq != 5 {
			t.Errorf("%s: %+v %v", name, h, err)
		}
	}
	for _, none := range []string{"", "linesman log of demo\nseq 5\n", key} {
		if _, err := readPaper(none); !errors.Is(err, errNoHead) {
			t.Errorf("%q: %v", none, err)
		}
	}
	altered, err := readPaper(strings.Replace(text, "seq 5", "seq 6", 1))
	must(t, err)
	if _, err := event.OpenHead(altered.head, altered.keys...); !errors.Is(err, event.ErrHead) {
		t.Errorf("an altered head opens: %v", err)
	}
}

// A log's newest head stands over all that is stored, and its key is told; one
// that a stranger signed, or that was torn, does not count.
func TestNewestHead(t *testing.T) {
	dir := logOf(t, 12)
	newest, err := newestSeq(t.Context(), dir)
	must(t, err)
	p, h, err := newestHead(t.Context(), dir)
	must(t, err)
	if again, err := event.OpenHead(p.head, p.keys...); err != nil || again.Seq != newest || h.Seq != newest || h.Site != "demo" {
		t.Errorf("%+v %v, want seq %d", h, err, newest)
	}
	first, firstKey := signHead(t, 5)
	second, secondKey := signHead(t, 9)
	put := func(name, text string) { must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)) }
	put("verifiers", firstKey+"\n"+secondKey+"\n") // the log's own is none of them
	for name, c := range map[string]struct {
		heads string
		seq   uint64
		key   string
	}{"both": {first + second, 9, secondKey}, "one": {first, 5, firstKey}, "the last torn": {first + second[:40], 5, firstKey}, "none": {"", 0, ""}, "altered": {strings.ReplaceAll(first, "demo", "dema"), 0, ""}} {
		put("heads", c.heads)
		p, h, err := newestHead(t.Context(), dir)
		if (err == nil) != (c.seq > 0) || h.Seq != c.seq || c.seq > 0 && (len(p.keys) != 1 || p.keys[0] != c.key) {
			t.Errorf("%s: seq %d by %v: %v; want %d by %s", name, h.Seq, p.keys, err, c.seq, c.key)
		}
	}
	if _, _, err := newestHead(t.Context(), t.TempDir()); err == nil {
		t.Error("an empty folder has a head")
	}
}

// The code is square, has its quiet zone, and its three corners stand where a
// reader looks for them.
func TestPrintQR(t *testing.T) {
	signed, key := signHead(t, 5)
	var out bytes.Buffer
	must(t, printQR(&out, paper{signed, []string{key}}.text()))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	width := utf8.RuneCountInString(lines[0])
	for i, l := range lines {
		if utf8.RuneCountInString(l) != width {
			t.Fatalf("line %d has another width", i)
		}
	}
	if width > 100 || len(lines) != (width+1)/2 {
		t.Errorf("%d x %d half blocks are no square of a screen", width, len(lines))
	}
	if strings.Trim(lines[0], "█") != "" || strings.Trim(lines[1], "█") != "" {
		t.Error("no quiet zone above")
	}
	if got := string([]rune(lines[2])[4:11]); got != " ▄▄▄▄▄ " {
		t.Errorf("the corner begins with %q", got)
	}
}

func FuzzReadPaper(f *testing.F) {
	f.Add("key: a\nlinesman log of b\nseq 1\n\n— b c\n")
	f.Add("linesman log of \n— \r\n— \n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := readPaper(text)
		if err != nil {
			return
		}
		if again, err := readPaper(p.text()); err != nil || again.head != p.head || len(again.keys) != len(p.keys) {
			t.Errorf("%q is read again as %q: %v", p.text(), again.text(), err)
		}
	})
}

package event

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// FileHead is how far one file of the log had come: so many events with this
// root of their Merkle tree (RFC 6962; a leaf is the line of AppendLine).
type FileHead struct {
	File string // without its folder and ending: "record-2026-03-01"
	Size uint64 // events
	Root tlog.Hash
}

// Head is how far the log had come. Signed it fits on a page, and whoever has
// it can tell years later whether anything before it was altered or cut off.
type Head struct {
	Site  string
	Seq   uint64 // of the newest event
	Time  time.Time
	Files []FileHead // those written on that day; earlier ones hang on log.sealed
}

// headTitle begins a head's text.
const headTitle = "linesman log of "

// Text returns the lines that are signed.
func (h Head) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s\nseq %d\ntime %s\n", headTitle, h.Site, h.Seq, h.Time.UTC().Format(time.RFC3339))
	for _, f := range h.Files {
		fmt.Fprintf(&b, "%s %d %s\n", f.File, f.Size, f.Root)
	}
	return b.String()
}

// Sign returns the head as a signed note (C2SP signed-note, Ed25519).
func (h Head) Sign(key note.Signer) (string, error) {
	signed, err := note.Sign(&note.Note{Text: h.Text()}, key)
	return string(signed), err
}

// ErrHead is wrapped by the error for a head that is none, or is not signed by
// a key that is known.
var ErrHead = errors.New("log head refused")

// OpenHead checks the signature of a signed head and reads it. verifiers are
// keys as VerifierKey writes them; one of them must have signed.
func OpenHead(signed string, verifiers ...string) (Head, error) {
	var known []note.Verifier
	for _, v := range verifiers {
		k, err := note.NewVerifier(v)
		if err != nil {
			return Head{}, fmt.Errorf("%w: verifier key %.80q: %w", ErrHead, v, err)
		}
		known = append(known, k)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(known...))
	if err != nil {
		return Head{}, fmt.Errorf("%w: %w", ErrHead, err)
	}
	return parseHead(n.Text)
}

func parseHead(text string) (h Head, err error) {
	bad := func(why string) (Head, error) { return Head{}, fmt.Errorf("%w: %s", ErrHead, why) }
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 {
		return bad("it has fewer than three lines")
	}
	site, isHead := strings.CutPrefix(lines[0], headTitle)
	seq, hasSeq := strings.CutPrefix(lines[1], "seq ")
	at, hasTime := strings.CutPrefix(lines[2], "time ")
	if !isHead || !hasSeq || !hasTime {
		return bad("it does not begin as a head of a log does")
	}
	h.Site = site
	if h.Seq, err = strconv.ParseUint(seq, 10, 63); err != nil {
		return bad("its seq is no number")
	}
	if h.Time, err = time.Parse(time.RFC3339, at); err != nil {
		return bad("its time is none")
	}
	for _, l := range lines[3:] {
		words := strings.Split(l, " ")
		if len(words) != 3 {
			return bad("a line names no file, size and root")
		}
		f := FileHead{File: words[0]}
		if f.Size, err = strconv.ParseUint(words[1], 10, 63); err != nil {
			return bad("the size of " + f.File + " is no number")
		}
		if f.Root, err = tlog.ParseHash(words[2]); err != nil {
			return bad("the root of " + f.File + " is none")
		}
		h.Files = append(h.Files, f)
	}
	if h.Text() != text {
		return bad("it is not written as heads are")
	}
	return h, nil
}

// Inclusion shows that an event stands in the log: whoever has a head and the
// key that signed it needs nothing else.
type Inclusion struct {
	Line   string   `json:"line" doc:"the event as it is hashed, RFC 6962: SHA-256 of a zero byte and this line"`
	File   string   `json:"file"`
	Index  uint64   `json:"index" doc:"place in the file, from 0"`
	Size   uint64   `json:"size" doc:"events of the file under the head"`
	Hashes []string `json:"hashes" doc:"the path to the root, base64, nearest the leaf first"`
	Head   string   `json:"head" doc:"signed note"`
}

// Check holds the proof against its own head and the keys that may sign it.
func (p Inclusion) Check(verifiers ...string) error {
	root, err := headOf(p.Head, p.File, p.Size, verifiers)
	if err != nil {
		return err
	}
	path, err := hashes(p.Hashes)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, int64(p.Size), root, int64(p.Index), tlog.RecordHash([]byte(p.Line)))
}

// Consistency shows that a file only grew between two heads.
type Consistency struct {
	File   string   `json:"file"`
	From   uint64   `json:"from" doc:"events under the earlier head"`
	To     uint64   `json:"to" doc:"events under the later head"`
	Hashes []string `json:"hashes" doc:"RFC 6962 consistency proof, base64"`
	Head   string   `json:"head" doc:"the later head, signed note"`
}

// Check holds the proof against the earlier root and the later head.
func (p Consistency) Check(earlier tlog.Hash, verifiers ...string) error {
	root, err := headOf(p.Head, p.File, p.To, verifiers)
	if err != nil {
		return err
	}
	path, err := hashes(p.Hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(path, int64(p.To), root, int64(p.From), earlier)
}

func headOf(signed, file string, size uint64, verifiers []string) (tlog.Hash, error) {
	h, err := OpenHead(signed, verifiers...)
	if err != nil {
		return tlog.Hash{}, err
	}
	for _, f := range h.Files {
		if f.File == file && f.Size == size {
			return f.Root, nil
		}
	}
	return tlog.Hash{}, fmt.Errorf("%w: it says nothing of %s with %d events", ErrHead, file, size)
}

func hashes(texts []string) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(texts))
	for i, t := range texts {
		raw, err := base64.StdEncoding.DecodeString(t)
		if err != nil || len(raw) != len(out[i]) {
			return nil, fmt.Errorf("proof: hash %d is none", i+1)
		}
		copy(out[i][:], raw)
	}
	return out, nil
}

// HashTexts writes hashes as proofs carry them.
func HashTexts(in []tlog.Hash) []string {
	out := make([]string, len(in))
	for i, h := range in {
		out[i] = h.String()
	}
	return out
}

// SplitHeads cuts a file of signed heads, one after the other, into notes.
func SplitHeads(text []byte) []string {
	var out []string
	for len(text) > 0 {
		end := len(text)
		if i := bytes.Index(text[1:], []byte(headTitle)); i >= 0 {
			end = i + 1
		}
		out = append(out, string(text[:end]))
		text = text[end:]
	}
	return out
}

package eventtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"linesman/event"
)

var (
	_ event.Proving = (*Proven)(nil)
	_ event.Cursors = (*Proven)(nil)
)

// ProvenFile is the one file of a log in memory.
const ProvenFile = "record-memory"

// Proven is a log in memory that proves itself and keeps cursors, as the log
// on disk does.
type Proven struct {
	*Memory
	key      note.Signer
	verifier string

	mu      sync.Mutex
	expired uint64 // events up to this seq are said to be gone
	cursors map[string]uint64
}

// NewProven returns an empty log with a fresh key.
func NewProven() *Proven {
	private, verifier, err := note.GenerateKey(rand.Reader, "memory")
	if err != nil {
		panic("eventtest: " + err.Error())
	}
	key, err := note.NewSigner(private)
	if err != nil {
		panic("eventtest: " + err.Error())
	}
	return &Proven{Memory: NewMemory(), key: key, verifier: verifier, cursors: map[string]uint64{}}
}

// Expire says that events up to a seq are gone, as after retention.
func (p *Proven) Expire(seq uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expired = seq
}

// tree hashes everything that is stored.
func (p *Proven) tree() (events []event.Event, hashes tlog.HashReader, err error) {
	events = p.Events()
	var stored []tlog.Hash
	hashes = tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, n := range at {
			if n >= int64(len(stored)) {
				return nil, fmt.Errorf("eventtest: hash %d of %d", n, len(stored))
			}
			out[i] = stored[n]
		}
		return out, nil
	})
	for i, e := range events {
		more, err := tlog.StoredHashes(int64(i), event.AppendLine(nil, e), hashes)
		if err != nil {
			return nil, nil, err
		}
		stored = append(stored, more...)
	}
	return events, hashes, nil
}

func (p *Proven) sign(events []event.Event, hashes tlog.HashReader) (string, error) {
	root, err := tlog.TreeHash(int64(len(events)), hashes)
	if err != nil {
		return "", err
	}
	size := uint64(len(events))
	return event.Head{Site: "memory", Seq: size, Time: time.Now(), Files: []event.FileHead{{File: ProvenFile, Size: size, Root: root}}}.Sign(p.key)
}

// Head returns a signed head. See event.Proving.
func (p *Proven) Head(context.Context) (signed, verifier string, err error) {
	events, hashes, err := p.tree()
	if err != nil {
		return "", "", err
	}
	signed, err = p.sign(events, hashes)
	return signed, p.verifier, err
}

// Inclusion shows that an event stands in the log. See event.Proving.
func (p *Proven) Inclusion(_ context.Context, seq uint64) (out event.Inclusion, err error) {
	events, hashes, err := p.tree()
	if err != nil {
		return out, err
	}
	size := uint64(len(events))
	if oldest, _ := p.Extent(); seq < oldest || seq > size || size == 0 {
		return out, fmt.Errorf("%w: event %d", event.ErrGone, seq)
	}
	path, err := tlog.ProveRecord(int64(size), int64(seq-1), hashes)
	if err != nil {
		return out, err
	}
	out = event.Inclusion{Line: string(event.AppendLine(nil, events[seq-1])), File: ProvenFile, Index: seq - 1, Size: size, Hashes: event.HashTexts(path)}
	out.Head, err = p.sign(events, hashes)
	return out, err
}

// Consistency shows that the file only grew. See event.Proving.
func (p *Proven) Consistency(_ context.Context, file string, from uint64) (out event.Consistency, err error) {
	events, hashes, err := p.tree()
	if err != nil {
		return out, err
	}
	size := uint64(len(events))
	if file != ProvenFile || from == 0 || from > size {
		return out, fmt.Errorf("%w: file %s with %d events", event.ErrGone, file, from)
	}
	path, err := tlog.ProveTree(int64(size), int64(from), hashes)
	if err != nil {
		return out, err
	}
	out = event.Consistency{File: file, From: from, To: size, Hashes: event.HashTexts(path)}
	out.Head, err = p.sign(events, hashes)
	return out, err
}

// Extent returns the seqs there are. See event.Proving.
func (p *Proven) Extent() (oldest, newest uint64) {
	newest = uint64(len(p.Events()))
	p.mu.Lock()
	defer p.mu.Unlock()
	if newest > 0 {
		oldest = p.expired + 1
	}
	return oldest, newest
}

// Cursor returns how far a reader has come. See event.Cursors.
func (p *Proven) Cursor(_ context.Context, name string) (uint64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cursors[name], nil
}

// SetCursor remembers how far a reader has come. See event.Cursors.
func (p *Proven) SetCursor(_ context.Context, name string, seq uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cursors[name] = seq
	return nil
}
